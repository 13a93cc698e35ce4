//! The functions a network applies between its linear layers.

use super::{ChebyshevSeries, Composite, Polynomial};
use serde::{Deserialize, Serialize};
use std::f64::consts::FRAC_1_SQRT_2;

/// Values converted to double precision at once.
const BLOCK: usize = 256;

/// An activation function, applied to each value by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// `x^2`, the activation of CryptoNets.
    Square,
    /// Any polynomial of low degree.
    Polynomial(Polynomial),
    /// A polynomial of any degree, in the Chebyshev basis of its interval.
    Chebyshev(ChebyshevSeries),
    /// Polynomials applied one after the other.
    Composite(Composite),
    /// `max(x, 0)`.
    Relu,
    /// `x` above 0 and `slope x` below.
    LeakyRelu { slope: f64 },
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// Hyperbolic tangent.
    Tanh,
    /// `ln(1 + exp(x))`.
    Softplus,
    /// `x / (1 + exp(-x))`, also called swish.
    Silu,
    /// `x/2 (1 + erf(x / sqrt(2)))`, the exact form.
    Gelu,
    /// -1 below 0, 1 above, 0 at 0.
    Sign,
    /// `x`, cut off at both ends: ReLU6 from 0 to 6, hard tanh from -1 to 1. Of a line it is the hard
    /// sigmoid.
    Clip { low: f64, high: f64 },
}

/// How a function mirrors at 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parity {
    Even,
    Odd,
}

/// A function as `constant + slope x + rest`, where the rest is even or odd.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Symmetry {
    pub constant: f64,
    pub slope: f64,
    pub rest: Parity,
}

impl Activation {
    /// The slope that leaky ReLU has below 0 where nothing else is said.
    pub const LEAKY_SLOPE: f64 = 0.01;

    /// The functions that polynomials stand in for.
    pub const TARGETS: [Self; 9] = [
        Self::Relu,
        Self::LeakyRelu { slope: Self::LEAKY_SLOPE },
        Self::Sigmoid,
        Self::Tanh,
        Self::Softplus,
        Self::Silu,
        Self::Gelu,
        Self::Sign,
        Self::Square,
    ];

    /// The value at `x`.
    pub fn eval(&self, x: f32) -> f32 {
        match self {
            Self::Square => x * x,
            Self::Relu => x.max(0.0),
            Self::LeakyRelu { slope } => {
                if x < 0.0 {
                    x * *slope as f32
                } else {
                    x
                }
            }
            Self::Sigmoid => 1.0 / (1.0 + (-x).exp()),
            Self::Tanh => x.tanh(),
            Self::Softplus => x.max(0.0) + (-x.abs()).exp().ln_1p(),
            Self::Silu => x / (1.0 + (-x).exp()),
            Self::Polynomial(_)
            | Self::Chebyshev(_)
            | Self::Composite(_)
            | Self::Gelu
            | Self::Sign
            | Self::Clip { .. } => self.eval_f64(f64::from(x)) as f32,
        }
    }

    /// The values at all `inputs`, written to `outputs` of the same length.
    pub fn eval_all(&self, inputs: &[f32], outputs: &mut [f32]) {
        let wide = |apply: &dyn Fn(&mut [f64]), outputs: &mut [f32]| {
            let mut values = [0.0; BLOCK];
            for (x, y) in inputs.chunks(BLOCK).zip(outputs.chunks_mut(BLOCK)) {
                values.iter_mut().zip(x).for_each(|(v, x)| *v = f64::from(*x));
                if let Some(values) = values.get_mut(..x.len()) {
                    apply(values);
                }
                y.iter_mut().zip(&values).for_each(|(y, v)| *y = *v as f32);
            }
        };
        match self {
            Self::Square => outputs.iter_mut().zip(inputs).for_each(|(y, x)| *y = x * x),
            Self::Polynomial(p) => wide(&|values| p.apply(values), outputs),
            Self::Chebyshev(series) => wide(&|values| series.apply(values), outputs),
            Self::Composite(composite) => wide(&|values| composite.apply(values), outputs),
            _ => outputs.iter_mut().zip(inputs).for_each(|(y, x)| *y = self.eval(*x)),
        }
    }

