//! Which method has an answer for which function.

use super::error::ApproximationError;
use super::function::Activation;
use super::method::Method;
use super::methods::published;

impl Method {
    /// `Ok` when the method has an answer for `function` at some degree and interval.
    ///
    /// # Errors
    /// Why it has none.
    pub fn applies_to(self, function: &Activation) -> Result<(), ApproximationError> {
        let no = |reason: String| {
            Err(ApproximationError::NotApplicable {
                method: self.name().to_owned(),
                function: function.name(),
                reason,
            })
        };
        let stepped = matches!(function, Activation::Relu | Activation::LeakyRelu { .. });
        match self {
            Self::Taylor if function.breaks().contains(&0.0) => no(
                "it has no derivative at 0, so no Taylor polynomial there; choose another method"
                    .into(),
            ),
            Self::Taylor if matches!(function, Activation::Clip { .. }) => {
                no("it is a straight line around 0; choose another method".into())
            }
            Self::Taylor if matches!(function, Activation::Composite(_)) => {
                no("it is a polynomial already".into())
            }
            Self::DerivativeIntegral if !stepped => {
                no("only ReLU and leaky ReLU have a step as their derivative".into())
            }
            Self::CompositeMinimax if !stepped && *function != Activation::Sign => {
                no("only sign, ReLU and leaky ReLU are made from the sign function".into())
            }
            Self::Published if published::degrees(function).is_empty() => {
                no("no form was published; ReLU, sigmoid and tanh have one".into())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_say_why() {
        let text = Method::Taylor.applies_to(&Activation::Relu).unwrap_err().to_string();
        assert!(text.starts_with("Taylor for ReLU: it has no derivative at 0"), "{text}");
        assert!(Method::DerivativeIntegral.applies_to(&Activation::Tanh).is_err());
        assert!(Method::CompositeMinimax.applies_to(&Activation::Sign).is_ok());
        assert!(Method::Published.applies_to(&Activation::Gelu).is_err());
    }
}
