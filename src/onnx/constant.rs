//! Operations on known tensors: exporters compute shapes and prepare weights inside the graph.

use crate::graph::Node;
use crate::tensor::{Tensor, Values};

/// Most values that a constant is spread to.
const MAX_SPREAD: usize = 1 << 22;

/// The constants that are computed inside a graph. Exporters prepare weights there, each a few times; what
/// is far more than the weights of the file was made to fill the memory.
#[derive(Debug)]
pub struct Folding {
    /// Values that may still be made.
    left: usize,
}

impl Folding {
    /// Values that may be made of any file.
    const LEAST: usize = 1 << 19;
    /// And for each of its weights.
    const EACH: usize = 6;

    /// Of a file with these weights.
    pub fn of<'a>(weights: impl IntoIterator<Item = &'a Tensor>) -> Self {
        let all: usize = weights.into_iter().map(Tensor::len).sum();
        Self { left: Self::LEAST + all.saturating_mul(Self::EACH) }
    }

    /// The result of `node` for known `inputs` (`None` where an optional one is left out).
    ///
    /// # Errors
    /// When the operation is not one of those that are computed here, does not fit its inputs, or makes
    /// too many values; the text is to follow the name of the node.
    pub fn constant(&mut self, node: &Node, inputs: &[Option<&Tensor>]) -> Result<Tensor, String> {
        let made = constant(node, inputs, self.left).ok_or_else(|| {
            format!(
                "{} on weights alone is not computed here, or makes more than the {} values that are left to this file; simplify the model before the export, for example with onnxsim",
                node.op, self.left
            )
        })?;
        // What only has other axes is counted too: its values are copied.
        self.left = self.left.checked_sub(made.len()).ok_or_else(|| {
            "is one of too many nodes on weights alone; simplify the model before the export, for example with onnxsim".to_owned()
        })?;
        Ok(made)
    }
}

/// The result of `node` for known `inputs` (`None` where an optional one is left out); `None` when the
/// operation is not one of those that are computed here, does not fit its inputs, or would give more than
/// `most` values.
fn constant(node: &Node, inputs: &[Option<&Tensor>], most: usize) -> Option<Tensor> {
    let a = &node.attributes;
    let first = || inputs.first().copied().flatten();
    let second = || inputs.get(1).copied().flatten();
    let list = |attribute: &str| -> Option<Vec<i64>> {
        match second() {
            Some(given) => given.whole().map(<[i64]>::to_vec),
            None => a.ints(attribute).map(<[i64]>::to_vec),
        }
    };
    match node.op.as_str() {
        "Constant" => given(node),
        "Identity" | "Dropout" => first().cloned(),
        "Cast" => Some(cast(first()?, a.int("to", 1))),
        "Shape" => Some(Tensor::ints(first()?.dims.iter().map(|d| *d as i64).collect())),
        "Reshape" => reshape(first()?, second()?.whole()?, most),
        "Flatten" => {
            let x = first()?;
            let at = axis(a.int("axis", 1), x.dims.len() + 1)?;
            let before = x.dims[..at].iter().product();
            Some(Tensor { dims: vec![before, x.len() / before.max(1)], ..x.clone() })
        }
        "Squeeze" => squeeze(first()?, list("axes")),
        "Unsqueeze" => unsqueeze(first()?, &list("axes")?),
        "Concat" => concat(inputs, a.int("axis", 0), most),
        "Gather" => gather(first()?, second()?, a.int("axis", 0), most),
        "Slice" => slice(node, inputs, most),
        "Transpose" => transpose(first()?, a.ints("perm")),
        "ConstantOfShape" => filled(first()?, a.tensor("value"), most),
        "Expand" => expand(first()?, second()?, most),
        "Add" | "Sub" | "Mul" | "Div" | "Pow" => binary(&node.op, first()?, second()?, most),
        "Neg" => map(first()?, |v| -v),
        "Sqrt" => map(first()?, f32::sqrt),
        "Reciprocal" => map(first()?, f32::recip),
        "DequantizeLinear" => {
            dequantised(first()?, second()?, inputs.get(2).copied().flatten(), a.int("axis", 1))
        }
        _ => None,
    }
}

/// A tensor of equal values, as states are that begin at zero, in another size.
fn expand(x: &Tensor, size: &Tensor, most: usize) -> Option<Tensor> {
    let values = x.floats();
    let first = *values.first()?;
    let one = Tensor { dims: vec![], values: Values::Floats(vec![first]) };
    values.iter().all(|v| *v == first).then(|| filled(size, Some(&one), most)).flatten()
}

