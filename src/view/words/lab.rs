//! What is explored in the activation laboratory, in plain words.

use crate::lab::Lab;
use format::Share;

/// What stands in for what, how far off it is, and what that does to the answers.
pub fn lab_words(lab: &Lab) -> Vec<String> {
    let Some(curve) = lab.curve.as_ref().and_then(|curve| curve.as_deref().ok()) else {
        return Vec::new();
    };
    let (low, high) = lab.interval();
    let mut told = vec![format!(
        "A polynomial of degree {} stands in for {}. Between {low:.2} and {high:.2} it is off by {:.2e} at most; beyond that it runs away from the function.",
        curve.fitted.degree(),
        lab.function().name(),
        curve.errors.max
    )];
    let check = lab.checked.check.as_ref().filter(|_| !lab.is_stale());
    if let Some(check) = check {
        let outside: u64 =
            check.ranges.iter().map(|range| range.samples_outside).max().unwrap_or(0);
        let share = |fraction| Share::of_fraction(fraction, check.samples).both();
        told.push(match check.accuracy.is_nan() {
            true => format!(
                "In the clear the network with it gives the class of the original in {}.",
                share(check.agreement)
            ),
            false => format!(
                "In the clear the network with it is right in {}, and the original in {}.",
                share(check.accuracy),
                share(check.model_accuracy)
            ),
        });
        told.push(match outside {
            0 => "No input of an activation leaves its interval.".to_owned(),
            many => format!("In one layer inputs of {} samples leave the interval: there the polynomial is worth nothing.", format::count(many)),
        });
        told.push(format!(
            "Under encryption its multiplications take {} levels, one after the other.",
            check.depth
        ));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use activation::{Activation, Method};
    use inference::PolynomialCheck;

    #[test]
    fn the_square_stands_in_for_itself_without_error() {
        let mut lab = Lab::default();
        lab.choice.function = Some(Activation::Square);
        (lab.choice.method, lab.choice.degree) = (Method::LeastSquares, 2);
        lab.choice.set_half_width(3.0);
        lab.refresh();
        let told = lab_words(&lab);
        assert!(told[0].starts_with("A polynomial of degree 2 stands in for "), "{}", told[0]);
        assert!(told[0].contains("Between -3.00 and 3.00"), "{}", told[0]);
        assert_eq!(told.len(), 1, "nothing was checked yet");
        lab.checked.check = Some(PolynomialCheck {
            samples: 200,
            of: 200,
            accuracy: 0.5,
            model_accuracy: 0.75,
            agreement: 0.6,
            not_finite: 0,
            ranges: Vec::new(),
            depth: 4,
        });
        lab.checked.of = Some(lab.approximations());
        let told = lab_words(&lab);
        assert!(told[1].contains("50.00 %, 100 of 200") && told[1].contains("75.00 %, 150 of 200"));
        assert_eq!(told[2], "No input of an activation leaves its interval.");
        assert!(told[3].contains("take 4 levels"));
    }
}
