//! A sample through sums and lookup tables, on what the server cannot read.

use super::program::{ServedSums, ServedTables};
use super::scheme::{TableTap, TableWork, Tables};
use super::together::{key_switched, read};
use crate::scheme::{Evaluated, Evaluation, Tapped};
use rayon::prelude::*;
use scheme::tfhe::{
    LweList, PackedLwes, SeededLwes, ServerKeys, Switched, TfheError, TfheParameters,
};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use wire::Malformed;

/// Stages of a sample as they go by: input, then of each layer its sums, their key switch where there is
/// one, and the table.
struct Stages {
    measure: bool,
    started: Instant,
    secs: Vec<f64>,
    taps: Vec<Tapped<TableTap>>,
}

impl Stages {
    /// The stage that goes on shows these ciphertexts.
    fn show(&mut self, ciphertexts: impl Iterator<Item = TableTap>) {
        if self.measure {
            let stage = self.secs.len();
            let tap = |(index, ciphertext)| Tapped { stage, index, ciphertext };
            self.taps.extend(ciphertexts.enumerate().map(tap));
        }
    }

    fn show_list(&mut self, list: &LweList) {
        self.show(list.iter().map(|c| TableTap::Lwe(c.to_vec())));
    }

    /// It is over.
    fn over(&mut self, secs: f64) {
        self.secs.push(secs);
        self.started = Instant::now();
    }

    fn elapsed(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }
}

impl TableWork for ServedTables {
    fn evaluate(
        &self,
        parameters: &TfheParameters,
        keys: &ServerKeys,
        sent: &SeededLwes,
        following: &Evaluation,
    ) -> Result<Evaluated<Tables>, TfheError> {
        let Evaluation { measure, watch, fraction, .. } = *following;
        let expected = self.inputs;
        if sent.len() != expected {
            let reason = format!("{} ciphertexts where a sample has {expected}", sent.len());
            return Err(Malformed::new("encrypted inputs", reason).into());
        }
        let lookups = self.program.sums.iter().filter(|s| s.reading.is_some());
        let all: usize = lookups.map(|s| s.constants.len()).sum();
        let done = AtomicUsize::new(0);
        let count = |n: usize| {
            let done = done.fetch_add(n, Ordering::Relaxed) + n;
            fraction(done as f64 / all.max(1) as f64);
        };
        let mut stages =
            Stages { measure, started: Instant::now(), secs: Vec::new(), taps: Vec::new() };
        let mut values = sent.expand(parameters);
        stages.show_list(&values);
        // Expanding them is counted with the first sums.
        stages.secs.push(0.0);
        for (layer, program) in self.layers.iter().zip(&self.program.sums) {
            watch.check()?;
            let sums = weighted_sums(layer, &values, &program.constants)?;
            let secs = stages.elapsed();
            let Some(reading) = &program.reading else {
                stages.over(secs);
                values = sums;
                break;
            };
            stages.show_list(&sums);
            stages.over(secs);
            let small = match sums.dimension() == parameters.lwe_dimension {
                true => sums,
                false => {
                    let rows: Vec<&[u32]> = sums.iter().collect();
                    let small = key_switched(parameters, keys, &rows)?;
                    let secs = stages.elapsed();
                    stages.show_list(&small);
                    stages.over(secs);
                    small
                }
            };
            watch.check()?;
            let merged = reading.polynomial.merged();
            let switched: Vec<Switched> =
                small.iter().map(|c| Switched::new(parameters, c, merged)).collect();
            let table = (&reading.polynomial, reading.functions);
            values = read(parameters, keys, &switched, table, watch, &count)?;
            let secs = stages.elapsed();
            stages.show(switched.into_iter().map(TableTap::Switched));
            stages.show_list(&values);
            stages.over(secs);
        }
        let outputs = PackedLwes::new(&values, self.program.output_bits);
        Ok(Evaluated { outputs, taps: stages.taps, stage_secs: stages.secs })
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
