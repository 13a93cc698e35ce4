//! Polynomials with their slopes, and the price of leaving their interval.

use activation::{ChebyshevSeries, Polynomial};
use candle_core::{CpuStorage, CustomOp1, Error, Layout, Result, Shape, Tensor};
use rayon::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Values that are worth a task of their own.
const TASK: usize = 1 << 13;

/// Values that are worked on together, in registers and the nearest cache.
const BLOCK: usize = 64;

/// Share of the half-width of an interval from which on distance costs, so that most values learn to
/// stay a little inside.
const FREE: f32 = 0.9;

/// A polynomial in the Chebyshev basis of an interval, with its derivative.
#[derive(Clone)]
pub(super) struct Curve {
    /// `t = x * factor + shift` runs over `[-1, 1]`.
    factor: f32,
    shift: f32,
    value: Arc<Vec<f32>>,
    /// Derivative by x.
    slope: Arc<Vec<f32>>,
}

impl Curve {
    pub fn new(series: &ChebyshevSeries) -> Self {
        let (low, high) = series.interval();
        let factor = 2.0 / (high - low);
        let c = series.coefficients();
        // d/dt: c'[k - 1] = c'[k + 1] + 2 k c[k], the first halved (Mason and Handscomb 2003, 2.4.5).
        let mut slope = vec![0.0; c.len() + 1];
        for k in (1..c.len()).rev() {
            slope[k - 1] = slope[k + 1] + 2.0 * k as f64 * c[k];
        }
        slope[0] *= 0.5;
        slope.truncate(c.len().saturating_sub(1).max(1));
        let narrow = |c: &[f64], by: f64| Arc::new(c.iter().map(|c| (c * by) as f32).collect());
        Self {
            factor: factor as f32,
            shift: (-(high + low) / (high - low)) as f32,
            value: narrow(c, 1.0),
            slope: narrow(&slope, factor),
        }
    }

    /// A polynomial in powers of `x`, of low degree.
    pub fn of_powers(polynomial: &Polynomial) -> Self {
        let nodes = ChebyshevSeries::nodes(polynomial.degree() + 1);
        let values: Vec<_> = nodes.iter().map(|x| polynomial.eval(*x)).collect();
        let coefficients = ChebyshevSeries::from_node_values(&values);
        Self::new(&ChebyshevSeries::new((-1.0, 1.0), coefficients))
    }

    /// Clenshaw's rule on every value.
    fn apply(&self, coefficients: &[f32], x: &[f32], out: &mut [f32]) {
        let (first, rest) = coefficients.split_first().unwrap_or((&0.0, &[]));
        let tasks = out.par_chunks_mut(TASK).zip(x.par_chunks(TASK));
        tasks.for_each(|(out, x)| {
            for (out, x) in out.chunks_mut(BLOCK).zip(x.chunks(BLOCK)) {
                let (mut t, mut next, mut after) = ([0.0; BLOCK], [0.0; BLOCK], [0.0; BLOCK]);
                t.iter_mut().zip(x).for_each(|(t, x)| *t = x * self.factor + self.shift);
                for c in rest.iter().rev() {
                    for i in 0..BLOCK {
                        let here = 2.0 * t[i] * next[i] - after[i] + c;
                        after[i] = next[i];
                        next[i] = here;
                    }
                }
                for (i, y) in out.iter_mut().enumerate() {
                    *y = t[i] * next[i] - after[i] + first;
                }
            }
        });
    }
}

impl CustomOp1 for Curve {
    fn name(&self) -> &'static str {
        "polynomial"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = values(storage, layout)?;
        let mut out = vec![0.0; x.len()];
        self.apply(&self.value, x, &mut out);
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }

    fn bwd(&self, arg: &Tensor, _res: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let derivative = Self { value: Arc::clone(&self.slope), ..self.clone() };
        (arg.contiguous()?.apply_op1_no_bwd(&derivative)? * gradient).map(Some)
    }
}

/// The squared distance from an interval, in half-widths: the sum over all values of
/// `max(0, |x - centre| / half - 0.9)^2`, as one value.
#[derive(Clone)]
pub(super) struct Excess {
    pub interval: (f64, f64),
    /// Values seen, and values outside of the interval.
    pub seen: Arc<AtomicU64>,
    pub outside: Arc<AtomicU64>,
}

/// Its derivative.
struct ExcessSlope {
    interval: (f64, f64),
}

impl Excess {
    pub fn new(interval: (f64, f64)) -> Self {
        Self { interval, seen: Arc::default(), outside: Arc::default() }
    }
}

