//! Bytes of a checkpoint: a mark, a version, a checksum, and numbers as they are, so that not a bit of
//! them is lost.

use super::checkpoint::{Checkpoint, CheckpointError, MARK, Progress, Spent, TrainingIdentity};
use super::replica_state::ReplicaState;
use crate::figures::{DlogRange, PhaseSecs, SideBySide, Traffic};
use crate::optimiser::Optimiser;
use crate::report::EpochReport;
use attack::ServerStep;
use scenario::TrainingRequest;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wire::{Malformed, Reader, Writer};

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
        let mut bytes = Vec::new();
        let mut content = Writer::new(&mut bytes);
        let identity = &self.identity;
        let text = Text {
            scenario: identity.scenario.clone(),
            model: identity.model.clone(),
            dataset: identity.dataset.clone(),
            training: identity.choice.clone(),
        };
        // Strings and numbers always have a text.
        content.block(&serde_json::to_vec(&text).unwrap_or_default());
        content.f64(identity.choice.learning_rate).f64(identity.choice.noise);
        content.u64(identity.seed).bytes(&identity.dataset_digest);
        write_progress(&mut content, &self.progress);
        for replica in &self.replicas {
            write_tensors(&mut content, &replica.tensors);
            let (steps, first, second) = replica.optimiser.memory();
            content.u64(steps as u64);
            write_tensors(&mut content, first);
            write_tensors(&mut content, second);
        }
        content.u64(self.rows_given.len() as u64);
        for ties in self.rows_given.iter().flatten() {
            content.block(ties.as_flattened());
        }
        Writer::collect(|all| {
            all.bytes(MARK).u64(VERSION).bytes(&Sha256::digest(&bytes)).bytes(&bytes);
        })
    }

    /// Reads what [`Checkpoint::to_bytes`] wrote. Whether it fits a training is checked when that
    /// goes on.
    ///
    /// # Errors
    /// When it is something else, of another version, or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CheckpointError> {
        let rest = bytes.strip_prefix(MARK).ok_or(CheckpointError::Foreign)?;
        let mut from = Reader::new(WHAT, rest);
        let found = from.u64()?;
        if found != VERSION {
            return Err(CheckpointError::Version { found, known: VERSION });
        }
        let sum: [u8; 32] = from.take()?;
        if Sha256::digest(from.rest())[..] != sum {
            return Err(CheckpointError::Damaged);
        }
        let text: Text = serde_json::from_slice(from.block()?).map_err(|e| {
            CheckpointError::Content(format!("its settings: {}", format::one_line(&e)))
        })?;
        let mut choice = text.training;
        (choice.learning_rate, choice.noise) = (from.f64()?, from.f64()?);
        choice.check().map_err(CheckpointError::Content)?;
        let (seed, dataset_digest) = (from.u64()?, from.take()?);
        let kind = choice.optimiser;
        let (scenario, model, dataset) = (text.scenario, text.model, text.dataset);
        let identity = TrainingIdentity { scenario, model, dataset, dataset_digest, seed, choice };
        let progress = read_progress(&mut from)?;
        let mut replica = || -> Result<ReplicaState, Malformed> {
            let tensors = read_tensors(&mut from)?;
            let steps = i32::try_from(from.u64()?).unwrap_or(i32::MAX);
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
            (0..pairs).map(|_| Ok([ties()?, ties()?])).collect::<Result<_, Malformed>>()?;
        from.end()?;
        Ok(Self { identity, progress, replicas, rows_given })
    }
}

