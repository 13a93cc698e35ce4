//! A polynomial whose coefficients are given.

use crate::error::ApproximationError;
use crate::method::Method;
use crate::polynomial::Polynomial;
use crate::request::Approximation;

/// The polynomial that the request brings along.
///
/// # Errors
/// When it brings none, or one whose values on the interval are too large for numbers.
pub fn form(request: &Approximation) -> Result<Polynomial, ApproximationError> {
    let no = |reason: String| ApproximationError::NotApplicable {
        method: Method::Own.name().to_owned(),
        function: request.function.name(),
        reason,
    };
    let Some(own) = request.own.clone() else {
        return Err(no("no coefficients are given; set activation.polynomial".into()));
    };
    let own = own.checked().map_err(|error| no(error.to_string()))?;
    let (low, high) = request.interval;
    match [low, high].iter().all(|x| own.eval(*x).is_finite()) {
        true => Ok(own),
        false => Err(ApproximationError::NotFinite { low, high }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Activation;

    #[test]
    fn the_polynomial_is_what_was_typed() {
        let own: Polynomial = "0.5 + 0.25x - 0.01x^3".parse().expect("a polynomial");
        let request = Approximation::new(Activation::Sigmoid, Method::Own, 9, (-4.0, 4.0));
        let text = request.fit(None).expect_err("no coefficients").to_string();
        assert!(text.starts_with("Own polynomial for sigmoid: no coefficients"), "{text}");
        let fitted = request.with_own(Some(own)).fit(None).expect("fits");
        // 0.5 + 0.5 - 0.08 at 2; degree 3 takes two multiplications one after the other.
        assert!((fitted.eval(2.0) - 0.92).abs() < 1e-12);
        assert_eq!((fitted.degree(), fitted.multiplicative_depth()), (3, 2));
        // sigmoid(4) is 0.98201; the polynomial is 0.86 there.
        let errors = fitted.errors(None);
        assert!((errors.max - 0.122_014).abs() < 2e-3, "{}", errors.max);
    }
}