/// The value of a node `Constant`.
fn given(node: &Node) -> Option<Tensor> {
    let a = &node.attributes;
    if let Some(tensor) = a.tensor("value") {
        return Some(tensor.clone());
    }
    if a.has("value_float") {
        let values = Values::Floats(vec![a.float("value_float", 0.0)]);
        return Some(Tensor { dims: vec![], values });
    }
    if a.has("value_int") {
        return Some(Tensor { dims: vec![], values: Values::Ints(vec![a.int("value_int", 0)]) });
    }
    if let Some(ints) = a.ints("value_ints") {
        return Some(Tensor::ints(ints.to_vec()));
    }
    let floats = a.floats("value_floats")?.to_vec();
    Some(Tensor { dims: vec![floats.len()], values: Values::Floats(floats) })
}

/// An axis counted from the end where it is negative; below `axes`.
fn axis(axis: i64, axes: usize) -> Option<usize> {
    let axes = i64::try_from(axes).ok()?;
    let axis = if axis < 0 { axis + axes } else { axis };
    (0..axes).contains(&axis).then_some(axis as usize)
}

fn cast(x: &Tensor, to: i64) -> Tensor {
    let floating = matches!(to, 1 | 10 | 11 | 16);
    let values = match &x.values {
        Values::Ints(v) if floating => Values::Floats(v.iter().map(|v| *v as f32).collect()),
        Values::Floats(v) if !floating && to == 9 => {
            Values::Ints(v.iter().map(|v| i64::from(*v != 0.0)).collect())
        }
        Values::Floats(v) if !floating => Values::Ints(v.iter().map(|v| *v as i64).collect()),
        same => same.clone(),
    };
    Tensor { dims: x.dims.clone(), values }
}

/// Lengths of axes as `Reshape` states them: 0 keeps one, -1 is what is left.
fn reshape(x: &Tensor, target: &[i64], most: usize) -> Option<Tensor> {
    let mut dims = Vec::with_capacity(target.len());
    let mut open = None;
    for (at, dim) in target.iter().enumerate() {
        match dim {
            0 => dims.push(*x.dims.get(at)?),
            -1 if open.is_none() => {
                open = Some(at);
                dims.push(1);
            }
            dim => dims.push(usize::try_from(*dim).ok()?),
        }
    }
    let product = product(&dims, most)?;
    if let Some(at) = open {
        if product == 0 || !x.len().is_multiple_of(product) {
            return None;
        }
        dims[at] = x.len() / product;
    } else if product != x.len() {
        return None;
    }
    Some(Tensor { dims, values: x.values.clone() })
}

fn product(dims: &[usize], most: usize) -> Option<usize> {
    dims.iter().try_fold(1_usize, |p, d| p.checked_mul(*d)).filter(|p| *p <= most)
}

fn squeeze(x: &Tensor, axes: Option<Vec<i64>>) -> Option<Tensor> {
    let count = x.dims.len();
    let axes: Option<Vec<usize>> = match axes {
        None => Some((0..count).filter(|i| x.dims[*i] == 1).collect()),
        Some(axes) => axes.into_iter().map(|a| axis(a, count)).collect(),
    };
    let axes = axes?;
    if axes.iter().any(|a| x.dims[*a] != 1) {
        return None;
    }
    let dims = (0..count).filter(|i| !axes.contains(i)).map(|i| x.dims[i]).collect();
    Some(Tensor { dims, values: x.values.clone() })
}

fn unsqueeze(x: &Tensor, axes: &[i64]) -> Option<Tensor> {
    let count = x.dims.len().checked_add(axes.len()).filter(|c| *c <= 8)?;
    let axes: Option<Vec<usize>> = axes.iter().map(|a| axis(*a, count)).collect();
    let axes = axes?;
    let mut old = x.dims.iter();
    let dims: Option<Vec<usize>> =
        (0..count).map(|i| if axes.contains(&i) { Some(1) } else { old.next().copied() }).collect();
    Some(Tensor { dims: dims?, values: x.values.clone() })
}

