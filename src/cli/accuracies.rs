//! The three networks of a run in figures, for every kind of run alike.

use super::table::pairs;
use super::words::wrong_outputs;
use format::{NOT_KNOWN, Share};
use report::RunReport;

/// Right answers of the original, the reference and the encrypted network, and what the last two cost.
pub(super) fn accuracies(report: &RunReport) -> String {
    let (plain, encrypted) = (&report.plain, &report.encrypted);
    let share = |fraction: f64| Share::of_fraction(fraction, report.images);
    let (original, reference) = (share(plain.accuracy), share(plain.integer_accuracy));
    let answers = share(encrypted.accuracy);
    let what = match (&report.tables, &report.sequence, encrypted.error_bound) {
        (Some(_), ..) => "lookup tables",
        (None, Some(_), _) => "polynomials or tables",
        (None, None, Some(_)) => "polynomials",
        (None, None, None) => "integers",
    };
    let agreement = (
        "agreement",
        format!(
            "{} encrypted answers are those of the reference",
            share(encrypted.agreement).counted()
        ),
    );
    let wrong = ("wrong outputs", wrong_outputs(encrypted));
    if !answers.is_known() {
        let accuracy = format!("{NOT_KNOWN}: the data have no classes");
        return pairs(&[("accuracy", accuracy), agreement, wrong]);
    }
    pairs(&[
        ("original accuracy", original.both()),
        (
            "reference accuracy",
            format!(
                "{} ({what}, in the clear); what it cost: {}",
                reference.both(),
                reference.change_from(original)
            ),
        ),
        (
            "encrypted accuracy",
            format!("{}; what encryption cost: {}", answers.both(), answers.change_from(reference)),
        ),
        agreement,
        wrong,
    ])
}
