//! Words and numbers that several commands print.

use super::table::folded;
use circuit::NoiseMeasure;
use data::Dataset;
use report::{EncryptedReport, RunReport, SchemeReport};

/// What the reader of the data decided, a line each, with the option that decides otherwise.
pub(super) fn guesses(dataset: &Dataset) -> String {
    dataset.guesses().iter().map(|guess| folded("data: ", &guess.to_string())).collect()
}

/// Bits without their unit, for columns whose head names it.
pub(super) fn bare_bits(value: f64) -> String {
    format::bits(value).trim_end_matches(" bits").to_owned()
}

/// The security level with the table it is read from.
pub(super) fn security(bits: u32, table: &str) -> String {
    if bits == 0 { format!("INSECURE ({table})") } else { format!("{bits} bits ({table})") }
}

/// A number with its noun.
pub(super) fn number_of(count: usize, one: &str, many: &str) -> String {
    format!("{} {}", format::count(count as u64), if count == 1 { one } else { many })
}

/// The word over a column of what is told of noise.
pub(super) fn noise_head(measure: NoiseMeasure) -> &'static str {
    match measure {
        NoiseMeasure::Margin => "margin",
        NoiseMeasure::Precision => "spare",
        NoiseMeasure::Failure => "failure",
    }
}

/// How many outputs were wrong, and by what measure.
pub(super) fn wrong_outputs(encrypted: &EncryptedReport) -> String {
    let wrong = format::count(encrypted.wrong_outputs);
    match encrypted.error_bound {
        None => wrong,
        Some(bound) => {
            let predicted = encrypted.max_abs_error_predicted;
            format!(
                "{wrong} further off than {bound:.2e}, largest error {:.2e}{}",
                encrypted.max_abs_error,
                predicted.map_or(String::new(), |p| format!(", predicted {p:.2e}"))
            )
        }
    }
}

/// What must be said of a run under its figures.
pub(super) fn remarks(report: &RunReport) -> String {
    let mut text = String::new();
    if report.analysis_mode {
        text.push_str(
            "analysis mode: margins were measured with the secret key; keep them from the server\n",
        );
    }
    for clip in report.clipping.iter().filter(|c| c.in_training) {
        let (what, clipped) = (&clip.what, &clip.clipped);
        let of =
            if clipped.layer.is_empty() { what } else { &format!("{what} of {}", clipped.layer) };
        text.push_str(&folded(
            "",
            &format!(
                "{of} cut off in {} of {} samples, up to {:.2} times their range, as in training",
                clipped.samples, report.images, clipped.factor
            ),
        ));
    }
    for warning in &report.warnings {
        text.push_str(&folded("warning: ", &warning.message));
    }
    if let Some(wrong) = report.wrong_text() {
        text.push_str(&folded("WRONG: ", wrong));
    }
    text
}

/// Scheme and security of a run, for its summary.
pub(super) fn scheme_rows(scheme: &SchemeReport) -> [(&'static str, String); 2] {
    let (kind, log2_q) = (scheme.kind.to_uppercase(), format::bits(scheme.log2_q));
    [
        ("scheme", format!("{kind}, N {}, log2 q {log2_q}, {}", scheme.ring_degree, scheme.kernel)),
        ("security", security(scheme.security_bits, &scheme.security_table)),
    ]
}
