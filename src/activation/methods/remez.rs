//! The exchange algorithm of Remez on Chebyshev polynomials.

use crate::chebyshev::clenshaw;

/// Samples of the error between two neighbouring places of the search.
const SAMPLES: usize = 12;

/// Rounds in which all places are exchanged, and in which one is, after which it is given up.
const MAX_ROUNDS: usize = 60;
const MAX_SINGLE_ROUNDS: usize = 400;

/// The spread between the largest and the levelled error at which the exchange ends, as a share of
/// the largest error.
const SPREAD: f64 = 1e-12;

/// The rounding error of one value of the error curve, as a share of the largest function value.
const NOISE: f64 = 32.0 * f64::EPSILON;

/// What is to be approximated on `[low, high]` within `[-1, 1]`.
pub struct Exchange<'a> {
    pub function: &'a dyn Fn(f64) -> f64,
    /// The k of the `T_k` to combine; they must be a Haar system on the interval.
    pub orders: &'a [usize],
    /// Where the search for extrema is cut: rising, with both ends of the interval, and with every
    /// kink.
    pub cuts: &'a [f64],
    /// One place more than there are orders, rising.
    pub start: Vec<f64>,
}

/// The best approximation.
pub struct Levelled {
    /// Coefficients of `T_0, T_1, ...`.
    pub coefficients: Vec<f64>,
    /// Largest error.
    pub error: f64,
    /// Places of the extrema and the signed errors `p - f` there, alternating.
    pub extrema: Vec<(f64, f64)>,
    /// How much the size of the errors at the extrema still differs.
    pub spread: f64,
    /// Whether that is as little as rounding allows.
    pub converged: bool,
}

impl Exchange<'_> {
    /// Runs the exchange: solve for the polynomial whose errors on the reference are levelled, move
    /// the reference to the extrema of its error, until both sizes agree.
    ///
    /// Remez, Comptes rendus 199 (1934); the exchange of all points at once as in Pachon and
    /// Trefethen, BIT 49 (2009). A solution is best exactly when its error alternates on one place
    /// more than there are coefficients (Chebyshev's theorem; Cheney, Introduction to Approximation
    /// Theory (1966), chapter 3).
    ///
    /// Around kinks the exchange of all places can go in circles; that of the worst place alone, which
    /// is slower, cannot (Cheney, chapter 3, section 8), and takes over then.
    pub fn run(&self) -> Levelled {
        let mut reference = self.start.clone();
        let scale = reference.iter().map(|t| (self.function)(*t).abs()).fold(0.0, f64::max);
        let mut best: Option<Levelled> = None;
        for round in 0..MAX_ROUNDS + MAX_SINGLE_ROUNDS {
            if round == MAX_ROUNDS
                && let Some(best) = &best
            {
                reference = best.extrema.iter().map(|(t, _)| *t).collect();
            }
            let Some((coefficients, level)) = self.solve(&reference) else { break };
            let error = |t: f64| clenshaw(&coefficients, t) - (self.function)(t);
            let all = self.extrema(&reference, &error, NOISE * scale);
            let largest = all.iter().map(|(_, e)| e.abs()).fold(0.0, f64::max);
            let enough = all.len() > self.orders.len();
            let extrema = match enough {
                true if round < MAX_ROUNDS => choose(all, self.orders.len() + 1),
                true => with_worst(&reference, &error, &all),
                false => all,
            };
            let smallest = extrema.iter().map(|(_, e)| e.abs()).fold(f64::INFINITY, f64::min);
            let spread = largest - smallest.min(level.abs());
            let converged =
                largest <= NOISE * scale || enough && spread <= SPREAD * largest + NOISE * scale;
            reference = extrema.iter().map(|(t, _)| *t).collect();
            let found = Levelled { coefficients, error: largest, extrema, spread, converged };
            if best.as_ref().is_none_or(|b| found.converged || found.error < b.error) {
                best = Some(found);
            }
            if converged || !enough {
                break;
            }
        }
        best.unwrap_or_else(|| Levelled {
            coefficients: Vec::new(),
            error: f64::INFINITY,
            extrema: Vec::new(),
            spread: f64::INFINITY,
            converged: false,
        })
    }

    /// Coefficients and levelled error with `p(t_i) - f(t_i) = (-1)^i level` on the reference.
    fn solve(&self, reference: &[f64]) -> Option<(Vec<f64>, f64)> {
        let size = self.orders.len();
        let mut rows: Vec<Vec<f64>> = reference
            .iter()
            .enumerate()
            .map(|(i, t)| {
                let angle = t.clamp(-1.0, 1.0).acos();
                let mut row: Vec<f64> =
                    self.orders.iter().map(|k| (*k as f64 * angle).cos()).collect();
                row.push(if i % 2 == 0 { -1.0 } else { 1.0 });
                row.push((self.function)(*t));
                row
            })
            .collect();
        let solution = eliminate(&mut rows)?;
        let level = solution.last().copied()?;
        let highest = self.orders.last().copied().unwrap_or(0);
        let mut coefficients = vec![0.0; highest + 1];
        for (k, c) in self.orders.iter().zip(solution.iter().take(size)) {
            if let Some(slot) = coefficients.get_mut(*k) {
                *slot = *c;
            }
        }
        Some((coefficients, level))
    }

    /// The largest error of each run of one sign, from left to right; the ends of the interval where
    /// they are as large to within `noise`.
    fn extrema(
        &self,
        reference: &[f64],
        error: &dyn Fn(f64) -> f64,
        noise: f64,
    ) -> Vec<(f64, f64)> {
        let mut places: Vec<f64> = self.cuts.iter().chain(reference).copied().collect();
        places.sort_by(f64::total_cmp);
        places.dedup();
        let mut grid: Vec<(f64, f64)> = Vec::with_capacity(places.len() * SAMPLES);
        for (a, b) in places.iter().zip(places.iter().skip(1)) {
            for i in 0..SAMPLES {
                let t = a + (b - a) * i as f64 / SAMPLES as f64;
                grid.push((t, error(t)));
            }
        }
        if let Some(last) = places.last() {
            grid.push((*last, error(*last)));
        }
        let mut found: Vec<(usize, f64)> = Vec::new();
        for (i, (_, e)) in grid.iter().enumerate() {
            match found.last_mut() {
                Some((at, top)) if *top * e >= 0.0 => {
                    if e.abs() > top.abs() {
                        (*at, *top) = (i, *e);
                    }
                }
                _ => found.push((i, *e)),
            }
        }
        found
            .into_iter()
            .map(|(at, top)| {
                let place = |i: usize| grid.get(i).map_or(0.0, |(t, _)| *t);
                let low = place(at.saturating_sub(1));
                let high = place((at + 1).min(grid.len() - 1));
                let size = |t: f64| error(t) * top.signum();
                let (t, e) = climb(low, (place(at), top.abs()), high, &size);
                let ends = [low, high]
                    .into_iter()
                    .filter(|t| self.cuts.first() == Some(t) || self.cuts.last() == Some(t));
                let level = ends.map(|t| (t, size(t))).find(|(_, at_end)| e - at_end <= noise);
                let (t, e) = level.unwrap_or((t, e));
                (t, e * top.signum())
            })
            .collect()
    }
}

