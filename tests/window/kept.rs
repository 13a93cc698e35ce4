//! Runs that are kept over restarts, and runs pinned over later ones.

use crate::drive::{WIDE, save_to, until, until_over, until_planned};
use crate::scripted::{Control, Scripted};
use crate::shots;
use cryptoscope::app::{App, Status};
use cryptoscope::scenario::Scenario;
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::path::Path;

type Window = Harness<'static, App>;

const CTRL: Modifiers = Modifiers::COMMAND;
const SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);
const ALT: Modifiers = Modifiers { ctrl: true, command: true, alt: true, ..Modifiers::NONE };

/// A window that keeps its runs in `folder`, its list read.
pub fn window(folder: &Path, setting: &str) -> Window {
    let folder = folder.join("runs");
    let setting = setting.to_owned();
    let mut h = Harness::builder().with_size(WIDE).build_eframe(move |cc| {
        let scenario = Scenario::open("digits").expect("built in");
        let scenario = scenario.with_setting(&setting).expect("a setting");
        App::new(cc, Scripted::new(Control::default()), scenario).with_runs_in(Some(folder))
    });
    until_planned(&mut h);
    until(&mut h, "the list", |h| h.state().state().kept.listed);
    h
}

fn press(h: &mut Window, modifiers: Modifiers, key: Key) {
    h.key_press_modifiers(modifiers, key);
    h.run_ok();
}

fn has(h: &Window, text: &str) -> bool {
    h.query_all_by_label_contains(text).next().is_some()
}

fn run(h: &mut Window) {
    let before = kept(h);
    press(h, CTRL, Key::Enter);
    until_over(h);
    until(h, "the kept run", |h| kept(h) == before + 1);
}

/// Presses the first button in the list whose name begins so.
fn click(h: &mut Window, name: &str) {
    let button = h.query_all_by_role(Role::Button).find(|button| {
        button.accesskit_node().label().is_some_and(|label| label.starts_with(name))
    });
    button.unwrap_or_else(|| panic!("no button {name}")).click();
    h.run_ok();
}

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder.join("runs")).expect("a folder").flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

fn kept(h: &Window) -> usize {
    h.state().state().kept.runs.len()
}

#[test]
fn a_run_is_kept_and_shown_again_in_a_later_window() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut h = window(folder.path(), "images=50");
    assert_eq!(kept(&h), 0);
    run(&mut h);
    drop(h);
    assert_eq!(files(folder.path()).len(), 1);

    let mut h = window(folder.path(), "images=60");
    assert_eq!(kept(&h), 1);
    press(&mut h, ALT, Key::Z);
    // Scenario, accuracy, time, and the bytes of the messages.
    let encrypted = h.state().state().kept.runs[0].summary.clone().expect("whole").encrypted;
    let accuracy = format!("{:.2} %", encrypted.accuracy * 100.0);
    assert!(has(&h, "Kept runs") && has(&h, &accuracy) && has(&h, "158 ms"));
    click(&mut h, "Show digits, ");
    until(&mut h, "the kept run", |h| h.state().state().replay.is_some());
    until_planned(&mut h);
    let state = h.state().state();
    assert_eq!(state.scenario.images, Some(50), "its setup comes along");
    assert_eq!(state.run.as_ref().expect("a run").samples.len(), 50);
    assert!(has(&h, "the kept run of digits, "));
    let whole = state.whole_run().expect("a run").recording.secs();
    h.get_by_role_and_label(Role::Slider, "Moment of the run").set_value_accesskit(whole / 2.0);
    h.run_ok();
    assert!(h.state().state().run.as_ref().expect("a run").samples.is_empty());
    press(&mut h, Modifiers::NONE, Key::Escape);
    let run = h.state().state().run.as_ref().expect("a run");
    assert_eq!((&run.status, run.samples.len()), (&Status::Finished, 50));
    assert_eq!(kept(&h), 1, "what is shown again is not kept again");
}

