//! Polynomials in the Chebyshev basis of an interval: stable at every degree used here.

use super::polynomial::{LANES, Polynomial};
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// `sum c[k] T_k(t)` with `t = (2 x - a - b) / (b - a)`, where `T_k(cos u) = cos(k u)` and `[a, b]`
/// is the interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChebyshevSeries {
    interval: (f64, f64),
    coefficients: Vec<f64>,
}

impl ChebyshevSeries {
    /// A series on `interval` (its ends, the lower one first) from its coefficients, that of `T_0`
    /// first; trailing zeros are dropped.
    pub fn new(interval: (f64, f64), mut coefficients: Vec<f64>) -> Self {
        while coefficients.last() == Some(&0.0) {
            coefficients.pop();
        }
        Self { interval, coefficients }
    }

    /// The `n` Chebyshev nodes of the first kind on `[-1, 1]`, `cos((2j + 1) pi / 2n)`, falling.
    pub fn nodes(n: usize) -> Vec<f64> {
        // The sine form is odd about the middle to the last digit, and 0 there.
        let n = n as i32;
        (0..n).map(|j| (PI * f64::from(n - 1 - 2 * j) / f64::from(2 * n)).sin()).collect()
    }

    /// Coefficients of the polynomial of degree `n - 1` through `values` at [`Self::nodes`]`(n)`:
    /// `c_k = (2 - [k = 0])/n sum_j values[j] cos(k (2j + 1) pi / 2n)`.
    ///
    /// Trefethen, Approximation Theory and Approximation Practice (2013), chapter 3.
    pub fn from_node_values(values: &[f64]) -> Vec<f64> {
        let n = values.len();
        let period = 4 * n;
        let cosines: Vec<f64> =
            (0..period).map(|i| (2.0 * PI * i as f64 / period as f64).cos()).collect();
        (0..n)
            .map(|k| {
                let terms = values.iter().enumerate();
                let sum: f64 = terms.map(|(j, v)| v * cosines[k * (2 * j + 1) % period]).sum();
                sum * if k == 0 { 1.0 } else { 2.0 } / n as f64
            })
            .collect()
    }

    /// The interval `(a, b)` whose Chebyshev basis this is.
    pub fn interval(&self) -> (f64, f64) {
        self.interval
    }

    /// Coefficients, that of `T_0` first; empty for the zero polynomial.
    pub fn coefficients(&self) -> &[f64] {
        &self.coefficients
    }

    /// Degree; 0 for constants and for zero.
    pub fn degree(&self) -> usize {
        self.coefficients.len().saturating_sub(1)
    }

    /// `x` as a place in `[-1, 1]`.
    pub fn position(&self, x: f64) -> f64 {
        let (a, b) = self.interval;
        ((x - a) - (b - x)) / (b - a)
    }

    /// The value at `x`, by Clenshaw's rule; also outside the interval.
    pub fn eval(&self, x: f64) -> f64 {
        clenshaw(&self.coefficients, self.position(x))
    }

    /// Replaces each value by that of the polynomial there.
    pub(super) fn apply(&self, values: &mut [f64]) {
        let (a, b) = self.interval;
        let (scale, shift) = (2.0 / (b - a), (a + b) / (b - a));
        let constant = self.coefficients.first().copied().unwrap_or(0.0);
        for block in values.chunks_mut(LANES) {
            let mut places = [0.0; LANES];
            places.iter_mut().zip(&*block).for_each(|(t, x)| *t = x * scale - shift);
            let (mut next, mut after) = ([0.0; LANES], [0.0; LANES]);
            for c in self.coefficients.iter().skip(1).rev() {
                for ((n, a), t) in next.iter_mut().zip(&mut after).zip(&places) {
                    (*n, *a) = (2.0 * t * *n + (c - *a), *n);
                }
            }
            for (((x, n), a), t) in block.iter_mut().zip(next).zip(after).zip(places) {
                *x = t * n + (constant - a);
            }
        }
    }

    /// The same polynomial in powers of `x`; digits are lost as the degree rises.
    pub fn to_polynomial(&self) -> Polynomial {
        // Powers of t first: T_{k+1} = 2 t T_k - T_{k-1}.
        let size = self.coefficients.len();
        let mut powers = vec![0.0; size];
        let (mut before, mut here) = (vec![0.0; size], vec![0.0; size]);
        if let Some(one) = here.first_mut() {
            *one = 1.0;
        }
        for (k, c) in self.coefficients.iter().enumerate() {
            powers.iter_mut().zip(&here).for_each(|(p, t)| *p += c * t);
            let factor = if k == 0 { 1.0 } else { 2.0 };
            let shifted = std::iter::once(&0.0).chain(&here);
            let next = shifted.zip(&before).map(|(up, old)| factor * up - old).collect();
            before = std::mem::replace(&mut here, next);
        }
        // Then t = (x - centre) / half: Horner's rule on polynomials.
        let (a, b) = self.interval;
        let (centre, half) = (0.5 * (a + b), 0.5 * (b - a));
        let mut sum = vec![0.0; size];
        for p in powers.iter().rev() {
            let mut carry = 0.0;
            for s in &mut sum {
                let old = *s;
                *s = (carry - centre * old) / half;
                carry = old;
            }
            if let Some(constant) = sum.first_mut() {
                *constant += p;
            }
        }
        Polynomial::new(sum)
    }

