//! Recurrent models that come with the program, on their data.

use cryptoscope::data::{self, Shape};
use cryptoscope::network::accuracy;
use cryptoscope::network::recurrent::{self, CellKind, RecurrentModel, Sequences};
use cryptoscope::network::train::{RecurrentOptions, RecurrentRecipe, RecurrentTraining};
use cryptoscope::progress::{Cancel, Watch};
use cryptoscope::recurrent::SequenceSession;
use cryptoscope::scenario::{Scenario, SequenceRequest};
use std::path::Path;
use std::sync::Arc;

/// Accuracy of a model on the test part of a dataset.
fn judged(model: &RecurrentModel, dataset: &str, data_dir: Option<&Path>) -> f64 {
    let dataset = data::open(dataset, data_dir).expect("opens");
    let Shape::Sequence { steps, .. } = dataset.shape() else { panic!("no sequences") };
    let test = dataset.test();
    let raw = Sequences { inputs: &test.inputs, lengths: &test.lengths, steps };
    let prepared = model.prepare(raw).expect("fits");
    let logits = model.forward(&prepared, &Watch::silent()).expect("runs");
    accuracy(&logits, model.classes(), &test.labels)
}

fn scenarios() -> Vec<Scenario> {
    Scenario::built_in().into_iter().filter(|s| s.sequence.is_some()).collect()
}

#[test]
fn every_recurrent_scenario_has_its_model_and_its_recipe() {
    assert_eq!(scenarios().len(), 6);
    for scenario in scenarios() {
        let model = recurrent::open(&scenario.model).expect("built in");
        let original = model.provenance().original.clone().expect("trained from tanh");
        assert_eq!(original, format!("{}-tanh", scenario.model));
        for name in [&scenario.model, &original] {
            let recipe = RecurrentRecipe::built_in(name).expect("there is one");
            assert_eq!(recipe.dataset, scenario.dataset, "{name}");
        }
        let polynomial = |m: &RecurrentModel| {
            let functions = m.layers().iter().flat_map(|l| l.functions());
            functions.map(|(_, function)| function.is_polynomial()).collect::<Vec<_>>()
        };
        assert!(polynomial(&model).iter().all(|p| *p));
        assert!(!polynomial(&recurrent::open(&original).expect("built in")).contains(&true));
    }
}

#[test]
fn the_generated_waves_are_told_apart() {
    let cells = ["cryptornn", "cryptornn-gru", "cryptornn-lstm"];
    for name in cells.into_iter().flat_map(|name| [name.to_owned(), format!("{name}-tanh")]) {
        let model = recurrent::open(&name).expect("built in");
        let found = judged(&model, "waves", None);
        assert!((found - model.provenance().test_accuracy.expect("known")).abs() < 1e-9);
        assert!(found >= 0.98, "{name}: {found}");
    }
}

#[test]
#[ignore = "needs the public sets: CRYPTOSCOPE_DATA"]
fn the_models_reach_their_accuracy_on_public_sets() {
    let dir = crate::public_sets::folder();
    for (name, least) in [
        ("cryptornn-power", 0.95),
        ("cryptornn-ecg", 0.80),
        ("cryptornn-vowels", 0.95),
        ("cryptornn-sentiment", 0.75),
        ("cryptornn-mnist-rows", 0.97),
    ] {
        for name in [name.to_owned(), format!("{name}-tanh")] {
            let model = recurrent::open(&name).expect("built in");
            let dataset = RecurrentRecipe::built_in(&name).expect("there is one").dataset;
            let found = judged(&model, &dataset, Some(&dir));
            assert!((found - model.provenance().test_accuracy.expect("known")).abs() < 2e-3);
            assert!(found >= least, "{name}: {found}");
        }
    }
}

#[test]
fn gates_and_two_layers_are_trained_planned_and_run_encrypted() {
    let dataset = Arc::new(data::open("waves", None).expect("made"));
    let like = RecurrentRecipe::built_in("cryptornn-tanh").expect("there is one");
    let few = RecurrentOptions { hidden: 4, epochs: 2, ..RecurrentOptions::default() };
    for options in [
        RecurrentOptions { cell: CellKind::Gru, ..few.clone() },
        RecurrentOptions { cell: CellKind::Lstm, ..few.clone() },
        RecurrentOptions { layers: 2, ..few },
    ] {
        let recipe = options.recipe("mine", &like).expect("in range");
        let training = RecurrentTraining {
            recipe: &recipe,
            dataset: &dataset,
            seed: 1,
            validation: Some(600),
            patience: None,
        };
        let trained = training.run(&Watch::silent(), &mut |_| {}).expect("trains");
        assert!(trained.history[1].loss < trained.history[0].loss);
        let saved = RecurrentModel::from_bytes(&trained.model.to_bytes(), "mine").expect("reads");
        assert_eq!(saved, trained.model);
        let sequence = Some(SequenceRequest { steps: Some(4), ..SequenceRequest::default() });
        // So little training leaves outputs nearly equal: what their gaps need may not fit, and the
        // precision is asked for.
        let scenario = Scenario::open("cryptornn").expect("built in");
        let scenario = scenario.with_setting("scheme.precision_bits=10").expect("a setting");
        let scenario = Scenario { sequence, images: Some(12), seed: 1, ..scenario };
        let session =
            SequenceSession::with(&scenario, Arc::clone(&dataset), Arc::new(saved)).expect("fits");
        let report = session.run(&Cancel::default(), &|_| ()).expect("runs");
        assert!(report.is_right(), "{:?}", report.encrypted);
        assert_eq!(report.encrypted.agreement, 1.0);
        assert!(report.scheme.security_bits >= 128);
    }
}

#[test]
fn choices_of_a_training_are_settings() {
    let typed = |settings: &[&str]| {
        let words = ["cryptoscope", "train", "cryptornn"].into_iter();
        let settings = settings.iter().flat_map(|s| ["--set", s]);
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let status = cryptoscope::cli::run(words.chain(settings), &mut out, &mut err);
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        (status, text(out), text(err))
    };
    let few = ["train.cell=gru", "train.hidden=3", "train.epochs=1", "train.degree=2"];
    let (status, out, _) = typed(&few);
    assert_eq!(status, 0);
    assert!(out.contains("polynomial") && out.contains("not saved"), "{out}");
    for (wrong, said) in [
        ("train.colour=red", "no choice colour"),
        ("train.layers=3", "1 to 2 are possible"),
        ("train.cell=cnn", "elman, gru, lstm are possible"),
    ] {
        let (status, _, err) = typed(&[wrong]);
        assert_eq!(status, 2);
        assert!(err.contains(said), "{err}");
    }
}