fn concat(inputs: &[Option<&Tensor>], at: i64, most: usize) -> Option<Tensor> {
    let all: Option<Vec<&Tensor>> = inputs.iter().copied().collect();
    let all = all?;
    let first = *all.first()?;
    let at = axis(at, first.dims.len())?;
    let fits = |t: &&Tensor| {
        t.dims.len() == first.dims.len()
            && t.dims.iter().zip(&first.dims).enumerate().all(|(i, (a, b))| i == at || a == b)
    };
    if !all.iter().all(fits) {
        return None;
    }
    let mut dims = first.dims.clone();
    dims[at] = all.iter().try_fold(0_usize, |sum, t| sum.checked_add(t.dims[at]))?;
    product(&dims, most)?;
    let outer: usize = dims[..at].iter().product();
    let whole = all.iter().all(|t| t.whole().is_some());
    let (mut ints, mut floats) = (Vec::new(), Vec::new());
    for row in 0..outer {
        for tensor in &all {
            let width = tensor.len() / outer.max(1);
            let range = row * width..(row + 1) * width;
            match &tensor.values {
                Values::Ints(v) if whole => ints.extend_from_slice(v.get(range)?),
                Values::Ints(v) => floats.extend(v.get(range)?.iter().map(|v| *v as f32)),
                Values::Floats(v) => floats.extend_from_slice(v.get(range)?),
            }
        }
    }
    Some(Tensor { dims, values: if whole { Values::Ints(ints) } else { Values::Floats(floats) } })
}

fn gather(x: &Tensor, at: &Tensor, along: i64, most: usize) -> Option<Tensor> {
    let along = axis(along, x.dims.len())?;
    let length = x.dims[along];
    let picks: Option<Vec<usize>> = at.whole()?.iter().map(|i| axis(*i, length)).collect();
    let picks = picks?;
    let inner: usize = x.dims[along + 1..].iter().product();
    let outer: usize = x.dims[..along].iter().product();
    let dims: Vec<usize> =
        x.dims[..along].iter().chain(&at.dims).chain(&x.dims[along + 1..]).copied().collect();
    let mut index = Vec::with_capacity(product(&dims, most)?);
    for o in 0..outer {
        for pick in &picks {
            let start = (o * length + pick) * inner;
            index.extend(start..start + inner);
        }
    }
    Some(x.picked(&index, dims))
}

/// `Slice` along one axis after the other; by attributes up to operator set 9, by inputs after.
fn slice(node: &Node, inputs: &[Option<&Tensor>], most: usize) -> Option<Tensor> {
    let a = &node.attributes;
    let mut x = inputs.first().copied().flatten()?.clone();
    let list = |at: usize, name: &str| -> Option<Vec<i64>> {
        match inputs.get(at).copied().flatten() {
            Some(tensor) => tensor.whole().map(<[i64]>::to_vec),
            None => a.ints(name).map(<[i64]>::to_vec),
        }
    };
    let (starts, ends) = (list(1, "starts")?, list(2, "ends")?);
    let axes = list(3, "axes").unwrap_or_else(|| (0..starts.len() as i64).collect());
    let steps = list(4, "steps").unwrap_or_else(|| vec![1; starts.len()]);
    if ends.len() != starts.len() || axes.len() != starts.len() || steps.len() != starts.len() {
        return None;
    }
    for (((start, end), along), step) in starts.iter().zip(&ends).zip(&axes).zip(&steps) {
        let along = axis(*along, x.dims.len())?;
        let picks = sliced(x.dims[along], *start, *end, *step)?;
        let picks = picks.into_iter().map(|at| at as i64).collect();
        x = gather(&x, &Tensor::ints(picks), along as i64, most)?;
    }
    Some(x)
}

/// The places that a slice takes along an axis of `length` values: from `start` to before `end`, counted
/// from behind where negative and cut off at the ends of the axis; `None` for a step of 0.
pub fn sliced(length: usize, start: i64, end: i64, step: i64) -> Option<Vec<usize>> {
    let length = i64::try_from(length).ok()?;
    let from_front = |at: i64| if at < 0 { at.saturating_add(length) } else { at };
    let (start, end) = (from_front(start), from_front(end));
    let by = usize::try_from(step.unsigned_abs()).ok().filter(|by| *by > 0)?;
    let places: Vec<i64> = if step > 0 {
        (start.clamp(0, length)..end.clamp(0, length)).step_by(by).collect()
    } else {
        let (start, end) = (start.clamp(-1, length - 1), end.clamp(-1, length - 1));
        (end + 1..start + 1).rev().step_by(by).collect()
    };
    Some(places.into_iter().map(|at| at as usize).collect())
}

fn transpose(x: &Tensor, order: Option<&[i64]>) -> Option<Tensor> {
    let count = x.dims.len();
    let order: Vec<usize> = match order {
        None => (0..count).rev().collect(),
        Some(order) => order.iter().map(|a| axis(*a, count)).collect::<Option<_>>()?,
    };
    let index = transposed(&x.dims, &order)?;
    Some(x.picked(&index, order.iter().map(|a| x.dims[*a]).collect()))
}

