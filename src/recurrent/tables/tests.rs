//! Whole runs on lookup tables.

use crate::tests::{dataset, session};
use circuit::NoiseStrategy;
use data::Dataset;
use network::recurrent::{CellKind, RecurrentModel};
use progress::Cancel;
use report::{Event, Phase};
use scenario::SequenceRequest;
use std::sync::Mutex;

#[test]
fn bootstrapping_keeps_the_noise_flat_and_the_answers_right() {
    let model = RecurrentModel::random(2, 3, 3, 1, CellKind::Elman, 3);
    let choice =
        SequenceRequest { strategy: NoiseStrategy::Bootstrap, ..SequenceRequest::default() };
    let mut session = session(model, dataset(2, 4, 12, true), choice);
    session.scenario.images = Some(3);
    let told = Mutex::new(vec![(Phase::Plain, 0.0)]);
    let report = session
        .run(&Cancel::default(), &|event| {
            if let Event::Progress { phase, fraction, .. } = event {
                told.lock().unwrap().push((phase, fraction));
            }
        })
        .unwrap();
    // Keys are no evaluation, and unpacking them all is not the whole.
    let told = told.into_inner().unwrap();
    assert!(told.windows(2).all(|w| w[0].0 <= w[1].0 && w[0].1 <= w[1].1), "{told:?}");
    assert!(told.iter().all(|(phase, done)| *phase == Phase::Evaluate || *done < 0.1), "{told:?}");
    assert!(told.last().is_some_and(|(_, done)| *done > 0.7), "{told:?}");
    assert!(report.is_right(), "{:?}", report.encrypted);
    assert_eq!(report.scheme.kind, "tfhe");
    let sequence = report.sequence.unwrap();
    assert_eq!(sequence.rounds, 3);
    // The first step has no state yet, and so less noise; from then on it is the same.
    let predicted: Vec<f64> = sequence.per_step.iter().map(|s| s.margin_bits_predicted).collect();
    assert!(predicted[1] >= 40.0 && predicted[0] >= predicted[1]);
    assert!(predicted[1..].iter().all(|m| *m == predicted[1]));
    // Three units, four steps, three sequences: too few lookups to tell a margin from.
    assert!(sequence.per_step.iter().all(|s| s.margin_bits_measured.is_none()));
}

#[test]
fn sequences_far_outside_of_calibration_are_counted_and_wrong() {
    let model = RecurrentModel::random(2, 3, 3, 1, CellKind::Elman, 3);
    let choice =
        SequenceRequest { strategy: NoiseStrategy::Bootstrap, ..SequenceRequest::default() };
    let data = dataset(2, 4, 12, true);
    let mut test = data.test().clone();
    test.inputs.iter_mut().for_each(|x| *x *= 100.0);
    let (classes, train) = (data.classes().to_vec(), data.train().clone());
    let far = Dataset::new("waves", "test", data.shape(), classes, Vec::new(), train, test);
    let mut session = session(model, far.unwrap(), choice);
    session.scenario.images = Some(6);
    let report = session.run(&Cancel::default(), &|_| ()).unwrap();
    let of = |what: &str| report.clipping.iter().find(|c| c.what == what).unwrap();
    assert_eq!(of("inputs").clipped.samples, 6);
    assert!(of("inputs").clipped.factor > 20.0);
    let kinds: Vec<&str> = report.warnings.iter().map(|w| w.kind.as_str()).collect();
    assert!(kinds.contains(&"input_clipped"), "{kinds:?}");
    assert_eq!(report.encrypted.clipped_answers > 0, kinds.contains(&"clipped_answers"));
    assert!(kinds.contains(&"sums_outside") && !report.is_right(), "{kinds:?}");
    // The reference folds sums back as encryption does: every lookup is right. (Scores of such states
    // leave their room on the circle, which is reported.)
    assert!(report.stages.iter().all(|s| s.wrong_values == 0), "{:?}", report.stages);
}

#[test]
fn cells_that_tables_do_not_carry_are_refused() {
    let choice =
        SequenceRequest { strategy: NoiseStrategy::Bootstrap, ..SequenceRequest::default() };
    let gated = RecurrentModel::random(2, 3, 3, 1, CellKind::Gru, 3);
    let refused = session(gated, dataset(2, 4, 12, false), choice);
    let error = refused.run(&Cancel::default(), &|_| ()).unwrap_err().to_string();
    assert!(error.contains("cells with gates"), "{error}");
}
