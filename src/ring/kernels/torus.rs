//! Loops of torus arithmetic: blind rotation's digits and products, and sums of words of 32 bits.
//! They are plain loops, compiled once per instruction set. Words agree between kernels; products of
//! doubles agree to rounding.

use super::Kernel;

/// A complex number: real and imaginary part.
pub type Complex = [f64; 2];

/// Complex numbers in a block: as many as a wide register has lanes.
pub const BLOCK: usize = 8;

/// Some complex numbers, real and imaginary parts apart.
#[repr(C, align(64))]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ComplexBlock {
    pub re: [f64; BLOCK],
    pub im: [f64; BLOCK],
}

impl ComplexBlock {
    /// Numbers in blocks; those that fill no block are left out.
    pub fn split(numbers: &[Complex], out: &mut [Self]) {
        for (numbers, block) in numbers.chunks_exact(BLOCK).zip(out) {
            let parts = block.re.iter_mut().zip(&mut block.im).zip(numbers);
            parts.for_each(|((re, im), [x, y])| (*re, *im) = (*x, *y));
        }
    }

    /// The numbers of blocks in a row.
    pub fn join(blocks: &[Self], out: &mut [Complex]) {
        for (block, numbers) in blocks.iter().zip(out.chunks_exact_mut(BLOCK)) {
            let parts = numbers.iter_mut().zip(block.re.iter().zip(&block.im));
            parts.for_each(|(number, (re, im))| *number = [*re, *im]);
        }
    }
}

