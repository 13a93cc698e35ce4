//! What came back, sample by sample, held against the original and the reference network: one count
//! for every scheme and protocol.

use super::clipping::Clipping;
use super::confusion::Confusion;
use super::event::Sample;
use super::report::RunReport;
use network::argmax;
use std::collections::BTreeMap;

/// An output of a network: an integer of an exact scheme, or a real number.
pub trait Output: Copy + PartialOrd {
    /// Its value, rounded to a double.
    fn real(self) -> f64;
    /// How far it is from `right`; NaN where one of them is no number.
    fn error(self, right: Self) -> f64;
}

impl Output for i128 {
    fn real(self) -> f64 {
        self as f64
    }

    fn error(self, right: Self) -> f64 {
        self.abs_diff(right) as f64
    }
}

impl Output for f64 {
    fn real(self) -> f64 {
        self
    }

    fn error(self, right: Self) -> f64 {
        (self - right).abs()
    }
}

/// The larger of two errors, where one that is no number is larger than any that is one.
pub fn larger(a: f64, b: f64) -> f64 {
    if a.is_nan() || a >= b { a } else { b }
}

fn all_finite<T: Output>(outputs: &[T]) -> bool {
    outputs.iter().all(|y| y.real().is_finite())
}

/// The outputs of one sample, by network.
pub struct Row<'a, T> {
    /// Index in the test split.
    pub index: usize,
    /// None where the data have no classes.
    pub label: Option<u16>,
    pub original: &'a [f32],
    pub reference: &'a [T],
    /// What errors are counted from: the reference, or with lookup tables the exact scores of what
    /// the tables really gave.
    pub exact: &'a [T],
    pub decrypted: &'a [T],
}

/// Counts over all samples.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Errors above this are wrong; 0 where schemes are exact.
    bound: f64,
    /// An output times this is in the units of the original network.
    scale: f64,
    pub samples: u64,
    /// Samples that the original, the reference and the encrypted network classify as labelled.
    original: u64,
    reference: u64,
    encrypted: u64,
    /// Samples that reference and encrypted network give the same class.
    agreeing: u64,
    /// Samples of each class; empty where the data have none.
    labels: BTreeMap<u16, u64>,
    /// None without labels, and of too many classes.
    confusion: Option<Confusion>,
    /// Samples with outputs that are no numbers, of the original and of the reference network.
    overflows: u64,
    lost: u64,
    /// Classes of clipped samples without clipping, how many of them came, and how many with another
    /// class than the reference network gives.
    unclipped: BTreeMap<usize, Option<usize>>,
    clipped: u64,
    changed: u64,
    outputs: u64,
    wrong_outputs: u64,
    largest_error: f64,
}

impl Tally {
    /// Nothing counted yet.
    pub fn new(bound: f64, scale: f64) -> Self {
        Self { bound, scale, ..Self::default() }
    }

    /// The same, holding clipped samples against their classes without clipping.
    pub fn with_clipping(self, clipping: &Clipping) -> Self {
        Self { unclipped: clipping.unclipped.clone(), ..self }
    }

    /// Counts a sample, and gives it as it is told.
    pub fn add<T: Output>(&mut self, row: &Row<T>) -> Sample {
        let [plain, reference, encrypted] =
            [argmax(row.original), argmax(row.reference), argmax(row.decrypted)];
        let overflows = row.original.iter().any(|y| !y.is_finite());
        let lost = !all_finite(row.reference);
        // Outputs that are no numbers name no class.
        let named =
            [(plain, overflows), (reference, lost), (encrypted, !all_finite(row.decrypted))]
                .map(|(class, none)| Some(class).filter(|_| !none));
        self.samples += 1;
        if let Some(label) = row.label {
            if self.labels.is_empty() {
                self.confusion = Confusion::new(row.original.len());
            }
            *self.labels.entry(label).or_default() += 1;
            if let Some(confusion) = &mut self.confusion {
                confusion.add(usize::from(label), named);
            }
        }
        let [original, in_clear, decrypted] = named;
        let right = |class: Option<usize>| {
            u64::from(class.is_some() && class == row.label.map(usize::from))
        };
        self.original += right(original);
        self.reference += right(in_clear);
        self.encrypted += right(decrypted);
        self.agreeing += u64::from(decrypted.is_some() && decrypted == in_clear);
        self.overflows += u64::from(overflows);
        self.lost += u64::from(lost);
        if let Some(unclipped) = self.unclipped.get(&row.index) {
            self.clipped += 1;
            self.changed += u64::from(*unclipped != Some(reference));
        }
        for (got, right) in row.decrypted.iter().zip(row.exact) {
            let error = got.error(*right);
            self.outputs += 1;
            // What is not a number is wrong too.
            self.wrong_outputs += u64::from(error.is_nan() || error > self.bound);
            self.largest_error = larger(self.largest_error, error);
        }
        let logits =
            |all: &[T]| all.iter().map(|v| (v.real() * self.scale) as f32).collect::<Vec<_>>();
        Sample {
            index: row.index,
            label: row.label,
            plain: plain as u16,
            reference: reference as u16,
            encrypted: encrypted as u16,
            plain_logits: row.original.to_vec(),
            reference_logits: logits(row.reference),
            encrypted_logits: logits(row.decrypted),
        }
    }

