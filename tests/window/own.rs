//! From data or a model file to an encrypted answer with the real engine, clicks counted.

use crate::drive::{WIDE, until, until_over, until_planned};
use crate::person::{Kept, Person, slopes, table};
use cryptoscope::app::{History, TaskStatus};
use cryptoscope::circuit::NoiseStrategy;
use cryptoscope::network::train::{OwnTraining, Purpose, TrainedModel, own_recipe};
use cryptoscope::network::{Network, Normalisation};
use cryptoscope::scenario::SchemeSelector;
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use std::path::Path;

/// Most clicks from nothing to an encrypted answer, training included; and from a model file.
const FROM_DATA: usize = 6;
const FROM_MODEL: usize = 4;

#[test]
fn iris_goes_from_nothing_to_an_encrypted_answer_in_six_clicks() {
    let mut person = Person::new();
    person.click(Role::ComboBox, "Dataset");
    person.button("iris");
    until_planned(&mut person.h);
    person.button("New network");
    person.button("Train new network");
    person.until_trained();
    assert!(person.has("Trained network") && person.has("Original"));
    let new = &person.h.state().state().new_network;
    let trained = new.training.trained.as_ref().expect("a network");
    assert!(trained.first_accuracy().is_some_and(|a| a > 0.85));
    let TrainedModel::Layers(trained) = trained.as_ref() else { panic!("a table has layers") };
    assert!(trained.integers.as_ref().is_some_and(|i| i.accuracy > 0.85));
    person.button("Run encrypted");
    person.has_right_answers(30);
    assert!(person.clicks <= FROM_DATA, "{} clicks", person.clicks);
    let state = person.h.state().state();
    assert_eq!((state.scenario.dataset.as_str(), state.scenario.name.as_str()), ("iris", "iris"));
    assert!(person.has("iris, BGV"), "it is among my models");
}

#[test]
fn a_table_goes_from_nothing_to_an_encrypted_answer_in_six_clicks() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = table(folder.path());
    let mut person = Person::new();
    person.click(Role::ComboBox, "Dataset");
    person.button("Open dataset…");
    person.choose(&path, "Open");
    until_planned(&mut person.h);
    person.button("New network");
    person.button("Train new network");
    person.until_trained();
    person.button("Run encrypted");
    let tested = person.h.state().state().data.as_ref().expect("data").dataset.test().len();
    person.has_right_answers(tested);
    assert!(person.clicks <= FROM_DATA, "{} clicks", person.clicks);
}

#[test]
fn sequences_go_from_nothing_to_an_encrypted_answer_in_six_clicks() {
    let folder = tempfile::tempdir().expect("a folder");
    let sentences = (0..100).map(|i| match i % 4 {
        0 | 2 => format!("a film {} good,praise\n", ["was", "is", "seems"][i % 3]),
        _ => format!("a film {} bad,blame\n", ["was", "is", "seems"][i % 3]),
    });
    let opinions = format!("text,label\n{}", sentences.collect::<String>());
    let words = folder.path().join("opinions.csv");
    std::fs::write(&words, opinions).expect("writes");
    for (path, rows) in [
        (slopes(folder.path()), "elman 16, dense classes"),
        (words, "embed 16, elman 16, dense classes"),
    ] {
        let mut person = Person::new();
        person.click(Role::ComboBox, "Dataset");
        person.button("Open dataset…");
        person.choose(&path, "Open");
        until_planned(&mut person.h);
        person.button("New network");
        let blueprint = &person.h.state().state().new_network.blueprint;
        assert_eq!((blueprint.text.as_str(), blueprint.purpose), (rows, Purpose::Polynomials));
        person.button("Train new network");
        person.until_trained();
        assert!(person.has("Trained network") && person.has("Original"));
        person.button("Run encrypted");
        person.has_right_answers(20);
        assert!(person.clicks <= FROM_DATA, "{} clicks", person.clicks);
        let stem = path.file_stem().expect("a name").to_string_lossy();
        assert!(person.has(&format!("{stem}, CKKS")), "it is among my models");
        let setup = &person.h.state().state().scenario;
        assert!(setup.sequence.is_some() && setup.name == stem);
    }
}

