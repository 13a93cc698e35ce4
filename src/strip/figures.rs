//! The line of figures under the boxes: what it cost, in answers, time and bytes.

use crate::hidden::Hidden;
use crate::perspective::Perspective;
use crate::source::Source;
use view::RunView;

/// Bytes of a value in the clear: single precision.
const PLAIN_VALUE: u64 = 4;

/// In which colour a figure stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Original,
    Reference,
    Encrypted,
    Strong,
    /// Of a plan, or not known.
    Weak,
    Right,
    Wrong,
}

/// One figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    pub caption: String,
    /// The same where there is little room.
    pub short: String,
    pub value: String,
    pub tone: Tone,
    /// What it is, for hovering.
    pub about: String,
}

impl Figure {
    /// The figure without its value, where that is `hidden`.
    fn or_hidden(self, hidden: bool) -> Self {
        let value = if hidden { "—".to_owned() } else { self.value };
        Self { value, tone: if hidden { Tone::Weak } else { self.tone }, ..self }
    }
}

/// The figures that `eyes` see, but for what is `hidden`.
pub fn figures(source: &Source<'_>, eyes: Perspective, hidden: Hidden) -> Vec<Figure> {
    let mut all = Vec::new();
    if eyes.has_key() {
        all.extend(answers(source));
    }
    let predicted = hidden.predictions && source.run.is_none_or(|run| run.report.is_none());
    all.push(slower(source));
    all.push(more_bytes(source).or_hidden(predicted || hidden.bytes));
    all.push(each(source).or_hidden(predicted));
    all
}

/// How many times slower a run was than the original network in the clear.
pub fn times_slower(source: &Source<'_>) -> Option<f64> {
    let report = source.run?.report.as_deref()?;
    let plain = report.plain.latency_secs;
    (plain > 0.0).then(|| report.encrypted.total_secs / plain)
}

/// How many times the bytes of the plain inputs and outputs cross as ciphertexts.
pub fn times_bytes(source: &Source<'_>) -> Option<f64> {
    let report = source.run.and_then(|r| r.report.as_deref());
    let crossing = report
        .map(|r| r.bytes.upload + r.bytes.download)
        .or(source.plan.map(|p| p.bytes.upload + p.bytes.download))?;
    let (inputs, outputs) = source.values()?;
    let plain = source.samples()? as u64 * (inputs + outputs) as u64 * PLAIN_VALUE;
    (plain > 0).then(|| crossing as f64 / plain as f64)
}

fn answers(source: &Source<'_>) -> [Figure; 4] {
    let counts = source.run.map(RunView::counts).filter(|c| c.seen > 0);
    let is_wrong = source.run.is_some_and(RunView::is_wrong);
    let told = |text: Option<String>, tone: Tone| match text {
        Some(text) => (text, tone),
        None => ("—".to_owned(), Tone::Weak),
    };
    let counted = |share: format::Share| match share.of >= format::FEW && share.is_known() {
        true => format!("{} right. ", share.counted()),
        false => String::new(),
    };
    let (original, original_tone) = told(counts.map(|c| c.original().text()), Tone::Original);
    let (cost, cost_tone) = told(counts.map(|c| c.reference_cost()), Tone::Reference);
    let (change, change_tone) = match counts {
        Some(_) if is_wrong => ("✗ all answers".to_owned(), Tone::Wrong),
        counts => told(counts.map(|c| c.encryption_cost()), Tone::Encrypted),
    };
    [
        Figure {
            caption: "Original".into(),
            short: "Original".into(),
            value: original,
            tone: original_tone,
            about: format!(
                "{}The original network: floating-point numbers and exact activations, in the clear",
                counts.map_or_else(String::new, |c| counted(c.original()))
            ),
        },
        Figure {
            caption: "Reference cost".into(),
            short: "Reference".into(),
            value: cost,
            tone: cost_tone,
            about: format!(
                "{}The reference is the network of integers, polynomials or tables that the ciphertexts stand for. What it does to the accuracy of the original is the price of quantisation and approximation",
                counts.map_or_else(String::new, |c| counted(c.reference()))
            ),
        },
        Figure {
            caption: "Encryption cost".into(),
            short: "Encryption".into(),
            value: change,
            tone: change_tone,
            about: match (counts, is_wrong) {
                (Some(_), true) => {
                    "Values decrypted wrongly: what comes out is not an answer".into()
                }
                (counts, _) => format!(
                    "{}Encryption must change nothing: an answer that is not that of the reference was changed by noise",
                    counts.map_or_else(String::new, |c| format!("{}. ", c.agreement_text()))
                ),
            },
        },
        wrong_outputs(source, is_wrong),
    ]
}

