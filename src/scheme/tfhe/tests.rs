use super::*;
use progress::Watch;
use ring::Seed;

/// Fast parameters, noisy enough that key noise is what is measured.
fn toy() -> TfheParameters {
    let pbs = Decomposition { base_log: 8, levels: 2 };
    let key_switch = Decomposition { base_log: 3, levels: 4 };
    let variances = (2f64.powi(-40), 2f64.powi(-48));
    TfheParameters::insecure_toy(96, (2, 256), (pbs, key_switch), variances).unwrap()
}

struct Keys {
    parameters: TfheParameters,
    secret: SecretKey,
    server: ServerKeys,
}

fn keys(parameters: TfheParameters, seed: u64) -> Keys {
    let seed = Seed::from_number(seed);
    let secret = SecretKey::generate(&parameters, &seed);
    let watch = Watch::silent();
    let sent = secret.server_keys(&parameters, true, &seed.derive("server", 0), &watch).unwrap();
    let server = sent.expand(&parameters, &watch).unwrap();
    Keys { parameters, secret, server }
}

/// Variance of phase minus message, as a fraction of the torus.
fn variance(pairs: impl Iterator<Item = (u32, u32)>) -> f64 {
    let errors: Vec<f64> =
        pairs.map(|(p, m)| f64::from(p.wrapping_sub(m) as i32) / 2f64.powi(32)).collect();
    assert!(errors.len() >= 1000);
    let mean = errors.iter().sum::<f64>() / errors.len() as f64;
    errors.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / (errors.len() - 1) as f64
}

fn close(what: &str, measured: f64, predicted: f64) {
    let ratio = measured / predicted;
    println!("{what}: variance {measured:.4e}, {ratio:.3} of the predicted");
    assert!((0.9..=1.1).contains(&ratio), "{what}: {measured:e} of {predicted:e}");
}

#[test]
fn noise_is_as_predicted_at_every_stage() {
    let Keys { parameters, secret, server } = keys(toy(), 1);
    let model = NoiseModel::new(&parameters);
    // The standard deviation of a measured variance is `sqrt(2 / samples)`: a tenth is five and more of them.
    let samples = 8192usize;
    let message = |i: usize| (i as u32).wrapping_mul(0x0100_0193) << 20;
    let messages: Vec<u32> = (0..samples).map(message).collect();
    let fresh = secret.encrypt(&parameters, &messages, &Seed::from_number(2)).expand(&parameters);
    let phases = secret.phases(&fresh).unwrap();
    close("fresh", variance(phases.into_iter().zip(messages.iter().copied())), model.fresh());

    // Three neighbours with weights 3, -2 and 1.
    let term = |i: usize| [(i, 3), (i + 1, -2), (i + 2, 1)].map(|(i, w)| ((i % samples) as u32, w));
    let mut sums = LweList::zeros(parameters.lwe_dimension, samples);
    for (i, out) in sums.chunks_mut().enumerate() {
        fresh.weighted_sum(term(i).into_iter(), 77, out).unwrap();
    }
    let expected: Vec<u32> = (0..samples)
        .map(|i| {
            let add = |sum: u32, (at, w): (u32, i32)| {
                sum.wrapping_add(messages[at as usize].wrapping_mul(w as u32))
            };
            term(i).into_iter().fold(77, add)
        })
        .collect();
    let phases = secret.phases(&sums).unwrap();
    let linear = 14.0 * model.fresh();
    close("weighted sum", variance(phases.into_iter().zip(expected.iter().copied())), linear);

    let switched: Vec<Switched> = sums.iter().map(|c| Switched::new(&parameters, c, 0)).collect();
    let phases = switched.iter().map(|s| secret.phase(&s.centred()).unwrap());
    let both = linear + model.modulus_switch(0);
    close("modulus switch", variance(phases.zip(expected.iter().copied())), both);

    let merged: Vec<Switched> = sums.iter().map(|c| Switched::new(&parameters, c, 1)).collect();
    let phases = merged.iter().map(|s| secret.phase(&s.centred()).unwrap());
    let both = linear + model.modulus_switch(1);
    close("modulus switch to half", variance(phases.zip(expected.iter().copied())), both);

    // The same value everywhere: what is left is noise.
    let constant = LookupPolynomial::new(&parameters, &[&|_| 1 << 28]);
    let given =
        server.bootstrap(&switched[..5000], &constant, 1, &Watch::silent()).unwrap().remove(0);
    let values: Vec<u32> = secret.phases(&given).unwrap();
    // On the far half of the circle the sign changes.
    let near = |v: u32| if (v as i32) > 0 { 1u32 << 28 } else { (1u32 << 28).wrapping_neg() };
    close("bootstrap", variance(values.iter().map(|v| (*v, near(*v)))), model.bootstrap());

    let messages: Vec<u32> = values.iter().map(|v| near(*v)).collect();
    let down = server.key_switch(&given.iter().collect::<Vec<_>>()).unwrap();
    let phases = secret.phases(&down).unwrap();
    let both = model.bootstrap() + model.key_switch();
    close("key switch", variance(phases.into_iter().zip(messages.iter().copied())), both);

    let packed = PackedLwes::new(&given, 12);
    let phases = secret.phases(&packed.expand()).unwrap();
    let both = model.bootstrap() + model.packing(12);
    close("packed outputs", variance(phases.into_iter().zip(messages)), both);
}

