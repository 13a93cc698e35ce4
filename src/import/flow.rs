//! A value of the graph that depends on the input: which values of our layers it is, in which order.

use super::expression::Expression;
use data::Shape;
use std::sync::Arc;

/// A tensor of one sample that comes out of the layers so far.
#[derive(Clone)]
pub struct Flow {
    /// Layers before it.
    pub layers: usize,
    /// Lengths of its axes; the first is that of samples, 1.
    pub dims: Vec<usize>,
    /// For each of its values, row by row, where it lies in the sample as stored here; [`NOTHING`] for a
    /// zero.
    places: Arc<Vec<u32>>,
    /// What has still to be done to each of them.
    pub expression: Expression,
}

/// The place of a zero that comes from no layer.
pub const NOTHING: u32 = u32::MAX;

impl Flow {
    /// The output of `layers` layers, with these axes and its values in stored order.
    pub fn stored(layers: usize, dims: Vec<usize>) -> Self {
        let len: usize = dims.iter().product();
        let places = Arc::new((0..len as u32).collect());
        Self { layers, dims, places, expression: Expression::X }
    }

    /// Values of one sample.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// The places of its values.
    pub fn places(&self) -> &[u32] {
        &self.places
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
        let places: Option<Vec<u32>> =
            index.iter().map(|at| self.places.get(*at).copied()).collect();
        let dims = order.iter().map(|axis| self.dims[*axis]).collect();
        Some(Self { dims, places: Arc::new(places?), ..self.clone() })
    }

    /// Whether its places are held by nothing else.
    pub fn is_new(&self) -> bool {
        Arc::strong_count(&self.places) == 1
    }

    /// Other axes, with values at these places.
    pub fn placed(&self, dims: Vec<usize>, places: Vec<u32>) -> Self {
        Self { dims, places: Arc::new(places), ..self.clone() }
    }

    /// Whether it is no more than another order of all `len` values of a sample.
    pub fn is_whole(&self, len: usize) -> bool {
        self.len() == len && !self.places.contains(&NOTHING)
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
        let in_order = self.places.iter().enumerate().all(|(at, place)| at == *place as usize);
        in_order.then_some(Shape::Image { channels, height, width })
    }
}
