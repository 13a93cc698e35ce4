//! Messages as bytes, little-endian: the head that all schemes share ([`crate::head`], mark `CST1`; of
//! keys the count is 1 when a key-switching key follows), then
//!
//! | bytes | what |
//! |---|---|
//! | 1 | bits of a word (of what was computed; else 0, and nothing else is taken) |
//! | 32 | seed of the masks (kinds 1 and 2 only) |
//! | rest | bodies in words of 4 bytes; of the bootstrapping key in as many bytes as its noise needs; computed ciphertexts with their masks, in packed bits |

use super::ciphertext::{PackedLwes, SeededLwes};
use super::keys::CompressedKeys;
use super::{TfheError, TfheParameters};
use crate::head::{HEAD_BYTES, Head, Kind, SEED_BYTES, seed};
use ring::{pack_words, packed_len, unpack_words};
use wire::{Malformed, Reader, Writer};

const HEADER_BYTES: usize = HEAD_BYTES + 1;

fn head(parameters: &TfheParameters) -> Head {
    Head { mark: b"CST1", fingerprint: parameters.fingerprint() }
}

fn begin(parameters: &TfheParameters, kind: Kind, count: usize, bits: u32) -> Vec<u8> {
    Writer::collect(|out| {
        head(parameters).write(kind, count, out);
        out.u8(bits as u8);
    })
}

/// What follows the header, the count, and the bits, which only computed ciphertexts name.
fn open<'a>(
    parameters: &TfheParameters,
    kind: Kind,
    bytes: &'a [u8],
) -> Result<(Reader<'a>, usize, u32), Malformed> {
    let (mut from, count) = head(parameters).open(kind, bytes)?;
    let bits = u32::from(from.u8()?);
    if kind != Kind::Computed && bits != 0 {
        return Err(from.fail(format!("says {bits} bits where 0 is the only value")));
    }
    Ok((from, count, bits))
}

fn words_of(bytes: &[u8]) -> Vec<u32> {
    bytes.as_chunks().0.iter().map(|word| u32::from_le_bytes(*word)).collect()
}

impl SeededLwes {
    /// The message as bytes.
    pub fn to_bytes(&self, parameters: &TfheParameters) -> Vec<u8> {
        let mut bytes = begin(parameters, Kind::Fresh, self.bodies.len(), 0);
        let mut out = Writer::new(&mut bytes);
        out.bytes(&self.seed.to_bytes());
        self.bodies.iter().for_each(|w| _ = out.u32(*w));
        bytes
    }

    /// Length of [`Self::to_bytes`] for `count` ciphertexts.
    pub fn byte_len(count: usize) -> u64 {
        (HEADER_BYTES + SEED_BYTES + 4 * count) as u64
    }

    /// Reads what [`Self::to_bytes`] wrote for the same parameters.
    pub fn from_bytes(parameters: &TfheParameters, bytes: &[u8]) -> Result<Self, TfheError> {
        let (mut from, count, _) = open(parameters, Kind::Fresh, bytes)?;
        from.exactly(SEED_BYTES as u64 + 4 * count as u64)?;
        Ok(Self { seed: seed(&mut from)?, bodies: words_of(from.rest()) })
    }
}

impl CompressedKeys {
    /// The message as bytes.
    pub fn to_bytes(&self, parameters: &TfheParameters) -> Vec<u8> {
        let mut bytes = begin(parameters, Kind::Keys, self.switch_bodies.is_some().into(), 0);
        let mut out = Writer::new(&mut bytes);
        out.bytes(&self.masks.to_bytes());
        let skipped = 8 - parameters.bootstrap_word_bytes();
        for word in &self.bodies {
            out.bytes(word.to_le_bytes().get(skipped..).unwrap_or_default());
        }
        self.switch_bodies.iter().flatten().for_each(|w| _ = out.u32(*w));
        bytes
    }

    /// Length of [`Self::to_bytes`].
    pub fn byte_len(parameters: &TfheParameters, key_switch: bool) -> u64 {
        let bootstrap = parameters.bootstrap_words() * parameters.bootstrap_word_bytes();
        let switch = if key_switch { 4 * parameters.key_switch_words() } else { 0 };
        (HEADER_BYTES + SEED_BYTES + bootstrap + switch) as u64
    }

    /// Reads what [`Self::to_bytes`] wrote for the same parameters.
    pub fn from_bytes(parameters: &TfheParameters, bytes: &[u8]) -> Result<Self, TfheError> {
        let (mut from, flag, _) = open(parameters, Kind::Keys, bytes)?;
        if flag > 1 {
            let reason = format!("says {flag} where 0 or 1 key-switching keys are possible");
            return Err(from.fail(reason).into());
        }
        let each = parameters.bootstrap_word_bytes();
        let bootstrap = parameters.bootstrap_words() * each;
        let switch = flag * 4 * parameters.key_switch_words();
        from.exactly((SEED_BYTES + bootstrap + switch) as u64)?;
        let masks = seed(&mut from)?;
        let (bodies, switch) = (from.bytes(bootstrap)?, from.rest());
        let word = |bytes: &[u8]| {
            let mut word = [0; 8];
            word.iter_mut().skip(8 - each).zip(bytes).for_each(|(w, b)| *w = *b);
            u64::from_le_bytes(word)
        };
        Ok(Self {
            masks,
            bodies: bodies.chunks_exact(each).map(word).collect(),
            switch_bodies: (flag == 1).then(|| words_of(switch)),
        })
    }
}

impl PackedLwes {
    /// The message as bytes.
    pub fn to_bytes(&self, parameters: &TfheParameters) -> Vec<u8> {
        let count = self.words.len() / (self.dimension + 1);
        let mut out = begin(parameters, Kind::Computed, count, self.bits);
        let words: Vec<u64> = self.words.iter().map(|w| u64::from(*w)).collect();
        let start = out.len();
        out.resize(start + packed_len(words.len(), self.bits), 0);
        pack_words(&words, self.bits, out.get_mut(start..).unwrap_or_default());
        out
    }

    /// Length of [`Self::to_bytes`] for `count` ciphertexts in words of `bits` bits.
    pub fn byte_len(parameters: &TfheParameters, count: usize, bits: u32) -> u64 {
        HEADER_BYTES as u64 + packed_bytes(parameters, count, bits)
    }

    /// Reads what [`Self::to_bytes`] wrote for the same parameters.
    pub fn from_bytes(parameters: &TfheParameters, bytes: &[u8]) -> Result<Self, TfheError> {
        let (from, count, bits) = open(parameters, Kind::Computed, bytes)?;
        if !(8..=32).contains(&bits) {
            let reason = format!("says its words have {bits} bits; 8 to 32 are possible");
            return Err(from.fail(reason).into());
        }
        from.exactly(packed_bytes(parameters, count, bits))?;
        let dimension = parameters.big_dimension();
        let total = count * (dimension + 1);
        let mut words = vec![0; total];
        if !unpack_words(from.rest(), bits, 1 << bits, &mut words) {
            return Err(from.fail("bits after the last word are not zero").into());
        }
        Ok(Self { dimension, bits, words: words.iter().map(|w| *w as u32).collect() })
    }
}

/// In 64 bits, whatever a header says and whatever the machine's own words are.
fn packed_bytes(parameters: &TfheParameters, count: usize, bits: u32) -> u64 {
    let words = count as u64 * (parameters.big_dimension() as u64 + 1);
    (words * u64::from(bits)).div_ceil(8)
}
