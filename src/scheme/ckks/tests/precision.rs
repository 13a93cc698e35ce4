//! Predicted precision against measured, on all slots of a real ring.

use super::*;

/// N = 4096 with the chain of a shallow circuit.
fn setting(special: &[u32], rotations: &[i64]) -> Setting {
    let moduli = CkksModuli::find(4096, &[45, 40, 40], special, 1).unwrap();
    Setting::new(CkksParameters::insecure(4096, &moduli).unwrap(), 40, rotations)
}

fn agree(x: &Setting, what: &str, noise: Noise, c: &Ciphertext, expected: &[f64]) {
    let measured = x.secret.measure(&x.parameters, c, expected);
    let optimism = noise.rms_bits() - measured.rms_bits();
    assert!(optimism.abs() < 0.2, "{what}: {} {}", noise.rms_bits(), measured.rms_bits());
    let optimism = noise.max_bits(expected.len()) - measured.max_bits();
    let max = (noise.max_bits(expected.len()), measured.max_bits());
    assert!((-2.0..1.0).contains(&optimism), "{what}: {max:?}");
    assert!(measured.is_right(2f64.powf(-max.0 + 1.0)), "{what}");
}

#[test]
fn each_operation_is_as_precise_as_predicted() {
    for special in [&[][..], &[20], &[45]] {
        let x = setting(special, &[7]);
        let (p, v) = (&x.parameters, vectors(2, 4096, 21));
        let c = x.ciphertexts(&v);
        let fresh = Noise::fresh(p, &x.scale);
        agree(&x, "fresh", fresh, &c[0], &v[0]);
        let sum: Vec<f64> = v[0].iter().zip(&v[1]).map(|(a, b)| a + b).collect();
        agree(&x, "sum", fresh.plus(fresh), &p.add(&c[0], &c[1]).unwrap(), &sum);
        let watch = Watch::silent();

        // Mean square of numbers uniform in [-1, 1].
        let third = 1.0 / 3.0;
        let product: Vec<f64> = v[0].iter().zip(&v[1]).map(|(a, b)| a * b).collect();
        let noise = fresh.product(third, fresh, third);
        let three = p.multiply(&c[0], &c[1]).unwrap();
        agree(&x, "product", noise, &three, &product);
        for drop in 0..=1 {
            if drop == 0 && special.is_empty() {
                continue;
            }
            let two = x.keys.relinearise_and_rescale(p, vec![three.clone()], drop, &watch, "");
            let two = two.unwrap().remove(0);
            let added = Noise::of_phase(p.switch_and_rescale_variance(3, drop), two.scale());
            agree(&x, "relinearised", noise.plus(added), &two, &product);
        }
        let rescaled = p.rescale(vec![three], 1, &watch, "").unwrap().remove(0);
        let added = Noise::of_phase(p.rescale_variance(3, 1), rescaled.scale());
        let rms = x.secret.measure(p, &rescaled, &product).rms_bits();
        assert!((noise.plus(added).rms_bits() - rms).abs() < 0.3, "three parts: {rms}");

        let square: Vec<f64> = v[0].iter().map(|a| a * a).collect();
        agree(&x, "square", fresh.squared(third), &p.square(&c[0]).unwrap(), &square);

        if special == [45] {
            let turned = x.keys.rotate(p, vec![c[0].clone()], 7, 0, &watch, "").unwrap().remove(0);
            let added = Noise::of_phase(p.switch_and_rescale_variance(3, 0), turned.scale());
            let expected: Vec<f64> = (0..4096).map(|k| v[0][(k + 7) % 4096]).collect();
            agree(&x, "rotation", fresh.plus(added), &turned, &expected);
        }
    }
}

#[test]
fn an_exhausted_chain_is_reported() {
    let x = setting(&[45], &[]);
    let v = vectors(1, 4096, 22);
    let mut c = x.ciphertexts(&v)[0].clone();
    let mut expected = v[0].clone();
    let watch = Watch::silent();
    // Two squarings use the chain up; the third has nowhere to go.
    for step in 0..3 {
        let level = c.level();
        let square = x.parameters.square(&c).unwrap();
        let drop = usize::from(level > 1);
        c = x
            .keys
            .relinearise_and_rescale(&x.parameters, vec![square], drop, &watch, "")
            .unwrap()
            .remove(0);
        expected.iter_mut().for_each(|v| *v *= *v);
        let measured = x.secret.measure(&x.parameters, &c, &expected);
        assert_eq!(measured.is_right(1e-3), step < 2, "{step}: {measured:?}");
        if step == 2 {
            assert!(measured.margin_bits < MIN_MARGIN_BITS, "{measured:?}");
            assert!(measured.max_error > 1e-2);
        }
    }
    let rescaled = x.parameters.rescale(vec![c], 1, &watch, "");
    assert!(matches!(rescaled, Err(CkksError::Level { needed: 2, left: 1, .. })));
}
