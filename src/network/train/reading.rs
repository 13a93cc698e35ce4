//! Reading a lookup table on the way forward, with the slope of its function on the way back.

use super::mix::normal;
use crate::TableQuantiser;
use crate::table::LookUp;
use activation::Activation;
use candle_core::{CpuStorage, CustomOp1, Device, Error, Layout, Result, Shape, Tensor};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rayon::prelude::*;
use std::sync::Arc;

/// Values that are worth a task of their own.
const TASK: usize = 1 << 13;

/// A lookup table in a graph: the sum gets normal noise, then the table reads it.
pub(super) struct Reading {
    /// Bits, range and unit of the levels, as they go into the model.
    pub quantiser: TableQuantiser,
    steps: Steps,
    /// Standard deviation of the noise, in the units of the sum.
    standard_deviation: f32,
    rng: StdRng,
}

/// The table itself: `[low, low + width * levels)` in steps, with real outputs.
#[derive(Clone)]
struct Steps {
    function: Activation,
    /// Half a unit of the sum: sums lie in the middle of their unit.
    half_unit: f32,
    low: f32,
    width: f32,
    levels: Arc<Vec<f32>>,
    /// The slope on the way back is that of the function over this distance to both sides.
    reach: f32,
}

/// What [`Steps`] does to gradients.
struct Slope(Steps);

impl Reading {
    /// A table of `bits` over about `[-range, range)`, in whole units of `scale`, the real value of one
    /// unit of the sum; noise has a standard deviation of `noise` times the range.
    pub fn new(
        function: &Activation,
        bits: u32,
        range: f64,
        scale: f64,
        noise: f64,
        seed: u64,
    ) -> Self {
        let half = f64::from(1u32 << (bits - 1));
        let width = (range / (scale * half)).ceil().max(1.0);
        let largest = (1 << bits) - 1;
        let unit = LookUp::sample(function, bits, width as i64, scale, largest).step as f32;
        let look_up = LookUp::with_step(function, bits, width as i64, scale, f64::from(unit));
        let range = width * half * scale;
        let levels = look_up.levels.iter().map(|l| *l as f32 * unit).collect();
        Self {
            quantiser: TableQuantiser { bits, range: range as f32, step: unit },
            steps: Steps {
                function: function.clone(),
                half_unit: (0.5 * scale) as f32,
                low: -range as f32,
                width: (width * scale) as f32,
                levels: Arc::new(levels),
                reach: (0.5 * width * scale) as f32,
            },
            standard_deviation: (range * noise) as f32,
            rng: StdRng::seed_from_u64(seed),
        }
    }

    /// What the table reads from the sums, with noise.
    pub fn forward(&mut self, x: &Tensor) -> Result<Tensor> {
        let mut x = x.contiguous()?;
        if self.standard_deviation > 0.0 {
            let standard_deviation = self.standard_deviation;
            let noise: Vec<f32> =
                (0..x.elem_count()).map(|_| standard_deviation * normal(&mut self.rng)).collect();
            x = (&x + Tensor::from_vec(noise, x.shape(), &Device::Cpu)?)?;
        }
        x.apply_op1(self.steps.clone())
    }
}

impl Steps {
    fn read(&self, x: f32) -> f32 {
        let step = ((x + self.half_unit - self.low) / self.width).floor();
        let last = self.levels.len().saturating_sub(1);
        self.levels.get((step.max(0.0) as usize).min(last)).copied().unwrap_or(0.0)
    }

    fn slope(&self, x: f32) -> f32 {
        if x.abs() > -self.low {
            return 0.0;
        }
        (self.function.eval(x + self.reach) - self.function.eval(x - self.reach))
            / (2.0 * self.reach)
    }

    fn map(
        storage: &CpuStorage,
        layout: &Layout,
        f: impl Fn(f32) -> f32 + Sync,
    ) -> Result<(CpuStorage, Shape)> {
        let (from, to) = layout
            .contiguous_offsets()
            .ok_or_else(|| Error::Msg("the operation takes contiguous values".into()))?;
        let x = storage.as_slice::<f32>()?.get(from..to).unwrap_or_default();
        let out = x.par_iter().with_min_len(TASK).map(|x| f(*x)).collect();
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }
}

impl CustomOp1 for Steps {
    fn name(&self) -> &'static str {
        "lookup table"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        Self::map(storage, layout, |x| self.read(x))
    }

    fn bwd(&self, arg: &Tensor, _res: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let slope = arg.contiguous()?.apply_op1_no_bwd(&Slope(self.clone()))?;
        (slope * gradient).map(Some)
    }
}

impl CustomOp1 for Slope {
    fn name(&self) -> &'static str {
        "slope of a lookup table"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        Steps::map(storage, layout, |x| self.0.slope(x))
    }
}
