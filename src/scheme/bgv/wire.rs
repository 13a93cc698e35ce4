//! Messages as bytes, little-endian: the head that all schemes share ([`crate::head`], mark `CSB3`), then
//!
//! | bytes | what |
//! |---|---|
//! | 1, 1, 8 | components, level, plaintext factor (2, all primes, 1 where they say nothing) |
//! | 32 | seed of the masks (kinds 1 and 2 only) |
//! | rest | residues, polynomial after polynomial, prime after prime, each word in as many bits as its prime has |

use super::ciphertext::{Ciphertext, FreshBatch};
use super::keys::EvaluationKeys;
use super::{BgvError, BgvParameters};
use crate::head::{HEAD_BYTES, Head, Kind, SEED_BYTES, broken, parts, polys, seed};
use crate::rlwe::mask;
use ring::{PolyLayout, RnsPoly, Seed};
use std::borrow::Borrow;
use wire::{Malformed, Reader, Writer};

const HEADER_BYTES: usize = HEAD_BYTES + 1 + 1 + 8;

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

    /// How many of `count` ciphertexts are in which part of what is sent.
    pub fn part_lens(
        parameters: &BgvParameters,
        count: usize,
    ) -> impl Iterator<Item = usize> + use<> {
        parts(count, poly_len(parameters, parameters.primes()))
    }

    /// Length of [`FreshBatch::to_bytes`] for `count` ciphertexts.
    pub fn byte_len(parameters: &BgvParameters, count: usize) -> u64 {
        let each = poly_len(parameters, parameters.primes());
        (HEADER_BYTES + SEED_BYTES + count * each) as u64
    }

    /// Reads what [`FreshBatch::to_bytes`] wrote for the same parameters.
    pub fn from_bytes(parameters: &BgvParameters, bytes: &[u8]) -> Result<Self, BgvError> {
        let (mut from, header) = open(parameters, Kind::Fresh, bytes)?;
        let seed = seed(&mut from)?;
        let found = layout(parameters, header.level).read_panels(header.count, from.rest());
        let bodies = found.map_err(|index| broken(&from, index, header.count))?;
        Ok(Self { bodies, seed, scale: 1 })
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
        let (mut from, header) = open(parameters, Kind::Keys, bytes)?;
        if header.count != parameters.primes() {
            let reason = format!("{} digits; {} are needed", header.count, parameters.primes());
            return Err(from.fail(reason).into());
        }
        let seed = seed(&mut from)?;
        let bodies = polys(&mut from, &layout(parameters, header.level), header.count)?;
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
            factor: first.map_or(1, |c| c.scale),
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
        let (mut from, header) = open(parameters, Kind::Computed, bytes)?;
        let (layout, count) = (layout(parameters, header.level), header.count * header.components);
        let mut polys = polys(&mut from, &layout, count)?.into_iter();
        let one = |_| {
            let components = polys.by_ref().take(header.components).collect();
            Self { components, scale: header.factor }
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

fn head(parameters: &BgvParameters) -> Head {
    Head { mark: b"CSB3", fingerprint: parameters.fingerprint() }
}

fn write<P: Borrow<RnsPoly>>(
    parameters: &BgvParameters,
    (kind, header, seed): (Kind, &Header, Option<&Seed>),
    polys: usize,
    poly: impl Fn(usize) -> Option<P> + Sync,
    out: &mut Vec<u8>,
) {
    let mut writer = Writer::new(out);
    head(parameters).write(kind, header.count, &mut writer);
    writer.u8(header.components as u8).u8(header.level as u8).u64(header.factor);
    if let Some(seed) = seed {
        writer.bytes(&seed.to_bytes());
    }
    layout(parameters, header.level).write(polys, poly, out);
}

/// The header, and what follows: as long as the header says.
fn open<'a>(
    parameters: &BgvParameters,
    kind: Kind,
    bytes: &'a [u8],
) -> Result<(Reader<'a>, Header), Malformed> {
    let (mut from, count) = head(parameters).open(kind, bytes)?;
    let [components, level] = from.take()?.map(usize::from);
    let factor = from.u64()?;
    let (primes, t) = (parameters.primes(), parameters.t().value());
    let fits = (2..=3).contains(&components) && (1..=primes).contains(&level);
    if !fits || !(1..t).contains(&factor) {
        return Err(from.fail(format!(
            "{count} ciphertexts of {components} parts at level {level} with factor {factor}; 2 or 3 parts, levels 1 to {primes}, factors 1 to {} are possible",
            t - 1
        )));
    }
    let (stored_parts, seed_bytes) = match kind {
        Kind::Computed => (components, 0),
        Kind::Fresh | Kind::Keys => (1, SEED_BYTES),
    };
    if kind != Kind::Computed && (components, level, factor) != (2, primes, 1) {
        return Err(from.fail("not at the top level with two parts and factor 1"));
    }
    let each = stored_parts as u64 * poly_len(parameters, level) as u64;
    from.exactly(seed_bytes as u64 + count as u64 * each)?;
    Ok((from, Header { count, components, level, factor }))
}
