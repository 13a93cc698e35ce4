//! Word-wise segments: what happens to batches of ciphertexts between two key switches.

use super::arithmetic::{integer, residue};
use super::{CkksError, CkksParameters, Scale};
use crate::rlwe::Words;
use progress::Cancel;
use ring::{LinearMap, Modulus, Probe, WordOp};
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
pub type SegmentInput<'a> = crate::rlwe::SegmentInput<'a, Scale>;

/// What a segment gives.
pub type SegmentOutput = crate::rlwe::SegmentOutput<Scale>;

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
        let mut scales = vec![one_shape(input)?.clone()];
        for op in &self.ops {
            let next = scales.last().map(|scale| op.scale_after(scale));
            scales.extend(next);
        }
        if let Some(wild) = scales.iter().skip(1).find(|s| !s.is_tame()) {
            return Err(CkksError::Scale { scale: wild.to_string() });
        }
        let constants = self.constants(&scales)?;
        let ops = |q| self.ops.iter().zip(&constants).map(|(op, c)| op.modulo(q, c)).collect();
        let words = Words { ops, scales: &scales, probes, cancel, tile_done };
        let unfit = CkksError::Segment { inputs: input.len(), components: input.components() };
        words.run(parameters, input)?.ok_or(unfit)
    }

    /// Biases as integers at the scale they are added at.
    ///
    /// Of squares what carried messages are multiplied with: 1 at the scale before.
    fn constants(&self, scales: &[Scale]) -> Result<Vec<Vec<f64>>, CkksError> {
        let of_op = |((op, scale), before): ((&SegmentOp, &Scale), &Scale)| match op {
            SegmentOp::Linear { bias, .. } => bias.iter().map(|b| integer(*b, scale)).collect(),
            SegmentOp::Square => Ok(Vec::new()),
            SegmentOp::SquareFirst { .. } => Ok(vec![integer(1.0, before)?]),
        };
        self.ops.iter().zip(scales.iter().skip(1)).zip(scales).map(of_op).collect()
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

/// The scale of all inputs, which must be of one scale, level and number of components.
fn one_shape<'a>(input: &SegmentInput<'a>) -> Result<&'a Scale, CkksError> {
    let all = match input {
        SegmentInput::Fresh(batch) => return Ok(&batch.scale),
        SegmentInput::Computed(all) => *all,
    };
    let empty = CkksError::Segment { inputs: 0, components: 0 };
    let first = all.first().ok_or(empty)?;
    for c in all {
        if c.scale != first.scale {
            let (left, right) = (first.scale.to_string(), c.scale.to_string());
            return Err(CkksError::ScaleMismatch { left, right });
        }
        if (c.components(), c.level()) != (first.components(), first.level()) {
            return Err(CkksError::Segment { inputs: all.len(), components: c.components() });
        }
    }
    Ok(&first.scale)
}
