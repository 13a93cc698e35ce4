//! What came out of an answer, and whether it can be trusted.

use super::record::Record;
use engine::Offer;
use format::csv_table;
use network::argmax;
use std::ops::Range;

/// Margin below which outputs are not told from noise, bits.
const LEAST_MARGIN: f64 = 1.0;
/// Share by which exact outputs may differ from what the offer states, which is in decimals.
const ROUNDING: f64 = 1e-9;

/// Answers to all samples of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Answers {
    pub classes: Vec<String>,
    /// Outputs of each sample in the units of the original network.
    pub outputs: Vec<Vec<f64>>,
    /// Classes that the data have, where they have any.
    pub known: Option<Vec<u16>>,
    /// Check samples that came back, and the first that was wrong.
    pub checked: usize,
    pub fault: Option<CheckFault>,
    /// Smallest margin of any output, bits; infinite where the scheme has none.
    pub margin_bits: f64,
}

/// What shows that an answer is not what the server's network gives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CheckFault {
    /// An output of a check sample, and what the offer states.
    Output { found: f64, stated: f64 },
    /// Noise has reached the messages.
    Margin { bits: f64 },
}

impl std::fmt::Display for CheckFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Output { found, stated } => {
                write!(
                    f,
                    "a check sample came back as {found:.6} where the offer states {stated:.6}"
                )
            }
            Self::Margin { bits } => write!(f, "the noise margin of the outputs is {bits:.1} bits"),
        }
    }
}

impl Answers {
    pub(super) fn new(offer: &Offer, record: &Record) -> Self {
        Self {
            classes: offer.classes.clone(),
            outputs: Vec::with_capacity(record.samples),
            known: record.known.clone(),
            checked: 0,
            fault: None,
            margin_bits: f64::INFINITY,
        }
    }

    /// Enters a batch: its samples, then those that are checked.
    pub(super) fn add(
        &mut self,
        offer: &Offer,
        margin_bits: f64,
        (samples, checks): (usize, Range<usize>),
        outputs: &dyn Fn(usize) -> Vec<f64>,
    ) {
        let scaled = |sample: usize| -> Vec<f64> {
            outputs(sample).into_iter().map(|y| y * offer.output_scale).collect()
        };
        self.outputs.extend((0..samples).map(scaled));
        let checked = offer.checks.get(checks).unwrap_or_default();
        for (at, check) in checked.iter().enumerate() {
            let found = scaled(samples + at);
            let largest = check.outputs.iter().fold(1.0, |m: f64, y| m.max(y.abs()));
            let bound = check.tolerance + ROUNDING * largest;
            self.checked += 1;
            let complete = found.len() == check.outputs.len();
            let pairs = found.iter().zip(&check.outputs);
            let off = pairs.map(|(f, s)| (*f, *s)).find(|(f, s)| {
                let error = (f - s).abs();
                // What is no number is wrong too.
                error.is_nan() || error > bound
            });
            let off = off.or((!complete).then_some((f64::NAN, 0.0)));
            if let Some((found, stated)) = off {
                self.fault.get_or_insert(CheckFault::Output { found, stated });
            }
        }
        self.margin_bits = self.margin_bits.min(margin_bits);
        if margin_bits.is_nan() || margin_bits < LEAST_MARGIN {
            self.fault.get_or_insert(CheckFault::Margin { bits: margin_bits });
        }
    }

    /// The class of each sample: an index.
    pub fn predictions(&self) -> Vec<usize> {
        self.outputs.iter().map(|outputs| argmax(outputs)).collect()
    }

    /// Samples that are classified as the data say; `None` where they do not.
    pub fn correct(&self) -> Option<usize> {
        let known = self.known.as_ref()?;
        let both = self.predictions().into_iter().zip(known);
        Some(both.filter(|(found, known)| *found == usize::from(**known)).count())
    }

    /// A row for each sample: number, class, a score for each class, and the class that is known.
    pub fn to_csv(&self) -> String {
        let mut head = vec!["sample".to_owned(), "class".to_owned()];
        head.extend(self.classes.iter().map(|class| format!("score_{class}")));
        head.extend(self.known.as_ref().map(|_| "known".to_owned()));
        let name = |class: usize| self.classes.get(class).cloned().unwrap_or_default();
        let rows = self.outputs.iter().zip(self.predictions()).enumerate();
        let row = |(sample, (outputs, class)): (usize, (&Vec<f64>, usize))| {
            let mut row = vec![sample.to_string(), name(class)];
            row.extend(outputs.iter().map(f64::to_string));
            let known = self.known.as_ref();
            row.extend(known.map(|k| k.get(sample).map_or(String::new(), |k| name((*k).into()))));
            row
        };
        let head: Vec<&str> = head.iter().map(String::as_str).collect();
        csv_table(&head, rows.map(row))
    }
}
