//! Activations as CKKS evaluates them.

use activation::{Activation, ChebyshevSeries};
use serde::{Deserialize, Serialize};

/// A polynomial in the Chebyshev basis of an interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FunctionPart {
    pub interval: (f64, f64),
    /// Of `T_0, T_1, ...` on the interval brought to [-1, 1].
    pub coefficients: Vec<f64>,
}

/// Polynomials applied one after the other; with a gate `x (constant + slope s(x))` of their value
/// `s(x)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RealFunction {
    pub parts: Vec<FunctionPart>,
    /// Constant and slope of the gate.
    pub gate: Option<(f64, f64)>,
}

impl RealFunction {
    /// Of a polynomial activation; one in powers of x takes the Chebyshev basis of `[-reach, reach]`,
    /// which changes nothing but the precision. `None` for what is no polynomial.
    pub fn new(activation: &Activation, reach: f64) -> Option<Self> {
        let part = |series: &ChebyshevSeries| FunctionPart {
            interval: series.interval(),
            coefficients: series.coefficients().to_vec(),
        };
        match activation {
            Activation::Chebyshev(series) => Some(Self { parts: vec![part(series)], gate: None }),
            Activation::Composite(composite) => Some(Self {
                parts: composite.parts.iter().map(part).collect(),
                gate: composite
                    .gate
                    .map(|g| (0.5 * (g.below + g.above), 0.5 * (g.above - g.below))),
            }),
            other => {
                let powers = other.as_polynomial()?;
                let nodes = ChebyshevSeries::nodes(powers.degree() + 1);
                let values: Vec<f64> = nodes.iter().map(|t| powers.eval(reach * t)).collect();
                let coefficients = ChebyshevSeries::from_node_values(&values);
                let part = FunctionPart { interval: (-reach, reach), coefficients };
                Some(Self { parts: vec![part], gate: None })
            }
        }
    }

    /// The value at `x`, also outside the intervals.
    pub fn eval(&self, x: f64) -> f64 {
        let value = self.parts.iter().fold(x, |x, part| part.eval(x));
        self.gate.map_or(value, |(constant, slope)| x * (constant + slope * value))
    }

    /// The derivative at `x`.
    pub fn slope(&self, x: f64) -> f64 {
        let (value, slope) = self.parts.iter().fold((x, 1.0), |(x, slope), part| {
            let (value, own) = part.with_slope(x);
            (value, slope * own)
        });
        self.gate.map_or(slope, |(constant, gate)| constant + gate * (value + x * slope))
    }

    /// Takes its value at 0 away, so that it is 0 there, and tells what that was.
    pub fn centre(&mut self) -> f64 {
        let value = self.eval(0.0);
        // With a gate it is 0 at 0 already.
        let constant = self.parts.last_mut().and_then(|part| part.coefficients.first_mut());
        match constant.filter(|_| self.gate.is_none()) {
            Some(constant) => {
                *constant -= value;
                value
            }
            None => 0.0,
        }
    }

    /// Levels it takes: see [`scheme::ckks::PolynomialPlan`].
    pub fn levels(&self) -> usize {
        let of = |degree: usize| (degree.max(1) + 1).next_power_of_two().ilog2() as usize;
        let parts: usize = self.degrees().into_iter().map(of).sum();
        parts + usize::from(self.gate.is_some())
    }

    /// The degree of each part.
    pub fn degrees(&self) -> Vec<usize> {
        self.parts.iter().map(FunctionPart::degree).collect()
    }
}

impl FunctionPart {
    /// Degree; 0 for constants.
    pub fn degree(&self) -> usize {
        self.coefficients.iter().rposition(|c| *c != 0.0).unwrap_or(0)
    }

    /// Half the length of the interval.
    pub fn radius(&self) -> f64 {
        0.5 * (self.interval.1 - self.interval.0)
    }

    /// `x` brought to [-1, 1].
    pub(super) fn position(&self, x: f64) -> f64 {
        (x - 0.5 * (self.interval.0 + self.interval.1)) / self.radius()
    }

    /// The value at `x`, by Clenshaw's rule.
    pub(super) fn eval(&self, x: f64) -> f64 {
        let t = self.position(x);
        let (mut next, mut after) = (0.0, 0.0);
        for c in self.coefficients.iter().skip(1).rev() {
            (next, after) = (2.0 * t * next + c - after, next);
        }
        t * next - after + self.coefficients.first().copied().unwrap_or(0.0)
    }

    /// Value and derivative at `x`.
    fn with_slope(&self, x: f64) -> (f64, f64) {
        let t = self.position(x);
        // The derivative of Clenshaw's rule, step by step.
        let (mut next, mut after, mut d_next, mut d_after) = (0.0, 0.0, 0.0, 0.0);
        for c in self.coefficients.iter().skip(1).rev() {
            let slope = 2.0 * (next + t * d_next) - d_after;
            (d_next, d_after) = (slope, d_next);
            (next, after) = (2.0 * t * next + c - after, next);
        }
        let value = t * next - after + self.coefficients.first().copied().unwrap_or(0.0);
        (value, (next + t * d_next - d_after) / self.radius())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use activation::{Composite, Gate, Polynomial};

    #[test]
    fn functions_are_those_of_the_activations() {
        let series = ChebyshevSeries::new((-3.0, 5.0), vec![0.3, -0.7, 0.2, 0.1, 0.4]);
        let composite = Composite {
            parts: vec![ChebyshevSeries::new((-2.0, 2.0), vec![0.0, 0.9, 0.0, -0.2]), {
                ChebyshevSeries::new((-1.2, 1.2), vec![0.1, 1.1, 0.0, -0.1])
            }],
            gate: Some(Gate { below: 0.1, above: 1.0 }),
        };
        let powers = Polynomial::new(vec![0.5, -1.0, 0.25, 0.125]);
        for activation in [
            Activation::Chebyshev(series),
            Activation::Composite(composite),
            Activation::Polynomial(powers),
        ] {
            let function = RealFunction::new(&activation, 2.5).unwrap();
            for x in [-1.9, -0.3, 0.0, 0.8, 1.7] {
                assert!((function.eval(x) - activation.eval_f64(x)).abs() < 1e-12);
                let h = 1e-6;
                let slope = (function.eval(x + h) - function.eval(x - h)) / (2.0 * h);
                assert!((function.slope(x) - slope).abs() < 1e-7, "{x}: {slope}");
            }
        }
        assert!(RealFunction::new(&Activation::Relu, 1.0).is_none());
    }
}
