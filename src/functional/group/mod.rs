//! The group ristretto255 (RFC 9496) in bulk: eight elements at a time. Single operations with
//! secrets, and arithmetic modulo the order of the group, are those of `curve25519-dalek`.

/// What the schemes on this group rest on: Pollard's rho takes about `sqrt(pi 2^252 / 4)` additions.
pub const SECURITY: &str = "about 126 bits, by discrete logarithms in ristretto255";

mod codec;
mod dlog;
mod field;
mod fixed;
mod multiples;
mod point;
mod rows;
mod scalars;
#[cfg(test)]
mod tests;

pub use codec::{ELEMENT_BYTES, Encoded, IDENTITY, MalformedElement, decode, encode_doubles};
pub use dlog::{DlogTable, OutOfBound, TABLE_BITS};
pub use fixed::{Digits, Encrypting, FULL_DIGITS, FixedOctet, digits, small_digits};
pub use multiples::{each_multiple, same_multiples};
pub use point::{StoredAddend, StoredSum};
pub use rows::{MAX_WEIGHT, RowSums, Rows, differences, key_digit_bits, key_digits};
pub use scalars::{SmallSums, random_scalar, random_scalars, signed_scalar};
