//! How far apart the best two outputs are, and what errors that leaves room for.

use circuit::{Cause, Warning};
use scenario::RunError;

/// Share of samples whose answer errors within the bound may change.
const CHANGED: f64 = 1e-3;

/// Errors of outputs are never allowed to be larger than this share of the largest output, measured
/// from the mean of the outputs of its sample.
const MOST_RELATIVE_ERROR: f64 = 0.01;

/// Fewer than a thousand samples do not ask for errors below this share of the largest output, however
/// small their smallest gap: nobody knows how it goes on below.
const LEAST_EXTRAPOLATED: f64 = 1.0 / 1024.0;

/// Gaps between the two largest outputs of calibration samples. What all outputs of a sample have in
/// common decides nothing, and does not count as size either.
#[derive(Clone, Debug, PartialEq)]
pub struct Gaps {
    /// In ascending order, one a sample.
    gaps: Vec<f64>,
    /// Largest distance of an output from the mean of its sample.
    largest: f64,
    finite: bool,
}

/// The bound on errors of outputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    pub error: f64,
    /// Share of samples whose answer errors within it do not change.
    pub agreement: f64,
    /// That it was asked for and is wider than the gaps.
    pub warning: Option<Warning>,
}

impl Bound {
    /// Why outputs must be right to this bound, to go after the reason of a refusal.
    pub fn needs(&self) -> String {
        format!(
            " (errors of outputs must stay within {:.1e}, as those of one calibration sample in a thousand are less than {:.1e} apart)",
            self.error,
            2.0 * self.error
        )
    }
}

impl Gaps {
    /// The bound that a scenario asks for by `precision_bits` after the point, up to `most`, or else
    /// that of the gaps.
    ///
    /// # Errors
    /// When more bits are asked for, and as [`Gaps::bound`] where none are.
    pub fn bound_for(&self, precision_bits: Option<u32>, most: u32) -> Result<Bound, RunError> {
        let Some(bits) = precision_bits else {
            let error = self.bound()?;
            return Ok(Bound { error, agreement: self.agreement(error), warning: None });
        };
        if bits > most {
            return Err(RunError::Refused(format!(
                "scheme.precision_bits is {bits}; 0 to {most} are possible"
            )));
        }
        let (asked, needed) = (f64::from(bits), -(0.5 * self.gap()).log2());
        let error = (-asked).exp2();
        let agreement = self.agreement(error);
        let cause = Cause::PrecisionBelowGaps { asked, needed, agreement };
        let warning = (needed > asked).then(|| cause.into());
        Ok(Bound { error, agreement, warning })
    }

    /// The gap that is smaller in one sample of a thousand; 0 where samples have two best outputs.
    /// Never more than the smallest gap of fewer samples, which is taken down in proportion to a share of
    /// the largest output.
    fn gap(&self) -> f64 {
        let count = self.gaps.len() as f64;
        let few = (count * CHANGED).min(1.0);
        let gap = self.gaps.get((count * CHANGED) as usize).copied().unwrap_or(0.0);
        (few * gap).max((2.0 * LEAST_EXTRAPOLATED * self.largest).min(gap))
    }

    /// Of outputs in rows of `classes`.
    pub fn of<T: Copy + Into<f64>>(outputs: &[T], classes: usize) -> Self {
        let (mut gaps, mut largest, mut finite) = (Vec::new(), 0f64, true);
        for row in outputs.chunks(classes.max(1)) {
            let mut row: Vec<f64> = row.iter().map(|y| (*y).into()).collect();
            finite &= row.iter().all(|y| y.is_finite());
            row.sort_by(f64::total_cmp);
            let mean = row.iter().sum::<f64>() / row.len().max(1) as f64;
            largest = row.iter().fold(largest, |m, y| m.max((y - mean).abs()));
            let top = row.pop().unwrap_or(0.0);
            gaps.push(top - row.pop().unwrap_or(top));
        }
        gaps.sort_by(f64::total_cmp);
        Self { gaps, largest, finite }
    }

