//! The secure part of a step on ciphertexts: clients, authority and server at work.

use super::authority::{Authority, InputKeys, LogLine, Policy};
use super::clients::Clients;
use super::message::Tie;
use super::server::{Dimensions, Pending, Server};
use crate::batches::Batches;
use crate::error::CryptonnError;
use crate::figures::{DlogRange, PhaseSecs, Traffic};
use crate::steps::SecureSteps;
use functional::group::{DlogTable, ELEMENT_BYTES};
use progress::Cancel;
use ring::Seed;
use scenario::TrainingRequest;
use std::time::Instant;

/// Memory of a decoded element, bytes.
const DECODED_BYTES: usize = 120;

/// Most memory for decoded mini-batches that are kept between epochs, bytes.
const KEPT_BYTES: usize = 1 << 30;

/// The three roles, in one process; everything between them passes as bytes.
#[derive(Debug)]
pub struct EncryptedSteps<'a> {
    authority: Authority,
    clients: Clients<'a>,
    server: Server,
    dimensions: Dimensions,
    /// Whether the server keeps mini-batches; otherwise the clients send them again in each epoch.
    keeps: bool,
    /// The mini-batch of the current step.
    current: Option<usize>,
    phases: PhaseSecs,
    /// The part of `phases` before the first step.
    setup: PhaseSecs,
    pub traffic: Traffic,
}

/// Adds what passed since `start` to `secs`.
fn add(secs: &mut f64, start: Instant) {
    *secs += start.elapsed().as_secs_f64();
}

impl<'a> EncryptedSteps<'a> {
    /// Makes keys and tables. `seed` is the source of all randomness of the roles; a training that goes
    /// on must take another than before, as the clients encrypt anew. `cancel` stops whatever is at
    /// work within a few milliseconds.
    ///
    /// # Errors
    /// When dimensions are impossible, or the work is stopped.
    pub fn new(
        batches: &'a Batches,
        choice: &TrainingRequest,
        seed: &Seed,
        cancel: &Cancel,
    ) -> Result<Self, CryptonnError> {
        let mut phases = PhaseSecs::default();
        let start = Instant::now();
        let forward_len = batches.encoding().vector_len;
        let dimensions = Dimensions {
            forward_len,
            backward_len: batches.backward_len(),
            windows: batches.windows(),
            classes: batches.classes(),
            max_input: batches.max_input(),
            max_label: choice.output_scale() as i32,
        };
        let secret = seed.derive("authority", 0);
        let lengths = (forward_len, dimensions.backward_len);
        let policy = Policy::of(choice);
        let (authority, keys) = Authority::new(&secret, lengths, batches.count(), policy, cancel)?;
        let ties: Vec<[Tie; 2]> = keys.inputs.iter().map(InputKeys::fingerprints).collect();
        let pairs = ties.len();
        let clients = Clients::new(batches, keys, seed.derive("clients", 0), cancel.clone())?;
        add(&mut phases.encryption, start);
        let start = Instant::now();
        let server = Server::new(dimensions, ties, table_bits(&dimensions, choice), cancel.clone());
        add(&mut phases.discrete_logs, start);
        let vectors = batches.samples() * dimensions.windows;
        let elements = vectors * (forward_len + 1) + vectors * forward_len;
        let public = (pairs * (forward_len + dimensions.backward_len) + 1) * ELEMENT_BYTES;
        Ok(Self {
            authority,
            clients,
            server,
            dimensions,
            keeps: elements * DECODED_BYTES <= KEPT_BYTES,
            current: None,
            setup: phases,
            phases,
            traffic: Traffic { key_bytes: public as u64, ..Traffic::default() },
        })
    }

    /// The range of the discrete logarithms so far.
    pub fn dlog_range(&self) -> DlogRange {
        self.server.dlog_range()
    }

    /// Seconds of each phase when all steps took `step_secs`; what is in no other phase was in the
    /// clear.
    pub fn phases_of(&self, step_secs: f64) -> PhaseSecs {
        let phases = self.phases;
        let total = |p: &PhaseSecs| p.encryption + p.keys + p.inner_products + p.discrete_logs;
        let secure = total(&phases) - total(&self.setup);
        PhaseSecs { plaintext: (step_secs - secure).max(0.0), ..phases }
    }

    /// Of `step_secs` what server and authority took.
    pub fn server_secs(&self, step_secs: f64) -> f64 {
        step_secs - (self.phases.encryption - self.setup.encryption)
    }

    /// Counts rows that keys were given for before this training went on.
    pub fn count_before(&mut self, rows: &[[Vec<Tie>; 2]]) {
        self.authority.count_before(rows);
    }

