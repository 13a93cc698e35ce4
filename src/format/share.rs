//! Shares of samples, with how many they are of.

use super::{count, percent};

/// Below so many samples a percentage says more than is known: the count is told in its place.
pub const FEW: u64 = 30;

/// In the place of a figure that nobody knows.
pub const NOT_KNOWN: &str = "not known";

/// Standard normal quantile of a two-sided interval of 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// So many of so many samples, or nobody knows how many of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// `None` where that is not known.
    pub hits: Option<u64>,
    pub of: u64,
}

impl Share {
    /// `hits` of `of`.
    pub fn new(hits: usize, of: usize) -> Self {
        Self { hits: Some(hits as u64), of: of as u64 }
    }

    /// The count behind a stored fraction of `of` samples; what is no number is not known.
    pub fn of_fraction(fraction: f64, of: usize) -> Self {
        let hits = (fraction * of as f64).round().max(0.0) as u64;
        Self { hits: Some(hits).filter(|_| !fraction.is_nan()), of: of as u64 }
    }

    /// The fraction; `None` of no samples, and where it is not known.
    pub fn fraction(self) -> Option<f64> {
        self.hits.filter(|_| self.of > 0).map(|hits| hits as f64 / self.of as f64)
    }

    /// Whether a number is behind it.
    pub fn is_known(self) -> bool {
        self.hits.is_some()
    }

    /// `98.05 %`; of few samples `1 of 2`; a dash of none; `not known`.
    pub fn text(self) -> String {
        match self.fraction() {
            None if self.of == 0 => "—".to_owned(),
            None => NOT_KNOWN.to_owned(),
            Some(_) if self.of < FEW => self.counted(),
            Some(fraction) => percent(fraction),
        }
    }

    /// `352 of 359`.
    pub fn counted(self) -> String {
        match self.hits {
            Some(hits) => format!("{} of {}", count(hits), count(self.of)),
            None => NOT_KNOWN.to_owned(),
        }
    }

    /// `98.05 %, 352 of 359`; of few samples the count alone.
    pub fn both(self) -> String {
        if self.of < FEW || !self.is_known() {
            self.text()
        } else {
            format!("{}, {}", self.text(), self.counted())
        }
    }

    /// Ends of the 95 % score interval of Wilson for the probability behind the count, in 0 to 1
    /// (E. B. Wilson, J. Am. Stat. Assoc. 22, 1927); everything is possible of no samples,
    /// and where nothing is known.
    pub fn interval(self) -> (f64, f64) {
        let Some(p) = self.fraction() else { return (0.0, 1.0) };
        let n = self.of as f64;
        let shrink = 1.0 + Z * Z / n;
        let middle = (p + Z * Z / (2.0 * n)) / shrink;
        let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt() / shrink;
        ((middle - half).max(0.0), (middle + half).min(1.0))
    }

    /// The difference to `before` of as many samples in percentage points, with its sign: `+0.88
    /// points`, `0` for none; of few samples in samples.
    pub fn change_from(self, before: Self) -> String {
        let (Some(hits), Some(earlier)) = (self.hits, before.hits) else {
            return NOT_KNOWN.to_owned();
        };
        let samples = hits as i64 - earlier as i64;
        if samples == 0 || self.of == 0 {
            return "0".to_owned();
        }
        let text = if self.of < FEW {
            let noun = if samples.abs() == 1 { "sample" } else { "samples" };
            format!("{samples:+} {noun}")
        } else {
            format!("{:+.2} points", samples as f64 / self.of as f64 * 100.0)
        };
        text.replace('-', "−")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_samples_are_counted_and_not_percented() {
        assert_eq!(Share::new(1, 2).text(), "1 of 2");
        assert_eq!(Share::new(29, 29).text(), "29 of 29");
        assert_eq!(Share::new(30, 30).text(), "100.00 %");
        assert_eq!(Share::new(0, 0).text(), "—");
        assert_eq!(Share::of_fraction(110.0 / 113.0, 113), Share::new(110, 113));
        assert_eq!(Share::new(110, 113).both(), "97.35 %, 110 of 113");
    }

    #[test]
    fn what_nobody_knows_is_never_none_of_them() {
        let unknown = Share::of_fraction(f64::NAN, 113);
        assert_ne!(unknown, Share::new(0, 113));
        for text in [unknown.text(), unknown.counted(), unknown.both()] {
            assert_eq!(text, "not known");
        }
        assert_eq!(unknown.change_from(Share::new(1, 113)), "not known");
        assert_eq!(Share::new(1, 113).change_from(unknown), "not known");
        assert_eq!((unknown.fraction(), unknown.interval()), (None, (0.0, 1.0)));
    }

    #[test]
    fn changes_have_signs_and_units() {
        let of = |hits| Share::new(hits, 113);
        assert_eq!(of(111).change_from(of(110)), "+0.88 points");
        assert_eq!(of(110).change_from(of(111)), "−0.88 points");
        assert_eq!(of(110).change_from(of(110)), "0");
        assert_eq!(Share::new(1, 4).change_from(Share::new(3, 4)), "−2 samples");
    }

    #[test]
    fn intervals_are_those_of_wilson() {
        // Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
        for (hits, of, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let (l, h) = Share::new(hits, of).interval();
            assert!((l - low).abs() < 6e-5 && (h - high).abs() < 6e-5, "{hits} of {of}: {l} {h}");
        }
        assert_eq!(Share::default().interval(), (0.0, 1.0));
    }
}
