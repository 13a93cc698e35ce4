//! Encoding, encryption and decryption.

use super::*;
use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive, Zero};
use progress::Cancel;
use proptest::prelude::*;

/// The value at `X = exp(i pi 5^k / (2N))`, from its definition.
fn slot(coefficients: &[i64], k: usize, scale: f64) -> f64 {
    let n = coefficients.len();
    let e = (0..k).fold(1usize, |e, _| 5 * e % (4 * n));
    let angle = |j: usize| std::f64::consts::PI * ((j * e) % (4 * n)) as f64 / (2 * n) as f64;
    let term = |(j, a): (usize, &i64)| *a as f64 * angle(j).cos() * if j == 0 { 1.0 } else { 2.0 };
    coefficients.iter().enumerate().map(term).sum::<f64>() / scale
}

/// The product of symmetric elements by big integers.
fn symmetric_product(a: &[BigInt], b: &[BigInt]) -> Vec<BigInt> {
    let n = a.len();
    let mut out = vec![BigInt::zero(); n];
    let mut add = |e: usize, p: &BigInt| {
        // Exponents up to 2N - 2 fold back by X^{2N} = -1 and X^-j = X^j; X^N + X^-N is 0.
        match e.cmp(&n) {
            std::cmp::Ordering::Less => out[e] += p,
            std::cmp::Ordering::Equal => (),
            std::cmp::Ordering::Greater => out[2 * n - e] -= p,
        }
    };
    for (i, x) in a.iter().enumerate() {
        for (j, y) in b.iter().enumerate() {
            let p = x * y;
            // (X^i + X^-i)(X^j + X^-j) = X^(i+j) + X^-(i+j) + X^(i-j) + X^-(i-j).
            if i == 0 || j == 0 {
                add(i + j, &p);
            } else {
                add(i + j, &p);
                add(i.abs_diff(j), &if i == j { &p * 2 } else { p.clone() });
            }
        }
    }
    out
}

/// The phase by big integers: coefficients by Chinese remainders, schoolbook products with s.
fn phase(x: &Setting, c: &Ciphertext) -> Vec<BigInt> {
    let (parameters, level) = (&x.parameters, c.level());
    let q: BigInt = (0..level).map(|j| BigInt::from(parameters.prime(j))).product();
    let mut s = vec![0i64; N];
    Seed::from_number(11).derive("ckks secret", 0).stream(0).ternary(&mut s);
    let s: Vec<BigInt> = s.into_iter().map(BigInt::from).collect();
    let mut sum = vec![BigInt::zero(); N];
    let mut power = vec![BigInt::zero(); N];
    power[0] = BigInt::from(1);
    for component in &c.components {
        let mut component = component.clone();
        (0..level).for_each(|j| parameters.basis().inverse(j, component.row_mut(j)));
        let coefficient = |k: usize| {
            (0..level).fold(BigInt::zero(), |acc, j| {
                let p = BigInt::from(parameters.prime(j));
                let others = &q / &p;
                let inverse = others.modinv(&p).expect("distinct primes");
                (acc + BigInt::from(component.row(j)[k]) * inverse % &p * others) % &q
            })
        };
        let coefficients: Vec<BigInt> = (0..N).map(coefficient).collect();
        for (sum, x) in sum.iter_mut().zip(symmetric_product(&coefficients, &power)) {
            *sum += x;
        }
        power = symmetric_product(&power, &s);
    }
    let center = |x: BigInt| {
        let x = ((x % &q) + &q) % &q;
        if x > &q / 2 { x - &q } else { x }
    };
    sum.into_iter().map(center).collect()
}

