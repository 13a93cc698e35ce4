//! What an attacker knows who has seen similar samples: their mean and how values vary together.

/// Standard deviation added to every value, as a share of the range: what never varies among the
/// samples seen may still vary elsewhere.
const DOUBT: f64 = 0.03;

/// Samples of more values than this have no background: the reconstruction would take too long.
pub const MOST_INPUTS: usize = 256;

/// Mean and covariance of similar samples, as equations that whiten: each holds up to a standard
/// normal error (the lower inverse of the Cholesky factor of the covariance).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Background {
    rows: Vec<Vec<f64>>,
    values: Vec<f64>,
}

impl Background {
    /// Of samples of `len` values each, one after another; `None` when there are too few, or too many
    /// values.
    pub fn of(samples: &[f32], len: usize, range: f64) -> Option<Self> {
        let count = samples.len() / len.max(1);
        if len == 0 || len > MOST_INPUTS || count < 2 {
            return None;
        }
        let of_input = |i: usize| samples.iter().skip(i).step_by(len).map(|v| f64::from(*v));
        let mean: Vec<f64> = (0..len).map(|i| of_input(i).sum::<f64>() / count as f64).collect();
        let mut covariance = vec![vec![0.0; len]; len];
        for sample in samples.chunks_exact(len) {
            let centred: Vec<f64> =
                sample.iter().zip(&mean).map(|(v, m)| f64::from(*v) - m).collect();
            for (row, a) in covariance.iter_mut().zip(&centred) {
                crate::equations::add(row, a / count as f64, &centred);
            }
        }
        for (i, row) in covariance.iter_mut().enumerate() {
            row[i] += (DOUBT * range).powi(2);
        }
        let lower = cholesky(&covariance);
        let rows = inverse(&lower);
        let values = rows.iter().map(|row| crate::equations::dot(row, &mean)).collect();
        Some(Self { rows, values })
    }

    /// Takes noise of standard deviation `standard_deviation` off samples, one after another, as far as what is
    /// likely tells it from them: `min |x - sample|^2 / standard_deviation^2 + |rows x - values|^2`.
    pub fn denoise(&self, samples: &mut [f64], standard_deviation: f64) {
        let (len, firm) = (self.rows.len(), standard_deviation.powi(-2));
        let mut normal = vec![vec![0.0; len]; len];
        let mut pull = vec![0.0; len];
        for (row, value) in self.equations() {
            for (line, by) in normal.iter_mut().zip(row) {
                crate::equations::add(line, *by, row);
            }
            crate::equations::add(&mut pull, value, row);
        }
        for (i, line) in normal.iter_mut().enumerate() {
            line[i] += firm;
        }
        let inverse = inverse(&cholesky(&normal));
        for sample in samples.chunks_exact_mut(len.max(1)) {
            let right: Vec<f64> = sample.iter().zip(&pull).map(|(x, p)| firm * x + p).collect();
            sample.fill(0.0);
            for row in &inverse {
                crate::equations::add(sample, crate::equations::dot(row, &right), row);
            }
        }
    }

    /// Each equation: coefficients and value.
    pub fn equations(&self) -> impl Iterator<Item = (&[f64], f64)> {
        self.rows.iter().map(Vec::as_slice).zip(self.values.iter().copied())
    }
}

/// The lower factor of a symmetric positive definite matrix.
fn cholesky(matrix: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let mut lower: Vec<Vec<f64>> = Vec::with_capacity(matrix.len());
    for (i, row) in matrix.iter().enumerate() {
        let mut line = vec![0.0; matrix.len()];
        for (k, above) in lower.iter().enumerate() {
            line[k] = (row[k] - crate::equations::dot(&line[..k], &above[..k])) / above[k];
        }
        let left = row[i] - crate::equations::dot(&line[..i], &line[..i]);
        line[i] = left.max(f64::MIN_POSITIVE).sqrt();
        lower.push(line);
    }
    lower
}

/// The inverse of a lower triangular matrix.
fn inverse(lower: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let mut rows: Vec<Vec<f64>> = Vec::with_capacity(lower.len());
    for (i, line) in lower.iter().enumerate() {
        let mut row = vec![0.0; lower.len()];
        row[i] = 1.0;
        for (by, above) in line.iter().zip(&rows) {
            crate::equations::add(&mut row, -by, above);
        }
        row.iter_mut().for_each(|v| *v /= line[i]);
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_equations_whiten_the_samples_they_come_from() {
        // Two values that go together, and one that is always 5.
        let samples: Vec<f32> = (0..200)
            .flat_map(|k| {
                let v = (k % 20) as f32;
                [v, 2.0 * v + ((k * 7) % 11) as f32, 5.0]
            })
            .collect();
        let background = Background::of(&samples, 3, 10.0).unwrap();
        for (row, value) in background.equations() {
            let errors: Vec<f64> = samples
                .chunks(3)
                .map(|s| s.iter().zip(row).map(|(x, a)| f64::from(*x) * a).sum::<f64>() - value)
                .collect();
            let mean = errors.iter().sum::<f64>() / 200.0;
            let variance = errors.iter().map(|e| e * e).sum::<f64>() / 200.0;
            assert!(mean.abs() < 1e-9 && variance < 1.01, "{mean} {variance}");
        }
        // The third value hardly varies: noise on it goes; little noise changes nothing.
        let mut noisy = [10.0, 25.0, 9.0];
        background.denoise(&mut noisy, 1e-3);
        assert!((noisy[2] - 9.0).abs() < 1e-3, "{noisy:?}");
        background.denoise(&mut noisy, 2.0);
        assert!((noisy[2] - 5.0).abs() < 0.2, "{noisy:?}");
        assert!(Background::of(&[1.0; 3], 3, 1.0).is_none(), "one sample");
        assert!(Background::of(&vec![1.0; 2000], 1000, 1.0).is_none(), "too many values");
    }
}
