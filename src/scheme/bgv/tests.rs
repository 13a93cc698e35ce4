//! BGV against big integers, against itself on the wire, and against what it must refuse.

use super::*;
use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive, Zero};
use progress::{Cancel, Watch};
use proptest::prelude::*;
use ring::{LinearMap, Probe, Row, Seed, ntt_primes};
use std::sync::Arc;

const N: usize = 64;

fn toy(prime_bits: u32, count: usize, t_bits: u32) -> BgvParameters {
    let primes = ntt_primes(prime_bits, N, count, &[]);
    let t = ntt_primes(t_bits, N, 1, &primes)[0];
    BgvParameters::insecure(N, &primes, t).unwrap()
}

struct Setting {
    parameters: BgvParameters,
    secret: SecretKey,
    keys: EvaluationKeys,
    /// The secret's coefficients, drawn again from its seed.
    s: Vec<BigInt>,
}

impl Setting {
    fn new(parameters: BgvParameters) -> Self {
        let seed = Seed::from_number(11);
        let secret = SecretKey::generate(&parameters, &seed);
        let keys = secret.evaluation_keys(&parameters, &seed.derive("keys", 0));
        let mut s = vec![0i64; parameters.degree()];
        seed.derive("bgv secret", 0).stream(0).ternary(&mut s);
        Self { parameters, secret, keys, s: s.into_iter().map(BigInt::from).collect() }
    }

    fn encrypt(&self, vectors: &[Vec<i64>]) -> FreshBatch {
        let seed = Seed::from_number(12);
        self.secret.encrypt(&self.parameters, vectors, &seed, &Watch::silent(), "").unwrap()
    }

    fn run(&self, segment: &Segment, input: &SegmentInput, probes: &[Probe]) -> SegmentOutput {
        segment.run(&self.parameters, input, probes, &Cancel::default(), &|| ()).unwrap()
    }

    /// The centred plaintext polynomial with these values in its slots.
    fn encode(&self, values: &[i64]) -> Vec<i64> {
        let mut words = vec![0; self.parameters.degree()];
        self.parameters.encode(values, &mut words);
        words.into_iter().map(|w| self.parameters.t().center(w)).collect()
    }

    fn values(&self, c: &Ciphertext, count: usize) -> Vec<i64> {
        self.secret.decrypt(&self.parameters, c).values[..count].to_vec()
    }

    /// The phase by big integers: coefficients by Chinese remainders, schoolbook products with s.
    fn phase(&self, c: &Ciphertext) -> Vec<BigInt> {
        let (basis, level) = (self.parameters.basis(), c.level());
        let q: BigInt = (0..level).map(|j| BigInt::from(basis.modulus(j).value())).product();
        let mut sum = vec![BigInt::zero(); N];
        let mut power = vec![BigInt::zero(); N];
        power[0] = BigInt::from(1);
        for component in &c.components {
            let mut component = component.clone();
            basis.to_coefficients(&mut component);
            let coefficients: Vec<BigInt> = (0..N)
                .map(|k| {
                    (0..level).fold(BigInt::zero(), |acc, j| {
                        let p = BigInt::from(basis.modulus(j).value());
                        let others = &q / &p;
                        let inverse = others.modinv(&p).expect("distinct primes");
                        (acc + BigInt::from(component.row(j)[k]) * inverse % &p * others) % &q
                    })
                })
                .collect();
            add_product(&mut sum, &coefficients, &power);
            let mut next = vec![BigInt::zero(); N];
            add_product(&mut next, &power, &self.s);
            power = next;
        }
        let half = &q / 2;
        let center = |x: BigInt| {
            let x = ((x % &q) + &q) % &q;
            if x > half { x - &q } else { x }
        };
        sum.into_iter().map(center).collect()
    }
}

fn add_product(out: &mut [BigInt], a: &[BigInt], b: &[BigInt]) {
    for (i, x) in a.iter().enumerate() {
        for (j, y) in b.iter().enumerate() {
            let product = x * y;
            if i + j < N { out[i + j] += product } else { out[i + j - N] -= product }
        }
    }
}

fn dense(weights: &[&[i32]], bias: &[i128]) -> SegmentOp {
    let columns: Arc<[u32]> = (0..weights[0].len() as u32).collect();
    let rows: Vec<Row> = weights
        .iter()
        .map(|w| Row { columns: Arc::clone(&columns), weights: w.to_vec() })
        .collect();
    let map = LinearMap::new(weights[0].len(), &rows, 48).unwrap();
    SegmentOp::Linear { map: Arc::new(map), bias: bias.to_vec() }
}