    /// The value at `x` in double precision, for the approximation methods.
    pub fn eval_f64(&self, x: f64) -> f64 {
        match self {
            Self::Square => x * x,
            Self::Polynomial(p) => p.eval(x),
            Self::Chebyshev(series) => series.eval(x),
            Self::Composite(composite) => composite.eval(x),
            Self::Relu => x.max(0.0),
            Self::LeakyRelu { slope } => {
                if x < 0.0 {
                    slope * x
                } else {
                    x
                }
            }
            Self::Sigmoid => 1.0 / (1.0 + (-x).exp()),
            Self::Tanh => x.tanh(),
            Self::Softplus => x.max(0.0) + (-x.abs()).exp().ln_1p(),
            Self::Silu => x / (1.0 + (-x).exp()),
            Self::Gelu => 0.5 * x * libm::erfc(-x * FRAC_1_SQRT_2),
            Self::Sign if x == 0.0 => 0.0,
            Self::Sign => x.signum(),
            Self::Clip { .. } if x.is_nan() => x,
            Self::Clip { low, high } => x.max(*low).min(*high),
        }
    }

    /// Whether it is a polynomial already.
    pub fn is_polynomial(&self) -> bool {
        matches!(self, Self::Square | Self::Polynomial(_) | Self::Chebyshev(_) | Self::Composite(_))
    }

    /// Its degree, where it is a polynomial; of a composition that of the whole.
    pub fn degree(&self) -> Option<usize> {
        match self {
            Self::Square => Some(2),
            Self::Polynomial(p) => Some(p.degree()),
            Self::Chebyshev(series) => Some(series.degree()),
            Self::Composite(composite) => Some(composite.degree()),
            _ => None,
        }
    }

    /// Where a polynomial is meant to be evaluated; `None` where that is everywhere.
    pub fn interval(&self) -> Option<(f64, f64)> {
        match self {
            Self::Chebyshev(series) => Some(series.interval()),
            Self::Composite(all) => all.parts.first().map(|part| part.interval()),
            _ => None,
        }
    }

    /// The same function in powers of `x`, where it is one polynomial.
    ///
    /// High degrees lose digits in this basis; nothing but degrees up to about 7 should be
    /// evaluated in it.
    pub fn as_polynomial(&self) -> Option<Polynomial> {
        match self {
            Self::Square => Some(Polynomial::new(vec![0.0, 0.0, 1.0])),
            Self::Polynomial(p) => Some(p.clone()),
            Self::Chebyshev(series) => Some(series.to_polynomial()),
            _ => None,
        }
    }

    /// Short name for people.
    pub fn name(&self) -> String {
        match self {
            Self::Square => "square".to_owned(),
            Self::Polynomial(p) => format!("polynomial of degree {}", p.degree()),
            Self::Chebyshev(series) => format!("polynomial of degree {}", series.degree()),
            Self::Composite(composite) => {
                let degrees: Vec<_> =
                    composite.parts.iter().map(|p| p.degree().to_string()).collect();
                format!("composition of degrees {}", degrees.join(", "))
            }
            Self::Relu => "ReLU".to_owned(),
            Self::LeakyRelu { slope } => format!("leaky ReLU ({slope})"),
            Self::Sigmoid => "sigmoid".to_owned(),
            Self::Tanh => "tanh".to_owned(),
            Self::Softplus => "softplus".to_owned(),
            Self::Silu => "SiLU".to_owned(),
            Self::Gelu => "GELU".to_owned(),
            Self::Sign => "sign".to_owned(),
            Self::Clip { low: 0.0, high: 6.0 } => "ReLU6".to_owned(),
            Self::Clip { low, high } => format!("clip to {low}..{high}"),
        }
    }

    /// Where the function is not smooth: a kink or a jump.
    pub(super) fn breaks(&self) -> Vec<f64> {
        match self {
            Self::Relu | Self::LeakyRelu { .. } | Self::Sign => vec![0.0],
            Self::Clip { low, high } => vec![*low, *high],
            _ => Vec::new(),
        }
    }

    /// What it is from `low` to `high`: a function that is cut off beyond them alone is another there.
    pub(super) fn within(&self, low: f64, high: f64) -> &Self {
        match self {
            Self::Clip { low: 0.0, high: end } if low < 0.0 && high <= *end => &Self::Relu,
            other => other,
        }
    }

    /// The affine part and the mirror symmetry of the rest, where there is one.
    pub(super) fn symmetry(&self) -> Option<Symmetry> {
        let (constant, slope, rest) = match self {
            Self::Square => (0.0, 0.0, Parity::Even),
            Self::LeakyRelu { slope } => (0.0, 0.5 + 0.5 * slope, Parity::Even),
            Self::Relu | Self::Softplus | Self::Silu | Self::Gelu => (0.0, 0.5, Parity::Even),
            Self::Sigmoid => (0.5, 0.0, Parity::Odd),
            Self::Tanh | Self::Sign => (0.0, 0.0, Parity::Odd),
            Self::Clip { low, high } if *low == -*high => (0.0, 0.0, Parity::Odd),
            Self::Clip { .. } => return None,
            Self::Polynomial(_) | Self::Chebyshev(_) | Self::Composite(_) => return None,
        };
        Some(Symmetry { constant, slope, rest })
    }

