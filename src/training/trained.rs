//! The whole training, from its settings to its report: on ciphertexts, in plaintext fixed point, and in
//! floating point, step by step side by side from the same seed.

use super::checkpoint::Checkpoint;
use super::replica::ModelReplica;
use super::report::{CRYPTONN_SCHEMA_VERSION, CryptonnReport};
use super::training::{CryptonnTraining, Prepared};
use super::training_session::TrainingSession;
use crate::batches::Batches;
use crate::error::CryptonnError;
use crate::event::CryptonnEvent;
use attack::{Pool, ServerView};
use circuit::{Cause, Warning};
use data::Dataset;
use network::{Network, Provenance};
use progress::{Cancel, Cancelled, Watch};
use report::peak_memory_bytes;
use ring::Kernel;
use std::sync::Arc;

/// What came of it.
#[derive(Clone, Debug)]
pub struct CryptonnTrained {
    /// Trained on ciphertexts.
    pub network: Network,
    pub report: CryptonnReport,
    pub view: Arc<ServerView>,
    /// The truth about what is in `view`.
    pub pool: Arc<Pool>,
}

impl CryptonnTraining<'_> {
    /// Trains, telling `on_event` as it goes.
    ///
    /// # Errors
    /// When the model does not fit the data, the authority refuses, or `watch` asks to stop (within a
    /// step); where it was stopped is told by [`CryptonnEvent::Checkpoint`].
    pub fn run(
        &self,
        watch: &Watch,
        on_event: &mut dyn FnMut(CryptonnEvent),
    ) -> Result<CryptonnTrained, CryptonnError> {
        self.go(None, watch, on_event)
    }

    /// Goes on where the training was interrupted: weights and figures become those of a training that
    /// never was, bit for bit; times and messages add up, as ciphertexts are sent again under new keys.
    ///
    /// # Errors
    /// When `from` is of another training, and as [`CryptonnTraining::run`].
    pub fn resume(
        &self,
        from: &Checkpoint,
        watch: &Watch,
        on_event: &mut dyn FnMut(CryptonnEvent),
    ) -> Result<CryptonnTrained, CryptonnError> {
        if self.seed == 0 && self.choice.noise > 0.0 {
            return Err(CryptonnError::Impossible(
                "a training with noise and seed 0 cannot go on: its noise is written down nowhere; give such trainings a seed".into(),
            ));
        }
        self.go(Some(from), watch, on_event)
    }

    fn go(
        &self,
        from: Option<&Checkpoint>,
        watch: &Watch,
        on_event: &mut dyn FnMut(CryptonnEvent),
    ) -> Result<CryptonnTrained, CryptonnError> {
        let Prepared { network, batches, schedule, secret } = self.prepare()?;
        on_event(CryptonnEvent::Preparing { what: "keys and tables", fraction: 0.0 });
        watch.check()?;
        let (epochs, steps) = (schedule.epochs(), schedule.steps());
        let mut session =
            TrainingSession::new(self, &network, &batches, schedule, &secret, from, watch)?;
        on_event(CryptonnEvent::Preparing { what: "keys and tables", fraction: 1.0 });
        if let Err(error) = session.train(watch, on_event) {
            if matches!(error, CryptonnError::Cancelled(_)) {
                on_event(CryptonnEvent::Checkpoint(Arc::new(session.checkpoint())));
            }
            return Err(error);
        }
        let choice = self.choice;
        let progress = &session.progress;
        let spent = &progress.spent;
        let log = session.secure.log();
        let report = CryptonnReport {
            schema_version: CRYPTONN_SCHEMA_VERSION,
            cryptoscope_version: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: self.scenario.to_owned(),
            model: self.model.to_owned(),
            dataset: self.dataset.name().to_owned(),
            seed: self.seed,
            threads: rayon::current_num_threads(),
            kernel: Kernel::best().name().to_owned(),
            samples: batches.samples(),
            mini_batches: batches.count(),
            training: choice.clone(),
            epochs: progress.epochs.clone(),
            ended_by_limit: epochs < choice.epochs,
            resumed_at: progress.resumed_at.clone(),
            secs_per_mini_batch: spent.step_secs / steps.max(1) as f64,
            server_secs_per_mini_batch: spent.server_secs / steps.max(1) as f64,
            total_secs: spent.step_secs,
            phases: spent.phases,
            bytes: spent.traffic,
            dlog: spent.dlog,
            refused: log.iter().filter(|line| line.refused.is_some()).cloned().collect(),
            peak_memory_bytes: peak_memory_bytes(),
            warnings: clipped(&batches, session.encrypted()),
            leak: None,
        };
        let command = format!(
            "cryptoscope train {} --set model={} --epochs {} --seed {}",
            self.scenario, self.model, choice.epochs, self.seed
        );
        let network = session.network()?.trained_on(self.dataset)?;
        let provenance = Provenance {
            seed: self.seed,
            test_accuracy: report.epochs.last().map(|epoch| epoch.encrypted_accuracy),
            ..network.provenance().clone()
        };
        let network = network.with_provenance(provenance)?;
        let network = network.made_by(&command)?;
        let (view, pool) = (Arc::new(session.view()), Arc::clone(&session.pool));
        Ok(CryptonnTrained { network, report, view, pool })
    }
}

/// What the training cut off, data and weights.
fn clipped(batches: &Batches, replica: &ModelReplica) -> Vec<Warning> {
    let inputs = Some(batches.clipped()).filter(|c| c.any());
    let weights = Some(replica.clipped()).filter(|c| c.any());
    let advice = "raise training.max_weight, or lower the learning rate";
    let of = batches.samples() as u64;
    let inputs = inputs.map(|inputs| Cause::InputsClipped { inputs, of });
    let weights = weights.map(|weights| Cause::WeightsClipped { weights, advice });
    inputs.into_iter().chain(weights).map(Warning::from).collect()
}

impl CryptonnTrained {
    /// Measures what the server learned, for the report.
    ///
    /// # Errors
    /// When `cancel` is set.
    pub fn measure_leak(&mut self, dataset: &Dataset, cancel: &Cancel) -> Result<(), Cancelled> {
        let labels = &dataset.train().labels;
        let label = |sample: usize| labels.get(sample).copied();
        self.report.leak = Some(attack::report(&self.view, &self.pool, label, cancel)?);
        Ok(())
    }
}
