//! Byte-wise matrix products on the tile unit (AMX): residues are cut into planes of bytes, weights
//! are signed bytes, and sixteen outputs of sixteen words grow at once, a thousand byte products a
//! cycle. Everything else of this kernel is that of AVX-512.
//!
//! The assembler is written out because the compiler has no stable intrinsics for tiles; nothing
//! that it generates uses tile registers, so their contents live across the blocks below.

use super::ifma::{self, Wide};
use super::{Modulus, Tile};
use std::arch::asm;
use std::arch::x86_64::*;
use std::marker::PhantomData;
use std::sync::OnceLock;

/// Words worked on together: 32-bit lanes of a register.
pub const WORDS: usize = 16;

/// Rows of weights in one tile register.
pub const ROWS: usize = 16;

/// Inputs in one group of four bytes.
pub const QUAD: usize = 4;

/// Groups of four inputs in one tile register.
pub const QUADS: usize = 16;

/// Most byte planes of a word below 2^50.
const MAX_PLANES: usize = 7;

/// Bytes of a word modulo `q`.
pub fn planes_of(q: Modulus) -> usize {
    q.value().ilog2() as usize / 8 + 1
}

/// Byte planes that one pass takes: six sums, one tile of weights and one of inputs.
const PASS: usize = 6;

/// One byte of four inputs, for sixteen words; words in the order of [`pack`].
#[repr(C, align(64))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quad(pub [u8; 64]);

/// Weights of sixteen rows on sixteen quads, `[row][input]`.
#[repr(C, align(64))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weights(pub [[i8; QUAD * QUADS]; ROWS]);

/// An output of a map: `limbs` rows, the lowest digit first; row `row + l` counts `2^(8 l)` times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Output {
    pub index: u32,
    pub row: u8,
    pub limbs: u8,
}

/// Sums of sixteen rows over sixteen words, for one plane.
#[repr(C, align(64))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sums(pub [[i32; WORDS]; ROWS]);

/// Shape of the tile registers: sixteen rows of 64 bytes each.
#[repr(C, align(64))]
struct Configuration {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    bytes_per_row: [u16; 16],
    rows: [u8; 16],
}

static CONFIGURATION: Configuration = {
    let (mut bytes_per_row, mut rows) = ([0; 16], [0; 16]);
    let mut tile = 0;
    while tile < 8 {
        bytes_per_row[tile] = 64;
        rows[tile] = ROWS as u8;
        tile += 1;
    }
    Configuration { palette: 1, start_row: 0, reserved: [0; 14], bytes_per_row, rows }
};

/// Whether the processor has the unit and the operating system lets this process use it.
pub fn available() -> bool {
    static AVAILABLE: OnceLock<bool> = OnceLock::new();
    *AVAILABLE.get_or_init(|| {
        const TILES_AND_BYTES: u32 = 1 << 24 | 1 << 25;
        let features = __cpuid_count(7, 0).edx;
        features & TILES_AND_BYTES == TILES_AND_BYTES && permitted()
    })
}

/// Asks the kernel for the 8 KiB of tile state (Linux, Documentation/arch/x86/xstate.rst).
#[cfg(target_os = "linux")]
fn permitted() -> bool {
    const ARCH_REQ_XCOMP_PERM: libc::c_long = 0x1023;
    const TILE_DATA: libc::c_long = 18;
    // SAFETY: this call takes two numbers and touches no memory of ours.
    unsafe { libc::syscall(libc::SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, TILE_DATA) == 0 }
}

#[cfg(not(target_os = "linux"))]
fn permitted() -> bool {
    false
}

/// See [`Session::pack`]. Lane by lane the words come in the order 0, 1, 8, 9, 2, 3, 10, 11, 4, 5,
/// 12, 13, 6, 7, 14, 15.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
fn pack(inputs: [&[u64; WORDS]; QUAD], planes: usize, out: &mut [Quad], stride: usize) {
    // Bytes of even and odd words of four inputs: planes 0 to 3, and 4 to 7.
    let bytes = |half: usize| {
        let [a, b, c, d] = inputs.map(|x| ifma::load(&x.as_chunks().0[half]));
        let (ab, cd) = (_mm512_unpacklo_epi8(a, b), _mm512_unpacklo_epi8(c, d));
        let even = (_mm512_unpacklo_epi16(ab, cd), _mm512_unpackhi_epi16(ab, cd));
        let (ab, cd) = (_mm512_unpackhi_epi8(a, b), _mm512_unpackhi_epi8(c, d));
        let odd = (_mm512_unpacklo_epi16(ab, cd), _mm512_unpackhi_epi16(ab, cd));
        (even, odd)
    };
    let ((even0, odd0), (even1, odd1)) = (bytes(0), bytes(1));
    let four = |a, b, c, d| {
        let (ab, cd) = (_mm512_unpacklo_epi32(a, b), _mm512_unpacklo_epi32(c, d));
        let low = [_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd)];
        let (ab, cd) = (_mm512_unpackhi_epi32(a, b), _mm512_unpackhi_epi32(c, d));
        let high = [_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd)];
        [low[0], low[1], high[0], high[1]]
    };
    let low = four(even0.0, odd0.0, even1.0, odd1.0);
    let high = four(even0.1, odd0.1, even1.1, odd1.1);
    let planes = low.iter().chain(&high).take(planes);
    for (plane, out) in planes.zip(out.chunks_mut(stride)) {
        // SAFETY: the quad is 64 bytes long and aligned to 64.
        unsafe { _mm512_store_si512(out[0].0.as_mut_ptr().cast(), *plane) };
    }
}

