//! Linear equations with several right-hand sides, brought into orthogonal form.
//!
//! Rotating equations into one another changes no solution. So equations that come one by one are
//! first folded into at most as many as there are unknowns (QR by Householder reflections), and then
//! rotated until their rows are orthogonal (one-sided Jacobi: Hestenes 1958; Demmel and Veselić 1992,
//! which finds small singular values to high relative accuracy). In that form every equation says one
//! number, the coordinate of the unknowns in one direction, and its norm says how firmly.

use progress::{Cancel, Cancelled};

/// Rows further below the largest norm than this say nothing: what is left of them is rounding.
const NEGLIGIBLE: f64 = 1e-11;

/// Rows are orthogonal when the cosine between them is below this.
const ORTHOGONAL: f64 = 1e-13;

const MOST_SWEEPS: usize = 40;

/// Equations `row · x_k = value_k` for `k < sides`.
#[derive(Clone, Debug)]
pub struct Equations {
    unknowns: usize,
    sides: usize,
    /// Each row: coefficients, then right-hand sides.
    rows: Vec<Vec<f64>>,
}

/// Equations with orthonormal `directions`: the coordinate of `x_k` in direction `r` is
/// `targets[r][k]`.
#[derive(Clone, Debug, Default)]
pub struct Orthogonal {
    pub norms: Vec<f64>,
    pub directions: Vec<Vec<f64>>,
    pub targets: Vec<Vec<f64>>,
}

impl Equations {
    /// No equations yet, for `unknowns` unknowns and `sides` right-hand sides.
    pub fn new(unknowns: usize, sides: usize) -> Self {
        Self { unknowns, sides, rows: Vec::new() }
    }

    /// Adds one; coefficients or values that are left out are zero.
    pub fn push(
        &mut self,
        coefficients: impl IntoIterator<Item = f64>,
        values: impl IntoIterator<Item = f64>,
    ) {
        let mut row: Vec<f64> = coefficients.into_iter().take(self.unknowns).collect();
        row.resize(self.unknowns, 0.0);
        row.extend(values.into_iter().take(self.sides));
        row.resize(self.unknowns + self.sides, 0.0);
        self.rows.push(row);
    }

    /// The same equations with orthogonal rows, those that say nothing left out.
    ///
    /// # Errors
    /// When `cancel` is set.
    pub fn orthogonal(mut self, cancel: &Cancel) -> Result<Orthogonal, Cancelled> {
        self.fold(cancel)?;
        rotate(&mut self.rows, self.unknowns, cancel)?;
        let norms: Vec<f64> = self.rows.iter().map(|r| norm(&r[..self.unknowns])).collect();
        let least = norms.iter().fold(0.0, |m: f64, n| m.max(*n)) * NEGLIGIBLE;
        let mut found = Orthogonal::default();
        for (row, norm) in self.rows.into_iter().zip(norms) {
            if norm > least {
                let (direction, values) = row.split_at(self.unknowns);
                found.norms.push(norm);
                found.directions.push(direction.iter().map(|v| v / norm).collect());
                found.targets.push(values.iter().map(|v| v / norm).collect());
            }
        }
        Ok(found)
    }

    /// Folds the equations into at most `unknowns` by reflections; what contradicts itself falls out.
    fn fold(&mut self, cancel: &Cancel) -> Result<(), Cancelled> {
        let n = self.unknowns;
        if self.rows.len() <= n {
            return Ok(());
        }
        for column in 0..n {
            cancel.check()?;
            let below = self.rows.get(column..).unwrap_or_default();
            let length = below.iter().map(|r| r[column] * r[column]).sum::<f64>().sqrt();
            if length == 0.0 {
                continue;
            }
            let head = self.rows[column][column];
            let mut mirror: Vec<f64> = below.iter().map(|r| r[column]).collect();
            mirror[0] += if head < 0.0 { -length } else { length };
            let half = mirror.iter().map(|v| v * v).sum::<f64>() / 2.0;
            let width = n + self.sides;
            let mut share = vec![0.0; width];
            for (row, m) in self.rows[column..].iter().zip(&mirror) {
                for (s, v) in share[column..].iter_mut().zip(&row[column..]) {
                    *s += m * v;
                }
            }
            for (row, m) in self.rows[column..].iter_mut().zip(&mirror) {
                let by = m / half;
                for (v, s) in row[column..].iter_mut().zip(&share[column..]) {
                    *v -= by * s;
                }
            }
        }
        self.rows.truncate(n);
        Ok(())
    }
}

impl Orthogonal {
    /// Directions that are known.
    pub fn rank(&self) -> usize {
        self.norms.len()
    }
}

