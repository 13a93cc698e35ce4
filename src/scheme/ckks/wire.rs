//! Messages as bytes, little-endian: the head that all schemes share ([`crate::head`], mark `CSC2`; of
//! keys the number of rotations), then
//!
//! | bytes | what |
//! |---|---|
//! | 1, 1 | components (2 where it says nothing), level |
//! | 4, 1 | scale: exponent of two, number of odd factors |
//! | 12 each | an odd factor, its exponent |
//! | 4 each | rotations, as steps to the left, rising (kind 2 only) |
//! | 32 each | seeds of the masks (kind 1: one; kind 2: one for relinearisation, one per rotation) |
//! | rest | residues, polynomial after polynomial, prime after prime, each word in as many bits as its prime has |

use super::ciphertext::{Ciphertext, FreshBatch};
use super::keys::{EvaluationKeys, Rotation, SwitchKey};
use super::{CkksError, CkksParameters, Scale};
use crate::head::{HEAD_BYTES, Head, Kind, SEED_BYTES, broken, parts, polys, seed};
use crate::rlwe::mask;
use ring::{PolyLayout, rotation_permutation};
use wire::{Malformed, Reader, Writer};

const FIXED_BYTES: usize = HEAD_BYTES + 1 + 1 + 4 + 1;
const FACTOR_BYTES: usize = 12;

struct Header {
    count: usize,
    components: usize,
    level: usize,
    scale: Scale,
}

impl FreshBatch {
    /// The message as bytes.
    pub fn to_bytes(&self, parameters: &CkksParameters) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(parameters, &mut out);
        out
    }

    /// Appends [`FreshBatch::to_bytes`].
    pub fn write(&self, parameters: &CkksParameters, out: &mut Vec<u8>) {
        let (count, level, scale) = (self.len(), self.level(), self.scale.clone());
        Header { count, components: 2, level, scale }.write(parameters, Kind::Fresh, out);
        Writer::new(out).bytes(&self.seed.to_bytes());
        layout(parameters, level).write(count, |index| self.bodies.poly(index), out);
    }

    /// How many of `count` ciphertexts at `level` are in which part of what is sent.
    pub fn part_lens(
        parameters: &CkksParameters,
        count: usize,
        level: usize,
    ) -> impl Iterator<Item = usize> + use<> {
        parts(count, poly_len(parameters, level))
    }

    /// Length of [`FreshBatch::to_bytes`] for `count` ciphertexts at `level` and `scale`.
    pub fn byte_len(parameters: &CkksParameters, count: usize, level: usize, scale: &Scale) -> u64 {
        let each = poly_len(parameters, level) as u64;
        header_len(scale) + SEED_BYTES as u64 + count as u64 * each
    }

    /// Reads what [`FreshBatch::to_bytes`] wrote for the same parameters.
    pub fn from_bytes(parameters: &CkksParameters, bytes: &[u8]) -> Result<Self, CkksError> {
        let (mut from, header) = Header::open(parameters, Kind::Fresh, bytes)?;
        let Header { count, components, level, scale } = header;
        if components != 2 {
            return Err(from.fail(format!("{components} parts; fresh ciphertexts have 2")).into());
        }
        from.exactly(SEED_BYTES as u64 + count as u64 * poly_len(parameters, level) as u64)?;
        let seed = seed(&mut from)?;
        let found = layout(parameters, level).read_panels(count, from.rest());
        let bodies = found.map_err(|index| broken(&from, index, count))?;
        Ok(Self { bodies, seed, scale })
    }
}

impl EvaluationKeys {
    /// The message as bytes.
    pub fn to_bytes(&self, parameters: &CkksParameters) -> Vec<u8> {
        let (count, level) = (self.rotations.len(), parameters.levels());
        let scale = Scale::power_of_two(0);
        let mut out = Vec::new();
        Header { count, components: 2, level, scale }.write(parameters, Kind::Keys, &mut out);
        let mut writer = Writer::new(&mut out);
        for steps in self.rotations.keys() {
            writer.u32(*steps);
        }
        let keys = || {
            std::iter::once(&self.relinearisation).chain(self.rotations.values().map(|r| &r.key))
        };
        keys().for_each(|key| _ = writer.bytes(&key.seed.to_bytes()));
        for key in keys() {
            let body = |index: usize| key.digits.get(index).map(|(body, _)| body);
            layout(parameters, parameters.basis().primes()).write(key.digits.len(), body, &mut out);
        }
        out
    }

    /// Length of [`EvaluationKeys::to_bytes`] with keys for so many rotations.
    pub fn byte_len(parameters: &CkksParameters, rotations: usize) -> u64 {
        let header = header_len(&Scale::power_of_two(0));
        header + keys_len(parameters, rotations)
    }