#[test]
fn a_model_file_goes_to_an_encrypted_answer_in_four_clicks() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mine.safetensors");
    let recipe =
        |data| own_recipe("mine", "dense 8, tanh, dense classes", data, Purpose::Polynomials);
    let data = cryptoscope::data::open("iris", None).expect("built in");
    let recipe = recipe(&data).expect("fits").with_epochs(20).expect("some");
    let watch = cryptoscope::progress::Watch::silent();
    let (recipe, dataset, command) = (&recipe, &data, "made here".to_owned());
    let (seed, validation, patience) = (3, None, None);
    let training = OwnTraining { recipe, dataset, seed, validation, command, patience };
    let trained = training.run(&watch, &mut |_| {}).expect("trains");
    std::fs::write(&path, trained.to_bytes()).expect("writes");
    let mut person = Person::new();
    person.click(Role::ComboBox, "Model");
    person.button("Open model…");
    person.choose(&path, "Open");
    until(&mut person.h, "its data", |h| h.state().state().scenario.dataset == "iris");
    person.button("Run");
    person.has_right_answers(30);
    assert!(person.clicks <= FROM_MODEL, "{} clicks", person.clicks);
    until_planned(&mut person.h);
    assert!(person.has("Use mine.safetensors"), "it is among my models");
}

#[test]
fn a_wrong_normalisation_is_seen_before_a_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let digits = cryptoscope::network::open("digits").expect("built in");
    let mut person = Person::new();
    until(&mut person.h, "a first look", |h| h.state().state().glance.is_some());
    let seen = person.h.state().state().glance.expect("a look");
    // The accuracy that the model was kept with is on the same 359 samples.
    let kept = digits.provenance().test_accuracy.expect("known");
    assert_eq!(seen.samples, 359);
    assert!((seen.right.expect("classes") as f64 / 359.0 - kept).abs() < 0.01, "{seen:?}");
    assert!(!seen.is_doubtful() && person.has("of 359 samples right"));

    let path = folder.path().join("wrong.safetensors");
    let normalisation = Normalisation { offset: vec![60.0], scale: vec![-3.0] };
    let layers = digits.layers().to_vec();
    let provenance = digits.provenance().clone();
    let wrong = Network::new("wrong", digits.input(), normalisation, layers, None, provenance);
    wrong.expect("fits").save(&path).expect("writes");
    person.click(Role::ComboBox, "Model");
    person.button("Open model…");
    person.choose(&path, "Open");
    until(&mut person.h, "another look", |h| {
        h.state().state().glance.is_some_and(|now| now != seen)
    });
    assert!(person.has("hardly more than guessing"));
    person.h.key_press_modifiers(Modifiers::COMMAND, Key::B);
    person.h.run_ok();
    assert!(
        person.has("(raw - offset) / scale from 14.67 to 20.00; offset 60.0000, scale -3.0000")
    );
}

#[test]
fn max_pools_are_replaced_by_means_with_a_button() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/onnx");
    let mut person = Person::new();
    person.click(Role::ComboBox, "Model");
    person.button("Open model…");
    person.choose(&folder.join("max_pool.onnx"), "Open");
    until(&mut person.h, "its setup", |h| {
        h.state().state().scenario.scheme.kind == SchemeSelector::Ckks
    });
    until_planned(&mut person.h);
    assert!(person.has("train the network on with means in its place"));
    person.h.key_press_modifiers(Modifiers::COMMAND, Key::B);
    person.h.run_ok();
    assert!(person.has("Max pools: 1 cannot be computed on ciphertexts"));
    // The button is called as its command is: it says "Train with means".
    person.button("Train");
    until(&mut person.h, "the training", |h| {
        h.state().state().training.status != TaskStatus::Running
    });
    assert_eq!(person.h.state().state().training.status, TaskStatus::Finished);
    person.h.run_ok();
    person.button("Use trained model");
    until(&mut person.h, "the trained model", |h| {
        !h.state().state().scenario.model.ends_with("max_pool.onnx")
    });
    until_planned(&mut person.h);
    person.h.key_press_modifiers(Modifiers::COMMAND, Key::Num1);
    person.h.run_ok();
    person.button("Run");
    person.has_right_answers(359);
}

