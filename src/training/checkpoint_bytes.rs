//! Bytes of a checkpoint: a mark, a version, a checksum, and numbers as they are, so that not a bit of
//! them is lost.

use super::checkpoint::{Checkpoint, CheckpointError, MARK, Progress, Spent, TrainingIdentity};
use super::replica_state::ReplicaState;
use super::wire::{Reader, Writer};
use crate::figures::{DlogRange, PhaseSecs, SideBySide, Traffic};
use crate::message_error::MessageError;
use crate::optimiser::Optimiser;
use crate::report::EpochReport;
use attack::ServerStep;
use scenario::TrainingRequest;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const VERSION: u64 = 1;
const WHAT: &str = "checkpoint";

/// The part that is text.
#[derive(Serialize, Deserialize)]
struct Text {
    scenario: String,
    model: String,
    dataset: String,
    training: TrainingRequest,
}

impl Checkpoint {
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut content = Writer::default();
        let identity = &self.identity;
        let text = Text {
            scenario: identity.scenario.clone(),
            model: identity.model.clone(),
            dataset: identity.dataset.clone(),
            training: identity.choice.clone(),
        };
        // Strings and numbers always have a text.
        content.block(&serde_json::to_vec(&text).unwrap_or_default());
        content.float(identity.choice.learning_rate).float(identity.choice.noise);
        content.number(identity.seed).bytes(&identity.dataset_digest);
        write_progress(&mut content, &self.progress);
        for replica in &self.replicas {
            write_tensors(&mut content, &replica.tensors);
            let (steps, first, second) = replica.optimiser.memory();
            content.number(steps as u64);
            write_tensors(&mut content, first);
            write_tensors(&mut content, second);
        }
        content.number(self.rows_given.len() as u64);
        for ties in self.rows_given.iter().flatten() {
            content.block(ties.as_flattened());
        }
        let content = content.finish();
        let mut all = Writer::default();
        all.bytes(MARK).number(VERSION).bytes(&Sha256::digest(&content)).bytes(&content);
        all.finish()
    }

    /// Reads what [`Checkpoint::to_bytes`] wrote. Whether it fits a training is checked when that
    /// goes on.
    ///
    /// # Errors
    /// When it is something else, of another version, or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CheckpointError> {
        let rest = bytes.strip_prefix(MARK).ok_or(CheckpointError::Foreign)?;
        let mut from = Reader::new(WHAT, rest);
        let found = from.number()?;
        if found != VERSION {
            return Err(CheckpointError::Version { found, known: VERSION });
        }
        let sum: [u8; 32] = from.array()?;
        if Sha256::digest(from.rest())[..] != sum {
            return Err(CheckpointError::Damaged);
        }
        let text: Text = serde_json::from_slice(from.block()?)
            .map_err(|e| CheckpointError::Content(format!("its settings: {e}")))?;
        let mut choice = text.training;
        (choice.learning_rate, choice.noise) = (from.float()?, from.float()?);
        choice.check().map_err(CheckpointError::Content)?;
        let (seed, dataset_digest) = (from.number()?, from.array()?);
        let kind = choice.optimiser;
        let (scenario, model, dataset) = (text.scenario, text.model, text.dataset);
        let identity = TrainingIdentity { scenario, model, dataset, dataset_digest, seed, choice };
        let progress = read_progress(&mut from)?;
        let mut replica = || -> Result<ReplicaState, MessageError> {
            let tensors = read_tensors(&mut from)?;
            let steps = i32::try_from(from.number()?).unwrap_or(i32::MAX);
            let (first, second) = (read_tensors(&mut from)?, read_tensors(&mut from)?);
            Ok(ReplicaState {
                tensors,
                optimiser: Optimiser::from_memory(kind, steps, first, second),
            })
        };
        let replicas = [replica()?, replica()?, replica()?];
        let pairs = from.count(16)?;
        let mut ties = || Ok(from.elements()?.to_vec());
        let rows_given =
            (0..pairs).map(|_| Ok([ties()?, ties()?])).collect::<Result<_, MessageError>>()?;
        from.end()?;
        Ok(Self { identity, progress, replicas, rows_given })
    }
}

