//! The proof that a minimax polynomial is one.

/// The alternation that proves a polynomial best.
#[derive(Clone, Debug, PartialEq)]
pub struct Equioscillation {
    /// The maximum error.
    pub error: f64,
    /// Where it is reached, from left to right: at least degree + 2 places, with alternating sign.
    pub extrema: Vec<Extremum>,
}

/// A place where the error is largest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extremum {
    pub x: f64,
    /// `p(x) - f(x)`.
    pub error: f64,
}
