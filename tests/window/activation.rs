//! The activation laboratory: what a person does in it, and what it then shows.

use crate::drive::{self, until, until_over, until_planned, window};
use crate::scripted::Control;
use cryptoscope::activation::{Activation, Method};
use cryptoscope::app::{App, LabCurve, Tab};
use cryptoscope::network::IntervalRule;
use cryptoscope::scenario::LayerRequests;
use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, MouseWheelUnit, PointerButton, TouchPhase, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use std::sync::Arc;

type Window = Harness<'static, App>;

/// The tab, with everything measured and checked.
fn laboratory(control: &Control) -> Window {
    let mut h = window(control);
    until_planned(&mut h);
    press(&mut h, Modifiers::COMMAND, Key::Num3);
    until_checked(&mut h);
    h
}

fn until_checked(h: &mut Window) {
    until(h, "the check", |h| {
        let checked = &h.state().state().lab.checked;
        !checked.pending && (checked.check.is_some() || checked.failure.is_some())
    });
}

fn press(h: &mut Window, modifiers: Modifiers, key: Key) {
    h.key_press_modifiers(modifiers, key);
    h.run_ok();
}

fn has(h: &Window, text: &str) -> bool {
    h.query_all_by_label_contains(text).next().is_some()
}

fn curve(h: &Window) -> Arc<LabCurve> {
    h.state().state().lab.curve.clone().expect("made").expect("fits")
}

fn choose(h: &mut Window, control: &str, entry: &str) {
    h.get_by_role_and_label(Role::ComboBox, control).click();
    h.run_ok();
    h.get_by_role_and_label(Role::Button, entry).click();
    h.run_ok();
    until_checked(h);
}

/// A place in the plots.
fn plots(h: &Window) -> egui::Rect {
    h.get_by_label("Function and polynomial plot").rect()
}

#[test]
fn it_shows_the_polynomial_of_the_model_and_its_accuracy() {
    let h = laboratory(&Control::default());
    let lab = &h.state().state().lab;
    assert_eq!(h.state().state().tab, Tab::Activation);
    assert_eq!(lab.function(), Activation::Relu);
    let check = lab.checked.check.as_ref().expect("checked");
    assert_eq!((check.samples, check.of), (359, 359));
    assert!(check.agreement > 0.9, "{check:?}");
    let share = format!("{:.2} %", check.accuracy * 100.0);
    for text in ["Accuracy in the clear", "6 of 7", &share] {
        assert!(has(&h, text), "{text}");
    }
    let shown = |name| h.get_by_role_and_label(Role::ComboBox, name).value();
    assert_eq!(shown("Function").as_deref(), Some("Own: ReLU"));
    assert_eq!(shown("Layer").as_deref(), Some("relu1"));
    assert!(!has(&h, "leave the interval"));
    let (low, high) = lab.interval();
    let histogram = lab.histogram().expect("measured");
    assert!(low == -high && histogram.share_outside(low, high) == 0.0);
}

#[test]
fn keys_change_degree_and_method() {
    let mut h = laboratory(&Control::default());
    let before = curve(&h).errors.max;
    press(&mut h, Modifiers::ALT, Key::ArrowUp);
    assert_eq!(h.state().state().lab.choice.degree, 8);
    assert!(curve(&h).errors.max < before, "the curve follows at once");
    until_checked(&mut h);
    press(&mut h, Modifiers::ALT, Key::ArrowDown);
    press(&mut h, Modifiers::COMMAND, Key::M);
    assert_eq!(h.state().state().lab.choice.method, Method::LeastSquares);
    press(&mut h, Modifiers::COMMAND | Modifiers::SHIFT, Key::M);
    assert_eq!(h.state().state().lab.choice.method, Method::Minimax);
    press(&mut h, Modifiers::COMMAND, Key::Num1);
    press(&mut h, Modifiers::ALT, Key::ArrowUp);
    assert_eq!(h.state().state().lab.choice.degree, 7, "only where it is in sight");
}

#[test]
fn the_wheel_over_the_plots_changes_the_degree() {
    let mut h = laboratory(&Control::default());
    let over = plots(&h).center() + vec2(200.0, 100.0);
    h.hover_at(over);
    h.run_ok();
    assert!(h.state().state().lab.hovered.is_some());
    assert!(has(&h, "Inputs below x"));
    for (delta, degree) in [(1.0, 8), (3.0, 11), (-4.0, 7), (-40.0, 1)] {
        h.event(Event::MouseWheel {
            unit: MouseWheelUnit::Line,
            delta: vec2(0.0, delta),
            phase: TouchPhase::Move,
            source: egui::MouseWheelSource::Wheel,
            modifiers: Modifiers::NONE,
        });
        h.run_ok();
        assert_eq!(h.state().state().lab.choice.degree, degree);
    }
    h.remove_cursor();
    h.run_ok();
    assert_eq!(h.state().state().lab.hovered, None);
}

