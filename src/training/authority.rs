//! The authority: holds the master keys and decides who gets which function.

use super::message::{Asked, Granted, KeyGrant, KeyRequest, Tie, tie};
use super::message_error::MessageError;
use super::policy_error::PolicyError;
use crate::error::CryptonnError;
use functional::febo::{self, Operation};
use functional::feip;
use progress::Cancel;
use ring::Seed;
use scenario::TrainingRequest;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// What keys are given for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Largest weight of a row.
    pub max_weight: i32,
    /// Distinct rows on any one ciphertext for the forward pass, and as many for the backward pass; any
    /// number when `None`. A key opens every ciphertext under its public key, so with a limit each
    /// mini-batch is encrypted under public keys of its own.
    pub max_rows: Option<usize>,
}

impl Policy {
    pub fn of(choice: &TrainingRequest) -> Self {
        Self { max_weight: choice.max_weight, max_rows: choice.max_rows }
    }

    /// Pairs of public keys that `batches` mini-batches take.
    pub fn key_pairs(&self, batches: usize) -> usize {
        if self.max_rows.is_some() { batches } else { 1 }
    }
}

/// One line of the authority's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// Number of the request.
    pub number: u64,
    /// What was asked for.
    pub asked: String,
    /// Why it was refused; `None` where keys were given.
    pub refused: Option<String>,
}

/// Lines that are kept: refusals, and the latest grants.
const LOG_LINES: usize = 1000;

/// Public keys of the inputs of one mini-batch, or of all.
#[derive(Clone, Debug)]
pub struct InputKeys {
    pub forward: feip::PublicKey,
    pub backward: feip::PublicKey,
}

impl InputKeys {
    /// What tells these keys from others.
    pub fn fingerprints(&self) -> [Tie; 2] {
        [self.forward.fingerprint(), self.backward.fingerprint()]
    }
}

/// What clients need to encrypt.
#[derive(Clone, Debug)]
pub struct PublicKeys {
    /// One pair for all mini-batches, or one for each.
    pub inputs: Vec<InputKeys>,
    pub labels: febo::PublicKey,
}

impl PublicKeys {
    /// The keys of a mini-batch.
    pub fn of_batch(&self, batch: usize) -> Option<&InputKeys> {
        of_batch(&self.inputs, batch)
    }
}

/// Of what there is once for all mini-batches or once for each, that of `batch`.
pub(crate) fn of_batch<T>(all: &[T], batch: usize) -> Option<&T> {
    all.get(if all.len() == 1 { 0 } else { batch })
}

/// Rows that were granted of one kind.
#[derive(Debug, Default)]
struct Rows(HashSet<Tie>);

impl Rows {
    /// Counts the rows, unless there would be too many.
    fn count(
        &mut self,
        pass: &'static str,
        rows: &[Vec<i32>],
        policy: &Policy,
    ) -> Result<(), PolicyError> {
        let max = policy.max_weight;
        for (row, weights) in rows.iter().enumerate() {
            if let Some(&value) = weights.iter().find(|w| w.unsigned_abs() > max.unsigned_abs()) {
                return Err(PolicyError::Weight { pass, row, value, max });
            }
        }
        let Some(max) = policy.max_rows else { return Ok(()) };
        let digest =
            |row: &Vec<i32>| tie(&row.iter().flat_map(|w| w.to_le_bytes()).collect::<Vec<u8>>());
        let telling = rows.iter().filter(|row| row.iter().any(|&w| w != 0));
        let new: HashSet<Tie> =
            telling.map(digest).filter(|digest| !self.0.contains(digest)).collect();
        let all = self.0.len() + new.len();
        if all > max {
            return Err(PolicyError::Rows { pass, rows: all, max });
        }
        self.0.extend(new);
        Ok(())
    }
}

/// Master keys behind one pair of public keys, and the rows that keys were given for.
#[derive(Debug)]
struct Masters {
    forward: feip::MasterKey,
    backward: feip::MasterKey,
    forward_rows: Rows,
    backward_rows: Rows,
}

/// The authority. It has the master keys, and no place for what they open: encrypted mini-batches go from
/// clients to the server, and the authority answers requests for keys alone.
///
/// ```compile_fail,E0308
/// use cryptoscope_training::{Authority, EncryptedBatch};
/// fn leak(authority: &mut Authority, batch: &EncryptedBatch) {
///     let _ = authority.answer(batch);
/// }
/// ```
#[derive(Debug)]
pub struct Authority {
    inputs: Vec<Masters>,
    labels: febo::MasterKey,
    policy: Policy,
    /// Number of the latest request.
    latest: Option<u64>,
    log: Vec<LogLine>,
}