/// A staircase: position p gives step `p / 16`.
fn stairs(p: i64) -> u32 {
    (p.div_euclid(16) as i32 as u32) << 24
}

#[test]
fn a_table_reads_every_position_on_both_halves_of_the_circle() {
    // Without noise only rounding is left.
    let noiseless =
        TfheParameters::insecure_toy(16, (1, 256), (toy().pbs, toy().key_switch), (0.0, 0.0));
    let Keys { parameters, secret, server } = keys(noiseless.unwrap(), 3);
    let positions: Vec<i64> = (-256..256).step_by(16).map(|p| p + 8).collect();
    let torus = |p: i64| (p as i32 as u32) << (32 - 9);
    let messages: Vec<u32> = positions.iter().map(|p| torus(*p)).collect();
    let fresh = secret.encrypt(&parameters, &messages, &Seed::from_number(4)).expand(&parameters);
    for functions in [1, 2] {
        let second = |p: i64| stairs(p).wrapping_mul(3);
        let both: [&dyn Fn(i64) -> u32; 2] = [&stairs, &second];
        let table = LookupPolynomial::new(&parameters, &both[..functions]);
        let inputs: Vec<Switched> =
            fresh.iter().map(|c| Switched::new(&parameters, c, table.merged())).collect();
        let outputs = server.bootstrap(&inputs, &table, functions, &Watch::silent()).unwrap();
        for (function, list) in both.iter().zip(&outputs) {
            for (position, c) in positions.iter().zip(list.iter()) {
                let folded = match position {
                    -128..128 => function(*position),
                    128.. => function(position - 256).wrapping_neg(),
                    _ => function(position + 256).wrapping_neg(),
                };
                let error = secret.phase(c).unwrap().wrapping_sub(folded) as i32;
                assert!(error.unsigned_abs() < 1 << 22, "position {position}: off by {error}");
            }
        }
    }
}

#[test]
fn what_is_made_to_fail_fails_at_the_predicted_rate() {
    // Noise of a few positions, and a sum close to a step.
    let variances = ((4f64 / 512.0).powi(2), 2f64.powi(-66));
    let parameters =
        TfheParameters::insecure_toy(48, (1, 256), (toy().pbs, toy().key_switch), variances);
    let Keys { parameters, secret, server } = keys(parameters.unwrap(), 5);
    let model = NoiseModel::new(&parameters);
    let standard_deviation = (model.fresh() + model.modulus_switch(0)).sqrt() * 512.0;
    let table = LookupPolynomial::new(&parameters, &[&stairs]);
    let trials = 3000;
    for distance in [2i64, 6] {
        // A sum `distance` positions above the step from -1 to 0.
        let message = (distance as u32) << (32 - 9);
        let messages = vec![message; trials];
        let seed = Seed::from_number(6 + distance as u64);
        let fresh = secret.encrypt(&parameters, &messages, &seed).expand(&parameters);
        let inputs: Vec<Switched> =
            fresh.iter().map(|c| Switched::new(&parameters, c, 0)).collect();
        let given = server.bootstrap(&inputs, &table, 1, &Watch::silent()).unwrap().remove(0);
        let read = |p: u32| (p.wrapping_add(1 << 23) as i32) >> 24;
        let steps: Vec<i32> = secret.phases(&given).unwrap().into_iter().map(read).collect();
        let below = steps.iter().filter(|s| **s < 0).count() as u64;
        let predicted = upper_tail(distance as f64, standard_deviation);
        let (low, high) = rate_interval(below, trials as u64, 0.99);
        assert!(
            (low..=high).contains(&predicted),
            "{below} of {trials} fell at distance {distance}: {low} to {high}, predicted {predicted}"
        );
        assert!(below > 100, "this set is made to fail");
        assert!(steps.iter().all(|s| (-2..=1).contains(s)), "never by more than a step or two");
    }
}

