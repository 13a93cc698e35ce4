//! Word-wise segments: what happens to batches of ciphertexts between two key switches.

use super::arithmetic::{integer, residue};
use super::ciphertext::{Ciphertext, FreshBatch};
use super::keys::mask_stream;
use super::{CkksError, CkksParameters, Scale};
use progress::Cancel;
use rayon::prelude::*;
use ring::{LinearMap, Modulus, Probe, RowsMut, Source, WordOp, WordProgram};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One operation of a segment, on messages.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum SegmentOp {
    /// Weighted sums of the messages plus a number each. The weights of the map are integers that
    /// stand for real ones times `weight_scale` (see [`round_weights`]); scales multiply.
    Linear { map: Arc<LinearMap>, weight_scale: Scale, bias: Vec<f64> },
    /// Squares of the messages: two components become three. The scale is squared.
    Square,
    /// The same of the first `count` messages. The others are carried: they stay as they are, at the scale
    /// of the squares, by an integer next to their scale s: an error of at most `1 / 2s` of the message,
    /// far below that of any rescaling.
    SquareFirst { count: usize },
}

/// Operations between two key switches, all word-wise, with at most one square.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Segment {
    pub ops: Vec<SegmentOp>,
}

/// What a segment works on.
pub enum SegmentInput<'a> {
    Fresh(&'a FreshBatch),
    /// Of one number of components, level and scale.
    Computed(&'a [Ciphertext]),
}

/// What a segment gives.
#[derive(Debug)]
pub struct SegmentOutput {
    pub ciphertexts: Vec<Ciphertext>,
    /// Copies of the values that were tapped, in the order of the probes.
    pub probes: Vec<Ciphertext>,
    /// Seconds spent in each operation, summed over threads.
    pub op_secs: Vec<f64>,
}

/// Real weights times `scale`, rounded to nearest: an error of at most half of `1 / scale` each.
///
/// # Errors
/// When one does not fit 32 bits.
pub fn round_weights(weights: &[f64], scale: &Scale) -> Result<Vec<i32>, CkksError> {
    let factor = scale.value();
    let round = |w: &f64| {
        let rounded = (w * factor).round();
        let fits = rounded.abs() <= f64::from(i32::MAX);
        fits.then_some(rounded as i32).ok_or(CkksError::TooLarge { scale: scale.to_string() })
    };
    weights.iter().map(round).collect()
}

impl Segment {
    /// The scale of the results for inputs at `scale`.
    pub fn scale_after(&self, scale: &Scale) -> Scale {
        self.ops.iter().fold(scale.clone(), |scale, op| op.scale_after(&scale))
    }

    /// Runs the segment prime by prime, tiles in parallel. `tile_done` is told after each tile.
    ///
    /// # Errors
    /// When the operations do not fit the inputs, scales or biases are out of range, or the work is
    /// cancelled.
    pub fn run(
        &self,
        parameters: &CkksParameters,
        input: &SegmentInput,
        probes: &[Probe],
        cancel: &Cancel,
        tile_done: &(dyn Fn() + Sync),
    ) -> Result<SegmentOutput, CkksError> {
        let shape = input.shape()?;
        let scales: Vec<Scale> = self
            .ops
            .iter()
            .scan(shape.scale.clone(), |scale, op| {
                *scale = op.scale_after(scale);
                Some(scale.clone())
            })
            .collect();
        if let Some(wild) = scales.iter().find(|s| !s.is_tame()) {
            return Err(CkksError::Scale { scale: wild.to_string() });
        }
        let constants = self.constants(&shape.scale, &scales)?;
        let unfit = || CkksError::Segment { inputs: shape.count, components: shape.components };
        let program = |q: Modulus| {
            let ops = self.ops.iter().zip(&constants).map(|(op, c)| op.modulo(q, c)).collect();
            WordProgram::new(shape.count, shape.components, ops).ok_or_else(unfit)
        };
        let first = program(parameters.modulus(0))?;
        if probes.iter().any(|t| t.op >= self.ops.len() || t.index >= first.size_after(t.op).0) {
            return Err(unfit());
        }
        let (values, components) = first.output();
        let scale = scales.last().unwrap_or(&shape.scale);
        let zero = |components: usize, scale: &Scale| {
            parameters.zero(components, shape.level, scale.clone())
        };
        let mut ciphertexts: Vec<_> =
            (0..values).into_par_iter().map(|_| zero(components, scale)).collect();
        let tapped = probes.iter().map(|t| zero(first.size_after(t.op).1, &scales[t.op]));
        let mut tapped: Vec<_> = tapped.collect();
        let mut op_secs = vec![0.0; self.ops.len()];
        for j in 0..shape.level {
            let q = parameters.modulus(j);
            let secs = program(q)?.run(
                parameters.kernel(),
                q,
                parameters.degree(),
                &input.sources(j),
                rows_mut(&mut ciphertexts, j),
                probes,
                rows_mut(&mut tapped, j),
                cancel,
                tile_done,
            )?;
            op_secs.iter_mut().zip(secs).for_each(|(sum, secs)| *sum += secs);
        }
        Ok(SegmentOutput { ciphertexts, probes: tapped, op_secs })
    }

    /// Biases as integers at the scale they are added at.
    ///
    /// Of squares what carried messages are multiplied with: 1 at the scale `first` that the segment
    /// begins with, or that of the operation before.
    fn constants(&self, first: &Scale, scales: &[Scale]) -> Result<Vec<Vec<f64>>, CkksError> {
        let before = std::iter::once(first).chain(scales);
        let of_op = |((op, scale), before): ((&SegmentOp, &Scale), &Scale)| match op {
            SegmentOp::Linear { bias, .. } => bias.iter().map(|b| integer(*b, scale)).collect(),
            SegmentOp::Square => Ok(Vec::new()),
            SegmentOp::SquareFirst { .. } => Ok(vec![integer(1.0, before)?]),
        };
        self.ops.iter().zip(scales).zip(before).map(of_op).collect()
    }
}

impl SegmentOp {
    fn scale_after(&self, scale: &Scale) -> Scale {
        match self {
            Self::Linear { weight_scale, .. } => scale.times(weight_scale),
            Self::Square | Self::SquareFirst { .. } => scale.squared(),
        }
    }

    /// On words modulo `q`, where constants of any size fit.
    fn modulo(&self, q: Modulus, constants: &[f64]) -> WordOp {
        match self {
            Self::Linear { map, .. } => WordOp::Linear {
                map: Arc::clone(map),
                constants: constants.iter().map(|c| q.center(residue(q, *c))).collect(),
            },
            Self::Square => WordOp::Square,
            Self::SquareFirst { count } => WordOp::SquareFirst {
                count: *count,
                carry: constants.first().map_or(1, |c| q.center(residue(q, *c))),
            },
        }
    }
}

fn rows_mut(ciphertexts: &mut [Ciphertext], j: usize) -> RowsMut<'_> {
    ciphertexts
        .iter_mut()
        .map(|c| c.components.iter_mut().map(|p| p.row_mut(j)).collect())
        .collect()
}

