//! The Hermite expansion.

use crate::chebyshev::ChebyshevSeries;
use crate::histogram::Histogram;
use crate::problem::Problem;
use crate::quadrature::pieces;
use std::f64::consts::PI;

/// Half-width of the interval in standard deviations, where no standard deviation was measured.
const DEVIATIONS: f64 = 3.0;

/// Points of the rule on each piece.
const RULE: usize = 32;

/// `sum_k c_k h_k(z)` with `z = (x - mean) / standard_deviation`, `c_k = E[f(x) h_k(z)]` for `z` normally
/// distributed, and `h_k` the orthonormal Hermite polynomials
/// `h_{k+1} = (z h_k - sqrt(k) h_{k-1}) / sqrt(k + 1)`.
///
/// The activation of HerPN (Ghodsi et al., NeurIPS 2021 workshops, arXiv 2111.08541) and AESPA (Park
/// et al., arXiv 2201.06699), which normalise every pre-activation to mean 0 and standard deviation 1. Here
/// mean and standard deviation are those measured, or the middle of the interval and a third of its
/// half-width.
pub fn fit(problem: &Problem, measured: Option<&Histogram>) -> Vec<f64> {
    let assumed = (problem.centre, problem.half / DEVIATIONS);
    let (mean, standard_deviation) = measured
        .and_then(|m| {
            Some((m.mean()?, m.standard_deviation().filter(|d| *d > 1e-9 * problem.half)?))
        })
        .unwrap_or(assumed);
    let count = problem.degree + 1;
    // Beyond this, h_k(z)^2 times the density is below rounding for every k in use.
    let reach = 12.0 + 2.0 * (count as f64).sqrt();
    let mut cuts: Vec<f64> = (-64..=64).map(|i| f64::from(i) * reach / 64.0).collect();
    cuts.push(-mean / standard_deviation);
    let breaks = problem.function.breaks();
    cuts.extend(breaks.iter().map(|x| (x - mean) / standard_deviation));
    if breaks.is_empty() {
        let mut x = 0.5;
        while x < reach * standard_deviation + mean.abs() {
            cuts.extend([x, -x].map(|x| (x - mean) / standard_deviation));
            x *= 2.0;
        }
    }
    cuts.retain(|z| z.abs() <= reach);
    cuts.sort_by(f64::total_cmp);
    let mut coefficients = vec![0.0; count];
    for (z, weight) in pieces(&cuts, RULE) {
        let density = (-0.5 * z * z).exp() / (2.0 * PI).sqrt();
        let value = weight * density * problem.function.rest(standard_deviation * z + mean);
        let terms = Hermite::at(z);
        coefficients.iter_mut().zip(terms).for_each(|(c, h)| *c += value * h);
    }
    let values: Vec<f64> = ChebyshevSeries::nodes(count)
        .iter()
        .map(|t| {
            let z = (problem.half * t + problem.centre - mean) / standard_deviation;
            coefficients.iter().zip(Hermite::at(z)).map(|(c, h)| c * h).sum()
        })
        .collect();
    ChebyshevSeries::from_node_values(&values)
}

/// `h_0(z), h_1(z), ...`
struct Hermite {
    z: f64,
    k: f64,
    before: f64,
    here: f64,
}

impl Hermite {
    fn at(z: f64) -> Self {
        Self { z, k: 0.0, before: 0.0, here: 1.0 }
    }
}

impl Iterator for Hermite {
    type Item = f64;

    fn next(&mut self) -> Option<f64> {
        let value = self.here;
        let next = (self.z * self.here - self.k.sqrt() * self.before) / (self.k + 1.0).sqrt();
        (self.before, self.here, self.k) = (self.here, next, self.k + 1.0);
        Some(value)
    }
}
