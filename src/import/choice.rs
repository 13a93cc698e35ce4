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
    for (row, place) in weight.chunks_mut(inputs).zip(flow.places().iter()) {
        if *place != NOTHING {
            *row.get_mut(*place as usize)? = 1.0;
        }
    }
    Some(Op::Dense { inputs, outputs, weight, bias: Vec::new() })
}

/// A convolution with one weight of 1, or none, for each channel that comes out.
fn copied(flow: &Flow, (channels, height, width): (usize, usize, usize)) -> Option<Op> {
    let [1, out_channels, rows, columns] = flow.dims[..] else { return None };
    let places = flow.places();
    let at = |channel: usize, row: usize, column: usize| {
        places[(channel * rows + row) * columns + column]
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

#[cfg(test)]
mod tests {
    use super::*;
    use network::{Layer, Network, Normalisation};

    /// What the layer that is found gives for values 1, 2, 3, ...; zeros where nothing is chosen.
    fn given(flow: &Flow, shape: Shape) -> Option<Vec<f32>> {
        let op = choosing(flow, shape)?;
        let layers = vec![Layer { name: "choice".into(), op }];
        let normalisation = Normalisation { offset: vec![0.0], scale: vec![1.0] };
        let network = Network::new("n", shape, normalisation, layers, None, Default::default());
        let raw: Vec<f32> = (1..=shape.len()).map(|x| x as f32).collect();
        let watch = progress::Watch::silent();
        Some(network.expect("fits").forward_batch(&raw, &watch).expect("runs"))
    }

    fn placed(dims: [usize; 4], place: impl Fn(usize, usize, usize) -> Option<usize>) -> Flow {
        let [_, channels, rows, columns] = dims;
        let all = (0..channels * rows * columns).map(|i| {
            let (channel, row, column) = (i / columns / rows, i / columns % rows, i % columns);
            place(channel, row, column).map_or(NOTHING, |at| at as u32)
        });
        Flow::stored(0, vec![1]).placed(dims.to_vec(), all.collect())
    }

    #[test]
    fn chosen_values_are_those_at_their_places() {
        let shape = Shape::Image { channels: 2, height: 5, width: 7 };
        let at = |channel: usize, row: usize, column: usize| (channel * 5 + row) * 7 + column;
        let half =
            placed([1, 4, 3, 4], |c, i, j| (1..3).contains(&c).then(|| at(c - 1, 2 * i, 2 * j)));
        // From the second row and third column on, fewer than would fit, channels turned round.
        let inner = placed([1, 2, 2, 1], |c, i, j| Some(at(1 - c, 1 + 2 * i, 2 + j)));
        let row = placed([1, 1, 1, 7], |_, _, j| Some(at(1, 4, j)));
        for flow in [half, inner, row] {
            let places = flow.places();
            let expected = places.iter();
            let expected = expected.map(|p| if *p == NOTHING { 0.0 } else { *p as f32 + 1.0 });
            assert_eq!(given(&flow, shape), Some(expected.collect()));
        }
        let flat = Flow::stored(0, vec![1]).placed(vec![1, 3], vec![4, NOTHING, 0]);
        assert_eq!(given(&flat, Shape::Flat { len: 6 }), Some(vec![5.0, 0.0, 1.0]));
    }

    #[test]
    fn what_no_convolution_copies_is_no_layer() {
        let shape = Shape::Image { channels: 2, height: 5, width: 7 };
        let at = |channel: usize, row: usize, column: usize| (channel * 5 + row) * 7 + column;
        for odd in [
            // Backwards, a row twice, a border of zeros, another step from row to row.
            placed([1, 1, 2, 2], |_, i, j| Some(at(0, 3 - i, j))),
            placed([1, 1, 2, 2], |_, _, j| Some(at(0, 1, j))),
            placed([1, 1, 2, 2], |_, i, j| (i > 0).then(|| at(0, i, j))),
            placed([1, 1, 3, 2], |_, i, j| Some(at(0, i * i, j))),
            placed([1, 1, 1, 1], |_, _, _| None),
        ] {
            assert!(choosing(&odd, shape).is_none());
        }
    }
}
