//! Reconstruction through a first convolution: every window is a ciphertext, and windows overlap.
//!
//! A few filters are few equations about each window, but every pixel lies in many windows; all
//! windows together are one sparse linear system over the pixels of a sample. It is solved by
//! conjugate gradients on the normal equations (CGLS: Björck, Numerical Methods for Least Squares
//! Problems, 7.4.1).

use super::equations::dot;
use super::knowledge::Knowledge;
use crate::reconstruction::Reconstruction;
use progress::{Cancel, Cancelled};
use rayon::prelude::*;

const MOST_ROUNDS: usize = 600;
/// Residual, relative to the first, at which the rounds end.
const DONE: f64 = 1e-10;

/// Reconstructs each sample from the products of its windows.
pub(crate) fn reconstruct(
    known: &Knowledge<'_>,
    cancel: &Cancel,
) -> Result<Reconstruction, Cancelled> {
    let encoding = &known.view.encoding;
    let system = Filters::of(known);
    let (low, high) = (f64::from(encoding.range.0), f64::from(encoding.range.1));
    let equations = known.products.len() * encoding.windows.len();
    let solved: Vec<(Vec<f64>, bool)> = (0..known.samples.len())
        .into_par_iter()
        .map(|sample| {
            let values = system.values_of(known, sample);
            let mut x = system.solve(&values, cancel)?;
            x.iter_mut().for_each(|v| *v = v.clamp(low, high));
            let rounded: Vec<f64> = x.iter().map(|v| v.round()).collect();
            let met = equations >= encoding.input_len && system.forward(&rounded) == values;
            Ok((x, met))
        })
        .collect::<Result<_, Cancelled>>()?;
    Ok(Reconstruction {
        samples: known.samples.to_vec(),
        uses: known.uses,
        rows: (known.products.len(), 0),
        known_share: (equations as f64 / encoding.input_len.max(1) as f64).min(1.0),
        certain: solved.iter().filter(|(_, met)| *met).count(),
        values: solved.into_iter().flat_map(|(x, _)| x).collect(),
    })
}

/// The filters of all steps, applied to windows.
struct Filters<'a> {
    windows: &'a [Vec<Option<usize>>],
    rows: Vec<Vec<f64>>,
    inputs: usize,
}

impl<'a> Filters<'a> {
    fn of(known: &Knowledge<'a>) -> Self {
        let row = |c: &[i32]| c.iter().map(|w| f64::from(*w)).collect();
        Self {
            windows: &known.view.encoding.windows,
            rows: known.products.iter().map(|r| row(r.coefficients)).collect(),
            inputs: known.view.encoding.input_len,
        }
    }

    /// What was decrypted of a sample, row after row, window after window.
    fn values_of(&self, known: &Knowledge<'_>, sample: usize) -> Vec<f64> {
        let count = self.windows.len();
        let mut all = Vec::with_capacity(self.rows.len() * count);
        for row in &known.products {
            let before = all.len();
            all.extend(row.values.iter().skip(sample * count).take(count).copied());
            all.resize(before + count, 0.0);
        }
        all
    }

    fn forward(&self, x: &[f64]) -> Vec<f64> {
        let mut out = Vec::with_capacity(self.rows.len() * self.windows.len());
        for row in &self.rows {
            out.extend(self.windows.iter().map(|window| {
                let pairs = window.iter().zip(row);
                pairs.filter_map(|(at, w)| Some(w * x.get((*at)?)?)).sum::<f64>()
            }));
        }
        out
    }

    fn backward(&self, z: &[f64]) -> Vec<f64> {
        let mut x = vec![0.0; self.inputs];
        for (row, z) in self.rows.iter().zip(z.chunks_exact(self.windows.len().max(1))) {
            for (window, z) in self.windows.iter().zip(z) {
                for (at, w) in window.iter().zip(row) {
                    if let Some(v) = at.and_then(|at| x.get_mut(at)) {
                        *v += w * z;
                    }
                }
            }
        }
        x
    }

    fn solve(&self, z: &[f64], cancel: &Cancel) -> Result<Vec<f64>, Cancelled> {
        let mut x = vec![0.0; self.inputs];
        let mut left = z.to_vec();
        let mut s = self.backward(&left);
        let mut direction = s.clone();
        let first = dot(&s, &s);
        let mut gamma = first;
        for _ in 0..MOST_ROUNDS {
            cancel.check()?;
            if gamma <= first * DONE * DONE || gamma == 0.0 {
                break;
            }
            let q = self.forward(&direction);
            let by = gamma / dot(&q, &q);
            crate::equations::add(&mut x, by, &direction);
            crate::equations::add(&mut left, -by, &q);
            s = self.backward(&left);
            let next = dot(&s, &s);
            let keep = next / gamma;
            direction.iter_mut().zip(&s).for_each(|(d, s)| *d = s + keep * *d);
            gamma = next;
        }
        Ok(x)
    }
}
