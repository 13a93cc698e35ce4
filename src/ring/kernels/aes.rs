//! Key streams of AES-256 in counter mode (FIPS 197, NIST SP 800-38A section 6.5), for public masks:
//! where the processor has the instructions they cost a fraction of ChaCha20. Secrets are never
//! drawn from them, as the portable cipher may not run in constant time.

use super::BlockAt;
use aes::Aes256;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};

/// Blocks of the cipher in one block of a stream.
const PARTS: usize = 4;

/// Round keys of AES-256.
pub(super) const ROUND_KEYS: usize = 15;

/// A key, and what the ciphers make of it.
#[derive(Clone, Debug)]
pub struct MaskKey {
    portable: Aes256,
    /// Four columns each.
    pub(super) rounds: [[u32; 4]; ROUND_KEYS],
}

impl MaskKey {
    /// The schedule of a key.
    pub fn new(key: &[u8; 32]) -> Self {
        Self { portable: Aes256::new(&Array::from(*key)), rounds: expand(key) }
    }
}

/// The two words of part `part` of a block of a stream, before encryption.
pub(super) fn counter_block(at: BlockAt, part: u64) -> [u64; 2] {
    [at.stream, (at.counter << 2) | part]
}

/// Writes the block of each position, as little-endian 64-bit words.
pub fn mask_stream(key: &MaskKey, at: &[BlockAt], out: &mut [[u64; 8]]) {
    let mut blocks = [Array::from([0; 16]); 4 * PARTS];
    for (at, out) in at.chunks(4).zip(out.chunks_mut(4)) {
        for (at, parts) in at.iter().zip(blocks.chunks_exact_mut(PARTS)) {
            for (part, block) in (0..).zip(parts) {
                let [stream, counter] = counter_block(*at, part).map(u64::to_le_bytes);
                block[..8].copy_from_slice(&stream);
                block[8..].copy_from_slice(&counter);
            }
        }
        key.portable.encrypt_blocks(&mut blocks[..PARTS * at.len()]);
        for (words, block) in out.as_flattened_mut().as_chunks_mut::<2>().0.iter_mut().zip(&blocks)
        {
            for (word, bytes) in words.iter_mut().zip(block.as_chunks().0) {
                *word = u64::from_le_bytes(*bytes);
            }
        }
    }
}

/// The key schedule (FIPS 197, algorithm 2, Nk = 8).
fn expand(key: &[u8; 32]) -> [[u32; 4]; ROUND_KEYS] {
    const KEY_WORDS: usize = 8;
    let mut words = [0u32; 4 * ROUND_KEYS];
    for (word, bytes) in words.iter_mut().zip(key.as_chunks().0) {
        *word = u32::from_le_bytes(*bytes);
    }
    let mut round_constant = 1u8;
    for i in KEY_WORDS..words.len() {
        let before = words[i - 1];
        let mixed = match i % KEY_WORDS {
            0 => {
                let turned = substitute(before.rotate_right(8)) ^ u32::from(round_constant);
                round_constant = double(round_constant);
                turned
            }
            4 => substitute(before),
            _ => before,
        };
        words[i] = words[i - KEY_WORDS] ^ mixed;
    }
    let mut rounds = [[0; 4]; ROUND_KEYS];
    rounds.as_flattened_mut().copy_from_slice(&words);
    rounds
}

/// The S-box on each byte.
fn substitute(word: u32) -> u32 {
    u32::from_le_bytes(word.to_le_bytes().map(|byte| S_BOX[usize::from(byte)]))
}

/// Times x modulo x^8 + x^4 + x^3 + x + 1.
const fn double(x: u8) -> u8 {
    (x << 1) ^ (0x1b * (x >> 7))
}

/// FIPS 197, section 5.1.1: the inverse in the field, then an affine map of its bits.
const S_BOX: [u8; 256] = {
    let mut table = [0x63; 256];
    // 3 generates the field without 0: `p` runs through the powers of 3, `q` through those of 1/3.
    let (mut p, mut q) = (1u8, 1u8);
    loop {
        p ^= double(p);
        q ^= q << 1;
        q ^= q << 2;
        q ^= q << 4;
        q ^= 0x09 * (q >> 7);
        let mixed = q ^ q.rotate_left(1) ^ q.rotate_left(2) ^ q.rotate_left(3) ^ q.rotate_left(4);
        table[p as usize] = mixed ^ 0x63;
        if p == 1 {
            break table;
        }
    }
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_schedule_is_that_of_the_standard() {
        // FIPS 197, appendix A.3: key, then w8, w12 and w59.
        let key = [
            0x60, 0x3d, 0xeb, 0x10, 0x15, 0xca, 0x71, 0xbe, 0x2b, 0x73, 0xae, 0xf0, 0x85, 0x7d,
            0x77, 0x81, 0x1f, 0x35, 0x2c, 0x07, 0x3b, 0x61, 0x08, 0xd7, 0x2d, 0x98, 0x10, 0xa3,
            0x09, 0x14, 0xdf, 0xf4,
        ];
        let rounds = expand(&key);
        let words = rounds.as_flattened();
        assert_eq!(words[8].swap_bytes(), 0x9ba3_5411);
        assert_eq!(words[12].swap_bytes(), 0xa8b0_9c1a);
        assert_eq!(words[59].swap_bytes(), 0x706c_631e);
    }
}