fn vectors(count: usize, bound: i64) -> Vec<Vec<i64>> {
    (0..count as i64)
        .map(|v| {
            (0..N as i64).map(|s| ((v * 37 + s * 101 + 5) % (2 * bound + 1)) - bound).collect()
        })
        .collect()
}

#[test]
fn fresh_phases_are_message_plus_t_times_a_small_error() {
    let x = Setting::new(toy(40, 3, 20));
    let inputs = vectors(3, 7);
    let batch = x.encrypt(&inputs);
    for (index, vector) in inputs.iter().enumerate() {
        let c = batch.ciphertext(&x.parameters, index).unwrap();
        let phase = x.phase(&c);
        let message = x.encode(vector);
        let t = BigInt::from(x.parameters.t().value());
        for (p, m) in phase.iter().zip(&message) {
            let e = (p - m) / &t;
            assert_eq!(p - m, &e * &t);
            assert!(e.abs() <= BigInt::from(21));
        }
        let decrypted = x.secret.decrypt(&x.parameters, &c);
        assert_eq!(&decrypted.values, vector);
        let max = phase.iter().map(|p| p.abs()).max().unwrap().to_f64().unwrap().log2();
        let expected = x.parameters.basis().log2(3) - 1.0 - max;
        assert!((decrypted.margin_bits - expected).abs() < 1e-6);
    }
}

#[test]
fn sums_squares_and_biases_are_those_of_the_slots() {
    let x = Setting::new(toy(48, 3, 30));
    let inputs = vectors(3, 7);
    let batch = x.encrypt(&inputs);
    let segment = Segment {
        ops: vec![
            dense(&[&[1, -2, 3], &[-7, 0, 7]], &[5, -6]),
            SegmentOp::Square,
            dense(&[&[2, -3]], &[100]),
        ],
    };
    let probes = [Probe { op: 0, index: 1 }, Probe { op: 1, index: 0 }];
    let out = x.run(&segment, &SegmentInput::Fresh(&batch), &probes);
    assert_eq!((out.ciphertexts.len(), out.ciphertexts[0].components()), (1, 3));
    let h = |s: usize| {
        let (a, b, c) = (inputs[0][s], inputs[1][s], inputs[2][s]);
        [a - 2 * b + 3 * c + 5, -7 * a + 7 * c - 6]
    };
    let per_slot = |f: &dyn Fn(usize) -> i64| (0..N).map(f).collect::<Vec<_>>();
    assert_eq!(x.values(&out.probes[0], N), per_slot(&|s| h(s)[1]));
    assert_eq!(x.values(&out.probes[1], N), per_slot(&|s| h(s)[0].pow(2)));
    let expected = per_slot(&|s| 2 * h(s)[0].pow(2) - 3 * h(s)[1].pow(2) + 100);
    assert_eq!(x.values(&out.ciphertexts[0], N), expected);
    // The same through big integers: the phase is the message modulo t.
    let t = BigInt::from(x.parameters.t().value());
    let message = x.encode(&expected);
    for (p, m) in x.phase(&out.ciphertexts[0]).iter().zip(message) {
        assert!(((p - m) % &t).is_zero());
    }
}