/// `(x - centre) / half` for an interval, as factor and shift.
fn to_unit((low, high): (f64, f64)) -> (f32, f32) {
    ((2.0 / (high - low)) as f32, (-(high + low) / (high - low)) as f32)
}

impl CustomOp1 for Excess {
    fn name(&self) -> &'static str {
        "excess"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = values(storage, layout)?;
        let (factor, shift) = to_unit(self.interval);
        let parts: Vec<(f32, u64)> = x
            .par_chunks(TASK)
            .map(|x| {
                let far = |x: &f32| (x * factor + shift).abs();
                let cost = x.iter().map(|x| (far(x) - FREE).max(0.0).powi(2)).sum();
                (cost, x.iter().filter(|x| far(x) > 1.0).count() as u64)
            })
            .collect();
        self.seen.fetch_add(x.len() as u64, Ordering::Relaxed);
        self.outside.fetch_add(parts.iter().map(|p| p.1).sum(), Ordering::Relaxed);
        let cost = parts.iter().map(|p| p.0).sum();
        Ok((CpuStorage::F32(vec![cost]), 1.into()))
    }

    fn bwd(&self, arg: &Tensor, _res: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let slope = arg.contiguous()?.apply_op1_no_bwd(&ExcessSlope { interval: self.interval })?;
        slope.broadcast_mul(gradient).map(Some)
    }
}

impl CustomOp1 for ExcessSlope {
    fn name(&self) -> &'static str {
        "excess slope"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = values(storage, layout)?;
        let (factor, shift) = to_unit(self.interval);
        let slope = |x: &f32| {
            let t = x * factor + shift;
            2.0 * factor * (t.abs() - FREE).max(0.0) * t.signum()
        };
        let mut out = vec![0.0; x.len()];
        let tasks = out.par_chunks_mut(TASK).zip(x.par_chunks(TASK));
        tasks.for_each(|(out, x)| out.iter_mut().zip(x).for_each(|(y, x)| *y = slope(x)));
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }
}

/// The values of a contiguous tensor.
fn values<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let (from, to) = layout
        .contiguous_offsets()
        .ok_or_else(|| Error::Msg("the operation takes contiguous values".into()))?;
    Ok(storage.as_slice::<f32>()?.get(from..to).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Var};

    #[test]
    fn slopes_are_those_of_the_polynomial() {
        let series = ChebyshevSeries::new((-3.0, 5.0), vec![0.5, -1.0, 2.0, 0.25, -0.75]);
        let points: Vec<f32> = (0..200).map(|i| -3.5 + i as f32 * 0.045).collect();
        let x = Var::from_slice(&points, 200, &Device::Cpu).expect("fits");
        let y = x.apply_op1(Curve::new(&series)).expect("runs");
        let gradient = y.sum_all().expect("runs").backward().expect("runs");
        let slope = gradient.get(&x).expect("there").to_vec1::<f32>().expect("floats");
        for ((x, y), slope) in points.iter().zip(y.to_vec1::<f32>().expect("floats")).zip(slope) {
            let (x, step) = (f64::from(*x), 1e-5);
            assert!((f64::from(y) - series.eval(x)).abs() < 1e-4, "{y} at {x}");
            let expected = (series.eval(x + step) - series.eval(x - step)) / (2.0 * step);
            assert!((f64::from(slope) - expected).abs() < 1e-3, "{slope} for {expected} at {x}");
        }
    }

    #[test]
    fn only_what_nears_the_ends_costs() {
        let points = [-6.0f32, -4.0, -3.0, 0.0, 3.5, 4.0, 5.0];
        let x = Var::from_slice(&points, 7, &Device::Cpu).expect("fits");
        let excess = Excess::new((-4.0, 4.0));
        let cost = x.apply_op1(excess.clone()).expect("runs");
        let gradient = cost.backward().expect("runs");
        let slope = gradient.get(&x).expect("there").to_vec1::<f32>().expect("floats");
        let expected: f32 = points.iter().map(|x| (x.abs() / 4.0 - FREE).max(0.0).powi(2)).sum();
        let cost = cost.to_vec1::<f32>().expect("floats")[0];
        assert!((cost - expected).abs() < 1e-6, "{cost} for {expected}");
        for (x, slope) in points.iter().zip(slope) {
            let expected = 0.5 * (x.abs() / 4.0 - FREE).max(0.0) * x.signum();
            assert!((slope - expected).abs() < 1e-6, "{slope} at {x}");
        }
        assert_eq!(excess.seen.load(Ordering::Relaxed), 7);
        assert_eq!(excess.outside.load(Ordering::Relaxed), 2);
    }
}
