//! A training that was interrupted, as a file.
//!
//! It holds what the server and the plaintext trainings beside it need to go on: weights, optimisers,
//! how far they came, the figures so far, and what the server has seen of the recorded mini-batches. It
//! holds no secret key and no ciphertext: who goes on makes new keys (from the seed and the step, or
//! fresh ones where the seed is 0) and the clients encrypt again. What the server has seen gives training
//! samples away, here as anywhere; and a seed other than 0, which makes trainings repeatable, gives the
//! keys away to whoever reads it.

use super::message::Tie;
use crate::batches::Batches;
use crate::error::CryptonnError;
use crate::figures::{DlogRange, PhaseSecs, SideBySide, Traffic};
use crate::replica::ModelReplica;
use crate::replica_state::ReplicaState;
use crate::report::EpochReport;
use crate::training::CryptonnTraining;
use attack::ServerStep;
use data::Dataset;
use scenario::{Scenario, TrainingRequest};
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::Path;
use wire::Malformed;

/// What every checkpoint file begins with.
pub(crate) const MARK: &[u8] = b"CryptoScope encrypted training\n";

/// Largest file that is read, bytes.
const MAX_BYTES: u64 = 1 << 30;

/// Why a file is no checkpoint to go on from; the text is one line for a person.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    #[error("{0}")]
    File(String),
    #[error("no checkpoint of an encrypted training; `train --checkpoint` writes one")]
    Foreign,
    #[error("a checkpoint of version {found}; this program reads version {known}")]
    Version { found: u64, known: u64 },
    #[error("damaged: its content is not what its checksum says")]
    Damaged,
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error("damaged: {0}")]
    Content(String),
}

/// What is trained: a checkpoint goes on only with the same.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingIdentity {
    pub scenario: String,
    pub model: String,
    pub dataset: String,
    /// Of all samples and labels.
    pub dataset_digest: [u8; 32],
    pub seed: u64,
    pub choice: TrainingRequest,
}

/// How far a training came, and its figures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// Steps of the whole training.
    pub of: usize,
    /// Of each step that is done.
    pub losses: Vec<SideBySide>,
    /// Epochs that are done.
    pub epochs: Vec<EpochReport>,
    /// Whether every integer so far equals that of the plaintext fixed point.
    pub identical: bool,
    /// Seconds of the steps since the last epoch that is done.
    pub epoch_secs: f64,
    /// What the server saw of the recorded mini-batches.
    pub seen: Vec<ServerStep>,
    pub spent: Spent,
    /// Steps that were done each time the training was taken up again.
    pub resumed_at: Vec<usize>,
}

/// What the encrypted training took: work, messages, logarithms.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spent {
    /// Seconds of all steps.
    pub step_secs: f64,
    /// The part of them at server and authority.
    pub server_secs: f64,
    pub phases: PhaseSecs,
    pub traffic: Traffic,
    pub dlog: DlogRange,
}

impl Spent {
    /// This and `later` together.
    pub fn and(&self, later: &Self) -> Self {
        let (a, b) = (&self.phases, &later.phases);
        let (s, t) = (&self.traffic, &later.traffic);
        Self {
            step_secs: self.step_secs + later.step_secs,
            server_secs: self.server_secs + later.server_secs,
            phases: PhaseSecs {
                encryption: a.encryption + b.encryption,
                keys: a.keys + b.keys,
                inner_products: a.inner_products + b.inner_products,
                discrete_logs: a.discrete_logs + b.discrete_logs,
                plaintext: a.plaintext + b.plaintext,
            },
            traffic: Traffic {
                ciphertext_bytes: s.ciphertext_bytes + t.ciphertext_bytes,
                key_bytes: s.key_bytes + t.key_bytes,
                key_requests: s.key_requests + t.key_requests,
            },
            dlog: DlogRange {
                bound: self.dlog.bound.max(later.dlog.bound),
                largest: self.dlog.largest.max(later.dlog.largest),
                table_bytes: later.dlog.table_bytes,
            },
        }
    }
}

/// A training that was interrupted.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    pub identity: TrainingIdentity,
    pub progress: Progress,
    /// Trained on ciphertexts, in fixed point, and in floating point.
    pub replicas: [ReplicaState; 3],
    /// Digests of the rows that the authority gave keys for, where it counts them.
    pub rows_given: Vec<[Vec<Tie>; 2]>,
}

impl Checkpoint {
    /// Whether a file with these first bytes is one.
    pub fn begins(start: &[u8]) -> bool {
        start.starts_with(MARK)
    }

    /// Reads a checkpoint file.
    ///
    /// # Errors
    /// One line that names the file and says what is wrong with it.
    pub fn open(path: &Path) -> Result<Self, CheckpointError> {
        let shown = format::path(path);
        let about = |error: CheckpointError| CheckpointError::File(format!("{shown}: {error}"));
        let unreadable = |e: std::io::Error| CheckpointError::File(format!("{shown}: {e}"));
        let mut file = data::open_regular(path).map_err(unreadable)?;
        let mut bytes = Vec::new();
        // What begins otherwise is not read to its end.
        file.by_ref().take(MARK.len() as u64).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes != MARK {
            return Err(about(CheckpointError::Foreign));
        }
        file.take(MAX_BYTES).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 >= MAX_BYTES {
            return Err(about(CheckpointError::Content(format!("{MAX_BYTES} bytes or more"))));
        }
        Self::from_bytes(&bytes).map_err(about)
    }

    /// Steps that are done.
    pub fn steps(&self) -> usize {
        self.progress.losses.len()
    }

