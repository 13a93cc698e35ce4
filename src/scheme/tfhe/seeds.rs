//! The generators of the crate `tfhe`, started from our seeds.

use ring::Seed;
use tfhe::core_crypto::commons::generators::DeterministicSeeder;
use tfhe::core_crypto::commons::math::random;
pub(super) use tfhe::core_crypto::commons::math::random::CompressionSeed;
use tfhe::core_crypto::prelude::{DefaultRandomGenerator, SecretRandomGenerator};

/// 128 bits of a seed.
fn half(seed: &Seed) -> random::Seed {
    let bytes = seed.to_bytes();
    let mut low = [0; 16];
    low.copy_from_slice(&bytes[..16]);
    random::Seed(u128::from_le_bytes(low))
}

/// What noise is drawn from.
pub(super) fn noise(seed: &Seed) -> DeterministicSeeder<DefaultRandomGenerator> {
    DeterministicSeeder::new(half(seed))
}

/// What secret keys are drawn from.
pub(super) fn secrets(seed: &Seed) -> SecretRandomGenerator<DefaultRandomGenerator> {
    SecretRandomGenerator::new(half(seed))
}

/// What masks are drawn from; public.
pub(super) fn masks(seed: &Seed) -> CompressionSeed {
    CompressionSeed::from(half(seed))
}
