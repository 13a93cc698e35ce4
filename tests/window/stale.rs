//! What is said of results that are of another setup, that were disturbed, or that took longer than
//! planned; and of data that were read by guessing.

use crate::drive::{WIDE, opacity, type_in, until, until_over, until_planned, window, window_on};
use crate::scripted::Control;
use cryptoscope::app::{App, TaskStatus};
use cryptoscope::format;
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use std::fmt::Write as _;

type Window = Harness<'static, App>;

const BOTH: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);
/// What stands back is drawn less than this opaque.
const DIM: f32 = 0.6;
const BADGE: &str = "Measured while other work ran: times are not comparable";

fn press(h: &mut Window, modifiers: Modifiers, key: Key) {
    h.key_press_modifiers(modifiers, key);
    h.run_ok();
}

fn has(h: &Window, text: &str) -> bool {
    h.query_all_by_label_contains(text).next().is_some()
}

fn pick(h: &mut Window, scenario: &str) {
    h.get_by_role_and_label(Role::ComboBox, "Scenario").click();
    h.run_ok();
    h.get_by_role_and_label(Role::Button, scenario).click();
    h.run_ok();
    until_planned(h);
}

fn planned(control: &Control) -> Window {
    let mut h = window(control);
    until_planned(&mut h);
    h
}

fn ran(control: &Control) -> Window {
    let mut h = planned(control);
    press(&mut h, Modifiers::COMMAND, Key::Enter);
    until_over(&mut h);
    h
}

/// The sweep of one method at degree 2 in the tab that is open.
fn sweep(h: &mut Window) {
    press(h, Modifiers::COMMAND, Key::Num4);
    until(h, "the check", |h| h.state().state().lab.checked.check.is_some());
    for method in ["Least squares", "Chebyshev interpolation"] {
        h.get_by_role_and_label(Role::CheckBox, method).click();
        h.run_ok();
    }
    type_in(h, "Degrees", "2");
    press(h, BOTH, Key::Enter);
}

fn until_swept(h: &mut Window) {
    until(h, "the sweep", |h| h.state().state().sweep.status == TaskStatus::Finished);
}

fn is_dim(h: &Window, text: &str) -> bool {
    opacity(h, text).unwrap_or_else(|| panic!("{text} is not drawn")) < DIM
}

#[test]
fn results_of_another_setup_stand_back_and_those_of_this_one_do_not() {
    let mut h = ran(&Control::default());
    // A card, the costs, and the name of a bar in Samples.
    let cards = ["98.05 %", "97.77 %", "−0.28 points"];
    assert!(cards.iter().all(|text| !is_dim(&h, text)));
    pick(&mut h, "hospital");
    assert!(cards.iter().all(|text| is_dim(&h, text)));
    let banner = "What is shown is of digits, just now";
    assert!(!is_dim(&h, banner) && !is_dim(&h, "Plan"), "what is said of them does not");
    press(&mut h, Modifiers::COMMAND, Key::Num2);
    assert!(is_dim(&h, "Test sample 39"));
    pick(&mut h, "digits");
    assert!(!is_dim(&h, "Test sample 39"));
    press(&mut h, Modifiers::COMMAND, Key::Num1);
    assert!(cards.iter().all(|text| !is_dim(&h, text)));
}

#[test]
fn rows_of_another_setup_stand_back() {
    let mut h = planned(&Control::default());
    sweep(&mut h);
    until_swept(&mut h);
    let error = h.state().state().sweep.rows[0].fit.as_ref().expect("fits").error_max;
    let cell = format!("{error:.2e}");
    assert!(!is_dim(&h, &cell));
    pick(&mut h, "hospital");
    assert!(is_dim(&h, &cell));

    let mut h = window_on("cryptornn", &Control::default(), WIDE, 1.0, egui::Theme::Dark);
    until_planned(&mut h);
    press(&mut h, BOTH, Key::R);
    until(&mut h, "all strategies", |h| {
        let state = h.state().state();
        !state.running && state.sequence.comparing.is_none() && state.sequence.rows.len() == 4
    });
    assert!(!is_dim(&h, "Strategies compared"));
    pick(&mut h, "digits");
    assert!(is_dim(&h, "Strategies compared"));
}

#[test]
fn figures_of_the_setup_before_stand_back_until_the_plan_is_made() {
    let control = Control::default();
    let mut h = planned(&control);
    assert!(!is_dim(&h, "BGV, N = 8192"));
    control.set(|s| s.hold = true);
    press(&mut h, Modifiers::COMMAND, Key::Enter);
    until(&mut h, "the run", |h| h.state().state().running);
    h.get_by_role_and_label(Role::Button, "CKKS").click();
    h.run_ok();
    // The worker plans after the run.
    assert!(has(&h, "after the run") && is_dim(&h, "BGV, N = 8192"));
    control.set(|s| s.hold = false);
    until_planned(&mut h);
    assert!(!is_dim(&h, "BGV, N = 8192"));
}

