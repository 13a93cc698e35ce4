//! What messages of BGV, CKKS and TFHE begin with:
//!
//! | bytes | what |
//! |---|---|
//! | 4 | mark of the scheme and version |
//! | 1 | kind: 1 fresh ciphertexts, 2 evaluation keys, 3 computed ciphertexts |
//! | 16 | fingerprint of the parameters |
//! | 4 | number of ciphertexts, digits or keys |

use ring::{PANEL, PolyLayout, RnsPoly, Seed};
use wire::{Malformed, Reader, Writer};

/// Bytes of it.
pub const HEAD_BYTES: usize = 4 + 1 + 16 + 4;
/// Bytes of the seed of masks.
pub const SEED_BYTES: usize = 32;
/// Most ciphertexts in one message.
pub const MAX_COUNT: usize = 1 << 20;

/// Bytes of residues in a part of a fresh batch, about: few enough to stay in the caches of a processor
/// while they are written, hashed and read.
const PART_BYTES: usize = 8 << 20;

/// How many of `count` fresh ciphertexts, of so many bytes each, are in which part: whole panels in all but
/// the last, and one part where there are none.
pub fn parts(count: usize, each: usize) -> impl Iterator<Item = usize> {
    let len = (PART_BYTES / each.max(1)).max(1).next_multiple_of(PANEL);
    (0..count.div_ceil(len).max(1)).map(move |part| len.min(count - part * len))
}

/// What a message holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Fresh = 1,
    Keys = 2,
    Computed = 3,
}

impl Kind {
    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fresh => "encrypted inputs",
            Self::Keys => "evaluation keys",
            Self::Computed => "ciphertexts",
        }
    }
}

/// Of the messages of one scheme and parameter set.
pub struct Head {
    pub mark: &'static [u8; 4],
    /// Of the parameters.
    pub fingerprint: [u8; 16],
}

impl Head {
    /// Begins a message.
    pub fn write(&self, kind: Kind, count: usize, out: &mut Writer) {
        out.bytes(self.mark).u8(kind as u8).bytes(&self.fingerprint).u32(count as u32);
    }

    /// A reader of what follows, and the number of ciphertexts.
    ///
    /// # Errors
    /// When it is the head of another message.
    pub fn open<'a>(&self, kind: Kind, bytes: &'a [u8]) -> Result<(Reader<'a>, usize), Malformed> {
        let mut from = Reader::new(kind.name(), bytes);
        if from.take()? != *self.mark {
            let mark = String::from_utf8_lossy(self.mark);
            return Err(
                from.fail(format!("does not start with {mark}: not a message of this program"))
            );
        }
        let (found, expected) = (from.u8()?, kind as u8);
        if found != expected {
            return Err(from.fail(format!("message kind {found} where {expected} is expected")));
        }
        if from.take()? != self.fingerprint {
            return Err(from.fail("made for other parameters; make it again with these"));
        }
        let count = from.u32()? as usize;
        if count > MAX_COUNT {
            return Err(from.fail(format!("{count} ciphertexts; at most {MAX_COUNT} are possible")));
        }
        Ok((from, count))
    }
}

/// The next seed of masks.
pub fn seed(from: &mut Reader) -> Result<Seed, Malformed> {
    Ok(Seed::from_bytes(from.take::<SEED_BYTES>()?))
}

/// The next `count` polynomials.
pub fn polys(
    from: &mut Reader,
    layout: &PolyLayout,
    count: usize,
) -> Result<Vec<RnsPoly>, Malformed> {
    let bytes = from.bytes(count.saturating_mul(layout.poly_len()))?;
    layout.read(count, bytes).map_err(|index| broken(from, index, count))
}

/// Of polynomial number `index`.
pub fn broken(from: &Reader, index: usize, count: usize) -> Malformed {
    from.fail(format!("polynomial {index} of {count} has a word that is not below its prime"))
}
