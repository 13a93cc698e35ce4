//! A small linear program: the sample of least magnitude that meets the equations.
//!
//! `min sum |x|`, `A x = b`, `low <= x <= high`, by Mehrotra's predictor-corrector interior-point
//! method with upper bounds (Nocedal and Wright, Numerical Optimization, 14.2); where values may be
//! negative, positive and negative parts are unknowns of their own. The rows of `A` are orthonormal,
//! so the normal equations are well scaled. Equations, bounds and no more are what Ioniță and Ioniță
//! (RAID 2025, arXiv 2509.21497) showed to give inputs away from a single sample.

use super::equations::{add, dot};

const MOST_ROUNDS: usize = 60;
/// Relative gap and residual at which it ends.
const DONE: f64 = 1e-8;
/// How far towards the boundary a step may go.
const STEP: f64 = 0.995;

/// The `x` within `[low, high]`, `low <= 0 <= high`, of least `sum |x|` with `row · x = target` for
/// the orthonormal `rows` over `n` unknowns.
///
/// The best point met is returned when the equations contradict the bounds.
pub fn least_magnitude(
    rows: &[Vec<f64>],
    targets: &[f64],
    n: usize,
    (low, high): (f64, f64),
) -> Vec<f64> {
    if low == 0.0 {
        return solve(rows, targets, &vec![high; n]);
    }
    let doubled: Vec<Vec<f64>> =
        rows.iter().map(|r| r.iter().copied().chain(r.iter().map(|v| -v)).collect()).collect();
    let mut reach = vec![high; n];
    reach.resize(2 * n, -low);
    let parts = solve(&doubled, targets, &reach);
    let (positive, negative) = parts.split_at(n);
    positive.iter().zip(negative).map(|(p, m)| (p - m).clamp(low, high)).collect()
}

/// The `x` with `0 <= x <= reach` of least sum.
fn solve(rows: &[Vec<f64>], targets: &[f64], reach: &[f64]) -> Vec<f64> {
    let n = reach.len();
    // In units of the greatest reach, and each unknown in units of its own.
    let unit = reach.iter().copied().fold(0.0, f64::max);
    let cost: Vec<f64> = reach.iter().map(|r| r / unit).collect();
    let scaled: Vec<Vec<f64>> =
        rows.iter().map(|r| r.iter().zip(&cost).map(|(a, c)| a * c).collect()).collect();
    let rows = &scaled[..];
    let b: Vec<f64> = targets.iter().map(|t| t / unit).collect();
    let mut state = State {
        x: vec![0.5; n],
        slack: vec![0.5; n],
        y: vec![0.0; rows.len()],
        below: vec![1.0; n],
        above: vec![1.0; n],
    };
    let scale = 1.0 + dot(&b, &b).sqrt();
    for _ in 0..MOST_ROUNDS {
        let residual = Residual::of(&state, rows, &b, &cost);
        if residual.size() < DONE * scale && residual.gap < DONE {
            break;
        }
        let before = state.x.clone();
        if !state.advance(rows, &residual) || state.x.iter().any(|v| !v.is_finite()) {
            state.x = before;
            break;
        }
    }
    state.x.iter().zip(reach).map(|(v, r)| (v * r).clamp(0.0, *r)).collect()
}

/// Primal `x`, `slack = 1 - x`; dual `y` of the equations, `below` and `above` of the bounds.
struct State {
    x: Vec<f64>,
    slack: Vec<f64>,
    y: Vec<f64>,
    below: Vec<f64>,
    above: Vec<f64>,
}

struct Residual {
    /// `b - A x`
    equations: Vec<f64>,
    /// `cost - A^T y - below + above`
    dual: Vec<f64>,
    /// `1 - x - slack`
    bound: Vec<f64>,
    /// Mean of the complementarity products.
    gap: f64,
}

impl Residual {
    fn of(s: &State, rows: &[Vec<f64>], b: &[f64], cost: &[f64]) -> Self {
        let equations = rows.iter().zip(b).map(|(r, b)| b - dot(r, &s.x)).collect();
        let prices = s.below.iter().zip(&s.above);
        let mut dual: Vec<f64> = cost.iter().zip(prices).map(|(c, (l, u))| c - l + u).collect();
        for (row, y) in rows.iter().zip(&s.y) {
            add(&mut dual, -y, row);
        }
        let bound = s.x.iter().zip(&s.slack).map(|(x, s)| 1.0 - x - s).collect();
        Self { equations, dual, bound, gap: s.gap() }
    }

