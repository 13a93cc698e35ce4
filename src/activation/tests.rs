//! Known answers and properties of all methods.

use super::*;
use proptest::prelude::*;
use std::f64::consts::PI;

fn fit(function: &Activation, method: Method, degree: usize, interval: (f64, f64)) -> Fitted {
    let request = Approximation::new(function.clone(), method, degree, interval);
    request.fit(Some(&bell())).unwrap_or_else(|e| panic!("{request:?}: {e}"))
}

/// A bell-shaped distribution about 0.3 with standard deviation 1.2, by Box and Muller's transform.
fn bell() -> Histogram {
    let mut values = Vec::new();
    for i in 0..64 {
        for j in 0..64 {
            let (u, v) = ((f64::from(i) + 0.5) / 64.0, (f64::from(j) + 0.5) / 64.0);
            values.push((1.2 * (-2.0 * u.ln()).sqrt() * (2.0 * PI * v).cos() + 0.3) as f32);
        }
    }
    Histogram::of(&values)
}

fn close(got: f64, want: f64, tolerance: f64) {
    assert!((got - want).abs() <= tolerance, "{got} for {want}, off by {:.1e}", got - want);
}

#[test]
fn relu_of_degree_2_is_the_closed_form() {
    for l in [0.5, 1.0, 5.0, 300.0] {
        let cases = [
            (Method::LeastSquares, 3.0 / 32.0, 15.0 / 32.0),
            (Method::ChebyshevLeastSquares, 1.0 / (3.0 * PI), 4.0 / (3.0 * PI)),
            (Method::Minimax, 1.0 / 16.0, 0.5),
        ];
        for (method, constant, quadratic) in cases {
            let fitted = fit(&Activation::Relu, method, 2, (-l, l));
            let powers = fitted.monomials().expect("one polynomial");
            let c = powers.coefficients();
            close(c[0] / l, constant, 1e-14);
            close(c[1], 0.5, 1e-15);
            close(c[2] * l, quadratic, 1e-14);
            assert_eq!(c.len(), 3, "{method:?}");
        }
    }
}

#[test]
fn hermite_of_relu_is_the_closed_form() {
    // f_0 = 1/sqrt(2 pi), f_1 = 1/2, f_2 = 1/sqrt(4 pi), f_3 = 0, f_4 = -1/sqrt(48 pi).
    let fitted = fit(&Activation::Relu, Method::Hermite, 4, (-3.0, 3.0));
    let plain = Approximation::new(Activation::Relu, Method::Hermite, 4, (-3.0, 3.0));
    let c = plain.fit(None).expect("fits").monomials().expect("one polynomial");
    let (f0, f2, f4) =
        (1.0 / (2.0 * PI).sqrt(), 1.0 / (4.0 * PI).sqrt(), -1.0 / (48.0 * PI).sqrt());
    let (h2, h4) = (2_f64.sqrt(), 24_f64.sqrt());
    let want = [f0 - f2 / h2 + 3.0 * f4 / h4, 0.5, f2 / h2 - 6.0 * f4 / h4, 0.0, f4 / h4];
    for (got, want) in c.coefficients().iter().zip(want) {
        close(*got, want, 1e-13);
    }
    assert_ne!(fitted.monomials().expect("one polynomial"), c, "a measured deviation counts");
}

#[test]
fn chebyshev_coefficients_are_the_known_ones() {
    // |t| = 2/pi - 4/pi sum_k (-1)^k T_2k / (4 k^2 - 1).
    let fitted = fit(&Activation::Relu, Method::ChebyshevLeastSquares, 31, (-1.0, 1.0));
    let series = fitted.chebyshev().expect("one polynomial");
    assert_eq!(series.degree(), 30);
    for (k, c) in series.coefficients().iter().enumerate() {
        let want = match k {
            0 => 1.0 / PI,
            1 => 0.5,
            k if k % 2 == 1 => 0.0,
            k => {
                let sign = if k % 4 == 0 { -1.0 } else { 1.0 };
                sign * 2.0 / PI / (k * k - 1) as f64
            }
        };
        close(*c, want, 1e-14);
    }
    // sign(t) = 4/pi sum_k (-1)^k T_{2k+1} / (2k+1).
    let fitted = fit(&Activation::Sign, Method::ChebyshevLeastSquares, 31, (-4.0, 4.0));
    for (k, c) in fitted.chebyshev().expect("one").coefficients().iter().enumerate() {
        let sign = if k % 4 == 1 { 1.0 } else { -1.0 };
        let want = if k % 2 == 0 { 0.0 } else { sign * 4.0 / PI / k as f64 };
        close(*c, want, 1e-14);
    }
}