/// The top of `f` in `[low, high]` from a place inside that is above both: golden section, with a
/// parabola through three places where that lands inside (Brent, Algorithms for Minimization without
/// Derivatives (1973), chapter 5, simplified).
fn climb(mut low: f64, mut top: (f64, f64), mut high: f64, f: &dyn Fn(f64) -> f64) -> (f64, f64) {
    let golden = 0.381_966_011_250_105;
    let (mut f_low, mut f_high) = (f(low), f(high));
    for round in 0..40 {
        if high - low <= 1e-14 * (low.abs() + high.abs()) + 1e-300 {
            break;
        }
        let (x, y) = top;
        let (left, right) = ((x - low) * (y - f_high), (x - high) * (y - f_low));
        let parabola = x - 0.5 * ((x - low) * left - (x - high) * right) / (left - right);
        let usable = round % 3 != 2 && parabola > low && parabola < high && parabola != x;
        let probe = if usable {
            parabola
        } else if x - low > high - x {
            x - golden * (x - low)
        } else {
            x + golden * (high - x)
        };
        if !(probe > low && probe < high) || probe == x {
            break;
        }
        let value = f(probe);
        if value > y {
            if probe < x {
                (high, f_high) = (x, y);
            } else {
                (low, f_low) = (x, y);
            }
            top = (probe, value);
        } else if probe < x {
            (low, f_low) = (probe, value);
        } else {
            (high, f_high) = (probe, value);
        }
    }
    for (t, e) in [(low, f_low), (high, f_high)] {
        if e > top.1 {
            top = (t, e);
        }
    }
    top
}

/// `count` neighbouring extrema that still alternate, the small ones dropped.
fn choose(mut extrema: Vec<(f64, f64)>, count: usize) -> Vec<(f64, f64)> {
    let size = |e: Option<&(f64, f64)>| e.map_or(f64::INFINITY, |(_, e)| e.abs());
    while extrema.len() > count {
        let last = extrema.len() - 1;
        if extrema.len() == count + 1 {
            let drop_first = size(extrema.first()) < size(extrema.last());
            extrema.remove(if drop_first { 0 } else { last });
            continue;
        }
        // Two neighbours leave together, so that the signs still alternate.
        let pair = |i: usize| size(extrema.get(i)).min(size(extrema.get(i + 1)));
        let weakest = (0..last).min_by(|a, b| pair(*a).total_cmp(&pair(*b))).unwrap_or(0);
        extrema.drain(weakest..weakest + 2);
    }
    extrema
}