fn wrong_outputs(source: &Source<'_>, is_wrong: bool) -> Figure {
    let report = source.run.and_then(|r| r.report.as_deref());
    let (value, tone) = match report {
        Some(r) => {
            let (wrong, all) = (r.encrypted.wrong_outputs, (r.images * r.classes) as u64);
            let text = format!("{} of {}", format::count(wrong), format::count(all));
            (text, if is_wrong || wrong > 0 { Tone::Wrong } else { Tone::Right })
        }
        None if is_wrong => ("some".to_owned(), Tone::Wrong),
        None => ("—".to_owned(), Tone::Weak),
    };
    Figure {
        caption: "Wrong outputs".into(),
            short: "Wrong".into(),
        value,
        tone,
        about: "Decrypted values that differ from the reference network, under CKKS and TFHE by more than the stated error bound; any is a failure".into(),
    }
}

fn slower(source: &Source<'_>) -> Figure {
    let ratio = times_slower(source);
    Figure {
        caption: "Slower".into(),
        short: "Slower".into(),
        value: ratio.map_or_else(|| "—".to_owned(), times),
        tone: if ratio.is_some() { Tone::Strong } else { Tone::Weak },
        about: match source.run.and_then(|r| r.report.as_deref()) {
            Some(r) => format!(
                "All {} samples took {} encrypted, and {} by the original network in the clear. Keys are made once and not counted",
                format::count(r.images as u64),
                format::secs(r.encrypted.total_secs),
                format::secs(r.plain.latency_secs)
            ),
            None => {
                "How many times as long as the original network in the clear: known after a run"
                    .into()
            }
        },
    }
}

fn more_bytes(source: &Source<'_>) -> Figure {
    let measured = source.run.is_some_and(|r| r.report.is_some());
    Figure {
        caption: "More bytes".into(),
            short: "Bytes".into(),
        value: times_bytes(source).map_or_else(|| "—".to_owned(), times),
        tone: if measured { Tone::Strong } else { Tone::Weak },
        about: "Ciphertexts up and down, against the same inputs and outputs in the clear at 4 bytes each; keys are sent once and not counted".into(),
    }
}

/// Time of a sample, and in which batch.
fn each(source: &Source<'_>) -> Figure {
    let report = source.run.and_then(|r| r.report.as_deref());
    let planned = source.plan.map(|p| (p.secs.total(), p.images));
    let total = report.map(|r| (r.encrypted.total_secs, r.images)).or(planned);
    let tables = source.plan.is_some_and(|p| p.tables.is_some());
    let [batch, briefly] = match (source.plan, total) {
        _ if tables => [", one at a time", ", one by one"].map(str::to_owned),
        (Some(plan), Some((_, images))) => {
            let most = plan.ring_degree.min(images);
            let most = format::count(most as u64);
            [format!(", batch of {most}"), format!(" of {most}")]
        }
        _ => [String::new(), String::new()],
    };
    Figure {
        caption: format!("Per sample{batch}"),
        short: format!("A sample{briefly}"),
        value: total.map_or_else(
            || "—".to_owned(),
            |(secs, images)| format::secs(secs / images.max(1) as f64),
        ),
        tone: if report.is_some() { Tone::Strong } else { Tone::Weak },
        about: format!(
            "{}The time of all samples over their number. In a batch the first answer comes when the last does: a sample sent alone waits as long as a full batch",
            if report.is_some() { "" } else { "Predicted. " }
        ),
    }
}

