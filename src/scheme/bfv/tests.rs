//! BFV against plain slots, its noise meter against the definition, and what it must refuse.

use super::*;
use fhe::bfv::{Encoding, Plaintext};
use fhe_math::rq::Representation;
use fhe_traits::{FheDecoder, FheDecrypter};
use num_bigint::{BigInt, BigUint};
use num_traits::ToPrimitive;
use progress::{Cancel, Watch};
use ring::{LinearMap, Row, Seed, ntt_primes};
use std::sync::Arc;

const N: usize = 64;

fn toy(prime_bits: u32, count: usize, t_bits: u32) -> BfvParameters {
    let primes = ntt_primes(prime_bits, N, count, &[]);
    let t = ntt_primes(t_bits, N, 1, &primes)[0];
    BfvParameters::insecure(N, &primes, t).unwrap()
}

struct Setting {
    parameters: BfvParameters,
    secret: SecretKey,
    keys: EvaluationKeys,
}

impl Setting {
    fn new(parameters: BfvParameters) -> Self {
        let seed = Seed::from_number(11);
        let secret = SecretKey::generate(&parameters, &seed).unwrap();
        let keys = secret.evaluation_keys(&parameters, &seed.derive("keys", 0)).unwrap();
        Self { parameters, secret, keys }
    }

    fn encrypt(&self, vectors: &[Vec<i64>]) -> Vec<Ciphertext> {
        let seed = Seed::from_number(12);
        self.secret.encrypt(&self.parameters, vectors, &seed, &Watch::silent(), "").unwrap()
    }

    fn decrypt(&self, c: &Ciphertext) -> Decrypted {
        self.secret.decrypt(&self.parameters, c).unwrap()
    }

    fn linear(
        &self,
        inputs: &[Ciphertext],
        weights: &[Vec<i32>],
        bias: &[i128],
    ) -> Vec<Ciphertext> {
        let columns: Arc<[u32]> = (0..inputs.len() as u32).collect();
        let row = |w: &Vec<i32>| Row { columns: Arc::clone(&columns), weights: w.clone() };
        let rows: Vec<Row> = weights.iter().map(row).collect();
        let map = Arc::new(LinearMap::new(inputs.len(), &rows, 50).unwrap());
        linear(&self.parameters, inputs, &map, bias, &Cancel::default(), &|| ()).unwrap()
    }

    fn centre(&self, value: i128) -> i64 {
        let t = self.parameters.t();
        t.center(value.rem_euclid(i128::from(t.value())) as u64)
    }
}

fn vectors(count: usize, bound: i64) -> Vec<Vec<i64>> {
    (0..count as i64)
        .map(|v| {
            (0..N as i64).map(|s| ((v * 37 + s * 101 + 5) % (2 * bound + 1)) - bound).collect()
        })
        .collect()
}

#[test]
fn what_is_encrypted_is_decrypted_and_missing_slots_are_zero() {
    for (prime_bits, count, t_bits) in [(50, 2, 20), (50, 3, 48), (36, 4, 30)] {
        let x = Setting::new(toy(prime_bits, count, t_bits));
        let half = x.parameters.t().value() as i64 / 2;
        let inputs = [vec![half, -half, 1, -1, 0], (0..N as i64).collect()];
        for (c, vector) in x.encrypt(&inputs).iter().zip(&inputs) {
            let found = x.decrypt(c);
            assert_eq!(found.values[..vector.len()], vector[..]);
            assert!(found.values[vector.len()..].iter().all(|v| *v == 0));
            // Errors are at most 20, the message is rounded by less than 1.
            let q = x.parameters.basis().log2(count);
            let fresh = q - 1.0 - x.parameters.t().log2();
            assert!((fresh - 21f64.log2()..fresh).contains(&found.margin_bits));
        }
    }
}

