//! Encodings of ristretto255, eight at a time: RFC 9496, sections 4.3.1 and 4.3.2.

use super::field::{D, Fe, INVSQRT_A_MINUS_D, ONE, SQRT_M1, Stored, ZERO, invert_all};
use super::point::{Addend, StoredAddend, StoredSum, Sum};
use ring::Kernel;
use ring::kernels::octet::{LIMB_BITS, OCTET, Octet, OctetProgram};

/// Bytes of an encoded group element.
pub const ELEMENT_BYTES: usize = 32;

/// An encoded element of ristretto255, as it lies in messages; not checked to be one.
pub type Encoded = [u8; ELEMENT_BYTES];

/// The encoding of the identity: its only one.
pub const IDENTITY: Encoded = [0; ELEMENT_BYTES];

/// Octets whose inversions are shared.
const CHUNK: usize = 64;

const MASK: u64 = (1 << LIMB_BITS) - 1;

/// An encoding that is none: the first of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("element {at} of {of} is no encoding of a ristretto255 element")]
pub struct MalformedElement {
    pub at: usize,
    pub of: usize,
}

/// Elements ready to be added, eight per octet; the last octet is filled up with the identity.
///
/// # Errors
/// When one is not the canonical encoding of an element.
pub fn decode(kernel: Kernel, encoded: &[Encoded]) -> Result<Vec<StoredAddend>, MalformedElement> {
    let mut out = vec![StoredAddend::BLANK; encoded.len().div_ceil(OCTET)];
    match kernel.run_octets(Decode { encoded, out: &mut out }) {
        None => Ok(out),
        Some(at) => Err(MalformedElement { at, of: encoded.len() }),
    }
}

/// The encodings of the doubles of `points` (so that only inversions are needed, and they are shared;
/// whoever wants a point itself encoded hands over its half). `count` of them, octet by octet.
pub fn encode_doubles(kernel: Kernel, points: &[StoredSum], count: usize) -> Vec<Encoded> {
    let mut out = vec![[0; ELEMENT_BYTES]; points.len() * OCTET];
    kernel.run_octets(EncodeDoubles { points, out: &mut out });
    out.truncate(count);
    out
}

/// The four little-endian words of an encoding, when it is below p and even.
fn words(encoded: &Encoded) -> Option<[u64; 4]> {
    let mut words = [0; 4];
    for (word, bytes) in words.iter_mut().zip(encoded.as_chunks::<8>().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    let [low, b, c, top] = words;
    const TOP: u64 = u64::MAX >> 1;
    let below_p = top < TOP || (top == TOP && (b & c != u64::MAX || low < u64::MAX - 18));
    (below_p && low & 1 == 0).then_some(words)
}

struct Decode<'a> {
    encoded: &'a [Encoded],
    out: &'a mut [StoredAddend],
}

impl OctetProgram for Decode<'_> {
    /// The first that is malformed.
    type Output = Option<usize>;

    #[inline(always)]
    fn run<W: Octet>(self) -> Option<usize> {
        let one = Fe::<W>::constant(ONE);
        for (octet, (group, out)) in self.encoded.chunks(OCTET).zip(self.out).enumerate() {
            let mut limbs = Stored::ZERO;
            for (lane, encoded) in group.iter().enumerate() {
                let Some([a, b, c, d]) = words(encoded) else { return Some(octet * OCTET + lane) };
                limbs.0[0][lane] = a & MASK;
                limbs.0[1][lane] = (a >> 51 | b << 13) & MASK;
                limbs.0[2][lane] = (b >> 38 | c << 26) & MASK;
                limbs.0[3][lane] = (c >> 25 | d << 39) & MASK;
                limbs.0[4][lane] = d >> 12;
            }
            let s = Fe::<W>::load(&limbs);
            let ss = s.square();
            let (u1, u2) = (one.sub(ss), one.add(ss));
            let u2_squared = u2.square();
            let v = Fe::constant(ZERO).sub(Fe::constant(D).mul(u1.square())).sub(u2_squared);
            let (was_square, inverse) = v.mul(u2_squared).invsqrt();
            let den_x = inverse.mul(u2);
            let den_y = inverse.mul(den_x).mul(v);
            let x = s.add(s).mul(den_x).abs();
            let y = u1.mul(den_y);
            let good = was_square.xor(was_square.and(x.mul(y).is_negative().or(y.is_zero())));
            let mut lanes = [0; OCTET];
            good.store(&mut lanes);
            if let Some(lane) = lanes.iter().take(group.len()).position(|&g| g == 0) {
                return Some(octet * OCTET + lane);
            }
            Addend::from_affine(x, y).store(out);
        }
        None
    }
}

