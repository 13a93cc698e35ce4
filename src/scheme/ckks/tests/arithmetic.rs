//! Sums, products, rescaling and rotations against floating point.

use super::*;
use proptest::prelude::*;

/// Chains of one prime size with every shape of key switching: no special prime, one, a small one,
/// several primes to a digit, and a digit cut short at lower levels.
fn shapes() -> Vec<CkksParameters> {
    let chain = [48, 40, 40, 40, 40];
    vec![
        toy(&chain, &[], 1),
        toy(&chain, &[48], 1),
        toy(&chain, &[20], 1),
        toy(&chain, &[48, 42], 2),
        toy(&chain, &[48, 42, 44], 3),
        toy(&chain, &[50, 50, 50, 50, 50], 5),
    ]
}

fn relinearise(x: &Setting, c: Vec<Ciphertext>, drop: usize) -> Vec<Ciphertext> {
    x.keys.relinearise_and_rescale(&x.parameters, c, drop, &Watch::silent(), "").unwrap()
}

fn zip<'a>(
    a: &'a [f64],
    b: &'a [f64],
    f: impl Fn(f64, f64) -> f64 + 'a,
) -> impl Iterator<Item = f64> + 'a {
    a.iter().zip(b).map(move |(a, b)| f(*a, *b))
}

#[test]
fn products_are_those_of_the_slots_at_every_level() {
    for parameters in shapes() {
        let x = Setting::new(parameters, 40, &[]);
        let v = vectors(2, N, 4);
        let c = x.ciphertexts(&v);
        for level in 2..=5 {
            // Eight standard deviations of what fusing leaves, and nothing near the messages.
            let noise = x.parameters.switch_and_rescale_variance(level, 1);
            let bound = 8.0 * (noise + x.parameters.fresh_variance()).sqrt() / x.scale.value();
            assert!(bound < 1e-6);
            let (a, b) = (c[0].clone().at_level(level), c[1].clone().at_level(level));
            let product = x.parameters.multiply(&a, &b).unwrap();
            assert_eq!((product.components(), product.scale()), (3, &x.scale.squared()));
            assert!(max_error(&x.decrypt(&product), zip(&v[0], &v[1], |a, b| a * b)) < 1e-8);
            // Fused and one after the other agree but for the rounding in between.
            let fused = relinearise(&x, vec![product.clone()], 1).remove(0);
            assert_eq!((fused.components(), fused.level()), (2, level - 1));
            let dropped = Scale::integer(x.parameters.prime(level - 1)).unwrap();
            assert_eq!(fused.scale(), &x.scale.squared().over(&dropped));
            let error = max_error(&x.decrypt(&fused), zip(&v[0], &v[1], |a, b| a * b));
            assert!(error < bound, "level {level}: {error}");
            let two = relinearise(&x, vec![product], 0);
            let apart = x.parameters.rescale(two, 1, &Watch::silent(), "").unwrap();
            assert_eq!((apart[0].scale(), apart[0].level()), (fused.scale(), level - 1));
            let error = max_error(&x.decrypt(&apart[0]), zip(&v[0], &v[1], |a, b| a * b));
            assert!(error < 1.5 * bound, "level {level}: {error}");
        }
    }
}

#[test]
fn squares_rescale_over_several_primes_and_in_three_parts() {
    let x = Setting::new(toy(&[48, 30, 30, 30, 30], &[40], 1), 50, &[]);
    let v = vectors(1, N, 5);
    let square = x.parameters.square(&x.ciphertexts(&v)[0]).unwrap();
    let expected = || v[0].iter().map(|a| a * a);
    for drop in 0..=2 {
        let out = relinearise(&x, vec![square.clone()], drop).remove(0);
        assert_eq!((out.components(), out.level()), (2, 5 - drop));
        assert!(max_error(&x.decrypt(&out), expected()) < 1e-7, "drop {drop}");
        let three = x.parameters.rescale(vec![square.clone()], drop, &Watch::silent(), "").unwrap();
        assert_eq!((three[0].components(), three[0].level()), (3, 5 - drop));
        assert!(max_error(&x.decrypt(&three[0]), expected()) < 1e-7, "drop {drop}");
    }
}

