//! Polynomials of ciphertexts in the fewest levels.
//!
//! A polynomial of degree d takes `ceil(log2(d + 1))` levels: a product adds the degrees of its
//! factors, so l levels of products reach degree `2^l`, and the leading coefficient of a general
//! polynomial is one more factor, which leaves `2^l - 1`. Its other coefficients are multiplied in
//! on the way, and mapping an interval to [-1, 1] is a change of scale, which is free. (Tables with
//! two levels more, such as 3-5: 4, 6-13: 5, 14-27: 6, 28-59: 7, pay for the mapping and give the
//! coefficients a level of their own.)

mod evaluate;
mod interval;
mod plan;
mod precision;

pub use interval::Interval;
pub use plan::{Parity, PolynomialCost, PolynomialPlan};
pub use precision::{PolynomialInput, PolynomialPrecision};