/// Lets the tile registers be used with [`CONFIGURATION`] until dropped.
pub struct Session(PhantomData<*const ()>);

impl Session {
    /// Begins on this thread; `None` where there is no tile unit.
    pub fn begin() -> Option<Self> {
        if !available() || !super::ifma_available() {
            return None;
        }
        // SAFETY: the unit is there and permitted; the configuration is 64 bytes and valid.
        unsafe {
            asm!("ldtilecfg [{}]", in(reg) &raw const CONFIGURATION, options(nostack, readonly));
        }
        Some(Self(PhantomData))
    }

    /// Cuts sixteen words of four inputs into bytes: plane `p` goes to `out[p stride]`.
    pub fn pack(
        &self,
        inputs: [&[u64; WORDS]; QUAD],
        planes: usize,
        out: &mut [Quad],
        stride: usize,
    ) {
        // SAFETY: a session exists only where the processor has these instructions.
        unsafe { pack(inputs, planes, out, stride) };
    }

    /// Puts the planes of the rows of some outputs together, modulo `q` (at least 2^11), and writes
    /// them to half `half` of their tiles. No sum of bytes may be larger than `bound`, which is below
    /// `2^31`.
    pub fn combine(
        &self,
        q: Modulus,
        bound: u64,
        sums: &[Sums],
        outputs: &[Output],
        out: &mut [Tile],
        half: usize,
    ) {
        // SAFETY: a session exists only where the processor has these instructions.
        unsafe { combine(q, bound, sums, outputs, out, half) };
    }

    /// `sums[p][r][w] = sum over blocks b and inputs i of weights[b][r][i] quads[p stride + 16 b + i/4]`,
    /// for planes `p < sums.len()`. Exact while each sum stays below 2^31.
    pub fn multiply(&self, weights: &[Weights], quads: &[Quad], stride: usize, sums: &mut [Sums]) {
        let planes = sums.len();
        assert!(!weights.is_empty() && QUADS * weights.len() <= stride, "whole blocks of quads");
        assert!((1..=MAX_PLANES).contains(&planes) && planes * stride <= quads.len(), "all planes");
        for (pass, sums) in sums.chunks_mut(PASS).enumerate() {
            let quads = &quads[pass * PASS * stride..];
            // SAFETY: the registers are configured while `self` lives. The loops read
            // `weights.len()` tiles of weights and as many of each plane, and write one tile of
            // sums for each plane, all inside the slices by the assertions above.
            unsafe { multiply(weights, quads, stride, sums) };
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // SAFETY: a configuration was loaded on this thread (sessions cannot be sent to another).
        unsafe { asm!("tilerelease", options(nostack, nomem)) };
    }
}

/// The loop over blocks for the planes that are named.
macro_rules! multiply_planes {
    ($weights:ident, $quads:ident, $stride:ident, $sums:ident, $($plane:literal)*) => {
        asm!(
            $(concat!("tilezero tmm", $plane),)*
            "2:",
            "tileloadd tmm6, [{weights} + {row}]",
            "mov {at}, {quads}",
            $(
                "tileloadd tmm7, [{at} + {row}]",
                concat!("tdpbsud tmm", $plane, ", tmm6, tmm7"),
                "add {at}, {stride}",
            )*
            "add {weights}, 1024",
            "add {quads}, 1024",
            "dec {blocks}",
            "jnz 2b",
            $(concat!("tilestored [{sums} + {row} + 1024 * ", $plane, "], tmm", $plane),)*
            weights = inout(reg) $weights.as_ptr() => _,
            quads = inout(reg) $quads.as_ptr() => _,
            blocks = inout(reg) $weights.len() => _,
            at = out(reg) _,
            stride = in(reg) $stride * size_of::<Quad>(),
            sums = in(reg) $sums.as_mut_ptr(),
            row = in(reg) 64usize,
            options(nostack),
        )
    };
}

/// See [`Session::multiply`], at most six planes.
unsafe fn multiply(weights: &[Weights], quads: &[Quad], stride: usize, sums: &mut [Sums]) {
    // SAFETY: the caller has configured the registers and checked the lengths.
    unsafe {
        match sums.len() {
            1 => multiply_planes!(weights, quads, stride, sums, 0),
            2 => multiply_planes!(weights, quads, stride, sums, 0 1),
            3 => multiply_planes!(weights, quads, stride, sums, 0 1 2),
            4 => multiply_planes!(weights, quads, stride, sums, 0 1 2 3),
            5 => multiply_planes!(weights, quads, stride, sums, 0 1 2 3 4),
            _ => multiply_planes!(weights, quads, stride, sums, 0 1 2 3 4 5),
        }
    }
}

/// See [`Session::combine`].
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
fn combine(
    q: Modulus,
    bound: u64,
    sums: &[Sums],
    outputs: &[Output],
    out: &mut [Tile],
    half: usize,
) {
    let wide = Wide::new(q);
    let joiner = Joiner::new(q, wide, sums.len(), bound);
    for output in outputs {
        let rows = usize::from(output.row)..usize::from(output.row + output.limbs);
        let mut values = joiner.join(sums, rows.end - 1);
        for row in (rows.start..rows.end - 1).rev() {
            let lower = joiner.join(sums, row);
            for (value, lower) in values.iter_mut().zip(lower) {
                // Below 2^58 + 2^50.
                *value = wide.reduce(_mm512_add_epi64(_mm512_slli_epi64::<8>(*value), lower));
            }
        }
        let words = out[output.index as usize].0.as_chunks_mut().0;
        ifma::store(&mut words[2 * half], values[0]);
        ifma::store(&mut words[2 * half + 1], values[1]);
    }
}

/// What is needed to join the byte planes of a row.
#[derive(Clone, Copy)]
struct Joiner {
    wide: Wide,
    planes: usize,
    /// Pairs of planes fit 32 bits, and all of them 60.
    short: bool,
    /// Multiples of q that make sums non-negative: of all planes, or of the lower and upper ones.
    lift: __m512i,
    lift_upper: __m512i,
    /// `2^24`, grown.
    shift_24: __m512i,
}

impl Joiner {
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
    fn new(q: Modulus, wide: Wide, planes: usize, bound: u64) -> Self {
        let all = u128::from(bound) * (((1u128 << (8 * planes)) - 1) / 255);
        let short = bound * 257 < 1 << 31 && all < 1 << 60;
        let multiple = |least: u64| ifma::splat(least.div_ceil(q.value()) * q.value());
        let (lift, lift_upper) = if short {
            (multiple(all as u64), multiple(0))
        } else {
            // Three lower planes, four upper ones: below 2^48 and 2^56.
            (multiple(bound * 0x1_0101), multiple(bound * 0x101_0101))
        };
        let shift_24 = wide.grow(ifma::splat((1 << 24) % q.value()));
        Self { wide, planes, short, lift, lift_upper, shift_24 }
    }

