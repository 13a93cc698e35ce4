//! Encrypted polynomials against floating point, and their precision against the prediction.

use super::*;

fn chebyshev(coefficients: &[f64], x: f64) -> f64 {
    let angle = x.acos();
    coefficients.iter().enumerate().map(|(i, c)| c * (i as f64 * angle).cos()).sum()
}

/// Coefficients of `T_0, ..., T_degree` for a function on [-1, 1], by its values at the nodes.
fn interpolate(degree: usize, f: impl Fn(f64) -> f64) -> Vec<f64> {
    let n = degree + 1;
    let angle = |k: usize| std::f64::consts::PI * (k as f64 + 0.5) / n as f64;
    let coefficient = |i: usize| {
        let sum: f64 = (0..n).map(|k| f(angle(k).cos()) * (i as f64 * angle(k)).cos()).sum();
        sum * if i == 0 { 1.0 } else { 2.0 } / n as f64
    };
    (0..n).map(coefficient).collect()
}

fn setting(levels: usize, special: &[u32], digit: usize) -> Setting {
    let mut chain = vec![48];
    chain.resize(levels + 1, 40);
    let moduli = CkksModuli::find(4096, &chain, special, digit).unwrap();
    Setting::new(CkksParameters::insecure(4096, &moduli).unwrap(), 40, &[])
}

/// Evaluates, compares every slot, and holds the prediction against what is measured.
fn check(x: &Setting, coefficients: &[f64], input: &[f64], what: &str) {
    let plan = PolynomialPlan::of(coefficients).unwrap();
    let c = x.ciphertexts(&[input.to_vec()]);
    let level = x.parameters.levels();
    let (p, watch) = (&x.parameters, Watch::silent());
    let out = x.keys.evaluate_polynomial(p, &plan, coefficients, c, &x.scale, &watch, "").unwrap();
    assert_eq!((out.len(), out[0].components()), (1, 2));
    assert_eq!((out[0].scale(), out[0].level()), (&x.scale, level - plan.cost().levels));
    let expected: Vec<f64> = input.iter().map(|x| chebyshev(coefficients, *x)).collect();
    let measured = x.secret.measure(p, &out[0], &expected);
    let noise = Noise::fresh(p, &x.scale);
    let (points, scale) = (input.to_vec(), x.scale.clone());
    let known = PolynomialInput { level, scale, noise, points };
    let predicted = p.predict_polynomial(&plan, coefficients, &known, &x.scale).unwrap();
    let optimism = predicted.noise.rms_bits() - measured.rms_bits();
    let bits = (predicted.noise.rms_bits(), measured.rms_bits());
    assert!(optimism.abs() < 0.5, "{what}: rms {bits:?}");
    let bits = (predicted.max_bits(), measured.max_bits());
    assert!((-2.0..1.0).contains(&(bits.0 - bits.1)), "{what}: max {bits:?}");
    assert!(predicted.margin_bits > 0.0 && measured.margin_bits > predicted.margin_bits);
    assert!(measured.is_right(2f64.powf(1.0 - bits.0)), "{what}: {measured:?}");
}

#[test]
fn polynomials_of_every_degree_are_as_precise_as_predicted() {
    let x = setting(6, &[45], 1);
    let input = &vectors(1, 4096, 31)[0];
    for degree in 1..=31 {
        // Nothing regular about the coefficients, and a bounded sum.
        let mut coefficients = vectors(1, degree + 1, 32 + degree as u64).remove(0);
        coefficients[degree] = 0.5;
        let sum: f64 = coefficients.iter().map(|c| c.abs()).sum();
        coefficients.iter_mut().for_each(|c| *c /= sum);
        check(&x, &coefficients, input, &format!("degree {degree}"));
    }
}

#[test]
fn activation_functions_are_as_precise_as_predicted() {
    let input = &vectors(1, 4096, 33)[0];
    for (special, digit) in [(&[][..], 1), (&[20], 1), (&[45, 45], 2)] {
        let x = setting(5, special, digit);
        for degree in [3, 7, 15, 27] {
            let odd = interpolate(degree, |x| 0.5 * (4.0 * x).tanh());
            check(&x, &odd, input, &format!("tanh {degree} {special:?}"));
            let even = interpolate(degree - 1, |x| x.abs());
            check(&x, &even, input, &format!("absolute value {degree} {special:?}"));
            let relu = interpolate(degree - 1, |x| x.max(0.0));
            check(&x, &relu, input, &format!("ReLU {degree} {special:?}"));
        }
    }
}

#[test]
fn many_ciphertexts_and_a_scale_of_choice() {
    let x = setting(3, &[45], 1);
    let inputs = vectors(3, 4096, 34);
    let coefficients = interpolate(5, |x| (2.0 * x).exp());
    let plan = PolynomialPlan::of(&coefficients).unwrap();
    let (p, watch) = (&x.parameters, Watch::silent());
    let scale = Scale::of(3.3e11).unwrap();
    let c = x.ciphertexts(&inputs);
    let out = x.keys.evaluate_polynomial(p, &plan, &coefficients, c, &scale, &watch, "").unwrap();
    for (c, input) in out.iter().zip(&inputs) {
        assert_eq!(c.scale(), &scale);
        let expected = input.iter().map(|x| chebyshev(&coefficients, *x));
        assert!(max_error(&x.decrypt(c), expected) < 1e-5);
    }
    let none = x.keys.evaluate_polynomial(p, &plan, &coefficients, vec![], &scale, &watch, "");
    assert_eq!(none, Ok(Vec::new()));
}

