//! Squares by the library, and weighted sums, word by word on our kernels.

use super::{BfvError, BfvParameters, Ciphertext, EvaluationKeys};
use progress::Cancel;
use ring::{LinearMap, Source, WordOp, WordProgram};
use std::sync::Arc;

impl EvaluationKeys {
    /// The square of a ciphertext of two components, relinearised to two components again.
    pub fn square(&self, ciphertext: &Ciphertext) -> Result<Ciphertext, BfvError> {
        let mut square = &ciphertext.0 * &ciphertext.0;
        self.key.relinearizes(&mut square).map_err(BfvError::library("relinearisation"))?;
        Ok(Ciphertext(square))
    }
}

/// Weighted sums of the messages plus an integer each, prime by prime, tiles in parallel.
/// `tile_done` is told after each tile. Ciphertexts have two components.
pub fn linear(
    parameters: &BfvParameters,
    inputs: &[Ciphertext],
    map: &Arc<LinearMap>,
    bias: &[i128],
    cancel: &Cancel,
    tile_done: &(dyn Fn() + Sync),
) -> Result<Vec<Ciphertext>, BfvError> {
    const WHAT: &str = "weighted sums";
    let unfit = || BfvError::Library { what: WHAT, reason: "the map does not fit".into() };
    let (n, primes) = (parameters.degree(), parameters.primes());
    let mut outputs = vec![[const { Vec::new() }; 2]; map.outputs()];
    outputs.iter_mut().flatten().for_each(|component| component.resize(n * primes, 0u64));
    for j in 0..primes {
        cancel.check()?;
        let constants = bias.iter().map(|b| parameters.scaled(*b, j)).collect();
        let op = WordOp::Linear { map: Arc::clone(map), constants };
        let program = WordProgram::new(inputs.len(), 2, vec![op]).ok_or_else(unfit)?;
        let component = |component: usize| {
            let rows = inputs.iter().map(|c| c.words(component)?.get(j * n..(j + 1) * n));
            rows.collect::<Option<Vec<&[u64]>>>().map(Source::Rows)
        };
        let rows =
            [0, 1].map(component).into_iter().collect::<Option<Vec<_>>>().ok_or_else(unfit)?;
        let q = parameters.basis().modulus(j);
        let outputs = outputs
            .iter_mut()
            .map(|components| components.iter_mut().map(|p| &mut p[j * n..(j + 1) * n]).collect())
            .collect();
        let none = Vec::new();
        program.run(parameters.kernel(), q, n, &rows, outputs, &[], none, cancel, tile_done)?;
    }
    let ciphertext = |components: [Vec<u64>; 2]| {
        let polys = components.into_iter().map(|words| parameters.poly(words));
        let polys = polys.collect::<Result<Vec<_>, _>>()?;
        let made = fhe::bfv::Ciphertext::new(polys, parameters.library());
        made.map(Ciphertext).map_err(BfvError::library(WHAT))
    };
    outputs.into_iter().map(ciphertext).collect()
}
