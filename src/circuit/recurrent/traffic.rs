//! What a network between client and server does to the time of a run.

use serde::{Deserialize, Serialize};

/// Round-trip time and bandwidths of a connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetworkModel {
    pub name: String,
    pub round_trip_secs: f64,
    pub up_bits_per_sec: f64,
    pub down_bits_per_sec: f64,
}

impl NetworkModel {
    /// From near to far.
    pub fn presets() -> [Self; 4] {
        let of = |name: &str, round_trip_secs: f64, up: f64, down: f64| Self {
            name: name.to_owned(),
            round_trip_secs,
            up_bits_per_sec: up,
            down_bits_per_sec: down,
        };
        [
            of("same rack", 0.000_1, 10e9, 10e9),
            of("same city", 0.005, 1e9, 1e9),
            of("broadband", 0.03, 20e6, 100e6),
            of("mobile", 0.08, 10e6, 40e6),
        ]
    }

    /// The preset of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::presets().into_iter().find(|m| m.name == name)
    }

    /// Seconds that so many rounds and bytes take on the way, nothing overlapping.
    pub fn transfer_secs(&self, rounds: u64, up_bytes: u64, down_bytes: u64) -> f64 {
        rounds as f64 * self.round_trip_secs
            + 8.0 * up_bytes as f64 / self.up_bits_per_sec
            + 8.0 * down_bytes as f64 / self.down_bits_per_sec
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn farther_is_slower() {
        let secs: Vec<f64> =
            NetworkModel::presets().iter().map(|m| m.transfer_secs(10, 1 << 20, 1 << 20)).collect();
        assert!(secs.windows(2).all(|w| w[0] < w[1]), "{secs:?}");
        let mobile = NetworkModel::named("mobile").unwrap();
        assert!((mobile.transfer_secs(1, 0, 0) - 0.08).abs() < 1e-12);
        assert!((mobile.transfer_secs(0, 10_000_000 / 8, 0) - 1.0).abs() < 1e-12);
    }
}
