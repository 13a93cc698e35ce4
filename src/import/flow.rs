//! A value of the graph that depends on the input: which values of our layers it is, in which order.

use super::expression::Expression;
use data::Shape;
use std::borrow::Cow;
use std::sync::Arc;

/// A tensor of one sample that comes out of the layers so far.
#[derive(Clone)]
pub struct Flow {
    /// Layers before it.
    pub layers: usize,
    /// Lengths of its axes; the first is that of samples, 1.
    pub dims: Vec<usize>,
    /// Values of one sample.
    len: usize,
    /// For each of its values, row by row, where it lies in the sample as stored here; [`NOTHING`] for a
    /// zero. None where they lie in stored order.
    places: Option<Arc<Vec<u32>>>,
    /// What has still to be done to each of them.
    pub expression: Expression,
}

/// The place of a zero that comes from no layer.
pub const NOTHING: u32 = u32::MAX;

/// Most values of one sample.
pub const MAX_VALUES: usize = 1 << 22;

/// How many values these axes have.
///
/// # Errors
/// When they are too many, what `what` has.
pub fn counted(what: &str, dims: &[usize]) -> Result<usize, String> {
    let len = dims.iter().try_fold(1_usize, |p, d| p.checked_mul(*d));
    len.filter(|len| *len <= MAX_VALUES).ok_or_else(|| {
        let dims: Vec<String> = dims.iter().map(usize::to_string).collect();
        format!("{what} {} values a sample; at most {MAX_VALUES} are read", dims.join(" x "))
    })
}

impl Flow {
    /// The output of `layers` layers, with these axes and its values in stored order.
    pub fn stored(layers: usize, dims: Vec<usize>) -> Self {
        let len = dims.iter().product();
        Self { layers, dims, len, places: None, expression: Expression::X }
    }

    /// Values of one sample.
    pub fn len(&self) -> usize {
        self.len
    }

    /// The places of its values.
    pub fn places(&self) -> Cow<'_, [u32]> {
        match &self.places {
            Some(places) => Cow::Borrowed(places),
            None => Cow::Owned((0..self.len as u32).collect()),
        }
    }

    /// Whether its values lie where those of `other` do.
    pub fn lies_as(&self, other: &Self) -> bool {
        match (&self.places, &other.places) {
            (None, None) => self.len == other.len,
            _ => self.places() == other.places(),
        }
    }

    /// The same with other axes; `None` when these do not hold as many values of one sample.
    pub fn shaped(&self, dims: Vec<usize>) -> Option<Self> {
        let product = dims.iter().try_fold(1_usize, |p, d| p.checked_mul(*d));
        let whole = dims.first() == Some(&1) && product == Some(self.len());
        whole.then(|| Self { dims, ..self.clone() })
    }

    /// The same with its axes in another order; `None` when that is no order, or moves the samples.
    pub fn transposed(&self, order: &[usize]) -> Option<Self> {
        if order.first() != Some(&0) {
            return None;
        }
        let index = onnx::transposed(&self.dims, order)?;
        let known = self.places();
        let places: Option<Vec<u32>> = index.iter().map(|at| known.get(*at).copied()).collect();
        let dims = order.iter().map(|axis| self.dims[*axis]).collect();
        Some(self.placed(dims, places?))
    }

    /// Places that are held for it and nothing else.
    pub fn held(&self) -> usize {
        self.places.as_ref().filter(|all| Arc::strong_count(all) == 1).map_or(0, |all| all.len())
    }

    /// Other axes, with values at these places.
    pub fn placed(&self, dims: Vec<usize>, places: Vec<u32>) -> Self {
        Self { dims, len: places.len(), places: Some(Arc::new(places)), ..self.clone() }
    }

    /// Whether it is no more than another order of all `len` values of a sample.
    pub fn is_whole(&self, len: usize) -> bool {
        let has_zeros = self.places.as_ref().is_some_and(|places| places.contains(&NOTHING));
        self.len == len && !has_zeros
    }

    /// The same with another expression.
    pub fn with(&self, expression: Expression) -> Self {
        Self { expression, ..self.clone() }
    }

    /// The same values after `layers` layers, with nothing more to be done to them.
    pub fn after(&self, layers: usize) -> Self {
        Self { layers, ..self.with(Expression::X) }
    }

    /// Whether it is an image of axes samples, channels, rows, columns in stored order.
    pub fn image(&self) -> Option<Shape> {
        let [1, channels, height, width] = self.dims[..] else { return None };
        let mut places = self.places.iter().flat_map(|places| places.iter().enumerate());
        let in_order = places.all(|(at, place)| at == *place as usize);
        in_order.then_some(Shape::Image { channels, height, width })
    }
}
