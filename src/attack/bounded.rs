//! Bounded least squares for the samples of one mini-batch at once.
//!
//! The samples are the rows of `X`, `batch x inputs`. What is known of them is of two kinds:
//! first-layer products `A X^T = Z` (the same weight rows for every sample) and gradients
//! `D X = G` (the same deltas for every input). With both in orthogonal form the problem
//!
//! `min |A X^T - Z|^2 / sigma^2 + |D X - G|^2 / sigma^2 + |X|^2 / tau^2`, `low <= X <= high`
//!
//! is solved by alternating directions (ADMM: Boyd et al. 2011, section 5.1 with over-relaxation):
//! its quadratic half has a closed form, direction by direction, and its other half is a clamp.

use super::equations::{Orthogonal, add, completed, dot};
use progress::{Cancel, Cancelled};

/// Standard deviation taken for exact values, in their integers: they are believed outright.
pub const EXACT: f64 = 1e-4;
/// Over-relaxation of Boyd et al., 3.4.3.
const RELAXATION: f64 = 1.6;
const MOST_ROUNDS: usize = 400;
/// Rounds end when nothing moves more than this share of the range.
const SETTLED: f64 = 2e-5;
/// Values this share of the range outside of it count as inside.
const TOLERANCE: f64 = 1e-7;

/// What is known of the samples of a mini-batch, and the range their values lie in.
#[derive(Clone, Debug)]
pub struct Bounded<'a> {
    /// Over the inputs; one target per sample.
    pub products: &'a Orthogonal,
    /// Over the samples; one target per input.
    pub gradients: &'a Orthogonal,
    pub batch: usize,
    pub inputs: usize,
    pub low: f64,
    pub high: f64,
}

impl Bounded<'_> {
    /// The samples, one after another, each within the range.
    ///
    /// # Errors
    /// When `cancel` is set; it is looked at in every round.
    pub fn solve(&self, cancel: &Cancel) -> Result<Vec<f64>, Cancelled> {
        let system = System::new(self);
        let count = self.batch * self.inputs;
        let range = self.high - self.low;
        let mut x = system.solve(&vec![0.0; count]);
        cancel.check()?;
        let outside = range * TOLERANCE;
        let inside = |v: &f64| (self.low - outside..=self.high + outside).contains(v);
        if x.iter().all(inside) {
            return Ok(x.iter().map(|v| v.clamp(self.low, self.high)).collect());
        }
        let mut kept: Vec<f64> = x.iter().map(|v| v.clamp(self.low, self.high)).collect();
        let mut dual = vec![0.0; count];
        let mut pull = vec![0.0; count];
        for _ in 0..MOST_ROUNDS {
            cancel.check()?;
            for ((p, k), d) in pull.iter_mut().zip(&kept).zip(&dual) {
                *p = k - d;
            }
            x = system.solve(&pull);
            let mut moved = 0.0_f64;
            for ((x, k), d) in x.iter().zip(&mut kept).zip(&mut dual) {
                let relaxed = RELAXATION * x + (1.0 - RELAXATION) * *k;
                let clamped = (relaxed + *d).clamp(self.low, self.high);
                *d += relaxed - clamped;
                moved = moved.max((clamped - *k).abs());
                *k = clamped;
            }
            if moved < SETTLED * range {
                break;
            }
        }
        Ok(kept)
    }
}

/// The quadratic half, with what stays the same over the rounds.
struct System<'a> {
    problem: &'a Bounded<'a>,
    /// An orthonormal basis over the samples: the directions of the gradients come first.
    basis: Vec<Vec<f64>>,
    /// How firmly each direction of the products is known.
    firm: Vec<f64>,
    /// The same of the gradients; 0 where the basis was completed.
    firm_basis: Vec<f64>,
    /// Targets of the products in the basis: `basis x directions`.
    targets: Vec<Vec<f64>>,
    /// Weight of "the values are small", and of what a round pulls to.
    prior: f64,
}

impl<'a> System<'a> {
    fn new(problem: &'a Bounded<'a>) -> Self {
        let (a, g) = (problem.products, problem.gradients);
        let basis = completed(&g.directions, problem.batch);
        let firm =
            |norms: &[f64]| -> Vec<f64> { norms.iter().map(|n| (n / EXACT).powi(2)).collect() };
        let mut firm_basis = firm(&g.norms);
        firm_basis.resize(basis.len(), 0.0);
        let rotated = |b: &Vec<f64>| a.targets.iter().map(|t| dot(b, t)).collect();
        let targets = basis.iter().map(rotated).collect();
        // A third of the range as standard deviation of a value about which nothing is known.
        let prior = (3.0 / (problem.high - problem.low)).powi(2);
        Self { problem, firm: firm(&a.norms), firm_basis, targets, basis, prior }
    }

