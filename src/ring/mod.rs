//! Arithmetic in `Z_q[X]/(X^N + 1)` by residues: moduli, number-theoretic transforms, bases,
//! sampling, and word-wise programs with their kernels. Knows no scheme.

mod basis;
#[cfg_attr(
    target_arch = "x86_64",
    expect(unsafe_code, reason = "instruction sets are called and wide registers loaded here")
)]
pub mod kernels;
mod linear;
mod modulus;
mod ntt;
mod packing;
mod poly;
mod prime;
mod program;
mod sampling;

pub use basis::Basis;
pub use kernels::Kernel;
pub use linear::{LinearMap, Row};
pub use modulus::Modulus;
pub use ntt::Ntt;
pub use packing::{pack_words, packed_len, unpack_words};
pub use poly::RnsPoly;
pub use prime::{is_prime, ntt_primes};
pub use program::{RowsMut, Tap, WordOp, WordProgram};
pub use sampling::{Blocks, ERROR_VARIANCE, Seed, SeedStream};
