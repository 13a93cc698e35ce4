//! The lookup tables of a planned network over real data, for people to look at.

use super::session::Session;
use network::table::{Accumulators, TableNetwork};
use progress::Cancel;
use scenario::RunError;
use std::sync::Arc;

/// Test samples that accuracies are taken on, at most.
#[cfg(feature = "tfhe")]
const TEST_SAMPLES: usize = 1000;

/// Tables, the sums they read, and what the planned noise does to the answers, in the clear.
#[derive(Clone, Debug)]
pub struct TableStudy {
    pub network: Arc<TableNetwork>,
    /// The sums before each table over calibration samples.
    pub layers: Vec<Accumulators>,
    /// Calibration samples.
    pub samples: usize,
    /// Test samples that accuracies were taken on.
    pub test_samples: usize,
    /// Share of them classified as labelled, on exact integers; NaN where that is not known.
    pub accuracy: f64,
    /// The same with the predicted noise on every sum.
    pub noisy_accuracy: f64,
    /// Share of them whose answer with noise is that without.
    pub agreement: f64,
}

impl Session {
    /// The tables of the plan over calibration and test samples; `None` when the plan has none.
    ///
    /// # Errors
    /// When there is no plan, or `cancel` asks to stop.
    #[cfg(feature = "tfhe")]
    pub fn study_tables(&self, cancel: &Cancel) -> Result<Option<TableStudy>, RunError> {
        use network::table::Noise;
        use progress::Watch;
        let crate::session::Compiled::Tables(circuit) = self.compiled(cancel)? else {
            return Ok(None);
        };
        let network = Arc::clone(&circuit.network);
        let watch = Watch::new(cancel.clone(), &|_| ());
        let raw = self.calibration_inputs();
        let layers = network.accumulators(raw, &watch)?;
        let test = self.dataset.test();
        let len = self.dataset.shape().len();
        let test_samples = test.len().min(TEST_SAMPLES);
        let inputs = &test.inputs[..test_samples * len];
        let labels = self.dataset.test_labels();
        let labels = labels.get(..test_samples).unwrap_or_default();
        let planned = circuit.plan.tables.iter().flat_map(|t| &t.tables);
        let standard_deviations = network.tables().zip(planned).map(|(table, plan)| {
            // Noise is planned as a fraction of the torus, of which a step has `plan.step`.
            plan.standard_deviation / plan.step * table.width as f64
        });
        let noise =
            Noise { standard_deviations: standard_deviations.collect(), seed: self.scenario.seed };
        let exact = network.evaluate(inputs, &watch)?;
        let noisy = network.simulate(inputs, labels, &noise, &watch)?;
        Ok(Some(TableStudy {
            samples: raw.len() / len,
            test_samples,
            accuracy: exact.accuracy(network.classes(), labels),
            noisy_accuracy: noisy.accuracy,
            agreement: noisy.agreement,
            network,
            layers,
        }))
    }

    /// Lookup tables were left out of this program.
    #[cfg(not(feature = "tfhe"))]
    pub fn study_tables(&self, _: &Cancel) -> Result<Option<TableStudy>, RunError> {
        Ok(None)
    }
}
