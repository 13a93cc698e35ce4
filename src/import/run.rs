//! A value that depends on the input of a network of sequences: which cell gives it, and its axes.

/// What an axis is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    Steps,
    /// The last step alone.
    LastStep,
    /// One, as cells here go forward.
    Directions,
    Batch,
    Values,
}

/// Values of a layer: the input is layer 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub layer: usize,
    pub axes: Vec<Axis>,
}

impl Run {
    pub fn new(layer: usize, axes: Vec<Axis>) -> Self {
        Self { layer, axes }
    }

    /// An axis counted from the end where it is negative.
    pub fn axis(&self, axis: i64) -> Option<usize> {
        let count = self.axes.len() as i64;
        let axis = if axis < 0 { axis + count } else { axis };
        (0..count).contains(&axis).then_some(axis as usize)
    }

    /// The same with its axes in another order.
    pub fn transposed(&self, order: &[i64]) -> Option<Self> {
        let mut seen = vec![false; self.axes.len()];
        let mut axes = Vec::with_capacity(order.len());
        for at in order {
            let at = self.axis(*at)?;
            if std::mem::replace(seen.get_mut(at)?, true) {
                return None;
            }
            axes.push(*self.axes.get(at)?);
        }
        (axes.len() == self.axes.len()).then_some(Self { axes, ..self.clone() })
    }

    /// The same without an axis that has one place.
    pub fn without(&self, at: usize) -> Option<Self> {
        let one = matches!(self.axes.get(at)?, Axis::Directions | Axis::LastStep);
        let mut axes = self.axes.clone();
        axes.remove(at);
        one.then_some(Self { axes, ..self.clone() })
    }

    /// The same with the last step alone of the axis `at`.
    pub fn at_last(&self, at: usize) -> Self {
        let mut axes = self.axes.clone();
        if let Some(axis) = axes.get_mut(at) {
            *axis = Axis::LastStep;
        }
        Self { axes, ..self.clone() }
    }

    /// The same with so many axes, by leaving out those that have one place.
    pub fn flattened(&self, axes: usize) -> Option<Self> {
        let long: Vec<Axis> = self
            .axes
            .iter()
            .copied()
            .filter(|axis| !matches!(axis, Axis::Directions | Axis::LastStep))
            .collect();
        (long.len() == axes).then_some(Self { axes: long, ..self.clone() })
    }

    /// Whether it is a state of each sample.
    pub fn is_last_state(&self) -> bool {
        let long: Vec<&Axis> =
            self.axes.iter().filter(|a| !matches!(a, Axis::Directions | Axis::LastStep)).collect();
        long == [&Axis::Batch, &Axis::Values]
    }
}
