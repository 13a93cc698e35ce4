//! Messages as bytes. All integers little-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 4 | `CSC2` |
//! | 1 | kind: 1 fresh batch, 2 evaluation keys, 3 ciphertexts |
//! | 16 | fingerprint of the parameters |
//! | 4 | number of ciphertexts or rotations |
//! | 1, 1 | components (2 where it says nothing), level |
//! | 4, 1 | scale: exponent of two, number of odd factors |
//! | 12 each | an odd factor, its exponent |
//! | 4 each | rotations, as steps to the left, rising (kind 2 only) |
//! | 32 each | seeds of the masks (kind 1: one; kind 2: one for relinearisation, one per rotation) |
//! | rest | residues, polynomial after polynomial, prime after prime, each word in as many bits as its prime has |

use super::ciphertext::{Ciphertext, FreshBatch};
use super::keys::{EvaluationKeys, Rotation, SwitchKey, mask};
use super::{CkksError, CkksParameters, Scale};
use ring::{PolyLayout, RnsPoly, Seed, rotation_permutation};

const MAGIC: &[u8; 4] = b"CSC2";
const FIXED_BYTES: usize = 4 + 1 + 16 + 4 + 1 + 1 + 4 + 1;
const FACTOR_BYTES: usize = 12;
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
}

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
        out.extend_from_slice(&self.seed.to_bytes());
        layout(parameters, level).write(count, |index| self.bodies.poly(index), out);
    }

    /// Length of [`FreshBatch::to_bytes`] for `count` ciphertexts at `level` and `scale`.
    pub fn byte_len(parameters: &CkksParameters, count: usize, level: usize, scale: &Scale) -> u64 {
        let each = poly_len(parameters, level) as u64;
        header_len(scale) + SEED_BYTES as u64 + count as u64 * each
    }

    /// Reads what [`FreshBatch::to_bytes`] wrote for the same parameters.
    pub fn from_bytes(parameters: &CkksParameters, bytes: &[u8]) -> Result<Self, CkksError> {
        let mut reader = Reader { kind: Kind::Fresh, bytes };
        let Header { count, components, level, scale } = reader.header(parameters)?;
        if components != 2 {
            return Err(reader.fail(format!("{components} parts; fresh ciphertexts have 2")));
        }
        reader.expect_len(SEED_BYTES as u64 + count as u64 * poly_len(parameters, level) as u64)?;
        let seed = reader.seed()?;
        let found = layout(parameters, level).read_panels(count, reader.bytes);
        let bodies = found.map_err(|index| reader.broken(index, count))?;
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
        for steps in self.rotations.keys() {
            out.extend_from_slice(&steps.to_le_bytes());
        }
        let keys = || {
            std::iter::once(&self.relinearisation).chain(self.rotations.values().map(|r| &r.key))
        };
        keys().for_each(|key| out.extend_from_slice(&key.seed.to_bytes()));
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
        let mut reader = Reader { kind: Kind::Keys, bytes };
        let Header { count, components, level, scale } = reader.header(parameters)?;
        let usual =
            components == 2 && level == parameters.levels() && scale == Scale::power_of_two(0);
        if !usual {
            return Err(reader.fail("not at the top level with two parts and scale 1".into()));
        }
        if count >= parameters.degree() {
            return Err(
                reader.fail(format!("{count} rotations; fewer than the slots are possible"))
            );
        }
        reader.expect_len(keys_len(parameters, count))?;
        let mut steps = Vec::with_capacity(count);
        for _ in 0..count {
            let step = u32::from_le_bytes(reader.take()?);
            let low = steps.last().map_or(1, |last| last + 1);
            if !(low..parameters.degree() as u32).contains(&step) {
                return Err(reader.fail(format!("rotation by {step} is out of order or range")));
            }
            steps.push(step);
        }
        let seeds = (0..=count).map(|_| reader.seed()).collect::<Result<Vec<_>, _>>()?;
        let mut keys = Vec::with_capacity(seeds.len());
        for seed in seeds {
            let primes = parameters.basis().primes();
            let bodies = reader.polys(parameters, parameters.digits(level), primes)?;
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
        let mut reader = Reader { kind: Kind::Computed, bytes };
        let Header { count, components, level, scale } = reader.header(parameters)?;
        reader.expect_len((count * components) as u64 * poly_len(parameters, level) as u64)?;
        let mut polys = reader.polys(parameters, count * components, level)?.into_iter();
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
        out.extend_from_slice(MAGIC);
        out.push(kind as u8);
        out.extend_from_slice(&parameters.fingerprint());
        out.extend_from_slice(&(self.count as u32).to_le_bytes());
        out.push(self.components as u8);
        out.push(self.level as u8);
        let (two, odd) = self.scale.factors();
        out.extend_from_slice(&two.to_le_bytes());
        out.push(odd.len() as u8);
        for (factor, exponent) in odd {
            out.extend_from_slice(&factor.to_le_bytes());
            out.extend_from_slice(&exponent.to_le_bytes());
        }
    }
}

