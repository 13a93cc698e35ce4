//! Messages as bytes. All integers little-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 4 | `CSB3` |
//! | 1 | kind: 1 fresh batch, 2 evaluation keys, 3 ciphertexts |
//! | 16 | fingerprint of the parameters |
//! | 4 | number of ciphertexts or digits |
//! | 1, 1, 8 | components, level, plaintext factor (2, all primes, 1 where they say nothing) |
//! | 32 | seed of the masks (kinds 1 and 2 only) |
//! | rest | residues, polynomial after polynomial, prime after prime, each word in as many bits as its prime has |

use super::ciphertext::{Ciphertext, FreshBatch};
use super::keys::{EvaluationKeys, mask};
use super::{BgvError, BgvParameters};
use ring::{PolyLayout, RnsPoly, Seed};
use std::borrow::Borrow;

const MAGIC: &[u8; 4] = b"CSB3";
const HEADER_BYTES: usize = 4 + 1 + 16 + 4 + 1 + 1 + 8;
const SEED_BYTES: usize = 32;

/// Most ciphertexts in one message.
const MAX_COUNT: usize = 1 << 20;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Fresh = 1,
    Keys = 2,
    Computed = 3,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Fresh => "encrypted inputs",
            Self::Keys => "evaluation keys",
            Self::Computed => "ciphertexts",
        }
    }

    fn seed_bytes(self) -> usize {
        if self == Self::Computed { 0 } else { SEED_BYTES }
    }
}

struct Header {
    count: usize,
    components: usize,
    level: usize,
    factor: u64,
}

impl FreshBatch {
    /// The message as bytes.
    pub fn to_bytes(&self, parameters: &BgvParameters) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(parameters, &mut out);
        out
    }

    /// Appends [`FreshBatch::to_bytes`].
    pub fn write(&self, parameters: &BgvParameters, out: &mut Vec<u8>) {
        let header =
            Header { count: self.len(), components: 2, level: parameters.primes(), factor: 1 };
        let seed = Some(&self.seed);
        let body = |index| self.bodies.poly(index);
        write(parameters, (Kind::Fresh, &header, seed), self.len(), body, out);
    }

    /// Length of [`FreshBatch::to_bytes`] for `count` ciphertexts.
    pub fn byte_len(parameters: &BgvParameters, count: usize) -> u64 {
        let each = poly_len(parameters, parameters.primes());
        (HEADER_BYTES + SEED_BYTES + count * each) as u64
    }

    /// Reads what [`FreshBatch::to_bytes`] wrote for the same parameters.
    pub fn from_bytes(parameters: &BgvParameters, bytes: &[u8]) -> Result<Self, BgvError> {
        let (header, rest) = read_header(parameters, Kind::Fresh, bytes)?;
        expect_fresh(Kind::Fresh, &header, parameters)?;
        let (seed, rest) = read_seed(Kind::Fresh, rest)?;
        let found = layout(parameters, header.level).read_panels(header.count, rest);
        let bodies = found.map_err(|index| broken(Kind::Fresh, index, header.count))?;
        Ok(Self { bodies, seed })
    }
}

impl EvaluationKeys {
    /// The message as bytes.
    pub fn to_bytes(&self, parameters: &BgvParameters) -> Vec<u8> {
        let header = Header {
            count: self.digits.len(),
            components: 2,
            level: parameters.primes(),
            factor: 1,
        };
        let mut out = Vec::new();
        let body = |index: usize| self.digits.get(index).map(|(body, _)| body);
        let seed = Some(&self.seed);
        write(parameters, (Kind::Keys, &header, seed), self.digits.len(), body, &mut out);
        out
    }

    /// Length of [`EvaluationKeys::to_bytes`].
    pub fn byte_len(parameters: &BgvParameters) -> u64 {
        FreshBatch::byte_len(parameters, parameters.primes())
    }

    /// Reads what [`EvaluationKeys::to_bytes`] wrote for the same parameters.
    pub fn from_bytes(parameters: &BgvParameters, bytes: &[u8]) -> Result<Self, BgvError> {
        let kind = Kind::Keys;
        let (header, rest) = read_header(parameters, kind, bytes)?;
        expect_fresh(kind, &header, parameters)?;
        if header.count != parameters.primes() {
            let reason = format!("{} digits; {} are needed", header.count, parameters.primes());
            return Err(BgvError::Wire { what: kind.name(), reason });
        }
        let (seed, rest) = read_seed(kind, rest)?;
        let bodies = layout(parameters, header.level)
            .read(header.count, rest)
            .map_err(|index| broken(kind, index, header.count))?;
        let with_mask = |(index, body)| (body, mask(parameters, &seed, index as u64, header.level));
        let digits = bodies.into_iter().enumerate().map(with_mask).collect();
        Ok(Self { digits, seed })
    }
}

impl Ciphertext {
    /// Ciphertexts of one level, number of components and factor as bytes.
    pub fn many_to_bytes(parameters: &BgvParameters, ciphertexts: &[Self]) -> Vec<u8> {
        let mut out = Vec::new();
        Self::write_many(parameters, ciphertexts, &mut out);
        out
    }

    /// Appends [`Ciphertext::many_to_bytes`].
    pub fn write_many(parameters: &BgvParameters, ciphertexts: &[Self], out: &mut Vec<u8>) {
        let first = ciphertexts.first();
        let header = Header {
            count: ciphertexts.len(),
            components: first.map_or(2, Self::components),
            level: first.map_or(1, Self::level),
            factor: first.map_or(1, |c| c.factor),
        };
        let components = header.components;
        let poly = |at: usize| ciphertexts.get(at / components)?.components.get(at % components);
        let count = ciphertexts.len() * components;
        write(parameters, (Kind::Computed, &header, None), count, poly, out);
    }

