//! What BGV and CKKS have in common: secrets, masks from seeds, ciphertexts whose messages are multiplied
//! by something (a factor modulo t, or a scale), and word-wise segments.

use crate::head::{Kind, MAX_COUNT};
use progress::{Cancel, Cancelled};
use rayon::prelude::*;
use ring::{Kernel, Modulus, Panels, Probe, RnsPoly, RowsMut, Seed, Source, WordOp, WordProgram};
use std::marker::PhantomData;
use wire::Malformed;
use zeroize::Zeroize;

/// Parameters of such a scheme.
pub trait RlweParameters {
    fn degree(&self) -> usize;
    fn kernel(&self) -> Kernel;
    /// Prime number `j`.
    fn modulus(&self, j: usize) -> Modulus;
    /// Small coefficients by evaluations at every prime, special ones included.
    fn lift(&self, coefficients: &[i64]) -> RnsPoly;
}

/// The secret: uniform ternary coefficients. Only the client has it; wiped when dropped.
pub struct SecretKey<P> {
    /// `s` by evaluations at every prime, special ones included.
    pub(crate) s: RnsPoly,
    /// `-s`.
    pub(crate) negated: RnsPoly,
    of: PhantomData<fn(&P)>,
}

impl<P> std::fmt::Debug for SecretKey<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

impl<P> Drop for SecretKey<P> {
    fn drop(&mut self) {
        self.s.zeroize();
        self.negated.zeroize();
    }
}

impl<P: RlweParameters> SecretKey<P> {
    /// A secret drawn from `seed`, which must be as secret as the key.
    pub(crate) fn drawn(parameters: &P, seed: &Seed) -> Self {
        let mut coefficients = vec![0i64; parameters.degree()];
        seed.stream(0).ternary(&mut coefficients);
        let s = parameters.lift(&coefficients);
        coefficients.iter_mut().for_each(|c| *c = -*c);
        let negated = parameters.lift(&coefficients);
        coefficients.zeroize();
        Self { s, negated, of: PhantomData }
    }
}

/// Mask number `index`: uniform residues for the first `primes` primes, from the public `seed`.
pub(crate) fn mask<P: RlweParameters>(
    parameters: &P,
    seed: &Seed,
    index: u64,
    primes: usize,
) -> RnsPoly {
    let mut poly = RnsPoly::zero(parameters.degree(), primes);
    for (j, row) in poly.rows_mut().enumerate() {
        mask_row(parameters, seed, index, j, row);
    }
    poly
}

/// One prime of mask number `index`. Each prime has its own stream, so that a server can work prime
/// by prime and never holds all masks.
pub(crate) fn mask_row<P: RlweParameters>(
    parameters: &P,
    seed: &Seed,
    index: u64,
    j: usize,
    row: &mut [u64],
) {
    seed.uniform(parameters.kernel(), parameters.modulus(j), mask_stream(index, j), 0, row);
}

/// The stream of prime `j` of mask number `index`.
fn mask_stream(index: u64, j: usize) -> u64 {
    (index << 8) | j as u64
}

/// Freshly encrypted vectors: each is a body and a mask, which is sent as a seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreshBatch<M> {
    /// First components by evaluations.
    pub(crate) bodies: Panels,
    /// The masks come from this seed.
    pub(crate) seed: Seed,
    pub(crate) scale: M,
}

impl<M: Clone> FreshBatch<M> {
    /// Number of ciphertexts.
    pub fn len(&self) -> usize {
        self.bodies.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.bodies.is_empty()
    }

    /// Number of primes.
    pub fn level(&self) -> usize {
        self.bodies.primes()
    }

    /// The parts that are sent one after the other, to be put together again by [`FreshBatch::append`].
    pub fn into_parts(self) -> impl Iterator<Item = Self> {
        let Self { bodies, seed, scale } = self;
        bodies.pieces().map(move |bodies| Self { bodies, seed: seed.clone(), scale: scale.clone() })
    }

    /// Puts the next part of the batch behind these ciphertexts.
    ///
    /// # Errors
    /// When it is of another batch, or these end where no part does.
    pub fn append(&mut self, part: Self) -> Result<(), Malformed>
    where
        M: PartialEq,
    {
        let fits = (&self.seed, &self.scale) == (&part.seed, &part.scale)
            && self.len() + part.len() <= MAX_COUNT;
        let appended = if fits { self.bodies.append(part.bodies) } else { Err(part.bodies) };
        let what = Kind::Fresh.name();
        appended.map_err(|_| Malformed::new(what, "a part of another batch, or out of order"))
    }

    /// Ciphertext number `index` with its mask written out.
    pub fn ciphertext<P: RlweParameters>(
        &self,
        parameters: &P,
        index: usize,
    ) -> Option<Ciphertext<M>> {
        let body = self.bodies.poly(index)?;
        let mask = mask(parameters, &self.seed, index as u64, self.level());
        Some(Ciphertext { components: vec![body, mask], scale: self.scale.clone() })
    }
}

/// A ciphertext of two or three components at some level: its phase `c0 + c1 s + c2 s^2` is the message
/// times `scale`, plus an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ciphertext<M> {
    /// Components by evaluations, all with the same primes.
    pub(crate) components: Vec<RnsPoly>,
    pub(crate) scale: M,
}

impl<M> Ciphertext<M> {
    /// Number of polynomials.
    pub fn components(&self) -> usize {
        self.components.len()
    }

