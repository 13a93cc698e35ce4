//! A small network, layer by layer and against floating point.

use super::*;
use progress::Cancel;
use ring::{LinearMap, Probe, Row};
use std::sync::Arc;

fn dense(weights: &[Vec<f64>], scale: &Scale, bias: &[f64]) -> SegmentOp {
    let columns: Arc<[u32]> = (0..weights[0].len() as u32).collect();
    let row = |w: &Vec<f64>| Row {
        columns: Arc::clone(&columns),
        weights: round_weights(w, scale).unwrap(),
    };
    let rows: Vec<Row> = weights.iter().map(row).collect();
    let map = LinearMap::new(weights[0].len(), &rows, 40).unwrap();
    SegmentOp::Linear { map: Arc::new(map), weight_scale: scale.clone(), bias: bias.to_vec() }
}

fn plain(weights: &[Vec<f64>], bias: &[f64], x: &[f64]) -> Vec<f64> {
    let sum = |w: &Vec<f64>| w.iter().zip(x).map(|(w, x)| w * x).sum::<f64>();
    weights.iter().zip(bias).map(|(w, b)| sum(w) + b).collect()
}

fn run(x: &Setting, ops: Vec<SegmentOp>, input: &SegmentInput, probes: &[Probe]) -> SegmentOutput {
    Segment { ops }.run(&x.parameters, input, probes, &Cancel::default(), &|| ()).unwrap()
}

#[test]
fn a_network_of_two_layers() {
    let x = Setting::new(toy(&[40, 40, 40, 40], &[20], 1), 34, &[]);
    let (inputs, first, second) = (vectors(5, N, 41), vectors(4, 5, 42), vectors(2, 4, 43));
    let (bias, last_bias) = ([0.3, -0.2, 0.0, 1.5], [0.25, -7.0]);
    let batch = x.encrypt(&inputs);
    // The weights of the second layer also bring the scale back to what it was.
    let weight_scale = Scale::power_of_two(12);
    let squared = x.scale.times(&weight_scale).squared();
    let wanted = Scale::power_of_two(34 + 40 + 40);
    let ops = vec![
        dense(&first, &weight_scale, &bias),
        SegmentOp::Square,
        dense(&second, &wanted.over(&squared), &last_bias),
    ];
    assert_eq!(Segment { ops: ops.clone() }.scale_after(&x.scale), wanted);
    let probes = [Probe { op: 0, index: 3 }, Probe { op: 1, index: 0 }];
    let out = run(&x, ops.clone(), &SegmentInput::Fresh(&batch), &probes);
    let watch = Watch::silent();
    let sums = out.ciphertexts.clone();
    let low = x.keys.relinearise_and_rescale(&x.parameters, sums, 2, &watch, "").unwrap();
    let hidden = |k: usize| {
        let slot: Vec<f64> = inputs.iter().map(|v| v[k]).collect();
        plain(&first, &bias, &slot)
    };
    // Weights are off by up to half of their unit, times five inputs, squared.
    assert!(max_error(&x.decrypt(&out.probes[0]), (0..N).map(|k| hidden(k)[3])) < 1e-3);
    assert!(max_error(&x.decrypt(&out.probes[1]), (0..N).map(|k| hidden(k)[0].powi(2))) < 4e-3);
    for (at, c) in low.iter().enumerate() {
        assert_eq!((c.components(), c.level()), (2, 2));
        assert!((c.scale().log2() - 34.0).abs() < 1e-5);
        let expected = (0..N).map(|k| {
            let squares: Vec<f64> = hidden(k).iter().map(|h| h * h).collect();
            plain(&second, &last_bias, &squares)[at]
        });
        assert!(max_error(&x.decrypt(c), expected) < 2e-2);
    }
    // Computed inputs, at a lower level, with exact weights.
    let exact = vec![vec![1.0, -2.0], vec![3.0, 0.5]];
    let more = run(
        &x,
        vec![dense(&exact, &Scale::power_of_two(1), &[0.0, -1.0]), SegmentOp::Square],
        &SegmentInput::Computed(&low),
        &[],
    );
    let now: Vec<Vec<f64>> = low.iter().map(|c| x.decrypt(c)).collect();
    for (at, c) in more.ciphertexts.iter().enumerate() {
        let expected =
            (0..N).map(|k| plain(&exact, &[0.0, -1.0], &[now[0][k], now[1][k]])[at].powi(2));
        let expected: Vec<f64> = expected.collect();
        let largest = expected.iter().fold(1f64, |m, v| m.max(v.abs()));
        assert!(max_error(&x.decrypt(c), expected) < 1e-5 * largest);
    }
    assert_eq!(out.op_secs.len(), 3);
}

