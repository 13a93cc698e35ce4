//! Values of an integer network while it is evaluated: exact, and as fast as they allow.

use super::integer_layer::IntegerLayer;
use ring::Row;

/// Values of a chunk of samples: doubles while every partial sum is an integer below 2^53, so
/// exact; 128-bit integers beyond.
pub(super) enum Values {
    Exact(Vec<f64>),
    Wide(Vec<i128>),
}

impl Values {
    /// Value `k`.
    pub(super) fn get(&self, k: usize) -> i128 {
        match self {
            Self::Exact(v) => v[k] as i128,
            Self::Wide(v) => v[k],
        }
    }

    /// The largest magnitude.
    pub(super) fn largest(&self) -> f64 {
        match self {
            Self::Exact(v) => v.iter().fold(0.0, |acc: f64, x| acc.max(x.abs())),
            Self::Wide(v) => v.iter().map(|x| x.unsigned_abs()).max().unwrap_or(0) as f64,
        }
    }

    fn into_wide(self) -> Vec<i128> {
        match self {
            Self::Exact(v) => v.into_iter().map(|x| x as i128).collect(),
            Self::Wide(v) => v,
        }
    }

    /// The values after `layer`, value-major over `samples` samples.
    pub(super) fn apply(self, layer: &IntegerLayer, samples: usize) -> Self {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        let largest = self.largest();
        match (self, layer) {
            (Self::Exact(mut v), IntegerLayer::Square { acts_on, .. })
                if largest * largest < EXACT =>
            {
                v.iter_mut().take(acts_on * samples).for_each(|x| *x *= *x);
                Self::Exact(v)
            }
            (values, IntegerLayer::Square { acts_on, .. }) => {
                let mut v = values.into_wide();
                v.iter_mut().take(acts_on * samples).for_each(|x| *x = x.saturating_mul(*x));
                Self::Wide(v)
            }
            (values, IntegerLayer::Linear { rows, bias, .. }) => {
                let sum_bound = |r: &Row, b: &i128| {
                    r.weights.iter().map(|w| f64::from(w.abs())).sum::<f64>() * largest
                        + b.unsigned_abs() as f64
                };
                let bound = rows.iter().zip(bias).map(|(r, b)| sum_bound(r, b)).fold(0.0, f64::max);
                match values {
                    Self::Exact(v) if bound < EXACT => Self::Exact(linear(
                        &v,
                        rows,
                        bias,
                        samples,
                        |b| b as f64,
                        f64::from,
                        |acc, x, w| acc + x * w,
                    )),
                    values => Self::Wide(linear(
                        &values.into_wide(),
                        rows,
                        bias,
                        samples,
                        |b| b,
                        i128::from,
                        |acc, x, w| acc.saturating_add(x.saturating_mul(w)),
                    )),
                }
            }
        }
    }
}

fn linear<T: Copy>(
    x: &[T],
    rows: &[Row],
    bias: &[i128],
    samples: usize,
    from_bias: impl Fn(i128) -> T,
    from_weight: impl Fn(i32) -> T,
    add: impl Fn(T, T, T) -> T,
) -> Vec<T> {
    let mut out = Vec::with_capacity(rows.len() * samples);
    for (row, b) in rows.iter().zip(bias) {
        let start = out.len();
        out.resize(start + samples, from_bias(*b));
        let sums = &mut out[start..];
        for (c, w) in row.columns.iter().zip(&row.weights) {
            if *w == 0 {
                continue;
            }
            let w = from_weight(*w);
            let x = &x[*c as usize * samples..][..samples];
            sums.iter_mut().zip(x).for_each(|(sum, x)| *sum = add(*sum, *x, w));
        }
    }
    out
}