#[test]
fn fresh_phases_are_message_plus_a_small_error() {
    let x = Setting::new(toy(&[45, 40, 40], &[40], 1), 40, &[]);
    let inputs = vectors(3, N, 1);
    for (c, input) in x.ciphertexts(&inputs).iter().zip(&inputs) {
        let phase = phase(&x, c);
        let message = x.parameters.encode(input, &x.scale).unwrap();
        for (p, m) in phase.iter().zip(&message) {
            assert!((p - m).abs() <= BigInt::from(21), "the error is binomial");
        }
        let decrypted = x.secret.decrypt(&x.parameters, c);
        // 21 times (2N - 1), over the scale.
        assert!(max_error(&decrypted.values, input.iter().copied()) < 21.5 * 127.0 / 2f64.powi(40));
        let max = phase.iter().map(|p| p.abs()).max().unwrap().to_f64().unwrap().log2();
        let expected = x.parameters.log2_q(3) - 1.0 - max;
        assert!((decrypted.margin_bits - expected).abs() < 1e-6);
    }
}

#[test]
fn lower_levels_hold_the_same_message() {
    let x = Setting::new(toy(&[45, 40, 40], &[40], 1), 30, &[]);
    let input = vectors(1, N, 2);
    let low = x.ciphertexts(&input)[0].clone().at_level(1);
    assert_eq!(low.level(), 1);
    assert!(max_error(&x.decrypt(&low), input[0].iter().copied()) < 1e-5);
    let (p, seed, watch) = (&x.parameters, Seed::from_number(5), Watch::silent());
    let batch = x.secret.encrypt(p, &input, &x.scale, 2, &seed, &watch, "").unwrap();
    let c = batch.ciphertext(p, 0).unwrap();
    assert_eq!((batch.level(), c.level()), (2, 2));
    assert!(max_error(&x.decrypt(&c), input[0].iter().copied()) < 1e-5);
}

#[test]
fn the_margin_of_an_overflow_is_nothing() {
    let x = Setting::new(toy(&[45], &[], 1), 40, &[]);
    let inputs: Vec<Vec<f64>> =
        vectors(1, N, 3).into_iter().map(|v| v.iter().map(|x| x * 1e6).collect()).collect();
    let decrypted = x.secret.decrypt(&x.parameters, &x.ciphertexts(&inputs)[0]);
    assert!(decrypted.margin_bits < 0.2, "{}", decrypted.margin_bits);
    assert!(max_error(&decrypted.values, inputs[0].iter().copied()) > 1e3);
}

#[test]
fn unfit_parameters_are_refused() {
    let find = |n, chain: &[u32], special: &[u32], digit| {
        CkksModuli::find(n, chain, special, digit).unwrap()
    };
    let fits = find(8192, &[48, 40, 40, 40], &[45], 1);
    let parameters = CkksParameters::new(8192, &fits).unwrap();
    assert_eq!(parameters.security_bits(), 128);
    assert!((parameters.log2_qp() - 213.0).abs() < 0.1);
    let over = find(8192, &[48, 40, 40, 40], &[47], 1);
    let error = CkksParameters::new(8192, &over).unwrap_err();
    assert!(matches!(error, CkksError::Insecure { max: 214, .. }), "{error}");
    assert!(error.to_string().contains("log2 QP = 215.0 (special primes included)"));
    assert!(matches!(CkksParameters::new(1000, &fits), Err(CkksError::RingDegree { n: 1000 })));
    for bad in [
        CkksModuli { chain: vec![], ..fits.clone() },
        CkksModuli { chain: vec![fits.chain[0]; 2], ..fits.clone() },
        CkksModuli { special: vec![fits.chain[0]], ..fits.clone() },
        CkksModuli { chain: vec![65_537 * 3], ..fits.clone() },
        CkksModuli { digit_primes: 0, ..fits.clone() },
    ] {
        assert!(matches!(CkksParameters::new(8192, &bad), Err(CkksError::Moduli { .. })));
    }
    assert!(CkksModuli::find(8192, &[51], &[], 1).is_none());
    assert!(CkksModuli::find(65_536, &[17], &[], 1).is_none());
}

