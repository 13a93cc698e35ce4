//! Sweeps and trainings: started, watched, stopped and taken over with keys and clicks.

use crate::drive::{save_to, type_in, until, until_planned, window};
use crate::scripted::Control;
use cryptoscope::activation::Method;
use cryptoscope::app::{App, SweepView, Tab, TaskStatus};
use cryptoscope::network::Network;
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

type Window = Harness<'static, App>;

const BOTH: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

/// A window on a tab, with its model loaded and measured.
fn on(tab: Key) -> Window {
    let mut h = window(&Control::default());
    until_planned(&mut h);
    press(&mut h, Modifiers::COMMAND, tab);
    until(&mut h, "the check", |h| {
        let checked = &h.state().state().lab.checked;
        !checked.pending && checked.check.is_some()
    });
    h
}

fn press(h: &mut Window, modifiers: Modifiers, key: Key) {
    h.key_press_modifiers(modifiers, key);
    h.run_ok();
}

fn has(h: &Window, text: &str) -> bool {
    h.query_all_by_label_contains(text).next().is_some()
}

fn set(h: &mut Window, name: &str, value: f64) {
    h.get_by_role_and_label(Role::SpinButton, name).set_value_accesskit(value);
    h.run_ok();
}

fn until_swept(h: &mut Window) {
    until(h, "the sweep", |h| h.state().state().sweep.status != TaskStatus::Running);
}

/// A sweep of two methods and two degrees.
fn swept() -> Window {
    let mut h = on(Key::Num4);
    assert_eq!(h.state().state().tab, Tab::Sweep);
    h.get_by_role_and_label(Role::CheckBox, "Chebyshev interpolation").click();
    h.run_ok();
    type_in(&mut h, "Degrees", "2, 3");
    h.get_by_role_and_label(Role::Button, "Run sweep").click();
    h.run_ok();
    until_swept(&mut h);
    h
}

#[test]
fn rows_of_a_sweep_are_shown_sorted_chosen_and_saved() {
    let mut h = swept();
    let view = &h.state().state().sweep;
    assert_eq!(view.status, TaskStatus::Finished, "{view:?}");
    let in_table = |view: &SweepView| -> Vec<(Method, usize)> {
        let order = view.order().into_iter();
        order.map(|at| (view.rows[at].method, view.rows[at].degree)).collect()
    };
    let found = in_table(view);
    let expected = [Method::Minimax, Method::LeastSquares].map(|m| [(m, 2), (m, 3)]);
    assert_eq!(found, expected.concat());
    assert!(view.rows.iter().all(|r| r.replaced.is_some() && r.predicted.is_some()));
    assert!(has(&h, "Accuracy by degree plot") && has(&h, "Accuracy by time of all samples plot"));

    h.get_by_label("Sort by Max error").click();
    h.run_ok();
    let order = h.state().state().sweep.order();
    let errors = |h: &Window| -> Vec<f64> {
        let rows = &h.state().state().sweep.rows;
        order.iter().map(|i| rows[*i].fit.as_ref().expect("fits").error_max).collect()
    };
    assert!(errors(&h).windows(2).all(|w| w[0] >= w[1]));

    let row = h.get_all_by_role_and_label(Role::Label, "Least squares").next().expect("a row");
    row.click();
    h.run_ok();
    assert_eq!(h.state().state().lab.choice.method, Method::LeastSquares);
    assert!(has(&h, "now in the activation laboratory"));

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("sweep.csv");
    press(&mut h, BOTH, Key::G);
    save_to(&mut h, &path);
    let text = std::fs::read_to_string(&path).expect("written");
    assert_eq!(text.lines().count(), 5);
    assert!(text.starts_with("method,degree"));
    let path = folder.path().join("sweep.svg");
    press(&mut h, BOTH, Key::P);
    save_to(&mut h, &path);
    let text = std::fs::read_to_string(&path).expect("written");
    assert!(text.starts_with("<svg") && text.contains("Least squares"));
    assert!(text.matches("<circle").count() + text.matches(r#"class="mark""#).count() >= 8);
    assert!(text.matches(r#"class="whisker""#).count() >= 8);
}

#[test]
fn a_sweep_can_be_stopped_and_keeps_what_it_found() {
    let mut h = on(Key::Num4);
    h.get_by_role_and_label(Role::CheckBox, "Train with the polynomials").click();
    h.run_ok();
    set(&mut h, "Epochs for each row", 10.0);
    press(&mut h, BOTH, Key::Enter);
    until(&mut h, "a row that is done", |h| h.state().state().sweep.rows.len() > 1);
    press(&mut h, BOTH, Key::X);
    until_swept(&mut h);
    let view = &h.state().state().sweep;
    assert_eq!(view.status, TaskStatus::Stopped);
    let report = view.report.as_ref().expect("rows that are done can be exported");
    assert!(!view.rows.is_empty() && report.rows.len() == view.rows.len());
    assert!(report.rows_left > 0 && has(&h, "Stopped after"));
}

#[test]
fn a_trained_model_is_saved_and_becomes_the_model_of_the_setup() {
    let mut h = on(Key::Num5);
    set(&mut h, "Epochs", 3.0);
    press(&mut h, BOTH, Key::T);
    until(&mut h, "the training", |h| h.state().state().training.status != TaskStatus::Running);
    let view = &h.state().state().training;
    assert_eq!(view.status, TaskStatus::Finished);
    assert_eq!(view.epochs.len(), 3);
    assert!(view.epochs.iter().all(|r| r.share_inside.is_some()) && !view.loss.is_empty());
    assert!(has(&h, "Trained model") && has(&h, "Loss by epoch plot"));

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("trained.safetensors");
    press(&mut h, BOTH, Key::N);
    save_to(&mut h, &path);
    let network = Network::load(&path).expect("a model");
    assert!(network.layers().iter().all(|l| l.op.is_polynomial()));

    h.get_by_role_and_label(Role::Button, "Use trained model").click();
    h.run_ok();
    until(&mut h, "the model", |h| h.state().state().scenario.model.ends_with(".safetensors"));
    let scenario = h.state().state().scenario.clone();
    assert_eq!(scenario.activation.method, "keep");
    let bytes = std::fs::read(&scenario.model).expect("written");
    assert_eq!(bytes, network.to_bytes());
    std::fs::remove_file(&scenario.model).expect("ours");
    press(&mut h, Modifiers::COMMAND, Key::Z);
    assert_eq!(h.state().state().scenario.model, "digits");
}

#[test]
fn a_training_that_is_stopped_leaves_no_model() {
    let mut h = on(Key::Num5);
    set(&mut h, "Epochs", 200.0);
    h.get_by_role_and_label(Role::Button, "Train").click();
    h.run_ok();
    until(&mut h, "an epoch", |h| !h.state().state().training.epochs.is_empty());
    assert!(!cryptoscope::app::Command::Train.is_enabled(h.state().state()), "one at a time");
    h.get_by_role_and_label(Role::Button, "Stop sweep, training or comparison").click();
    h.run_ok();
    until(&mut h, "the end", |h| h.state().state().training.status != TaskStatus::Running);
    let view = &h.state().state().training;
    assert!(view.status == TaskStatus::Stopped && view.trained.is_none());
    assert!(!has(&h, "Trained model"));
}