    fn size(&self) -> f64 {
        let parts = [&self.equations, &self.dual, &self.bound];
        parts.iter().flat_map(|p| p.iter()).fold(0.0, |m, v| m.max(v.abs()))
    }
}

struct Direction {
    x: Vec<f64>,
    slack: Vec<f64>,
    y: Vec<f64>,
    below: Vec<f64>,
    above: Vec<f64>,
}

impl State {
    fn gap(&self) -> f64 {
        (dot(&self.x, &self.below) + dot(&self.slack, &self.above)) / (2.0 * self.x.len() as f64)
    }

    /// One predictor-corrector step; false when the normal equations have no answer.
    fn advance(&mut self, rows: &[Vec<f64>], r: &Residual) -> bool {
        let n = self.x.len();
        let weights: Vec<f64> = (0..n)
            .map(|i| 1.0 / (self.below[i] / self.x[i] + self.above[i] / self.slack[i]))
            .collect();
        let Some(factor) = Factor::of(rows, &weights) else { return false };
        let aim = |products: &dyn Fn(usize) -> (f64, f64)| -> Direction {
            self.direction(rows, r, &weights, &factor, products)
        };
        let affine = aim(&|i| (-self.x[i] * self.below[i], -self.slack[i] * self.above[i]));
        let (primal, dual) = (self.primal_step(&affine), self.dual_step(&affine));
        let mut after = 0.0;
        for i in 0..n {
            after += (self.x[i] + primal * affine.x[i]) * (self.below[i] + dual * affine.below[i])
                + (self.slack[i] + primal * affine.slack[i])
                    * (self.above[i] + dual * affine.above[i]);
        }
        after /= 2.0 * n as f64;
        let centre = (after / r.gap).powi(3) * r.gap;
        let step = aim(&|i| {
            (
                centre - self.x[i] * self.below[i] - affine.x[i] * affine.below[i],
                centre - self.slack[i] * self.above[i] - affine.slack[i] * affine.above[i],
            )
        });
        let primal = (STEP * self.primal_step(&step)).min(1.0);
        let dual = (STEP * self.dual_step(&step)).min(1.0);
        add(&mut self.x, primal, &step.x);
        add(&mut self.slack, primal, &step.slack);
        add(&mut self.y, dual, &step.y);
        add(&mut self.below, dual, &step.below);
        add(&mut self.above, dual, &step.above);
        true
    }

    /// Solves the Newton equations with the right-hand sides `products` of the complementarity.
    fn direction(
        &self,
        rows: &[Vec<f64>],
        r: &Residual,
        weights: &[f64],
        factor: &Factor,
        products: &dyn Fn(usize) -> (f64, f64),
    ) -> Direction {
        let n = self.x.len();
        let pairs: Vec<(f64, f64)> = (0..n).map(products).collect();
        let pulled: Vec<f64> = (0..n)
            .map(|i| {
                r.dual[i] - pairs[i].0 / self.x[i]
                    + (pairs[i].1 - self.above[i] * r.bound[i]) / self.slack[i]
            })
            .collect();
        let weighted: Vec<f64> = pulled.iter().zip(weights).map(|(p, w)| p * w).collect();
        let right: Vec<f64> =
            rows.iter().zip(&r.equations).map(|(row, e)| e + dot(row, &weighted)).collect();
        let y = factor.solve(right);
        let mut x: Vec<f64> = pulled.iter().map(|p| -p).collect();
        for (row, y) in rows.iter().zip(&y) {
            add(&mut x, *y, row);
        }
        x.iter_mut().zip(weights).for_each(|(x, w)| *x *= w);
        let slack: Vec<f64> = r.bound.iter().zip(&x).map(|(b, x)| b - x).collect();
        let below = (0..n).map(|i| (pairs[i].0 - self.below[i] * x[i]) / self.x[i]).collect();
        let above =
            (0..n).map(|i| (pairs[i].1 - self.above[i] * slack[i]) / self.slack[i]).collect();
        Direction { x, slack, y, below, above }
    }

    fn primal_step(&self, d: &Direction) -> f64 {
        longest(&self.x, &d.x).min(longest(&self.slack, &d.slack))
    }

    fn dual_step(&self, d: &Direction) -> f64 {
        longest(&self.below, &d.below).min(longest(&self.above, &d.above))
    }
}

/// The longest step, 1 at most, that leaves every value positive.
fn longest(values: &[f64], by: &[f64]) -> f64 {
    let steps = values.iter().zip(by).filter(|(_, d)| **d < 0.0).map(|(v, d)| -v / d);
    steps.fold(1.0, f64::min)
}