struct Shape {
    count: usize,
    components: usize,
    level: usize,
    scale: Scale,
}

impl SegmentInput<'_> {
    fn shape(&self) -> Result<Shape, CkksError> {
        let all = match self {
            Self::Fresh(batch) => {
                let (count, level, scale) = (batch.len(), batch.level(), batch.scale.clone());
                return Ok(Shape { count, components: 2, level, scale });
            }
            Self::Computed(all) => *all,
        };
        let empty = CkksError::Segment { inputs: 0, components: 0 };
        let first = all.first().ok_or(empty)?;
        let (components, level) = (first.components(), first.level());
        for c in all {
            if c.scale != first.scale {
                let (left, right) = (first.scale.to_string(), c.scale.to_string());
                return Err(CkksError::ScaleMismatch { left, right });
            }
            if (c.components(), c.level()) != (components, level) {
                return Err(CkksError::Segment { inputs: all.len(), components: c.components() });
            }
        }
        Ok(Shape { count: all.len(), components, level, scale: first.scale.clone() })
    }

    /// Residues at prime `j`, component after component. Masks of fresh ciphertexts come from their seed.
    fn sources(&self, j: usize) -> Vec<Source<'_>> {
        match self {
            Self::Fresh(batch) => {
                let streams = (0..batch.len()).map(|index| mask_stream(index as u64, j)).collect();
                vec![
                    Source::Panels { panels: &batch.bodies, j },
                    Source::Uniform { seed: &batch.seed, streams },
                ]
            }
            Self::Computed(all) => {
                let components = all.first().map_or(0, Ciphertext::components);
                let of = |p: usize| all.iter().map(|c| c.components[p].row(j)).collect();
                (0..components).map(|p| Source::Rows(of(p))).collect()
            }
        }
    }
}