    /// Reads what [`EvaluationKeys::to_bytes`] wrote for the same parameters.
    pub fn from_bytes(parameters: &CkksParameters, bytes: &[u8]) -> Result<Self, CkksError> {
        let (mut from, header) = Header::open(parameters, Kind::Keys, bytes)?;
        let Header { count, components, level, scale } = header;
        let usual =
            components == 2 && level == parameters.levels() && scale == Scale::power_of_two(0);
        if !usual {
            return Err(from.fail("not at the top level with two parts and scale 1").into());
        }
        if count >= parameters.degree() {
            let reason = format!("{count} rotations; fewer than the slots are possible");
            return Err(from.fail(reason).into());
        }
        from.exactly(keys_len(parameters, count))?;
        let mut steps = Vec::with_capacity(count);
        for _ in 0..count {
            let step = from.u32()?;
            let low = steps.last().map_or(1, |last| last + 1);
            if !(low..parameters.degree() as u32).contains(&step) {
                let reason = format!("rotation by {step} is out of order or range");
                return Err(from.fail(reason).into());
            }
            steps.push(step);
        }
        let seeds = (0..=count).map(|_| seed(&mut from)).collect::<Result<Vec<_>, _>>()?;
        let mut keys = Vec::with_capacity(seeds.len());
        for seed in seeds {
            let primes = parameters.basis().primes();
            let layout = layout(parameters, primes);
            let bodies = polys(&mut from, &layout, parameters.digits(level))?;
            let with_mask = |(d, body)| (body, mask(parameters, &seed, d as u64, primes));
            let digits = bodies.into_iter().enumerate().map(with_mask).collect();
            keys.push(SwitchKey { digits, seed });
        }
        let relinearisation = keys.remove(0);
        let rotation = |(steps, key): (u32, SwitchKey)| {
            let permutation = rotation_permutation(parameters.degree(), steps.into());
            (steps, Rotation { permutation, key })
        };
        let rotations = steps.into_iter().zip(keys).map(rotation).collect();
        Ok(Self { relinearisation, rotations })
    }
}

impl Ciphertext {
    /// Ciphertexts of one level, number of components and scale as bytes.
    pub fn many_to_bytes(parameters: &CkksParameters, ciphertexts: &[Self]) -> Vec<u8> {
        let mut out = Vec::new();
        Self::write_many(parameters, ciphertexts, &mut out);
        out
    }

    /// Appends [`Ciphertext::many_to_bytes`].
    pub fn write_many(parameters: &CkksParameters, ciphertexts: &[Self], out: &mut Vec<u8>) {
        let first = ciphertexts.first();
        let header = Header {
            count: ciphertexts.len(),
            components: first.map_or(2, Self::components),
            level: first.map_or(1, Self::level),
            scale: first.map_or_else(|| Scale::power_of_two(0), |c| c.scale.clone()),
        };
        header.write(parameters, Kind::Computed, out);
        let components = header.components;
        let poly = |at: usize| ciphertexts.get(at / components)?.components.get(at % components);
        layout(parameters, header.level).write(ciphertexts.len() * components, poly, out);
    }

    /// Length of [`Ciphertext::many_to_bytes`].
    pub fn byte_len(
        parameters: &CkksParameters,
        count: usize,
        components: usize,
        level: usize,
        scale: &Scale,
    ) -> u64 {
        header_len(scale) + (count * components) as u64 * poly_len(parameters, level) as u64
    }

    /// Reads what [`Ciphertext::many_to_bytes`] wrote for the same parameters.
    pub fn many_from_bytes(
        parameters: &CkksParameters,
        bytes: &[u8],
    ) -> Result<Vec<Self>, CkksError> {
        let (mut from, header) = Header::open(parameters, Kind::Computed, bytes)?;
        let Header { count, components, level, scale } = header;
        from.exactly((count * components) as u64 * poly_len(parameters, level) as u64)?;
        let mut polys =
            polys(&mut from, &layout(parameters, level), count * components)?.into_iter();
        let one = |_| {
            let components = polys.by_ref().take(components).collect();
            Self { components, scale: scale.clone() }
        };
        Ok((0..count).map(one).collect())
    }
}

/// Polynomials modulo the first `primes` primes of the basis.
fn layout(parameters: &CkksParameters, primes: usize) -> PolyLayout {
    PolyLayout::new(parameters.degree(), (0..primes).map(|j| parameters.modulus(j)))
}

fn poly_len(parameters: &CkksParameters, primes: usize) -> usize {
    layout(parameters, primes).poly_len()
}

fn header_len(scale: &Scale) -> u64 {
    (FIXED_BYTES + FACTOR_BYTES * scale.factors().1.len()) as u64
}

/// What follows the header of keys.
fn keys_len(parameters: &CkksParameters, rotations: usize) -> u64 {
    let polys = (rotations + 1) * parameters.digits(parameters.levels());
    let seeds = (rotations + 1) * SEED_BYTES;
    let poly = poly_len(parameters, parameters.basis().primes());
    (4 * rotations + seeds) as u64 + polys as u64 * poly as u64
}

impl Header {
    fn write(&self, parameters: &CkksParameters, kind: Kind, out: &mut Vec<u8>) {
        let mut out = Writer::new(out);
        head(parameters).write(kind, self.count, &mut out);
        let (two, odd) = self.scale.factors();
        out.u8(self.components as u8).u8(self.level as u8).i32(two).u8(odd.len() as u8);
        for (factor, exponent) in odd {
            out.u64(*factor).i32(*exponent);
        }
    }

    /// The header, and what follows.
    fn open<'a>(
        parameters: &CkksParameters,
        kind: Kind,
        bytes: &'a [u8],
    ) -> Result<(Reader<'a>, Self), Malformed> {
        let (mut from, count) = head(parameters).open(kind, bytes)?;
        let [components, level] = from.take()?.map(usize::from);
        let levels = parameters.levels();
        if !(2..=3).contains(&components) || !(1..=levels).contains(&level) {
            return Err(from.fail(format!(
                "{count} items of {components} parts at level {level}; 2 or 3 parts, levels 1 to {levels} are possible"
            )));
        }
        let (two, factors) = (from.i32()?, from.u8()?);
        let odd = (0..factors).map(|_| Ok((from.u64()?, from.i32()?)));
        let scale = Scale::from_factors(two, odd.collect::<Result<_, Malformed>>()?)
            .ok_or_else(|| from.fail("its scale is not a number this program writes"))?;
        Ok((from, Self { count, components, level, scale }))
    }
}

fn head(parameters: &CkksParameters) -> Head {
    Head { mark: b"CSC2", fingerprint: parameters.fingerprint() }
}
