//! Networks of one's own: rows that are edited, trainings that are stopped, models that are kept.

use crate::drive::{WIDE, until, until_planned};
use crate::person::{Kept, Person, slopes};
use cryptoscope::app::{App, TaskStatus};
use cryptoscope::scenario::{Scenario, Sources};
use cryptoscope::worker::SessionEngine;
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

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
    let aside = person.h.state().state().new_network.file.clone().expect("a file");
    assert!(aside.exists());
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
    // What was put aside goes with its window.
    assert!(aside.exists());
    drop(person);
    assert!(!aside.exists() && !aside.parent().expect("a folder").exists());
}
