//! What an encrypted training will take, told before a key exists.

use data::Dataset;
use functional::group::{DlogTable, ELEMENT_BYTES};
use network::{Network, Op};
use scenario::TrainingRequest;

/// Seconds of one core, measured with AVX-512 IFMA: to encrypt one group element and to decode it,
const ENCRYPT_SECS: f64 = 7e-6;
/// to raise one element to a small weight and multiply it in,
const PRODUCT_SECS: f64 = 40e-9;
/// to find one logarithm within the table,
const LOGARITHM_SECS: f64 = 0.5e-6;
/// and to derive one key of a difference.
const KEY_SECS: f64 = 80e-6;

/// Standard deviations beyond which noise is not expected among a million values.
const FARTHEST_NOISE: f64 = 5.0;

/// Samples normalised at once while the largest input is looked for.
const CHUNK: usize = 1000;

/// Predictions of an encrypted training.
#[derive(Clone, Debug, PartialEq)]
pub struct CryptonnPlan {
    pub model: String,
    pub samples: usize,
    pub mini_batches: usize,
    pub steps: usize,
    /// Epochs that the authority's limit leaves of those asked for.
    pub epochs: usize,
    /// Rows a step asks keys for, forward and as many backward, and the length of a forward row.
    pub units: usize,
    pub vector_len: usize,
    /// Windows of a sample: 1 where the first layer is dense.
    pub windows: usize,
    /// Largest magnitude a decrypted value can have under the policy.
    pub log_bound: u64,
    pub table_bytes: u64,
    /// Inputs for both directions and labels of all mini-batches, sent once.
    pub ciphertext_bytes: u64,
    /// Discrete logarithms in each step.
    pub logarithms: u64,
    pub encrypt_secs: f64,
    /// One step, forward and backward, after encryption.
    pub step_secs: f64,
}

impl CryptonnPlan {
    /// The plan of training `network` on `dataset`; `None` when its first layer is neither dense nor
    /// a convolution.
    pub fn of(
        network: &Network,
        dataset: &Dataset,
        choice: &TrainingRequest,
        threads: usize,
    ) -> Option<Self> {
        let at = network.layers().iter().position(|l| !matches!(l.op, Op::Flatten))?;
        let positions = network.shapes().get(at)?.len();
        let (units, vector_len, windows) = match &network.layers().get(at)?.op {
            Op::Dense { inputs, outputs, .. } => (*outputs, *inputs, 1),
            Op::Conv2d { out_channels, kernel, .. } => {
                (*out_channels, kernel.0 * kernel.1, positions / (*out_channels).max(1))
            }
            _ => return None,
        };
        let units = choice.units.unwrap_or(units);
        let samples = choice.samples.unwrap_or(usize::MAX).min(dataset.train().len());
        let batch = choice.batch.clamp(1, samples.max(1));
        let mini_batches = samples.div_ceil(batch);
        let classes = dataset.classes().len();
        let largest = largest_input(network, dataset, samples) + FARTHEST_NOISE * choice.noise;
        let max_input = largest.min(crate::batches::LARGEST_INPUT) * choice.input_scale();
        let backward_len = if windows == 1 { batch } else { windows };
        let reach = |len: usize, weight: i32| len as f64 * f64::from(weight) * max_input;
        let log_bound =
            reach(vector_len, choice.max_weight).max(reach(backward_len, choice.delta_levels));
        let log_bound = log_bound.ceil() as u64;
        let vectors = samples * windows;
        let parts = vectors.div_ceil(backward_len);
        let forward = vectors * (vector_len + 1);
        let backward = parts * vector_len * (backward_len + 1);
        let labels = 2 * samples * classes;
        let elements = forward + backward + labels;
        let of_batch = batch * windows;
        let part_sums = of_batch.div_ceil(backward_len) * vector_len * units;
        let epochs = choice.epochs_allowed(units * of_batch.div_ceil(backward_len));
        let logarithms = of_batch * units + part_sums + batch * classes;
        let multiplied = 2 * of_batch * vector_len * units;
        let cores = threads.max(1) as f64;
        let step = multiplied as f64 * PRODUCT_SECS
            + logarithms as f64 * LOGARITHM_SECS
            + (batch * classes) as f64 * KEY_SECS;
        Some(Self {
            model: network.name().to_owned(),
            samples,
            mini_batches,
            steps: mini_batches * epochs,
            epochs,
            units,
            vector_len,
            windows,
            log_bound,
            table_bytes: DlogTable::bytes_for(log_bound) as u64,
            ciphertext_bytes: (elements * ELEMENT_BYTES) as u64,
            logarithms: logarithms as u64,
            encrypt_secs: elements as f64 * ENCRYPT_SECS / cores,
            step_secs: step / cores,
        })
    }

    /// Seconds of the whole training.
    pub fn total_secs(&self) -> f64 {
        self.encrypt_secs + self.steps as f64 * self.step_secs
    }
}

/// Largest magnitude of a normalised input.
fn largest_input(network: &Network, dataset: &Dataset, samples: usize) -> f64 {
    let len = network.input().len().max(1);
    let raw = dataset.train().inputs.get(..samples * len).unwrap_or_default();
    let of_chunk = |chunk: &[f32]| {
        let values = network.normalise(chunk);
        values.iter().fold(0.0, |most: f32, v| most.max(v.abs()))
    };
    let largest = raw.chunks(CHUNK * len).map(of_chunk).fold(0.0, f32::max);
    f64::from(largest).min(crate::batches::LARGEST_INPUT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::architecture::architecture;
    use crate::batches::Batches;
    use crate::encrypted_steps::EncryptedSteps;
    use crate::steps::SecureSteps;
    use progress::Cancel;
    use ring::Seed;

    #[test]
    fn the_plan_tells_bytes_and_table_as_they_come() {
        let dataset = data::open("digits", None).unwrap();
        let choice = TrainingRequest { samples: Some(24), batch: 12, ..TrainingRequest::default() };
        let network = architecture("cryptonn").unwrap().fresh(&dataset, 1).unwrap();
        let plan = CryptonnPlan::of(&network, &dataset, &choice, 1).unwrap();
        let batches = Batches::new(&network, &dataset, &choice, 1).unwrap();
        let seed = Seed::from_number(1);
        let mut steps = EncryptedSteps::new(&batches, &choice, &seed, &Cancel::default()).unwrap();
        let rows = vec![vec![1; plan.vector_len]; plan.units];
        for batch in 0..plan.mini_batches {
            steps.products(batch, &rows).unwrap();
        }
        let (told, came) = (plan.ciphertext_bytes as f64, steps.traffic.ciphertext_bytes as f64);
        assert!((told / came - 1.0).abs() < 0.02, "told {told}, came {came}");
        assert_eq!(plan.table_bytes, steps.dlog_range().table_bytes);
        assert_eq!((plan.mini_batches, plan.units, plan.vector_len), (2, 32, 64));
    }
}
