//! FEIP: functional encryption of inner products.
//!
//! Abdalla, Bourse, De Caro and Pointcheval, "Simple functional encryption schemes for inner
//! products", PKC 2015, eprint 2015/017, section 4 (from DDH), in the group ristretto255 of prime
//! order p with generator G, written additively:
//!
//! * setup: `s_1, ..., s_n` uniform; public `H_i = s_i G`;
//! * encryption of x: r uniform; `C_0 = r G`, `C_i = r H_i + x_i G`;
//! * key for y: `k = <y, s> mod p`;
//! * decryption: `<x, y> G = sum_i y_i C_i - k C_0`, and a bounded discrete logarithm.
//!
//! Whoever holds keys of n linearly independent rows y solves for s and reads everything: what is
//! safe is not the scheme alone but the number of rows that the holder of s hands out.

mod ciphertext;
mod decrypt;
mod encrypt;
mod error;
mod keys;
#[cfg(test)]
mod tests;

pub use ciphertext::{CiphertextSet, Ciphertexts};
pub use decrypt::Products;
pub use encrypt::Encryptor;
pub use error::FeipError;
pub use keys::{FUNCTION_KEY_BYTES, FunctionKey, MAX_LEN, MasterKey, PublicKey};