    /// Whether it is of this training.
    ///
    /// # Errors
    /// The first thing in which the two differ.
    pub(crate) fn check_identity(&self, wanted: &TrainingIdentity) -> Result<(), CryptonnError> {
        let identity = &self.identity;
        let differ = |what: &str, there: &str, here: &str| {
            CryptonnError::Impossible(format!(
                "{what} is {there} in the checkpoint and {here} here; go on with the same or start anew"
            ))
        };
        for (what, there, here) in [
            ("scenario", &identity.scenario, &wanted.scenario),
            ("model", &identity.model, &wanted.model),
            ("dataset", &identity.dataset, &wanted.dataset),
            ("seed", &identity.seed.to_string(), &wanted.seed.to_string()),
        ] {
            if there != here {
                return Err(differ(what, there, here));
            }
        }
        if identity.choice != wanted.choice {
            let (there, here) = (fields(&identity.choice), fields(&wanted.choice));
            let all = there.iter().chain(&here).map(|(name, _)| name);
            let value = |of: &[(String, String)], name: &str| {
                let found = of.iter().find(|(n, _)| n == name);
                found.map_or_else(|| "left out".to_owned(), |(_, value)| value.clone())
            };
            for name in all {
                let (there, here) = (value(&there, name), value(&here, name));
                if there != here {
                    return Err(differ(&format!("training.{name}"), &there, &here));
                }
            }
        }
        if identity.dataset_digest != wanted.dataset_digest {
            return Err(CryptonnError::Impossible(format!(
                "dataset {} holds other samples than when the checkpoint was written; go on with the same or start anew",
                wanted.dataset
            )));
        }
        Ok(())
    }

    /// Whether its numbers are those of a training with these mini-batches and replicas.
    ///
    /// # Errors
    /// What does not fit.
    pub(crate) fn check_shape(
        &self,
        batches: &Batches,
        replica: &ModelReplica,
        epochs: usize,
    ) -> Result<(), CryptonnError> {
        let progress = &self.progress;
        let (done, steps) = (progress.epochs.len(), progress.losses.len());
        let per_epoch = batches.count();
        let here = steps.checked_sub(done * per_epoch).is_some_and(|at| at <= per_epoch);
        let wrong = |what: &str| {
            let text = format!("the checkpoint is damaged: {what} that this training cannot have");
            Err(CryptonnError::Impossible(text))
        };
        if progress.of != epochs * per_epoch
            || done > epochs
            || !here
            || (done == epochs && steps != done * per_epoch)
        {
            return wrong(&format!("{steps} steps in {done} epochs"));
        }
        let mine = replica.state();
        for state in &self.replicas {
            if !state.fits(&mine, steps) {
                return wrong("weights or optimisers");
            }
        }
        let units = mine.tensors.get(1).map_or(0, Vec::len);
        if !progress.seen.iter().all(|step| step_fits(step, batches, units, steps)) {
            return wrong("values seen by the server");
        }
        Ok(())
    }
}

/// Whether the sizes of `seen` are those of a step on these mini-batches with so many units.
fn step_fits(seen: &ServerStep, batches: &Batches, units: usize, steps: usize) -> bool {
    let encoding = batches.encoding();
    let samples = batches.members(seen.batch);
    let (count, windows) = (samples.len(), batches.windows());
    let are = |rows: usize, width: usize, found: &[Vec<i64>]| {
        found.len() == rows && found.iter().all(|row| row.len() == width)
    };
    let small = |rows: usize, width: usize, found: &[Vec<i32>]| {
        found.len() == rows && found.iter().all(|row| row.len() == width)
    };
    count > 0
        && seen.samples == samples
        && seen.step < steps
        && seen.epoch == seen.step / batches.count().max(1)
        && small(units, encoding.vector_len, &seen.weights)
        && are(count, windows * units, &seen.products)
        && are(count, batches.classes(), &seen.outputs)
        && are(count, batches.classes(), &seen.output_differences)
        && small(units, count * windows, &seen.delta_rows)
        && are(units, encoding.vector_len, &seen.gradients)
}

/// Settings by name, as a person writes them.
fn fields(choice: &TrainingRequest) -> Vec<(String, String)> {
    let value = serde_json::to_value(choice).unwrap_or_default();
    let fields = value.as_object().into_iter().flatten();
    fields.map(|(name, value)| (name.clone(), value.to_string())).collect()
}

impl TrainingIdentity {
    /// `scenario` with the settings of this training.
    pub fn settings(&self, scenario: Scenario) -> Scenario {
        let (model, training) = (self.model.clone(), Some(self.choice.clone()));
        Scenario { model, training, seed: self.seed, ..scenario }
    }

    /// What `training` is about.
    pub fn of(training: &CryptonnTraining) -> Self {
        Self {
            scenario: training.scenario.to_owned(),
            model: training.model.to_owned(),
            dataset: training.dataset.name().to_owned(),
            dataset_digest: digest(training.dataset),
            seed: training.seed,
            choice: training.choice.clone(),
        }
    }
}

/// A digest of the samples and labels of both splits.
fn digest(dataset: &Dataset) -> [u8; 32] {
    let mut hash = Sha256::new();
    for split in [dataset.train(), dataset.test()] {
        for values in split.inputs.chunks(1 << 12) {
            let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
            hash.update(&bytes);
        }
        let labels: Vec<u8> = split.labels.iter().flat_map(|l| l.to_le_bytes()).collect();
        hash.update(&labels);
    }
    hash.finalize().into()
}
