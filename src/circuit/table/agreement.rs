//! How often noise changes an answer, by simulation on calibration samples.

use super::forecast::Forecast;
use network::argmax;
use network::table::{FlipCounts, Noise, TableError, TableNetwork};
use progress::Watch;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Samples followed.
const SAMPLES: usize = 1000;

/// What noise does to calibration samples.
pub struct Agreement {
    /// Share of the answers that stay.
    pub share: f64,
    /// Lookups one step off of each table.
    pub flips: Vec<FlipCounts>,
}

/// Runs samples of `raw` with the noise of `forecast`; `score_standard_deviation` is that of a score, in its
/// units.
pub fn agreement(
    network: &TableNetwork,
    raw: &[f32],
    forecast: &Forecast,
    score_unit: f64,
    watch: &Watch,
) -> Result<Agreement, TableError> {
    let len = network.input().len();
    let samples = (raw.len() / len.max(1)).min(SAMPLES);
    let raw = &raw[..samples * len];
    let units = forecast.tables.iter().map(|t| t.read_mean().sqrt() / t.unit);
    let noise = Noise { standard_deviations: units.collect(), seed: 1 };
    let labels = vec![0; samples];
    let clean = network.evaluate(raw, watch)?;
    let noisy = network.simulate(raw, &labels, &noise, watch)?;
    let standard_deviation = forecast.score_mean.sqrt() / score_unit;
    let mut rng = StdRng::seed_from_u64(2);
    let classes = network.classes();
    let rows = clean.scores.chunks(classes).zip(noisy.scores.chunks(classes));
    let mut same = 0;
    for (clean, noisy) in rows {
        let noisy: Vec<f64> =
            noisy.iter().map(|s| *s as f64 + standard_deviation * normal(&mut rng)).collect();
        same += usize::from(argmax(clean) == argmax(&noisy));
    }
    Ok(Agreement { share: same as f64 / samples.max(1) as f64, flips: noisy.flips })
}

/// A standard normal value (Box and Muller 1958).
fn normal(rng: &mut StdRng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()
}