/// Rotates pairs of rows until the first `n` numbers of any two are orthogonal.
fn rotate(rows: &mut [Vec<f64>], n: usize, cancel: &Cancel) -> Result<(), Cancelled> {
    let largest = rows.iter().map(|r| norm(&r[..n])).fold(0.0, f64::max);
    let nothing = (largest * NEGLIGIBLE).powi(2);
    for _ in 0..MOST_SWEEPS {
        let mut turned = false;
        for j in 1..rows.len() {
            cancel.check()?;
            let (before, rest) = rows.split_at_mut(j);
            let Some(b) = rest.first_mut() else { continue };
            for a in before {
                let (aa, bb, ab) = products(&a[..n], &b[..n]);
                if aa.min(bb) <= nothing || ab.abs() <= ORTHOGONAL * (aa * bb).sqrt() {
                    continue;
                }
                turned = true;
                let zeta = (bb - aa) / (2.0 * ab);
                let t = zeta.signum() / (zeta.abs() + zeta.hypot(1.0));
                let cos = 1.0 / t.hypot(1.0);
                let sin = cos * t;
                for (x, y) in a.iter_mut().zip(b.iter_mut()) {
                    (*x, *y) = (cos * *x - sin * *y, sin * *x + cos * *y);
                }
            }
        }
        if !turned {
            break;
        }
    }
    Ok(())
}

fn products(a: &[f64], b: &[f64]) -> (f64, f64, f64) {
    (dot(a, a), dot(b, b), dot(a, b))
}

fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

/// Inner product, in eight sums so that it runs in vector registers.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    const LANES: usize = 8;
    let mut sums = [0.0; LANES];
    let (a8, a1) = a.as_chunks::<LANES>();
    let (b8, b1) = b.as_chunks::<LANES>();
    for (x, y) in a8.iter().zip(b8) {
        for ((s, x), y) in sums.iter_mut().zip(x).zip(y) {
            *s += x * y;
        }
    }
    sums.iter().sum::<f64>() + a1.iter().zip(b1).map(|(x, y)| x * y).sum::<f64>()
}

/// `to += by * from`.
pub fn add(to: &mut [f64], by: f64, from: &[f64]) {
    for (t, f) in to.iter_mut().zip(from) {
        *t += by * f;
    }
}

/// `directions` with further orthonormal ones until there are `n`: a basis of all of space.
pub fn completed(directions: &[Vec<f64>], n: usize) -> Vec<Vec<f64>> {
    let mut basis = directions.to_vec();
    for axis in 0..n {
        if basis.len() >= n {
            break;
        }
        let mut new = vec![0.0; n];
        new[axis] = 1.0;
        // Twice is enough: Kahan, in Parlett, The Symmetric Eigenvalue Problem, 6.9.
        for _ in 0..2 {
            for old in &basis {
                let by = dot(old, &new);
                add(&mut new, -by, old);
            }
        }
        let length = norm(&new);
        if length > 0.5 / (n as f64).sqrt() {
            new.iter_mut().for_each(|v| *v /= length);
            basis.push(new);
        }
    }
    basis
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    fn random(rng: &mut StdRng, n: usize) -> Vec<f64> {
        (0..n).map(|_| f64::from(rng.random_range(-30..=30))).collect()
    }

    /// Equations of `m` random rows met by `x`, and their orthogonal form.
    fn solved(m: usize, x: &[Vec<f64>], seed: u64) -> Orthogonal {
        let n = x[0].len();
        let mut rng = StdRng::seed_from_u64(seed);
        let mut equations = Equations::new(n, x.len());
        for _ in 0..m {
            let row = random(&mut rng, n);
            let values: Vec<f64> = x.iter().map(|x| dot(&row, x)).collect();
            equations.push(row, values);
        }
        equations.orthogonal(&Cancel::default()).unwrap()
    }

    #[test]
    fn as_many_equations_as_unknowns_give_the_unknowns() {
        let mut rng = StdRng::seed_from_u64(1);
        let x: Vec<Vec<f64>> = (0..3).map(|_| random(&mut rng, 20)).collect();
        for m in [20, 21, 75] {
            let found = solved(m, &x, 2);
            assert_eq!(found.rank(), 20);
            for (k, x) in x.iter().enumerate() {
                let mut y = vec![0.0; 20];
                for (direction, target) in found.directions.iter().zip(&found.targets) {
                    add(&mut y, target[k], direction);
                }
                let far = x.iter().zip(&y).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
                assert!(far < 1e-8, "{m}: {far}");
            }
        }
    }

    #[test]
    fn repeated_equations_say_nothing_new() {
        let mut equations = Equations::new(6, 1);
        for _ in 0..5 {
            equations.push([1.0, 2.0, 0.0, -1.0], [3.0]);
            equations.push([0.0, 1.0, 4.0], [2.0]);
        }
        let found = equations.orthogonal(&Cancel::default()).unwrap();
        assert_eq!(found.rank(), 2);
        assert!(dot(&found.directions[0], &found.directions[1]).abs() < 1e-12);
    }

    #[test]
    fn a_completed_basis_is_orthonormal() {
        let found = solved(3, &[vec![1.0; 9]], 5);
        let basis = completed(&found.directions, 9);
        assert_eq!(basis.len(), 9);
        for (i, a) in basis.iter().enumerate() {
            for (j, b) in basis.iter().enumerate() {
                let expected = f64::from(u8::from(i == j));
                assert!((dot(a, b) - expected).abs() < 1e-12, "{i} {j}");
            }
        }
    }
}
