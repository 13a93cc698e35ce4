//! The server of lookup tables: owns the model and computes on what it cannot read.

use super::program::{ServedSums, ServedTables};
use super::scheme::TableWork;
use super::together::{key_switched, read};
use progress::Watch;
use rayon::prelude::*;
use scheme::tfhe::{
    LweList, PackedLwes, SeededLwes, ServerKeys, Switched, TfheError, TfheParameters,
};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use wire::Malformed;

/// Evaluates samples with the evaluation keys. It has no place for a secret key.
pub struct TableServer<'a> {
    parameters: &'a TfheParameters,
    program: &'a ServedTables,
    keys: &'a ServerKeys,
}

/// Ciphertexts of one layer, to be measured by the client.
#[derive(Debug)]
pub struct TableTap {
    /// Sums as they were made.
    pub sums: LweList,
    /// The same after the key switch; `None` where there is none.
    pub key_switched: Option<LweList>,
    /// The same modulo 2N.
    pub switched: Vec<Switched>,
    /// What the table gave: function after function.
    pub outputs: LweList,
}

/// What a server gives back.
#[derive(Debug)]
pub struct TableAnswer {
    pub scores: PackedLwes,
    /// For analysis only; not part of the answer.
    pub inputs: Option<LweList>,
    pub taps: Vec<TableTap>,
    /// Wall seconds of the sums, the key switches and the readings of each layer.
    pub layer_secs: Vec<[f64; 3]>,
}

impl<'a> TableServer<'a> {
    /// A server with the keys that the client gave it.
    pub fn new(
        parameters: &'a TfheParameters,
        program: &'a ServedTables,
        keys: &'a ServerKeys,
    ) -> Self {
        Self { parameters, program, keys }
    }

    /// Evaluates a sample. `measure` asks for taps; `done` is told how many readings are done each time.
    ///
    /// # Errors
    /// When it is no sample of this network, or the work is stopped.
    pub fn evaluate(
        &self,
        sent: &SeededLwes,
        measure: bool,
        watch: &Watch,
        done: &(dyn Fn(usize) + Sync),
    ) -> Result<TableAnswer, TfheError> {
        let parameters = self.parameters;
        let mut started = Instant::now();
        let expected = self.program.inputs;
        if sent.len() != expected {
            let reason = format!("{} ciphertexts where a sample has {expected}", sent.len());
            return Err(Malformed::new("encrypted inputs", reason).into());
        }
        let mut values = sent.expand(parameters);
        let inputs = measure.then(|| values.clone());
        let (mut taps, mut layer_secs) = (Vec::new(), Vec::new());
        for (layer, program) in self.program.layers.iter().zip(&self.program.program.sums) {
            watch.check()?;
            let sums = weighted_sums(layer, &values, &program.constants)?;
            let sum_secs = started.elapsed().as_secs_f64();
            let Some(reading) = &program.reading else {
                values = sums;
                layer_secs.push([sum_secs, 0.0, 0.0]);
                break;
            };
            started = Instant::now();
            let key_switched = self.down(&sums)?;
            let switch_secs = started.elapsed().as_secs_f64();
            watch.check()?;
            started = Instant::now();
            let small = key_switched.as_ref().unwrap_or(&sums);
            let switched: Vec<Switched> = small
                .iter()
                .map(|c| Switched::new(parameters, c, reading.polynomial.merged()))
                .collect();
            let table = (&reading.polynomial, reading.functions);
            values = read(parameters, self.keys, &switched, table, watch, done)?;
            layer_secs.push([sum_secs, switch_secs, started.elapsed().as_secs_f64()]);
            if measure {
                taps.push(TableTap { sums, key_switched, switched, outputs: values.clone() });
            }
            started = Instant::now();
        }
        let scores = PackedLwes::new(&values, self.program.program.output_bits);
        Ok(TableAnswer { scores, inputs, taps, layer_secs })
    }

    /// Sums under the GLWE key taken to the LWE key; `None` where they already are.
    fn down(&self, sums: &LweList) -> Result<Option<LweList>, TfheError> {
        let dimension = self.parameters.lwe_dimension;
        if sums.dimension() == dimension {
            return Ok(None);
        }
        let rows: Vec<&[u32]> = sums.iter().collect();
        key_switched(self.parameters, self.keys, &rows).map(Some)
    }
}

impl TableWork for ServedTables {
    fn evaluate(
        &self,
        parameters: &TfheParameters,
        keys: &ServerKeys,
        sent: &SeededLwes,
        watch: &Watch,
        fraction: &(dyn Fn(f64) + Sync),
    ) -> Result<PackedLwes, TfheError> {
        let lookups = self.program.sums.iter().filter(|s| s.reading.is_some());
        let all: usize = lookups.map(|s| s.constants.len()).sum();
        let done = AtomicUsize::new(0);
        let count = |n: usize| {
            let done = done.fetch_add(n, Ordering::Relaxed) + n;
            fraction(done as f64 / all.max(1) as f64);
        };
        let server = TableServer::new(parameters, self, keys);
        Ok(server.evaluate(sent, false, watch, &count)?.scores)
    }
}

fn weighted_sums(
    linear: &ServedSums,
    values: &LweList,
    constants: &[u32],
) -> Result<LweList, TfheError> {
    let size = values.dimension() + 1;
    let rows: Vec<usize> = (0..linear.rows()).collect();
    let sums = rows.into_par_iter().map(|row| {
        let mut out = vec![0; size];
        let terms = linear.row(row).iter().map(|t| (t.index, t.weight));
        values.weighted_sum(terms, constants.get(row).copied().unwrap_or(0), &mut out)?;
        Ok::<_, TfheError>(out)
    });
    let rows: Vec<Vec<u32>> = sums.collect::<Result<_, _>>()?;
    Ok(LweList::from_rows(values.dimension(), &rows))
}
