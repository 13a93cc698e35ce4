//! Byte-wise matrix products on the tile unit (AMX): residues are cut into planes of bytes, weights
//! are signed bytes, and sixteen outputs of sixteen words grow at once, a thousand byte products a
//! cycle. Everything else of this kernel is that of AVX-512.
//!
//! The assembler is written out because the compiler has no stable intrinsics for tiles; nothing
//! that it generates uses tile registers, so their contents live across the blocks below.

use super::ifma::{self, Wide};
use super::planes::{MAX_PLANES, Output, PlaneUnit, QUAD, QUADS, Quad, ROWS, Sums, WORDS, Weights};
use super::{Modulus, Tile};
use std::arch::asm;
use std::arch::x86_64::*;
use std::marker::PhantomData;
use std::sync::OnceLock;

/// Byte planes that one pass takes: six sums, one tile of weights and one of inputs.
const PASS: usize = 6;

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

/// See [`PlaneUnit::pack`]. Lane by lane the words come in the order 0, 1, 8, 9, 2, 3, 10, 11, 4, 5,
/// 12, 13, 6, 7, 14, 15.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
fn pack(inputs: [&[u64; WORDS]; QUAD], planes: usize, out: &mut [Quad], stride: usize) {
    let [a, b, c, d] = inputs;
    let (even0, odd0) = bytes(&a[..8], &b[..8], &c[..8], &d[..8]);
    let (even1, odd1) = bytes(&a[8..], &b[8..], &c[8..], &d[8..]);
    let low = four(even0[0], odd0[0], even1[0], odd1[0]);
    for plane in 0..planes.min(4) {
        store(&mut out[plane * stride], low[plane]);
    }
    if planes > 4 {
        let high = four(even0[1], odd0[1], even1[1], odd1[1]);
        for plane in 4..planes {
            store(&mut out[plane * stride], high[plane - 4]);
        }
    }
}

/// Bytes of the even and of the odd ones of eight words of four inputs: planes 0 to 3, and 4 to 7.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
fn bytes(a: &[u64], b: &[u64], c: &[u64], d: &[u64]) -> ([__m512i; 2], [__m512i; 2]) {
    let (a, b) = (ifma::load(&a.as_chunks().0[0]), ifma::load(&b.as_chunks().0[0]));
    let (c, d) = (ifma::load(&c.as_chunks().0[0]), ifma::load(&d.as_chunks().0[0]));
    let (ab, cd) = (_mm512_unpacklo_epi8(a, b), _mm512_unpacklo_epi8(c, d));
    let even = [_mm512_unpacklo_epi16(ab, cd), _mm512_unpackhi_epi16(ab, cd)];
    let (ab, cd) = (_mm512_unpackhi_epi8(a, b), _mm512_unpackhi_epi8(c, d));
    let odd = [_mm512_unpacklo_epi16(ab, cd), _mm512_unpackhi_epi16(ab, cd)];
    (even, odd)
}