impl Authority {
    /// Keys for vectors of these lengths in forward and backward pass, of so many mini-batches.
    ///
    /// # Errors
    /// When a length is impossible, or `cancel` is set.
    pub fn new(
        seed: &Seed,
        (forward_len, backward_len): (usize, usize),
        batches: usize,
        policy: Policy,
        cancel: &Cancel,
    ) -> Result<(Self, PublicKeys), CryptonnError> {
        let (mut masters, mut inputs) = (Vec::new(), Vec::new());
        for pair in 0..policy.key_pairs(batches) as u64 {
            cancel.check()?;
            let generate = |pass, len| feip::MasterKey::generate(&seed.derive(pass, pair), len);
            let (forward, forward_key) = generate("forward", forward_len)?;
            let (backward, backward_key) = generate("backward", backward_len)?;
            let (forward_rows, backward_rows) = (Rows::default(), Rows::default());
            masters.push(Masters { forward, backward, forward_rows, backward_rows });
            inputs.push(InputKeys { forward: forward_key, backward: backward_key });
        }
        let (labels, labels_key) = febo::MasterKey::generate(&seed.derive("labels", 0));
        let authority = Self { inputs: masters, labels, policy, latest: None, log: Vec::new() };
        Ok((authority, PublicKeys { inputs, labels: labels_key }))
    }

    /// Counts rows that keys were given for before, of the forward and of the backward pass of each
    /// mini-batch: a training that goes on under new keys has no more equations than one that was never
    /// interrupted.
    pub fn count_before(&mut self, rows: &[[Vec<Tie>; 2]]) {
        for (masters, [forward, backward]) in self.inputs.iter_mut().zip(rows) {
            masters.forward_rows.0.extend(forward);
            masters.backward_rows.0.extend(backward);
        }
    }

    /// Digests of the rows that keys were given for, as [`Authority::count_before`] takes them; empty
    /// without a limit.
    pub fn rows_given(&self) -> Vec<[Vec<Tie>; 2]> {
        if self.policy.max_rows.is_none() {
            return Vec::new();
        }
        let sorted = |rows: &Rows| {
            let mut ties: Vec<Tie> = rows.0.iter().copied().collect();
            ties.sort_unstable();
            ties
        };
        self.inputs.iter().map(|m| [sorted(&m.forward_rows), sorted(&m.backward_rows)]).collect()
    }

    /// Answers a request of the server, and logs it.
    ///
    /// # Errors
    /// When the message is malformed or was here before, or the policy does not allow it.
    pub fn answer(&mut self, bytes: &[u8]) -> Result<Vec<u8>, CryptonnError> {
        let request = KeyRequest::from_bytes(bytes)?;
        let number = request.number;
        if self.latest.is_some_and(|latest| number <= latest) {
            return Err(MessageError::Replayed { what: "key request", number }.into());
        }
        self.latest = Some(number);
        let granted = self.grant(request.batch, &request.asked);
        self.note(&request, granted.as_ref().err().map(ToString::to_string));
        Ok(KeyGrant { number, tie: tie(bytes), granted: granted? }.to_bytes())
    }

    fn grant(&mut self, batch: usize, asked: &Asked) -> Result<Granted, CryptonnError> {
        let (policy, pairs) = (self.policy, self.inputs.len());
        let missing = || MessageError::Unexpected {
            what: "key request",
            found: format!("mini-batch {batch}"),
            wanted: format!("one of {pairs}"),
        };
        let at = if pairs == 1 { 0 } else { batch };
        let masters = self.inputs.get_mut(at).ok_or_else(missing)?;
        match asked {
            Asked::Products(asked) => {
                masters.forward_rows.count("forward", asked, &policy)?;
                Ok(Granted::Rows(masters.forward.derive(asked)?))
            }
            Asked::Gradients(asked) => {
                masters.backward_rows.count("backward", asked, &policy)?;
                Ok(Granted::Rows(masters.backward.derive(asked)?))
            }
            Asked::Differences(asked) => {
                let (commitments, operands): (Vec<_>, Vec<_>) = asked.iter().copied().unzip();
                let keys = self.labels.derive(Operation::Subtract, &commitments, &operands)?;
                Ok(Granted::Differences(keys))
            }
        }
    }

    fn note(&mut self, request: &KeyRequest, refused: Option<String>) {
        let asked = match &request.asked {
            Asked::Products(rows) => format!("{} rows of the forward pass", rows.len()),
            Asked::Gradients(rows) => format!("{} rows of the backward pass", rows.len()),
            Asked::Differences(asked) => format!("{} differences to labels", asked.len()),
        };
        if self.log.len() == LOG_LINES {
            let oldest = self.log.iter().position(|line| line.refused.is_none());
            self.log.remove(oldest.unwrap_or(0));
        }
        self.log.push(LogLine { number: request.number, asked, refused });
    }

    /// What was asked for, and refused.
    pub fn log(&self) -> &[LogLine] {
        &self.log
    }
}