    /// The minimum of the quadratic half with `prior |X - pull|^2` added.
    fn solve(&self, pull: &[f64]) -> Vec<f64> {
        let n = self.problem.inputs;
        let mut x = vec![0.0; pull.len()];
        let weight = 2.0 * self.prior;
        for (q, b) in self.basis.iter().enumerate() {
            let firm = self.firm_basis[q];
            let total = firm + weight;
            // What the direction over the samples says, and what is pulled to.
            let mut y = vec![0.0; n];
            for (by, row) in b.iter().zip(pull.chunks_exact(n)) {
                add(&mut y, by * self.prior / total, row);
            }
            if let Some(target) = self.problem.gradients.targets.get(q) {
                add(&mut y, firm / total, target);
            }
            // What the products correct of it.
            let directions = self.problem.products.directions.iter();
            let corrections: Vec<f64> = directions
                .zip(&self.firm)
                .zip(&self.targets[q])
                .map(|((v, s), target)| s / (s + total) * (target - dot(v, &y)))
                .collect();
            for (v, by) in self.problem.products.directions.iter().zip(corrections) {
                add(&mut y, by, v);
            }
            for (by, row) in b.iter().zip(x.chunks_exact_mut(n)) {
                add(row, *by, &y);
            }
        }
        x
    }
}

#[cfg(test)]
mod tests {
    use super::super::equations::Equations;
    use super::*;
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    const BATCH: usize = 6;
    const INPUTS: usize = 12;

    /// Samples of 0 to 100, many of them 0, with `rows` products each and `deltas` gradients.
    fn case(rows: usize, deltas: usize, seed: u64) -> (Vec<f64>, Orthogonal, Orthogonal) {
        let mut rng = StdRng::seed_from_u64(seed);
        let x: Vec<f64> = (0..BATCH * INPUTS)
            .map(|_| f64::from(rng.random_range(-60..=100_i32).max(0)))
            .collect();
        let mut products = Equations::new(INPUTS, BATCH);
        for _ in 0..rows {
            let w: Vec<f64> = (0..INPUTS).map(|_| f64::from(rng.random_range(-40..=40))).collect();
            let z: Vec<f64> = x.chunks(INPUTS).map(|x| dot(&w, x)).collect();
            products.push(w, z);
        }
        let mut gradients = Equations::new(BATCH, INPUTS);
        for _ in 0..deltas {
            let d: Vec<f64> = (0..BATCH).map(|_| f64::from(rng.random_range(-9..=9))).collect();
            let mut g = vec![0.0; INPUTS];
            for (by, row) in d.iter().zip(x.chunks(INPUTS)) {
                add(&mut g, *by, row);
            }
            gradients.push(d, g);
        }
        let done = |e: Equations| e.orthogonal(&Cancel::default()).unwrap();
        (x, done(products), done(gradients))
    }

    fn problem<'a>(products: &'a Orthogonal, gradients: &'a Orthogonal) -> Bounded<'a> {
        Bounded { products, gradients, batch: BATCH, inputs: INPUTS, low: 0.0, high: 100.0 }
    }

    fn farthest(a: &[f64], b: &[f64]) -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    }

    #[test]
    fn enough_equations_of_either_kind_or_of_both_give_every_value() {
        // 8 rows and 3 deltas: neither would do alone.
        for (rows, deltas) in [(12, 0), (0, 6), (30, 20), (9, 3)] {
            let (x, products, gradients) = case(rows, deltas, 3);
            let problem = problem(&products, &gradients);
            let found = problem.solve(&Cancel::default()).unwrap();
            let limit = if rows == 9 { 40.0 } else { 1e-3 };
            assert!(farthest(&x, &found) < limit, "{rows} {deltas}: {}", farthest(&x, &found));
        }
    }

    #[test]
    fn bounds_find_what_equations_alone_leave_open() {
        let (x, products, gradients) = case(9, 0, 11);
        let open = Bounded { low: -1e6, high: 1e6, ..problem(&products, &gradients) };
        let cancel = Cancel::default();
        let error =
            |found: Vec<f64>| x.iter().zip(&found).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
        let (without, with) = (
            error(open.solve(&cancel).unwrap()),
            error(problem(&products, &gradients).solve(&cancel).unwrap()),
        );
        assert!(with < 0.7 * without, "{with} with bounds, {without} without");
    }

    #[test]
    fn the_answer_meets_equations_and_bounds() {
        let (x, products, gradients) = case(7, 2, 5);
        let found = problem(&products, &gradients).solve(&Cancel::default()).unwrap();
        assert!(found.iter().all(|v| (0.0..=100.0).contains(v)));
        for (v, t) in products.directions.iter().zip(&products.targets) {
            for (x, t) in found.chunks(INPUTS).zip(t) {
                assert!((dot(v, x) - t).abs() < 0.05, "{} {t}", dot(v, x));
            }
        }
        assert!(farthest(&x, &found) > 1.0, "too few equations to find everything");
    }

    #[test]
    fn it_stops_when_asked() {
        let (_, products, gradients) = case(7, 2, 5);
        let cancel = Cancel::default();
        cancel.cancel();
        assert!(problem(&products, &gradients).solve(&cancel).is_err());
    }
}