    /// Digests of the rows that keys were given for, where the authority counts them.
    pub fn rows_given(&self) -> Vec<[Vec<Tie>; 2]> {
        self.authority.rows_given()
    }

    /// The authority's log.
    pub fn log(&self) -> &[LogLine] {
        self.authority.log()
    }

    /// Has the mini-batch at the server.
    fn provide(&mut self, batch: usize) -> Result<(), CryptonnError> {
        if self.current != Some(batch)
            && let Some(last) = self.current.replace(batch).filter(|_| !self.keeps)
        {
            self.server.release(last);
        }
        if self.server.has(batch) {
            return Ok(());
        }
        let start = Instant::now();
        let message = self.clients.send(batch)?;
        add(&mut self.phases.encryption, start);
        self.traffic.ciphertext_bytes += message.len() as u64;
        let start = Instant::now();
        self.server.receive(batch, &message)?;
        add(&mut self.phases.inner_products, start);
        Ok(())
    }

    fn keys(&mut self, pending: &Pending) -> Result<Vec<u8>, CryptonnError> {
        let start = Instant::now();
        let grant = self.authority.answer(&pending.bytes)?;
        add(&mut self.phases.keys, start);
        self.traffic.key_requests += 1;
        self.traffic.key_bytes += (pending.bytes.len() + grant.len()) as u64;
        Ok(grant)
    }
}

/// The size of the table of logarithms: from the largest magnitude that rows of the policy can give.
fn table_bits(dimensions: &Dimensions, choice: &TrainingRequest) -> u32 {
    let of = |len: usize, weight: i32| {
        len as u64
            * u64::from(dimensions.max_input.unsigned_abs())
            * u64::from(weight.unsigned_abs())
    };
    let forward = of(dimensions.forward_len, choice.max_weight);
    let backward = of(dimensions.backward_len, choice.delta_levels);
    DlogTable::bits_for(forward.max(backward))
}

impl SecureSteps for EncryptedSteps<'_> {
    fn products(&mut self, batch: usize, rows: &[Vec<i32>]) -> Result<Vec<i64>, CryptonnError> {
        self.provide(batch)?;
        let pending = self.server.ask_products(batch, rows);
        let grant = self.keys(&pending)?;
        let start = Instant::now();
        let products = self.server.products(batch, rows, &pending, &grant)?;
        add(&mut self.phases.inner_products, start);
        let start = Instant::now();
        let values = self.server.logarithms(&products, rows)?;
        add(&mut self.phases.discrete_logs, start);
        Ok(values)
    }

    fn differences(&mut self, batch: usize, outputs: &[i64]) -> Result<Vec<i64>, CryptonnError> {
        self.provide(batch)?;
        let pending = self.server.ask_differences(batch, outputs)?;
        let grant = self.keys(&pending)?;
        let start = Instant::now();
        let values = self.server.differences(batch, outputs, &pending, &grant)?;
        add(&mut self.phases.discrete_logs, start);
        Ok(values)
    }

    fn gradients(&mut self, batch: usize, deltas: &[Vec<i32>]) -> Result<Vec<i64>, CryptonnError> {
        self.provide(batch)?;
        let len = self.dimensions.backward_len;
        let vectors = self.server.samples(batch) * self.dimensions.windows;
        let part = |row: &Vec<i32>, first: usize| {
            let mut part: Vec<i32> = row.iter().skip(first).take(len).copied().collect();
            part.resize(len, 0);
            part
        };
        let firsts = (0..vectors).step_by(len.max(1));
        let rows: Vec<Vec<i32>> =
            firsts.flat_map(|first| deltas.iter().map(move |row| part(row, first))).collect();
        let pending = self.server.ask_gradients(batch, &rows);
        let grant = self.keys(&pending)?;
        let start = Instant::now();
        let products = self.server.gradients(batch, &rows, &pending, &grant)?;
        add(&mut self.phases.inner_products, start);
        let start = Instant::now();
        let width = self.dimensions.forward_len;
        let mut sums = vec![0; deltas.len() * width];
        for (part, rows) in products.iter().zip(rows.chunks(deltas.len().max(1))) {
            // `[position][unit]`
            let values = self.server.logarithms(part, rows)?;
            for (position, values) in values.chunks(deltas.len().max(1)).enumerate() {
                for (unit, value) in values.iter().enumerate() {
                    if let Some(sum) = sums.get_mut(unit * width + position) {
                        *sum += value;
                    }
                }
            }
        }
        add(&mut self.phases.discrete_logs, start);
        Ok(sums)
    }
}