/// Four planes from four words each in every lane of 128 bits.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
fn four(a: __m512i, b: __m512i, c: __m512i, d: __m512i) -> [__m512i; 4] {
    let (ab, cd) = (_mm512_unpacklo_epi32(a, b), _mm512_unpacklo_epi32(c, d));
    let (ab_high, cd_high) = (_mm512_unpackhi_epi32(a, b), _mm512_unpackhi_epi32(c, d));
    [
        _mm512_unpacklo_epi64(ab, cd),
        _mm512_unpackhi_epi64(ab, cd),
        _mm512_unpacklo_epi64(ab_high, cd_high),
        _mm512_unpackhi_epi64(ab_high, cd_high),
    ]
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
fn store(quad: &mut Quad, bytes: __m512i) {
    // SAFETY: the quad is 64 bytes long and aligned to 64.
    unsafe { _mm512_store_si512(quad.0.as_mut_ptr().cast(), bytes) };
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

    /// Multiplies what the registers hold, six products a round, and says how many byte products
    /// that were.
    pub fn repeat(&self, rounds: u64) -> u64 {
        const PRODUCTS: usize = PASS * ROWS * WORDS * QUAD * QUADS;
        // SAFETY: the registers are configured while `self` lives; no memory is touched.
        unsafe {
            asm!(
                "2:",
                "tdpbsud tmm0, tmm6, tmm7",
                "tdpbsud tmm1, tmm6, tmm7",
                "tdpbsud tmm2, tmm6, tmm7",
                "tdpbsud tmm3, tmm6, tmm7",
                "tdpbsud tmm4, tmm6, tmm7",
                "tdpbsud tmm5, tmm6, tmm7",
                "dec {rounds}",
                "jnz 2b",
                rounds = inout(reg) rounds.max(1) => _,
                options(nostack, nomem),
            );
        }
        rounds.max(1) * PRODUCTS as u64
    }
}

impl PlaneUnit for Session {
    fn pack(&self, inputs: [&[u64; WORDS]; QUAD], planes: usize, out: &mut [Quad], stride: usize) {
        // SAFETY: a session exists only where the processor has these instructions.
        unsafe { pack(inputs, planes, out, stride) };
    }

    fn combine(
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

    fn multiply(
        &self,
        weights: &[Weights],
        _rows: usize,
        quads: &[Quad],
        stride: usize,
        sums: &mut [Sums],
    ) {
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

    fn multiply_two(
        &self,
        weights: [&[Weights]; 2],
        quads: &[Quad],
        stride: usize,
        sums: [&mut [Sums; 2]; 2],
    ) {
        let [a, b] = weights;
        assert!(!a.is_empty() && a.len() == b.len(), "blocks of one length");
        assert!(QUADS * a.len() <= stride && 2 * stride <= quads.len(), "whole blocks of quads");
        // SAFETY: the registers are configured while `self` lives. The loop reads `a.len()` tiles of
        // both weights and both planes, and writes two tiles of both sums, all inside the slices by
        // the assertions above.
        unsafe { multiply_two(a, b, quads, stride, sums) };
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

/// See [`PlaneUnit::multiply`], at most six planes.
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

/// See [`PlaneUnit::multiply_two`]: four products for four tiles loaded.
unsafe fn multiply_two(
    a: &[Weights],
    b: &[Weights],
    quads: &[Quad],
    stride: usize,
    sums: [&mut [Sums; 2]; 2],
) {
    let [sums_a, sums_b] = sums;
    // SAFETY: the caller has configured the registers and checked the lengths.
    unsafe {
        asm!(
            "tilezero tmm0",
            "tilezero tmm1",
            "tilezero tmm2",
            "tilezero tmm3",
            "2:",
            "tileloadd tmm4, [{a} + {row}]",
            "tileloadd tmm6, [{quads} + {row}]",
            "tdpbsud tmm0, tmm4, tmm6",
            "tileloadd tmm5, [{b} + {row}]",
            "tdpbsud tmm2, tmm5, tmm6",
            "tileloadd tmm7, [{upper} + {row}]",
            "tdpbsud tmm1, tmm4, tmm7",
            "tdpbsud tmm3, tmm5, tmm7",
            "add {a}, 1024",
            "add {b}, 1024",
            "add {quads}, 1024",
            "add {upper}, 1024",
            "dec {blocks}",
            "jnz 2b",
            "tilestored [{sums_a} + {row}], tmm0",
            "tilestored [{sums_a} + {row} + 1024], tmm1",
            "tilestored [{sums_b} + {row}], tmm2",
            "tilestored [{sums_b} + {row} + 1024], tmm3",
            a = inout(reg) a.as_ptr() => _,
            b = inout(reg) b.as_ptr() => _,
            quads = inout(reg) quads.as_ptr() => _,
            upper = inout(reg) quads[stride..].as_ptr() => _,
            blocks = inout(reg) a.len() => _,
            sums_a = in(reg) sums_a.as_mut_ptr(),
            sums_b = in(reg) sums_b.as_mut_ptr(),
            row = in(reg) 64usize,
            options(nostack),
        );
    }
}

/// See [`PlaneUnit::combine`].
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
fn combine(
    q: Modulus,
    bound: u64,
    sums: &[Sums],
    outputs: &[Output],
    out: &mut [Tile],
    half: usize,
) {
    static NOTHING: Sums = Sums([[0; WORDS]; ROWS]);
    let planes: [&Sums; MAX_PLANES] =
        std::array::from_fn(|plane| sums.get(plane).unwrap_or(&NOTHING));
    let joiner = Joiner::new(q, sums.len(), bound);
    for output in outputs {
        let rows = usize::from(output.row)..usize::from(output.row + output.limbs);
        let (mut even, mut odd) = joiner.join(planes, rows.end - 1);
        for row in (rows.start..rows.end - 1).rev() {
            let (lower_even, lower_odd) = joiner.join(planes, row);
            // Below 2^58 + 2^50.
            even = _mm512_add_epi64(_mm512_slli_epi64::<8>(even), lower_even);
            odd = _mm512_add_epi64(_mm512_slli_epi64::<8>(odd), lower_odd);
            (even, odd) = (joiner.wide.reduce(even), joiner.wide.reduce(odd));
        }
        let words = out[output.index as usize].0.as_chunks_mut().0;
        // Undoes the order of `pack`.
        ifma::store(&mut words[2 * half], _mm512_unpacklo_epi64(even, odd));
        ifma::store(&mut words[2 * half + 1], _mm512_unpackhi_epi64(even, odd));
    }
}

/// What is needed to join the byte planes of a row.
#[derive(Clone, Copy)]
struct Joiner {
    wide: Wide,
    /// Pairs of planes fit 32 bits, and six of them 2^60.
    short: bool,
    /// Added to every sum, or pair of sums, to make it non-negative.
    bias: __m512i,
    /// Takes the biases off again, modulo q: of all planes, or of the upper ones and the lower ones.
    unbias: __m512i,
    unbias_upper: __m512i,
    /// `2^24`, grown.
    shift_24: __m512i,
}

impl Joiner {
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
    fn new(q: Modulus, planes: usize, bound: u64) -> Self {
        let wide = Wide::new(q);
        // Six planes are joined, however many there are: those that are missing have the bias too.
        let most = u128::from(bound) * 0x101_0101_0101 + u128::from(q.value());
        let short = planes < MAX_PLANES && bound * 257 < 1 << 31 && most < 1 << 60;
        let minus = |bias: u128| ifma::splat((q.value() as u128 - bias % q.value() as u128) as u64);
        let shift_24 = wide.grow(ifma::splat((1 << 24) % q.value()));
        let bound = u128::from(bound);
        let (bias, unbias, unbias_upper) = if short {
            (bound * 257, minus(bound * 0x101_0101_0101), minus(0))
        } else {
            (bound, minus(bound * 0x1_0101), minus(bound * 0x101_0101))
        };
        let bias = _mm512_set1_epi32(bias as i32);
        Self { wide, short, bias, unbias, unbias_upper, shift_24 }
    }

    /// Words at even and at odd lanes of a row, canonical.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
    fn join(&self, planes: [&Sums; MAX_PLANES], row: usize) -> (__m512i, __m512i) {
        if self.short { self.join_short(planes, row) } else { self.join_long(planes, row) }
    }

    /// Six planes: pairs in 32 bits, then all in 64.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
    fn join_short(&self, planes: [&Sums; MAX_PLANES], row: usize) -> (__m512i, __m512i) {
        let low = _mm512_set1_epi64(0xffff_ffff);
        let high = _mm512_set1_epi64(!0xffff_ffff);
        let above_16 = _mm512_set1_epi64(!0xffff);
        let a = pair(lanes(planes[0], row), lanes(planes[1], row), self.bias);
        let b = pair(lanes(planes[2], row), lanes(planes[3], row), self.bias);
        let c = pair(lanes(planes[4], row), lanes(planes[5], row), self.bias);
        let even = _mm512_add_epi64(
            _mm512_add_epi64(_mm512_and_si512(a, low), _mm512_slli_epi64::<32>(c)),
            _mm512_slli_epi64::<16>(_mm512_and_si512(b, low)),
        );
        let odd = _mm512_add_epi64(
            _mm512_add_epi64(_mm512_srli_epi64::<32>(a), _mm512_and_si512(c, high)),
            _mm512_and_si512(_mm512_srli_epi64::<16>(b), above_16),
        );
        let even = _mm512_add_epi64(even, self.unbias);
        let odd = _mm512_add_epi64(odd, self.unbias);
        (self.wide.reduce_short(even), self.wide.reduce_short(odd))
    }

    /// Sums of up to 31 bits: three planes below, four above, joined modulo q.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
    fn join_long(&self, planes: [&Sums; MAX_PLANES], row: usize) -> (__m512i, __m512i) {
        let low = _mm512_set1_epi64(0xffff_ffff);
        let (mut even, mut odd) = ([self.unbias; 2], [self.unbias; 2]);
        (even[1], odd[1]) = (self.unbias_upper, self.unbias_upper);
        for (part, planes) in [&planes[..3], &planes[3..]].into_iter().enumerate() {
            for (plane, shift) in planes.iter().zip([0, 8, 16, 24]) {
                let sum = _mm512_add_epi32(lanes(plane, row), self.bias);
                let shift = _mm_cvtsi64_si128(shift);
                let (e, o) = (_mm512_and_si512(sum, low), _mm512_srli_epi64::<32>(sum));
                even[part] = _mm512_add_epi64(even[part], _mm512_sll_epi64(e, shift));
                odd[part] = _mm512_add_epi64(odd[part], _mm512_sll_epi64(o, shift));
            }
        }
        let join = |[lower, upper]: [__m512i; 2]| {
            let upper = self.wide.mul_shrunk(self.wide.reduce(upper), self.shift_24);
            self.wide.reduce(_mm512_add_epi64(lower, upper))
        };
        (join(even), join(odd))
    }
}

/// The sums of one row.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
fn lanes(sums: &Sums, row: usize) -> __m512i {
    // SAFETY: a row is 64 bytes, aligned to 64.
    unsafe { _mm512_load_si512(sums.0[row].as_ptr().cast()) }
}

/// `a + 256 b`, made non-negative.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
fn pair(a: __m512i, b: __m512i, bias: __m512i) -> __m512i {
    _mm512_add_epi32(_mm512_add_epi32(a, bias), _mm512_slli_epi32::<8>(b))
}