#[test]
fn a_run_beside_a_sweep_says_that_its_times_mean_little() {
    let control = Control::default();
    let mut h = ran(&control);
    assert!(!has(&h, BADGE), "alone");
    sweep(&mut h);
    until_swept(&mut h);
    assert!(!has(&h, BADGE), "one after the other");
    control.set(|s| s.hold = true);
    press(&mut h, Modifiers::COMMAND, Key::Enter);
    until(&mut h, "the run", |h| h.state().state().running);
    press(&mut h, BOTH, Key::Enter);
    until_swept(&mut h);
    assert!(has(&h, BADGE), "the sweep");
    control.set(|s| s.hold = false);
    until_over(&mut h);
    press(&mut h, Modifiers::COMMAND, Key::Num1);
    assert!(has(&h, BADGE), "the run");
    press(&mut h, Modifiers::COMMAND, Key::Enter);
    until_over(&mut h);
    assert!(!has(&h, BADGE), "run again alone");
}

#[test]
fn a_run_that_took_much_longer_than_planned_says_so() {
    let control = Control::default();
    let mut h = planned(&control);
    let secs = h.state().state().preview.plan.as_ref().expect("planned").secs.total();
    let mut told = |took: f64| {
        control.set(|s| s.secs = Some(took));
        press(&mut h, Modifiers::COMMAND, Key::Enter);
        until_over(&mut h);
        let line = format!(
            "The run took {:.1} times as long as planned ({} for {}): the machine was busy",
            took / secs,
            format::secs(took),
            format::secs(secs)
        );
        (has(&h, &line), has(&h, "times as long as planned"))
    };
    assert_eq!(told(10.0 * secs), (true, true));
    assert_eq!(told(1.5 * secs), (false, false));
    // Of a short run it says nothing.
    assert_eq!(told(5.0 * secs), (false, false), "{secs}");
}

#[test]
fn guesses_of_the_reader_are_told_with_the_data() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("digits.csv");
    let mut text = String::new();
    for row in 0..60 {
        (0..64).for_each(|at| write!(text, "{};", (row * 7 + at * 3) % 17).expect("writes"));
        writeln!(text, "class{}", row % 10).expect("writes");
    }
    std::fs::write(&path, text).expect("writes");
    let mut h = planned(&Control::default());
    assert!(!has(&h, "Read so"), "nothing is guessed of what is built in");
    press(&mut h, Modifiers::COMMAND, Key::D);
    h.get_by_role(Role::TextInput).type_text(&path.to_string_lossy());
    h.run_ok();
    press(&mut h, Modifiers::NONE, Key::Enter);
    until(&mut h, "the data", |h| {
        h.state().state().loaded.as_ref().is_some_and(|l| l.dataset.classes().len() == 10)
    });
    until_planned(&mut h);
    let loaded = h.state().state().loaded.as_ref().expect("loaded");
    let guesses = loaded.dataset.guesses();
    let first = guesses.first().expect("no header, and semicolons").to_string();
    let line = match guesses.len() {
        1 => format!("Read so: {first}"),
        many => format!("Read so ({many}): {first}"),
    };
    assert!(has(&h, &line), "{line}");
    pick(&mut h, "hospital");
    assert!(!has(&h, "Read so"));
}

#[test]
fn what_was_measured_stands_in_the_cell_of_what_was_predicted() {
    let mut h = planned(&Control::default());
    press(&mut h, Modifiers::COMMAND, Key::Num4);
    until(&mut h, "the check", |h| h.state().state().lab.checked.check.is_some());
    h.get_by_role_and_label(Role::CheckBox, "Run each row encrypted").click();
    h.run_ok();
    sweep(&mut h);
    until_swept(&mut h);
    let row = &h.state().state().sweep.rows[0];
    let (predicted, measured) = (row.predicted.expect("planned"), row.encrypted.expect("ran"));
    let times = [predicted.latency_secs, measured.latency_secs].map(format::secs);
    assert!(has(&h, &times.join(" → ")), "{times:?}");
    let noise = [predicted.margin_bits, measured.margin_bits.expect("measured")];
    let noise = noise.map(|m| cryptoscope::circuit::NoiseMeasure::of(predicted.scheme).short(m));
    assert!(has(&h, &noise.join(" → ")), "{noise:?}");
}
