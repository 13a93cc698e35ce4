//! Strategies side by side on small random models.

use crate::{StrategyEvent, StrategyRequest, Study, compare_strategies};
use activation::{Activation, Method, Polynomial};
use circuit::NoiseStrategy;
use data::{Dataset, Shape, Split};
use network::recurrent::{CellKind, RecurrentModel};
use progress::Cancel;
use recurrent::SequenceSession;
use ring::Seed;
use scenario::{Scenario, SequenceRequest};
use std::sync::Arc;

fn dataset(channels: usize, steps: usize, samples: usize) -> Dataset {
    let mut stream = Seed::from_number(5).stream(0);
    let mut unit = || (stream.next_u64() >> 40) as f32 / (1u64 << 24) as f32 * 2.0 - 1.0;
    let mut split = || Split {
        inputs: (0..samples * steps * channels).map(|_| unit()).collect(),
        labels: (0..samples).map(|i| (i % 3) as u16).collect(),
        lengths: Vec::new(),
    };
    let (train, test) = (split(), split());
    let classes = ["a", "b", "c"].map(str::to_owned).to_vec();
    let shape = Shape::Sequence { steps, channels };
    Dataset::new("waves", "test", shape, classes, Vec::new(), train, test).unwrap()
}

fn session(model: RecurrentModel, dataset: Dataset, choice: SequenceRequest) -> SequenceSession {
    let scenario = Scenario { sequence: Some(choice), seed: 1, ..Scenario::built_in().remove(0) };
    SequenceSession::with(&scenario, Arc::new(dataset), Arc::new(model)).unwrap()
}

#[test]
fn a_chain_in_a_comparison_is_as_long_as_its_plan_says() {
    let cubic = Activation::Polynomial(Polynomial::new(vec![0.0, 1.0, 0.0, -1.0 / 3.0]));
    let model =
        RecurrentModel::random(2, 3, 3, 1, CellKind::Elman, 3).with_activations(&[Some(cubic)]);
    let choice = SequenceRequest { steps: None, ..SequenceRequest::default() };
    let mut session = session(model.unwrap(), dataset(2, 12, 8), choice);
    session.scenario.scheme.ring_degree = Some(16_384);
    let longest = session.circuit(&Cancel::default()).unwrap().sequence.longest_chain;
    assert!(longest >= 4, "{longest}");
    let request = StrategyRequest::default();
    let rows = compare_strategies(&session, &request, &Cancel::default(), &|_| ()).unwrap().rows;
    let chain = rows.iter().find(|r| r.strategy == NoiseStrategy::Levelled).unwrap();
    assert_eq!((chain.longest_chain, chain.steps), (longest, longest));
    let note = chain.note.as_deref().unwrap_or_default();
    assert!(note.contains(&format!("one chain carries {longest} at 128 bits")), "{note}");
}

#[test]
fn strategies_and_polynomials_are_compared_and_rows_stay_when_it_is_stopped() {
    let model = RecurrentModel::random(2, 3, 3, 1, CellKind::Elman, 3);
    let choice = SequenceRequest { steps: Some(4), ..SequenceRequest::default() };
    let mut session = session(model, dataset(2, 6, 20), choice);
    session.scenario.activation.degree = 3;
    session.scenario.activation.interval = 3.0;
    let activations = vec![Method::Minimax, Method::Taylor];
    let request = StrategyRequest { row_secs: Some(1e-3), activations };
    let told = std::sync::Mutex::new(Vec::new());
    let comparison = compare_strategies(&session, &request, &Cancel::default(), &|event| {
        if let StrategyEvent::Row { row, report } = event {
            assert_eq!(report.is_some(), row.refused.is_none());
            told.lock().unwrap().push(*row);
        }
    })
    .unwrap();
    assert_eq!(*told.lock().unwrap(), comparison.rows);
    assert!(comparison.is_right());
    let (ran, refused): (Vec<_>, Vec<_>) =
        comparison.rows.iter().partition(|r| r.refused.is_none());
    // The model has no polynomial of its own.
    assert!(refused.iter().all(|r| r.refused.as_ref().unwrap().contains("no polynomial")));
    let names: Vec<&str> = ran.iter().map(|r| r.activation.as_str()).collect();
    let mut expected = vec!["minimax, degree 3", "Taylor, degree 3", "exact, by the client"];
    if cfg!(feature = "tfhe") {
        expected.push("exact, by a table");
        let note = ran[3].note.as_ref().unwrap();
        assert!(note.starts_with("2 of 20 sequences: all of them"), "{note}");
        assert!(ran[3].one_sequence.rounds == 1 && ran[3].rounds == 2);
    }
    assert_eq!(
        names.iter().map(|n| n.to_lowercase()).collect::<Vec<_>>(),
        expected.iter().map(|n| n.to_lowercase()).collect::<Vec<_>>()
    );
    for row in &ran {
        assert!(row.latency_secs > 0.0 && row.sequences_per_sec > 0.0);
        assert_eq!((row.end_to_end.len(), row.security_bits >= 128), (4, true));
    }

    let cancel = Cancel::default();
    let stopped = compare_strategies(&session, &request, &cancel, &|event| {
        if let StrategyEvent::Row { row, .. } = event
            && row.refused.is_none()
        {
            cancel.cancel();
        }
    })
    .unwrap();
    assert!(stopped.rows_left > 0 && stopped.rows.iter().any(|r| r.refused.is_none()));
}
