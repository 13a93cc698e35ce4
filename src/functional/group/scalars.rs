//! Scalars with small ones: what keys and encodings of values are made of.

use curve25519_dalek::Scalar;
use ring::{Seed, SeedStream};
use zeroize::Zeroize;

/// A uniform scalar from a stream of randomness.
pub fn random_scalar(stream: &mut SeedStream) -> Scalar {
    let mut wide = [0; 64];
    for bytes in wide.as_chunks_mut::<8>().0 {
        *bytes = stream.next_u64().to_le_bytes();
    }
    let scalar = Scalar::from_bytes_mod_order_wide(&wide);
    wide.zeroize();
    scalar
}

/// `count` uniform scalars from a seed.
pub fn random_scalars(seed: &Seed, count: usize) -> Vec<Scalar> {
    let mut stream = seed.stream(0);
    (0..count).map(|_| random_scalar(&mut stream)).collect()
}

/// A signed integer as a scalar. The time depends on its sign.
pub fn signed_scalar(value: i64) -> Scalar {
    let magnitude = Scalar::from(value.unsigned_abs());
    if value < 0 { -magnitude } else { magnitude }
}

/// Scalars in pieces of 32 bits, so that sums with small weights need no reduction on the way.
pub struct SmallSums {
    /// `pieces[i][k]` has weight `2^(32 k)`.
    pieces: Vec<[i64; 8]>,
}

/// Columns whose sums stay below `2^62` with weights up to `2^24`.
const COLUMNS: usize = 64;

/// Makes those sums positive.
const OFFSET: i64 = 1 << 62;

impl SmallSums {
    pub fn new(scalars: &[Scalar]) -> Self {
        let pieces = scalars.iter().map(|scalar| {
            let mut pieces = [0; 8];
            for (piece, bytes) in pieces.iter_mut().zip(scalar.as_bytes().as_chunks::<4>().0) {
                *piece = i64::from(u32::from_le_bytes(*bytes));
            }
            pieces
        });
        Self { pieces: pieces.collect() }
    }

    /// `sum_i weights[i] scalars[i]` modulo the order of the group, weights at most `2^24` in
    /// magnitude. The time does not depend on the scalars.
    pub fn sum(&self, weights: &[i32]) -> Scalar {
        let base = Scalar::from(1_u64 << 32);
        let mut total = Scalar::ZERO;
        for (pieces, weights) in self.pieces.chunks(COLUMNS).zip(weights.chunks(COLUMNS)) {
            let mut sums = [0_i64; 8];
            for (pieces, &weight) in pieces.iter().zip(weights) {
                for (sum, piece) in sums.iter_mut().zip(pieces) {
                    *sum += i64::from(weight) * piece;
                }
            }
            let mut value = Scalar::ZERO;
            for sum in sums.iter().rev() {
                let lifted = Scalar::from(sum.wrapping_add(OFFSET) as u64);
                value = value * base + lifted - Scalar::from(OFFSET as u64);
            }
            total += value;
            sums.zeroize();
        }
        total
    }
}

impl Drop for SmallSums {
    fn drop(&mut self) {
        self.pieces.zeroize();
    }
}
