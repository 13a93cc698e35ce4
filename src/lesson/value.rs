//! What a fact is at the moment.

use crate::unit::Unit;

/// What a fact is at the moment.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Number(f64),
    Word(String),
    /// Numbers at named places, from left to right.
    Curve(Vec<(String, f64)>),
}

impl Value {
    /// The number, where it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number).filter(|n| n.is_finite()),
            Self::Word(_) | Self::Curve(_) => None,
        }
    }

    /// In words, with the unit.
    pub fn text(&self, unit: Unit) -> String {
        match self {
            Self::Number(number) => unit.text(*number),
            Self::Word(word) => word.clone(),
            Self::Curve(points) => {
                let texts = points.iter().map(|(name, y)| format!("{name} {}", unit.text(*y)));
                texts.collect::<Vec<_>>().join(", ")
            }
        }
    }
}
