//! The authority: holds the master keys and decides who gets which function.

use super::message::{Asked, Granted, KeyGrant, KeyRequest, MessageError, Tie, tie};
use super::{CryptonnError, TrainingChoice};
use crate::ring::Seed;
use crate::scheme::febo::{self, Operation};
use crate::scheme::feip::{self, FunctionKey};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// What keys are given for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Largest weight of a row.
    pub max_weight: i32,
    /// Distinct rows in all for the forward pass, and as many for the backward pass; any number when
    /// `None`. A key opens every ciphertext of its kind, so this is the number of equations about one
    /// input that the server can ever have.
    pub max_rows: Option<usize>,
}

impl Policy {
    pub fn of(choice: &TrainingChoice) -> Self {
        Self { max_weight: choice.max_weight, max_rows: choice.max_rows }
    }
}

/// Why keys are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    #[error(
        "weight {value} in row {row} of the {pass} pass; the policy allows -{max} to {max}: raise training.max_weight or lower training.weight_decimals"
    )]
    Weight { pass: &'static str, row: usize, value: i32, max: i32 },
    #[error(
        "{rows} distinct rows for the {pass} pass; the policy allows {max}: with more the server could solve for the inputs (training.max_rows)"
    )]
    Rows { pass: &'static str, rows: usize, max: usize },
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

/// What clients need to encrypt.
#[derive(Clone, Debug)]
pub struct PublicKeys {
    pub forward: feip::PublicKey,
    pub backward: feip::PublicKey,
    pub labels: febo::PublicKey,
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

/// The authority.
#[derive(Debug)]
pub struct Authority {
    forward: feip::MasterKey,
    backward: feip::MasterKey,
    labels: febo::MasterKey,
    policy: Policy,
    forward_rows: Rows,
    backward_rows: Rows,
    /// Number of the latest request.
    latest: Option<u64>,
    log: Vec<LogLine>,
}

impl Authority {
    /// Keys for vectors of these lengths in forward and backward pass.
    ///
    /// # Errors
    /// When a length is impossible.
    pub fn new(
        seed: &Seed,
        forward_len: usize,
        backward_len: usize,
        policy: Policy,
    ) -> Result<(Self, PublicKeys), CryptonnError> {
        let (forward, forward_key) =
            feip::MasterKey::generate(&seed.derive("forward", 0), forward_len)?;
        let (backward, backward_key) =
            feip::MasterKey::generate(&seed.derive("backward", 0), backward_len)?;
        let (labels, labels_key) = febo::MasterKey::generate(&seed.derive("labels", 0));
        let authority = Self {
            forward,
            backward,
            labels,
            policy,
            forward_rows: Rows::default(),
            backward_rows: Rows::default(),
            latest: None,
            log: Vec::new(),
        };
        let keys = PublicKeys { forward: forward_key, backward: backward_key, labels: labels_key };
        Ok((authority, keys))
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
        let granted = self.grant(&request.asked);
        self.note(&request, granted.as_ref().err().map(ToString::to_string));
        Ok(KeyGrant { number, tie: tie(bytes), granted: granted? }.to_bytes())
    }

    fn grant(&mut self, asked: &Asked) -> Result<Granted, CryptonnError> {
        let rows = |keys: Vec<FunctionKey>| Granted::Rows(keys);
        match asked {
            Asked::Products(asked) => {
                self.forward_rows.count("forward", asked, &self.policy)?;
                Ok(rows(self.forward.derive(asked)?))
            }
            Asked::Gradients(asked) => {
                self.backward_rows.count("backward", asked, &self.policy)?;
                Ok(rows(self.backward.derive(asked)?))
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