/// For each value of a tensor with the axes `dims` put in another `order`, row by row, where it lay;
/// `None` when that is no order of them.
pub fn transposed(dims: &[usize], order: &[usize]) -> Option<Vec<usize>> {
    let mut sorted = order.to_vec();
    sorted.sort_unstable();
    if !sorted.into_iter().eq(0..dims.len()) {
        return None;
    }
    let mut strides = vec![1; dims.len()];
    for at in (0..dims.len().saturating_sub(1)).rev() {
        strides[at] = strides[at + 1] * dims[at + 1];
    }
    let mut index = vec![0];
    for axis in order {
        let (length, stride) = (dims[*axis], strides[*axis]);
        index = index.iter().flat_map(|base| (0..length).map(move |i| base + i * stride)).collect();
    }
    Some(index)
}

fn filled(dims: &Tensor, value: Option<&Tensor>, most: usize) -> Option<Tensor> {
    let dims: Option<Vec<usize>> = dims.whole()?.iter().map(|d| usize::try_from(*d).ok()).collect();
    let dims = dims?;
    let len = product(&dims, most)?;
    let values = match value.map(|t| &t.values) {
        Some(Values::Ints(v)) => Values::Ints(vec![*v.first()?; len]),
        Some(Values::Floats(v)) => Values::Floats(vec![*v.first()?; len]),
        None => Values::Floats(vec![0.0; len]),
    };
    Some(Tensor { dims, values })
}

fn map(x: &Tensor, f: impl Fn(f32) -> f32) -> Option<Tensor> {
    let values = match &x.values {
        Values::Floats(v) => Values::Floats(v.iter().map(|v| f(*v)).collect()),
        Values::Ints(v) => Values::Ints(v.iter().map(|v| f(*v as f32) as i64).collect()),
    };
    Some(Tensor { dims: x.dims.clone(), values })
}

/// The values of `tensor` for each place of a tensor with the axes `dims`: axes of length 1, and those
/// that are missing in front, are repeated. `None` when it does not fit.
pub fn spread(tensor: &Tensor, dims: &[usize]) -> Option<Vec<f32>> {
    product(dims, MAX_SPREAD)?;
    let index = broadcast(&tensor.dims, dims)?;
    let values = tensor.floats();
    index.iter().map(|at| values.get(*at).copied()).collect()
}

/// For each place of a tensor with the axes `whole`, where its value lies in one with the axes `dims`.
fn broadcast(dims: &[usize], whole: &[usize]) -> Option<Vec<usize>> {
    let missing = whole.len().checked_sub(dims.len())?;
    let mut stride = 1;
    let mut strides = vec![0; whole.len()];
    for at in (0..dims.len()).rev() {
        let length = dims[at];
        if length != 1 && length != whole[missing + at] {
            return None;
        }
        strides[missing + at] = if length == 1 { 0 } else { stride };
        stride *= length;
    }
    let mut index = vec![0];
    for (length, stride) in whole.iter().copied().zip(strides) {
        index = index.iter().flat_map(|base| (0..length).map(move |i| base + i * stride)).collect();
    }
    Some(index)
}

fn binary(op: &str, x: &Tensor, y: &Tensor, most: usize) -> Option<Tensor> {
    let count = x.dims.len().max(y.dims.len());
    let length =
        |dims: &[usize], at: usize| (at + dims.len()).checked_sub(count).map_or(1, |at| dims[at]);
    let together = |at| {
        let (a, b) = (length(&x.dims, at), length(&y.dims, at));
        if a == 1 { b } else { a }
    };
    let dims: Vec<usize> = (0..count).map(together).collect();
    product(&dims, most)?;
    let (xi, yi) = (broadcast(&x.dims, &dims)?, broadcast(&y.dims, &dims)?);
    let values = match (&x.values, &y.values) {
        (Values::Ints(x), Values::Ints(y)) => {
            let one = |(a, b): (&usize, &usize)| {
                let (a, b) = (*x.get(*a)?, *y.get(*b)?);
                match op {
                    "Add" => a.checked_add(b),
                    "Sub" => a.checked_sub(b),
                    "Mul" => a.checked_mul(b),
                    "Div" => a.checked_div(b),
                    _ => a.checked_pow(u32::try_from(b).ok()?),
                }
            };
            Values::Ints(xi.iter().zip(&yi).map(one).collect::<Option<_>>()?)
        }
        _ => {
            let (x, y) = (x.floats(), y.floats());
            let one = |(a, b): (&usize, &usize)| {
                let (a, b) = (*x.get(*a)?, *y.get(*b)?);
                Some(match op {
                    "Add" => a + b,
                    "Sub" => a - b,
                    "Mul" => a * b,
                    "Div" => a / b,
                    _ => a.powf(b),
                })
            };
            Values::Floats(xi.iter().zip(&yi).map(one).collect::<Option<_>>()?)
        }
    };
    Some(Tensor { dims, values })
}

