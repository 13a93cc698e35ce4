//! What a stage of a circuit is called.

use std::fmt::{self, Display, Formatter};
use std::ops::Deref;

/// The name of a stage: those of the layers of the network that became it, and how many values it
/// carries for later ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageName {
    text: String,
    layers: Vec<String>,
}

impl StageName {
    /// Of a stage that all these layers became, in their order.
    pub fn of(layers: Vec<String>) -> Self {
        Self { text: layers.join(" + "), layers }
    }

    /// The same of a stage that hands `count` values on for later layers: `relu1 (64 carried)`.
    pub fn carrying(self, count: usize) -> Self {
        if count == 0 {
            return self;
        }
        Self { text: format!("{} ({count} carried)", self.text), ..self }
    }

    /// The names of the layers.
    pub fn layers(&self) -> &[String] {
        &self.layers
    }
}

impl From<&str> for StageName {
    fn from(layer: &str) -> Self {
        Self::of(vec![layer.to_owned()])
    }
}

impl Deref for StageName {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl Display for StageName {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        f.write_str(&self.text)
    }
}