#[test]
fn carried_messages_stay_as_they_are_beside_squares() {
    let x = Setting::new(toy(48, 4, 30));
    let inputs = vectors(2, 50);
    let first = Segment { ops: vec![dense(&[&[1, 1], &[1, -1]], &[0, 3]), SegmentOp::Square] };
    let squares = x.run(&first, &SegmentInput::Fresh(&x.encrypt(&inputs)), &[]).ciphertexts;
    let watch = Watch::silent();
    // With a prime dropped messages have a factor other than 1.
    let low = x.keys.relinearise_and_switch(&x.parameters, squares, 1, &watch, "").unwrap();
    assert_ne!(low[0].scale, 1);
    let now: Vec<Vec<i64>> = low.iter().map(|c| x.values(c, N)).collect();
    let first = SegmentOp::SquareFirst { count: 1 };
    let alone = Segment { ops: vec![first.clone()] };
    let kept = x.run(&alone, &SegmentInput::Computed(&low), &[]).ciphertexts;
    assert_eq!(kept[0].scale, kept[1].scale);
    let expected: Vec<i64> = now[0].iter().map(|v| v * v).collect();
    assert_eq!((x.values(&kept[0], N), x.values(&kept[1], N)), (expected, now[1].clone()));
    // No key is switched where there is no square of the secret, and the prime goes all the same.
    let down = x.keys.relinearise_and_switch(&x.parameters, kept.clone(), 1, &watch, "").unwrap();
    let mut short = kept[1].clone();
    short.components.pop();
    assert_eq!(down[1], short.switch(&x.parameters));
    assert_eq!(x.values(&down[1], N), now[1]);
    let sum = Segment { ops: vec![first, dense(&[&[2, -5]], &[7])] };
    let sum = x.run(&sum, &SegmentInput::Computed(&low), &[]).ciphertexts;
    let expected: Vec<i64> =
        now[0].iter().zip(&now[1]).map(|(a, b)| 2 * a * a - 5 * b + 7).collect();
    assert_eq!(x.values(&sum[0], N), expected);
}

#[test]
fn relinearisation_and_switching_keep_the_message_up_to_the_factor() {
    let x = Setting::new(toy(48, 4, 30));
    let inputs = vectors(2, 50);
    let batch = x.encrypt(&inputs);
    let segment = Segment { ops: vec![dense(&[&[1, 1], &[1, -1]], &[0, 3]), SegmentOp::Square] };
    let squared = x.run(&segment, &SegmentInput::Fresh(&batch), &[]).ciphertexts;
    let expected: Vec<i64> = (0..N).map(|s| (inputs[0][s] - inputs[1][s] + 3).pow(2)).collect();
    let relinearised = x.keys.relinearise(&x.parameters, squared[1].clone());
    assert_eq!((relinearised.components(), relinearised.level()), (2, 4));
    assert_eq!(x.values(&relinearised, N), expected);
    let before = x.phase(&relinearised);
    let switched = relinearised.clone().switch(&x.parameters);
    assert_eq!((switched.level(), x.values(&switched, N)), (3, expected.clone()));
    // p c' = c - t u: the phase divided by p, up to t (1 + |s|_1) / 2 in each coefficient.
    let p = BigInt::from(x.parameters.basis().modulus(3).value());
    let bound = BigInt::from(x.parameters.t().value()) * (N as i64 + 1) / 2;
    for (after, before) in x.phase(&switched).iter().zip(before) {
        assert!((after * &p - before).abs() <= &p * &bound);
    }
    // And the next segment, with biases scaled by the factor, on the switched ciphertexts.
    let watch = Watch::silent();
    let both = x.keys.relinearise_and_switch(&x.parameters, squared, 1, &watch, "").unwrap();
    assert_eq!(both[1], switched);
    let next =
        Segment { ops: vec![dense(&[&[0, 1]], &[-9]), SegmentOp::Square, dense(&[&[3]], &[7])] };
    let out = x.run(&next, &SegmentInput::Computed(&both), &[]).ciphertexts;
    let expected: Vec<i64> = expected.iter().map(|v| 3 * (v - 9).pow(2) + 7).collect();
    let t = x.parameters.t();
    let expected: Vec<i64> = expected.iter().map(|v| t.center(t.reduce_signed(*v))).collect();
    assert_eq!(x.values(&out[0], N), expected);
}

#[test]
fn a_circuit_past_its_budget_decrypts_to_something_else() {
    let x = Setting::new(toy(30, 1, 20));
    let inputs = vectors(1, 100);
    let batch = x.encrypt(&inputs);
    let segment = Segment { ops: vec![SegmentOp::Square] };
    let out = x.run(&segment, &SegmentInput::Fresh(&batch), &[]).ciphertexts;
    let decrypted = x.secret.decrypt(&x.parameters, &out[0]);
    let expected: Vec<i64> = inputs[0].iter().map(|v| v * v).collect();
    assert_ne!(decrypted.values, expected);
    assert!(decrypted.margin_bits < 1.0, "the phase fills the modulus: {}", decrypted.margin_bits);
}

#[test]
fn the_wrong_key_gives_noise_not_the_message() {
    let x = Setting::new(toy(40, 2, 20));
    let inputs = vectors(1, 7);
    let c = x.encrypt(&inputs).ciphertext(&x.parameters, 0).unwrap();
    let other = SecretKey::generate(&x.parameters, &Seed::from_number(99));
    let decrypted = other.decrypt(&x.parameters, &c);
    assert_ne!(decrypted.values, inputs[0]);
    assert!(decrypted.margin_bits < 2.0);
}