    /// The largest error of outputs that changes the answer of no more than one sample in a thousand,
    /// and moves none by more than a hundredth of the largest. Of fewer than a thousand samples the
    /// smallest gap is taken down in proportion: small gaps are about as frequent as they are wide.
    ///
    /// # Errors
    /// When outputs overflow, or when more samples than that have two best outputs: no precision tells
    /// them apart.
    pub fn bound(&self) -> Result<f64, RunError> {
        if !self.finite {
            return Err(RunError::Refused(
                "outputs of the polynomial network overflow on calibration data; choose a larger activation.interval or a lower degree".into(),
            ));
        }
        let gap = self.gap();
        if gap > 0.0 {
            return Ok((0.5 * gap).min(MOST_RELATIVE_ERROR * self.largest));
        }
        let ties = self.gaps.iter().filter(|gap| **gap <= 0.0).count();
        Err(RunError::Refused(format!(
            "the two best outputs of {} of {} calibration samples are equal, so no error is small enough to keep their answers; train the model on, take scheme.kind bgv (exact), or set scheme.precision_bits to accept other answers",
            format::count(ties as u64),
            format::count(self.gaps.len() as u64)
        )))
    }

    /// Share of samples whose answer no error within `bound` can change, as far as the calibration
    /// samples tell (after Laplace's rule, so that few samples promise little).
    pub fn agreement(&self, bound: f64) -> f64 {
        // Two outputs that come together by the bound each.
        let kept = self.gaps.iter().filter(|gap| **gap >= 2.0 * bound).count() as f64;
        let share = (kept + 1.0) / (self.gaps.len() as f64 + 2.0);
        share.min(1.0 - CHANGED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Samples of two classes with these gaps, on top of `common`.
    fn outputs(gaps: &[f64], common: f64) -> Vec<f64> {
        gaps.iter().flat_map(|gap| [common, common + gap]).collect()
    }

    #[test]
    fn bounds_follow_the_gaps_and_not_what_outputs_have_in_common() {
        let gaps: Vec<f64> = (1..=2000).map(f64::from).collect();
        for common in [0.0, -1e9] {
            let found = Gaps::of(&outputs(&gaps, common), 2);
            // The third smallest of 2000 is 3: 1.5 each.
            assert_eq!(found.bound().expect("gaps"), 1.5);
            assert_eq!(found.agreement(1.5), (1998.0 + 1.0) / 2002.0);
        }
        // Few samples: in proportion, to a share of the largest output, which is half a gap ...
        let few: Vec<f64> = (0..500).map(|i| 0.008 + f64::from(i) * 1e-3).collect();
        assert!((Gaps::of(&outputs(&few, 0.0), 2).bound().expect("gaps") - 0.002).abs() < 1e-12);
        let fewer = Gaps::of(&outputs(&[4e-3, 1.0], 0.0), 2);
        assert_eq!(fewer.bound().expect("gaps"), 0.5 / 1024.0);
        // ... and never above what was measured.
        let tiny = Gaps::of(&outputs(&[2e-6, 1.0], 0.0), 2);
        assert!((tiny.bound().expect("gaps") - 1e-6).abs() < 1e-18);
        // Wide gaps: a hundredth of the largest output.
        let wide = Gaps::of(&outputs(&vec![8.0; 1000], 5.0), 2);
        assert_eq!(wide.bound().expect("gaps"), 0.04);
    }

    #[test]
    fn precision_that_is_asked_for_is_taken_and_told_where_the_gaps_need_more() {
        let gaps = Gaps::of(&outputs(&[0.25, 0.5, 1.0, 2.0].repeat(500), 0.0), 2);
        let fine = gaps.bound_for(Some(4), 30).expect("bits");
        assert_eq!((fine.error, fine.warning), (0.0625, None));
        let coarse = gaps.bound_for(Some(0), 30).expect("bits");
        // A gap of 2 is as wide as two errors of 1.
        assert_eq!(coarse.agreement, 501.0 / 2002.0);
        assert_eq!(coarse.warning.expect("told").kind, "precision_below_gaps");
        assert!(gaps.bound_for(Some(31), 30).is_err());
        assert_eq!(gaps.bound_for(None, 30).expect("gaps").error, 0.01);
    }

    #[test]
    fn ties_and_overflow_are_refused() {
        let ties = Gaps::of(&outputs(&[0.0, 0.0, 1.0], 0.0), 2);
        let text = ties.bound().expect_err("ties").to_string();
        assert!(text.contains("2 of 3"), "{text}");
        assert_eq!(ties.agreement(1e-3), 0.4);
        let overflow = Gaps::of(&[f32::INFINITY, 1.0], 2);
        assert!(overflow.bound().expect_err("overflow").to_string().contains("overflow"));
    }
}