struct EncodeDoubles<'a> {
    points: &'a [StoredSum],
    out: &'a mut [Encoded],
}

impl OctetProgram for EncodeDoubles<'_> {
    type Output = ();

    #[inline(always)]
    fn run<W: Octet>(self) {
        let (mut states, mut inverses, mut scratch) = (Vec::new(), Vec::new(), Vec::new());
        for (points, out) in self.points.chunks(CHUNK).zip(self.out.chunks_mut(CHUNK * OCTET)) {
            states.clear();
            inverses.clear();
            for point in points {
                // The same 2P as in `RistrettoPoint::double_and_compress_batch` of curve25519-dalek.
                let p = Sum::<W>::load(point).point();
                let zz = p.z.square();
                let dtt = p.t.square().mul(Fe::constant(D));
                let (e, f) = (p.x.mul(p.y.add(p.y)), zz.add(dtt));
                let (g, h) = (p.y.squared().add(p.x.squared()).carry(), zz.sub(dtt));
                inverses.push(e.mul(g).mul(f.mul(h)).stored());
                states.push([e.stored(), f.stored(), g.stored(), h.stored()]);
            }
            invert_all::<W>(&mut inverses, &mut scratch);
            let groups = out.chunks_mut(OCTET);
            for ((state, inverse), out) in states.iter().zip(&inverses).zip(groups) {
                let [e, f, g, h] = state;
                let (e, f, g, h) = (Fe::<W>::load(e), Fe::load(f), Fe::load(g), Fe::load(h));
                encode(e, f, g, h, Fe::load(inverse), out);
            }
        }
    }
}

#[inline(always)]
fn encode<W: Octet>(e: Fe<W>, f: Fe<W>, g: Fe<W>, h: Fe<W>, inverse: Fe<W>, out: &mut [Encoded]) {
    let (i, magic) = (Fe::constant(SQRT_M1), Fe::constant(INVSQRT_A_MINUS_D));
    let (eg, fh) = (e.mul(g), f.mul(h));
    let (z_inverse, t_inverse) = (eg.mul(inverse), fh.mul(inverse));
    let rotate = eg.mul(z_inverse).is_negative();
    let magic = magic.select(i, rotate);
    let (e, g) = (e.select(g, rotate), g.select(e.neg(), rotate));
    let h = h.select(f.mul(i), rotate);
    let g = g.select(g.neg(), h.mul(e).mul(z_inverse).is_negative());
    let s = h.sub(g).mul(magic.mul(g.mul(t_inverse))).abs();
    let mut limbs = Stored::ZERO;
    for (words, limb) in limbs.0.iter_mut().zip(s.canonical()) {
        limb.store(words);
    }
    for (lane, out) in out.iter_mut().enumerate() {
        let [a, b, c, d, e] = limbs.0.map(|words| words[lane]);
        let words = [a | b << 51, b >> 13 | c << 38, c >> 26 | d << 25, d >> 39 | e << 12];
        for (bytes, word) in out.as_chunks_mut::<8>().0.iter_mut().zip(words) {
            *bytes = word.to_le_bytes();
        }
    }
}
