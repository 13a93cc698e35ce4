//! Least squares under a weight on the interval.

use crate::chebyshev::ChebyshevSeries;
use crate::problem::Problem;

/// The polynomial with the smallest `integral over [-1, 1] of (f - p)^2`: every point counts alike,
/// so this is the truncated Legendre series (Abramowitz and Stegun, section 22.2.10).
pub fn uniform(problem: &Problem) -> Vec<f64> {
    let points = problem.quadrature();
    let targets: Vec<_> = points.iter().map(|(t, _)| problem.rest(*t)).collect();
    discrete(&points, &targets, problem.degree)
}

/// The polynomial with the smallest `integral over [-1, 1] of exp(-1 / (1e-5 + t^2)) (f - p)^2`.
///
/// The modified Chebyshev method of CryptoDL (Hesamifard, Takabi and Ghasemi, arXiv 1711.05189): a
/// weight that leaves out the middle, where ReLU bends. For ReLU on `[-l, l]` it gives
/// `0.315471 x^2 / l + x / 2 + 0.192787 l`, the coefficients in the authors' own code.
pub fn modified(problem: &Problem) -> Vec<f64> {
    let mut points = problem.quadrature();
    for (t, weight) in &mut points {
        *weight *= (-1.0 / (1e-5 + *t * *t)).exp();
    }
    let targets: Vec<_> = points.iter().map(|(t, _)| problem.rest(*t)).collect();
    discrete(&points, &targets, problem.degree)
}

/// Chebyshev coefficients of the polynomial `p` of at most `degree` with the smallest
/// `sum_j weight_j (target_j - p(t_j))^2` over `points` of `(t_j, weight_j)`.
///
/// Orthonormal polynomials by the Stieltjes procedure with full reorthogonalisation, which is stable
/// where a Vandermonde matrix is not (Brubeck, Nakatsukasa and Trefethen, SIAM Review 63 (2021)).
/// Where the points cannot tell more polynomials apart, the degree stays lower.
pub fn discrete(points: &[(f64, f64)], targets: &[f64], degree: usize) -> Vec<f64> {
    let nodes = ChebyshevSeries::nodes(degree + 1);
    let count = points.len();
    let dot = |a: &[f64], b: &[f64]| -> f64 {
        points.iter().zip(a.iter().zip(b)).map(|((_, w), (a, b))| w * a * b).sum()
    };
    // Each polynomial by its values: at the points, then at the nodes.
    let mut basis: Vec<Vec<f64>> = Vec::with_capacity(degree + 1);
    let mut fit = vec![0.0; nodes.len()];
    let mut residual = targets.to_vec();
    for _ in 0..=degree {
        let mut next: Vec<f64> = match basis.last() {
            None => vec![1.0; count + nodes.len()],
            Some(last) => {
                let places = points.iter().map(|(t, _)| t).chain(&nodes);
                places.zip(last).map(|(t, q)| t * q).collect()
            }
        };
        let before = dot(&next, &next).sqrt();
        for _ in 0..2 {
            for q in &basis {
                let share = dot(&next, q);
                next.iter_mut().zip(q).for_each(|(n, q)| *n -= share * q);
            }
        }
        let norm = dot(&next, &next).sqrt();
        if norm.is_nan() || norm <= 1e-13 * before {
            break;
        }
        next.iter_mut().for_each(|n| *n /= norm);
        let share = dot(&residual, &next);
        residual.iter_mut().zip(&next).for_each(|(r, n)| *r -= share * n);
        fit.iter_mut().zip(next.iter().skip(count)).for_each(|(f, n)| *f += share * n);
        basis.push(next);
    }
    ChebyshevSeries::from_node_values(&fit)
}