/// A ratio in three figures.
fn times(ratio: f64) -> String {
    match ratio {
        r if r >= 10.0 => format!("{}×", format::count(r.round() as u64)),
        r => format!("{r:.1}×"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use circuit::Plan;
    use report::{BytesReport, RunReport, Sample};
    use scenario::Scenario;
    use view::Stages;

    /// A finished run of so many samples of `hospital`, all right but the first ones.
    fn ran(images: usize, missed: usize) -> RunView {
        let mut report = RunReport { images, classes: 2, ..RunReport::default() };
        report.encrypted.total_secs = 0.5;
        report.plain.latency_secs = 0.000_4;
        let share = (images - missed) as f64 / images as f64;
        report.plain.accuracy = 1.0;
        (report.plain.integer_accuracy, report.encrypted.accuracy) = (share, share);
        report.encrypted.agreement = 1.0;
        report.bytes = BytesReport { upload: 3_000_000, download: 600_000, ..Default::default() };
        let mut run = RunView::new(Scenario::open("hospital").unwrap());
        let sample = |index: usize| Sample {
            index,
            label: Some(0),
            plain: 0,
            reference: u16::from(index < missed),
            encrypted: u16::from(index < missed),
            plain_logits: vec![0.0; 2],
            reference_logits: vec![0.0; 2],
            encrypted_logits: vec![0.0; 2],
        };
        run.take(report::Event::Samples((0..images).map(sample).collect()));
        run.end(Ok(Box::new(report)));
        run
    }

    fn values(run: &RunView, plan: Option<&Plan>, eyes: Perspective) -> Vec<String> {
        let network = network::open("hospital").unwrap();
        let source = Source { stages: Stages { plan, run: Some(run) }, network: Some(&network) };
        figures(&source, eyes, Hidden::default()).into_iter().map(|f| f.value).collect()
    }

    #[test]
    fn ratios_are_those_computed_by_hand() {
        let network = network::open("hospital").unwrap();
        assert_eq!((network.input().len(), network.classes()), (30, 2));
        // 0.5 s against 0.4 ms; 3.6 MB against 100 times 32 values of 4 bytes, 12 800 bytes.
        let all = values(&ran(100, 1), None, Perspective::Both);
        let expected = ["100.00 %", "−1.00 points", "0", "0 of 200", "1250×", "281×", "5.00 ms"];
        assert_eq!(all, expected);
        assert_eq!(values(&ran(100, 1), None, Perspective::Server), expected[4..]);
    }

    #[test]
    fn few_samples_are_counted() {
        let all = values(&ran(4, 1), None, Perspective::Client);
        assert_eq!(all[..3], ["4 of 4", "−1 sample", "0"]);
    }

    #[test]
    fn wrong_decryptions_have_no_figure_of_accuracy() {
        let mut run = ran(100, 1);
        let mut report = run.report.take().unwrap();
        report.encrypted.wrong_outputs = 7;
        run.end(Ok(report));
        let network = network::open("hospital").unwrap();
        let source =
            Source { stages: Stages { plan: None, run: Some(&run) }, network: Some(&network) };
        let all = figures(&source, Perspective::Both, Hidden::default());
        assert_eq!((all[2].value.as_str(), all[2].tone), ("✗ all answers", Tone::Wrong));
        assert_eq!((all[3].value.as_str(), all[3].tone), ("7 of 200", Tone::Wrong));
    }

    #[test]
    fn ratios_have_three_figures() {
        assert_eq!([0.94, 9.96, 43.48, 2068.0].map(times), ["0.9×", "10.0×", "43×", "2068×"]);
    }

    #[test]
    fn sizes_are_hidden_while_they_are_guessed() {
        let run = ran(100, 1);
        let network = network::open("hospital").unwrap();
        let source =
            Source { stages: Stages { plan: None, run: Some(&run) }, network: Some(&network) };
        let of = |hidden| -> Vec<String> {
            figures(&source, Perspective::Server, hidden).into_iter().map(|f| f.value).collect()
        };
        assert_eq!(of(Hidden { predictions: true, bytes: true }), ["1250×", "—", "5.00 ms"]);
        assert_eq!(of(Hidden { predictions: true, bytes: false })[1], "281×", "it was measured");
    }
}