#[test]
fn weighted_sums_biases_and_squares_are_those_of_the_slots() {
    let x = Setting::new(toy(50, 4, 40));
    let inputs = vectors(5, 9);
    let weights: Vec<Vec<i32>> =
        (0..7).map(|r| (0..5).map(|c| (r * 5 + c * 3) % 15 - 7).collect()).collect();
    let bias: Vec<i128> = (0..7).map(|r| (r - 3) * 1_000_003).collect();
    let hidden = x.linear(&x.encrypt(&inputs), &weights, &bias);
    let squares: Vec<Ciphertext> = hidden.iter().map(|c| x.keys.square(c).unwrap()).collect();
    let outputs = x.linear(&squares, &[vec![1, -2, 3, -4, 5, -6, 7]], &[-5]);
    let mut sums = vec![-5i128; N];
    for (r, (c, square)) in hidden.iter().zip(&squares).enumerate() {
        let (linear, squared) = (x.decrypt(c), x.decrypt(square));
        assert!(squared.margin_bits < linear.margin_bits);
        for s in 0..N {
            let terms = (0..5).map(|i| i128::from(weights[r][i]) * i128::from(inputs[i][s]));
            let plain = terms.sum::<i128>() + bias[r];
            assert_eq!(linear.values[s], x.centre(plain));
            assert_eq!(squared.values[s], x.centre(plain * plain));
            sums[s] += [1, -2, 3, -4, 5, -6, 7][r] * plain * plain;
        }
    }
    let found = x.decrypt(&outputs[0]);
    assert!(found.values.iter().zip(sums).all(|(v, sum)| *v == x.centre(sum)));
}

/// Negative weights must not act as t - |w|: noise grows with the weights alone.
#[test]
fn negative_weights_cost_no_more_than_positive_ones() {
    let x = Setting::new(toy(50, 3, 40));
    let inputs = x.encrypt(&vectors(4, 9));
    let margin = |w: i32| x.decrypt(&x.linear(&inputs, &[vec![w; 4]], &[-1])[0]).margin_bits;
    let fresh = x.decrypt(&inputs[0]).margin_bits;
    assert!((margin(-7) - margin(7)).abs() < 0.3);
    assert!(fresh - margin(-7) <= 28f64.log2() + 1.0);
}

/// The meter against its definition, by big integers.
#[test]
fn the_margin_is_that_of_the_largest_noise_coefficient() {
    let x = Setting::new(toy(40, 3, 20));
    let (basis, t) = (x.parameters.basis(), x.parameters.t());
    let q: BigInt = (0..3).map(|j| BigInt::from(basis.modulus(j).value())).product();
    let square = x.keys.square(&x.encrypt(&vectors(1, 9))[0]).unwrap();
    let plain: Plaintext = x.secret.key.try_decrypt(&square.0).unwrap();
    let message = Vec::<u64>::try_decode(&plain, Encoding::poly()).unwrap();
    let mut phase = &square.0[0] + &(&square.0[1] * &x.secret.s);
    phase.change_representation(Representation::PowerBasis);
    // t (phase - (q/t) m) as an integer modulo t q.
    let tq = &q * t.value();
    let noise = Vec::<BigUint>::from(&phase).into_iter().zip(message).map(|(p, m)| {
        let rest = BigInt::from(p) * t.value() - &q * m;
        let rest = ((rest % &tq) + &tq) % &tq;
        let magnitude = rest.clone().min(&tq - &rest);
        magnitude.to_f64().unwrap() / t.value() as f64
    });
    let largest = noise.fold(0.0, f64::max);
    let expected = basis.log2(3) - 1.0 - t.log2() - largest.log2();
    assert!((x.decrypt(&square).margin_bits - expected).abs() < 1e-6);
}

#[test]
fn secrets_and_keys_come_from_their_seed() {
    let x = Setting::new(toy(50, 2, 20));
    let seed = Seed::from_number(11);
    let again = SecretKey::generate(&x.parameters, &seed).unwrap();
    assert_eq!(again.s, x.secret.s);
    assert_eq!(again.evaluation_keys(&x.parameters, &seed.derive("keys", 0)).unwrap(), x.keys);
    let other = SecretKey::generate(&x.parameters, &Seed::from_number(12)).unwrap();
    assert_ne!(other.s, x.secret.s);
    assert_eq!(format!("{again:?}"), "SecretKey(..)");
}