#[test]
fn an_end_of_the_interval_can_be_dragged() {
    let mut h = laboratory(&Control::default());
    let view = curve(&h).view;
    let (low, high) = h.state().state().lab.interval();
    // The inside of the plots: their frame less the axis on the left and the air on the right.
    let title = plots(&h);
    let (left, right) = (title.left() + 4.0 - 10.0 + 54.0, 1280.0 - 8.0 - 10.0);
    let share = ((high - view.0) / (view.1 - view.0)) as f32;
    let from = egui::pos2(left + share * (right - left), title.bottom() + 120.0);
    let button = |pos, pressed| Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    h.event(Event::PointerMoved(from));
    h.step();
    h.event(button(from, true));
    h.step();
    for moved in [10.0, 40.0, 80.0] {
        h.event(Event::PointerMoved(from - vec2(moved, 0.0)));
        h.step();
    }
    let to = from - vec2(80.0, 0.0);
    h.event(button(to, false));
    h.run_ok();
    let choice = h.state().state().lab.choice.clone();
    assert!(!choice.measured);
    assert_eq!(choice.interval.0, low, "the other end stays");
    assert!(choice.interval.1 < 0.95 * high && choice.interval.1 > 0.3 * high, "{choice:?}");
    until_checked(&mut h);
    assert!(has(&h, "relu1: ") && has(&h, "leave the interval"), "what falls outside is told");
}

#[test]
fn another_function_shows_what_it_would_cost_this_model() {
    let control = Control::default();
    let mut h = laboratory(&control);
    choose(&mut h, "Function", "sigmoid");
    assert!(has(&h, "With exact sigmoid"));
    until(&mut h, "the exact accuracy", |h| h.state().state().lab.exact.is_some());
    let asked = control.checked.lock().unwrap().last().cloned().expect("asked");
    assert_eq!(asked.function, Some(Activation::Sigmoid));
    assert!(matches!(asked.interval, IntervalRule::Measured { .. }));
    choose(&mut h, "Method", "Taylor");
    assert!(matches!(h.state().state().lab.curve, Some(Ok(_))));
    choose(&mut h, "Function", "sign");
    assert!(has(&h, "Taylor for sign: it has no derivative at 0"));
    assert!(h.state().state().lab.checked.failure.is_some());
    press(&mut h, Modifiers::COMMAND, Key::M);
    until_checked(&mut h);
    assert!(h.state().state().lab.checked.failure.is_none(), "the next method has an answer");
}

#[test]
fn only_the_newest_choice_is_checked() {
    let control = Control::default();
    let mut h = laboratory(&control);
    control.checked.lock().unwrap().clear();
    for _ in 0..12 {
        h.key_press_modifiers(Modifiers::ALT, Key::ArrowUp);
        h.step();
    }
    until_checked(&mut h);
    assert_eq!(h.state().state().lab.choice.degree, 19);
    let asked = control.checked.lock().unwrap().clone();
    assert_eq!(asked.last().map(|s| s.degree), Some(19));
}

#[test]
fn a_run_goes_before_a_check() {
    let control = Control::default();
    control.set(|s| s.hold_checks = true);
    let mut h = window(&control);
    until_planned(&mut h);
    press(&mut h, Modifiers::COMMAND, Key::Num3);
    assert!(h.state().state().lab.data.is_none() && h.state().state().lab.checked.pending);
    press(&mut h, Modifiers::COMMAND, Key::Enter);
    until_over(&mut h);
    assert!(h.state().state().lab.checked.check.is_none());
    control.set(|s| s.hold_checks = false);
    until_checked(&mut h);
    assert!(h.state().state().lab.checked.check.is_some(), "the check comes after the run");
}

#[test]
fn what_is_found_becomes_the_activation_of_the_setup() {
    let mut h = laboratory(&Control::default());
    press(&mut h, Modifiers::ALT, Key::ArrowDown);
    until_checked(&mut h);
    let (_, half) = h.state().state().lab.interval();
    h.get_by_role_and_label(Role::Button, "Use in setup").click();
    h.run_ok();
    until_planned(&mut h);
    let activation = h.state().state().scenario.activation.clone();
    assert_eq!((activation.method.as_str(), activation.degree), ("minimax", 6));
    assert!((activation.interval - half).abs() < 0.01);
    press(&mut h, Modifiers::COMMAND, Key::Z);
    assert_eq!(h.state().state().scenario.activation.method, "keep");
    choose(&mut h, "Function", "tanh");
    assert!(!cryptoscope::app::Command::UseApproximation.is_enabled(h.state().state()));
}