    /// The integral that is 0 at `x = 0`, of degree one higher.
    ///
    /// `integral T_k = T_{k+1} / 2(k+1) - T_{k-1} / 2(k-1)` (Mason and Handscomb, Chebyshev
    /// Polynomials (2003), section 2.4.4).
    pub fn integral_from_zero(&self) -> Self {
        let (a, b) = self.interval;
        let half = 0.5 * (b - a);
        let c = |k: usize| self.coefficients.get(k).copied().unwrap_or(0.0);
        let mut out = vec![0.0];
        for k in 1..=self.coefficients.len() {
            let below = if k == 1 { 2.0 * c(0) } else { c(k - 1) };
            out.push(half * (below - c(k + 1)) / (2.0 * k as f64));
        }
        let mut integral = Self { interval: self.interval, coefficients: out };
        let shift = integral.eval(0.0);
        if let Some(constant) = integral.coefficients.first_mut() {
            *constant -= shift;
        }
        Self::new(integral.interval, integral.coefficients)
    }
}

/// `sum c[k] T_k(t)`.
pub(super) fn clenshaw(coefficients: &[f64], t: f64) -> f64 {
    let (mut next, mut after) = (0.0, 0.0);
    for c in coefficients.iter().skip(1).rev() {
        (next, after) = (2.0 * t * next + (c - after), next);
    }
    t * next + (coefficients.first().copied().unwrap_or(0.0) - after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_and_coefficients_are_the_known_ones() {
        let nodes = ChebyshevSeries::nodes(4);
        let s = std::f64::consts::SQRT_2;
        let expected = [(2.0 + s).sqrt() / 2.0, (2.0 - s).sqrt() / 2.0];
        for (got, want) in nodes.iter().zip(expected) {
            assert!((got - want).abs() < 1e-15, "{got} for {want}");
        }
        assert_eq!(nodes[0], -nodes[3]);
        assert_eq!(ChebyshevSeries::nodes(3)[1], 0.0);
        // t^3 = (3 T_1 + T_3) / 4.
        let values: Vec<_> = nodes.iter().map(|t| t.powi(3)).collect();
        let got = ChebyshevSeries::from_node_values(&values);
        for (got, want) in got.iter().zip([0.0, 0.75, 0.0, 0.25]) {
            assert!((got - want).abs() < 1e-15, "{got} for {want}");
        }
    }

    #[test]
    fn every_form_has_the_same_values() {
        let series = ChebyshevSeries::new((-1.5, 4.0), vec![0.3, -1.0, 0.5, 0.0, 0.25, -0.125]);
        let powers = series.to_polynomial();
        for i in -20..60 {
            let x = f64::from(i) / 10.0;
            let t: f64 = (2.0 * x - 2.5) / 5.5;
            let t5 = 16.0 * t.powi(5) - 20.0 * t.powi(3) + 5.0 * t;
            let t4 = 8.0 * t.powi(4) - 8.0 * t * t + 1.0;
            let direct = 0.3 - t + 0.5 * (2.0 * t * t - 1.0) + 0.25 * t4 - 0.125 * t5;
            assert!((series.eval(x) - direct).abs() < 1e-12 * direct.abs().max(1.0));
            assert!((powers.eval(x) - direct).abs() < 1e-11 * direct.abs().max(1.0));
        }
    }

    #[test]
    fn the_integral_is_the_integral() {
        // x^3 - 2 x + 1 on [-1, 3], from powers of t = (x - 1) / 2.
        let f = |x: f64| x.powi(3) - 2.0 * x + 1.0;
        let values: Vec<_> = ChebyshevSeries::nodes(4).iter().map(|t| f(2.0 * t + 1.0)).collect();
        let series = ChebyshevSeries::new((-1.0, 3.0), ChebyshevSeries::from_node_values(&values));
        let integral = series.integral_from_zero();
        for i in -10..=30 {
            let x = f64::from(i) / 10.0;
            let exact = x.powi(4) / 4.0 - x * x + x;
            assert!((integral.eval(x) - exact).abs() < 1e-13, "{x}");
        }
        assert_eq!(integral.degree(), 4);
    }
}
