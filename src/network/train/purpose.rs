//! What a network of one's own is made for.

/// What a network is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Exact integers (BGV, BFV): every activation squares, weights are integers.
    Integers,
    /// Real numbers (CKKS): polynomials in the place of activations.
    Polynomials,
    /// Lookup tables (TFHE): any activation, small integers.
    Tables,
}

impl Purpose {
    /// The purposes and the schemes that they are named by.
    pub const NAMED: [(&'static str, Self); 3] =
        [("bgv", Self::Integers), ("ckks", Self::Polynomials), ("tfhe", Self::Tables)];

    /// The scheme that it is named by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Integers => "bgv",
            Self::Polynomials => "ckks",
            Self::Tables => "tfhe",
        }
    }

    /// The purpose of the scheme `name`.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn named(name: &str) -> Result<Self, OwnError> {
        let found = Self::NAMED.iter().find(|(known, _)| *known == name);
        found.map(|(_, purpose)| *purpose).ok_or_else(|| OwnError {
            row: format::excerpt(name),
            reason: "networks are made for bgv, ckks or tfhe".into(),
        })
    }
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("layers, {row}: {reason}")]
pub struct OwnError {
    pub row: String,
    pub reason: String,
}