#[test]
fn a_wrong_key_reads_nothing() {
    let parameters = toy();
    let (right, wrong) = (
        SecretKey::generate(&parameters, &Seed::from_number(1)),
        SecretKey::generate(&parameters, &Seed::from_number(2)),
    );
    let messages = vec![1u32 << 30; 1000];
    let list = right.encrypt(&parameters, &messages, &Seed::from_number(3)).expand(&parameters);
    let within = |key: &SecretKey| {
        let phases = key.phases(&list).unwrap();
        let near =
            phases.iter().filter(|p| (p.wrapping_sub(1 << 30) as i32).unsigned_abs() < 1 << 24);
        near.count()
    };
    assert_eq!(within(&right), 1000);
    // By chance one in 128 of uniform phases is this near.
    assert!(within(&wrong) < 30, "{}", within(&wrong));
}

#[test]
fn the_same_seed_gives_the_same_keys_and_ciphertexts() {
    let parameters = toy();
    let make = |number: u64| {
        let seed = Seed::from_number(number);
        let secret = SecretKey::generate(&parameters, &seed);
        let keys = secret.server_keys(&parameters, true, &seed, &Watch::silent()).unwrap();
        let inputs = secret.encrypt(&parameters, &[1 << 30; 5], &seed);
        (keys.to_bytes(&parameters), inputs.to_bytes(&parameters))
    };
    assert_eq!(make(1), make(1));
    let ((a, b), (c, d)) = (make(1), make(2));
    assert!(a != c && b != d);
}

#[test]
fn messages_come_back_and_broken_ones_are_refused() {
    let parameters = toy();
    let seed = Seed::from_number(1);
    let secret = SecretKey::generate(&parameters, &seed);
    let watch = Watch::silent();
    for key_switch in [false, true] {
        let keys = secret.server_keys(&parameters, key_switch, &seed, &watch).unwrap();
        let bytes = keys.to_bytes(&parameters);
        assert_eq!(bytes.len() as u64, CompressedKeys::byte_len(&parameters, key_switch));
        assert_eq!(CompressedKeys::from_bytes(&parameters, &bytes).unwrap(), keys);
        assert!(CompressedKeys::from_bytes(&parameters, &bytes[1..]).is_err());
        assert!(CompressedKeys::from_bytes(&parameters, &bytes[..bytes.len() - 1]).is_err());
        let mut with_bits = bytes.clone();
        with_bits[25] = 1;
        let text = CompressedKeys::from_bytes(&parameters, &with_bits).unwrap_err().to_string();
        assert!(text.contains("0 is the only value"), "{text}");
    }
    let inputs = secret.encrypt(&parameters, &[5; 7], &seed);
    let bytes = inputs.to_bytes(&parameters);
    assert_eq!(bytes.len() as u64, SeededLwes::byte_len(7));
    assert_eq!(SeededLwes::from_bytes(&parameters, &bytes).unwrap(), inputs);
    for cut in 0..bytes.len() {
        assert!(SeededLwes::from_bytes(&parameters, &bytes[..cut]).is_err(), "cut at {cut}");
    }
    let mut list = LweList::zeros(parameters.big_dimension(), 3);
    let words = list.chunks_mut().flat_map(|c| c.iter_mut()).enumerate();
    words.for_each(|(i, w)| *w = (i as u32).wrapping_mul(0x9e37_79b9));
    for bits in [8, 13, 18, 32] {
        let packed = PackedLwes::new(&list, bits);
        let bytes = packed.to_bytes(&parameters);
        assert_eq!(bytes.len() as u64, PackedLwes::byte_len(&parameters, 3, bits));
        assert_eq!(PackedLwes::from_bytes(&parameters, &bytes).unwrap(), packed);
        assert!(PackedLwes::from_bytes(&parameters, &bytes[..bytes.len() - 1]).is_err());
    }
    // What the header says is checked before anything is made of it.
    let refused = |bytes: &[u8], part: &str| {
        let text = SeededLwes::from_bytes(&parameters, bytes).unwrap_err().to_string();
        assert!(text.contains(part), "{text}");
    };
    let with = |at: usize, value: u8| {
        let mut broken = bytes.clone();
        broken[at] = value;
        broken
    };
    refused(&with(0, b'X'), "CST1");
    refused(&with(4, 3), "message kind 3 where 1");
    refused(&with(5, bytes[5] ^ 1), "other parameters");
    refused(&with(24, 255), "at most");
    refused(&with(21, 8), "are needed");
    // The byte "bits" has one value where nothing is packed: no message has two encodings.
    for bits in [1, 8, 32, 255] {
        refused(&with(25, bits), "0 is the only value");
    }
}