/// Which loops a kernel runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Width {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Kernel {
    fn width(self) -> Width {
        #[cfg(target_arch = "x86_64")]
        match self {
            Self::Portable => Width::Portable,
            Self::Avx2 if super::avx2_available() => Width::Avx2,
            Self::Avx512Ifma | Self::AmxInt8 if super::ifma_available() => Width::Avx512,
            _ => Width::Portable,
        }
        #[cfg(not(target_arch = "x86_64"))]
        Width::Portable
    }

    /// `out += weight x`, modulo `2^32`.
    pub fn add_scaled(self, weight: u32, x: &[u32], out: &mut [u32]) {
        assert_eq!(x.len(), out.len(), "slices of one length");
        match self.width() {
            Width::Portable => add_scaled(weight, x, out),
            // SAFETY: the width is given only where the processor has these instructions.
            #[cfg(target_arch = "x86_64")]
            Width::Avx2 => unsafe { x86::add_scaled_avx2(weight, x, out) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Width::Avx512 => unsafe { x86::add_scaled_avx512(weight, x, out) },
        }
    }

    /// The highest `64 - shift` bits, rounded and signed, of `X^degree x - x` modulo `X^N + 1`, N the
    /// length of `x` and `out`, `degree` below `2 N` and `shift` from 1 to 63.
    pub fn rotated_digits(self, x: &[u64], degree: usize, shift: u32, out: &mut [u64]) {
        assert_eq!(x.len(), out.len(), "slices of one length");
        let inside = degree < 2 * x.len() && (1..64).contains(&shift);
        assert!(inside, "a rotation below 2 N and a shift from 1 to 63");
        match self.width() {
            Width::Portable => rotated_digits(x, degree, shift, out),
            // SAFETY: the width is given only where the processor has these instructions.
            #[cfg(target_arch = "x86_64")]
            Width::Avx2 => unsafe { x86::rotated_digits_avx2(x, degree, shift, out) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Width::Avx512 => unsafe { x86::rotated_digits_avx512(x, degree, shift, out) },
        }
    }

    /// `out[c] = sum_r matrix[c][.][r] x[r]` for `rows` vectors of complex numbers in blocks of equal
    /// number; as many columns as rows. The matrix has, column by column and block by block, the
    /// blocks of all rows side by side, so that it is read in one go. `scratch` has the size of `x`.
    pub fn vector_times_matrix(
        self,
        matrix: &[ComplexBlock],
        x: &[Complex],
        rows: usize,
        scratch: &mut [ComplexBlock],
        out: &mut [Complex],
    ) {
        match self.width() {
            Width::Portable => vector_times_matrix::<false>(matrix, x, rows, scratch, out),
            // SAFETY: the width is given only where the processor has these instructions.
            #[cfg(target_arch = "x86_64")]
            Width::Avx2 => unsafe {
                x86::vector_times_matrix_avx2(matrix, x, rows, scratch, out);
            },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Width::Avx512 => unsafe {
                x86::vector_times_matrix_avx512(matrix, x, rows, scratch, out);
            },
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{Complex, ComplexBlock};

    #[target_feature(enable = "avx2,fma")]
    pub fn add_scaled_avx2(weight: u32, x: &[u32], out: &mut [u32]) {
        super::add_scaled(weight, x, out);
    }

    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx2,fma")]
    pub fn add_scaled_avx512(weight: u32, x: &[u32], out: &mut [u32]) {
        super::add_scaled(weight, x, out);
    }

    #[target_feature(enable = "avx2,fma")]
    pub fn rotated_digits_avx2(x: &[u64], degree: usize, shift: u32, out: &mut [u64]) {
        super::rotated_digits(x, degree, shift, out);
    }

    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx2,fma")]
    pub fn rotated_digits_avx512(x: &[u64], degree: usize, shift: u32, out: &mut [u64]) {
        super::rotated_digits(x, degree, shift, out);
    }

    #[target_feature(enable = "avx2,fma")]
    pub fn vector_times_matrix_avx2(
        m: &[ComplexBlock],
        x: &[Complex],
        rows: usize,
        scratch: &mut [ComplexBlock],
        out: &mut [Complex],
    ) {
        super::vector_times_matrix::<true>(m, x, rows, scratch, out);
    }

    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx2,fma")]
    pub fn vector_times_matrix_avx512(
        m: &[ComplexBlock],
        x: &[Complex],
        rows: usize,
        scratch: &mut [ComplexBlock],
        out: &mut [Complex],
    ) {
        super::vector_times_matrix::<true>(m, x, rows, scratch, out);
    }
}

#[inline(always)]
fn add_scaled(weight: u32, x: &[u32], out: &mut [u32]) {
    for (o, x) in out.iter_mut().zip(x) {
        *o = o.wrapping_add(weight.wrapping_mul(*x));
    }
}

/// One part of a rotation: the signed digit of `(±r - y)`.
#[inline(always)]
fn digits(negate: bool, shift: u32, rotated: &[u64], x: &[u64], out: &mut [u64]) {
    let half = 1u64 << (shift - 1);
    let digit = |v: u64| (v as i64 >> shift) as u64;
    let triples = out.iter_mut().zip(rotated).zip(x);
    if negate {
        triples.for_each(|((o, r), y)| *o = digit(half.wrapping_sub(*r).wrapping_sub(*y)));
    } else {
        triples.for_each(|((o, r), y)| *o = digit(half.wrapping_add(*r).wrapping_sub(*y)));
    }
}

#[inline(always)]
fn rotated_digits(x: &[u64], degree: usize, shift: u32, out: &mut [u64]) {
    let n = x.len();
    // X^N is -1: what goes round comes back with its sign changed.
    let (by, negated) = if degree >= n { (degree - n, true) } else { (degree, false) };
    let by = by.min(n);
    let (first, rest) = out.split_at_mut(by);
    let (kept, round) = x.split_at(n - by);
    let (x_first, x_rest) = x.split_at(by);
    digits(!negated, shift, round, x_first, first);
    digits(negated, shift, kept, x_rest, rest);
}

#[inline(always)]
fn vector_times_matrix<const FUSED: bool>(
    matrix: &[ComplexBlock],
    x: &[Complex],
    rows: usize,
    scratch: &mut [ComplexBlock],
    out: &mut [Complex],
) {
    let blocks = x.len() / (BLOCK * rows.max(1));
    // The blocks of all rows side by side, as the matrix has them.
    for (r, x) in x.chunks_exact((blocks * BLOCK).max(1)).enumerate() {
        let places = scratch.iter_mut().skip(r).step_by(rows.max(1));
        for (numbers, block) in x.chunks_exact(BLOCK).zip(places) {
            ComplexBlock::split(numbers, std::slice::from_mut(block));
        }
    }
    let columns = matrix.chunks_exact((blocks * rows).max(1));
    for (column, out) in columns.zip(out.chunks_exact_mut((blocks * BLOCK).max(1))) {
        let parts = column.chunks_exact(rows.max(1)).zip(scratch.chunks_exact(rows.max(1)));
        for ((m, x), out) in parts.zip(out.chunks_exact_mut(BLOCK)) {
            let mut sum = ComplexBlock::default();
            for (m, x) in m.iter().zip(x) {
                for lane in 0..BLOCK {
                    let (a, b, p, q) = (m.re[lane], m.im[lane], x.re[lane], x.im[lane]);
                    if FUSED {
                        sum.re[lane] = a.mul_add(p, (-b).mul_add(q, sum.re[lane]));
                        sum.im[lane] = a.mul_add(q, b.mul_add(p, sum.im[lane]));
                    } else {
                        sum.re[lane] += a * p - b * q;
                        sum.im[lane] += a * q + b * p;
                    }
                }
            }
            ComplexBlock::join(std::slice::from_ref(&sum), out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Seed;

    #[test]
    fn all_kernels_give_what_the_definition_says() {
        const N: usize = 64;
        let mut stream = Seed::from_number(1).stream(0);
        let x: Vec<u64> = (0..N).map(|_| stream.next_u64()).collect();
        let words: Vec<u32> = x.iter().map(|w| *w as u32).collect();
        // Three rows and columns of two blocks each.
        let number = |i: usize| [(i % 37) as f64 - 17.0, (i % 11) as f64];
        let vector: Vec<Complex> = (0..48).map(|i| number(i + 5)).collect();
        let element = |r: usize, c: usize, j: usize| number(r * 97 + c * 41 + j * 3);
        let mut matrix = Vec::new();
        for (c, block, r) in (0..18).map(|i| (i / 6, i / 3 % 2, i % 3)) {
            let numbers: Vec<Complex> = (0..8).map(|j| element(r, c, 8 * block + j)).collect();
            let mut made = [ComplexBlock::default()];
            ComplexBlock::split(&numbers, &mut made);
            matrix.extend(made);
        }
        for kernel in Kernel::available() {
            for degree in [0, 1, N - 1, N, N + 5, 2 * N - 1] {
                let mut got = vec![0; N];
                kernel.rotated_digits(&x, degree, 41, &mut got);
                for i in 0..N {
                    let at = (i + 2 * N - degree) % (2 * N);
                    let turned = if at < N { x[at] } else { x[at - N].wrapping_neg() };
                    let value = turned.wrapping_sub(x[i]).wrapping_add(1 << 40);
                    assert_eq!(got[i] as i64, value as i64 >> 41, "{kernel:?} {degree} {i}");
                }
            }
            let mut sums = words.clone();
            kernel.add_scaled(-7i32 as u32, &words, &mut sums);
            assert!(sums.iter().zip(&words).all(|(s, w)| *s == w.wrapping_mul(-6i32 as u32)));
            let mut out = vec![[f64::NAN; 2]; 48];
            let mut scratch = vec![ComplexBlock::default(); 6];
            kernel.vector_times_matrix(&matrix, &vector, 3, &mut scratch, &mut out);
            for (c, j) in (0..48).map(|i| (i / 16, i % 16)) {
                let (mut re, mut im) = (0.0, 0.0);
                for r in 0..3 {
                    let ([a, b], [p, q]) = (element(r, c, j), vector[r * 16 + j]);
                    (re, im) = (re + a * p - b * q, im + a * q + b * p);
                }
                let [x, y] = out[c * 16 + j];
                assert!((x - re).abs() < 1e-9 && (y - im).abs() < 1e-9, "{kernel:?}");
            }
        }
    }
}
