//! Some values of a layer, and zeros: slices and paddings as layers.

use super::flow::{Flow, NOTHING};
use data::Shape;
use network::{Op, Padding};

/// Most weights of a layer that chooses values of a vector.
const MAX_WEIGHTS: usize = 1 << 24;

/// The layer that gives the values of `flow` out of values of `shape`: a convolution that copies channels,
/// with a stride where rows and columns are left out, or a dense layer; `None` when they are chosen in
/// another way.
pub fn choosing(flow: &Flow, shape: Shape) -> Option<Op> {
    match shape {
        Shape::Image { channels, height, width } => copied(flow, (channels, height, width)),
        _ => selected(flow, shape.len()),
    }
}

/// A dense layer that hands on what is chosen of `inputs` values.
fn selected(flow: &Flow, inputs: usize) -> Option<Op> {
    let outputs = flow.len();
    let count = inputs.checked_mul(outputs).filter(|count| *count <= MAX_WEIGHTS)?;
    let mut weight = vec![0.0; count];
    for (row, place) in weight.chunks_mut(inputs).zip(flow.places()) {
        if *place != NOTHING {
            *row.get_mut(*place as usize)? = 1.0;
        }
    }
    Some(Op::Dense { inputs, outputs, weight, bias: Vec::new() })
}

/// A convolution with one weight of 1, or none, for each channel that comes out.
fn copied(flow: &Flow, (channels, height, width): (usize, usize, usize)) -> Option<Op> {
    let [1, out_channels, rows, columns] = flow.dims[..] else { return None };
    let at = |channel: usize, row: usize, column: usize| {
        flow.places()[(channel * rows + row) * columns + column]
    };
    let any = (0..out_channels).find(|c| at(*c, 0, 0) != NOTHING)?;
    let parts = |place: u32| {
        let place = place as usize;
        (place / width / height, place / width % height, place % width)
    };
    let (_, top, left) = parts(at(any, 0, 0));
    let step = |more: u32, first: usize, of: fn((usize, usize, usize)) -> usize| {
        if more == NOTHING { None } else { of(parts(more)).checked_sub(first) }.filter(|s| *s > 0)
    };
    let down = if rows > 1 { step(at(any, 1, 0), top, |p| p.1)? } else { height };
    let across = if columns > 1 { step(at(any, 0, 1), left, |p| p.2)? } else { width };
    // As small as it may be for no more windows than these.
    let kernel = |first: usize, step: usize, count: usize, len: usize| {
        let kernel = (first + 1).max((len + 1).saturating_sub(count.checked_mul(step)?));
        (kernel.checked_add((count - 1).checked_mul(step)?)? <= len).then_some(kernel)
    };
    let kernel = (kernel(top, down, rows, height)?, kernel(left, across, columns, width)?);
    let area = kernel.0 * kernel.1;
    let count = out_channels.checked_mul(channels)?.checked_mul(area)?;
    let mut weight = vec![0.0; Some(count).filter(|count| *count <= MAX_WEIGHTS)?];
    for channel in 0..out_channels {
        let first = at(channel, 0, 0);
        let source = (first != NOTHING).then(|| parts(first).0);
        let expected = |row: usize, column: usize| match source {
            None => NOTHING,
            Some(source) => {
                let (row, column) = (top + row * down, left + column * across);
                ((source * height + row) * width + column) as u32
            }
        };
        let right = (0..rows * columns)
            .all(|i| at(channel, i / columns, i % columns) == expected(i / columns, i % columns));
        if !right {
            return None;
        }
        if let Some(source) = source {
            weight[(channel * channels + source) * area + top * kernel.1 + left] = 1.0;
        }
    }
    Some(Op::Conv2d {
        in_channels: channels,
        out_channels,
        kernel,
        stride: (down, across),
        padding: Padding::default(),
        weight,
        bias: Vec::new(),
    })
}
