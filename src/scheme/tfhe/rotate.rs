//! Blind rotation of several ciphertexts side by side.

use super::TfheError;
use super::keys::RotationKey;
use super::parameters::TfheParameters;
use super::switched::Switched;
use progress::Watch;
use ring::Kernel;
use ring::kernels::{BLOCK, ComplexBlock};
use tfhe::core_crypto::fft_impl::fft64::math::polynomial::FourierPolynomialMutView;
use tfhe::core_crypto::prelude::*;

/// Key bits between two looks at whether to stop.
const BITS_BETWEEN_CHECKS: usize = 64;

/// Rotates a copy of `table` by each input, with a bootstrapping key of one level in the Fourier
/// domain; GLWE ciphertexts, one after another.
///
/// A part of the key is read once for all inputs: it is far larger than the ciphertexts, and what
/// limits a rotation of one alone is memory. Digits are rounded and signed, so that the decomposition
/// is that of `SignedDecomposer` with one level.
pub(super) fn rotate(
    parameters: &TfheParameters,
    key: &RotationKey,
    inputs: &[Switched],
    table: &[u64],
    watch: &Watch,
) -> Result<Vec<u64>, TfheError> {
    let size = parameters.polynomial_size;
    let polynomials = parameters.glwe_dimension + 1;
    let half = size / 2;
    let fft = Fft::new(PolynomialSize(size));
    let fft = fft.as_view();
    let mut buffers = ComputationBuffers::new();
    let needed = fft.forward_scratch().or(fft.backward_scratch());
    buffers.resize(needed.unaligned_bytes_required());
    let kernel = Kernel::best();
    let shift = 64 - parameters.pbs.base_log;

    let mut states = vec![0u64; inputs.len() * polynomials * size];
    let state_words = polynomials * size;
    for (state, input) in states.chunks_exact_mut(state_words).zip(inputs) {
        // Only the body: the table is not encrypted.
        let body = state.len() - size;
        if let Some(body) = state.get_mut(body..) {
            turned_back(table, input.body() as usize, body);
        }
    }
    let mut digits = vec![0u64; state_words];
    let zero = c64::new(0.0, 0.0);
    let (mut transformed, mut products) =
        (vec![zero; polynomials * half], vec![zero; polynomials * half]);
    let mut scratch = vec![ComplexBlock::default(); polynomials * half / BLOCK];
    for (bit, matrix) in key.matrices().enumerate() {
        if bit.is_multiple_of(BITS_BETWEEN_CHECKS) {
            watch.check()?;
        }
        for (state, input) in states.chunks_exact_mut(state_words).zip(inputs) {
            let degree = input.mask(bit) as usize;
            if degree == 0 {
                continue;
            }
            for (x, digits) in state.chunks_exact(size).zip(digits.chunks_exact_mut(size)) {
                kernel.rotated_digits(x, degree, shift, digits);
            }
            for (x, f) in digits.chunks_exact(size).zip(transformed.chunks_exact_mut(half)) {
                let f = FourierPolynomialMutView { data: f };
                fft.forward_as_integer(f, Polynomial::from_container(x), buffers.stack());
            }
            kernel.vector_times_matrix(
                matrix,
                bytemuck::cast_slice(&transformed),
                polynomials,
                &mut scratch,
                bytemuck::cast_slice_mut(&mut products),
            );
            for (x, f) in state.chunks_exact_mut(size).zip(products.chunks_exact_mut(half)) {
                let f = FourierPolynomialMutView { data: f };
                fft.add_backward_in_place_as_torus(
                    Polynomial::from_container(x),
                    f,
                    buffers.stack(),
                );
            }
        }
    }
    Ok(states)
}

/// `out = X^-degree table` modulo `X^N + 1`, `degree` below `2 N`.
fn turned_back(table: &[u64], degree: usize, out: &mut [u64]) {
    let n = table.len();
    for (i, o) in out.iter_mut().enumerate() {
        let at = (i + degree) % (2 * n);
        let entry = table.get(at % n).copied().unwrap_or(0);
        *o = if at < n { entry } else { entry.wrapping_neg() };
    }
}