#[test]
fn fresh_noise_has_the_stated_deviation() {
    let x = Setting::new(toy(40, 2, 20));
    let batch = x.encrypt(&vec![vec![0; N]; 64]);
    let t = x.parameters.t().value() as f64;
    let mut squares = 0.0;
    let mut samples = 0;
    for index in 0..batch.len() {
        for p in x.phase(&batch.ciphertext(&x.parameters, index).unwrap()) {
            squares += (p.to_f64().unwrap() / t).powi(2);
            samples += 1;
        }
    }
    // 4096 samples, relative standard error of a variance sqrt(2/n) = 2.2 %: five of them.
    assert!(samples >= 1000);
    let variance = squares / f64::from(samples);
    assert!((variance / 10.5 - 1.0).abs() < 0.11, "{variance}");
}

#[test]
fn encryption_is_the_same_for_the_same_seed_and_different_for_another() {
    let x = Setting::new(toy(40, 2, 20));
    let inputs = vectors(2, 7);
    assert_eq!(x.encrypt(&inputs), x.encrypt(&inputs));
    let watch = Watch::silent();
    let seed = Seed::from_number(13);
    let other = x.secret.encrypt(&x.parameters, &inputs, &seed, &watch, "").unwrap();
    assert_ne!(x.encrypt(&inputs), other);
}

#[test]
fn insecure_and_unfit_parameters_are_refused_with_the_reason() {
    let primes = ntt_primes(48, 8192, 5, &[]);
    let t = ntt_primes(20, 8192, 1, &[])[0];
    assert!(BgvParameters::new(8192, &primes[..4], t).is_ok());
    let text = BgvParameters::new(8192, &primes, t).unwrap_err().to_string();
    assert!(text.contains("less than 128 bits") && text.contains("at most 214"), "{text}");
    assert!(matches!(BgvParameters::new(1000, &primes, t), Err(BgvError::RingDegree { n: 1000 })));
    let bad_t = BgvParameters::new(8192, &primes[..4], 65_537 + 2);
    assert!(matches!(bad_t, Err(BgvError::PlaintextModulus { .. })));
    let same = BgvParameters::new(8192, &primes[..2], primes[0]);
    assert!(matches!(same, Err(BgvError::PlaintextModulus { .. })));
    let twice = BgvParameters::new(8192, &[primes[0], primes[0]], t);
    assert!(matches!(twice, Err(BgvError::Primes { .. })));
}

#[test]
fn messages_survive_the_wire_and_have_the_predicted_length() {
    let x = Setting::new(toy(43, 3, 20));
    let p = &x.parameters;
    let batch = x.encrypt(&vectors(3, 7));
    let bytes = batch.to_bytes(p);
    assert_eq!(bytes.len() as u64, FreshBatch::byte_len(p, 3));
    assert_eq!(FreshBatch::from_bytes(p, &bytes).unwrap(), batch);
    let bytes = x.keys.to_bytes(p);
    assert_eq!(bytes.len() as u64, EvaluationKeys::byte_len(p));
    assert_eq!(EvaluationKeys::from_bytes(p, &bytes).unwrap(), x.keys);
    let segment = Segment { ops: vec![SegmentOp::Square] };
    let out = x.run(&segment, &SegmentInput::Fresh(&batch), &[]).ciphertexts;
    let bytes = Ciphertext::many_to_bytes(p, &out);
    assert_eq!(bytes.len() as u64, Ciphertext::byte_len(p, 3, 3, 3));
    assert_eq!(Ciphertext::many_from_bytes(p, &bytes).unwrap(), out);
}

