//! Nodes that put two computed values together, or take a part of one: skip connections.

use super::flow::{Flow, MAX_VALUES, NOTHING, counted};
use super::layers::shown;
use super::nodes::{Given, Reading, Value};
use data::Shape;
use network::Op;
use onnx::{Attributes, Node, Tensor};

impl Reading {
    /// The sum of the values of two layers.
    pub(super) fn sum(&mut self, x: &Flow, y: &Flow) -> Given {
        let (x, y) = (self.layers.made(x)?, self.layers.made(y)?);
        let shapes = [x.layers, y.layers].map(|at| self.layers.shape_at(at));
        if x.dims != y.dims || !x.lies_as(&y) || shapes[0] != shapes[1] {
            return Err(format!(
                "adds values with the axes {} and {}, each as its layers give it; sums of values of one shape are read",
                shown(&x.dims),
                shown(&y.dims)
            ));
        }
        let last = self.layers.layers.len();
        let (first, then) = if x.layers == last { (&y, &x) } else { (&x, &y) };
        self.layers.done(then)?;
        let from = self.layers.name_at(first.layers);
        self.layers.push("add", Op::Add { from }, shapes[0]);
        Ok(Value::Flow(x.after(self.layers.layers.len())))
    }

    /// The values of several layers, one after the other along an axis.
    pub(super) fn joined(&mut self, node: &Node, flows: &[Flow]) -> Given {
        if flows.len() != node.inputs.len() {
            return Err("joins computed values and constants; computed values are read".into());
        }
        let mut all = flows.iter();
        let mut joined = all.next().cloned().ok_or("has no input")?;
        for next in all {
            joined = self.pair(&joined, next, node.attributes.int("axis", 1))?;
        }
        Ok(Value::Flow(joined))
    }

    fn pair(&mut self, x: &Flow, y: &Flow, axis: i64) -> Result<Flow, String> {
        let count = x.dims.len();
        let axis = if axis < 0 { axis + count as i64 } else { axis };
        let axis = usize::try_from(axis).ok().filter(|a| (1..count).contains(a));
        let axis = axis.ok_or("joins samples, not values")?;
        let rest = |dims: &[usize]| {
            let mut dims = dims.to_vec();
            if let Some(len) = dims.get_mut(axis) {
                *len = 0;
            }
            dims
        };
        let (x, y) = (self.layers.made(x)?, self.layers.made(y)?);
        let shapes = [x.layers, y.layers].map(|at| self.layers.shape_at(at));
        let shape = match shapes {
            [Shape::Flat { len }, Shape::Flat { len: more }] => {
                Some(Shape::Flat { len: len + more })
            }
            [
                Shape::Image { channels, height, width },
                Shape::Image { channels: more, height: rows, width: columns },
            ] if (height, width) == (rows, columns) => {
                Some(Shape::Image { channels: channels + more, height, width })
            }
            _ => None,
        };
        let shape = shape.filter(|s| rest(&x.dims) == rest(&y.dims) && s.len() <= MAX_VALUES);
        let shape = shape.ok_or_else(|| {
            format!(
                "joins values with the axes {} and {}; vectors, or channels of pictures of one size, are read",
                shown(&x.dims),
                shown(&y.dims)
            )
        })?;
        let mut dims = x.dims.clone();
        dims[axis] += y.dims[axis];
        // Along the axis first those of one, then those of the other.
        let below: usize = x.dims[axis + 1..].iter().product();
        let (long, more) = (x.dims[axis] * below, y.dims[axis] * below);
        let moved: Vec<u32> = y.places().iter().map(|p| p + shapes[0].len() as u32).collect();
        let known = x.places();
        let both = known.chunks(long.max(1)).zip(moved.chunks(more.max(1)));
        let places: Vec<u32> = both.flat_map(|(x, y)| x.iter().chain(y)).copied().collect();
        self.layers.done(&y)?;
        let from = self.layers.name_at(x.layers);
        self.layers.push("concat", Op::Concat { from }, shape);
        Ok(Flow::stored(self.layers.layers.len(), dims.clone()).placed(dims, places))
    }