#[test]
fn pinned_runs_lie_over_later_ones_with_a_table_of_what_changed() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut h = window(folder.path(), "images=50");
    run(&mut h);
    press(&mut h, SHIFT, Key::I);
    until(&mut h, "the pin", |h| h.state().state().kept.runs.iter().any(|run| run.pinned));
    let changed = h.state().state().scenario.with_setting("images=100").expect("a setting");
    h.get_by_role_and_label(Role::SpinButton, "Samples").set_value_accesskit(100.0);
    h.run_ok();
    assert_eq!(h.state().state().scenario.images, changed.images);
    until_planned(&mut h);
    run(&mut h);
    assert!(has(&h, "now − pinned A") && has(&h, "pinned A: digits, "));
    // The setting that is another, and a figure with its ratio.
    assert!(has(&h, "images") && has(&h, "+50, ×2.00"));
    let csv = folder.path().join("pinned.csv");
    press(&mut h, SHIFT, Key::Q);
    save_to(&mut h, &csv);
    let text = std::fs::read_to_string(&csv).expect("written");
    assert!(text.starts_with("what,unit,pinned A,now,now - pinned A,now / pinned A\n"), "{text}");
    assert!(text.contains("\nimages,setting,50,100,,\n"), "{text}");
    assert!(text.contains("\nSamples,count,50,100,50,2\n"), "{text}");
    drop(h);

    // Pins are there again, and go when they are taken off.
    let mut h = window(folder.path(), "images=100");
    until(&mut h, "the pin", |h| h.state().state().pins.all().len() == 1);
    assert_eq!(h.state().state().pins.all()[0].report.images, 50);
    h.get_by_role_and_label(Role::Button, "Take off pinned A").click();
    h.run_ok();
    until(&mut h, "no pin", |h| h.state().state().kept.runs.iter().all(|run| !run.pinned));
    assert!(!has(&h, "now − pinned A") && kept(&h) == 2);
    // From the list both can be pinned.
    press(&mut h, ALT, Key::Z);
    for pins in 1..=2 {
        click(&mut h, "Pin digits, ");
        until(&mut h, "a pin", |h| {
            h.state().state().kept.runs.iter().filter(|r| r.pinned).count() == pins
        });
    }
    press(&mut h, Modifiers::NONE, Key::Escape);
    assert!(has(&h, "Take off pinned A") && has(&h, "Take off pinned B"));
}

#[test]
fn kept_runs_are_exported_and_forgotten_broken_ones_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut h = window(folder.path(), "images=50");
    run(&mut h);
    drop(h);
    let runs = folder.path().join("runs");
    let whole = std::fs::read(runs.join(&files(folder.path())[0])).expect("a report");
    std::fs::write(runs.join("run-1.json"), &whole[..whole.len() / 2]).expect("writes");
    std::fs::write(runs.join("run-2.json"), "{\"features\": []}").expect("writes");
    std::fs::write(runs.join("notes.txt"), "mine").expect("writes");

    let mut h = window(folder.path(), "images=60");
    assert_eq!(kept(&h), 3);
    press(&mut h, ALT, Key::Z);
    assert!(has(&h, "cannot be read") && has(&h, "cut short") && has(&h, "no report of a run"));
    click(&mut h, "Forget a broken file, ");
    until(&mut h, "one is gone", |h| kept(h) == 2);
    let copy = folder.path().join("copy.json");
    click(&mut h, "Export digits, ");
    save_to(&mut h, &copy);
    assert_eq!(std::fs::read(&copy).expect("copied"), whole);
    click(&mut h, "Forget all kept runs");
    until(&mut h, "all are gone", |h| kept(h) == 0);
    assert_eq!(files(folder.path()), ["notes.txt"]);
    assert!(has(&h, "None yet"));
    click(&mut h, "Close");
    run(&mut h);
    assert_eq!(kept(&h), 1);
}

#[test]
#[ignore = "needs something to draw with: mesa-vulkan-drivers"]
fn pictures_of_pins_and_the_list() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut h = window(folder.path(), "images=50");
    for images in [50.0, 80.0, 120.0] {
        h.get_by_role_and_label(Role::SpinButton, "Samples").set_value_accesskit(images);
        h.run_ok();
        until_planned(&mut h);
        run(&mut h);
        if images < 100.0 {
            press(&mut h, SHIFT, Key::I);
        }
    }
    std::fs::write(folder.path().join("runs/run-1.json"), "{").expect("writes");
    until(&mut h, "the pins", |h| {
        h.state().state().kept.runs.iter().filter(|r| r.pinned).count() == 2
    });
    shots::shoot(&mut h, "pinned_dark");
    drop(h);
    let mut h = window(folder.path(), "images=50");
    press(&mut h, ALT, Key::Z);
    shots::shoot(&mut h, "kept_list_dark");
}
