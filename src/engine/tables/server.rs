//! A sample through sums and lookup tables, on what the server cannot read.

use super::program::{ServedSums, ServedTables};
use super::scheme::{TableProbe, TableWork, Tables};
use super::together::{key_switched, read};
use crate::scheme::{Evaluated, Evaluation, Probed};
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
    probes: Vec<Probed<TableProbe>>,
}

impl Stages {
    /// The stage that goes on shows these ciphertexts.
    fn show(&mut self, ciphertexts: impl Iterator<Item = TableProbe>) {
        if self.measure {
            let stage = self.secs.len();
            let probe = |(index, ciphertext)| Probed { stage, index, ciphertext };
            self.probes.extend(ciphertexts.enumerate().map(probe));
        }
    }

    fn show_list(&mut self, list: &LweList) {
        self.show(list.iter().map(|c| TableProbe::Lwe(c.to_vec())));
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
        let lookups = self.program.sums.iter().filter(|s| s.lookup.is_some());
        let all: usize = lookups.map(|s| s.constants.len()).sum();
        let done = AtomicUsize::new(0);
        let count = |n: usize| {
            let done = done.fetch_add(n, Ordering::Relaxed) + n;
            fraction(done as f64 / all.max(1) as f64);
        };
        let mut stages =
            Stages { measure, started: Instant::now(), secs: Vec::new(), probes: Vec::new() };
        let mut values = sent.expand(parameters);
        stages.show_list(&values);
        // Expanding them is counted with the first sums.
        stages.secs.push(0.0);
        for (layer, program) in self.layers.iter().zip(&self.program.sums) {
            watch.check()?;
            let sums = weighted_sums(layer, &values, &program.constants)?;
            let secs = stages.elapsed();
            let Some(lookup) = &program.lookup else {
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
            let merged = lookup.polynomial.merged();
            let switched: Vec<Switched> =
                small.iter().map(|c| Switched::new(parameters, c, merged)).collect();
            let table = (&lookup.polynomial, lookup.functions);
            values = read(parameters, keys, &switched, table, watch, &count)?;
            let secs = stages.elapsed();
            stages.show(switched.into_iter().map(TableProbe::Switched));
            stages.show_list(&values);
            stages.over(secs);
        }
        let outputs = PackedLwes::new(&values, self.program.output_bits);
        Ok(Evaluated { outputs, probes: stages.probes, stage_secs: stages.secs })
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
