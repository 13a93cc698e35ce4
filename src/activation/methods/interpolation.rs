//! Interpolation at Chebyshev nodes.

use crate::chebyshev::ChebyshevSeries;
use crate::problem::Problem;

/// The polynomial of the given degree that meets the function at the Chebyshev nodes of the first
/// kind, `cos((2j + 1) pi / 2(n + 1))` on `[-1, 1]`; its maximum error is within the factor
/// `2 + 2/pi log(n + 1)` of the best.
///
/// Trefethen, Approximation Theory and Approximation Practice (2013), chapters 2 to 4 and theorem
/// 15.2.
pub fn fit(problem: &Problem) -> Vec<f64> {
    let nodes = ChebyshevSeries::nodes(problem.degree + 1);
    let values: Vec<_> = nodes.iter().map(|t| problem.rest(*t)).collect();
    ChebyshevSeries::from_node_values(&values)
}