#[test]
fn rescaling_rounds_to_nearest() {
    // A trivial ciphertext, whose phase is its first component: the quotient is known exactly.
    let x = Setting::new(toy(&[40, 30, 30], &[], 1), 70, &[]);
    let p = &x.parameters;
    let coefficients: Vec<i64> =
        (0..N as i64).map(|j| j * 7_777_777_777_777 - 99_999_999).collect();
    let trivial = Ciphertext {
        components: vec![p.basis().lift(&coefficients, 3), ring::RnsPoly::zero(N, 3)],
        scale: x.scale.clone(),
    };
    for drop in 1..=2 {
        let out = p.rescale(vec![trivial.clone()], drop, &Watch::silent(), "").unwrap().remove(0);
        let mut component = out.components[0].clone();
        (0..3 - drop).for_each(|j| p.basis().inverse(j, component.row_mut(j)));
        let divisor: i128 = (3 - drop..3).map(|j| i128::from(p.prime(j))).product();
        for (word, c) in component.row(0).iter().zip(&coefficients) {
            let nearest = (2 * i128::from(*c) + divisor).div_euclid(2 * divisor);
            assert_eq!(i128::from(p.modulus(0).center(*word)), nearest);
        }
    }
}

#[test]
fn rotations_move_slots_to_the_left() {
    // Without a special prime a rotation leaves nothing of the message.
    for parameters in shapes().into_iter().skip(1) {
        let x = Setting::new(parameters, 40, &[1, 5, -1]);
        let v = vectors(1, N, 6);
        let c = x.ciphertexts(&v);
        for (steps, drop) in [(1i64, 0), (5, 0), (-1, 0), (0, 0), (64, 0), (65, 0)] {
            let out = x.keys.rotate(&x.parameters, c.clone(), steps, drop, &Watch::silent(), "");
            let out = out.unwrap().remove(0);
            let slot = |k: usize| v[0][(k as i64 + steps).rem_euclid(N as i64) as usize];
            let error = max_error(&x.decrypt(&out), (0..N).map(slot));
            let noise = x.parameters.switch_and_rescale_variance(5, drop);
            let bound = 8.0 * (noise + x.parameters.fresh_variance()).sqrt() / x.scale.value();
            assert!(error < bound, "{steps}: {error} {bound}");
        }
        let missing = x.keys.rotate(&x.parameters, c.clone(), 2, 0, &Watch::silent(), "");
        assert_eq!(missing, Err(CkksError::RotationKey { steps: 2 }));
        let square = vec![x.parameters.square(&c[0]).unwrap()];
        let three = x.keys.rotate(&x.parameters, square, 1, 0, &Watch::silent(), "");
        assert!(matches!(three, Err(CkksError::Components { found: 3, .. })));
        let mut rotations: Vec<u32> = x.keys.rotations().collect();
        rotations.sort_unstable();
        assert_eq!(rotations, [1, 5, 63]);
    }
}

#[test]
fn constants_and_plaintexts() {
    let x = Setting::new(toy(&[48, 40, 40], &[45], 1), 40, &[]);
    let (p, v) = (&x.parameters, vectors(3, N, 7));
    let c = x.ciphertexts(&v);
    let check = |c: &Ciphertext, bound: f64, f: &dyn Fn(usize) -> f64| {
        let error = max_error(&x.decrypt(c), (0..N).map(f));
        assert!(error < bound, "{error}");
    };
    check(&p.add(&c[0], &c[1]).unwrap(), 1e-8, &|k| v[0][k] + v[1][k]);
    check(&p.subtract(&c[0], &c[1]).unwrap(), 1e-8, &|k| v[0][k] - v[1][k]);
    check(&p.add_constant(c[0].clone(), -0.7).unwrap(), 1e-8, &|k| v[0][k] - 0.7);
    check(&p.multiply_integer(&c[0], -3).unwrap(), 1e-7, &|k| -3.0 * v[0][k]);
    let product = x.scale.times(&Scale::integer(p.prime(2)).unwrap());
    let third = p.weighted_sum(&[&c[0]], &[1.0 / 3.0], &product).unwrap();
    check(&third, 1e-8, &|k| v[0][k] / 3.0);
    let third = p.rescale(vec![third], 1, &Watch::silent(), "").unwrap().remove(0);
    assert_eq!((third.scale(), third.level()), (&x.scale, 2));
    check(&third, 1e-8, &|k| v[0][k] / 3.0);
    let negated = p.rescale_message(c[0].clone(), -0.3).unwrap();
    assert_eq!(negated.level(), 3);
    check(&negated, 1e-8, &|k| -0.3 * v[0][k]);
    assert!(p.rescale_message(c[0].clone(), 0.0).is_err());
    let plain = p.plaintext(&v[2], &x.scale, 3).unwrap();
    check(&p.add_plaintext(c[0].clone(), &plain).unwrap(), 1e-8, &|k| v[0][k] + v[2][k]);
    check(&p.multiply_plaintext(&c[0], &plain).unwrap(), 1e-8, &|k| v[0][k] * v[2][k]);
    // A constant far above 2^64 words: 1 at the scale of a product.
    let square = p.add_constant(p.square(&c[0]).unwrap(), -1.0).unwrap();
    check(&square, 1e-8, &|k| v[0][k] * v[0][k] - 1.0);
    // Different scales and levels meet in a weighted sum at a scale of choice.
    let terms = [&third, &c[1], &negated];
    let scale = x.scale.times(&Scale::power_of_two(30));
    let sum = p.weighted_sum(&terms, &[1.5, -2.0, 0.25], &scale).unwrap();
    assert_eq!((sum.scale(), sum.level()), (&scale, 2));
    check(&sum, 1e-7, &|k| 0.5 * v[0][k] - 2.0 * v[1][k] - 0.075 * v[0][k]);
}

