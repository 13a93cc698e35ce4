//! Operations that candle runs on one thread, on all threads of the current pool.

use candle_core::{CpuStorage, CustomOp1, Error, Layout, Result, Shape, Tensor};
use rayon::prelude::*;
use std::sync::Arc;

/// Values that are worth a task of their own.
const TASK: usize = 1 << 14;

/// Reads for every sample the values at `indices`; an index that is the number of values reads zero.
/// `[samples][values]` to `[samples][indices]`.
pub(super) struct Gather {
    pub indices: Arc<Vec<u32>>,
    /// Values in a sample.
    pub values: usize,
}

/// Adds the values at `indices` up: what [`Gather`] does to gradients.
struct Scatter {
    indices: Arc<Vec<u32>>,
    values: usize,
}

/// Exchanges rows and columns of each sample: `[samples][rows * columns]` to
/// `[samples][columns * rows]`.
pub(super) struct Swap {
    pub rows: usize,
    pub columns: usize,
}

impl CustomOp1 for Gather {
    fn name(&self) -> &'static str {
        "gather"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (x, samples) = rows(storage, layout, self.values)?;
        let width = self.indices.len();
        let mut out = vec![0.0; samples * width];
        out.par_chunks_mut(width).zip(x.par_chunks(self.values)).for_each(|(out, x)| {
            for (y, &at) in out.iter_mut().zip(self.indices.iter()) {
                *y = x.get(at as usize).copied().unwrap_or(0.0);
            }
        });
        Ok((CpuStorage::F32(out), (samples, width).into()))
    }

    fn bwd(&self, _arg: &Tensor, _res: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let back = Scatter { indices: Arc::clone(&self.indices), values: self.values };
        gradient.contiguous()?.apply_op1_no_bwd(&back).map(Some)
    }
}

impl CustomOp1 for Scatter {
    fn name(&self) -> &'static str {
        "scatter"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let width = self.indices.len();
        let (x, samples) = rows(storage, layout, width)?;
        let mut out = vec![0.0; samples * self.values];
        out.par_chunks_mut(self.values).zip(x.par_chunks(width)).for_each(|(out, x)| {
            for (dy, &at) in x.iter().zip(self.indices.iter()) {
                if let Some(y) = out.get_mut(at as usize) {
                    *y += dy;
                }
            }
        });
        Ok((CpuStorage::F32(out), (samples, self.values).into()))
    }
}

impl CustomOp1 for Swap {
    fn name(&self) -> &'static str {
        "swap"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let len = self.rows * self.columns;
        let (x, samples) = rows(storage, layout, len)?;
        let mut out = vec![0.0; samples * len];
        out.par_chunks_mut(len).zip(x.par_chunks(len)).for_each(|(out, x)| {
            for (column, out) in out.chunks_mut(self.rows).enumerate() {
                let x = x.iter().skip(column).step_by(self.columns);
                out.iter_mut().zip(x).for_each(|(y, x)| *y = *x);
            }
        });
        Ok((CpuStorage::F32(out), (samples, len).into()))
    }

    fn bwd(&self, _arg: &Tensor, _res: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let back = Self { rows: self.columns, columns: self.rows };
        gradient.contiguous()?.apply_op1_no_bwd(&back).map(Some)
    }
}

/// The values of a contiguous tensor of rows of `width`, and how many rows there are.
fn rows<'a>(storage: &'a CpuStorage, layout: &Layout, width: usize) -> Result<(&'a [f32], usize)> {
    let (from, to) = layout
        .contiguous_offsets()
        .ok_or_else(|| Error::Msg("the operation takes contiguous values".into()))?;
    let values = storage.as_slice::<f32>()?.get(from..to).unwrap_or_default();
    if width == 0 || !values.len().is_multiple_of(width) {
        return Err(Error::Msg(format!("{} values are no rows of {width}", values.len())));
    }
    Ok((values, values.len() / width))
}

/// One value per channel, repeated: `[channels]` to `[samples][channels][area]`.
pub(super) struct Spread {
    pub samples: usize,
    pub channels: usize,
    pub area: usize,
}

/// The sum of each channel: what [`Spread`] does to gradients.
struct ChannelSums {
    channels: usize,
    area: usize,
}

/// The sum of each value over the samples: `[samples][width]` to `[1][width]`.
pub(super) struct SampleSums {
    pub width: usize,
}

impl CustomOp1 for Spread {
    fn name(&self) -> &'static str {
        "spread"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (x, _) = rows(storage, layout, self.channels)?;
        let width = self.channels * self.area;
        let mut out = vec![0.0; self.samples * width];
        out.par_chunks_mut(width.max(1)).with_min_len(TASK / width.max(1) + 1).for_each(|out| {
            out.chunks_mut(self.area).zip(x).for_each(|(out, x)| out.fill(*x));
        });
        Ok((CpuStorage::F32(out), (self.samples, width).into()))
    }

    fn bwd(&self, arg: &Tensor, _res: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let back = ChannelSums { channels: self.channels, area: self.area };
        gradient.contiguous()?.apply_op1_no_bwd(&back)?.reshape(arg.shape()).map(Some)
    }
}

impl CustomOp1 for ChannelSums {
    fn name(&self) -> &'static str {
        "channel sums"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let width = self.channels * self.area;
        let (x, _) = rows(storage, layout, width)?;
        let out = if self.area == 1 {
            sums(x, width)
        } else {
            let sum = |channel: usize| {
                let from = channel * self.area;
                let values = x.chunks(width).flat_map(|x| x.get(from..from + self.area));
                values.flatten().fold(0.0, |sum, x| sum + x)
            };
            (0..self.channels).into_par_iter().map(sum).collect()
        };
        Ok((CpuStorage::F32(out), self.channels.into()))
    }
}

impl CustomOp1 for SampleSums {
    fn name(&self) -> &'static str {
        "sample sums"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (x, _) = rows(storage, layout, self.width)?;
        Ok((CpuStorage::F32(sums(x, self.width)), (1, self.width).into()))
    }

    fn bwd(&self, arg: &Tensor, _res: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let samples = arg.elem_count() / self.width.max(1);
        let back = Spread { samples, channels: self.width, area: 1 };
        let spread = gradient.contiguous()?.flatten_all()?.apply_op1_no_bwd(&back)?;
        spread.reshape(arg.shape()).map(Some)
    }
}

/// Sums over rows of `width`, row after row.
fn sums(x: &[f32], width: usize) -> Vec<f32> {
    let mut out = vec![0.0; width];
    let columns = width.div_ceil(rayon::current_num_threads()).max(16);
    out.par_chunks_mut(columns).enumerate().for_each(|(part, out)| {
        for x in x.chunks(width) {
            let x = x.iter().skip(part * columns);
            out.iter_mut().zip(x).for_each(|(sum, x)| *sum += x);
        }
    });
    out
}