#[test]
fn interpolation_meets_the_function_at_the_nodes() {
    for f in Activation::TARGETS {
        for degree in [1, 4, 9, 31] {
            let fitted = fit(&f, Method::ChebyshevInterpolation, degree, (-3.0, 5.0));
            for t in ChebyshevSeries::nodes(degree + 1) {
                let x = 1.0 + 4.0 * t;
                close(fitted.eval(x), f.eval_f64(x), 1e-13);
            }
        }
    }
}

#[test]
fn the_authors_coefficients_come_out() {
    // Modified Chebyshev, "numerically" in the authors' code.
    let c = fit(&Activation::Relu, Method::ModifiedChebyshev, 2, (-1.0, 1.0));
    let c = c.monomials().expect("one polynomial");
    close(c.coefficients()[0], 0.192_787, 5e-7);
    close(c.coefficients()[2], 0.315_471, 5e-7);
    // Derivative and integral.
    for (l, want) in [
        (10.0, 0.026_306_851_652_128_3),
        (20.0, 0.013_155_571_788_624_6),
        (100.0, 0.002_631_114_401_271),
        (300.0, 0.000_877_038_133_757),
        (590.0, 0.000_445_951_593_435_763),
    ] {
        let c = fit(&Activation::Relu, Method::DerivativeIntegral, 2, (-l, l));
        let c = c.monomials().expect("one polynomial");
        close(c.coefficients()[2] / want, 1.0, 1e-6);
        close(c.coefficients()[1], 0.5, 1e-14);
        close(c.coefficients()[0], 0.0, 1e-13 * l);
    }
    let c = fit(&Activation::Relu, Method::DerivativeIntegral, 4, (-300.0, 300.0));
    let c = c.monomials().expect("one polynomial");
    close(c.coefficients()[4] / -2.867e-9, 1.0, 2e-4);
    close(c.coefficients()[2] / 0.001_345_33, 1.0, 3e-6);
}

#[test]
fn minimax_equioscillates() {
    let intervals = [(-1.0, 1.0), (-8.0, 8.0), (-40.0, 40.0), (-3.0, 7.0), (-0.2, 5.0), (0.5, 9.0)];
    let mut checked = 0;
    for f in Activation::TARGETS {
        if f == Activation::Sign {
            continue;
        }
        for interval in intervals {
            for degree in 1..=31 {
                let fitted = fit(&f, Method::Minimax, degree, interval);
                let found = fitted.equioscillation().expect("minimax has it");
                let scale = f.eval_f64(interval.0).abs().max(f.eval_f64(interval.1).abs());
                let errors = fitted.errors(None);
                assert!(
                    errors.max <= found.error * (1.0 + 1e-9) + 1e-13 * scale,
                    "{f:?} {interval:?} {degree}: {} over {}",
                    errors.max,
                    found.error
                );
                if found.error <= 1e-12 * scale {
                    continue; // The polynomial is the function, to rounding.
                }
                checked += 1;
                assert!(
                    found.extrema.len() >= degree + 2,
                    "{f:?} {interval:?} {degree}: {} extrema",
                    found.extrema.len()
                );
                for pair in found.extrema.windows(2) {
                    assert!(pair[0].x < pair[1].x && pair[0].error * pair[1].error < 0.0);
                }
                for extremum in &found.extrema {
                    let error = fitted.error_at(extremum.x).abs();
                    close(error, found.error, 1e-9 * found.error + 1e-13 * scale);
                }
            }
        }
    }
    assert!(checked > 1000, "{checked}");
}

