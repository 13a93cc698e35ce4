//! Key switches and lookups of many ciphertexts on all threads, so many at a time that the keys pass
//! through the cache for several at once.

use progress::Watch;
use rayon::prelude::*;
use scheme::tfhe::{LookupPolynomial, LweList, ServerKeys, Switched, TfheError, TfheParameters};

/// Lookups that one task does side by side, at most.
const TOGETHER: usize = 16;

/// How many of `all` a task does, so that all threads end at about the same time.
fn together(all: usize) -> usize {
    let threads = rayon::current_num_threads();
    let rounds = all.div_ceil(threads * TOGETHER).max(1);
    all.div_ceil(threads * rounds).max(1)
}

/// `rows` under the GLWE key taken to the LWE key.
pub fn key_switched(
    parameters: &TfheParameters,
    keys: &ServerKeys,
    rows: &[&[u32]],
) -> Result<LweList, TfheError> {
    let parts = rows.par_chunks(together(rows.len())).map(|some| keys.key_switch(some));
    let mut all = LweList::zeros(parameters.lwe_dimension, 0);
    parts.collect::<Result<Vec<_>, _>>()?.iter().for_each(|part| all.append(part));
    Ok(all)
}

/// What the `functions` of a table give for each input: function after function. `done` is told how
/// many lookups are done each time.
pub fn read(
    parameters: &TfheParameters,
    keys: &ServerKeys,
    switched: &[Switched],
    (polynomial, functions): (&LookupPolynomial, usize),
    watch: &Watch,
    done: &(dyn Fn(usize) + Sync),
) -> Result<LweList, TfheError> {
    let chunks = switched.par_chunks(together(switched.len()));
    let parts: Vec<Vec<LweList>> = chunks
        .map(|inputs| {
            watch.check()?;
            let outputs = keys.bootstrap(inputs, polynomial, functions, watch)?;
            done(inputs.len());
            Ok::<_, TfheError>(outputs)
        })
        .collect::<Result<_, _>>()?;
    let mut all = LweList::zeros(parameters.big_dimension(), 0);
    for function in 0..functions {
        parts.iter().filter_map(|part| part.get(function)).for_each(|list| all.append(list));
    }
    Ok(all)
}
