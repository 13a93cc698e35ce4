//! Taylor polynomials.

use crate::error::ApproximationError;
use crate::function::Activation;
use crate::polynomial::Polynomial;
use crate::problem::Problem;

/// `sum_k f^(k)(0) / k! x^k`: about 0, where every smooth target has its bend, whatever the interval.
///
/// The coefficients come from recurrences, not from differences: those of tanh from
/// `y' = 1 - y^2`, and sigmoid, softplus and SiLU from it by `sigmoid(x) = (1 + tanh(x/2)) / 2`;
/// GELU from the series of erf (Abramowitz and Stegun, equation 7.1.5).
pub fn fit(problem: &Problem) -> Result<Polynomial, ApproximationError> {
    let coefficients = series(problem.function, problem.degree + 1);
    let (low, high, half) = (problem.low, problem.high, problem.low.abs().max(problem.high.abs()));
    let sizes = coefficients.iter().enumerate().map(|(k, c)| c.abs() * half.powi(k as i32));
    if sizes.sum::<f64>().is_finite() {
        Ok(Polynomial::new(coefficients))
    } else {
        Err(ApproximationError::NotFinite { low, high })
    }
}

/// The first `n` coefficients about 0.
fn series(function: &Activation, n: usize) -> Vec<f64> {
    let mut out: Vec<f64> = match function {
        Activation::Tanh => tanh(n),
        Activation::Sigmoid => sigmoid(n),
        Activation::Softplus => {
            let slope = sigmoid(n);
            let integrated = slope.iter().enumerate().map(|(k, c)| c / (k + 1) as f64);
            std::iter::once(std::f64::consts::LN_2).chain(integrated).collect()
        }
        Activation::Silu => std::iter::once(0.0).chain(sigmoid(n)).collect(),
        Activation::Gelu => {
            let mut out = vec![0.0; n + 2];
            if let Some(c) = out.get_mut(1) {
                *c = 0.5;
            }
            // x/2 erf(x/sqrt 2) = 1/sqrt(2 pi) sum_k (-1)^k x^(2k+2) / (2^k k! (2k+1)).
            let mut term = 1.0 / (2.0 * std::f64::consts::PI).sqrt();
            for (k, c) in out.iter_mut().skip(2).step_by(2).enumerate() {
                *c = term / (2 * k + 1) as f64;
                term *= -0.5 / (k + 1) as f64;
            }
            out
        }
        _ => function.as_polynomial().map(|p| p.coefficients().to_vec()).unwrap_or_default(),
    };
    out.truncate(n);
    out
}

fn tanh(n: usize) -> Vec<f64> {
    let mut y: Vec<f64> = vec![0.0];
    for k in 1..n {
        // k y_k = [k = 1] - sum over i + j = k - 1 of y_i y_j.
        let square: f64 = y.iter().zip(y.iter().rev()).map(|(a, b)| a * b).sum();
        y.push((f64::from(u8::from(k == 1)) - square) / k as f64);
    }
    y
}

fn sigmoid(n: usize) -> Vec<f64> {
    let mut out = tanh(n);
    let mut power = 0.5;
    for c in &mut out {
        *c *= power;
        power *= 0.5;
    }
    if let Some(constant) = out.first_mut() {
        *constant = 0.5;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coefficients_are_the_known_ones() {
        let check = |f: Activation, expected: &[f64]| {
            let got = series(&f, expected.len());
            for (k, (got, want)) in got.iter().zip(expected).enumerate() {
                assert!((got - want).abs() < 1e-16, "{f:?} {k}: {got} for {want}");
            }
            assert_eq!(got.len(), expected.len());
        };
        let third = 1.0 / 3.0;
        check(Activation::Tanh, &[0.0, 1.0, 0.0, -third, 0.0, 2.0 / 15.0, 0.0, -17.0 / 315.0]);
        check(Activation::Sigmoid, &[0.5, 0.25, 0.0, -1.0 / 48.0, 0.0, 1.0 / 480.0]);
        check(Activation::Softplus, &[std::f64::consts::LN_2, 0.5, 0.125, 0.0, -1.0 / 192.0]);
        check(Activation::Silu, &[0.0, 0.5, 0.25, 0.0, -1.0 / 48.0, 0.0]);
        let g = 1.0 / (2.0 * std::f64::consts::PI).sqrt();
        check(Activation::Gelu, &[0.0, 0.5, g, 0.0, -g / 6.0, 0.0, g / 40.0]);
        assert_eq!(series(&Activation::Square, 5), [0.0, 0.0, 1.0]);
        assert_eq!(series(&Activation::Square, 2), [0.0, 0.0]);
    }

    #[test]
    fn high_degrees_converge_inside_the_radius() {
        for f in [
            Activation::Tanh,
            Activation::Sigmoid,
            Activation::Softplus,
            Activation::Silu,
            Activation::Gelu,
        ] {
            let p = Polynomial::new(series(&f, 64));
            for i in -40..=40 {
                let x = f64::from(i) / 50.0;
                assert!((p.eval(x) - f.eval_f64(x)).abs() < 1e-14, "{f:?} at {x}");
            }
        }
    }
}