fn write_progress(out: &mut Writer, progress: &Progress) {
    out.u64(progress.of as u64).u64(progress.losses.len() as u64);
    for loss in &progress.losses {
        out.f64(loss.encrypted).f64(loss.fixed_point).f64(loss.float);
    }
    out.u64(progress.epochs.len() as u64);
    for e in &progress.epochs {
        out.u64(e.epoch as u64).f64(e.encrypted_accuracy).f64(e.plain_accuracy);
        out.f64(e.fixed_point_accuracy).u64(u64::from(e.fixed_point_identical));
        out.f64(e.encrypted_loss).f64(e.plain_loss).f64(e.secs);
    }
    out.u64(u64::from(progress.identical)).f64(progress.epoch_secs);
    let Spent { step_secs, server_secs, phases: p, traffic: t, dlog: d } = &progress.spent;
    out.f64(*step_secs).f64(*server_secs);
    out.f64(p.encryption).f64(p.keys).f64(p.inner_products);
    out.f64(p.discrete_logs).f64(p.plaintext);
    out.u64(t.ciphertext_bytes).u64(t.key_bytes).u64(t.key_requests);
    out.u64(d.bound).u64(d.largest).u64(d.table_bytes);
    out.u64(progress.resumed_at.len() as u64);
    for step in &progress.resumed_at {
        out.u64(*step as u64);
    }
    out.u64(progress.seen.len() as u64);
    for step in &progress.seen {
        out.u64(step.step as u64).u64(step.epoch as u64).u64(step.batch as u64);
        out.u64(step.samples.len() as u64);
        for sample in &step.samples {
            out.u64(*sample as u64);
        }
        for rows in [&step.weights, &step.delta_rows] {
            out.u64(rows.len() as u64);
            for row in rows {
                out.block(row.iter().map(|v| v.to_le_bytes()).collect::<Vec<_>>().as_flattened());
            }
        }
        for rows in [&step.products, &step.outputs, &step.output_differences, &step.gradients] {
            out.u64(rows.len() as u64);
            for row in rows {
                out.block(row.iter().map(|v| v.to_le_bytes()).collect::<Vec<_>>().as_flattened());
            }
        }
    }
}

fn read_progress(from: &mut Reader) -> Result<Progress, Malformed> {
    let of = from.size()?;
    let losses = (0..from.count(24)?)
        .map(|_| {
            let (encrypted, fixed_point) = (from.finite()?, from.finite()?);
            Ok(SideBySide { encrypted, fixed_point, float: from.finite()? })
        })
        .collect::<Result<_, Malformed>>()?;
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
        .collect::<Result<_, Malformed>>()?;
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
        ciphertext_bytes: from.u64()?,
        key_bytes: from.u64()?,
        key_requests: from.u64()?,
    };
    let dlog = DlogRange { bound: from.u64()?, largest: from.u64()?, table_bytes: from.u64()? };
    let spent = Spent { step_secs, server_secs, phases, traffic, dlog };
    let numbers = |from: &mut Reader| -> Result<Vec<usize>, Malformed> {
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

fn read_small(from: &mut Reader) -> Result<Vec<Vec<i32>>, Malformed> {
    let row = |values: &[[u8; 4]]| values.iter().map(|v| i32::from_le_bytes(*v)).collect();
    (0..from.count(8)?).map(|_| from.elements().map(row)).collect()
}

fn read_large(from: &mut Reader) -> Result<Vec<Vec<i64>>, Malformed> {
    let row = |values: &[[u8; 8]]| values.iter().map(|v| i64::from_le_bytes(*v)).collect();
    (0..from.count(8)?).map(|_| from.elements().map(row)).collect()
}

fn write_tensors(out: &mut Writer, tensors: &[Vec<f32>]) {
    out.u64(tensors.len() as u64);
    for tensor in tensors {
        out.block(tensor.iter().map(|v| v.to_le_bytes()).collect::<Vec<_>>().as_flattened());
    }
}

fn read_tensors(from: &mut Reader) -> Result<Vec<Vec<f32>>, Malformed> {
    let row = |values: &[[u8; 4]]| values.iter().map(|v| f32::from_le_bytes(*v)).collect();
    (0..from.count(8)?).map(|_| from.elements().map(row)).collect()
}
