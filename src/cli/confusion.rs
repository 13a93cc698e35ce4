//! The confusion matrices of a run, as text.

use super::table::Table;
use format::NOT_KNOWN;
use report::{MOST_CLASSES, RunReport};

/// A matrix for each network: a row for each label, a column for each class given.
pub(super) fn confusion(report: &RunReport) -> String {
    let Some(counted) = &report.confusion else {
        let why = match report.classes > MOST_CLASSES {
            true => format!("more than {MOST_CLASSES} classes"),
            false => "the data have no classes".to_owned(),
        };
        return format!("\nconfusion matrices: {NOT_KNOWN}: {why}\n");
    };
    let name = |class: usize| match report.class_names.get(class) {
        Some(name) => format::excerpt(name),
        None => class.to_string(),
    };
    let mut text =
        "\nconfusion matrices: samples by label (rows) and class given (columns)\n".to_owned();
    for (network, matrix) in counted.by_network() {
        let head: Vec<String> =
            std::iter::once(network.to_owned()).chain((0..matrix.len()).map(name)).collect();
        let mut table = Table::new(&head.iter().map(String::as_str).collect::<Vec<_>>());
        for (label, counts) in matrix.iter().enumerate() {
            let counts = counts.iter().map(|count| format::count(*count));
            table.row(std::iter::once(name(label)).chain(counts).collect());
        }
        text += &format!("\n{}", table.render());
    }
    text
}