    /// Length of [`Ciphertext::many_to_bytes`].
    pub fn byte_len(
        parameters: &BgvParameters,
        count: usize,
        components: usize,
        level: usize,
    ) -> u64 {
        (HEADER_BYTES + count * components * poly_len(parameters, level)) as u64
    }

    /// Reads what [`Ciphertext::many_to_bytes`] wrote for the same parameters.
    pub fn many_from_bytes(
        parameters: &BgvParameters,
        bytes: &[u8],
    ) -> Result<Vec<Self>, BgvError> {
        let kind = Kind::Computed;
        let (header, rest) = read_header(parameters, kind, bytes)?;
        let count = header.count * header.components;
        let polys = layout(parameters, header.level).read(count, rest);
        let mut polys = polys.map_err(|index| broken(kind, index, count))?.into_iter();
        let one = |_| {
            let components = polys.by_ref().take(header.components).collect();
            Self { components, factor: header.factor }
        };
        Ok((0..header.count).map(one).collect())
    }
}

/// Polynomials modulo the first `level` primes.
fn layout(parameters: &BgvParameters, level: usize) -> PolyLayout {
    PolyLayout::new(parameters.degree(), (0..level).map(|j| parameters.basis().modulus(j)))
}

fn poly_len(parameters: &BgvParameters, level: usize) -> usize {
    layout(parameters, level).poly_len()
}

fn broken(kind: Kind, index: usize, count: usize) -> BgvError {
    let reason = format!("polynomial {index} of {count} has a word that is not below its prime");
    BgvError::Wire { what: kind.name(), reason }
}

fn write<P: Borrow<RnsPoly>>(
    parameters: &BgvParameters,
    (kind, header, seed): (Kind, &Header, Option<&Seed>),
    polys: usize,
    poly: impl Fn(usize) -> Option<P> + Sync,
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(MAGIC);
    out.push(kind as u8);
    out.extend_from_slice(&parameters.fingerprint());
    out.extend_from_slice(&(header.count as u32).to_le_bytes());
    out.push(header.components as u8);
    out.push(header.level as u8);
    out.extend_from_slice(&header.factor.to_le_bytes());
    if let Some(seed) = seed {
        out.extend_from_slice(&seed.to_bytes());
    }
    layout(parameters, header.level).write(polys, poly, out);
}

fn read_header<'a>(
    parameters: &BgvParameters,
    kind: Kind,
    bytes: &'a [u8],
) -> Result<(Header, &'a [u8]), BgvError> {
    let fail = |reason: String| BgvError::Wire { what: kind.name(), reason };
    let Some((head, rest)) = bytes.split_at_checked(HEADER_BYTES) else {
        return Err(fail(format!("{} bytes; a header alone has {HEADER_BYTES}", bytes.len())));
    };
    let mut at = 0;
    let mut take = |len: usize| {
        let field = &head[at..at + len];
        at += len;
        field
    };
    if take(4) != MAGIC {
        return Err(fail("does not start with CSB3: not a message of this program".into()));
    }
    let found = take(1)[0];
    if found != kind as u8 {
        return Err(fail(format!("message kind {found} where {} is expected", kind as u8)));
    }
    if take(16) != parameters.fingerprint() {
        return Err(fail("made for other parameters; make it again with these".into()));
    }
    let number = |field: &[u8]| field.iter().rev().fold(0u64, |acc, b| (acc << 8) | u64::from(*b));
    let header = Header {
        count: number(take(4)) as usize,
        components: usize::from(take(1)[0]),
        level: usize::from(take(1)[0]),
        factor: number(take(8)),
    };
    let t = parameters.t().value();
    let fits = header.count <= MAX_COUNT
        && (2..=3).contains(&header.components)
        && (1..=parameters.primes()).contains(&header.level)
        && (1..t).contains(&header.factor);
    if !fits {
        return Err(fail(format!(
            "{} ciphertexts of {} parts at level {} with factor {}; at most {MAX_COUNT}, 2 or 3 parts, levels 1 to {}, factors 1 to {} are possible",
            header.count,
            header.components,
            header.level,
            header.factor,
            parameters.primes(),
            t - 1
        )));
    }
    let stored_parts = if kind == Kind::Computed { header.components } else { 1 };
    // In 64 bits: a header may say more than the words of the machine count.
    let each = stored_parts as u64 * poly_len(parameters, header.level) as u64;
    let needed = kind.seed_bytes() as u64 + header.count as u64 * each;
    if rest.len() as u64 != needed {
        return Err(fail(format!("{} bytes after the header; {needed} are needed", rest.len())));
    }
    Ok((header, rest))
}

/// Fresh messages have two components at the top level and no factor.
fn expect_fresh(kind: Kind, header: &Header, parameters: &BgvParameters) -> Result<(), BgvError> {
    if header.components == 2 && header.level == parameters.primes() && header.factor == 1 {
        return Ok(());
    }
    let reason = "not at the top level with two parts and factor 1".to_owned();
    Err(BgvError::Wire { what: kind.name(), reason })
}

fn read_seed(kind: Kind, bytes: &[u8]) -> Result<(Seed, &[u8]), BgvError> {
    match bytes.split_first_chunk::<SEED_BYTES>() {
        Some((seed, rest)) => Ok((Seed::from_bytes(*seed), rest)),
        None => Err(BgvError::Wire { what: kind.name(), reason: "ends before its seed".into() }),
    }
}