#[test]
fn a_chain_that_is_too_short_is_refused() {
    let x = setting(2, &[45], 1);
    let coefficients = interpolate(5, f64::exp);
    let plan = PolynomialPlan::of(&coefficients).unwrap();
    let (p, watch) = (&x.parameters, Watch::silent());
    let c = x.ciphertexts(&vectors(1, 4096, 35));
    let out = x.keys.evaluate_polynomial(p, &plan, &coefficients, c, &x.scale, &watch, "");
    assert!(matches!(out, Err(CkksError::Level { needed: 4, left: 3, .. })));
    let (scale, noise) = (x.scale.clone(), Noise::fresh(p, &x.scale));
    let input = PolynomialInput { level: 3, scale, noise, points: vec![0.5] };
    assert!(p.predict_polynomial(&plan, &coefficients, &input, &x.scale).is_err());
}

#[test]
fn an_overflow_is_predicted_and_measured() {
    // Scales that grow: 2^46 squared over primes of 2^40 twice is 2^64, above what is left.
    let moduli = CkksModuli::find(4096, &[45, 40, 40], &[45], 1).unwrap();
    let x = Setting::new(CkksParameters::insecure(4096, &moduli).unwrap(), 46, &[]);
    let input = vectors(1, 4096, 36).remove(0);
    let (p, watch) = (&x.parameters, Watch::silent());
    let mut c = x.ciphertexts(std::slice::from_ref(&input));
    let mut expected = input.clone();
    for _ in 0..2 {
        let square = vec![p.square(&c[0]).unwrap()];
        c = x.keys.relinearise_and_rescale(p, square, 1, &watch, "").unwrap();
        expected.iter_mut().for_each(|v| *v *= *v);
    }
    assert!(c[0].scale().log2() > p.log2_q(1));
    let measured = x.secret.measure(p, &c[0], &expected);
    assert!(!measured.is_right(1.0) && measured.margin_bits < MIN_MARGIN_BITS, "{measured:?}");
    let (scale, noise) = (x.scale.clone(), Noise::fresh(p, &x.scale));
    let known = PolynomialInput { level: 3, scale, noise, points: input.clone() };
    let fourth = interpolate(3, |x| x.powi(3));
    let plan = PolynomialPlan::of(&fourth).unwrap();
    let big = Scale::power_of_two(64);
    let predicted = p.predict_polynomial(&plan, &fourth, &known, &big).unwrap();
    assert!(predicted.margin_bits < 0.0, "{predicted:?}");
}

#[test]
fn intervals_are_mapped_without_a_level() {
    let x = setting(5, &[45], 1);
    let (p, watch) = (&x.parameters, Watch::silent());
    let interval = Interval { low: -3.0, high: 9.0 };
    let input: Vec<f64> = vectors(1, 4096, 38)[0].iter().map(|x| 3.0 + 6.0 * x).collect();
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let coefficients = interpolate(9, |x| sigmoid(3.0 + 6.0 * x));
    let expected: Vec<f64> =
        input.iter().map(|x| chebyshev(&coefficients, interval.to_unit(*x))).collect();
    let unit: Vec<f64> = input.iter().map(|x| interval.to_unit(*x)).collect();
    let plan = PolynomialPlan::of(&coefficients).unwrap();
    // As it comes, and from a scale that leaves room for the radius.
    let free =
        p.map_interval(x.ciphertexts(std::slice::from_ref(&input)).remove(0), interval).unwrap();
    assert_eq!((free.level(), free.scale()), (6, &x.scale.times(&Scale::of(6.0).unwrap())));
    let small = x.scale.over(&Scale::of(6.0).unwrap());
    let seed = Seed::from_number(9);
    let batch =
        x.secret.encrypt(p, std::slice::from_ref(&input), &small, 6, &seed, &watch, "").unwrap();
    let early = p.map_interval(batch.ciphertext(p, 0).unwrap(), interval).unwrap();
    assert_eq!((early.level(), early.scale()), (6, &x.scale));
    for (mapped, fresh, bits) in [(free, &x.scale, 8.0), (early, &small, 20.0)] {
        assert!(max_error(&x.decrypt(&mapped), unit.iter().copied()) < 1e-7);
        let level = mapped.level();
        let noise = Noise::fresh(p, fresh).times(1.0 / 6.0);
        let scale = mapped.scale().clone();
        let known = PolynomialInput { level, scale, noise, points: unit.clone() };
        let predicted = p.predict_polynomial(&plan, &coefficients, &known, &x.scale).unwrap();
        let c = vec![mapped];
        let out = x.keys.evaluate_polynomial(p, &plan, &coefficients, c, &x.scale, &watch, "");
        let measured = x.secret.measure(p, &out.unwrap()[0], &expected);
        assert!(measured.rms_bits() > bits, "{measured:?}");
        assert!(predicted.margin_bits > 0.0 && measured.margin_bits > predicted.margin_bits);
        let optimism = predicted.noise.rms_bits() - measured.rms_bits();
        assert!(optimism.abs() < 0.5, "{optimism} {measured:?}");
    }
    let c = x.ciphertexts(&[input]).remove(0).at_level(1);
    for (low, high) in [(1.0, 1.0), (2.0, 1.0), (0.0, f64::INFINITY), (f64::NAN, 1.0)] {
        assert!(p.map_interval(c.clone(), Interval { low, high }).is_err());
    }
}