    /// Number of primes left.
    pub fn level(&self) -> usize {
        self.components.first().map_or(0, RnsPoly::primes)
    }

    /// The first polynomial modulo the first prime, by evaluations: the words that are sent.
    pub fn first_words(&self) -> &[u64] {
        self.components.first().filter(|poly| poly.primes() > 0).map_or(&[], |poly| poly.row(0))
    }
}

/// What a segment works on.
pub enum SegmentInput<'a, M> {
    Fresh(&'a FreshBatch<M>),
    /// Of one number of components, level and scale.
    Computed(&'a [Ciphertext<M>]),
}

impl<M: Clone> SegmentInput<'_, M> {
    /// Number of ciphertexts.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Fresh(batch) => batch.len(),
            Self::Computed(all) => all.len(),
        }
    }

    /// Number of components of each.
    pub(crate) fn components(&self) -> usize {
        match self {
            Self::Fresh(_) => 2,
            Self::Computed(all) => all.first().map_or(2, Ciphertext::components),
        }
    }

    /// Number of primes of each.
    pub fn level(&self) -> usize {
        match self {
            Self::Fresh(batch) => batch.level(),
            Self::Computed(all) => all.first().map_or(0, Ciphertext::level),
        }
    }

    /// What their messages are multiplied by.
    pub(crate) fn scale(&self) -> Option<&M> {
        match self {
            Self::Fresh(batch) => Some(&batch.scale),
            Self::Computed(all) => all.first().map(|c| &c.scale),
        }
    }

    /// Residues at prime `j`, component after component. Masks of fresh ciphertexts come from their seed.
    fn sources(&self, j: usize) -> Vec<Source<'_>> {
        match self {
            Self::Fresh(batch) => {
                let streams = (0..batch.len()).map(|index| mask_stream(index as u64, j)).collect();
                vec![
                    Source::Panels { panels: &batch.bodies, j },
                    Source::Uniform { seed: &batch.seed, streams },
                ]
            }
            Self::Computed(all) => {
                let components = all.first().map_or(0, Ciphertext::components);
                let of = |p: usize| all.iter().map(|c| c.components[p].row(j)).collect();
                (0..components).map(|p| Source::Rows(of(p))).collect()
            }
        }
    }
}

/// What a segment gives.
#[derive(Debug)]
pub struct SegmentOutput<M> {
    pub ciphertexts: Vec<Ciphertext<M>>,
    /// Copies of the values that were tapped, in the order of the probes.
    pub probes: Vec<Ciphertext<M>>,
    /// Seconds spent in each operation, summed over threads.
    pub op_secs: Vec<f64>,
}

/// Operations between two key switches, as words.
pub(crate) struct Words<'a, M, O> {
    /// The operations modulo a prime.
    pub ops: O,
    /// What messages are multiplied by before the first operation, and after each.
    pub scales: &'a [M],
    pub probes: &'a [Probe],
    pub cancel: &'a Cancel,
    /// Told after each tile.
    pub tile_done: &'a (dyn Fn() + Sync),
}

impl<M: Clone + Send + Sync, O: Fn(Modulus) -> Vec<WordOp>> Words<'_, M, O> {
    /// Runs them prime by prime, tiles in parallel; `None` where they or the probes do not fit the inputs.
    pub fn run<P: RlweParameters>(
        &self,
        parameters: &P,
        input: &SegmentInput<M>,
    ) -> Result<Option<SegmentOutput<M>>, Cancelled> {
        let (degree, level) = (parameters.degree(), input.level());
        let program = |q| WordProgram::new(input.len(), input.components(), (self.ops)(q));
        let Some(first) = program(parameters.modulus(0)) else { return Ok(None) };
        let [before, after @ ..] = self.scales else { return Ok(None) };
        let fits = |p: &Probe| p.op < after.len() && p.index < first.size_after(p.op).0;
        if !self.probes.iter().all(fits) {
            return Ok(None);
        }
        let zero = |components: usize, scale: &M| Ciphertext {
            components: vec![RnsPoly::zero(degree, level); components],
            scale: scale.clone(),
        };
        let ((values, components), last) = (first.output(), after.last().unwrap_or(before));
        let mut ciphertexts: Vec<_> =
            (0..values).into_par_iter().map(|_| zero(components, last)).collect();
        let tapped = self.probes.iter().map(|p| zero(first.size_after(p.op).1, &after[p.op]));
        let mut tapped: Vec<_> = tapped.collect();
        let mut op_secs = vec![0.0; after.len()];
        for j in 0..level {
            let q = parameters.modulus(j);
            let Some(program) = program(q) else { return Ok(None) };
            let secs = program.run(
                parameters.kernel(),
                q,
                degree,
                &input.sources(j),
                rows_mut(&mut ciphertexts, j),
                self.probes,
                rows_mut(&mut tapped, j),
                self.cancel,
                self.tile_done,
            )?;
            op_secs.iter_mut().zip(secs).for_each(|(sum, secs)| *sum += secs);
        }
        Ok(Some(SegmentOutput { ciphertexts, probes: tapped, op_secs }))
    }
}

fn rows_mut<M>(ciphertexts: &mut [Ciphertext<M>], j: usize) -> RowsMut<'_> {
    ciphertexts
        .iter_mut()
        .map(|c| c.components.iter_mut().map(|p| p.row_mut(j)).collect())
        .collect()
}
