//! The ways to find a polynomial that stands in for a function.

use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// A way to find a polynomial that stands in for a function. Formula and source of each are in the
/// file of its name in `methods`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The Taylor polynomial about 0.
    Taylor,
    /// Interpolation at Chebyshev nodes.
    #[serde(alias = "chebyshev")]
    ChebyshevInterpolation,
    /// Least squares with the Chebyshev weight: the truncated Chebyshev series.
    ChebyshevLeastSquares,
    /// Least squares with the weight `exp(-1 / (1e-5 + t^2))` of CryptoDL.
    ModifiedChebyshev,
    /// Least squares, every point of the interval counting alike.
    LeastSquares,
    /// Least squares weighted by the measured distribution of pre-activations.
    WeightedLeastSquares,
    /// The smallest maximum error, by Remez exchange.
    Minimax,
    /// CryptoDL for ReLU: fit the derivative, then integrate.
    DerivativeIntegral,
    /// The Hermite expansion, weighted by a normal distribution.
    Hermite,
    /// Minimax polynomials composed.
    CompositeMinimax,
    /// `x^2`, whatever the function.
    Square,
    /// Low-degree forms as their authors printed them.
    Published,
    /// Coefficients that a person gives.
    Own,
}

impl Method {
    /// Every method, in the order lists show them.
    pub const ALL: [Self; 13] = [
        Self::Minimax,
        Self::LeastSquares,
        Self::WeightedLeastSquares,
        Self::ChebyshevInterpolation,
        Self::ChebyshevLeastSquares,
        Self::ModifiedChebyshev,
        Self::DerivativeIntegral,
        Self::Hermite,
        Self::Taylor,
        Self::CompositeMinimax,
        Self::Published,
        Self::Square,
        Self::Own,
    ];

    /// The name in files and on the command line.
    pub fn id(self) -> &'static str {
        match self {
            Self::Taylor => "taylor",
            Self::ChebyshevInterpolation => "chebyshev_interpolation",
            Self::ChebyshevLeastSquares => "chebyshev_least_squares",
            Self::ModifiedChebyshev => "modified_chebyshev",
            Self::LeastSquares => "least_squares",
            Self::WeightedLeastSquares => "weighted_least_squares",
            Self::Minimax => "minimax",
            Self::DerivativeIntegral => "derivative_integral",
            Self::Hermite => "hermite",
            Self::CompositeMinimax => "composite_minimax",
            Self::Square => "square",
            Self::Published => "published",
            Self::Own => "own",
        }
    }

    /// Short name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Taylor => "Taylor",
            Self::ChebyshevInterpolation => "Chebyshev interpolation",
            Self::ChebyshevLeastSquares => "Chebyshev least squares",
            Self::ModifiedChebyshev => "Modified Chebyshev",
            Self::LeastSquares => "Least squares",
            Self::WeightedLeastSquares => "Weighted least squares",
            Self::Minimax => "Minimax",
            Self::DerivativeIntegral => "Derivative, integrated",
            Self::Hermite => "Hermite expansion",
            Self::CompositeMinimax => "Composite minimax",
            Self::Square => "Square",
            Self::Published => "Published form",
            Self::Own => "Own polynomial",
        }
    }

    /// What it does, in one sentence for people.
    pub fn summary(self) -> &'static str {
        match self {
            Self::Taylor => "The Taylor polynomial about 0: best near 0, useless far from it",
            Self::ChebyshevInterpolation => {
                "Meets the function at Chebyshev nodes: simple, and near the best maximum error"
            }
            Self::ChebyshevLeastSquares => {
                "Least squares that count the ends of the interval more: the truncated Chebyshev series"
            }
            Self::ModifiedChebyshev => {
                "CryptoDL: least squares with the weight exp(-1/t²), which leaves out the middle of the interval"
            }
            Self::LeastSquares => {
                "The smallest mean square error, every point of the interval counting alike"
            }
            Self::WeightedLeastSquares => {
                "The smallest mean square error over the measured pre-activations"
            }
            Self::Minimax => "The smallest maximum error on the interval, by Remez exchange",
            Self::DerivativeIntegral => {
                "CryptoDL for ReLU: a polynomial fitted to the derivative, then integrated"
            }
            Self::Hermite => {
                "Least squares under a normal distribution, as in HerPN and AESPA; its standard deviation is measured, or a third of the half-width"
            }
            Self::CompositeMinimax => {
                "Minimax polynomials of the chosen degree applied one after the other: for the sign and for ReLU"
            }
            Self::Square => "x² in the place of the function, as in CryptoNets",
            Self::Published => "Coefficients as their authors printed them",
            Self::Own => "A formula or coefficients of your own",
        }
    }

    /// Whether the fit depends on measured pre-activations.
    pub fn uses_weights(self) -> bool {
        matches!(self, Self::WeightedLeastSquares | Self::Hermite)
    }

    /// Whether the degree changes the fit.
    pub fn uses_degree(self) -> bool {
        !matches!(self, Self::Square | Self::Own)
    }

    /// Whether coefficients have to be given: it finds none.
    pub fn takes_coefficients(self) -> bool {
        self == Self::Own
    }
}

impl FromStr for Method {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "chebyshev" {
            return Ok(Self::ChebyshevInterpolation);
        }
        Self::ALL.into_iter().find(|m| m.id() == text).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|m| m.id()).collect();
            format!("no method {text}; there are {}", known.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_the_names_in_files() {
        for method in Method::ALL {
            assert_eq!(
                serde_json::to_string(&method).expect("serialises"),
                format!("\"{}\"", method.id())
            );
            assert_eq!(method.id().parse(), Ok(method));
        }
        assert_eq!("chebyshev".parse(), Ok(Method::ChebyshevInterpolation));
        assert!("remez".parse::<Method>().unwrap_err().contains("minimax"));
    }
}
