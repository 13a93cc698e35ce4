//! The inner loops, written once per instruction set. All kernels give identical words.

mod aes;
#[cfg(target_arch = "x86_64")]
pub(super) mod amx;
#[cfg(target_arch = "x86_64")]
pub(super) mod avx2;
mod chacha;
mod choice;
mod features;
#[cfg(target_arch = "x86_64")]
mod ifma;
mod kernel;
pub mod octet;
#[cfg(target_arch = "x86_64")]
pub(super) mod planes;
mod portable;
#[cfg(target_arch = "x86_64")]
pub(super) mod signed;
#[cfg(target_arch = "x86_64")]
pub(super) mod signed_block;
mod torus;
#[cfg(target_arch = "x86_64")]
pub(super) mod transform;
mod words;

pub use aes::MaskKey;
pub use choice::{KERNEL_VARIABLE, KernelError};
pub use torus::{BLOCK, Complex, ComplexBlock};

pub(super) use features::{avx2_available, ifma_available};
pub use kernel::Kernel;
pub(super) use words::{AFFINE_ROWS, bit_mask, bits_of};
pub use words::{
    BLOCK_ROWS, BlockAt, ERROR_BYTES, MAX_COLUMNS, PRODUCT_BITS, TILE_WORDS, Tile, WEIGHT_BITS,
};

pub(super) use super::Modulus;

/// Multiply-adds of one round of [`Kernel::repeat`].
pub const REPEAT_MACS: u64 = (TILE_WORDS * BLOCK_ROWS) as u64;

impl Kernel {
    /// The kernels this processor can run, slowest first.
    pub fn available() -> Vec<Self> {
        let mut kernels = vec![Self::Portable];
        if avx2_available() {
            kernels.push(Self::Avx2);
        }
        if ifma_available() {
            kernels.push(Self::Avx512Ifma);
            #[cfg(target_arch = "x86_64")]
            if amx::available() {
                kernels.push(Self::AmxInt8);
            }
        }
        kernels
    }
}

/// Keeps the byte products of `kernel` busy for some rounds and says how many they were; `None`
/// where linear maps go another way. For measuring its peak.
#[cfg_attr(not(target_arch = "x86_64"), expect(unused_variables, reason = "no byte products"))]
pub fn repeat_byte_products(kernel: Kernel, rounds: u64) -> Option<u64> {
    match kernel {
        #[cfg(target_arch = "x86_64")]
        Kernel::AmxInt8 => amx::Session::begin().map(|session| session.repeat(rounds)),
        #[cfg(target_arch = "x86_64")]
        Kernel::Avx2 => avx2::repeat_byte_products(rounds),
        _ => None,
    }
}

/// Calls the function of that name in the module of the kernel.
macro_rules! dispatch {
    ($kernel:expr, $name:ident($($arg:expr),*)) => {
        match $kernel {
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx2 if avx2_available() => {
                // SAFETY: the processor has the features that the function is compiled for.
                unsafe { avx2::$name($($arg),*) }
            }
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx512Ifma | Kernel::AmxInt8 if ifma_available() => {
                // SAFETY: the processor has the features that the function is compiled for.
                unsafe { ifma::$name($($arg),*) }
            }
            _ => portable::$name($($arg),*),
        }
    };
}

impl Kernel {
    /// `out = x mod q` for signed words `|x| < 2^61`; slices of one length.
    pub fn reduce_signed(self, q: Modulus, x: &[i64], out: &mut [u64]) {
        assert_eq!(x.len(), out.len(), "slices of one length");
        dispatch!(self, reduce_signed(q, x, out));
    }