    /// The rest of [`Activation::symmetry`] at `x`, without cancellation; the value itself where
    /// there is no symmetry.
    pub(super) fn rest(&self, x: f64) -> f64 {
        match self {
            Self::Relu => 0.5 * x.abs(),
            Self::LeakyRelu { slope } => (0.5 - 0.5 * slope) * x.abs(),
            Self::Sigmoid => 0.5 * (0.5 * x).tanh(),
            Self::Softplus => 0.5 * x.abs() + (-x.abs()).exp().ln_1p(),
            Self::Silu => 0.5 * x * (0.5 * x).tanh(),
            Self::Gelu => 0.5 * x * libm::erf(x * FRAC_1_SQRT_2),
            _ => self.eval_f64(x),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Gate;

    #[test]
    fn values_are_those_of_the_definitions() {
        let at = |f: Activation, x: f64, expected: f64| {
            let got = f.eval_f64(x);
            assert!((got - expected).abs() <= 1e-15 * expected.abs().max(1.0), "{f:?}: {got}");
            let single = f64::from(f.eval(x as f32));
            assert!((single - expected).abs() <= 1e-6 * expected.abs().max(1.0), "{f:?}: {single}");
        };
        at(Activation::LeakyRelu { slope: 0.01 }, -2.0, -0.02);
        at(Activation::LeakyRelu { slope: 0.01 }, 2.0, 2.0);
        // Abramowitz and Stegun, table 26.1: the normal distribution function at 1.
        at(Activation::Gelu, 1.0, 0.841_344_746_068_542_9);
        at(Activation::Gelu, -1.0, -0.158_655_253_931_457_05);
        at(Activation::Softplus, 0.0, std::f64::consts::LN_2);
        at(Activation::Softplus, 800.0, 800.0);
        at(Activation::Softplus, -800.0, 0.0);
        at(Activation::Silu, 1.0, 1.0 / (1.0 + (-1.0_f64).exp()));
        at(Activation::Silu, -800.0, 0.0);
        at(Activation::Sign, -3.0, -1.0);
        at(Activation::Sign, 0.0, 0.0);
        at(Activation::Sign, 0.5, 1.0);
    }

    #[test]
    fn symmetry_describes_the_function() {
        for f in Activation::TARGETS {
            let s = f.symmetry().expect("every target has one");
            for x in [0.0, 0.3, 1.0, 4.5, 40.0, 700.0] {
                for x in [x, -x] {
                    let sum = s.constant + s.slope * x + f.rest(x);
                    let value = f.eval_f64(x);
                    assert!((sum - value).abs() <= 1e-15 * x.abs().max(1.0), "{f:?} at {x}");
                    let mirrored = match s.rest {
                        Parity::Even => f.rest(-x),
                        Parity::Odd => -f.rest(-x),
                    };
                    assert_eq!(mirrored, f.rest(x), "{f:?} at {x}");
                }
            }
        }
    }

    #[test]
    fn all_values_at_once_are_each_value() {
        let series = ChebyshevSeries::new((-2.0, 3.0), vec![0.5, -1.0, 0.25, 0.125]);
        let composite = |gate| {
            Activation::Composite(Composite { parts: vec![series.clone(), series.clone()], gate })
        };
        let more = [
            Activation::Polynomial(Polynomial::new(vec![1.0, -0.5, 0.25, 2.0])),
            Activation::Chebyshev(series.clone()),
            composite(None),
            composite(Some(Gate { below: 0.25, above: 1.0 })),
        ];
        let inputs: Vec<f32> = (0..333).map(|i| (i as f32 - 150.0) / 60.0).collect();
        for f in Activation::TARGETS.into_iter().chain(more) {
            let mut outputs = vec![f32::NAN; inputs.len()];
            f.eval_all(&inputs, &mut outputs);
            for (x, y) in inputs.iter().zip(outputs) {
                let one = f.eval(*x);
                assert!((y - one).abs() <= 1e-6 * one.abs().max(1.0), "{f:?} at {x}");
            }
        }
    }

    #[test]
    fn names_in_files_stay() {
        let text = serde_json::to_string(&Activation::TARGETS).expect("serialises");
        assert_eq!(
            text,
            r#"["relu",{"leaky_relu":{"slope":0.01}},"sigmoid","tanh","softplus","silu","gelu","sign","square"]"#
        );
    }
}
