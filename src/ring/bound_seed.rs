//! Seeds bound to what is encrypted with them, so that a seed that is used again never lets masks or
//! errors meet two different messages (the idea of synthetic nonces, RFC 5297).

use super::Seed;
use bytemuck::NoUninit;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use zeroize::Zeroize;

/// What messages are made of.
pub trait Element: Sync + Sized {
    /// A digest that only equal values have.
    fn digest(values: &[Self]) -> [u8; 32];
}

fn digest<T: NoUninit>(values: &[T]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update([size_of::<T>() as u8]);
    hash.update(bytemuck::cast_slice::<T, u8>(values));
    hash.finalize().into()
}

impl Element for u8 {
    fn digest(values: &[Self]) -> [u8; 32] {
        digest(values)
    }
}

impl Element for i32 {
    fn digest(values: &[Self]) -> [u8; 32] {
        digest(values)
    }
}

impl Element for u32 {
    fn digest(values: &[Self]) -> [u8; 32] {
        digest(values)
    }
}

impl Element for f64 {
    fn digest(values: &[Self]) -> [u8; 32] {
        digest(values)
    }
}

impl Element for i64 {
    /// Integers to be encrypted are small nearly always: a quarter of the bytes.
    fn digest(values: &[Self]) -> [u8; 32] {
        let beyond = values.iter().fold(0, |bits, v| bits | (v ^ Self::from(*v as i16)));
        if beyond != 0 {
            return digest(values);
        }
        let mut short: Vec<i16> = values.iter().map(|v| *v as i16).collect();
        let out = digest(&short);
        short.zeroize();
        out
    }
}

/// Where [`Seed::derive`] hashes the length of a label, which is never this large.
const BOUND: u64 = u64::MAX;

impl Seed {
    /// The seed for encrypting exactly these messages under exactly these parameters: `context` is the
    /// purpose and whatever else decides what a ciphertext holds (parameters, scale, level). The same
    /// again gives the same seed; anything else gives an independent one.
    pub fn bound_to<T: Element, M: AsRef<[T]> + Sync>(
        &self,
        context: &[&[u8]],
        messages: &[M],
    ) -> Self {
        let digest = |message: &M| T::digest(message.as_ref());
        let mut digests: Vec<[u8; 32]> = messages.par_iter().map(digest).collect();
        let mut hash = Sha256::new();
        hash.update(self.to_bytes());
        hash.update(BOUND.to_le_bytes());
        hash.update((context.len() as u64).to_le_bytes());
        for part in context {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        hash.update((messages.len() as u64).to_le_bytes());
        hash.update(digests.as_flattened());
        digests.zeroize();
        Self::from_bytes(hash.finalize().into())
    }

    /// The seed for keys under exactly these parameters, as [`Seed::bound_to`].
    pub fn bound_to_parameters(&self, context: &[&[u8]]) -> Self {
        self.bound_to::<u8, [u8; 0]>(context, &[])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_messages_have_the_same_seed_and_others_another() {
        let seed = Seed::from_number(7);
        let context: [&[u8]; 2] = [b"bgv", b"parameters"];
        let of = |vectors: &[Vec<i64>]| seed.bound_to(&context, vectors).to_bytes();
        let first = of(&[vec![1, 2, 3], vec![4]]);
        assert_eq!(first, of(&[vec![1, 2, 3], vec![4]]));
        let mut all = vec![
            first,
            of(&[vec![1, 2, 4], vec![4]]),
            of(&[vec![4], vec![1, 2, 3]]),
            of(&[vec![1, 2], vec![3, 4]]),
            of(&[vec![1, 2, 3, 4]]),
            of(&[vec![1, 2, 3], vec![4], vec![]]),
            of(&[vec![1, 2, 3], vec![4, 0]]),
            // Beyond 16 bits, with the same low ones, and as other bytes of the same messages.
            of(&[vec![1 + (1 << 16), 2, 3], vec![4]]),
            of(&[vec![1, 2, 3], vec![4 - (1 << 40)]]),
            of(&[vec![1 + (2 << 16) + (3 << 32)], vec![4]]),
            seed.bound_to(&context, &[vec![1_i32, 2, 3], vec![4]]).to_bytes(),
            seed.bound_to(&context, &[vec![1_f64, 2.0, 3.0], vec![4.0]]).to_bytes(),
            of(&[]),
            seed.bound_to(&[b"bgv" as &[u8]], &[vec![1_i64, 2, 3], vec![4]]).to_bytes(),
            seed.bound_to(&[b"bgvp" as &[u8], b"arameters"], &[vec![1_i64, 2, 3], vec![4]])
                .to_bytes(),
            Seed::from_number(8).bound_to(&context, &[vec![1_i64, 2, 3], vec![4]]).to_bytes(),
            seed.to_bytes(),
            seed.derive("bgv", 0).to_bytes(),
        ];
        assert_eq!(of(&[]), seed.bound_to_parameters(&context).to_bytes());
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count, "two of them are the same");
    }
}
