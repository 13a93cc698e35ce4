//! From data or a model file to an encrypted answer with the real engine, clicks counted.

use crate::drive::{WIDE, until, until_over, until_planned};
use cryptoscope::app::{App, History, Status, Tab, TaskStatus};
use cryptoscope::circuit::NoiseStrategy;
use cryptoscope::network::train::{OwnTraining, Purpose, TrainedModel, own_recipe};
use cryptoscope::network::{Network, Normalisation};
use cryptoscope::scenario::{Scenario, SchemeSelector, Sources};
use cryptoscope::worker::SessionEngine;
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::path::Path;

/// Most clicks from nothing to an encrypted answer, training included; and from a model file.
const FROM_DATA: usize = 6;
const FROM_MODEL: usize = 4;

/// A window with the real engine, as it is opened, and the clicks that were made in it.
pub struct Person {
    pub h: Harness<'static, App>,
    pub clicks: usize,
}

impl Person {
    pub fn new() -> Self {
        Self::of_size(WIDE)
    }

    pub fn of_size(size: [f32; 2]) -> Self {
        let h = Harness::builder().with_size(size).build_eframe(|cc| {
            let scenario = Scenario::open("digits").expect("built in");
            App::new(cc, SessionEngine::new(Sources::default()), scenario)
        });
        let mut person = Self { h, clicks: 0 };
        until_planned(&mut person.h);
        person
    }

    pub fn click(&mut self, role: Role, name: &str) {
        self.h.get_by_role_and_label(role, name).click();
        self.h.run_ok();
        self.clicks += 1;
    }

    pub fn button(&mut self, name: &str) {
        until(&mut self.h, name, |h| h.query_by_role_and_label(Role::Button, name).is_some());
        self.click(Role::Button, name);
    }

    /// A file is chosen in the dialog that is open: typing is no click, the button is one.
    pub fn choose(&mut self, path: &Path, verb: &str) {
        self.h.key_press_modifiers(Modifiers::COMMAND, Key::A);
        self.h.run_ok();
        let field = self.h.get_all_by_role(Role::TextInput).find(|field| {
            let name = field.accesskit_node().label().unwrap_or_default();
            !name.starts_with("Row ")
        });
        field.expect("a field").type_text(&path.to_string_lossy());
        self.h.run_ok();
        self.button(verb);
    }

    pub fn until_trained(&mut self) {
        until(&mut self.h, "the training", |h| {
            let new = &h.state().state().new_network;
            new.training.status != TaskStatus::Running
                && (new.file.is_some() || new.training.status != TaskStatus::Finished)
        });
        let status = self.h.state().state().new_network.training.status.clone();
        assert_eq!(status, TaskStatus::Finished);
        self.h.run_ok();
    }

    /// Every answer of the run is that of the reference network.
    pub fn has_right_answers(&mut self, samples: usize) {
        until_over(&mut self.h);
        let state = self.h.state().state();
        let run = state.run.as_ref().expect("a run");
        assert_eq!(run.status, Status::Finished);
        let report = run.report.as_ref().expect("a report");
        assert_eq!((report.images, report.encrypted.wrong_outputs), (samples, 0));
        assert_eq!(report.encrypted.agreement, 1.0);
        assert_eq!(state.tab, Tab::Run);
    }

    pub fn has(&self, text: &str) -> bool {
        self.h.query_all_by_label_contains(text).next().is_some()
    }
}

/// A table of two classes that a line tells apart, with words for classes.
fn table(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("flowers.csv");
    let mut text = "length,width,colour,kind\n".to_owned();
    for i in 0..120 {
        let far = f64::from(i % 2) * 4.0;
        let (a, b) = (f64::from(i % 7) * 0.3 + far, f64::from(i % 5) * 0.4 - far);
        let kind = if i % 2 == 0 { "daisy" } else { "tulip" };
        text += &format!("{a:.2},{b:.2},{},{kind}\n", i % 3);
    }
    std::fs::write(&path, text).expect("writes");
    path
}

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