    /// Some of the values along some axes.
    pub(super) fn sliced(
        &mut self,
        flow: &Flow,
        a: &Attributes,
        known: &[Option<Tensor>],
    ) -> Given {
        let flow = self.layers.made(flow)?;
        let numbers = |at: usize, name: &str| {
            let given = known.get(at).and_then(Option::as_ref).and_then(Tensor::whole);
            given.or(a.ints(name)).map(<[i64]>::to_vec)
        };
        let bounds = numbers(1, "starts").zip(numbers(2, "ends"));
        let (starts, ends) = bounds.ok_or("takes a part that depends on the sample")?;
        let axes = numbers(3, "axes").unwrap_or_else(|| (0..starts.len() as i64).collect());
        let steps = numbers(4, "steps").unwrap_or_else(|| vec![1; starts.len()]);
        let count = flow.dims.len();
        if [ends.len(), axes.len(), steps.len()] != [starts.len(); 3] {
            return Err("has ends for other axes than starts".into());
        }
        let mut kept: Vec<Vec<usize>> = flow.dims.iter().map(|len| (0..*len).collect()).collect();
        for (((start, end), axis), step) in starts.iter().zip(&ends).zip(&axes).zip(&steps) {
            let axis = if *axis < 0 { axis + count as i64 } else { *axis };
            let axis = usize::try_from(axis).ok().filter(|a| *a < count);
            let axis = axis.ok_or("takes a part along an axis that is not there")?;
            let places = onnx::sliced(flow.dims[axis], *start, *end, *step);
            kept[axis] = places.ok_or("goes through values in steps of 0")?;
            if axis == 0 && kept[0] != [0] {
                return Err("takes some of the samples".into());
            }
        }
        let dims: Vec<usize> = kept.iter().map(Vec::len).collect();
        if dims.contains(&0) {
            return Err("leaves no values".into());
        }
        let known = flow.places();
        let places = picked(&dims, |at| {
            let from = at.iter().zip(&kept).zip(&flow.dims);
            let from = from.fold(0, |place, ((i, kept), len)| place * len + kept[*i]);
            known[from]
        });
        Ok(Value::Flow(flow.placed(dims, places)))
    }

    /// Zeros around the values.
    pub(super) fn padded(
        &mut self,
        flow: &Flow,
        a: &Attributes,
        known: &[Option<Tensor>],
    ) -> Given {
        let tensor = |at: usize| known.get(at).and_then(Option::as_ref);
        let pads = tensor(1).and_then(Tensor::whole).or(a.ints("pads")).unwrap_or_default();
        if pads.iter().all(|p| *p == 0) {
            return Ok(Value::Flow(flow.clone()));
        }
        let value =
            tensor(2).and_then(Tensor::single).unwrap_or_else(|| a.float("value", 0.0).into());
        let count = flow.dims.len();
        let axes = match tensor(3).and_then(Tensor::whole) {
            Some(axes) => axes.to_vec(),
            None => (0..count as i64).collect(),
        };
        if value != 0.0
            || !["", "constant"].contains(&a.text("mode"))
            || pads.len() != 2 * axes.len()
        {
            return Err("puts something other than zeros around the values".into());
        }
        let flow = self.layers.made(flow)?;
        let mut before = vec![0; count];
        let mut dims = flow.dims.clone();
        for (at, axis) in axes.iter().enumerate() {
            let axis = if *axis < 0 { axis + count as i64 } else { *axis };
            let place = usize::try_from(axis).ok().filter(|a| (1..count).contains(a));
            let ends = [pads[at], pads[at + axes.len()]].map(|p| usize::try_from(p).ok());
            match (place, ends) {
                (_, [Some(0), Some(0)]) => {}
                (Some(axis), [Some(first), Some(last)]) if first.max(last) < MAX_VALUES => {
                    before[axis] = first;
                    dims[axis] += first + last;
                }
                _ => return Err("pads samples, or cuts values off".into()),
            }
        }
        counted("pads to", &dims)?;
        let known = flow.places();
        let places = picked(&dims, |at| {
            let mut from = Some(0);
            for ((i, before), len) in at.iter().zip(&before).zip(&flow.dims) {
                let inside = i.checked_sub(*before).filter(|i| i < len);
                from = from.zip(inside).map(|(place, i)| place * len + i);
            }
            from.map_or(NOTHING, |from: usize| known[from])
        });
        Ok(Value::Flow(flow.placed(dims, places)))
    }
}

/// For each position of axes of these lengths, row by row, what `pick` gives.
fn picked(dims: &[usize], pick: impl Fn(&[usize]) -> u32) -> Vec<u32> {
    let len: usize = dims.iter().product();
    let mut at = vec![0; dims.len()];
    let mut all = Vec::with_capacity(len);
    for _ in 0..len {
        all.push(pick(&at));
        for (i, len) in at.iter_mut().zip(dims).rev() {
            *i += 1;
            if *i < *len {
                break;
            }
            *i = 0;
        }
    }
    all
}
