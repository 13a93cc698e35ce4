//! The attack on whole trainings of the built-in digits, in plaintext: the integers are those that an
//! encrypted training reveals.

use super::plaintext::Plaintext;
use crate::view::{InputEncoding, ServerStep, ServerView};
use crate::*;
use progress::Cancel;
use std::sync::LazyLock;

const SAMPLES: usize = 640;
const BATCH: usize = 32;
const PER_EPOCH: usize = SAMPLES / BATCH;

struct Case {
    pool: Pool,
    labels: Vec<u16>,
    view: ServerView,
    accuracy: f64,
}

/// Three epochs of 64-32-10 on the digits; the first two mini-batches are written down.
static DIGITS: LazyLock<Case> = LazyLock::new(|| {
    let dataset = data::open("digits", None).unwrap();
    let train = dataset.train();
    let (low, high) =
        train.inputs.iter().fold((f32::MAX, f32::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
    let encode = |v: &f32| ((v - low) / (high - low) * 100.0).round();
    let similar: Vec<f32> = dataset.test().inputs.iter().map(encode).collect();
    let pool = Pool {
        indices: (0..SAMPLES).collect(),
        values: train.inputs[..SAMPLES * 64].iter().map(encode).collect(),
        input_len: 64,
        range: 100.0,
        background: Background::of(&similar, 64, 100.0),
    };
    let labels = train.labels[..SAMPLES].to_vec();
    let training = Plaintext {
        pool: &pool,
        labels: &labels,
        hidden: 32,
        classes: 10,
        batch: BATCH,
        rate: 0.3,
        weight_scale: 100.0,
        delta_scale: 100.0,
        input_scale: 100.0,
    };
    let (view, accuracy) = training.train(3 * PER_EPOCH, 2, 1);
    Case { pool, labels, view, accuracy }
});

fn score(batch: usize, seen: usize, settings: &LeakOptions) -> Score {
    let background = DIGITS.pool.background.as_ref();
    let found = reconstruct(&DIGITS.view, batch, seen, settings, background, &Cancel::default());
    DIGITS.pool.score(&found.unwrap().unwrap())
}

fn products() -> LeakOptions {
    LeakOptions { sources: LeakSources::Products, ..LeakOptions::default() }
}

#[test]
fn one_step_gives_a_mini_batch_away() {
    assert!(DIGITS.accuracy > 0.75, "the network learns: {}", DIGITS.accuracy);
    let before = score(0, 0, &LeakOptions::default());
    assert!(before.mean_squared_error > 0.1 && before.known_share == 0.0, "{before:?}");
    let after = score(0, 1, &LeakOptions::default());
    assert!(after.mean_squared_error < 1e-3 && after.identified == 1.0, "{after:?}");
}

#[test]
fn products_alone_take_two_uses_and_then_the_server_is_certain() {
    let first = score(0, 1, &products());
    assert_eq!(first.known_share, 0.5);
    assert!(first.identified > 0.4 && first.certain == 0.0, "{first:?}");
    let second = score(0, PER_EPOCH + 1, &products());
    assert!(second.mean_squared_error < 1e-4 && second.identified == 1.0, "{second:?}");
    let third = score(0, 2 * PER_EPOCH + 1, &products());
    assert!(third.mean_squared_error < 1e-9 && third.certain == 1.0, "{third:?}");
}

#[test]
fn the_linear_program_works_on_single_samples() {
    let settings = LeakOptions { method: AttackMethod::LinearProgram, ..products() };
    let first = score(0, 1, &settings);
    assert!(first.identified > 0.4 && first.mean_squared_error < 0.08, "{first:?}");
}

#[test]
fn under_a_limit_it_stops_however_long_the_training_goes_on() {
    let limit = |rows| LeakOptions { most_rows: Some(rows), ..LeakOptions::default() };
    let last = 3 * PER_EPOCH;
    let (early, late) = (score(1, 2, &limit(4)), score(1, last, &limit(4)));
    assert_eq!(early, late);
    assert!(late.identified < 0.25 && late.mean_squared_error > 0.05, "{late:?}");
    let wider = score(1, last, &limit(16));
    assert!(wider.mean_squared_error < late.mean_squared_error, "{wider:?}");
}

#[test]
fn who_knows_similar_data_needs_fewer_equations() {
    let limit = LeakOptions { most_rows: Some(8), ..LeakOptions::default() };
    let similar = LeakOptions { similar: true, ..limit.clone() };
    let (plain, knowing) = (score(0, 1, &limit), score(0, 1, &similar));
    assert!(knowing.mean_squared_error < 0.6 * plain.mean_squared_error, "{plain:?} {knowing:?}");
    assert_eq!(knowing.known_share, plain.known_share);
    let all = score(0, PER_EPOCH + 1, &LeakOptions { similar: true, ..LeakOptions::default() });
    assert_eq!(
        (all.identified, all.certain),
        (1.0, 1.0),
        "what is likely does not stand against what is known"
    );
}

#[test]
fn fewer_units_make_it_worse() {
    let open = score(0, 1, &products());
    let units = score(0, 1, &LeakOptions { units: Some(8), ..products() });
    assert!(units.mean_squared_error > 1.3 * open.mean_squared_error, "{units:?}");
}

#[test]
fn labels_are_read_off_the_differences() {
    let leak = labels(&DIGITS.view, PER_EPOCH);
    assert_eq!(leak.recovered.len(), 2 * BATCH);
    assert_eq!(leak.right(|s| DIGITS.labels.get(s).copied()), 1.0);
    assert!(labels(&DIGITS.view, 0).recovered.is_empty());
}

#[test]
fn the_report_has_falling_curves_and_says_what_chance_is() {
    let label = |s: usize| DIGITS.labels.get(s).copied();
    let report = report(&DIGITS.view, &DIGITS.pool, label, &Cancel::default()).unwrap();
    assert_eq!((report.samples, report.pool), (2 * BATCH, SAMPLES));
    for curve in &report.curves {
        assert_eq!(curve.points[0].steps, 0);
        let errors = curve.points.iter().map(|p| p.score.mean_squared_error);
        let falls = errors.clone().zip(errors.skip(1)).all(|(a, b)| b <= a * 1.05 + 1e-9);
        assert!(falls, "{curve:?}");
    }
    let back: LeakReport = serde_json::from_str(&serde_json::to_string(&report).unwrap()).unwrap();
    assert_eq!(back.curves.len(), report.curves.len());
}

#[test]
fn a_convolution_gives_the_image_away_at_once() {
    // 3 filters of 3x3 with padding on images of 6x6: 108 equations for 36 pixels.
    let side = 6_i32;
    let windows: Vec<Vec<Option<usize>>> = (0..side * side)
        .map(|at| {
            let (y, x) = (at / side, at % side);
            let pixel = |k: i32| {
                let (y, x) = (y + k / 3 - 1, x + k % 3 - 1);
                let inside = (0..side).contains(&y) && (0..side).contains(&x);
                inside.then_some((y * side + x) as usize)
            };
            (0..9).map(pixel).collect()
        })
        .collect();
    let weights: Vec<Vec<i32>> = (0..3)
        .map(|u| (0..9).map(|k| (u * 37 + k * 23 + u * k * 11) % 41 - 20).collect())
        .collect();
    let image: Vec<f32> = (0..36).map(|i| ((i * 29) % 101) as f32).collect();
    let product = |window: &Vec<Option<usize>>, row: &Vec<i32>| {
        window
            .iter()
            .zip(row)
            .filter_map(|(at, w)| Some(i64::from(*w) * image[(*at)?] as i64))
            .sum()
    };
    let products = windows
        .iter()
        .flat_map(|w| weights.iter().map(move |r| (w, r)))
        .map(|(w, r)| product(w, r));
    let step = ServerStep {
        samples: vec![5],
        products: vec![products.collect()],
        weights: weights.clone(),
        ..ServerStep::default()
    };
    let encoding = InputEncoding {
        input_len: 36,
        range: (0, 100),
        vector_len: 9,
        windows,
        ..Default::default()
    };
    let view = ServerView { encoding, steps: vec![step], ..ServerView::default() };
    let pool =
        Pool { indices: vec![5], values: image, input_len: 36, range: 100.0, background: None };
    let found = reconstruct(&view, 0, 1, &LeakOptions::default(), None, &Cancel::default());
    let found = found.unwrap().unwrap();
    assert_eq!(found.certain, 1);
    assert!(pool.score(&found).mean_squared_error < 1e-9);
}