#[test]
fn curves_coefficients_and_plots_are_saved() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut h = laboratory(&Control::default());
    let both = Modifiers::COMMAND | Modifiers::SHIFT;
    for (modifiers, key, name) in [
        (Modifiers::COMMAND, Key::K, "curves.csv"),
        (both, Key::K, "coefficients.csv"),
        (Modifiers::COMMAND, Key::G, "plots.svg"),
    ] {
        let path = folder.path().join(name);
        press(&mut h, modifiers, key);
        press(&mut h, Modifiers::COMMAND, Key::A);
        h.get_by_role(Role::TextInput).type_text(&path.to_string_lossy());
        h.run_ok();
        press(&mut h, Modifiers::NONE, Key::Enter);
        let saved = format!("Saved {}", path.display());
        until(&mut h, &saved, |h| has(h, &saved));
    }
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("written");
    assert!(read("curves.csv").starts_with("x,function,polynomial,error"));
    assert_eq!(read("coefficients.csv").lines().count(), 8);
    assert!(read("plots.svg").contains("ReLU, Minimax, degree 6"));
}

#[test]
fn a_still_laboratory_asks_for_no_frames() {
    let mut h = laboratory(&Control::default());
    assert!(h.run_ok().is_some_and(|steps| steps <= 2));
    let delay = h.output().viewport_output.values().map(|v| v.repaint_delay).min();
    assert!(delay.is_some_and(|d| d > std::time::Duration::from_secs(3600)), "{delay:?}");
}

/// The same with the real engine.
fn real(scenario: &str, settings: &[&str]) -> Window {
    let mut h = drive::real(scenario, settings);
    press(&mut h, Modifiers::COMMAND, Key::Num3);
    until_checked(&mut h);
    h
}

#[test]
fn each_layer_is_handed_over_with_the_interval_of_its_own_inputs() {
    let mut h = real("deep", &["activation.kind=polynomial", "activation.degree=2"]);
    let lab = &h.state().state().lab;
    let layers = lab.data.as_ref().expect("measured").layers.clone();
    assert!(layers.len() == 10 && lab.choice.measured);
    h.get_by_role_and_label(Role::Button, "Use in setup").click();
    h.run_ok();
    let activation = h.state().state().scenario.activation.clone();
    assert_eq!((activation.method.as_str(), activation.degree), ("minimax", 7));
    let LayerRequests::All(handed) = &activation.layers else { panic!("{:?}", activation.layers) };
    let halves: Vec<f64> = handed.iter().map(|l| l.interval.expect("measured").ends().1).collect();
    for (layer, half) in layers.iter().zip(&halves) {
        let (_, own) = layer.histogram.symmetric_interval(1.0, 0.1).expect("inputs");
        assert!((own - half).abs() < 1e-5, "{}: {own} and {half}", layer.layer);
    }
    assert!(halves.iter().any(|half| (half - halves[0]).abs() > 0.1), "{halves:?}");
    // What is run then is what was checked: the interval of every layer stands in its name.
    let rules = activation.rules(&layers.iter().map(|l| l.layer.clone()).collect::<Vec<_>>());
    let rules = rules.expect("one for each layer");
    let ends = |rule: &IntervalRule| match rule {
        IntervalRule::Given(ends) => *ends,
        IntervalRule::Measured { .. } => panic!("given"),
    };
    assert!(rules.iter().zip(&halves).all(|(r, half)| ends(&r.interval) == (-half, *half)));
}

#[test]
fn squares_are_shown_as_squares_and_multiply() {
    let mut h = real("digits", &[]);
    let shown = |h: &Window| h.get_by_role_and_label(Role::ComboBox, "Function").value();
    assert_eq!(shown(&h).as_deref(), Some("Own: square"));
    assert!(has(&h, "The activations of this network are polynomials already"));
    assert!(!has(&h, "ReLU") && !has(&h, "With exact"));
    let check = h.state().state().lab.checked.check.clone().expect("checked");
    assert_eq!(check.accuracy, check.model_accuracy, "nothing is put in its place");
    assert_eq!(check.depth, 1);
    assert!(!cryptoscope::app::Command::UseApproximation.is_enabled(h.state().state()));
    press(&mut h, Modifiers::COMMAND, Key::Num1);
    assert_eq!(h.state().state().scenario.activation.method, "keep");
}
