//! Messages as bytes. All integers little-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 4 | `CST1` |
//! | 1 | kind: 1 fresh ciphertexts, 2 evaluation keys, 3 outputs |
//! | 16 | fingerprint of the parameters |
//! | 4 | number of ciphertexts; of keys, 1 when a key-switching key follows |
//! | 1 | bits of a word (outputs; else 0, and nothing else is taken) |
//! | 32 | seed of the masks (not of outputs) |
//! | rest | bodies in words of 4 bytes; of the bootstrapping key in as many bytes as its noise needs; outputs with their masks, in packed bits |

use super::ciphertext::{PackedLwes, SeededLwes};
use super::keys::CompressedKeys;
use super::{TfheError, TfheParameters};
use ring::{Seed, pack_words, packed_len, unpack_words};

const MAGIC: &[u8; 4] = b"CST1";
const HEADER_BYTES: usize = 4 + 1 + 16 + 4 + 1;
const SEED_BYTES: usize = 32;

/// Most ciphertexts in one message.
const MAX_COUNT: usize = 1 << 20;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Fresh = 1,
    Keys = 2,
    Outputs = 3,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Fresh => "encrypted inputs",
            Self::Keys => "evaluation keys",
            Self::Outputs => "encrypted outputs",
        }
    }

    fn fail(self, reason: impl Into<String>) -> TfheError {
        TfheError::Wire { what: self.name(), reason: reason.into() }
    }

    fn header(self, parameters: &TfheParameters, count: usize, bits: u32) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.push(self as u8);
        out.extend_from_slice(&parameters.fingerprint());
        out.extend_from_slice(&(count as u32).to_le_bytes());
        out.push(bits as u8);
        out
    }

    /// Count, bits and what follows.
    fn open<'b>(
        self,
        p: &TfheParameters,
        bytes: &'b [u8],
    ) -> Result<(usize, u32, &'b [u8]), TfheError> {
        let (header, rest) = bytes.split_at_checked(HEADER_BYTES).ok_or_else(|| {
            self.fail(format!("{} bytes; a message begins with {HEADER_BYTES}", bytes.len()))
        })?;
        let (magic, header) = header.split_at(4);
        let (kind, header) = header.split_at(1);
        let (fingerprint, header) = header.split_at(16);
        let (count, bits) = header.split_at(4);
        if magic != MAGIC {
            return Err(self.fail("does not begin with CST1"));
        }
        if kind != [self as u8] {
            return Err(self.fail("is a message of another kind"));
        }
        if fingerprint != p.fingerprint() {
            return Err(self.fail("was made with other parameters"));
        }
        let count = count.try_into().map_or(0, u32::from_le_bytes) as usize;
        if count > MAX_COUNT {
            return Err(self.fail(format!("says it has {count} ciphertexts; at most {MAX_COUNT}")));
        }
        Ok((count, bits.first().copied().unwrap_or(0).into(), rest))
    }

    /// [`Kind::open`] of messages that name no bits.
    fn open_bitless<'b>(
        self,
        p: &TfheParameters,
        bytes: &'b [u8],
    ) -> Result<(usize, &'b [u8]), TfheError> {
        match self.open(p, bytes)? {
            (count, 0, rest) => Ok((count, rest)),
            (_, bits, _) => Err(self.fail(format!("says {bits} bits where 0 is the only value"))),
        }
    }

    fn sized(self, bytes: &[u8], expected: u64) -> Result<(), TfheError> {
        if bytes.len() as u64 == expected {
            return Ok(());
        }
        Err(self.fail(format!("{} bytes after the header; {expected} are needed", bytes.len())))
    }
}

fn seed_of(bytes: &[u8]) -> Seed {
    let mut seed = [0; SEED_BYTES];
    seed.iter_mut().zip(bytes).for_each(|(s, b)| *s = *b);
    Seed::from_bytes(seed)
}

fn words_of(bytes: &[u8]) -> Vec<u32> {
    let word = |b: &[u8]| b.try_into().map_or(0, u32::from_le_bytes);
    bytes.chunks_exact(4).map(word).collect()
}

impl SeededLwes {
    /// The message as bytes.
    pub fn to_bytes(&self, parameters: &TfheParameters) -> Vec<u8> {
        let mut out = Kind::Fresh.header(parameters, self.bodies.len(), 0);
        out.extend_from_slice(&self.seed.to_bytes());
        self.bodies.iter().for_each(|w| out.extend_from_slice(&w.to_le_bytes()));
        out
    }