#[test]
fn known_minimax_errors_come_out() {
    // Bernstein's constant: 2n E_2n(|x|) tends to 0.28016949902386913..., with an expansion in 1/n^2
    // (Varga and Carpenter, Constructive Approximation 1 (1985)).
    let scaled = |n: usize| {
        let fitted = fit(&Activation::Relu, Method::Minimax, 2 * n, (-1.0, 1.0));
        4.0 * n as f64 * fitted.equioscillation().expect("minimax has it").error
    };
    close(scaled(1), 0.25, 1e-14);
    let (a, b, c) = (scaled(7), scaled(14), scaled(28));
    let (once, again) = ((4.0 * b - a) / 3.0, (4.0 * c - b) / 3.0);
    close((16.0 * again - once) / 15.0, 0.280_169_499_023_869_1, 1e-8);
}

#[test]
fn a_higher_degree_never_fits_worse() {
    for f in Activation::TARGETS {
        for interval in [(-1.0, 1.0), (-12.0, 12.0), (-2.0, 9.0)] {
            let mut before = f64::INFINITY;
            let mut before_mean = f64::INFINITY;
            for degree in 1..=31 {
                if f != Activation::Sign {
                    let max = fit(&f, Method::Minimax, degree, interval).errors(None).max;
                    assert!(max <= before * (1.0 + 1e-9) + 1e-13, "{f:?} {interval:?} {degree}");
                    before = max;
                }
                let mean = fit(&f, Method::LeastSquares, degree, interval).errors(None).mean_square;
                assert!(mean <= before_mean * (1.0 + 1e-6) + 1e-26, "{f:?} {interval:?} {degree}");
                before_mean = mean;
            }
        }
    }
}

#[test]
fn each_method_is_best_in_its_own_measure() {
    let bell = bell();
    for f in [Activation::Relu, Activation::Tanh, Activation::Silu, Activation::Gelu] {
        let interval = (-6.0, 6.0);
        let measures = |method| fit(&f, method, 6, interval).errors(Some(&bell));
        let (minimax, uniform, weighted) = (
            measures(Method::Minimax),
            measures(Method::LeastSquares),
            measures(Method::WeightedLeastSquares),
        );
        assert!(minimax.max < uniform.max && minimax.max < weighted.max, "{f:?}");
        assert!(uniform.mean_square < minimax.mean_square, "{f:?}");
        assert!(uniform.mean_square < weighted.mean_square, "{f:?}");
        let measured = |m: &ErrorMeasures| m.measured_mean_square.expect("measured");
        assert!(measured(&weighted) < measured(&uniform), "{f:?}");
        assert!(measured(&weighted) < measured(&minimax), "{f:?}");
    }
}

#[test]
fn an_even_distribution_weighs_like_none() {
    let even: Vec<f32> = (0..4096).map(|i| (i as f32 + 0.5) / 1024.0 - 2.0).collect();
    let request =
        Approximation::new(Activation::Relu, Method::WeightedLeastSquares, 2, (-2.0, 2.0));
    let c = request.fit(Some(&Histogram::of(&even))).expect("fits").monomials().expect("one");
    close(c.coefficients()[0] / 2.0, 3.0 / 32.0, 1e-6);
    close(c.coefficients()[2] * 2.0, 15.0 / 32.0, 1e-5);
}

#[test]
fn composites_reach_their_precision() {
    // Degrees {7, 7} for 7 bits and {15, 15} for 9 bits of ReLU: eprint 2021/783, the table of
    // degrees for each precision.
    for (degree, parts, bits) in [(3, 2, 5.0), (7, 2, 7.0), (15, 2, 9.0), (7, 3, 9.0)] {
        let request =
            Approximation::new(Activation::Sign, Method::CompositeMinimax, degree, (-8.0, 8.0));
        let sign = request.with_parts(parts).fit(None).expect("fits");
        let gap = sign.gap().expect("has one");
        for i in 0..=4000 {
            let x = gap + (8.0 - gap) * f64::from(i) / 4000.0;
            assert!((sign.eval(x) - 1.0).abs() <= gap / 8.0 * (1.0 + 1e-6), "{x}");
            close(sign.eval(-x), -sign.eval(x), 1e-12);
        }
        let request =
            Approximation::new(Activation::Relu, Method::CompositeMinimax, degree, (-8.0, 8.0));
        let relu = request.with_parts(parts).fit(None).expect("fits");
        let reached = -(relu.errors(None).max / 8.0).log2();
        assert!(reached > bits, "{degree} {parts}: {reached}");
        let depth = |degree: usize| (degree + 1).ilog2() as usize;
        assert_eq!(relu.multiplicative_depth(), parts * depth(degree) + 1);
    }
    let leaky = Activation::LeakyRelu { slope: 0.2 };
    let fitted = fit(&leaky, Method::CompositeMinimax, 15, (-4.0, 4.0));
    close(fitted.eval(-3.0), -0.6, 0.02);
    close(fitted.eval(3.0), 3.0, 0.02);
}