#[test]
fn insecure_parameters_are_refused_with_the_reason() {
    let pbs = Decomposition { base_log: 23, levels: 1 };
    let key_switch = Decomposition { base_log: 4, levels: 3 };
    let both = (pbs, key_switch);
    let good = TfheParameters::secure(700, (4, 512), pbs, key_switch).unwrap();
    assert!(good.security_bits() >= 128);
    let quiet = (good.lwe_variance / 4.0, good.glwe_variance);
    let text = TfheParameters::with_noise(700, (4, 512), both, quiet).unwrap_err().to_string();
    assert!(text.contains("LWE dimension 700") && text.contains("larger dimension"), "{text}");
    let quiet = (good.lwe_variance, good.glwe_variance / 4.0);
    let text = TfheParameters::with_noise(700, (4, 512), both, quiet).unwrap_err().to_string();
    assert!(text.contains("GLWE dimension 2048"), "{text}");
    assert!(TfheParameters::secure(0, (4, 512), pbs, key_switch).is_err());
    assert!(TfheParameters::secure(700, (4, 500), pbs, key_switch).is_err());
    assert!(TfheParameters::secure(700, (9, 512), pbs, key_switch).is_err());
    let deep = Decomposition { base_log: 8, levels: 4 };
    assert!(TfheParameters::secure(700, (4, 512), pbs, deep).is_err());
    let loud = (0.5, good.glwe_variance);
    assert!(TfheParameters::with_noise(700, (4, 512), both, loud).is_err());
}

#[test]
fn key_generation_stops_when_asked() {
    let parameters = toy();
    let secret = SecretKey::generate(&parameters, &Seed::from_number(1));
    let cancel = progress::Cancel::default();
    cancel.cancel();
    let watch = Watch::new(cancel, &|_| ());
    let stopped = secret.server_keys(&parameters, true, &Seed::from_number(1), &watch);
    assert_eq!(stopped.err(), Some(TfheError::Cancelled(progress::Cancelled)));
}

#[test]
fn the_curve_of_security_is_the_one_of_the_crate() {
    use tfhe::core_crypto::commons::noise_formulas::secure_noise::*;
    use tfhe::core_crypto::prelude::LweDimension;
    for dimension in [500, 700, 900, 1536, 2048, 4096] {
        for bits in [32, 64] {
            let theirs = minimal_lwe_variance_for_132_bits_security_gaussian(
                LweDimension(dimension),
                2f64.powi(bits as i32),
            );
            let ours = minimal_variance(dimension, bits);
            assert!((ours / theirs.0 - 1.0).abs() < 1e-9, "{dimension} {bits}");
        }
    }
}

