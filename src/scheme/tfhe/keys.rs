//! Secret keys of the client, and what the server is given.

use super::ciphertext::{LweList, SeededLwes};
use super::parameters::TfheParameters;
use super::{TfheError, seeds};
use progress::{Cancelled, Watch};
use rayon::prelude::*;
use ring::Seed;
use ring::kernels::{BLOCK, Complex, ComplexBlock};
use std::sync::atomic::{AtomicU64, Ordering};
use tfhe::core_crypto::prelude::*;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// What a watch is told while the server unpacks its keys.
pub const SERVER_KEYS: &str = "server keys";

/// The client's keys: of the ciphertexts that are bootstrapped, and of what blind rotation gives.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SecretKey {
    small: Vec<u32>,
    big: Vec<u32>,
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

/// Bits of the key that one task encrypts.
const BITS_TOGETHER: usize = 8;

impl SecretKey {
    /// Uniform binary keys.
    pub fn generate(parameters: &TfheParameters, seed: &Seed) -> Self {
        let of = |label: &str, dimension: usize| -> Vec<u32> {
            let mut generator = seeds::secrets(&seed.derive(label, 0));
            LweSecretKey::generate_new_binary(LweDimension(dimension), &mut generator)
                .into_container()
        };
        let small = of("lwe secret", parameters.lwe_dimension);
        let big = of("glwe secret", parameters.big_dimension());
        Self { small, big }
    }

    /// Encrypts torus elements (in units of `2^-32`) under the LWE key.
    pub fn encrypt(
        &self,
        parameters: &TfheParameters,
        messages: &[u32],
        seed: &Seed,
    ) -> SeededLwes {
        let seed = seed.bound_to(&[b"tfhe", &parameters.fingerprint()], &[messages]);
        let masks = seed.derive("masks", 0);
        let size = LweSize(parameters.lwe_dimension + 1);
        let modulus = CiphertextModulus::new_native();
        let count = LweCiphertextCount(messages.len());
        let mut list =
            SeededLweCiphertextList::new(0u32, size, count, seeds::masks(&masks), modulus);
        let messages = PlaintextList::from_container(messages);
        encrypt_seeded_lwe_ciphertext_list(
            &LweSecretKey::from_container(self.small.as_slice()),
            &mut list,
            &messages,
            gaussian(parameters.lwe_variance),
            &mut seeds::noise(&seed.derive("noise", 0)),
        );
        SeededLwes { seed: masks, bodies: list.into_container() }
    }

    /// Message plus noise of a ciphertext, in units of `2^-32`: under the LWE key when it has its
    /// dimension, under the GLWE key when it has that one's.
    ///
    /// # Errors
    /// When it has neither.
    pub fn phase(&self, ciphertext: &[u32]) -> Result<u32, TfheError> {
        let wrong = |found: usize| TfheError::Dimension {
            what: "decryption",
            expected: self.big.len(),
            found,
        };
        let (body, mask) = ciphertext.split_last().ok_or_else(|| wrong(0))?;
        let key = [&self.small, &self.big].into_iter().find(|k| k.len() == mask.len());
        let key = key.ok_or_else(|| wrong(mask.len()))?;
        let product =
            mask.iter().zip(key).fold(0u32, |sum, (a, s)| sum.wrapping_add(a.wrapping_mul(*s)));
        Ok(body.wrapping_sub(product))
    }

    /// Phases of all ciphertexts of a list (see [`Self::phase`]).
    pub fn phases(&self, list: &LweList) -> Result<Vec<u32>, TfheError> {
        list.iter().map(|c| self.phase(c)).collect()
    }

    /// What the server needs. `key_switch` asks for the key-switching key, which networks with one
    /// layer of tables do without.
    pub fn server_keys(
        &self,
        parameters: &TfheParameters,
        key_switch: bool,
        seed: &Seed,
        watch: &Watch,
    ) -> Result<CompressedKeys, TfheError> {
        let seed = seed.bound_to_parameters(&[b"tfhe keys", &parameters.fingerprint()]);
        let masks = seed.derive("masks", 0);
        let bodies = self.bootstrap_bodies(parameters, &masks, &seed, watch)?;
        let switch_bodies = match key_switch {
            true => Some(self.switch_bodies(parameters, &masks, &seed)),
            false => None,
        };
        watch.check()?;
        Ok(CompressedKeys { masks, bodies, switch_bodies })
    }