#[test]
fn predicted_sizes_are_those_on_the_wire() {
    for x in [Setting::new(toy(50, 2, 20)), Setting::new(toy(36, 4, 30))] {
        let fresh = x.encrypt(&vectors(2, 3));
        let computed = x.linear(&fresh, &[vec![1, -1]], &[0]);
        let bytes = |fresh| x.parameters.ciphertext_bytes(2, fresh).unwrap();
        let len = |ciphertext: &Ciphertext| {
            let mut out = Vec::new();
            Ciphertext::write_many(std::slice::from_ref(ciphertext), &mut out);
            out.len() as u64 - HEADER_BYTES
        };
        assert_eq!(x.keys.to_bytes().len() as u64, x.parameters.key_bytes().unwrap());
        assert_eq!(len(&fresh[0]), bytes(true));
        assert_eq!(len(&computed[0]), bytes(false));
        assert_eq!(len(&x.keys.square(&fresh[0]).unwrap()), bytes(false));
    }
}

#[test]
fn past_the_budget_decryption_is_wrong_and_the_margin_says_so() {
    let x = Setting::new(toy(36, 2, 30));
    let inputs = vectors(1, 9);
    let mut c = x.encrypt(&inputs)[0].clone();
    c = x.keys.square(&c).unwrap();
    c = x.keys.square(&c).unwrap();
    let found = x.decrypt(&c);
    assert!(found.margin_bits < 0.5, "{}", found.margin_bits);
    let wrong =
        (0..N).filter(|s| found.values[*s] != x.centre(i128::from(inputs[0][*s]).pow(4))).count();
    assert!(wrong > N / 2);
}

#[test]
fn bad_and_insecure_parameters_are_refused() {
    let n = 4096;
    let primes = ntt_primes(50, n, 3, &[]);
    let t = ntt_primes(20, n, 1, &[])[0];
    assert!(BfvParameters::new(n, &primes[..2], t).is_ok());
    assert!(matches!(BfvParameters::new(n, &primes, t), Err(BfvError::Insecure { max: 106, .. })));
    assert!(matches!(BfvParameters::new(1000, &primes, t), Err(BfvError::RingDegree { .. })));
    for bad in [&primes[..0], &primes[..1], &[primes[0], primes[0]], &[primes[0], 7], &[0, 1]] {
        let refused = BfvParameters::insecure(n, bad, t);
        assert!(matches!(refused, Err(BfvError::Primes { .. })), "{bad:?}");
    }
    // The last two: a prime of q, and a t that decryption could not tell from its neighbours.
    let near = ntt_primes(50, n, 4, &[])[3];
    for bad in [0, 1, 2, 15, 65_537 * 3, primes[0], near, u64::MAX] {
        let refused = BfvParameters::insecure(n, &primes[..2], bad);
        assert!(matches!(refused, Err(BfvError::PlaintextModulus { .. })), "{bad}");
    }
}

#[test]
fn cancelled_work_stops() {
    let x = Setting::new(toy(50, 2, 20));
    let cancel = Cancel::default();
    let c = x.encrypt(&vectors(1, 3));
    cancel.cancel();
    let watch = Watch::new(cancel.clone(), &|_| ());
    let seed = Seed::from_number(1);
    let refused = x.secret.encrypt(&x.parameters, &vectors(1, 3), &seed, &watch, "");
    assert!(matches!(refused, Err(BfvError::Cancelled(_))));
    let rows = [Row { columns: [0].into(), weights: vec![1] }];
    let map = Arc::new(LinearMap::new(1, &rows, 50).unwrap());
    let refused = linear(&x.parameters, &c, &map, &[0], &cancel, &|| ());
    assert!(matches!(refused, Err(BfvError::Cancelled(_))));
}