#[test]
fn degree_and_depth_are_those_reached() {
    let of = |f: &Activation, degree| {
        let fitted = fit(f, Method::Minimax, degree, (-5.0, 5.0));
        (fitted.degree(), fitted.multiplicative_depth())
    };
    assert_eq!(of(&Activation::Relu, 7), (6, 3));
    assert_eq!(of(&Activation::Relu, 8), (8, 4));
    assert_eq!(of(&Activation::Tanh, 8), (7, 3));
    assert_eq!(of(&Activation::Sigmoid, 31), (31, 5));
    // A quadratic is one square of a sum.
    assert_eq!(of(&Activation::Square, 31), (2, 1));
    let square = fit(&Activation::Relu, Method::Square, 5, (-5.0, 5.0));
    assert_eq!((square.degree(), square.multiplicative_depth()), (2, 1));
    assert_eq!(square.activation(), Activation::Square);
}

/// Sum of squared errors over the measured values, with the small uniform weight of the method.
fn weighted_error(fitted: &Fitted, values: &[f64]) -> f64 {
    let square = |x: f64| (fitted.eval(x) - Activation::Relu.eval_f64(x)).powi(2);
    values.iter().map(|x| square(*x)).sum::<f64>() / values.len() as f64
}

#[test]
fn polynomials_to_measured_values_fit_these_best_whatever_the_symmetry() {
    // Values on one side of an interval that is symmetric, as the function is but for a line.
    let values: Vec<f64> = (0..4000).map(|i| -2.0 + 6.0 * f64::from(i) / 4000.0).collect();
    let histogram = Histogram::of(&values.iter().map(|x| *x as f32).collect::<Vec<_>>());
    let fit = |method: Method, degree: usize, interval: (f64, f64)| {
        let wanted = Approximation::new(Activation::Relu, method, degree, interval);
        weighted_error(&wanted.fit(Some(&histogram)).unwrap(), &values)
    };
    let mut before = f64::INFINITY;
    for degree in 1..=7 {
        let weighted = fit(Method::WeightedLeastSquares, degree, (-6.0, 6.0));
        assert!(weighted <= 1.02 * before, "degree {degree}: {weighted} after {before}");
        assert!(weighted <= fit(Method::LeastSquares, degree, (-6.0, 6.0)), "degree {degree}");
        // Nothing jumps where the interval is symmetric.
        let moved = fit(Method::WeightedLeastSquares, degree, (-6.0, 6.0001));
        assert!((weighted - moved).abs() <= 0.05 * weighted.max(moved), "degree {degree}");
        let [here, there] = [6.0, 6.0001].map(|high| fit(Method::Hermite, degree, (-6.0, high)));
        assert!((here - there).abs() <= 0.05 * here.max(there), "degree {degree}");
        before = weighted;
    }
}