#[test]
fn carried_messages_stay_as_they_are_beside_squares_and_at_other_scales() {
    let x = Setting::new(toy(&[40, 40, 40, 40], &[40], 1), 34, &[]);
    let inputs = vectors(3, N, 51);
    let batch = x.encrypt(&inputs);
    let first = SegmentOp::SquareFirst { count: 1 };
    let out = run(&x, vec![first.clone()], &SegmentInput::Fresh(&batch), &[]).ciphertexts;
    let watch = Watch::silent();
    let low = x.keys.relinearise_and_rescale(&x.parameters, out.clone(), 1, &watch, "").unwrap();
    let squares: Vec<f64> = inputs[0].iter().map(|v| v * v).collect();
    for all in [&out, &low] {
        assert!(all.iter().all(|c| c.scale() == all[0].scale()));
        assert!(max_error(&x.decrypt(&all[0]), squares.clone()) < 1e-6);
        for (c, input) in all.iter().zip(&inputs).skip(1) {
            assert!(max_error(&x.decrypt(c), input.clone()) < 1e-6);
        }
    }
    assert_eq!(low[1].components(), 2);
    let map = dense(&[vec![1.0, -2.0, 0.5]], &Scale::power_of_two(8), &[0.25]);
    let sum = run(&x, vec![first, map], &SegmentInput::Fresh(&batch), &[]).ciphertexts;
    let expected = (0..N).map(|k| squares[k] - 2.0 * inputs[1][k] + 0.5 * inputs[2][k] + 0.25);
    assert!(max_error(&x.decrypt(&sum[0]), expected) < 1e-6);
    // To a scale that is no ratio of theirs, two levels below.
    let wanted = Scale::of(1.37 * 2f64.powi(31)).unwrap();
    let fresh = x.ciphertexts(&inputs);
    let carried = x.parameters.carry(fresh.clone(), &wanted, 2, &watch, "").unwrap();
    for (c, input) in carried.iter().zip(&inputs) {
        assert_eq!((c.scale(), c.level(), c.components()), (&wanted, 2, 2));
        assert!(max_error(&x.decrypt(c), input.clone()) < 1e-6);
    }
    for level in [0, 4] {
        let refused = x.parameters.carry(fresh.clone(), &wanted, level, &watch, "");
        assert!(matches!(refused, Err(CkksError::Level { .. })));
    }
}

#[test]
fn segments_that_do_not_fit_are_refused() {
    let x = Setting::new(toy(&[40, 40], &[20], 1), 34, &[]);
    let batch = x.encrypt(&vectors(2, N, 44));
    let unit = Scale::power_of_two(0);
    let map = || dense(&vectors(1, 3, 45), &unit, &[0.0]);
    let attempt = |ops: Vec<SegmentOp>, input: &SegmentInput, probes: &[Probe]| {
        Segment { ops }.run(&x.parameters, input, probes, &Cancel::default(), &|| ()).unwrap_err()
    };
    let fresh = SegmentInput::Fresh(&batch);
    let error = attempt(vec![map()], &fresh, &[]);
    assert_eq!(error, CkksError::Segment { inputs: 2, components: 2 });
    let squares = vec![SegmentOp::Square, SegmentOp::Square];
    assert!(matches!(attempt(squares, &fresh, &[]), CkksError::Segment { .. }));
    let probe = [Probe { op: 0, index: 2 }];
    assert!(matches!(attempt(vec![SegmentOp::Square], &fresh, &probe), CkksError::Segment { .. }));
    let mut mixed = x.ciphertexts(&vectors(2, N, 44));
    mixed[1].scale = Scale::power_of_two(33);
    let error = attempt(vec![SegmentOp::Square], &SegmentInput::Computed(&mixed), &[]);
    assert!(matches!(error, CkksError::ScaleMismatch { .. }));
    mixed[1] = mixed[0].clone().at_level(1);
    let error = attempt(vec![SegmentOp::Square], &SegmentInput::Computed(&mixed), &[]);
    assert!(matches!(error, CkksError::Segment { .. }));
    assert!(round_weights(&[3.0], &Scale::power_of_two(30)).is_err());
    assert!(round_weights(&[f64::NAN], &unit).is_err());
    let cancel = Cancel::default();
    cancel.cancel();
    let stopped =
        Segment { ops: vec![SegmentOp::Square] }.run(&x.parameters, &fresh, &[], &cancel, &|| ());
    assert!(matches!(stopped, Err(CkksError::Cancelled(_))));
}