#[test]
fn predictions_are_those_of_the_crate_for_secure_noise() {
    use tfhe::core_crypto::commons::noise_formulas::{lwe_keyswitch, lwe_programmable_bootstrap};
    use tfhe::core_crypto::prelude::{
        DecompositionBaseLog, DecompositionLevelCount, GlweDimension, LweDimension, PolynomialSize,
    };
    let (pbs, switch) = (
        super::Decomposition { base_log: 23, levels: 1 },
        super::Decomposition { base_log: 3, levels: 5 },
    );
    let p = TfheParameters::secure(750, (4, 512), pbs, switch).unwrap();
    let model = NoiseModel::new(&p);
    let theirs = lwe_programmable_bootstrap::pbs_variance_132_bits_security_gaussian_fft_mul(
        LweDimension(750),
        GlweDimension(4),
        PolynomialSize(512),
        DecompositionBaseLog(23),
        DecompositionLevelCount(1),
        53.0,
        2f64.powi(64),
    );
    assert!((model.bootstrap() / theirs.0 - 1.0).abs() < 1e-3);
    let theirs = lwe_keyswitch::keyswitch_additive_variance_132_bits_security_gaussian(
        LweDimension(2048),
        LweDimension(750),
        DecompositionBaseLog(3),
        DecompositionLevelCount(5),
        2f64.powi(32),
        2f64.powi(32),
    );
    assert!((model.key_switch() / theirs.0 - 1.0).abs() < 1e-3);
}

#[test]
fn one_level_and_several_read_the_same_table() {
    let messages: Vec<u32> = (0..30).map(|i| (i * 17 + 4) << 23).collect();
    let parameters_with = |pbs: Decomposition| {
        let variances = (2f64.powi(-50), 2f64.powi(-100));
        let made = TfheParameters::insecure_toy(40, (2, 256), (pbs, toy().key_switch), variances);
        made.unwrap()
    };
    let (one, two) =
        (Decomposition { base_log: 24, levels: 1 }, Decomposition { base_log: 12, levels: 2 });
    let list = {
        let parameters = parameters_with(one);
        let secret = SecretKey::generate(&parameters, &Seed::from_number(7));
        secret.encrypt(&parameters, &messages, &Seed::from_number(8)).expand(&parameters)
    };
    let read = |pbs: Decomposition| -> Vec<i32> {
        let Keys { parameters, secret, server } = keys(parameters_with(pbs), 7);
        let inputs: Vec<Switched> = list.iter().map(|c| Switched::new(&parameters, c, 0)).collect();
        let table = LookupPolynomial::new(&parameters, &[&|p| (p as u32) << 20]);
        let given = server.bootstrap(&inputs, &table, 1, &Watch::silent()).unwrap().remove(0);
        let noise = 8.0 * NoiseModel::new(&parameters).bootstrap().sqrt() * 2f64.powi(32);
        assert!(noise < 2f64.powi(19), "noise leaves the table readable");
        let entry = |c: &[u32]| (secret.phase(c).unwrap().wrapping_add(1 << 19) as i32) >> 20;
        given.iter().map(entry).collect()
    };
    // The same keys and ciphertexts: the same entries, by our rotation and by the crate's.
    let one = read(one);
    assert_eq!(one, read(two));
    assert!(one.windows(2).filter(|w| w[0] != w[1]).count() > 20);
}

#[test]
fn two_messages_under_one_seed_share_neither_masks_nor_errors() {
    let parameters = toy();
    let seed = Seed::from_number(1);
    let secret = SecretKey::generate(&parameters, &seed);
    let a: Vec<u32> = (0..256).map(|i| i << 24).collect();
    let mut b = a.clone();
    b[255] ^= 1 << 31;
    let encrypt = |messages: &[u32]| secret.encrypt(&parameters, messages, &seed);
    assert_eq!(encrypt(&a), encrypt(&a));
    let errors = |messages: &[u32]| -> Vec<u32> {
        let phases = secret.phases(&encrypt(messages).expand(&parameters)).unwrap();
        phases.iter().zip(messages).map(|(p, m)| p.wrapping_sub(*m)).collect()
    };
    let same = errors(&a).iter().zip(errors(&b)).filter(|(e, f)| **e == *f).count();
    assert!(same < 4, "{same} errors of 256 are the same");
    let (one, other) = (encrypt(&a).expand(&parameters), encrypt(&b).expand(&parameters));
    assert!(one.iter().zip(other.iter()).all(|(c, d)| c[0] != d[0]), "masks");
    assert_ne!(encrypt(&a).seed, encrypt(&b).seed);
}