/// The errors at `reference`, with the largest of `all` extrema in the place of the neighbour of its
/// sign.
fn with_worst(
    reference: &[f64],
    error: &dyn Fn(f64) -> f64,
    all: &[(f64, f64)],
) -> Vec<(f64, f64)> {
    let mut places: Vec<(f64, f64)> = reference.iter().map(|t| (*t, error(*t))).collect();
    let worst = all.iter().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
    let Some(&worst) = worst else { return places };
    let after = places.partition_point(|(t, _)| *t < worst.0);
    let same = |place: Option<&(f64, f64)>| place.is_some_and(|(_, e)| e * worst.1 > 0.0);
    if same(places.get(after)) {
        places[after] = worst;
    } else if let Some(before) = after.checked_sub(1).filter(|at| same(places.get(*at))) {
        places[before] = worst;
    } else if after == 0 {
        places.pop();
        places.insert(0, worst);
    } else {
        places.remove(0);
        places.push(worst);
    }
    places
}

/// The solution of a linear system given by its rows, the right-hand side last; `None` when it is
/// singular. Gaussian elimination with partial pivoting.
fn eliminate(rows: &mut [Vec<f64>]) -> Option<Vec<f64>> {
    let size = rows.len();
    for column in 0..size {
        let value = |row: &Vec<f64>| row.get(column).map_or(0.0, |v| v.abs());
        let pivot = (column..size)
            .max_by(|a, b| {
                let of = |i: usize| rows.get(i).map_or(0.0, value);
                of(*a).total_cmp(&of(*b))
            })
            .filter(|i| rows.get(*i).map_or(0.0, value) > 0.0)?;
        rows.swap(column, pivot);
        let (done, below) = rows.split_at_mut(column + 1);
        let pivot = done.last()?;
        let head = *pivot.get(column)?;
        for row in below {
            let factor = *row.get(column)? / head;
            row.iter_mut().zip(pivot).skip(column).for_each(|(r, p)| *r -= factor * p);
        }
    }
    let mut solution = vec![0.0; size];
    for (i, row) in rows.iter().enumerate().rev() {
        let known: f64 = row.iter().zip(&solution).skip(i + 1).map(|(a, x)| a * x).sum();
        *solution.get_mut(i)? = (row.get(size)? - known) / row.get(i)?;
    }
    solution.iter().all(|x| x.is_finite()).then_some(solution)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linear_systems_are_solved() {
        let mut rows =
            vec![vec![0.0, 2.0, 1.0, 7.0], vec![1.0, 1.0, 1.0, 6.0], vec![2.0, 0.0, -1.0, -1.0]];
        assert_eq!(eliminate(&mut rows), Some(vec![1.0, 2.0, 3.0]));
        let mut singular = vec![vec![1.0, 2.0, 1.0], vec![2.0, 4.0, 2.0]];
        assert_eq!(eliminate(&mut singular), None);
    }

    #[test]
    fn x_cubed_by_degree_2_levels_at_a_quarter() {
        // The error of the best approximation is T_3 / 4.
        let run = Exchange {
            function: &|t| t * t * t,
            orders: &[0, 1, 2],
            cuts: &[-1.0, 1.0],
            start: vec![-1.0, -0.3, 0.4, 1.0],
        }
        .run();
        assert!(run.converged && (run.error - 0.25).abs() < 1e-14);
        let places: Vec<f64> = run.extrema.iter().map(|(t, _)| *t).collect();
        for (got, want) in places.iter().zip([-1.0, -0.5, 0.5, 1.0]) {
            assert!((got - want).abs() < 1e-6, "{places:?}");
        }
    }

    #[test]
    fn a_climb_finds_tops_and_kinks() {
        let smooth = |t: f64| 1.0 - (t - 0.3).powi(2);
        let (t, _) = climb(0.0, (0.4, smooth(0.4)), 1.0, &smooth);
        assert!((t - 0.3).abs() < 1e-7, "{t}");
        let kink = |t: f64| 1.0 - (t - 0.3).abs();
        let (t, top) = climb(0.0, (0.4, kink(0.4)), 1.0, &kink);
        assert!((t - 0.3).abs() < 1e-4 && top > 1.0 - 1e-4, "{t}");
    }
}