#[test]
fn onnx_files_bring_the_setup_that_they_need() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/onnx");
    for (file, sequences) in [("sequences/lstm_waves.onnx", true), ("mlp_opset17.onnx", false)] {
        let mut person = Person::new();
        person.click(Role::ComboBox, "Model");
        person.button("Open model…");
        person.choose(&folder.join(file), "Open");
        until(&mut person.h, "the file's own setup", |h| {
            h.state().state().scenario.scheme.kind == SchemeSelector::Ckks
        });
        let scenario = &person.h.state().state().scenario;
        let strategy = scenario.sequence.as_ref().map(|sequence| sequence.strategy);
        let expected = sequences.then_some(NoiseStrategy::ClientAided);
        assert_eq!(strategy, expected, "{file}");
    }
}

#[test]
fn a_table_with_missing_values_is_read_and_learned_by_buttons() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = table(folder.path());
    let text = std::fs::read_to_string(&path).expect("reads") + "1.0,,2,daisy\n,3.0,1,tulip\n";
    std::fs::write(&path, text).expect("writes");
    let mut person = Person::new();
    person.click(Role::ComboBox, "Dataset");
    person.button("Open dataset…");
    person.choose(&path, "Open");
    until_planned(&mut person.h);
    assert!(person.has("the value is missing") && person.h.state().state().data.is_none());
    person.button("Read with ?missing=mean");
    until_planned(&mut person.h);
    person.h.key_press_modifiers(Modifiers::COMMAND, Key::Num8);
    person.h.run_ok();
    assert!(person.has("2 missing values (column "));
    person.button("Export data overview as CSV…");
    let overview = folder.path().join("overview.csv");
    person.choose(&overview, "Save");
    until(&mut person.h, "saved", |h| h.query_all_by_label_contains("Saved ").next().is_some());
    let csv = std::fs::read_to_string(&overview).expect("written");
    let counted = |name: &str| csv.lines().find(|l| l.starts_with(&format!("class,{name},")));
    assert!(counted("daisy").is_some() && counted("tulip").is_some(), "{csv}");
    assert_eq!(csv.lines().count(), 1 + 2 + 3);
    person.h.key_press_modifiers(Modifiers::COMMAND, Key::N);
    person.h.run_ok();
    person.button("Made for CKKS");
    person.button("Train new network");
    person.until_trained();
    person.button("Run encrypted");
    let tested = person.h.state().state().data.as_ref().expect("data").dataset.test().len();
    person.has_right_answers(tested);
}

#[test]
fn public_data_that_are_not_there_are_looked_for_in_the_folder_that_is_chosen() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut person = Person::new();
    person.click(Role::ComboBox, "Scenario");
    person.button("cryptonets");
    until_planned(&mut person.h);
    assert!(person.has("get it with `cryptoscope fetch mnist`"));
    let download = cryptoscope::app::Command::Download;
    assert!(download.ready(person.h.state().state()).is_err_and(|why| why.contains("no folder")));
    person.button("Open data folder…");
    person.choose(folder.path(), "Open");
    until_planned(&mut person.h);
    assert!(person.has(&format!("gz in {}", folder.path().display())), "it was looked at");
    assert!(download.is_enabled(person.h.state().state()));
    let mut storage = Kept::default();
    eframe::App::save(person.h.state_mut(), &mut storage);
    let kept = History::from_text(&storage.0[History::KEY]);
    assert_eq!(kept.data_folder.as_deref(), folder.path().to_str());
}