    /// Samples that the original network classifies as labelled, and those of the most frequent class,
    /// where there are several classes and these are no fewer; not told of a network that overflows.
    pub fn guesses(&self) -> Option<(u64, u64)> {
        if self.overflows > 0 {
            return None;
        }
        let most = self.labels.values().copied().max()?;
        (self.labels.len() > 1 && self.original <= most).then_some((self.original, most))
    }

    /// Counts sequences with these labels, none where they are not known: what original, reference and encrypted network give,
    /// row-major `[sequences][classes]` each.
    pub fn add_all(&mut self, labels: &[u16], classes: usize, all: [&[f64]; 3]) -> Vec<Sample> {
        let [original, reference, decrypted] = all.map(|outputs| outputs.chunks(classes.max(1)));
        let rows = original.zip(reference).zip(decrypted).enumerate();
        rows.map(|(index, ((original, reference), decrypted))| {
            let original: Vec<f32> = original.iter().map(|y| *y as f32).collect();
            let (label, original) = (labels.get(index).copied(), original.as_slice());
            self.add(&Row { index, label, original, reference, exact: reference, decrypted })
        })
        .collect()
    }

    /// Decrypted outputs so far.
    pub fn outputs(&self) -> u64 {
        self.outputs
    }

    /// Outputs outside of their bound.
    pub fn wrong_outputs(&self) -> u64 {
        self.wrong_outputs
    }

    /// Samples that reference and encrypted network give the same class.
    pub fn agreeing(&self) -> u64 {
        self.agreeing
    }

    /// Samples whose original outputs are no numbers.
    pub fn overflows(&self) -> u64 {
        self.overflows
    }

    /// Samples whose reference outputs are no numbers.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Samples that are answered otherwise than without clipping, of so many that were clipped.
    pub fn clipped(&self) -> (u64, u64) {
        (self.changed, self.clipped)
    }

