//! Arithmetic in `Z_q[X]/(X^N + 1)` by residues: moduli, number-theoretic transforms, bases,
//! sampling, and word-wise programs with their kernels. Knows no scheme.

#![deny(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod basis;
mod bound_seed;
#[cfg(test)]
mod extremes;
#[cfg_attr(
    target_arch = "x86_64",
    expect(unsafe_code, reason = "instruction sets are called and wide registers loaded here")
)]
pub mod kernels;
mod layout;
mod linear;
mod mixed_radix;
mod modulus;
mod ntt;
mod packing;
mod panels;
#[cfg(target_arch = "x86_64")]
mod plane_map;
mod poly;
mod prime;
mod program;
mod real;
mod row;
mod sampling;
#[cfg(target_arch = "x86_64")]
mod signed_map;
mod words;

pub use basis::Basis;
pub use kernels::Kernel;
pub use layout::PolyLayout;
pub use linear::{LinearMap, LinearScratch};
pub use mixed_radix::{MixedRadix, Onto};
pub use modulus::{MAX_MODULUS_BITS, Modulus};
pub use ntt::Ntt;
pub use packing::{pack_words, packed_len, unpack_words};
pub use panels::{PANEL, PanelMut, Panels};
pub use poly::RnsPoly;
pub use prime::{is_prime, ntt_primes};
pub use program::{Probe, RowsMut, Source, WordOp, WordProgram};
pub use real::{RealBasis, RealNtt, rotation_permutation};
pub use row::Row;
pub use sampling::{Blocks, ERROR_VARIANCE, Seed, SeedStream};