fn write_progress(out: &mut Writer, progress: &Progress) {
    out.number(progress.of as u64).number(progress.losses.len() as u64);
    for loss in &progress.losses {
        out.float(loss.encrypted).float(loss.fixed_point).float(loss.float);
    }
    out.number(progress.epochs.len() as u64);
    for e in &progress.epochs {
        out.number(e.epoch as u64).float(e.encrypted_accuracy).float(e.plain_accuracy);
        out.float(e.fixed_point_accuracy).number(u64::from(e.fixed_point_identical));
        out.float(e.encrypted_loss).float(e.plain_loss).float(e.secs);
    }
    out.number(u64::from(progress.identical)).float(progress.epoch_secs);
    let Spent { step_secs, server_secs, phases: p, traffic: t, dlog: d } = &progress.spent;
    out.float(*step_secs).float(*server_secs);
    out.float(p.encryption).float(p.keys).float(p.inner_products);
    out.float(p.discrete_logs).float(p.plaintext);
    out.number(t.ciphertext_bytes).number(t.key_bytes).number(t.key_requests);
    out.number(d.bound).number(d.largest).number(d.table_bytes);
    out.number(progress.resumed_at.len() as u64);
    for step in &progress.resumed_at {
        out.number(*step as u64);
    }
    out.number(progress.seen.len() as u64);
    for step in &progress.seen {
        out.number(step.step as u64).number(step.epoch as u64).number(step.batch as u64);
        out.number(step.samples.len() as u64);
        for sample in &step.samples {
            out.number(*sample as u64);
        }
        for rows in [&step.weights, &step.delta_rows] {
            out.number(rows.len() as u64);
            for row in rows {
                out.block(row.iter().map(|v| v.to_le_bytes()).collect::<Vec<_>>().as_flattened());
            }
        }
        for rows in [&step.products, &step.outputs, &step.output_differences, &step.gradients] {
            out.number(rows.len() as u64);
            for row in rows {
                out.block(row.iter().map(|v| v.to_le_bytes()).collect::<Vec<_>>().as_flattened());
            }
        }
    }
}

fn read_progress(from: &mut Reader) -> Result<Progress, MessageError> {
    let of = from.size()?;
    let losses = (0..from.count(24)?)
        .map(|_| {
            let (encrypted, fixed_point) = (from.finite()?, from.finite()?);
            Ok(SideBySide { encrypted, fixed_point, float: from.finite()? })
        })
        .collect::<Result<_, MessageError>>()?;
    let epochs = (0..from.count(64)?)
        .map(|_| {
            Ok(EpochReport {
                epoch: from.size()?,
                encrypted_accuracy: from.share()?,
                plain_accuracy: from.share()?,
                fixed_point_accuracy: from.share()?,
                fixed_point_identical: from.flag()?,
                encrypted_loss: from.finite()?,
                plain_loss: from.finite()?,
                secs: from.amount()?,
            })
        })
        .collect::<Result<_, MessageError>>()?;
    let (identical, epoch_secs) = (from.flag()?, from.amount()?);
    let (step_secs, server_secs) = (from.amount()?, from.amount()?);
    let phases = PhaseSecs {
        encryption: from.amount()?,
        keys: from.amount()?,
        inner_products: from.amount()?,
        discrete_logs: from.amount()?,
        plaintext: from.amount()?,
    };
    let traffic = Traffic {
        ciphertext_bytes: from.number()?,
        key_bytes: from.number()?,
        key_requests: from.number()?,
    };
    let dlog =
        DlogRange { bound: from.number()?, largest: from.number()?, table_bytes: from.number()? };
    let spent = Spent { step_secs, server_secs, phases, traffic, dlog };
    let numbers = |from: &mut Reader| -> Result<Vec<usize>, MessageError> {
        (0..from.count(8)?).map(|_| from.size()).collect()
    };
    let resumed_at = numbers(from)?;
    let mut seen = Vec::new();
    for _ in 0..from.count(80)? {
        let (step, epoch, batch) = (from.size()?, from.size()?, from.size()?);
        let samples = numbers(from)?;
        let (weights, delta_rows) = (read_small(from)?, read_small(from)?);
        seen.push(ServerStep {
            step,
            epoch,
            batch,
            samples,
            weights,
            delta_rows,
            products: read_large(from)?,
            outputs: read_large(from)?,
            output_differences: read_large(from)?,
            gradients: read_large(from)?,
        });
    }
    Ok(Progress { of, losses, epochs, identical, epoch_secs, seen, spent, resumed_at })
}

fn read_small(from: &mut Reader) -> Result<Vec<Vec<i32>>, MessageError> {
    let row = |values: &[[u8; 4]]| values.iter().map(|v| i32::from_le_bytes(*v)).collect();
    (0..from.count(8)?).map(|_| from.elements().map(row)).collect()
}

fn read_large(from: &mut Reader) -> Result<Vec<Vec<i64>>, MessageError> {
    let row = |values: &[[u8; 8]]| values.iter().map(|v| i64::from_le_bytes(*v)).collect();
    (0..from.count(8)?).map(|_| from.elements().map(row)).collect()
}

fn write_tensors(out: &mut Writer, tensors: &[Vec<f32>]) {
    out.number(tensors.len() as u64);
    for tensor in tensors {
        out.block(tensor.iter().map(|v| v.to_le_bytes()).collect::<Vec<_>>().as_flattened());
    }
}

fn read_tensors(from: &mut Reader) -> Result<Vec<Vec<f32>>, MessageError> {
    let row = |values: &[[u8; 4]]| values.iter().map(|v| f32::from_le_bytes(*v)).collect();
    (0..from.count(8)?).map(|_| from.elements().map(row)).collect()
}
