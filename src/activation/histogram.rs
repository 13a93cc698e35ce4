//! The distribution of measured values, such as the inputs of an activation layer.

use serde::{Deserialize, Serialize};

/// Bins over `[-reach, reach)`.
const BINS: usize = 4096;

/// The smallest reach, `2^-20`; it doubles until every value fits.
const SMALLEST_REACH: f64 = 1.0 / 1_048_576.0;

/// How often values were seen. The bins lie symmetrically about 0 and double their width when a
/// value falls outside, so the result does not depend on the order in which values and parts come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    reach: f64,
    counts: Vec<u64>,
    total: u64,
    not_finite: u64,
    min: f64,
    max: f64,
    sum: f64,
    sum_of_squares: f64,
}

/// Values seen in `[low, high)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    pub low: f64,
    pub high: f64,
    pub count: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            reach: SMALLEST_REACH,
            counts: vec![0; BINS],
            total: 0,
            not_finite: 0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            sum: 0.0,
            sum_of_squares: 0.0,
        }
    }
}

impl Histogram {
    /// The histogram of `values`.
    pub fn of(values: &[f32]) -> Self {
        let mut histogram = Self::default();
        histogram.add(values);
        histogram
    }

    /// Counts more values; those that are not finite are counted apart.
    pub fn add(&mut self, values: &[f32]) {
        for value in values {
            let x = f64::from(*value);
            if !x.is_finite() {
                self.not_finite += 1;
                continue;
            }
            while x.abs() >= self.reach {
                self.widen();
            }
            // x + reach < 2 reach can round up to it.
            let at = ((x + self.reach) * self.bins_per_unit()) as usize;
            if let Some(count) = self.counts.get_mut(at.min(BINS - 1)) {
                *count += 1;
            }
            self.total += 1;
            self.min = self.min.min(x);
            self.max = self.max.max(x);
            self.sum += x;
            self.sum_of_squares += x * x;
        }
    }

    /// Counts what another histogram holds.
    pub fn merge(&mut self, other: &Self) {
        while self.reach < other.reach {
            self.widen();
        }
        let mut widened = other.clone();
        while widened.reach < self.reach {
            widened.widen();
        }
        self.counts.iter_mut().zip(&widened.counts).for_each(|(a, b)| *a += b);
        self.total += other.total;
        self.not_finite += other.not_finite;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.sum += other.sum;
        self.sum_of_squares += other.sum_of_squares;
    }

    fn bins_per_unit(&self) -> f64 {
        BINS as f64 / (2.0 * self.reach)
    }

    /// Doubles the reach: pairs of bins become one.
    fn widen(&mut self) {
        let mut counts = vec![0; BINS];
        let pairs = self.counts.chunks(2).map(|pair| pair.iter().sum::<u64>());
        counts.iter_mut().skip(BINS / 4).zip(pairs).for_each(|(to, from)| *to = from);
        self.counts = counts;
        self.reach *= 2.0;
    }

    /// Finite values seen.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Values seen that are not finite numbers.
    pub fn not_finite(&self) -> u64 {
        self.not_finite
    }

    /// Smallest value; `None` when nothing was seen.
    pub fn min(&self) -> Option<f64> {
        (self.total > 0).then_some(self.min)
    }

    /// Largest value; `None` when nothing was seen.
    pub fn max(&self) -> Option<f64> {
        (self.total > 0).then_some(self.max)
    }

    /// Mean; `None` when nothing was seen.
    pub fn mean(&self) -> Option<f64> {
        (self.total > 0).then(|| self.sum / self.total as f64)
    }

    /// Standard deviation; `None` when nothing was seen.
    pub fn standard_deviation(&self) -> Option<f64> {
        let mean = self.mean()?;
        Some((self.sum_of_squares / self.total as f64 - mean * mean).max(0.0).sqrt())
    }