    /// Sixteen words of a row, canonical.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
    fn join(self, sums: &[Sums], row: usize) -> [__m512i; 2] {
        let lanes = |plane: usize| match sums.get(plane) {
            // SAFETY: a row is 64 bytes, aligned to 64.
            Some(s) if plane < self.planes => unsafe {
                _mm512_load_si512(s.0[row].as_ptr().cast())
            },
            _ => _mm512_setzero_si512(),
        };
        // Undoes the order of `pack`, and widens.
        let order = _mm512_setr_epi32(0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15);
        let widen = |x: __m512i| {
            let x = _mm512_permutexvar_epi32(order, x);
            [
                _mm512_cvtepi32_epi64(_mm512_castsi512_si256(x)),
                _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64::<1>(x)),
            ]
        };
        if self.short {
            let pair = |plane: usize| {
                widen(_mm512_add_epi32(lanes(plane), _mm512_slli_epi32::<8>(lanes(plane + 1))))
            };
            let (a, b, c) = (pair(0), pair(2), pair(4));
            std::array::from_fn(|i| {
                let ab = _mm512_add_epi64(a[i], _mm512_slli_epi64::<16>(b[i]));
                let sum = _mm512_add_epi64(ab, _mm512_slli_epi64::<32>(c[i]));
                let sum = if self.planes == MAX_PLANES {
                    _mm512_add_epi64(sum, _mm512_slli_epi64::<48>(widen(lanes(6))[i]))
                } else {
                    sum
                };
                self.wide.reduce(_mm512_add_epi64(sum, self.lift))
            })
        } else {
            let plane: [[__m512i; 2]; MAX_PLANES] = std::array::from_fn(|p| widen(lanes(p)));
            std::array::from_fn(|i| {
                let at = |p: usize| plane[p][i];
                let three = |p: usize| {
                    let ab = _mm512_add_epi64(at(p), _mm512_slli_epi64::<8>(at(p + 1)));
                    _mm512_add_epi64(ab, _mm512_slli_epi64::<16>(at(p + 2)))
                };
                let upper = _mm512_add_epi64(three(3), _mm512_slli_epi64::<24>(at(6)));
                let upper = self.wide.reduce(_mm512_add_epi64(upper, self.lift_upper));
                let upper = self.wide.mul_shrunk(upper, self.shift_24);
                let lower = _mm512_add_epi64(three(0), self.lift);
                self.wide.reduce(_mm512_add_epi64(lower, upper))
            })
        }
    }
}
