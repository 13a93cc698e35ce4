//! Low-degree forms as their authors printed them.

use crate::error::ApproximationError;
use crate::function::Activation;
use crate::method::Method;
use crate::polynomial::Polynomial;

/// Where a form holds.
enum Domain {
    /// `[-l, l]` for every l; the coefficient of `x^k` is divided by `l^(k-1)`.
    Scaled,
    /// This interval only.
    Only(f64),
    /// Used by its authors as it stands, no interval given.
    Unstated,
}

struct Form {
    function: Activation,
    domain: Domain,
    coefficients: &'static [f64],
}

/// The forms:
/// - ReLU of degree 2, CryptoDL, printed as `0.0012 x^2 + 0.5 x + 52` for l = 270; six digits from
///   the authors' code (github.com/inspire-lab/CryptoDL, `actFunctions.py`).
/// - ReLU of degree 3, "Large CNN" in the same code, for networks trained with it.
/// - ReLU of degree 4, the integrated family of the same code, `-2.867e-9 x^4 + 0.00134533 x^2 +
///   0.5 x` for l = 300.
/// - sigmoid of degrees 3, 5 and 7 on `[-8, 8]`: Kim, Song, Kim, Lee and Cheon, Logistic regression
///   model training based on the approximate homomorphic encryption (BMC Medical Genomics 11 (2018),
///   doi 10.1186/s12920-018-0401-7). They are least-squares fits; the printed coefficient of `x^5` at
///   degree 5 is 2 % smaller than that.
/// - tanh of degree 3 on `[-10, 10]`: the recurrent network in the CryptoDL code.
const FORMS: [Form; 7] = [
    Form {
        function: Activation::Relu,
        domain: Domain::Scaled,
        coefficients: &[0.192_787, 0.5, 0.315_471],
    },
    Form {
        function: Activation::Relu,
        domain: Domain::Unstated,
        coefficients: &[0.0, 0.5, 0.118, 3.170e-10],
    },
    Form {
        function: Activation::Relu,
        domain: Domain::Scaled,
        coefficients: &[0.0, 0.5, 0.403_599, 0.0, -0.077_409],
    },
    Form {
        function: Activation::Sigmoid,
        domain: Domain::Only(8.0),
        coefficients: &[0.5, 1.20096 / 8.0, 0.0, -0.81562 / 512.0],
    },
    Form {
        function: Activation::Sigmoid,
        domain: Domain::Only(8.0),
        coefficients: &[0.5, 1.53048 / 8.0, 0.0, -2.353_305_6 / 512.0, 0.0, 1.351_129_5 / 32_768.0],
    },
    Form {
        function: Activation::Sigmoid,
        domain: Domain::Only(8.0),
        coefficients: &[
            0.5,
            1.73496 / 8.0,
            0.0,
            -4.19407 / 512.0,
            0.0,
            5.43402 / 32_768.0,
            0.0,
            -2.50739 / 2_097_152.0,
        ],
    },
    Form {
        function: Activation::Tanh,
        domain: Domain::Only(10.0),
        coefficients: &[0.0, 0.249_476, 0.0, -0.001_635_74],
    },
];

/// Degrees for which a form of `function` was published.
pub fn degrees(function: &Activation) -> Vec<usize> {
    let of = FORMS.iter().filter(|form| form.function == *function);
    of.map(|form| form.coefficients.len() - 1).collect()
}

/// The form of exactly this degree on this interval.
///
/// # Errors
/// When there is none, with what there is.
pub fn form(
    function: &Activation,
    degree: usize,
    (low, high): (f64, f64),
) -> Result<Polynomial, ApproximationError> {
    let no = |reason: String| {
        Err(ApproximationError::NotApplicable {
            method: Method::Published.name().to_owned(),
            function: function.name(),
            reason,
        })
    };
    let found = FORMS
        .iter()
        .find(|form| form.function == *function && form.coefficients.len() == degree + 1);
    let Some(found) = found else {
        let known: Vec<_> = degrees(function).iter().map(usize::to_string).collect();
        return no(format!("none of degree {degree}; choose degree {}", known.join(", ")));
    };
    let coefficients = match found.domain {
        Domain::Unstated => found.coefficients.to_vec(),
        Domain::Only(l) if (low, high) == (-l, l) => found.coefficients.to_vec(),
        Domain::Only(l) => {
            return no(format!("printed for [-{l}, {l}] only; choose that interval"));
        }
        Domain::Scaled if low == -high => {
            let powers = found.coefficients.iter().zip(-1..);
            powers.map(|(c, k)| c / high.powi(k)).collect()
        }
        Domain::Scaled => {
            return no("printed for intervals [-l, l]; choose a symmetric one".into());
        }
    };
    Ok(Polynomial::new(coefficients))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Approximation;

    #[test]
    fn the_printed_example_comes_out() {
        let p = form(&Activation::Relu, 2, (-270.0, 270.0)).expect("published");
        let c = p.coefficients();
        assert_eq!(format!("{:.4} {:.1} {:.0}", c[2], c[1], c[0]), "0.0012 0.5 52");
        let p = form(&Activation::Relu, 4, (-300.0, 300.0)).expect("published");
        assert_eq!(
            format!("{:.3e} {:.5e}", p.coefficients()[4], p.coefficients()[2]),
            "-2.867e-9 1.34533e-3"
        );
    }

    #[test]
    fn sigmoid_forms_are_least_squares_to_their_digits() {
        for (degree, digits) in [(3, 1e-4), (5, 4e-2), (7, 1e-2)] {
            let printed = form(&Activation::Sigmoid, degree, (-8.0, 8.0)).expect("published");
            let request =
                Approximation::new(Activation::Sigmoid, Method::LeastSquares, degree, (-8.0, 8.0));
            let ours = request.fit(None).expect("fits");
            for i in -80..=80 {
                let x = f64::from(i) / 10.0;
                let apart = (printed.eval(x) - ours.eval(x)).abs();
                assert!(apart < digits, "degree {degree} at {x}: {apart}");
            }
        }
    }

    #[test]
    fn elsewhere_there_is_none() {
        let text =
            |f: Activation, degree, interval| form(&f, degree, interval).unwrap_err().to_string();
        assert!(text(Activation::Relu, 5, (-1.0, 1.0)).contains("choose degree 2, 3, 4"));
        assert!(text(Activation::Tanh, 3, (-5.0, 5.0)).contains("[-10, 10] only"));
        assert!(text(Activation::Relu, 2, (-1.0, 2.0)).contains("symmetric"));
    }
}
