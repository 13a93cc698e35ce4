//! The line of figures under the boxes: what it cost, in answers, time and bytes.

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
    pub value: String,
    pub tone: Tone,
    /// What it is, for hovering.
    pub about: String,
}

/// The figures that `eyes` see.
pub fn figures(source: &Source<'_>, eyes: Perspective) -> Vec<Figure> {
    let mut all = Vec::new();
    if eyes.has_key() {
        all.extend(answers(source));
    }
    all.extend([slower(source), more_bytes(source), each(source)]);
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
            value: original,
            tone: original_tone,
            about: format!(
                "{}The original network: floating-point numbers and exact activations, in the clear",
                counts.map_or_else(String::new, |c| counted(c.original()))
            ),
        },
        Figure {
            caption: "Reference cost".into(),
            value: cost,
            tone: cost_tone,
            about: format!(
                "{}The reference is the network of integers, polynomials or tables that the ciphertexts stand for. What it does to the accuracy of the original is the price of quantisation and approximation",
                counts.map_or_else(String::new, |c| counted(c.reference()))
            ),
        },
        Figure {
            caption: "Encryption cost".into(),
            value: change,
            tone: change_tone,
            about: match (counts, is_wrong) {
                (Some(_), true) => {
                    "Values decrypted wrongly: what comes out is not an answer".into()
                }
                (counts, _) => format!(
                    "{}Encryption must change nothing: an answer that is not that of the reference was changed by noise",
                    counts.map_or_else(String::new, |c| {
                        let agree = c.agreement();
                        match agree.hits == Some(agree.of) {
                            true => format!("All {} agree. ", format::count(agree.of)),
                            false => format!("{} agree. ", agree.counted()),
                        }
                    })
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
        value,
        tone,
        about: "Decrypted values that differ from the reference network, under CKKS and TFHE by more than the stated error bound; any is a failure".into(),
    }
}

fn slower(source: &Source<'_>) -> Figure {
    let ratio = times_slower(source);
    Figure {
        caption: "Slower".into(),
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
    let batch = match (source.plan, total) {
        _ if tables => ", one at a time".to_owned(),
        (Some(plan), Some((_, images))) => {
            let most = plan.ring_degree.min(images);
            format!(", batch of {}", format::count(most as u64))
        }
        _ => String::new(),
    };
    Figure {
        caption: format!("Per sample{batch}"),
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