    /// A GGSW ciphertext of every bit of the LWE key, bodies only, rounded as they travel.
    fn bootstrap_bodies(
        &self,
        parameters: &TfheParameters,
        masks: &Seed,
        seed: &Seed,
        watch: &Watch,
    ) -> Result<Vec<u64>, TfheError> {
        let wide = Zeroizing::new(self.big.iter().map(|b| u64::from(*b)).collect::<Vec<u64>>());
        let key = GlweSecretKey::from_container(
            wide.as_slice(),
            PolynomialSize(parameters.polynomial_size),
        );
        let total = self.small.len() as u64;
        let done = AtomicU64::new(0);
        let drop = 64 - 8 * parameters.bootstrap_word_bytes() as u32;
        let rounded: Result<Vec<Vec<u64>>, Cancelled> = self
            .small
            .par_chunks(BITS_TOGETHER)
            .enumerate()
            .map(|(chunk, bits)| {
                let mut words = Vec::new();
                for (at, bit) in bits.iter().enumerate() {
                    let index = (chunk * BITS_TOGETHER + at) as u64;
                    let mut ggsw = empty_ggsw(parameters, masks, index);
                    encrypt_constant_seeded_ggsw_ciphertext(
                        &key,
                        &mut ggsw,
                        Cleartext(u64::from(*bit)),
                        gaussian(parameters.glwe_variance),
                        &mut seeds::noise(&seed.derive("bootstrap noise", index)),
                    );
                    words.extend(ggsw.as_ref().iter().map(|w| rounded_to_top(*w, drop)));
                }
                let count = bits.len() as u64;
                let done = done.fetch_add(count, Ordering::Relaxed) + count;
                watch.step("bootstrapping key", done, total)?;
                Ok(words)
            })
            .collect();
        Ok(rounded?.concat())
    }

    fn switch_bodies(&self, parameters: &TfheParameters, masks: &Seed, seed: &Seed) -> Vec<u32> {
        let mut key = SeededLweKeyswitchKey::new(
            0u32,
            DecompositionBaseLog(parameters.key_switch.base_log as usize),
            DecompositionLevelCount(parameters.key_switch.levels as usize),
            LweDimension(self.big.len()),
            LweDimension(self.small.len()),
            switch_masks(masks),
            CiphertextModulus::new_native(),
        );
        generate_seeded_lwe_keyswitch_key(
            &LweSecretKey::from_container(self.big.as_slice()),
            &LweSecretKey::from_container(self.small.as_slice()),
            &mut key,
            gaussian(parameters.lwe_variance),
            &mut seeds::noise(&seed.derive("key-switch noise", 0)),
        );
        key.into_container()
    }
}

fn gaussian(variance: f64) -> Gaussian<f64> {
    Gaussian::from_dispersion_parameter(Variance(variance), 0.0)
}

/// `word` with its lowest `drop` bits rounded away.
fn rounded_to_top(word: u64, drop: u32) -> u64 {
    if drop == 0 { word } else { (word.wrapping_add(1 << (drop - 1)) >> drop) << drop }
}

fn switch_masks(masks: &Seed) -> seeds::CompressionSeed {
    seeds::masks(&masks.derive("key switch", 0))
}

fn empty_ggsw(
    parameters: &TfheParameters,
    masks: &Seed,
    index: u64,
) -> SeededGgswCiphertextOwned<u64> {
    SeededGgswCiphertext::new(
        0,
        GlweDimension(parameters.glwe_dimension).to_glwe_size(),
        PolynomialSize(parameters.polynomial_size),
        DecompositionBaseLog(parameters.pbs.base_log as usize),
        DecompositionLevelCount(parameters.pbs.levels as usize),
        seeds::masks(&masks.derive("bootstrap", index)),
        CiphertextModulus::new_native(),
    )
}

/// Evaluation keys as they travel: masks as a seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompressedKeys {
    pub(super) masks: Seed,
    /// Bodies of the bootstrapping key, key bit by key bit.
    pub(super) bodies: Vec<u64>,
    /// Bodies of the key-switching key.
    pub(super) switch_bodies: Option<Vec<u32>>,
}

/// A bootstrapping key of one level in the Fourier domain, arranged for
/// [`Kernel::vector_times_matrix`](ring::Kernel::vector_times_matrix).
pub(super) struct RotationKey {
    blocks: Vec<ComplexBlock>,
    /// Blocks of the matrix of a key bit.
    each: usize,
}

impl RotationKey {
    /// From GGSW ciphertexts of one level: rows, in each its columns.
    fn new(parameters: &TfheParameters, ggsws: &[Vec<c64>]) -> Self {
        let size = parameters.glwe_dimension + 1;
        let blocks = parameters.polynomial_size / 2 / BLOCK;
        let each = size * size * blocks;
        let mut all = vec![ComplexBlock::default(); each * ggsws.len()];
        for (ggsw, matrix) in ggsws.iter().zip(all.chunks_exact_mut(each)) {
            let numbers: &[Complex] = bytemuck::cast_slice(ggsw);
            for (from, numbers) in numbers.chunks_exact(BLOCK).enumerate() {
                let (row, column, block) =
                    (from / blocks / size, from / blocks % size, from % blocks);
                let place = (column * blocks + block) * size + row;
                if let Some(to) = matrix.get_mut(place) {
                    ComplexBlock::split(numbers, std::slice::from_mut(to));
                }
            }
        }
        Self { blocks: all, each }
    }