#[test]
fn values_that_do_not_fit_are_refused() {
    let x = Setting::new(toy(&[45, 40], &[], 1), 40, &[]);
    let encode = |values: &[f64]| x.parameters.encode(values, &x.scale);
    assert!(encode(&[1e7]).is_ok());
    for bad in [1e10, f64::NAN, f64::INFINITY] {
        assert!(matches!(encode(&[bad]), Err(CkksError::TooLarge { .. })), "{bad}");
    }
    assert!(matches!(encode(&[0.0; N + 1]), Err(CkksError::Slots { count: 65, slots: 64 })));
    let (p, seed, watch) = (&x.parameters, Seed::from_number(5), Watch::silent());
    for level in [0, 3] {
        let result = x.secret.encrypt(p, &[vec![]], &x.scale, level, &seed, &watch, "");
        assert!(matches!(result, Err(CkksError::Level { .. })));
    }
}

#[test]
fn a_cancelled_encryption_stops() {
    let x = Setting::new(toy(&[45, 40], &[], 1), 40, &[]);
    let cancel = Cancel::default();
    cancel.cancel();
    let (p, seed, watch) = (&x.parameters, Seed::from_number(5), Watch::new(cancel, &|_| ()));
    let result = x.secret.encrypt(p, &vectors(2, N, 1), &x.scale, 2, &seed, &watch, "");
    assert_eq!(result, Err(CkksError::Cancelled(progress::Cancelled)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn slots_survive_encoding(values in prop::collection::vec(-1000.0f64..1000.0, 0..=N)) {
        let x = toy(&[45], &[], 1);
        let scale = Scale::power_of_two(40);
        let coefficients = x.encode(&values, &scale).unwrap();
        // Half a unit in each of N coefficients.
        let bound = (N as f64) / scale.value();
        let back = x.decode(coefficients.iter().map(|c| *c as f64).collect(), &scale);
        prop_assert_eq!(back.len(), N);
        for (k, back) in back.iter().enumerate() {
            let value = values.get(k).copied().unwrap_or(0.0);
            prop_assert!((slot(&coefficients, k, scale.value()) - value).abs() < bound);
            prop_assert!((back - value).abs() < bound);
        }
    }
}

#[test]
fn two_messages_under_one_seed_share_neither_masks_nor_errors() {
    let x = Setting::new(toy(&[50, 40, 40], &[50], 1), 40, &[]);
    let a = vectors(2, N, 1);
    let mut b = a.clone();
    b[1][N - 1] += 0.25;
    let (one, again, other) = (x.encrypt(&a), x.encrypt(&a), x.encrypt(&b));
    let p = &x.parameters;
    assert_eq!(one.to_bytes(p), again.to_bytes(p));
    for index in 0..2 {
        let (c, d) = (one.ciphertext(p, index).unwrap(), other.ciphertext(p, index).unwrap());
        let (e, f) = (c.components[1].row(0), d.components[1].row(0));
        assert!(e.iter().zip(f).all(|(e, f)| e != f), "masks");
        // The first vector is the same in both: with the same errors it would decrypt to the same bits.
        let (e, f) = (x.decrypt(&c), x.decrypt(&d));
        let same = e.iter().zip(&f).filter(|(e, f)| e == f).count();
        assert!(same < N / 4, "{same} values of {N}");
    }
    // The same numbers at another scale or level are another message.
    let at = |scale: i32, level: usize| {
        let (seed, watch) = (Seed::from_number(12), Watch::silent());
        let scale = Scale::power_of_two(scale);
        x.secret.encrypt(p, &a, &scale, level, &seed, &watch, "").unwrap().seed
    };
    assert_eq!(at(40, p.levels()), one.seed);
    assert!(at(39, p.levels()) != one.seed && at(40, p.levels() - 1) != one.seed);
    let y = Setting::new(toy(&[50, 40, 41], &[50], 1), 40, &[]);
    assert_ne!(x.keys.relinearisation.seed, y.keys.relinearisation.seed);
}