#[test]
fn operands_that_do_not_fit_are_refused() {
    let x = Setting::new(toy(&[48, 40, 40], &[45], 1), 40, &[]);
    let (p, c) = (&x.parameters, x.ciphertexts(&vectors(2, N, 8)));
    let square = p.square(&c[0]).unwrap();
    let watch = Watch::silent();
    let once = x.keys.relinearise_and_rescale(p, vec![square.clone()], 1, &watch, "").unwrap();
    // Within a millionth of each other, and still not equal.
    assert!((once[0].scale().log2() - c[1].scale().log2()).abs() < 1e-6);
    assert!(matches!(p.add(&once[0], &c[1]), Err(CkksError::ScaleMismatch { .. })));
    assert!(matches!(p.multiply(&square, &c[0]), Err(CkksError::Components { found: 3, .. })));
    let low = p.plaintext(&[1.0], &x.scale, 2).unwrap();
    assert!(matches!(p.multiply_plaintext(&c[0], &low), Err(CkksError::Level { .. })));
    let other = p.plaintext(&[1.0], &Scale::power_of_two(39), 3).unwrap();
    assert!(matches!(p.add_plaintext(c[0].clone(), &other), Err(CkksError::ScaleMismatch { .. })));
    assert!(matches!(p.add_constant(c[0].clone(), f64::NAN), Err(CkksError::TooLarge { .. })));
    assert!(matches!(
        p.rescale(c.clone(), 3, &watch, ""),
        Err(CkksError::Level { needed: 4, left: 3, .. })
    ));
    assert!(p.weighted_sum(&[], &[], &x.scale).is_err());
    assert_eq!(p.rescale(Vec::new(), 1, &watch, "").unwrap(), Vec::new());
}

#[test]
fn transforms_are_counted() {
    let p = toy(&[48, 40, 40, 40], &[45], 1);
    // 4 back, 4 digits to 3 other primes and the special one, 2 components: 2 back and 3 forth.
    assert_eq!(p.switch_transforms(4, 1), 4 + 16 + 10);
    let p = toy(&[48, 40, 40, 40, 40], &[48, 42], 2);
    assert_eq!(p.switch_transforms(5, 1), 5 + (5 + 5 + 6) + 2 * (3 + 4));
    assert_eq!(toy(&[48, 40], &[], 1).switch_transforms(2, 0), 2 + 2);
}

#[test]
fn cancelled_work_stops() {
    let x = Setting::new(toy(&[48, 40], &[45], 1), 40, &[]);
    let c = x.ciphertexts(&vectors(2, N, 9));
    let cancel = progress::Cancel::default();
    cancel.cancel();
    let watch = Watch::new(cancel, &|_| ());
    assert!(matches!(x.parameters.rescale(c, 1, &watch, ""), Err(CkksError::Cancelled(_))));
}

proptest! {
    #[test]
    fn floating_point_integers_have_the_right_residues(mantissa: i64, shift in 0i32..400) {
        let q = Setting::new(toy(&[48], &[], 1), 40, &[]).parameters.modulus(0);
        let x = mantissa as f64 * 2f64.powi(shift);
        let exact = num_bigint::BigInt::from(mantissa as f64 as i128) << shift;
        let expected = ((exact % q.value()) + q.value()) % q.value();
        let got = super::super::arithmetic::residue(q, x);
        prop_assert_eq!(num_bigint::BigInt::from(got), expected);
    }
}
