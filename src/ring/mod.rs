//! Arithmetic in `Z_q[X]/(X^N + 1)` by residues: moduli, number-theoretic transforms, bases,
//! sampling, and word-wise programs with their kernels. Knows no scheme.

mod basis;
#[expect(unsafe_code, reason = "instruction sets are called and wide registers loaded here")]
pub mod kernels;
mod linear;
mod mixed_radix;
mod modulus;
mod ntt;
mod packing;
mod poly;
mod prime;
mod program;
mod real;
mod sampling;

pub use basis::Basis;
pub use kernels::Kernel;
pub use linear::{LinearMap, Row};
pub use mixed_radix::{MixedRadix, Onto};
pub use modulus::{MAX_MODULUS_BITS, Modulus};
pub use ntt::Ntt;
pub use packing::{pack_words, packed_len, unpack_words};
pub use poly::RnsPoly;
pub use prime::{is_prime, ntt_primes};
pub use program::{RowsMut, Tap, WordOp, WordProgram};
pub use real::{RealBasis, RealNtt, rotation_permutation};
pub use sampling::{Blocks, ERROR_VARIANCE, Seed, SeedStream};
