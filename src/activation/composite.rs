//! Polynomials applied one after the other.

use super::ChebyshevSeries;
use serde::{Deserialize, Serialize};

/// `s(x) = p_k(... p_2(p_1(x)))`, which has the power of a very high degree at the depth of a few
/// low ones; with a gate, `x (below (1 - s(x)) + above (1 + s(x))) / 2`, which is ReLU where `s` is
/// the sign function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Composite {
    /// The polynomials, the one applied first in front; each one's values lie in the interval of
    /// the one after it.
    pub parts: Vec<ChebyshevSeries>,
    /// How `s` chooses between two slopes; the value is `s(x)` itself where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<Gate>,
}

/// The slopes a [`Composite`] chooses between.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// Slope below 0: 0 for ReLU.
    pub below: f64,
    /// Slope above 0: 1 for ReLU.
    pub above: f64,
}

impl Gate {
    fn choose(self, x: f64, sign: f64) -> f64 {
        x * 0.5 * (self.below * (1.0 - sign) + self.above * (1.0 + sign))
    }
}

impl Composite {
    /// The value at `x`.
    pub fn eval(&self, x: f64) -> f64 {
        let sign = self.parts.iter().fold(x, |x, part| part.eval(x));
        self.gate.map_or(sign, |gate| gate.choose(x, sign))
    }

    /// Replaces each value by that of the composition there.
    pub(super) fn apply(&self, values: &mut [f64]) {
        let inputs = values.to_vec();
        self.parts.iter().for_each(|part| part.apply(values));
        if let Some(gate) = self.gate {
            values.iter_mut().zip(inputs).for_each(|(y, x)| *y = gate.choose(x, *y));
        }
    }

    /// Degree of the whole as one polynomial.
    pub fn degree(&self) -> usize {
        let product = self.parts.iter().map(|p| p.degree()).fold(1, usize::saturating_mul);
        product.saturating_add(usize::from(self.gate.is_some()))
    }
}
