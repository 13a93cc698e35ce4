//! What a measurement tells: one line of JSON each.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Seconds of the repetitions of one piece of work, shortest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Timing(Vec<f64>);

impl Timing {
    /// From the seconds of each repetition, in any order; at least one.
    pub fn new(mut secs: Vec<f64>) -> Self {
        secs.sort_by(f64::total_cmp);
        Self(secs)
    }

    /// Number of repetitions.
    pub fn repetitions(&self) -> usize {
        self.0.len()
    }

    /// The value below which the share `at` (0 to 1) of the repetitions lies, interpolated.
    pub fn quantile(&self, at: f64) -> f64 {
        let place = at.clamp(0.0, 1.0) * self.0.len().saturating_sub(1) as f64;
        let value = |index: f64| self.0.get(index as usize).copied().unwrap_or(f64::NAN);
        let (low, high) = (value(place.floor()), value(place.ceil()));
        low + (high - low) * place.fract()
    }

    /// Half of the repetitions took at most this long.
    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// The same repetitions when only a `share` of their time is counted.
    pub fn scaled(&self, share: f64) -> Self {
        Self(self.0.iter().map(|s| s * share).collect())
    }
}

/// What the processor could do at best, and the share of it that was reached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    /// What the limit counts.
    pub what: String,
    /// The rate that would be reached at the limit, in the unit of the measurement.
    pub rate: f64,
    /// Measured rate over that.
    pub fraction: f64,
}

/// One measured figure, its outputs checked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    pub what: String,
    /// What it was measured with: ring degree, primes, rows, images, ...
    pub parameters: Map<String, Value>,
    /// Arithmetic kernel used; transforms choose theirs by themselves.
    pub kernel: String,
    pub threads: usize,
    pub repetitions: usize,
    /// Wall seconds of one repetition.
    pub median_secs: f64,
    pub min_secs: f64,
    pub lower_quartile_secs: f64,
    pub upper_quartile_secs: f64,
    pub max_secs: f64,
    /// Units of `rate_unit` that one repetition does, over the median.
    pub rate: f64,
    pub rate_unit: String,
    /// Median over the units of one repetition: wall seconds of each, threads working side by side.
    pub unit_secs: f64,
    /// Absent where no limit is defined.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub limit: Option<Limit>,
    /// Whatever else was found.
    #[serde(skip_serializing_if = "Map::is_empty", default)]
    pub results: Map<String, Value>,
    /// How the outputs were checked.
    pub checked: String,
}

impl Measurement {
    /// `count` units of `unit` were done in each repetition of `timing`.
    pub fn new(what: &str, timing: &Timing, count: f64, unit: &str) -> Self {
        let median = timing.median();
        Self {
            what: what.to_owned(),
            parameters: Map::new(),
            kernel: String::new(),
            threads: 1,
            repetitions: timing.repetitions(),
            median_secs: median,
            min_secs: timing.quantile(0.0),
            lower_quartile_secs: timing.quantile(0.25),
            upper_quartile_secs: timing.quantile(0.75),
            max_secs: timing.quantile(1.0),
            rate: count / median,
            rate_unit: format!("{unit}/s"),
            unit_secs: median / count,
            limit: None,
            results: Map::new(),
            checked: String::new(),
        }
    }

    /// With a parameter.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.parameters.insert(key.to_owned(), value.into());
        self
    }

    /// With something else that was found.
    #[must_use]
    pub fn found(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.results.insert(key.to_owned(), value.into());
        self
    }

    /// With the rate at the limit.
    #[must_use]
    pub fn with_limit(mut self, what: &str, rate: f64) -> Self {
        let fraction = self.rate / rate;
        self.limit = Some(Limit { what: what.to_owned(), rate, fraction });
        self
    }

    /// With how the outputs were checked.
    #[must_use]
    pub fn checked_by(mut self, how: &str) -> Self {
        self.checked = how.to_owned();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_the_repetitions() {
        let timing = Timing::new(vec![4.0, 1.0, 3.0, 2.0]);
        assert_eq!(timing.median(), 2.5);
        assert_eq!((timing.quantile(0.0), timing.quantile(1.0)), (1.0, 4.0));
        assert_eq!(timing.quantile(0.25), 1.75);
        assert_eq!(Timing::new(vec![7.0]).median(), 7.0);
        assert_eq!(timing.scaled(2.0).median(), 5.0);
    }

    #[test]
    fn rates_and_limits_follow_the_median() {
        let timing = Timing::new(vec![2.0, 2.0, 8.0]);
        let m = Measurement::new("x", &timing, 10.0, "images").with_limit("peak", 20.0);
        assert_eq!((m.rate, m.unit_secs, m.rate_unit.as_str()), (5.0, 0.2, "images/s"));
        assert_eq!(m.limit.as_ref().map(|l| l.fraction), Some(0.25));
        let back: Measurement = serde_json::from_str(&serde_json::to_string(&m).unwrap()).unwrap();
        assert_eq!(back, m);
    }
}
