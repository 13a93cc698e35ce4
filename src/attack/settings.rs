//! What a reconstruction may use, and what stands in its way.

use serde::{Deserialize, Serialize};

/// How samples are chosen among those that agree with what was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttackMethod {
    /// Bounded least squares over a whole mini-batch: the smallest values within the range.
    #[default]
    LeastSquares,
    /// A linear program for each sample alone: the least magnitude within the range. It takes products
    /// only, as published (Ioniță and Ioniță, RAID 2025).
    LinearProgram,
}

impl AttackMethod {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::LeastSquares => "Least squares",
            Self::LinearProgram => "Linear program",
        }
    }
}

/// Which of the values the server decrypted are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeakSources {
    /// Inner products with the rows of the first layer.
    Products,
    /// These, and the gradients of the first layer.
    #[default]
    ProductsAndGradients,
}

/// An attack and the mitigations it meets.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LeakOptions {
    pub method: AttackMethod,
    pub sources: LeakSources,
    /// Whether the attacker has seen similar samples: public data of the same kind.
    #[serde(default)]
    pub similar: bool,
    /// Most distinct rows the authority gives keys for on any one ciphertext; training ends for that
    /// ciphertext when they are used up. No limit when left out.
    pub most_rows: Option<usize>,
    /// Units of the first layer that are there; all when left out.
    pub units: Option<usize>,
}

impl LeakOptions {
    /// Attack and mitigations in a few words.
    pub fn name(&self) -> String {
        let sources = match (self.method, self.sources) {
            (AttackMethod::LinearProgram, _) => "products, linear program",
            (_, LeakSources::Products) => "products",
            (_, LeakSources::ProductsAndGradients) => "products and gradients",
        };
        let mut name = sources.to_owned();
        if self.similar {
            name += ", similar data";
        }
        if let Some(rows) = self.most_rows {
            name += &format!(", at most {rows} rows a ciphertext");
        }
        if let Some(units) = self.units {
            name += &format!(", {units} units");
        }
        name
    }

    /// Whether anything stands against the attack.
    pub fn is_mitigated(&self) -> bool {
        self.most_rows.is_some() || self.units.is_some()
    }

    /// The attack alone.
    pub fn without_mitigations(&self) -> Self {
        Self { most_rows: None, units: None, ..self.clone() }
    }
}
