//! The way from a request to its method.

use super::error::ApproximationError;
use super::fitted::{Fitted, Form};
use super::function::Activation;
use super::histogram::Histogram;
use super::limit::{MAX_DEGREE, MAX_PARTS};
use super::method::Method;
use super::methods::{
    chebyshev_least_squares, composite, derivative, hermite, interpolation, least_squares, minimax,
    own, published, taylor, weighted,
};
use super::polynomial::Polynomial;
use super::problem::Problem;
use super::request::Approximation;

/// Largest magnitude of an end of the interval.
const MAX_END: f64 = 1e6;

/// Smallest width of the interval, as a share of its larger end.
const MIN_WIDTH: f64 = 1e-6;

impl Approximation {
    /// Finds the polynomial.
    ///
    /// `weights` are measured pre-activations: needed by weighted least squares, used by the Hermite
    /// expansion when given, ignored by the rest.
    ///
    /// # Errors
    /// When degree, parts or interval are out of range, the method has no answer for the function,
    /// weights are missing, or the result is not finite.
    pub fn fit(&self, weights: Option<&Histogram>) -> Result<Fitted, ApproximationError> {
        if !(1..=MAX_DEGREE).contains(&self.degree) {
            return Err(ApproximationError::Degree { degree: self.degree });
        }
        if !(1..=MAX_PARTS).contains(&self.parts) {
            return Err(ApproximationError::Parts { parts: self.parts });
        }
        let (low, high) = self.interval;
        let size = low.abs().max(high.abs());
        // Written so that a NaN fails.
        if !(size <= MAX_END && high - low >= MIN_WIDTH * size && high > low) {
            return Err(ApproximationError::Interval { low, high });
        }
        self.method.applies_to(&self.function)?;
        let problem = Problem::new(&self.function, self.degree, self.interval);
        let series = |rest: Vec<f64>| problem.finish(rest).map(Form::Chebyshev);
        // Measured values need not lie about the middle: their polynomial has what symmetry forbids.
        let lopsided = |rest: Vec<f64>| problem.finish_without_symmetry(rest).map(Form::Chebyshev);
        let plain = |form: Form| Fitted::new(self.clone(), form);
        Ok(match self.method {
            Method::Taylor => plain(Form::Powers(taylor::fit(&problem)?)),
            Method::ChebyshevInterpolation => plain(series(interpolation::fit(&problem))?),
            Method::ChebyshevLeastSquares => plain(series(chebyshev_least_squares::fit(&problem))?),
            Method::ModifiedChebyshev => plain(series(least_squares::modified(&problem))?),
            Method::LeastSquares => plain(series(least_squares::uniform(&problem))?),
            Method::WeightedLeastSquares => plain(lopsided(weighted::fit(&problem, weights)?)?),
            Method::Hermite => plain(lopsided(hermite::fit(&problem, weights))?),
            Method::DerivativeIntegral => {
                plain(Form::Chebyshev(problem.finite(derivative::fit(&problem))?))
            }
            Method::Minimax if self.function == Activation::Sign && problem.zero().is_some() => {
                composite::fit(&problem, self, 1)?
            }
            Method::Minimax => minimax::fit(&problem, self)?,
            Method::CompositeMinimax => composite::fit(&problem, self, self.parts)?,
            Method::Square => plain(Form::Powers(Polynomial::new(vec![0.0, 0.0, 1.0]))),
            Method::Published => {
                plain(Form::Powers(published::form(&self.function, self.degree, self.interval)?))
            }
            Method::Own => plain(Form::Powers(own::form(self)?)),
        })
    }
}