#[test]
fn every_method_answers_or_says_why() {
    let bell = bell();
    let intervals =
        [(-1.0, 1.0), (-20.0, 20.0), (-0.5, 30.0), (2.0, 5.0), (-1e6, 1e6), (-1e-3, 1e-3)];
    let mut fitted_count = 0;
    for f in Activation::TARGETS {
        for method in Method::ALL {
            for interval in intervals {
                for degree in [1, 2, 3, 4, 5, 8, 15, 16, 30, 31, 63] {
                    let request = Approximation::new(f.clone(), method, degree, interval);
                    match request.fit(Some(&bell)) {
                        Ok(fitted) => {
                            fitted_count += 1;
                            for i in 0..=40 {
                                let (a, b) = interval;
                                let x = a + (b - a) * f64::from(i) / 40.0;
                                assert!(fitted.eval(x).is_finite(), "{request:?} at {x}");
                            }
                            assert!(fitted.errors(Some(&bell)).max.is_finite(), "{request:?}");
                            assert!(fitted.degree() == 0 || fitted.multiplicative_depth() >= 1);
                        }
                        Err(e) => {
                            let text = e.to_string();
                            assert!(!text.contains('\n') && text.len() < 200, "{text}");
                            assert!(
                                !matches!(e, ApproximationError::NotConverged { .. }),
                                "{request:?}: {text}"
                            );
                        }
                    }
                }
            }
        }
    }
    assert!(fitted_count > 5000, "{fitted_count}");
}

#[test]
fn what_cannot_be_fitted_is_refused() {
    let fit = |degree, interval| {
        Approximation::new(Activation::Tanh, Method::Minimax, degree, interval).fit(None)
    };
    for degree in [0, 64] {
        assert_eq!(fit(degree, (-1.0, 1.0)), Err(ApproximationError::Degree { degree }));
    }
    let nan = f64::NAN;
    for interval in [(1.0, 1.0), (1.0, -1.0), (nan, 1.0), (-1.0, nan), (-1e7, 1.0), (5.0, 5.000001)]
    {
        assert!(
            matches!(fit(3, interval), Err(ApproximationError::Interval { .. })),
            "{interval:?}"
        );
    }
    let request =
        Approximation::new(Activation::Tanh, Method::WeightedLeastSquares, 3, (-1.0, 1.0));
    assert!(request.fit(None).unwrap_err().to_string().contains("choose a model"));
    let elsewhere = Histogram::of(&[5.0, 6.0]);
    assert!(request.fit(Some(&elsewhere)).unwrap_err().to_string().contains("none lie inside"));
    let parts = Approximation::new(Activation::Sign, Method::CompositeMinimax, 3, (-1.0, 1.0));
    assert!(matches!(parts.with_parts(9).fit(None), Err(ApproximationError::Parts { parts: 9 })));
}

#[test]
fn outside_errors_rise() {
    let fitted = fit(&Activation::Sigmoid, Method::Minimax, 7, (-8.0, 8.0));
    let outside = fitted.outside_errors(&[0.0, 0.1, 0.5, 1.0]);
    assert!(outside.windows(2).all(|w| w[0].max <= w[1].max));
    assert!(outside[0].max <= fitted.errors(None).max * (1.0 + 1e-9));
    assert!(outside[3].max > 10.0 * outside[1].max);
}

#[test]
fn requests_are_read_and_written() {
    let request = Approximation::new(Activation::Relu, Method::Minimax, 7, (-5.0, 5.0));
    let text = serde_json::to_string(&request).expect("serialises");
    assert_eq!(
        text,
        r#"{"function":"relu","method":"minimax","degree":7,"interval":[-5.0,5.0],"parts":2}"#
    );
    assert_eq!(serde_json::from_str::<Approximation>(&text).expect("parses"), request);
    let short = r#"{"function":"relu","method":"chebyshev","degree":7,"interval":[-5,5]}"#;
    assert_eq!(serde_json::from_str::<Approximation>(short).expect("parses").parts, 2);
}