    /// The value below which a share `q` (0 to 1) of the values lies, to a bin's width; `None` when
    /// nothing was seen.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        let (min, max) = (self.min()?, self.max()?);
        let wanted = q.clamp(0.0, 1.0) * self.total as f64;
        let mut seen = 0.0;
        for bin in self.all() {
            let count = bin.count as f64;
            if count > 0.0 && seen + count >= wanted {
                let part = ((wanted - seen) / count).clamp(0.0, 1.0);
                return Some((bin.low + part * (bin.high - bin.low)).clamp(min, max));
            }
            seen += count;
        }
        Some(max)
    }

    /// The symmetric interval `[-l, l]` that holds the share `q` of the values on either side,
    /// widened by `margin` (0.1 for a tenth); `None` when nothing was seen or all is 0.
    pub fn symmetric_interval(&self, q: f64, margin: f64) -> Option<(f64, f64)> {
        let reach = self.quantile(q)?.abs().max(self.quantile(1.0 - q)?.abs()) * (1.0 + margin);
        (reach > 0.0).then_some((-reach, reach))
    }

    /// Share of the values outside `[low, high]`, 0 to 1, to a bin's width; 0 when nothing was seen.
    pub fn share_outside(&self, low: f64, high: f64) -> f64 {
        if self.total == 0 || (self.min >= low && self.max <= high) {
            return 0.0;
        }
        let inside: f64 = self
            .all()
            .map(|bin| {
                // What is known of the ends sharpens the outermost bins.
                let (from, to) = (bin.low.max(self.min), bin.high.min(self.max));
                let overlap = (to.min(high) - from.max(low)).max(0.0);
                let width = to - from;
                let share = if width > 0.0 {
                    overlap / width
                } else {
                    f64::from(u8::from(from >= low && from <= high))
                };
                bin.count as f64 * share
            })
            .sum();
        (1.0 - inside / self.total as f64).clamp(0.0, 1.0)
    }

    /// At most `most` bins of equal width over what was seen, 0 on an edge.
    pub fn bins(&self, most: usize) -> Vec<Bin> {
        let mut bins: Vec<Bin> = self.all().collect();
        let occupied = |bins: &[Bin]| {
            let first = bins.iter().position(|b| b.count > 0)?;
            Some((first, bins.iter().rposition(|b| b.count > 0)?))
        };
        loop {
            let Some((first, last)) = occupied(&bins) else { return Vec::new() };
            if last - first < most.max(2) || bins.len() < 4 {
                bins.truncate(last + 1);
                bins.drain(..first);
                return bins;
            }
            bins = bins
                .chunks_exact(2)
                .map(|pair| Bin {
                    low: pair[0].low,
                    high: pair[1].high,
                    count: pair[0].count + pair[1].count,
                })
                .collect();
        }
    }

    fn all(&self) -> impl Iterator<Item = Bin> {
        let width = 1.0 / self.bins_per_unit();
        self.counts.iter().enumerate().map(move |(i, count)| {
            let low = i as f64 * width - self.reach;
            Bin { low, high: low + width, count: *count }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(n: usize) -> Vec<f32> {
        let mut state = 1_u64;
        (0..n)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (state >> 40) as f32 / (1 << 24) as f32 * 10.0 - 3.0
            })
            .collect()
    }

    #[test]
    fn order_and_parts_do_not_matter() {
        let all = values(5000);
        let whole = Histogram::of(&all);
        let mut parts = Histogram::default();
        for chunk in all.chunks(700).rev() {
            parts.merge(&Histogram::of(chunk));
        }
        assert_eq!(whole.counts, parts.counts);
        assert_eq!((whole.total, whole.min, whole.max), (parts.total, parts.min, parts.max));
        assert!((whole.mean().unwrap() - parts.mean().unwrap()).abs() < 1e-9);
    }

    #[test]
    fn measures_are_those_of_the_values() {
        let mut all = values(20_000);
        let histogram = Histogram::of(&all);
        all.sort_by(f32::total_cmp);
        assert_eq!(histogram.min(), Some(f64::from(all[0])));
        assert_eq!(histogram.max(), Some(f64::from(all[all.len() - 1])));
        for q in [0.001, 0.1, 0.5, 0.9, 0.999] {
            let exact = f64::from(all[(q * all.len() as f64) as usize]);
            let got = histogram.quantile(q).unwrap();
            assert!((got - exact).abs() < 0.01, "{q}: {got} for {exact}");
        }
        assert!((histogram.mean().unwrap() - 2.0).abs() < 0.05);
        assert!((histogram.standard_deviation().unwrap() - 10.0 / 12_f64.sqrt()).abs() < 0.05);
        let outside = all.iter().filter(|x| !(-1.0..=4.0).contains(*x)).count();
        let share = outside as f64 / all.len() as f64;
        assert!((histogram.share_outside(-1.0, 4.0) - share).abs() < 1e-3);
        assert_eq!(histogram.share_outside(-3.1, 7.1), 0.0);
    }

    #[test]
    fn bins_are_few_and_hold_everything() {
        let histogram = Histogram::of(&values(3000));
        for most in [2, 10, 64, 4096] {
            let bins = histogram.bins(most);
            assert!(bins.len() <= most && bins.len() * 4 > most.min(2000), "{}", bins.len());
            assert_eq!(bins.iter().map(|b| b.count).sum::<u64>(), 3000);
            assert!(bins.iter().all(|b| b.low >= 0.0 || b.high <= 0.0), "0 is an edge");
        }
    }

    #[test]
    fn odd_values_are_taken() {
        let mut histogram = Histogram::of(&[f32::NAN, f32::INFINITY]);
        assert_eq!((histogram.total(), histogram.not_finite(), histogram.min()), (0, 2, None));
        assert!(histogram.bins(10).is_empty() && histogram.quantile(0.5).is_none());
        histogram.add(&[f32::MAX, f32::MIN, 0.0]);
        assert_eq!(histogram.total(), 3);
        assert!(histogram.quantile(1.0).unwrap().is_finite());
        let constant = Histogram::of(&[0.0; 5]);
        assert_eq!(constant.symmetric_interval(0.999, 0.1), None);
        assert_eq!(constant.share_outside(-1.0, 1.0), 0.0);
    }
}
