//! Decryption of the results of operations.

use super::keys::{encode_doubles, one_half, points};
use super::operation::Operation;
use super::{Ciphertext, FeboError, FunctionKey};
use crate::group::{DlogTable, Encoded, MalformedElement, decode, differences, signed_scalar};
use curve25519_dalek::RistrettoPoint;
use progress::Cancel;
use rayon::prelude::*;
use ring::Kernel;

/// The results of `operation` on the ciphertexts with the operands, each in `-bound..=bound`.
///
/// # Errors
/// When counts do not fit, an element is malformed, a key is for another operation, or a result lies
/// outside of the bound, as it does with the key of another ciphertext.
pub fn decrypt(
    operation: Operation,
    ciphertexts: &[Ciphertext],
    operands: &[i64],
    keys: &[FunctionKey],
    table: &DlogTable,
    bound: u64,
) -> Result<Vec<i64>, FeboError> {
    let wanted = ciphertexts.len();
    for (what, found) in [("operands", operands.len()), ("keys", keys.len())] {
        if found != wanted {
            return Err(FeboError::Count { what, found, wanted });
        }
    }
    if let Some(at) = keys.iter().position(|key| key.operation != operation) {
        let of = keys[at].operation;
        return Err(FeboError::Operation { at, of, wanted: operation });
    }
    let kernel = Kernel::best();
    let malformed = |what| move |reason: MalformedElement| FeboError::Malformed { what, reason };
    let bodies: Vec<Encoded> = ciphertexts.iter().map(|c| c.body).collect();
    let bodies = match operation {
        Operation::Add | Operation::Subtract => bodies,
        Operation::Multiply | Operation::Divide => scaled(operation, &bodies, operands)?,
    };
    let bodies = decode(kernel, &bodies).map_err(malformed("ciphertexts"))?;
    let keys: Vec<Encoded> = keys.iter().map(|key| key.element).collect();
    let keys = decode(kernel, &keys).map_err(malformed("keys"))?;
    // A few milliseconds at most.
    let never = Cancel::default();
    Ok(table.solve(&differences(kernel, &bodies, &keys), wanted, bound, &never)?)
}

/// `y C` or `y^-1 C`.
fn scaled(
    operation: Operation,
    bodies: &[Encoded],
    operands: &[i64],
) -> Result<Vec<Encoded>, FeboError> {
    if operation == Operation::Divide
        && let Some(at) = operands.iter().position(|&y| y == 0)
    {
        return Err(FeboError::DivisionByZero { at });
    }
    let scale = |(body, &y): (&RistrettoPoint, &i64)| {
        let y = signed_scalar(y);
        body * (one_half() * if operation == Operation::Divide { y.invert() } else { y })
    };
    let bodies = points("ciphertexts", bodies)?;
    let halves: Vec<_> = bodies.par_iter().zip(operands).map(scale).collect();
    Ok(encode_doubles(&halves))
}