    /// The matrix of each key bit.
    pub fn matrices(&self) -> impl Iterator<Item = &[ComplexBlock]> {
        self.blocks.chunks_exact(self.each.max(1))
    }
}

/// The bootstrapping key by its decomposition.
pub(super) enum BootstrapKey {
    /// One level: ours.
    One(RotationKey),
    /// Several: the crate's.
    Several(FourierLweBootstrapKeyOwned),
}

/// Evaluation keys ready for use: the bootstrapping key in the Fourier domain.
pub struct ServerKeys {
    pub(super) parameters: TfheParameters,
    pub(super) bootstrap: BootstrapKey,
    pub(super) key_switch: Option<LweKeyswitchKeyOwned<u32>>,
}

impl CompressedKeys {
    /// Draws the masks and takes the bootstrapping key to the Fourier domain.
    pub fn expand(
        &self,
        parameters: &TfheParameters,
        watch: &Watch,
    ) -> Result<ServerKeys, TfheError> {
        let size = GlweDimension(parameters.glwe_dimension).to_glwe_size();
        let polynomial_size = PolynomialSize(parameters.polynomial_size);
        let base = DecompositionBaseLog(parameters.pbs.base_log as usize);
        let levels = DecompositionLevelCount(parameters.pbs.levels as usize);
        let modulus = CiphertextModulus::new_native();
        let words = self.bodies.len() / parameters.lwe_dimension.max(1);
        let fft = Fft::new(polynomial_size);
        let fft = fft.as_view();
        let total = parameters.lwe_dimension as u64;
        let done = AtomicU64::new(0);
        let parts: Result<Vec<Vec<c64>>, Cancelled> = self
            .bodies
            .par_chunks(words.max(1))
            .enumerate()
            .map(|(index, bodies)| {
                let seeded = SeededGgswCiphertext::from_container(
                    bodies,
                    size,
                    polynomial_size,
                    base,
                    seeds::masks(&self.masks.derive("bootstrap", index as u64)),
                    modulus,
                );
                let mut ggsw =
                    GgswCiphertext::new(0u64, size, polynomial_size, base, levels, modulus);
                decompress_seeded_ggsw_ciphertext::<_, _, _, DefaultRandomGenerator>(
                    &mut ggsw, &seeded,
                );
                let mut fourier = FourierGgswCiphertext::new(size, polynomial_size, base, levels);
                let mut buffers = ComputationBuffers::new();
                let needed =
                    convert_standard_ggsw_ciphertext_to_fourier_mem_optimized_requirement(fft);
                buffers.resize(needed.unaligned_bytes_required());
                convert_standard_ggsw_ciphertext_to_fourier_mem_optimized(
                    &ggsw,
                    &mut fourier,
                    fft,
                    buffers.stack(),
                );
                let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                watch.step(SERVER_KEYS, done, total)?;
                Ok(fourier.data().to_vec())
            })
            .collect();
        let parts = parts?;
        let bootstrap = if parameters.pbs.levels == 1 {
            BootstrapKey::One(RotationKey::new(parameters, &parts))
        } else {
            let mut key = FourierLweBootstrapKey::new(
                LweDimension(parameters.lwe_dimension),
                size,
                polynomial_size,
                base,
                levels,
            );
            let words = key.as_mut_view().data();
            words.iter_mut().zip(parts.iter().flatten()).for_each(|(w, x)| *w = *x);
            BootstrapKey::Several(key)
        };
        let key_switch = self.switch_bodies.as_ref().map(|bodies| {
            let seeded = SeededLweKeyswitchKey::from_container(
                bodies.as_slice(),
                DecompositionBaseLog(parameters.key_switch.base_log as usize),
                DecompositionLevelCount(parameters.key_switch.levels as usize),
                LweSize(parameters.lwe_dimension + 1),
                switch_masks(&self.masks),
                CiphertextModulus::new_native(),
            );
            let mut key = LweKeyswitchKey::new(
                0u32,
                DecompositionBaseLog(parameters.key_switch.base_log as usize),
                DecompositionLevelCount(parameters.key_switch.levels as usize),
                LweDimension(parameters.big_dimension()),
                LweDimension(parameters.lwe_dimension),
                CiphertextModulus::new_native(),
            );
            decompress_seeded_lwe_keyswitch_key::<_, _, _, DefaultRandomGenerator>(
                &mut key, &seeded,
            );
            key
        });
        Ok(ServerKeys { parameters: parameters.clone(), bootstrap, key_switch })
    }
}

impl ServerKeys {
    /// Bytes the keys take in memory.
    pub fn memory_bytes(&self) -> u64 {
        self.parameters.key_memory_bytes(self.key_switch.is_some())
    }
}