    /// Copies words that nobody reads soon: past the caches, where that can be done.
    pub fn put_away<'a>(
        self,
        pairs: impl Iterator<Item = (&'a [u64; TILE_WORDS], &'a mut [u64; TILE_WORDS])>,
    ) {
        #[cfg(target_arch = "x86_64")]
        if matches!(self, Self::Avx512Ifma | Self::AmxInt8) && ifma_available() {
            let stores = ifma::Stores;
            for (words, out) in pairs {
                // SAFETY: the processor has the features that the function is compiled for.
                unsafe { stores.put_away(words, out) };
            }
            return;
        }
        pairs.for_each(|(words, out)| *out = *words);
    }

    /// `x = x + c mod q` for canonical words and constant.
    pub fn add_scalar(self, q: Modulus, x: &mut Tile, c: u64) {
        assert!(c < q.value(), "a canonical constant");
        dispatch!(self, add_scalar(q, x, c));
    }

    /// The ChaCha20 blocks at these positions, each as eight little-endian words.
    pub fn key_stream(self, key: &[u32; 8], at: &[BlockAt], out: &mut [[u64; 8]]) {
        assert_eq!(at.len(), out.len(), "a block for each position");
        dispatch!(self, key_stream(key, at, out));
    }

    /// The blocks of the public stream of `key` at these positions, each as eight little-endian words:
    /// AES-256 of the stream and of four times the counter plus 0, 1, 2, 3.
    pub fn mask_stream(self, key: &MaskKey, at: &[BlockAt], out: &mut [[u64; 8]]) {
        assert_eq!(at.len(), out.len(), "a block for each position");
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Ifma | Self::AmxInt8 if ifma_available() => {
                // SAFETY: the processor has the features that the function is compiled for.
                unsafe { ifma::mask_stream(key, at, out) }
            }
            // The portable cipher finds the processor's instructions for AES by itself.
            _ => aes::mask_stream(key, at, out),
        }
    }

    /// Word `w` of `out` is made of the bytes `bytes w..bytes (w + 1)` of a stream of little-endian
    /// words, cut to the bits of `q`; says whether all are below `q`. `bytes` is 1 to 7.
    pub fn uniform(self, q: Modulus, bytes: usize, stream: &[u64], out: &mut [u64]) -> bool {
        assert!((1..8).contains(&bytes) && bytes * out.len() <= 8 * stream.len(), "enough bytes");
        assert!(bits_of(q) as usize <= 8 * bytes, "a word holds the bits of the modulus");
        dispatch!(self, uniform(q, bytes, stream, out))
    }

    /// Differences of two binomials of 21 fair bits each, from six bytes of the stream each.
    pub fn centered_binomial(self, stream: &[u64], out: &mut [i64]) {
        assert!(ERROR_BYTES * out.len() <= 8 * stream.len(), "enough bytes");
        dispatch!(self, centered_binomial(stream, out));
    }

    /// `out = m + t e` with the canonical message `m` centred modulo t; `|e| <= 21`.
    pub fn add_error(self, t: Modulus, message: &[u64], error: &[i64], out: &mut [i64]) {
        let len = out.len();
        assert!(message.len() == len && error.len() == len, "slices of one length");
        dispatch!(self, add_error(t, message, error, out));
    }

    /// `x = c x mod q` for canonical words and constant.
    pub fn mul_scalar(self, q: Modulus, x: &mut [u64], c: u64) {
        assert!(c < q.value(), "a canonical constant");
        dispatch!(self, mul_scalar(q, x, c));
    }

    /// `acc = acc + sum_i a_i b_i mod q`, word by word; canonical words, slices of one length.
    pub fn dot(self, q: Modulus, acc: &mut [u64], pairs: &[(&[u64], &[u64])]) {
        let len = acc.len();
        assert!(
            pairs.iter().all(|(a, b)| a.len() == len && b.len() == len),
            "slices of one length"
        );
        // Sixteen products of 100 bits fit two accumulators of 52 and 64 bits.
        for chunk in pairs.chunks(16) {
            dispatch!(self, dot(q, acc, chunk));
        }
    }

    /// Reads `x`, canonical modulo `from`, as a centred integer and writes it modulo `to`.
    pub fn recenter(self, from: Modulus, to: Modulus, x: &[u64], out: &mut [u64]) {
        assert_eq!(x.len(), out.len(), "slices of one length");
        dispatch!(self, recenter(from, to, x, out));
    }

    /// `x = cx x - cy y mod q`, word by word; canonical words and constants.
    pub fn scale_sub(self, q: Modulus, x: &mut [u64], cx: u64, y: &[u64], cy: u64) {
        assert_eq!(x.len(), y.len(), "slices of one length");
        assert!(cx < q.value() && cy < q.value(), "canonical constants");
        dispatch!(self, scale_sub(q, x, cx, y, cy));
    }

    /// `(x + y S)^2 = out0 + out1 S + out2 S^2`, word by word: squares of ciphertexts.
    pub fn square(self, q: Modulus, x: &[Tile], y: &[Tile], out: [&mut [Tile]; 3]) {
        let len = x.len();
        assert!(y.len() == len && out.iter().all(|o| o.len() == len), "slices of one length");
        dispatch!(self, square(q, x, y, out));
    }

    /// `acc[r] += sum_c weights[c][r] x[columns[c]]` without reduction.
    ///
    /// Exact while at most [`MAX_COLUMNS`] products below `2^52` are added up, weights below `2^32`.
    pub fn accumulate(
        self,
        x: &[Tile],
        columns: &[u32],
        weights: &[[u64; BLOCK_ROWS]],
        acc: &mut [Tile; BLOCK_ROWS],
    ) {
        assert!(columns.len() <= MAX_COLUMNS && columns.len() == weights.len(), "one accumulator");
        dispatch!(self, accumulate(x, columns, weights, acc));
    }

    /// `acc[r] += rounds weights[r] x`: the multiply-adds of [`Kernel::accumulate`] from registers
    /// alone, `rounds` times [`REPEAT_MACS`] of them. Timed, it shows what the processor can do.
    pub fn repeat(
        self,
        x: &Tile,
        weights: &[u64; BLOCK_ROWS],
        rounds: u64,
        acc: &mut [Tile; BLOCK_ROWS],
    ) {
        dispatch!(self, repeat(x, weights, rounds, acc));
    }

    /// `out = acc mod q` for words below `2^62`.
    pub fn reduce(self, q: Modulus, acc: &Tile, out: &mut Tile) {
        dispatch!(self, reduce(q, acc, out));
    }

    /// `out = (offset + 1) q - offset sum`, not reduced but never negative: added to a sum of words
    /// times weights that are too large by `offset`, it takes the offset off again. `sum` below
    /// `2^62` is the sum of the words; `offset q` below `2^52`.
    pub fn offset_term(self, q: Modulus, offset: u64, sum: &Tile, out: &mut Tile) {
        let product = offset.saturating_mul(q.value());
        assert!(product < 1 << PRODUCT_BITS, "an offset of this modulus that products hold");
        dispatch!(self, offset_term(q, offset, sum, out));
    }

    /// `out = acc + term mod q` for sums below `2^62`.
    pub fn reduce_sum(self, q: Modulus, acc: &Tile, term: &Tile, out: &mut Tile) {
        dispatch!(self, reduce_sum(q, acc, term, out));
    }

    /// `out = high 2^shift + low - offset sum mod q`; `high`, `low`, `sum` canonical, `high 2^shift`
    /// below `2^61`, any offset.
    pub fn combine(
        self,
        q: Modulus,
        high: Option<(&Tile, u32)>,
        low: &Tile,
        offset: u64,
        sum: &Tile,
        out: &mut Tile,
    ) {
        let fits = |shift: u32| bits_of(q) + shift <= 61;
        assert!(
            high.is_none_or(|(_, shift)| fits(shift)),
            "a shift that leaves the sum below 2^61"
        );
        dispatch!(self, combine(q, high, low, offset, sum, out));
    }

    /// `x[j] = front[j] x[j] + back[j] x[n - j]` for `0 < j < n`, and `x[0] = front[0] x[0]`;
    /// canonical words, n a power of two, tables already times `2^52`: the way into and out of the
    /// conjugate-invariant ring.
    pub fn mirror(self, q: Modulus, x: &mut [u64], front: &[u64], back: &[u64]) {
        let n = x.len();
        assert!(n.is_power_of_two() && n >= 2, "a power of two");
        assert!(front.len() == n && back.len() == n, "slices of one length");
        dispatch!(self, mirror(q, x, front, back));
    }

    /// `out = offset + sum_i constants[i] rows[i] mod q`, word by word; words of any modulus (below
    /// 2^50), canonical constants and offset.
    pub fn affine(
        self,
        q: Modulus,
        rows: &[&[u64]],
        constants: &[u64],
        offset: u64,
        out: &mut [u64],
    ) {
        let fits = rows.len() == constants.len() && rows.iter().all(|r| r.len() == out.len());
        assert!(fits, "a constant for each row, slices of one length");
        let canonical = constants.iter().chain([&offset]).all(|c| *c < q.value());
        assert!(canonical, "canonical constants");
        if rows.len() <= AFFINE_ROWS {
            return dispatch!(self, affine(q, rows, constants, offset, out));
        }
        // Twelve products of 100 bits keep the sum below 3 2^52 q.
        let (rows, more_rows) = rows.split_at(AFFINE_ROWS);
        let (constants, more) = constants.split_at(AFFINE_ROWS);
        self.affine(q, rows, constants, offset, out);
        let mut sum = vec![0; out.len()];
        self.affine(q, more_rows, more, 0, &mut sum);
        for (out, sum) in out.iter_mut().zip(sum) {
            *out = q.add(*out, sum);
        }
    }
}

#[cfg(test)]
mod edges;
#[cfg(test)]
mod tests;
