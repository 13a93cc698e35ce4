//! A run in plain words.

use crate::run::RunView;
use circuit::NoiseMeasure;
use report::{RunReport, StageReport};

/// What a finished run showed, a sentence each: time, bytes, noise, answers.
pub fn run_words(run: &RunView) -> Vec<String> {
    let Some(report) = run.report.as_deref() else { return Vec::new() };
    [Some(time(report)), Some(bytes(report)), noise(run, report), Some(answers(run, report))]
        .into_iter()
        .flatten()
        .collect()
}

fn time(report: &RunReport) -> String {
    let (clear, encrypted) = (report.plain.latency_secs, report.encrypted.total_secs);
    let samples = format::count(report.images as u64);
    let took = format!(
        "{samples} samples took {} encrypted, and {} by the original network in the clear",
        format::secs(encrypted),
        format::secs(clear)
    );
    match encrypted / clear {
        ratio if ratio.is_finite() && ratio >= 2.0 => {
            format!("{took}: {} times as long.", format::count(ratio.round() as u64))
        }
        _ => format!("{took}."),
    }
}

fn bytes(report: &RunReport) -> String {
    let told = &report.bytes;
    let each = (told.upload + told.download) / report.images.max(1) as u64;
    let rounds = match told.rounds {
        0 | 1 => String::new(),
        rounds => format!(" in {} rounds", format::count(rounds)),
    };
    format!(
        "{} went to the server and {} came back{rounds}, {} for each sample; keys of {} were sent once.",
        format::bytes(told.upload),
        format::bytes(told.download),
        format::bytes(each),
        format::bytes(told.evaluation_keys)
    )
}

/// What was left of the noise, and which stage took most.
fn noise(run: &RunView, report: &RunReport) -> Option<String> {
    let measured = |s: &StageReport| Some((s.name.clone(), s.margin_bits_measured?));
    let margins: Vec<(String, f64)> = report.stages.iter().filter_map(measured).collect();
    let (first, last) = (margins.first()?.1, margins.last()?.1);
    match NoiseMeasure::of_name(&report.scheme.kind) {
        NoiseMeasure::Margin => {
            let steps = margins.windows(2).map(|pair| match pair {
                [before, after] => (after.0.as_str(), before.1 - after.1),
                _ => ("", 0.0),
            });
            let (name, taken) = steps.max_by(|a, b| a.1.total_cmp(&b.1))?;
            let end = if run.is_wrong() {
                "below 0 what decrypts is arbitrary"
            } else {
                "at 0 decryption would begin to fail"
            };
            Some(format!(
                "The noise margin fell from {} to {}, by most in {name}, {}; {end}.",
                format::bits(first),
                format::bits(last),
                format::bits(taken)
            ))
        }
        NoiseMeasure::Precision => {
            let bound = report.encrypted.error_bound?;
            Some(format!(
                "The largest error of an output was {:.1e}; {bound:.1e} was promised.",
                report.encrypted.max_abs_error
            ))
        }
        NoiseMeasure::Failure => Some(
            "Every lookup table made its ciphertext fresh again: the noise does not grow with depth."
                .to_owned(),
        ),
    }
}

fn answers(run: &RunView, report: &RunReport) -> String {
    if run.is_wrong() {
        return "Values decrypted wrongly: there are no answers.".to_owned();
    }
    let counts = run.counts();
    let reference = match counts.unlabelled {
        true => String::new(),
        false => format!(
            " What it cost to turn the original into {}: {}.",
            what(report),
            counts.reference_cost()
        ),
    };
    let agree = counts.agreement_text();
    let agree = agree.strip_prefix("all ").map_or(agree.clone(), |rest| format!("All {rest}"));
    format!("{agree}: encryption changed {}.{reference}", changed(report))
}

fn changed(report: &RunReport) -> String {
    let images = report.images as u64;
    match report.encrypted.agreeing.map(|same| images.saturating_sub(same)) {
        Some(0) => "no answer".to_owned(),
        Some(1) => "one answer".to_owned(),
        Some(many) => format!("{} answers", format::count(many)),
        None => "what is left of them".to_owned(),
    }
}

/// What the ciphertexts stand for.
fn what(report: &RunReport) -> &'static str {
    match (report.activation.kind.as_str(), report.encrypted.error_bound) {
        ("lookup", _) => "integers and tables",
        (_, Some(_)) => "polynomials",
        (_, None) => "integers and polynomials",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use report::{BytesReport, Sample};
    use scenario::Scenario;

    fn ran(kind: &str, margins: &[f64], wrong: u64) -> RunView {
        let mut report = RunReport { images: 100, classes: 2, ..RunReport::default() };
        report.scheme.kind = kind.into();
        (report.encrypted.total_secs, report.plain.latency_secs) = (0.5, 0.000_4);
        report.bytes =
            BytesReport { upload: 1 << 20, download: 1 << 18, evaluation_keys: 1 << 16, rounds: 1 };
        (report.encrypted.agreement, report.encrypted.agreeing) = (1.0, Some(100));
        report.encrypted.wrong_outputs = wrong;
        (report.plain.accuracy, report.plain.integer_accuracy) = (1.0, 0.99);
        report.encrypted.accuracy = 0.99;
        let stage = |(at, margin): (usize, &f64)| StageReport {
            name: format!("layer{at}"),
            kind: circuit::StageKind::Linear,
            secs: 0.1,
            secs_predicted: 0.1,
            plain_secs: 0.0,
            ciphertexts: 1,
            components: 2,
            log2_q: 100.0,
            ciphertext_bytes: 1,
            plain_bytes: 1,
            margin_bits_predicted: *margin,
            margin_bits_measured: Some(*margin),
            max_abs_error: None,
            max_abs_error_predicted: None,
            wrong_values: 0,
        };
        report.stages = margins.iter().enumerate().map(stage).collect();
        let mut run = RunView::new(Scenario::open("hospital").unwrap());
        let sample = |index| Sample {
            index,
            label: Some(0),
            plain: 0,
            reference: u16::from(index == 0),
            encrypted: u16::from(index == 0),
            plain_logits: Vec::new(),
            reference_logits: Vec::new(),
            encrypted_logits: Vec::new(),
        };
        run.take(report::Event::Samples((0..100).map(sample).collect()));
        run.end(Ok(Box::new(report)));
        run
    }

    #[test]
    fn a_run_is_told_with_its_numbers() {
        // 0.5 s against 0.4 ms; 1.25 MiB over 100 samples are 12.8 KiB; the fall of 40 bits is the largest.
        let told = run_words(&ran("bgv", &[70.0, 66.0, 26.0, 20.0], 0));
        assert_eq!(
            told,
            [
                "100 samples took 500 ms encrypted, and 400 µs by the original network in the clear: 1250 times as long.",
                "1.00 MiB went to the server and 256 KiB came back, 12.8 KiB for each sample; keys of 64.0 KiB were sent once.",
                "The noise margin fell from 70.0 bits to 20.0 bits, by most in layer2, 40.0 bits; at 0 decryption would begin to fail.",
                "All 100 agree: encryption changed no answer. What it cost to turn the original into integers and polynomials: −1.00 points.",
            ]
        );
    }

    #[test]
    fn what_decrypted_wrongly_is_no_answer() {
        let told = run_words(&ran("bgv", &[30.0, -4.0], 7));
        assert!(told[2].ends_with("below 0 what decrypts is arbitrary."), "{}", told[2]);
        assert_eq!(told[3], "Values decrypted wrongly: there are no answers.");
    }
}