struct Reader<'a> {
    kind: Kind,
    bytes: &'a [u8],
}

impl Reader<'_> {
    fn fail(&self, reason: String) -> CkksError {
        CkksError::Wire { what: self.kind.name(), reason }
    }

    fn take<const LEN: usize>(&mut self) -> Result<[u8; LEN], CkksError> {
        let (field, rest) = self
            .bytes
            .split_first_chunk::<LEN>()
            .ok_or_else(|| self.fail(format!("ends {} bytes into a field", self.bytes.len())))?;
        self.bytes = rest;
        Ok(*field)
    }

    fn seed(&mut self) -> Result<Seed, CkksError> {
        Ok(Seed::from_bytes(self.take::<SEED_BYTES>()?))
    }

    /// `needed` in 64 bits: a header may say more than the words of the machine count.
    fn expect_len(&self, needed: u64) -> Result<(), CkksError> {
        let found = self.bytes.len();
        if found as u64 == needed {
            return Ok(());
        }
        Err(self.fail(format!("{found} bytes after the header; {needed} are needed")))
    }

    fn header(&mut self, parameters: &CkksParameters) -> Result<Header, CkksError> {
        if &self.take::<4>()? != MAGIC {
            return Err(self.fail("does not start with CSC2: not a message of this program".into()));
        }
        let [found] = self.take()?;
        if found != self.kind as u8 {
            let expected = self.kind as u8;
            return Err(self.fail(format!("message kind {found} where {expected} is expected")));
        }
        if self.take::<16>()? != parameters.fingerprint() {
            return Err(self.fail("made for other parameters; make it again with these".into()));
        }
        let count = u32::from_le_bytes(self.take()?) as usize;
        let [components, level] = self.take()?.map(usize::from);
        let levels = parameters.levels();
        if count > MAX_COUNT || !(2..=3).contains(&components) || !(1..=levels).contains(&level) {
            return Err(self.fail(format!(
                "{count} items of {components} parts at level {level}; at most {MAX_COUNT}, 2 or 3 parts, levels 1 to {levels} are possible"
            )));
        }
        let two = i32::from_le_bytes(self.take()?);
        let [factors] = self.take()?;
        let mut odd = Vec::with_capacity(factors.into());
        for _ in 0..factors {
            let factor = u64::from_le_bytes(self.take()?);
            odd.push((factor, i32::from_le_bytes(self.take()?)));
        }
        let scale = Scale::from_factors(two, odd)
            .ok_or_else(|| self.fail("its scale is not a number this program writes".into()))?;
        Ok(Header { count, components, level, scale })
    }

    fn broken(&self, index: usize, count: usize) -> CkksError {
        let reason = "has a word that is not below its prime";
        self.fail(format!("polynomial {index} of {count} {reason}"))
    }

    fn polys(
        &mut self,
        parameters: &CkksParameters,
        count: usize,
        primes: usize,
    ) -> Result<Vec<RnsPoly>, CkksError> {
        let layout = layout(parameters, primes);
        let polys = layout.read(count, self.bytes).map_err(|index| self.broken(index, count))?;
        self.bytes = self.bytes.get(count * layout.poly_len()..).unwrap_or_default();
        Ok(polys)
    }
}