#[test]
fn a_model_that_does_not_fit_says_so_line_by_line() {
    let mut person = Person::new();
    person.h.key_press_modifiers(Modifiers::COMMAND, Key::B);
    person.h.run_ok();
    for line in [
        "Shape: model 1x8x8, data 1x8x8",
        "Classes: model 10, data 10",
        "Activations: 1 as they are, 0 replaced",
        "BGV: depth 1, N = 4096",
        "as it is: a polynomial",
    ] {
        assert!(person.has(line), "{line}");
    }
    person.click(Role::ComboBox, "Dataset");
    person.button("breast_cancer");
    until_planned(&mut person.h);
    assert!(person.has("Shape: model 1x8x8, data 30"));
    assert!(person.has("model digits takes samples of shape 1x8x8"));
    person.h.key_press_modifiers(Modifiers::COMMAND, Key::Num8);
    person.h.run_ok();
    assert!(person.has("Tables of 30 values; 2 classes; 456 samples to train on, 113 to test"));
    assert!(person.has("malignant: 212 samples") && person.has("benign: 357 samples"));
}

#[test]
#[ignore = "needs something to draw with: mesa-vulkan-drivers"]
fn pictures_of_new_networks_data_and_models() {
    for (name, size, zoom) in
        [("wide", WIDE, 1.0), ("small", [1024.0, 640.0], 1.0), ("zoomed", [1024.0, 640.0], 1.5)]
    {
        let mut person = Person::of_size(size);
        person.h.ctx.set_zoom_factor(zoom);
        person.h.run_ok();
        let shoot = |person: &mut Person, what: &str| {
            crate::shots::shoot(&mut person.h, &format!("own_{what}_{name}"));
        };
        let key = |person: &mut Person, key: Key| {
            person.h.key_press_modifiers(Modifiers::COMMAND, key);
            person.h.run_ok();
        };
        key(&mut person, Key::Num8);
        shoot(&mut person, "data_pictures");
        key(&mut person, Key::B);
        shoot(&mut person, "model");
        key(&mut person, Key::N);
        shoot(&mut person, "rows");
        person.click(Role::ComboBox, "Dataset");
        shoot(&mut person, "datasets");
        person.button("iris");
        until_planned(&mut person.h);
        shoot(&mut person, "refused");
        key(&mut person, Key::Num8);
        shoot(&mut person, "data_table");
        key(&mut person, Key::B);
        shoot(&mut person, "model_refused");
        key(&mut person, Key::N);
        person.button("Train new network");
        until(&mut person.h, "epochs", |h| h.state().state().new_network.training.epochs.len() > 3);
        shoot(&mut person, "training");
        person.until_trained();
        shoot(&mut person, "trained");
        person.button("Run encrypted");
        until_over(&mut person.h);
        until_planned(&mut person.h);
        shoot(&mut person, "ran");
        key(&mut person, Key::N);
        person.h.get_by_role_and_label(Role::TextInput, "Row 2").focus();
        person.h.run_ok();
        person.h.get_by_role_and_label(Role::TextInput, "Row 2").type_text("x");
        person.button("Add row");
        person.button("Made for TFHE");
        shoot(&mut person, "faults");
        person.click(Role::ComboBox, "Scenario");
        person.button("cryptornn");
        until_planned(&mut person.h);
        shoot(&mut person, "sequences");
        key(&mut person, Key::Num8);
        shoot(&mut person, "data_sequences");
        key(&mut person, Key::B);
        shoot(&mut person, "model_recurrent");
        person.click(Role::ComboBox, "Scenario");
        person.button("deep");
        until_planned(&mut person.h);
        person.button("Polynomial");
        until_planned(&mut person.h);
        shoot(&mut person, "model_impossible");
    }
}