    /// Enters accuracies, their counts and errors into `report`; accuracies are not known without labels.
    pub fn enter(&self, report: &mut RunReport) {
        let share = |count: u64| count as f64 / self.samples.max(1) as f64;
        let known = |count: u64| Some(count).filter(|_| !self.labels.is_empty());
        let accuracy = |count: u64| known(count).map_or(f64::NAN, share);
        let plain = &mut report.plain;
        plain.correct = known(self.original);
        plain.no_numbers = self.overflows;
        let answered = self.samples - self.overflows;
        plain.accuracy = known(self.original)
            .filter(|_| answered > 0)
            .map_or(f64::NAN, |count| count as f64 / answered as f64);
        plain.reference_correct = known(self.reference);
        plain.integer_accuracy = accuracy(self.reference);
        report.confusion = self.confusion.clone().map(Box::new);
        let encrypted = &mut report.encrypted;
        encrypted.correct = known(self.encrypted);
        encrypted.accuracy = accuracy(self.encrypted);
        encrypted.agreeing = Some(self.agreeing);
        encrypted.agreement = share(self.agreeing);
        encrypted.wrong_outputs = self.wrong_outputs;
        encrypted.max_abs_error = self.largest_error * self.scale;
        encrypted.clipped_answers = self.changed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row<'a, T>(
        label: u16,
        original: &'a [f32],
        reference: &'a [T],
        decrypted: &'a [T],
    ) -> Row<'a, T> {
        Row { index: 0, label: Some(label), original, reference, exact: reference, decrypted }
    }

    #[test]
    fn three_networks_are_counted_apart() {
        let mut tally = Tally::new(0.1, 2.0);
        let sample = tally.add(&row(1, &[0.0, 1.0], &[1.0, 0.5], &[0.95, 0.5]));
        assert_eq!((sample.plain, sample.reference, sample.encrypted), (1, 0, 0));
        assert_eq!(sample.reference_logits, [2.0, 1.0]);
        assert_eq!(sample.encrypted_logits, [1.9, 1.0]);
        tally.add(&row(1, &[0.0, 1.0], &[0.2, 0.5], &[0.55, 0.5]));
        let mut report = RunReport::default();
        tally.enter(&mut report);
        assert_eq!((report.plain.correct, report.plain.reference_correct), (Some(2), Some(1)));
        assert_eq!((report.encrypted.correct, report.encrypted.agreeing), (Some(0), Some(1)));
        assert_eq!(report.plain.integer_accuracy, 0.5);
        // Both are of class 1: the original sees that, the reference takes one of them for class 0.
        let counted = report.confusion.as_deref().unwrap();
        assert_eq!(counted.original, [[0, 0], [0, 2]]);
        assert_eq!(counted.reference, [[0, 0], [1, 1]]);
        assert_eq!(counted.encrypted, [[0, 0], [2, 0]]);
        assert_eq!((tally.outputs(), report.encrypted.wrong_outputs), (4, 1));
        assert!((report.encrypted.max_abs_error - 0.7).abs() < 1e-12);
    }

    #[test]
    fn without_labels_agreement_is_counted_and_accuracies_are_not_known() {
        let mut tally = Tally::new(0.1, 1.0);
        let outputs: [&[f64]; 3] =
            [&[1.0, 0.0, 0.0, 1.0], &[1.0, 0.0, 0.0, 1.0], &[1.0, 0.0, 1.05, 1.0]];
        let told = tally.add_all(&[], 2, outputs);
        assert!(told.len() == 2 && told.iter().all(|s| s.label.is_none()));
        assert_eq!((told[0].plain, told[1].plain, told[1].encrypted), (0, 1, 0));
        let mut report = RunReport::default();
        tally.enter(&mut report);
        let (plain, encrypted) = (&report.plain, &report.encrypted);
        assert_eq!((plain.correct, plain.reference_correct, encrypted.correct), (None, None, None));
        assert!(plain.accuracy.is_nan() && plain.integer_accuracy.is_nan());
        assert!(encrypted.accuracy.is_nan() && tally.guesses().is_none());
        assert_eq!((encrypted.agreeing, encrypted.agreement), (Some(1), 0.5));
        assert_eq!(encrypted.wrong_outputs, 1);
        let written = serde_json::to_value(&report).unwrap();
        assert!(written["plain"]["accuracy"].is_null());
        assert!(written["plain"]["integer_accuracy"].is_null());
        assert!(written["encrypted"]["accuracy"].is_null());
        assert!(written.get("confusion").is_none());
    }

    #[test]
    fn outputs_of_the_original_that_are_no_numbers_are_neither_right_nor_wrong() {
        let mut tally = Tally::new(0.1, 1.0);
        let mut report = RunReport::default();
        // The first class comes first where nothing is a number, and is the label.
        tally.add(&row(0, &[f32::NAN, 0.0], &[1.0, 0.0], &[1.0, 0.0]));
        tally.enter(&mut report);
        assert!(report.plain.accuracy.is_nan() && !report.is_right());
        tally.add(&row(0, &[f32::INFINITY, 0.0], &[1.0, 0.0], &[1.0, 0.0]));
        tally.add(&row(1, &[0.0, 1.0], &[1.0, 0.0], &[1.0, 0.0]));
        tally.add(&row(1, &[1.0, 0.0], &[1.0, 0.0], &[1.0, 0.0]));
        tally.enter(&mut report);
        let plain = &report.plain;
        assert_eq!((plain.correct, plain.no_numbers, plain.accuracy), (Some(1), 2, 0.5));
        assert!(plain.accuracy_of_all().is_nan());
        assert_eq!(plain.share(4), format::Share::new(1, 2));
        assert_eq!(plain.reference_correct, Some(2));
        assert_eq!(report.confusion.as_deref().unwrap().original, [[0, 0], [1, 1]]);
        assert!(report.wrong_text().unwrap().contains("original network"));
        let written = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<RunReport>(&written).unwrap().plain.no_numbers, 2);
    }

    #[test]
    fn an_integer_is_wrong_by_one() {
        let mut tally = Tally::new(0.0, 0.5);
        let big = 1i128 << 90;
        tally.add(&row(0, &[1.0, 0.0], &[big, 0], &[big + 1, 0]));
        let mut report = RunReport::default();
        tally.enter(&mut report);
        assert_eq!(report.encrypted.wrong_outputs, 1);
        assert_eq!(report.encrypted.max_abs_error, 0.5);
    }

    #[test]
    fn what_is_no_number_is_wrong_and_stays_the_largest_error() {
        let mut tally = Tally::new(1e9, 1.0);
        tally.add(&row(0, &[1.0], &[0.0, 0.0, 0.0], &[f64::NAN, 5.0, f64::INFINITY]));
        let mut report = RunReport::default();
        tally.enter(&mut report);
        assert_eq!(report.encrypted.wrong_outputs, 2);
        assert!(report.encrypted.max_abs_error.is_nan());
    }
}