/// Sequences of three steps that go up or down.
fn slopes(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("slopes.ts");
    let mut text = "@problemName slopes\n@timeStamps false\n@univariate true\n".to_owned();
    text += "@classLabel true up down\n@data\n";
    for i in 0..100 {
        let (sign, class) = if i % 2 == 0 { ("", "up") } else { ("-", "down") };
        text += &format!("0,{sign}{},{sign}{}:{class}\n", 1 + i % 3, 3 + i % 4);
    }
    std::fs::write(&path, text).expect("writes");
    path
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
fn rows_of_cells_are_edited_and_run_with_the_functions_of_the_client() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = slopes(folder.path());
    let mut person = Person::new();
    person.click(Role::ComboBox, "Dataset");
    person.button("Open dataset…");
    person.choose(&path, "Open");
    until_planned(&mut person.h);
    person.h.key_press_modifiers(Modifiers::COMMAND, Key::N);
    person.h.run_ok();
    let text = |person: &Person| person.h.state().state().new_network.blueprint.text.clone();
    assert_eq!(text(&person), "elman 16, dense classes");
    assert!(person.h.query_by_label("Made for BGV").is_none());
    person.button("Preset medium");
    assert_eq!(text(&person), "elman 32, dense classes");
    let typed = |person: &mut Person, rows: &str| {
        person.h.get_by_role_and_label(Role::TextInput, "Row 1").focus();
        person.h.run_ok();
        person.h.key_press_modifiers(Modifiers::COMMAND, Key::A);
        person.h.get_by_role_and_label(Role::TextInput, "Row 1").type_text(rows);
        person.h.run_ok();
    };
    typed(&mut person, "conv 8 3x3");
    assert!(person.has("row 1: is for tables and pictures"));
    typed(&mut person, "gru 4");
    // Three gates of 1 value, 4 states and a bias, and a bias inside.
    assert!(person.has("4, 76 par."));
    person.button("Made for TFHE");
    assert!(person.has("row 1: lookup tables run one row of elman cells"));
    assert!(!cryptoscope::app::Command::TrainNetwork.is_enabled(person.h.state().state()));
    person.button("Made for Client-aided");
    person.button("Add row");
    assert_eq!(text(&person), "gru 4, gru 4, dense classes");
    assert!(person.has("3 steps of 4, 76 par."));
    person.button("Move row 2 up");
    person.button("Remove row 1");
    assert_eq!(text(&person), "gru 4, dense classes");
    person.button("Train new network");
    person.until_trained();
    person.button("Run encrypted");
    person.has_right_answers(20);
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
fn rows_are_edited_and_faults_stand_at_their_row() {
    let mut person = Person::new();
    person.h.key_press_modifiers(Modifiers::COMMAND, Key::N);
    person.h.run_ok();
    let text = |person: &Person| person.h.state().state().new_network.blueprint.text.clone();
    assert!(text(&person).starts_with("conv 8 3x3"), "digits are pictures");
    person.button("Preset medium");
    assert_eq!(person.h.state().state().new_network.blueprint.rows.len(), 7);
    person.button("Preset small");
    person.button("Move row 2 down");
    assert_eq!(text(&person), "conv 8 3x3 stride 2, dense classes, relu");
    assert!(person.has("row 3: the last row must be: dense classes"));
    let train = cryptoscope::app::Command::TrainNetwork;
    assert!(!train.is_enabled(person.h.state().state()));
    person.button("Move row 3 up");
    person.button("Add row");
    assert_eq!(text(&person), "conv 8 3x3 stride 2, relu, dense 16, dense classes");
    // 8 x 3 x 3 values go in.
    assert!(person.has("16, 1168 par."));
    person.button("Remove row 3");
    person.h.get_by_role_and_label(Role::TextInput, "Row 1").focus();
    person.h.run_ok();
    person.h.key_press_modifiers(Modifiers::COMMAND, Key::A);
    person.h.get_by_role_and_label(Role::TextInput, "Row 1").type_text("conv 8 99x9");
    person.h.run_ok();
    assert!(person.has("row 1: a kernel of 99; 1 to 64 are possible"));
    assert_eq!(text(&person), "conv 8 99x9, relu, dense classes");
    person.button("Made for TFHE");
    person.click(Role::Tab, "This model");
    assert!(person.has("Polynomial"));
    person.click(Role::ComboBox, "Scenario");
    person.button("cryptonn");
    until_planned(&mut person.h);
    person.h.key_press_modifiers(Modifiers::COMMAND, Key::N);
    person.h.run_ok();
    assert!(person.has("Add row"), "also where the setup trains on encrypted data");
    person.click(Role::Tab, "This model");
    assert!(!person.has("Add row"));
}

#[test]
fn a_new_network_that_is_stopped_leaves_nothing() {
    let mut person = Person::new();
    person.h.key_press_modifiers(Modifiers::COMMAND, Key::N);
    person.h.run_ok();
    person.button("Train new network");
    until(&mut person.h, "an epoch", |h| !h.state().state().new_network.training.epochs.is_empty());
    let asked = std::time::Instant::now();
    person.button("Stop sweep, training or comparison");
    until(&mut person.h, "the end", |h| {
        h.state().state().new_network.training.status != TaskStatus::Running
    });
    println!("stopped after {:?}", asked.elapsed());
    let new = &person.h.state().state().new_network;
    assert_eq!(new.training.status, TaskStatus::Stopped);
    assert!(new.training.trained.is_none() && new.file.is_none());
    assert!(person.has("Stopped; no network was kept") && !person.has("Trained network"));
    assert!(person.h.state().state().history.models.is_empty());
}

#[test]
fn a_saved_network_is_among_my_models_after_the_next_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut person = Person::new();
    person.click(Role::ComboBox, "Dataset");
    person.button("iris");
    until_planned(&mut person.h);
    person.button("New network");
    person.button("Train new network");
    person.until_trained();
    person.button("Save new network…");
    let path = folder.path().join("iris-net.safetensors");
    person.choose(&path, "Save");
    until(&mut person.h, "saved", |h| h.query_all_by_label_contains("Saved ").next().is_some());
    let mut storage = Kept::default();
    eframe::App::save(person.h.state_mut(), &mut storage);
    let again = storage.clone();
    let mut h = Harness::builder().with_size(WIDE).build_eframe(move |cc| {
        let mut cc = eframe::CreationContext::_new_kittest(cc.egui_ctx.clone());
        cc.storage = Some(&again);
        let scenario = Scenario::open("digits").expect("built in");
        App::new(&cc, SessionEngine::new(Sources::default()), scenario)
    });
    until_planned(&mut h);
    h.get_by_role_and_label(Role::Button, "Use iris-net.safetensors").click();
    h.run_ok();
    until_planned(&mut h);
    let state = h.state().state();
    assert_eq!(state.scenario.dataset, "iris");
    assert_eq!(state.scenario.model, path.to_string_lossy());
    assert!(state.preview.plan.is_some(), "{:?}", state.preview.refusal);
    h.get_by_role_and_label(Role::Button, "Forget iris-net.safetensors").click();
    h.run_ok();
    assert!(h.state().state().history.models.is_empty() && path.exists());
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

/// What the desktop keeps between starts.
#[derive(Clone, Default)]
struct Kept(std::collections::HashMap<String, String>);

impl eframe::Storage for Kept {
    fn get_string(&self, key: &str) -> Option<String> {
        self.0.get(key).cloned()
    }

    fn set_string(&mut self, key: &str, value: String) {
        self.0.insert(key.to_owned(), value);
    }

    fn remove_string(&mut self, key: &str) {
        self.0.remove(key);
    }

    fn flush(&mut self) {}
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
