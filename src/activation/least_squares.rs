//! The polynomial closest to a function in the mean square, every point of an interval counting alike.

use super::Polynomial;

/// Largest degree fitted; beyond it the monomial basis loses too many digits.
pub const MAX_DEGREE: usize = 31;

/// Gauss-Legendre nodes on each half of the interval.
const NODES: usize = 96;

/// Why no polynomial can be fitted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ApproximationError {
    #[error("degree {degree} is too high; 0 to {MAX_DEGREE} can be fitted")]
    Degree { degree: usize },
    #[error("interval [-l, l] with l = {half_width}; l must be positive and finite")]
    Interval { half_width: f64 },
    #[error("the function is not finite at {at}; choose an interval on which it is")]
    NotFinite { at: f64 },
}

/// The polynomial of at most `degree` with the smallest `integral over [-l, l] of (f - p)^2`,
/// where `l` is `half_width`.
///
/// The expansion in Legendre polynomials, `c_k = (2k + 1)/2 * integral over [-1, 1] of f(l t) P_k(t)`
/// (Abramowitz and Stegun, section 22.2.10), with Gauss-Legendre quadrature on each half of the
/// interval, so that a kink at 0 (ReLU) costs no accuracy.
///
/// # Errors
/// When the degree is above [`MAX_DEGREE`], the interval is empty, or `f` is not finite on it.
pub fn least_squares(
    f: impl Fn(f64) -> f64,
    degree: usize,
    half_width: f64,
) -> Result<Polynomial, ApproximationError> {
    if degree > MAX_DEGREE {
        return Err(ApproximationError::Degree { degree });
    }
    if !(half_width.is_finite() && half_width > 0.0) {
        return Err(ApproximationError::Interval { half_width });
    }
    let mut expansion = vec![0.0; degree + 1];
    for (node, weight) in gauss_legendre(NODES) {
        for half in [-0.5, 0.5] {
            let t = 0.5 * node + half;
            let value = f(half_width * t);
            if !value.is_finite() {
                return Err(ApproximationError::NotFinite { at: half_width * t });
            }
            let (mut before, mut here) = (0.0, 1.0);
            for (k, c) in expansion.iter_mut().enumerate() {
                let k = k as f64;
                *c += 0.5 * weight * value * here * (2.0 * k + 1.0) / 2.0;
                (before, here) = (here, ((2.0 * k + 1.0) * t * here - k * before) / (k + 1.0));
            }
        }
    }
    Ok(Polynomial::new(to_monomials(&expansion, half_width)))
}

/// Coefficients of `sum c_k P_k(x / l)` in powers of `x`.
fn to_monomials(expansion: &[f64], half_width: f64) -> Vec<f64> {
    let size = expansion.len();
    let mut sum = vec![0.0; size];
    let (mut before, mut here) = (vec![0.0; size], vec![0.0; size]);
    if let Some(one) = here.first_mut() {
        *one = 1.0;
    }
    for (k, c) in expansion.iter().enumerate() {
        for (s, p) in sum.iter_mut().zip(&here) {
            *s += c * p;
        }
        let k = k as f64;
        let shifted = std::iter::once(&0.0).chain(&here);
        let next = shifted
            .zip(&before)
            .map(|(up, old)| ((2.0 * k + 1.0) * up - k * old) / (k + 1.0))
            .collect();
        before = std::mem::replace(&mut here, next);
    }
    let mut power = 1.0;
    for s in &mut sum {
        *s /= power;
        power *= half_width;
    }
    sum
}

/// Nodes and weights of the `n`-point Gauss-Legendre rule on `[-1, 1]`, by Newton's method on `P_n`.
fn gauss_legendre(n: usize) -> Vec<(f64, f64)> {
    let count = n as f64;
    (0..n)
        .map(|i| {
            let mut x = (std::f64::consts::PI * (i as f64 + 0.75) / (count + 0.5)).cos();
            let mut slope = 1.0;
            for _ in 0..8 {
                let (mut before, mut here) = (0.0, 1.0);
                for k in 0..n {
                    let k = k as f64;
                    (before, here) = (here, ((2.0 * k + 1.0) * x * here - k * before) / (k + 1.0));
                }
                slope = count * (x * here - before) / (x * x - 1.0);
                x -= here / slope;
            }
            (x, 2.0 / ((1.0 - x * x) * slope * slope))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::Activation;

    #[test]
    fn relu_of_degree_2_is_the_closed_form() {
        for l in [0.5, 1.0, 5.0, 300.0] {
            let p = least_squares(|x| Activation::Relu.eval_f64(x), 2, l).expect("fits");
            let expected = [3.0 * l / 32.0, 0.5, 15.0 / (32.0 * l)];
            for (got, expected) in p.coefficients().iter().zip(expected) {
                assert!(
                    (got - expected).abs() <= 1e-12 * expected,
                    "{got} for {expected}, l = {l}"
                );
            }
            assert_eq!(p.degree(), 2);
        }
    }

    #[test]
    fn a_polynomial_is_its_own_best_fit() {
        let f = Polynomial::new(vec![1.0, -2.0, 0.0, 0.5, 0.25]);
        let p = least_squares(|x| f.eval(x), 6, 3.0).expect("fits");
        for i in 0..=60 {
            let x = f64::from(i) / 10.0 - 3.0;
            assert!((p.eval(x) - f.eval(x)).abs() < 1e-11);
        }
    }

    #[test]
    fn the_error_is_orthogonal_to_every_lower_power() {
        let (l, degree) = (4.0, 7);
        let p = least_squares(f64::tanh, degree, l).expect("fits");
        let steps = 40_000;
        for power in 0..=degree as i32 {
            let mut sum = 0.0;
            for i in 0..steps {
                let t = (f64::from(i) + 0.5) / f64::from(steps) * 2.0 - 1.0;
                sum += (f64::tanh(l * t) - p.eval(l * t)) * t.powi(power) * 2.0 / f64::from(steps);
            }
            assert!(sum.abs() < 1e-7, "power {power}: {sum}");
        }
    }

    #[test]
    fn a_higher_degree_never_fits_worse() {
        let worst = |degree| {
            let p = least_squares(|x| Activation::Sigmoid.eval_f64(x), degree, 8.0).expect("fits");
            let at = |i: i32| f64::from(i) / 50.0;
            (-400..=400)
                .map(|i| (p.eval(at(i)) - Activation::Sigmoid.eval_f64(at(i))).powi(2))
                .sum::<f64>()
        };
        assert!(worst(3) < worst(1) && worst(7) < worst(3) && worst(31) < 1e-6);
    }

    #[test]
    fn what_cannot_be_fitted_is_refused() {
        let fit = |degree, l| least_squares(|x| x, degree, l);
        assert_eq!(fit(32, 1.0), Err(ApproximationError::Degree { degree: 32 }));
        for l in [0.0, -1.0, f64::INFINITY, f64::NAN] {
            assert!(matches!(fit(2, l), Err(ApproximationError::Interval { .. })));
        }
        let pole = least_squares(|x| if x > 0.5 { f64::NAN } else { x }, 2, 1.0);
        assert!(matches!(pole, Err(ApproximationError::NotFinite { .. })));
    }
}