#[test]
fn messages_for_other_parameters_or_of_another_kind_are_refused() {
    let (x, y) = (Setting::new(toy(43, 3, 20)), toy(43, 3, 21));
    let bytes = x.encrypt(&vectors(1, 7)).to_bytes(&x.parameters);
    let text = FreshBatch::from_bytes(&y, &bytes).unwrap_err().to_string();
    assert!(text.contains("other parameters"), "{text}");
    let text = EvaluationKeys::from_bytes(&x.parameters, &bytes).unwrap_err().to_string();
    assert!(text.contains("message kind 1 where 2"), "{text}");
    let mut longer = bytes.clone();
    longer.push(0);
    assert!(FreshBatch::from_bytes(&x.parameters, &longer).is_err());
    let mut large = bytes;
    let len = large.len();
    large[len - 8..].fill(0xff);
    let text = FreshBatch::from_bytes(&x.parameters, &large).unwrap_err().to_string();
    assert!(text.contains("not below its prime"), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn damaged_messages_are_refused_or_read_never_more(cut in 0usize..3000, at in 0usize..3000, bit in 0u8..8) {
        let x = toy(43, 2, 20);
        let secret = SecretKey::generate(&x, &Seed::from_number(1));
        let bytes = secret
            .encrypt(&x, &vectors(1, 7), &Seed::from_number(2), &Watch::silent(), "").unwrap().to_bytes(&x);
        if cut < bytes.len() {
            prop_assert!(FreshBatch::from_bytes(&x, &bytes[..cut]).is_err());
            prop_assert!(Ciphertext::many_from_bytes(&x, &bytes[..cut]).is_err());
            prop_assert!(EvaluationKeys::from_bytes(&x, &bytes[..cut]).is_err());
        }
        let mut flipped = bytes.clone();
        let at = at % bytes.len();
        flipped[at] ^= 1 << bit;
        // A flip in the header is refused; one in a residue or the seed gives another ciphertext.
        if let Ok(read) = FreshBatch::from_bytes(&x, &flipped) {
            prop_assert!(at >= 35);
            prop_assert_eq!(read.to_bytes(&x), flipped);
        }
    }

    #[test]
    fn slots_survive_encoding(values in prop::collection::vec(-500_000i64..500_000, 0..=N)) {
        let x = toy(43, 2, 20);
        let t = x.t();
        let mut words = vec![1; N];
        x.encode(&values, &mut words);
        prop_assert!(words.iter().all(|c| *c < t.value()));
        let back = x.decode(words, 1);
        for (slot, got) in back.iter().enumerate() {
            let value = values.get(slot).copied().unwrap_or(0);
            prop_assert_eq!(*got, t.center(t.reduce_signed(value)));
        }
    }
}

#[test]
fn a_cancelled_encryption_stops() {
    let x = Setting::new(toy(40, 2, 20));
    let cancel = Cancel::default();
    cancel.cancel();
    let watch = Watch::new(cancel, &|_| ());
    let result = x.secret.encrypt(&x.parameters, &vectors(2, 7), &Seed::from_number(1), &watch, "");
    assert!(result.is_err());
}

#[test]
fn two_messages_under_one_seed_share_neither_masks_nor_errors() {
    let x = Setting::new(toy(40, 3, 20));
    let a = vec![(0..N as i64).collect::<Vec<_>>(); 2];
    let mut b = a.clone();
    b[1][N - 1] += 1;
    let (one, again, other) = (x.encrypt(&a), x.encrypt(&a), x.encrypt(&b));
    assert_eq!(one.to_bytes(&x.parameters), again.to_bytes(&x.parameters));
    let t = BigInt::from(x.parameters.t().value());
    let errors = |batch: &FreshBatch, vectors: &[Vec<i64>], index: usize| -> Vec<BigInt> {
        let phase = x.phase(&batch.ciphertext(&x.parameters, index).unwrap());
        let message = x.encode(&vectors[index]).into_iter().map(BigInt::from);
        phase.into_iter().zip(message).map(|(p, m)| (p - m) / &t).collect()
    };
    for index in 0..2 {
        let (e, f) = (errors(&one, &a, index), errors(&other, &b, index));
        assert!(e.iter().chain(&f).all(|e| e.abs() <= BigInt::from(21)));
        // By chance one in 11 is the same.
        let same = e.iter().zip(&f).filter(|(e, f)| e == f).count();
        assert!(same < N / 3, "{same} errors of {N} are the same");
        let mask = |batch: &FreshBatch| {
            batch.ciphertext(&x.parameters, index).unwrap().components[1].clone()
        };
        let (e, f) = (mask(&one), mask(&other));
        assert!(e.row(0).iter().zip(f.row(0)).all(|(e, f)| e != f));
    }
    // Keys with other primes, too.
    let y = Setting::new(toy(41, 3, 20));
    assert_ne!(x.keys.seed, y.keys.seed);
}
