//! The map between slots and coefficients.

use rustdct::{DctPlanner, TransformType2And3};
use std::sync::Arc;

/// The map between slots and coefficients.
///
/// Slot `k` is the value at `X = exp(i pi 5^k / (2N))`, where
/// `a = a_0 + 2 sum_j a_j cos(pi j 5^k / (2N))`: a cosine transform, because `5^k` runs through the
/// odd numbers modulo 4N up to sign. Powers of 5 make the automorphism `X -> X^5` a rotation.
pub(super) struct Encoder {
    cosines: Arc<dyn TransformType2And3<f64>>,
    /// Slot `k` is point `order[k]` of the cosine transform.
    order: Vec<u32>,
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Encoder(N={})", self.order.len())
    }
}

impl Encoder {
    pub(super) fn new(n: usize) -> Self {
        let points = std::iter::successors(Some(1), |e| Some(5 * e % (4 * n)));
        // cos is even: the angles e and 4N - e are one.
        let order = points.take(n).map(|e| (e.min(4 * n - e) as u32 - 1) / 2).collect();
        Self { cosines: DctPlanner::new().plan_dct2(n), order }
    }

    /// Coefficients with these slot values (missing ones are 0), not rounded.
    pub(super) fn coefficients(&self, values: &[f64]) -> Vec<f64> {
        let n = self.order.len();
        let mut points = vec![0.0; n];
        for (at, value) in self.order.iter().zip(values) {
            points[*at as usize] = *value;
        }
        self.cosines.process_dct2(&mut points);
        let unscale = 1.0 / n as f64;
        points.iter_mut().for_each(|x| *x *= unscale);
        points
    }

    /// Slot values of these coefficients.
    pub(super) fn slots(&self, mut coefficients: Vec<f64>) -> Vec<f64> {
        // The transform halves its first input.
        coefficients.iter_mut().for_each(|x| *x *= 2.0);
        self.cosines.process_dct3(&mut coefficients);
        self.order.iter().map(|at| coefficients[*at as usize]).collect()
    }
}
