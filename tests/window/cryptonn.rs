//! Training on encrypted data, and what the server learns: with keys and clicks, and real ciphertexts.

use crate::drive::{WIDE, until, until_planned};
use crate::shots::{can_draw, shoot};
use cryptoscope::app::{App, LeakChoice, Tab, TaskStatus};
use cryptoscope::attack::AttackMethod;
use cryptoscope::scenario::{Scenario, Sources};
use cryptoscope::training::CryptonnReport;
use cryptoscope::worker::SessionEngine;
use egui::accesskit::Role;
use egui::{Key, Modifiers, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

type Window = Harness<'static, App>;

const ALT: Modifiers = Modifiers::COMMAND.plus(Modifiers::ALT);
const SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

/// A window on a small training: few samples, so that it takes seconds.
fn window(samples: usize, epochs: usize, size: [f32; 2], theme: Theme) -> Window {
    let mut h = Harness::builder().with_size(size).with_theme(theme).build_eframe(|cc| {
        let mut scenario = Scenario::open("cryptonn").expect("built in");
        for setting in [
            format!("training.samples={samples}"),
            format!("training.epochs={epochs}"),
            "training.batch=30".to_owned(),
            "seed=3".to_owned(),
        ] {
            scenario = scenario.with_setting(&setting).expect("a setting");
        }
        App::new(cc, SessionEngine::new(Sources::default()), scenario)
    });
    until_planned(&mut h);
    h
}

fn press(h: &mut Window, modifiers: Modifiers, key: Key) {
    h.key_press_modifiers(modifiers, key);
    h.run_ok();
}

fn has(h: &Window, text: &str) -> bool {
    h.query_all_by_label_contains(text).next().is_some()
}

fn until_trained(h: &mut Window) {
    until(h, "the training", |h| {
        !matches!(h.state().state().cryptonn.status, TaskStatus::Idle | TaskStatus::Running)
    });
}

fn until_reconstructed(h: &mut Window) {
    until(h, "the reconstruction", |h| {
        let leak = &h.state().state().leak;
        !leak.pending && leak.open.curve.is_some()
    });
}

/// A window whose training is done.
fn trained() -> Window {
    let mut h = window(60, 2, WIDE, Theme::Dark);
    press(&mut h, Modifiers::COMMAND, Key::Enter);
    until_trained(&mut h);
    h
}

fn save_to(h: &mut Window, path: &std::path::Path) -> String {
    press(h, Modifiers::COMMAND, Key::A);
    h.get_by_role(Role::TextInput).type_text(&path.to_string_lossy());
    h.run_ok();
    press(h, Modifiers::NONE, Key::Enter);
    let saved = format!("Saved {}", path.display());
    until(h, &saved, |h| has(h, &saved));
    std::fs::read_to_string(path).expect("written")
}

#[test]
fn run_trains_encrypted_and_every_integer_is_that_of_fixed_point() {
    let mut h = window(60, 2, WIDE, Theme::Dark);
    assert!(has(&h, "FEIP, FEBO on ristretto255") && has(&h, "Log table"), "the plan");
    press(&mut h, Modifiers::COMMAND, Key::Enter);
    assert_eq!(h.state().state().tab, Tab::Training);
    until_trained(&mut h);
    let view = &h.state().state().cryptonn;
    assert_eq!(view.status, TaskStatus::Finished, "{:?}", h.state().state().notifications);
    assert_eq!((view.epochs.len(), view.of), (2, 4));
    assert!(
        view.epochs
            .iter()
            .all(|e| { e.fixed_point_identical && e.accuracy.encrypted == e.accuracy.fixed_point })
    );
    let p = view.phases;
    assert!([p.encryption, p.keys, p.inner_products, p.discrete_logs].iter().all(|s| *s > 0.0));
    assert!(view.dlog.largest > 0 && view.dlog.largest <= view.dlog.bound);
    assert!(view.traffic.ciphertext_bytes > 0 && view.traffic.key_requests >= 12);
    assert!(has(&h, "Loss by step plot") && has(&h, "all identical"));
    assert!(has(&h, "First-layer values") && has(&h, "True sample"));
}

#[test]
fn what_the_server_learns_follows_the_controls() {
    let mut h = trained();
    press(&mut h, Modifiers::COMMAND, Key::Num9);
    assert_eq!(h.state().state().tab, Tab::Leak);
    until_reconstructed(&mut h);
    let leak = &h.state().state().leak;
    assert_eq!(leak.open.score.identified, 1.0);
    assert!(leak.open.score.mean_squared_error < 1e-3, "{:?}", leak.open.score);
    assert!(leak.limited.score.mean_squared_error > 10.0 * leak.open.score.mean_squared_error);
    assert_eq!(leak.labels.recovered.len(), 60);
    assert!(has(&h, "Reconstruction of sample") && has(&h, "Mitigated of sample"));
    assert!(has(&h, "100.00 % of them right"));

    h.get_by_role_and_label(Role::Slider, "Steps seen").set_value_accesskit(0.0);
    h.run_ok();
    until(&mut h, "nothing seen", |h| {
        let leak = &h.state().state().leak;
        !leak.pending && leak.seen() == 0 && leak.open.score.known_share == 0.0
    });
    assert!(h.state().state().leak.labels.recovered.is_empty());

    h.get_by_role_and_label(Role::CheckBox, "Limit").click();
    h.run_ok();
    let leak = &h.state().state().leak;
    assert!(!leak.choice.settings.is_mitigated() && leak.limited.found.is_none());
    assert!(!has(&h, "Had it seen less"));
    h.get_by_role_and_label(Role::ComboBox, "Method").click();
    h.run_ok();
    h.get_by_label("Linear program").click();
    h.run_ok();
    let method = h.state().state().leak.choice.settings.method;
    assert_eq!(method, AttackMethod::LinearProgram);
    until_reconstructed(&mut h);
    assert_ne!(h.state().state().leak.choice, LeakChoice::default());
}

#[test]
fn a_training_is_held_goes_on_and_is_stopped() {
    let mut h = window(120, 500, WIDE, Theme::Dark);
    press(&mut h, SHIFT, Key::T);
    until(&mut h, "a step", |h| h.state().state().cryptonn.step > 0);
    h.get_by_role_and_label(Role::Button, "Pause or resume training").click();
    h.run_ok();
    assert!(h.state().state().cryptonn.paused && has(&h, "Held after step"));
    // The step that was on may still come.
    std::thread::sleep(std::time::Duration::from_millis(400));
    h.run_ok();
    let held = h.state().state().cryptonn.step;
    std::thread::sleep(std::time::Duration::from_millis(400));
    h.run_ok();
    assert_eq!(h.state().state().cryptonn.step, held);
    press(&mut h, ALT, Key::T);
    until(&mut h, "the next step", |h| h.state().state().cryptonn.step > held);
    press(&mut h, SHIFT, Key::X);
    until_trained(&mut h);
    let state = h.state().state();
    assert_eq!(state.cryptonn.status, TaskStatus::Stopped);
    assert!(state.leak.data.is_some(), "what was seen stays");
}

#[test]
fn a_training_that_was_stopped_goes_on_from_memory_and_from_a_file() {
    let mut h = window(90, 4, WIDE, Theme::Dark);
    press(&mut h, SHIFT, Key::T);
    until(&mut h, "a step", |h| h.state().state().cryptonn.step > 0);
    press(&mut h, SHIFT, Key::X);
    until_trained(&mut h);
    let stopped = h.state().state().cryptonn.step;
    assert!(stopped < 12 && has(&h, "Interrupted after step"), "{stopped}");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("half.ckpt");
    press(&mut h, ALT, Key::S);
    press(&mut h, Modifiers::COMMAND, Key::A);
    h.get_by_role(Role::TextInput).type_text(&path.to_string_lossy());
    h.run_ok();
    press(&mut h, Modifiers::NONE, Key::Enter);
    until(&mut h, "the file", |h| has(h, "Saved "));
    h.get_by_role_and_label(Role::Button, "Continue training").click();
    h.run_ok();
    until_trained(&mut h);
    let view = h.state().state().cryptonn.clone();
    assert_eq!((view.status, view.step), (TaskStatus::Finished, 12));
    let resumed = view.report.expect("a report");
    assert_eq!(resumed.resumed_at.len(), 1);

    // Another window, another setup: the file brings its own.
    let mut h = window(60, 2, WIDE, Theme::Dark);
    press(&mut h, ALT, Key::O);
    h.get_by_role(Role::TextInput).type_text(&path.to_string_lossy());
    h.run_ok();
    press(&mut h, Modifiers::NONE, Key::Enter);
    until(&mut h, "the checkpoint", |h| has(h, "press Continue to go on"));
    assert_eq!(h.state().state().scenario.training.as_ref().map(|t| t.epochs), Some(4));
    assert_eq!(h.state().state().cryptonn.step, resumed.resumed_at[0]);
    until_planned(&mut h);
    press(&mut h, ALT, Key::R);
    until_trained(&mut h);
    let view = h.state().state().cryptonn.clone();
    assert_eq!(view.status, TaskStatus::Finished, "{:?}", h.state().state().notifications);
    let again = view.report.expect("a report");
    let accuracies = |report: &CryptonnReport| -> Vec<_> {
        report.epochs.iter().map(|e| (e.encrypted_accuracy, e.encrypted_loss)).collect()
    };
    assert_eq!(accuracies(&again), accuracies(&resumed));
    assert_eq!(h.state().state().leak.batches().len(), 3);
}

#[test]
fn mitigations_are_trained_with_and_taken_over() {
    let mut h = window(60, 2, WIDE, Theme::Dark);
    press(&mut h, ALT, Key::M);
    assert_eq!(h.state().state().tab, Tab::Leak);
    until(&mut h, "the comparison", |h| {
        h.state().state().mitigations.status == TaskStatus::Finished
    });
    let rows = h.state().state().mitigations.rows.clone();
    assert_eq!((rows.len(), rows[0].name.as_str()), (11, "none"));
    assert!(has(&h, "Identified*") && has(&h, "limit 32"));
    h.get_by_role_and_label(Role::Button, "Use noise 0.3").click_accesskit();
    h.run_ok();
    let training = h.state().state().scenario.training.clone().expect("a training");
    assert_eq!((training.noise, training.max_rows), (0.3, None));
    let folder = tempfile::tempdir().expect("a folder");
    press(&mut h, ALT, Key::E);
    let text = save_to(&mut h, &folder.path().join("mitigations.csv"));
    assert_eq!(text.lines().count(), 12);
}

#[test]
fn training_and_leak_are_saved() {
    let mut h = trained();
    press(&mut h, Modifiers::COMMAND, Key::Num9);
    until_reconstructed(&mut h);
    let folder = tempfile::tempdir().expect("a folder");
    press(&mut h, ALT, Key::C);
    let text = save_to(&mut h, &folder.path().join("epochs.csv"));
    assert_eq!(text.lines().count(), 3);
    assert!(text.starts_with("epoch,encrypted_accuracy"));
    press(&mut h, ALT, Key::L);
    let text = save_to(&mut h, &folder.path().join("leak.csv"));
    assert!(text.starts_with("attack,steps_seen") && text.contains("mitigated,"));
    press(&mut h, ALT, Key::J);
    let text = save_to(&mut h, &folder.path().join("training.json"));
    let json: serde_json::Value = serde_json::from_str(&text).expect("json");
    assert_eq!(json["epochs"].as_array().map(Vec::len), Some(2));
    assert!(json["leak"]["all_seen"]["reconstructed"].is_array());
    press(&mut h, ALT, Key::G);
    let text = save_to(&mut h, &folder.path().join("training.svg"));
    // Ten curves, and the pen of each in a legend.
    assert!(text.starts_with("<svg") && text.matches("<polyline").count() == 20);
    assert!(!text.contains("NaN") && !text.contains("inf"));
}

#[test]
#[ignore = "needs something to draw with: mesa-vulkan-drivers"]
fn pictures_of_training_and_leak() {
    assert!(can_draw());
    for (name, size) in [("1440x900", [1440.0, 900.0]), ("1024x640", [1024.0, 640.0])] {
        for theme in [Theme::Dark, Theme::Light] {
            let mut h = window(180, 3, size, theme);
            press(&mut h, Modifiers::COMMAND, Key::Enter);
            until_trained(&mut h);
            let name = format!("{name}_{theme:?}").to_lowercase();
            shoot(&mut h, &format!("cryptonn_{name}"));
            press(&mut h, Modifiers::COMMAND, Key::Num9);
            until_reconstructed(&mut h);
            shoot(&mut h, &format!("leak_{name}"));
        }
    }
}
