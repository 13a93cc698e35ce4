//! The three networks of a run, sample by sample: who was right, and what changed an answer.

use format::{NOT_KNOWN, Share};
use report::{RunReport, Sample};

/// Why the encrypted answer to a sample is not that of the original network; or which samples are
/// looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Difference {
    /// All samples, whatever the answers.
    #[default]
    Any,
    /// The reference answers otherwise than the original: polynomials, tables or integers did it.
    Approximation,
    /// The decrypted answer is not that of the reference.
    Encryption,
    /// The decrypted answer is not the label.
    Missed,
}

impl Difference {
    /// All of them, as they are offered.
    pub const ALL: [Self; 4] = [Self::Any, Self::Approximation, Self::Encryption, Self::Missed];

    /// The words for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "all",
            Self::Approximation => "approximation",
            Self::Encryption => "encryption",
            Self::Missed => "not the label",
        }
    }

    /// What it means, for hovering.
    pub fn about(self) -> &'static str {
        match self {
            Self::Any => "Every sample; those whose answers differ come first",
            Self::Approximation => {
                "Samples to which the reference network (integers, polynomials or tables, in the clear) gives another class than the original"
            }
            Self::Encryption => {
                "Samples whose decrypted class is not that of the reference network: noise changed the answer"
            }
            Self::Missed => "Samples whose decrypted class is not their label",
        }
    }

    /// Whether `sample` is one of these.
    pub fn holds(self, sample: &Sample) -> bool {
        match self {
            Self::Any => true,
            Self::Approximation => sample.reference != sample.plain,
            Self::Encryption => sample.encrypted != sample.reference,
            Self::Missed => sample.label.is_some_and(|label| label != sample.encrypted),
        }
    }
}

/// Counts over samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Three {
    pub seen: usize,
    /// Whether the data have no classes: then nobody knows which answers are right.
    pub unlabelled: bool,
    /// Right answers of each network.
    original: usize,
    /// Samples whose original outputs are no numbers: neither right nor wrong.
    no_numbers: usize,
    reference: usize,
    encrypted: usize,
    /// Decrypted answers that are those of the reference.
    agreeing: usize,
}

impl Three {
    /// Takes in one more sample.
    pub fn add(&mut self, sample: &Sample) {
        self.seen += 1;
        self.unlabelled = sample.label.is_none();
        let right = |class: u16| usize::from(sample.label == Some(class));
        match sample.plain_logits.iter().all(|y| y.is_finite()) {
            true => self.original += right(sample.plain),
            false => self.no_numbers += 1,
        }
        self.reference += right(sample.reference);
        self.encrypted += right(sample.encrypted);
        self.agreeing += usize::from(!Difference::Encryption.holds(sample));
    }

    /// What a report has of it.
    pub fn of(report: &RunReport) -> Self {
        let count =
            |share: f64| Share::of_fraction(share, report.images).hits.unwrap_or(0) as usize;
        Self {
            seen: report.images,
            unlabelled: report.encrypted.accuracy.is_nan(),
            original: report.plain.share(report.images).hits.unwrap_or(0) as usize,
            no_numbers: report.plain.no_numbers as usize,
            reference: count(report.plain.integer_accuracy),
            encrypted: count(report.encrypted.accuracy),
            agreeing: count(report.encrypted.agreement),
        }
    }

    fn right(&self, hits: usize) -> Share {
        match self.unlabelled {
            true => Share { hits: None, of: self.seen as u64 },
            false => Share::new(hits, self.seen),
        }
    }

    /// Right answers of the original network, of the samples it has an answer to.
    pub fn original(&self) -> Share {
        let answered = (self.seen - self.no_numbers) as u64;
        Share { of: answered, ..self.right(self.original) }
    }

    /// Right answers of the reference network.
    pub fn reference(&self) -> Share {
        self.right(self.reference)
    }

    /// Right answers of the encrypted network.
    pub fn encrypted(&self) -> Share {
        self.right(self.encrypted)
    }

    /// Decrypted answers that are those of the reference.
    pub fn agreement(&self) -> Share {
        Share::new(self.agreeing, self.seen)
    }

    /// The same in words: `all 359 agree`.
    pub fn agreement_text(&self) -> String {
        let agree = self.agreement();
        match agree.hits == Some(agree.of) {
            true => format!("all {} agree", format::count(agree.of)),
            false => format!("{} agree", agree.counted()),
        }
    }

    /// What the reference cost: `+0.88 points`.
    pub fn reference_cost(&self) -> String {
        match self.no_numbers {
            0 => self.reference().change_from(self.original()),
            _ => NOT_KNOWN.to_owned(),
        }
    }

    /// What encryption cost, and how many answers it changed.
    pub fn encryption_cost(&self) -> String {
        let changed = self.seen - self.agreeing;
        let cost = match self.unlabelled {
            true if changed == 0 => "no answer changed".to_owned(),
            _ => self.encrypted().change_from(self.reference()),
        };
        match changed {
            0 => cost,
            1 => format!("{cost}, 1 answer changed"),
            many => format!("{cost}, {} answers changed", format::count(many as u64)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sample by its label and the classes of the three networks.
    pub fn sample(label: u16, plain: u16, reference: u16, encrypted: u16) -> Sample {
        Sample {
            index: 0,
            label: Some(label),
            plain,
            reference,
            encrypted,
            plain_logits: vec![0.0; 2],
            reference_logits: vec![0.0; 2],
            encrypted_logits: vec![0.0; 2],
        }
    }

    #[test]
    fn what_approximation_and_encryption_change_is_told_apart() {
        let by_approximation = sample(1, 1, 0, 0);
        let by_encryption = sample(1, 1, 1, 0);
        let missed_by_all = sample(1, 0, 0, 0);
        let of = |s: &Sample| Difference::ALL.map(|d| d.holds(s));
        assert_eq!(of(&by_approximation), [true, true, false, true]);
        assert_eq!(of(&by_encryption), [true, false, true, true]);
        assert_eq!(of(&missed_by_all), [true, false, false, true]);
    }

    #[test]
    fn without_labels_nobody_is_right_or_wrong() {
        let of = |s: Sample| Sample { label: None, ..s };
        let mut three = Three::default();
        three.add(&of(sample(0, 0, 0, 0)));
        three.add(&of(sample(0, 1, 0, 0)));
        assert_eq!(three.original().text(), "not known");
        assert_eq!(three.encrypted().counted(), "not known");
        assert_eq!(three.agreement(), Share::new(2, 2));
        assert_eq!(three.reference_cost(), "not known");
        assert_eq!(three.encryption_cost(), "no answer changed");
        three.add(&of(sample(0, 1, 1, 0)));
        assert_eq!(three.encryption_cost(), "not known, 1 answer changed");
        assert!(!Difference::Missed.holds(&of(sample(0, 1, 1, 1))));
    }

    #[test]
    fn costs_have_their_counts() {
        let mut three = Three::default();
        for _ in 0..110 {
            three.add(&sample(1, 1, 1, 1));
        }
        three.add(&sample(1, 0, 1, 1));
        three.add(&sample(1, 0, 0, 0));
        three.add(&sample(1, 0, 0, 0));
        assert_eq!(three.original(), Share::new(110, 113));
        assert_eq!(three.reference(), Share::new(111, 113));
        assert_eq!(
            (three.reference_cost().as_str(), three.encryption_cost().as_str()),
            ("+0.88 points", "0")
        );
        three.add(&sample(1, 1, 1, 0));
        assert_eq!(three.encryption_cost(), "−0.88 points, 1 answer changed");
        assert_eq!(three.agreement(), Share::new(113, 114));
    }
}