/// Methods whose answer moves with the interval.
const MOVING: [Method; 5] = [
    Method::ChebyshevInterpolation,
    Method::ChebyshevLeastSquares,
    Method::ModifiedChebyshev,
    Method::LeastSquares,
    Method::Minimax,
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// relu(c x) = c relu(x): the fit on the scaled interval is the scaled fit.
    #[test]
    fn fits_of_relu_scale(c in 0.05_f64..50.0, l in 0.2_f64..20.0, r in 0.2_f64..20.0, degree in 1_usize..32) {
        for method in MOVING {
            let one = fit(&Activation::Relu, method, degree, (-l, r));
            let other = fit(&Activation::Relu, method, degree, (-c * l, c * r));
            for i in 0..=20 {
                let x = -l + (l + r) * f64::from(i) / 20.0;
                let apart = (other.eval(c * x) / c - one.eval(x)).abs();
                prop_assert!(apart < 1e-9 * (l + r), "{:?} degree {}: {:e}", method, degree, apart);
            }
        }
    }

    /// f(-x) on the mirrored interval is fitted by the mirrored polynomial.
    #[test]
    fn fits_reflect(l in 0.2_f64..20.0, r in 0.2_f64..20.0, degree in 1_usize..32, which in 0_usize..9) {
        let f = &Activation::TARGETS[which];
        let symmetry = f.symmetry().expect("every target has one");
        for method in MOVING {
            if (method, f) == (Method::Minimax, &Activation::Sign) {
                continue;
            }
            let one = fit(f, method, degree, (-l, r));
            let other = fit(f, method, degree, (-r, l));
            for i in 0..=20 {
                let x = -l + (l + r) * f64::from(i) / 20.0;
                // With f = c + d x + rest: the mirror image of the fit of f fits c - d x ± rest.
                let affine = |x: f64| symmetry.constant + symmetry.slope * x;
                let sign = if symmetry.rest == function::Parity::Even { 1.0 } else { -1.0 };
                let apart = ((one.eval(x) - affine(x)) - sign * (other.eval(-x) - affine(-x))).abs();
                prop_assert!(apart < 1e-8 * (1.0 + l + r), "{:?} {:?} degree {}: {:e}", f, method, degree, apart);
            }
        }
    }
}

#[test]
fn functions_that_are_cut_off_are_fitted_as_well_as_can_be() {
    let relu6 = Activation::Clip { low: 0.0, high: 6.0 };
    for x in [-9.0, -1.5, 0.0, 2.5, 6.0, 7.0, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(relu6.eval_f64(x), x.clamp(0.0, 6.0));
    }
    assert!(relu6.eval_f64(f64::NAN).is_nan() && relu6.eval(f32::NAN).is_nan());
    // Where nothing is cut off above it is ReLU.
    for method in [Method::Minimax, Method::LeastSquares] {
        let of = |f: &Activation| fit(f, method, 7, (-6.0, 6.0)).chebyshev();
        assert_eq!(of(&relu6), of(&Activation::Relu));
    }
    let hard = Activation::Clip { low: -1.0, high: 1.0 };
    let odd = Activation::Clip { low: -2.0, high: 1.0 };
    for (f, interval) in [(&relu6, (-4.0, 9.0)), (&hard, (-5.0, 5.0)), (&odd, (-4.0, 4.0))] {
        for degree in 1..=24 {
            let best = fit(f, Method::Minimax, degree, interval);
            let proof = best.equioscillation().expect("a proof").clone();
            // As many extrema of one size and alternating sign as prove that nothing is nearer.
            assert!(proof.extrema.len() >= degree + 2, "{f:?} {degree}");
            let size = |e: f64| (e.abs() - proof.error).abs() <= 1e-6 * proof.error;
            assert!(proof.extrema.iter().all(|e| size(e.error)), "{f:?} {degree}");
            let apart = |pair: &[Extremum]| pair[0].error * pair[1].error < 0.0;
            assert!(proof.extrema.windows(2).all(apart), "{f:?} {degree}");
            // The error is that of a dense walk over the interval.
            let (low, high) = interval;
            let walk = (0..=20_000).map(|i| low + (high - low) * f64::from(i) / 20_000.0);
            let walked = walk.map(|x| (best.eval(x) - f.eval_f64(x)).abs()).fold(0.0, f64::max);
            assert!(walked <= proof.error * (1.0 + 1e-6), "{f:?} {degree}: {walked}");
            let even = fit(f, Method::LeastSquares, degree, interval).errors(None);
            assert!(even.mean_square <= best.errors(None).mean_square * (1.0 + 1e-9));
        }
    }
    assert!(Method::Taylor.applies_to(&relu6).is_err());
    assert!(Method::CompositeMinimax.applies_to(&relu6).is_err());
}