/// `(x - zero) scale`, one scale for all or one for each place along `along`.
fn dequantised(x: &Tensor, scale: &Tensor, zero: Option<&Tensor>, along: i64) -> Option<Tensor> {
    let (scales, values) = (scale.floats(), x.whole()?);
    let zeros = zero.map(|z| z.whole().map(<[i64]>::to_vec)).unwrap_or(Some(vec![0]))?;
    let inner = if scales.len() == 1 {
        x.len().max(1)
    } else {
        let along = axis(along, x.dims.len())?;
        if x.dims[along] != scales.len() {
            return None;
        }
        x.dims[along + 1..].iter().product()
    };
    let one = |(at, v): (usize, &i64)| {
        let place = at / inner % scales.len();
        let zero = zeros.get(if zeros.len() == 1 { 0 } else { place })?;
        Some(v.checked_sub(*zero)? as f32 * scales.get(place)?)
    };
    let values: Option<Vec<f32>> = values.iter().enumerate().map(one).collect();
    Some(Tensor { dims: x.dims.clone(), values: Values::Floats(values?) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn floats(dims: &[usize], values: &[f32]) -> Tensor {
        Tensor { dims: dims.to_vec(), values: Values::Floats(values.to_vec()) }
    }

    #[test]
    fn slices_are_those_of_numpy() {
        // Each as Python's range(5)[start:end:step] gives it.
        let far = i64::MIN + 1;
        for (start, end, step, expected) in [
            (0, 5, 1, vec![0, 1, 2, 3, 4]),
            (1, -1, 2, vec![1, 3]),
            (-2, i64::MAX, 1, vec![3, 4]),
            (3, 1, 1, vec![]),
            (-1, far, -1, vec![4, 3, 2, 1, 0]),
            (9, 0, -2, vec![4, 2]),
            (1, 3, -1, vec![]),
        ] {
            assert_eq!(sliced(5, start, end, step), Some(expected), "{start}:{end}:{step}");
        }
        assert_eq!(sliced(5, 0, 5, 0), None);
        assert_eq!(sliced(0, 0, 5, -1), Some(vec![]));
    }

    #[test]
    fn tensors_are_transposed_gathered_and_put_together() {
        let x = floats(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let turned = transpose(&x, None).unwrap();
        assert_eq!(
            (turned.dims.as_slice(), turned.floats()),
            (&[3, 2][..], vec![1.0, 4.0, 2.0, 5.0, 3.0, 6.0])
        );
        let picked = gather(&x, &Tensor::ints(vec![-1, 0]), 1, 6).unwrap();
        assert_eq!(picked.floats(), [3.0, 1.0, 6.0, 4.0]);
        let both = concat(&[Some(&x), Some(&x)], 1, 12).unwrap();
        assert_eq!((both.dims[1], both.floats()[3]), (6, 1.0));
        assert!(gather(&x, &Tensor::ints(vec![3]), 1, 6).is_none());
        assert!(reshape(&x, &[4, -1], 6).is_none());
        assert!(concat(&[Some(&x), Some(&x)], 1, 11).is_none(), "no more than asked");
        assert!(
            expand(&floats(&[1], &[2.0]), &Tensor::ints(vec![1 << 40, 1 << 40]), 100).is_none()
        );
        assert_eq!(reshape(&x, &[0, -1, 1], 6).unwrap().dims, [2, 3, 1]);
    }

    #[test]
    fn constants_are_spread_along_axes_of_length_one() {
        let sum =
            binary("Add", &floats(&[2, 1], &[10.0, 20.0]), &floats(&[3], &[1.0, 2.0, 3.0]), 6);
        assert_eq!(sum.unwrap().floats(), [11.0, 12.0, 13.0, 21.0, 22.0, 23.0]);
        assert!(binary("Add", &floats(&[2], &[1.0; 2]), &floats(&[3], &[1.0; 3]), 6).is_none());
    }

    #[test]
    fn integers_become_numbers_by_scale_and_zero() {
        let x = Tensor { dims: vec![2, 2], values: Values::Ints(vec![1, 2, 3, 4]) };
        let zero = Tensor::ints(vec![1]);
        let all = dequantised(&x, &floats(&[], &[0.5]), Some(&zero), 1).unwrap();
        assert_eq!(all.floats(), [0.0, 0.5, 1.0, 1.5]);
        let rows = dequantised(&x, &floats(&[2], &[1.0, 10.0]), None, 0).unwrap();
        assert_eq!(rows.floats(), [1.0, 2.0, 30.0, 40.0]);
    }
}
