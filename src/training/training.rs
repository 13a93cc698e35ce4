//! A training on encrypted data: what it is of, and what follows from that.

use super::replica::ModelReplica;
use super::schedule::Schedule;
use crate::architecture::recipe;
use crate::batches::Batches;
use crate::error::CryptonnError;
use data::Dataset;
use network::Network;
use ring::Seed;
use scenario::{Scenario, TrainingRequest};

/// Seed of weights and mini-batches when none is given.
const DEFAULT_SEED: u64 = 1;

/// A training to be done.
#[derive(Clone, Copy, Debug)]
pub struct CryptonnTraining<'a> {
    pub scenario: &'a str,
    /// One of [`crate::architecture::ARCHITECTURES`].
    pub model: &'a str,
    pub dataset: &'a Dataset,
    pub choice: &'a TrainingRequest,
    /// Seed of weights, mini-batches, noise, keys and encryption; 0 takes fresh randomness for noise, keys
    /// and encryption.
    pub seed: u64,
}

/// A training made ready: everything that follows from its settings.
pub struct Prepared {
    pub network: Network,
    pub batches: Batches,
    pub schedule: Schedule,
    pub secret: Seed,
}

impl<'a> CryptonnTraining<'a> {
    /// The training that `scenario` describes.
    ///
    /// # Errors
    /// When it describes none.
    pub fn of(scenario: &'a Scenario, dataset: &'a Dataset) -> Result<Self, CryptonnError> {
        let choice = scenario.training.as_ref().ok_or_else(|| {
            CryptonnError::Impossible(format!(
                "scenario {} is no training on encrypted data; cryptonn is one",
                scenario.name
            ))
        })?;
        let (model, seed) = (scenario.model.as_str(), scenario.seed);
        Ok(Self { scenario: &scenario.name, model, dataset, choice, seed })
    }

    /// Network, mini-batches and schedule.
    pub fn prepare(&self) -> Result<Prepared, CryptonnError> {
        let Self { dataset, choice, .. } = *self;
        choice.check().map_err(CryptonnError::Impossible)?;
        let seed = if self.seed == 0 { DEFAULT_SEED } else { self.seed };
        let secret = if self.seed == 0 { Seed::from_os()? } else { Seed::from_number(seed) };
        let network = recipe(self.model, choice)?.fresh(dataset, seed)?;
        let batches = Batches::new(&network, dataset, choice, seed)?.with_noise(choice, &secret);
        let units = ModelReplica::new(&network, &batches, choice)?.units();
        let schedule = Schedule::new(choice, &batches, units, seed)?;
        Ok(Prepared { network, batches, schedule, secret })
    }
}
