//! The three networks of a run in figures, for every kind of run alike.

use super::table::pairs;
use super::words::wrong_outputs;
use format::{NOT_KNOWN, Share};
use report::RunReport;

/// Right answers of the original network, of the samples it has an answer to.
pub(super) fn original_accuracy(report: &RunReport) -> String {
    let plain = &report.plain;
    let accuracy = plain.share(report.images).both();
    let (without, of) = (format::count(plain.no_numbers), format::count(report.images as u64));
    match plain.no_numbers {
        0 => accuracy,
        _ if plain.accuracy.is_nan() => {
            format!("{accuracy}: the outputs are no numbers in {without} of {of} samples")
        }
        _ => format!("{accuracy} of those whose outputs are numbers; {without} of {of} have none"),
    }
}

/// Right answers of the original, the reference and the encrypted network, and what the last two cost.
pub(super) fn accuracies(report: &RunReport) -> String {
    let (plain, encrypted) = (&report.plain, &report.encrypted);
    let share = |fraction: f64| Share::of_fraction(fraction, report.images);
    let (original, reference) = (plain.share(report.images), share(plain.integer_accuracy));
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
        ("original accuracy", original_accuracy(report)),
        (
            "reference accuracy",
            format!(
                "{} ({what}, in the clear); what it cost: {}",
                reference.both(),
                match plain.no_numbers {
                    0 => reference.change_from(original),
                    _ => NOT_KNOWN.to_owned(),
                }
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
