//! Which degrees of polynomials a network could have at 128 bits of security.

use super::network::{RealLayer, RealNetwork};
use crate::scheme::ckks::CkksModuli;
use crate::scheme::security::{max_log2_qp, ring_degrees};
use serde::{Deserialize, Serialize};

/// Highest degree that is looked at.
const MAX_DEGREE: usize = 63;

/// What polynomials of one degree in the place of every activation would need.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DegreeChoice {
    pub degree: usize,
    /// Levels of all activations together.
    pub levels: usize,
    /// Bits of all primes of the ciphertext modulus.
    pub log2_q: f64,
    /// The smallest ring degree that carries them at 128 bits; `None` where there is none.
    pub ring_degree: Option<usize>,
}

/// Degrees 1 to 63 for `network` with scales of `scale_bits` bits above a base modulus of these
/// primes. Degree 2 takes one level by completing the square, other degrees d
/// `ceil(log2(d + 1))`; special primes as the fastest key switch that is secure has them.
pub(super) fn degrees(
    network: &RealNetwork,
    scale_bits: u32,
    base: &[u32],
    max_ring_degree: usize,
) -> Vec<DegreeChoice> {
    let activations =
        network.layers().iter().filter(|l| !matches!(l, RealLayer::Linear { .. })).count();
    let chain = |levels: usize| [base, &vec![scale_bits; levels]].concat();
    let mut known: Vec<(usize, Option<usize>)> = Vec::new();
    let mut ring_degree = |levels: usize| -> Option<usize> {
        if let Some((_, found)) = known.iter().find(|(l, _)| *l == levels) {
            return *found;
        }
        let bits: u32 = chain(levels).iter().sum();
        let fits = |n: &usize| {
            *n <= max_ring_degree
                && max_log2_qp(*n).is_some_and(|most| bits <= most)
                && CkksModuli::fastest(*n, &chain(levels), scale_bits).is_some()
        };
        let found = ring_degrees().find(fits);
        known.push((levels, found));
        found
    };
    let of = |degree: usize| {
        let each = match degree {
            1 => 0,
            2 => 1,
            _ => (degree + 1).next_power_of_two().ilog2() as usize,
        };
        let levels = activations * each;
        let log2_q = f64::from(chain(levels).iter().sum::<u32>());
        DegreeChoice { degree, levels, log2_q, ring_degree: ring_degree(levels) }
    };
    (1..=MAX_DEGREE).map(of).collect()
}