/// Cholesky factor of `A W A^T`.
struct Factor(Vec<Vec<f64>>);

impl Factor {
    fn of(rows: &[Vec<f64>], weights: &[f64]) -> Option<Self> {
        let mut lower: Vec<Vec<f64>> = Vec::with_capacity(rows.len());
        for row in rows {
            let weighted: Vec<f64> = row.iter().zip(weights).map(|(a, w)| a * w).collect();
            let mut line: Vec<f64> = Vec::with_capacity(rows.len());
            for (other, known) in rows.iter().zip(&lower) {
                let k = line.len();
                let value = dot(&weighted, other) - dot(&line, &known[..k]);
                line.push(value / known[k]);
            }
            let diagonal = dot(&weighted, row);
            let left = diagonal - dot(&line, &line);
            // What rounding leaves of a row that depends on the others counts as large.
            let pivot = if left > 1e-14 * diagonal { left.sqrt() } else { 1e64 };
            if !pivot.is_finite() || !left.is_finite() {
                return None;
            }
            line.push(pivot);
            lower.push(line);
        }
        Some(Self(lower))
    }

    fn solve(&self, mut v: Vec<f64>) -> Vec<f64> {
        for (i, line) in self.0.iter().enumerate() {
            v[i] = (v[i] - dot(&line[..i], &v[..i])) / line[i];
        }
        for i in (0..v.len()).rev() {
            let value = v[i] / self.0[i][i];
            v[i] = value;
            add(&mut v[..i], -value, &self.0[i][..i]);
        }
        v
    }
}

#[cfg(test)]
mod tests {
    use super::super::equations::Equations;
    use super::*;
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    #[test]
    fn a_hand_made_program_has_its_known_answer() {
        // x0 + x1 + x2 = 2 and x0 - x1 = 0.5, bounds 1: the sum is fixed, any vertex will do;
        // with x0 + 2 x1 = 1.5 alone the least sum takes as much of x1 as there is.
        let root = 5.0_f64.sqrt();
        let x = least_magnitude(&[vec![1.0 / root, 2.0 / root]], &[1.5 / root], 2, (0.0, 1.0));
        assert!((x[0]).abs() < 1e-6 && (x[1] - 0.75).abs() < 1e-6, "{x:?}");
        // The upper bound binds: x0 + 2 x1 = 2.5.
        let x = least_magnitude(&[vec![1.0 / root, 2.0 / root]], &[2.5 / root], 2, (0.0, 1.0));
        assert!((x[0] - 0.5).abs() < 1e-6 && (x[1] - 1.0).abs() < 1e-6, "{x:?}");
    }

    #[test]
    fn a_dark_sample_is_found_from_fewer_equations_than_unknowns() {
        let mut rng = StdRng::seed_from_u64(4);
        let n = 64;
        // A quarter of the values is bright.
        let x: Vec<f64> =
            (0..n).map(|_| f64::from(rng.random_range(-300..=100_i32).max(0))).collect();
        let mut equations = Equations::new(n, 1);
        for _ in 0..44 {
            let w: Vec<f64> = (0..n).map(|_| f64::from(rng.random_range(-40..=40))).collect();
            let z = dot(&w, &x);
            equations.push(w, [z]);
        }
        let known = equations.orthogonal(&progress::Cancel::default()).unwrap();
        let targets: Vec<f64> = known.targets.iter().map(|t| t[0]).collect();
        let found = least_magnitude(&known.directions, &targets, n, (0.0, 100.0));
        let far = x.iter().zip(&found).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(far < 0.01, "{far}");
    }

    #[test]
    fn where_values_may_be_negative_the_least_magnitude_is_meant() {
        // x0 - 2 x1 = 3: the least magnitude takes x1 = -1.5, or what the bound leaves of it.
        let root = 5.0_f64.sqrt();
        let solve =
            |low| least_magnitude(&[vec![1.0 / root, -2.0 / root]], &[3.0 / root], 2, (low, 4.0));
        let (far, near) = (solve(-2.0), solve(-1.0));
        assert!((far[0]).abs() < 1e-6 && (far[1] + 1.5).abs() < 1e-6, "{far:?}");
        assert!((near[0] - 1.0).abs() < 1e-6 && (near[1] + 1.0).abs() < 1e-6, "{near:?}");
    }

    #[test]
    fn equations_without_an_answer_end_all_the_same() {
        let x = least_magnitude(&[vec![1.0, 0.0]], &[7.0], 2, (0.0, 1.0));
        assert!(x.iter().all(|v| (0.0..=1.0).contains(v)), "{x:?}");
    }
}