    /// Length of [`Self::to_bytes`] for `count` ciphertexts.
    pub fn byte_len(count: usize) -> u64 {
        (HEADER_BYTES + SEED_BYTES + 4 * count) as u64
    }

    /// Reads what [`Self::to_bytes`] wrote for the same parameters.
    pub fn from_bytes(parameters: &TfheParameters, bytes: &[u8]) -> Result<Self, TfheError> {
        let kind = Kind::Fresh;
        let (count, rest) = kind.open_bitless(parameters, bytes)?;
        kind.sized(rest, SEED_BYTES as u64 + 4 * count as u64)?;
        let (seed, bodies) = rest.split_at(SEED_BYTES);
        Ok(Self { seed: seed_of(seed), bodies: words_of(bodies) })
    }
}

impl CompressedKeys {
    /// The message as bytes.
    pub fn to_bytes(&self, parameters: &TfheParameters) -> Vec<u8> {
        let mut out = Kind::Keys.header(parameters, self.switch_bodies.is_some().into(), 0);
        out.extend_from_slice(&self.masks.to_bytes());
        let skipped = 8 - parameters.bootstrap_word_bytes();
        for word in &self.bodies {
            out.extend(word.to_le_bytes().iter().skip(skipped));
        }
        let switch = self.switch_bodies.iter().flatten();
        switch.for_each(|w| out.extend_from_slice(&w.to_le_bytes()));
        out
    }

    /// Length of [`Self::to_bytes`].
    pub fn byte_len(parameters: &TfheParameters, key_switch: bool) -> u64 {
        let bootstrap = parameters.bootstrap_words() * parameters.bootstrap_word_bytes();
        let switch = if key_switch { 4 * parameters.key_switch_words() } else { 0 };
        (HEADER_BYTES + SEED_BYTES + bootstrap + switch) as u64
    }

    /// Reads what [`Self::to_bytes`] wrote for the same parameters.
    pub fn from_bytes(parameters: &TfheParameters, bytes: &[u8]) -> Result<Self, TfheError> {
        let kind = Kind::Keys;
        let (flag, rest) = kind.open_bitless(parameters, bytes)?;
        if flag > 1 {
            return Err(
                kind.fail(format!("says {flag} where 0 or 1 key-switching keys are possible"))
            );
        }
        let each = parameters.bootstrap_word_bytes();
        let bootstrap = parameters.bootstrap_words() * each;
        let switch = flag * 4 * parameters.key_switch_words();
        kind.sized(rest, (SEED_BYTES + bootstrap + switch) as u64)?;
        let (masks, rest) = rest.split_at(SEED_BYTES);
        let (bodies, switch) = rest.split_at(bootstrap);
        let word = |bytes: &[u8]| {
            let mut word = [0; 8];
            word.iter_mut().skip(8 - each).zip(bytes).for_each(|(w, b)| *w = *b);
            u64::from_le_bytes(word)
        };
        Ok(Self {
            masks: seed_of(masks),
            bodies: bodies.chunks_exact(each).map(word).collect(),
            switch_bodies: (flag == 1).then(|| words_of(switch)),
        })
    }
}

impl PackedLwes {
    /// The message as bytes.
    pub fn to_bytes(&self, parameters: &TfheParameters) -> Vec<u8> {
        let count = self.words.len() / (self.dimension + 1);
        let mut out = Kind::Outputs.header(parameters, count, self.bits);
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
        let kind = Kind::Outputs;
        let (count, bits, rest) = kind.open(parameters, bytes)?;
        if !(8..=32).contains(&bits) {
            return Err(kind.fail(format!("says its words have {bits} bits; 8 to 32 are possible")));
        }
        kind.sized(rest, packed_bytes(parameters, count, bits))?;
        let dimension = parameters.big_dimension();
        let total = count * (dimension + 1);
        let mut words = vec![0; total];
        if !unpack_words(rest, bits, 1 << bits, &mut words) {
            return Err(kind.fail("bits after the last word are not zero"));
        }
        Ok(Self { dimension, bits, words: words.iter().map(|w| *w as u32).collect() })
    }
}

/// In 64 bits, whatever a header says and whatever the machine's own words are.
fn packed_bytes(parameters: &TfheParameters, count: usize, bits: u32) -> u64 {
    let words = count as u64 * (parameters.big_dimension() as u64 + 1);
    (words * u64::from(bits)).div_ceil(8)
}
