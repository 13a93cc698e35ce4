//! What a network of one's own is made for.

use super::row::RowInput;

/// What a network is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Exact integers (BGV, BFV): every activation squares, weights are integers.
    Integers,
    /// Real numbers (CKKS): polynomials in the place of activations.
    Polynomials,
    /// Lookup tables (TFHE): any activation, small integers.
    Tables,
    /// Real numbers (CKKS), the functions left to the client: recurrent cells as they are.
    ClientAided,
}

impl Purpose {
    /// The purposes and what they are named by: a scheme, or the strategy of recurrent networks.
    const NAMED: [(&'static str, Self); 4] = [
        ("bgv", Self::Integers),
        ("ckks", Self::Polynomials),
        ("tfhe", Self::Tables),
        ("client_aided", Self::ClientAided),
    ];

    /// What a network of such samples can be made for, the usual purpose first.
    pub fn possible(of: RowInput) -> &'static [Self] {
        if of.is_sequence() {
            return &[Self::Polynomials, Self::Tables, Self::ClientAided];
        }
        &[Self::Integers, Self::Polynomials, Self::Tables]
    }

    /// What it is named by.
    pub fn name(self) -> &'static str {
        Self::NAMED.iter().find(|(_, purpose)| *purpose == self).map_or("", |(name, _)| name)
    }

    /// The purpose of that name, for such samples; the usual one where there is no name.
    ///
    /// # Errors
    /// When there is none of that name, or such samples cannot have it.
    pub fn named(name: Option<&str>, of: RowInput) -> Result<Self, OwnError> {
        let possible = Self::possible(of);
        let fail = |name: &str, reason: &str| {
            let known: Vec<_> = possible.iter().map(|purpose| purpose.name()).collect();
            let (last, first) = known.split_last().unwrap_or((&"", &[]));
            let reason = format!("{reason} are made for {} or {last}", first.join(", "));
            OwnError { setting: "for", row: format::excerpt(name), reason }
        };
        let Some(name) = name else {
            return possible.first().copied().ok_or_else(|| fail("", "networks"));
        };
        let found = Self::NAMED.iter().find(|(known, _)| *known == name);
        let found = found.map(|(_, purpose)| *purpose).ok_or_else(|| fail(name, "networks"))?;
        let what = if of.is_sequence() { "networks of sequences" } else { "networks of layers" };
        possible.contains(&found).then_some(found).ok_or_else(|| fail(name, what))
    }
}

/// What is wrong with a row, or with what a network is for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting}, {row}: {reason}")]
pub struct OwnError {
    /// What was set.
    pub setting: &'static str,
    pub row: String,
    pub reason: String,
}
