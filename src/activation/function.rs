//! The functions a network applies between its linear layers.

use super::Polynomial;
use serde::{Deserialize, Serialize};

/// An activation function, applied to each value by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// `x^2`, the activation of CryptoNets.
    Square,
    /// Any polynomial.
    Polynomial(Polynomial),
    /// `max(x, 0)`.
    Relu,
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// Hyperbolic tangent.
    Tanh,
}

impl Activation {
    /// The value at `x`.
    pub fn eval(&self, x: f32) -> f32 {
        match self {
            Self::Square => x * x,
            Self::Polynomial(p) => p.eval(f64::from(x)) as f32,
            Self::Relu => x.max(0.0),
            Self::Sigmoid => 1.0 / (1.0 + (-x).exp()),
            Self::Tanh => x.tanh(),
        }
    }

    /// The value at `x` in double precision, for the approximation methods.
    pub fn eval_f64(&self, x: f64) -> f64 {
        match self {
            Self::Square => x * x,
            Self::Polynomial(p) => p.eval(x),
            Self::Relu => x.max(0.0),
            Self::Sigmoid => 1.0 / (1.0 + (-x).exp()),
            Self::Tanh => x.tanh(),
        }
    }

    /// The same function as a polynomial, where it is one.
    pub fn as_polynomial(&self) -> Option<Polynomial> {
        match self {
            Self::Square => Some(Polynomial::new(vec![0.0, 0.0, 1.0])),
            Self::Polynomial(p) => Some(p.clone()),
            Self::Relu | Self::Sigmoid | Self::Tanh => None,
        }
    }

    /// Short name for people.
    pub fn name(&self) -> String {
        match self {
            Self::Square => "square".to_owned(),
            Self::Polynomial(p) => format!("polynomial of degree {}", p.degree()),
            Self::Relu => "ReLU".to_owned(),
            Self::Sigmoid => "sigmoid".to_owned(),
            Self::Tanh => "tanh".to_owned(),
        }
    }
}
