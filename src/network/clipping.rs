//! Values that leave the range they can be stored in.

use serde::{Deserialize, Serialize};

/// Values of one layer that lay outside their range.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Clipped {
    /// Name of the layer; empty for the inputs of the network.
    pub layer: String,
    /// Values outside, of how many.
    pub values: u64,
    pub of: u64,
    /// Samples with such a value; 0 for weights.
    pub samples: u64,
    /// How far the furthest of all values lies from the middle of the range: 1 at its ends.
    #[serde(with = "format::number")]
    pub factor: f64,
}

impl Clipped {
    /// Nothing seen yet.
    pub fn of(layer: &str) -> Self {
        Self { layer: layer.to_owned(), ..Self::default() }
    }

    /// Counts a value against the range `low..=high`, and tells whether it lies outside.
    pub fn see(&mut self, value: f64, (low, high): (f64, f64)) -> bool {
        let (middle, half) = (0.5 * (low + high), 0.5 * (high - low));
        let factor = (value - middle).abs() / half;
        let outside = !(low..=high).contains(&value);
        self.of += 1;
        self.values += u64::from(outside);
        self.factor = self.factor.max(if factor.is_nan() { f64::INFINITY } else { factor });
        outside
    }

    /// Adds what another count on the same layer holds.
    pub fn merge(&mut self, other: &Self) {
        self.values += other.values;
        self.of += other.of;
        self.samples += other.samples;
        self.factor = self.factor.max(other.factor);
    }

    /// Whether any value lay outside.
    pub fn any(&self) -> bool {
        self.values > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_outside_beyond_the_ends() {
        let mut clipped = Clipped::of("sums");
        let outside = [-5.0, 0.0, 10.0, 10.5, f64::NAN].map(|v| clipped.see(v, (0.0, 10.0)));
        assert_eq!(outside, [true, false, false, true, true]);
        assert_eq!((clipped.values, clipped.of), (3, 5));
        assert_eq!(clipped.factor, f64::INFINITY);
        let mut twice = Clipped::of("sums");
        twice.see(20.0, (-10.0, 10.0));
        assert_eq!(twice.factor, 2.0);
        twice.merge(&clipped);
        assert_eq!((twice.values, twice.of), (4, 6));
    }
}
