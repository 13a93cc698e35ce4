//! Sums of rows times constants, and the way into the conjugate-invariant ring.

use crate::kernels::Modulus;

pub fn mirror(q: Modulus, x: &mut [u64], front: &[u64], back: &[u64]) {
    mirror_rest(q, x, front, back, 1);
}

/// Words 0 and n / 2, and the words `j` and `n - j` for `first <= j < n / 2`.
pub fn mirror_rest(q: Modulus, x: &mut [u64], front: &[u64], back: &[u64], first: usize) {
    let (n, unscaler) = (x.len(), q.unscaler());
    let product = |a: u64, b: u64| u128::from(a) * u128::from(b);
    x[0] = q.unscale(unscaler, product(front[0], x[0]));
    let middle = n / 2;
    let sum = product(front[middle], x[middle]) + product(back[middle], x[middle]);
    x[middle] = q.unscale(unscaler, sum);
    for low in first..n / 2 {
        let high = n - low;
        let (at_low, at_high) = (x[low], x[high]);
        let sum = product(front[low], at_low) + product(back[low], at_high);
        x[low] = q.unscale(unscaler, sum);
        let sum = product(front[high], at_high) + product(back[high], at_low);
        x[high] = q.unscale(unscaler, sum);
    }
}

pub fn affine(q: Modulus, rows: &[&[u64]], constants: &[u64], offset: u64, out: &mut [u64]) {
    for (w, out) in out.iter_mut().enumerate() {
        let sum = rows
            .iter()
            .zip(constants)
            .fold(u128::from(offset), |sum, (r, c)| sum + u128::from(r[w]) * u128::from(*c));
        *out = q.reduce_wide(sum);
    }
}
