//! What a degree costs, in the activation laboratory: live, degree by degree, and run side by side; and
//! polynomials of a person's own there.

use crate::drive::{real, type_in, until, until_planned};
use crate::shots::shoot;
use cryptoscope::activation::Polynomial;
use cryptoscope::app::{App, Command, Compared, TaskStatus};
use cryptoscope::experiment::Experiment;
use cryptoscope::format;
use cryptoscope::progress::Cancel;
use cryptoscope::scenario::{Scenario, Sources};
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

type Window = Harness<'static, App>;

fn press(h: &mut Window, modifiers: Modifiers, key: Key) {
    h.key_press_modifiers(modifiers, key);
    h.run_ok();
}

fn has(h: &Window, text: &str) -> bool {
    h.query_all_by_label_contains(text).next().is_some()
}

/// The setup that would have what is explored, once its cost is shown.
fn costed(h: &mut Window) -> Scenario {
    until(h, "the cost", |h| shown(h).is_some());
    shown(h).expect("planned")
}

fn shown(h: &Window) -> Option<Scenario> {
    let lab = &h.state().state().lab;
    let cost = lab.costs.shown()?;
    let (choice, of) = (&lab.choice, &cost.setup.activation);
    let same = of.method == choice.method.id()
        && of.degree == choice.degree
        && of.polynomial == choice.coefficients();
    same.then(|| cost.setup.clone())
}

/// The laboratory of a scenario.
fn laboratory(scenario: &str, settings: &[&str]) -> Window {
    let mut h = real(scenario, settings);
    press(&mut h, Modifiers::COMMAND, Key::Num3);
    h
}

/// What the command line would plan for the same setup.
fn planned(setup: &Scenario) -> cryptoscope::circuit::Plan {
    let experiment = Experiment::open(setup, &Sources::default()).expect("opens");
    experiment.plan(&Cancel::default()).expect("plans")
}

#[test]
fn the_figures_are_those_of_the_plan_and_follow_the_degree() {
    let mut h = laboratory("digits-relu", &["activation.degree=7"]);
    let mut levels = Vec::new();
    for degree in [7, 8] {
        let setup = costed(&mut h);
        assert_eq!(setup.activation.degree, degree);
        let plan = planned(&setup);
        let approximate = plan.approximate.clone().expect("CKKS");
        assert!(has(&h, "Encrypted, predicted"));
        for text in [
            format!("{} of CKKS", approximate.levels),
            format::count(plan.ring_degree as u64),
            format::bits(plan.log2_q),
            format::bytes(plan.bytes.upload),
        ] {
            assert!(has(&h, &text), "{text} at degree {degree}");
        }
        levels.push(approximate.levels);
        press(&mut h, Modifiers::ALT, Key::ArrowUp);
    }
    // ReLU is x/2 and an even rest: degree 7 is 6. ⌈log2(6 + 1)⌉ and ⌈log2(8 + 1)⌉ in every activation.
    let layers = h.state().state().lab.data.as_ref().expect("measured").layers.len();
    assert_eq!(levels, [3 * layers, 4 * layers]);
}

#[test]
fn degrees_under_the_slider_are_planned_and_can_be_pressed() {
    let mut h = laboratory("digits-relu", &[]);
    let setup = costed(&mut h);
    until(&mut h, "plans of other degrees", |h| {
        let degrees = h.state().state().lab.costs.degrees(&setup);
        degrees.iter().all(|of| of.is_known())
    });
    let degrees = h.state().state().lab.costs.degrees(&setup);
    let rings: Vec<usize> =
        degrees.iter().map(|of| of.ring_degree().unwrap_or(usize::MAX)).collect();
    assert!(rings.is_sorted(), "a higher degree never does with a smaller N: {rings:?}");
    let last = rings.iter().rposition(|n| *n != usize::MAX).expect("some") + 1;
    assert!(has(&h, &format!("Possible degrees, to {last}")));
    let strip = h.get_by_label_contains("Possible degrees").rect();
    let at = strip.left_center() + egui::vec2(strip.width() * 2.5 / 31.0, 0.0);
    h.hover_at(at);
    h.run_ok();
    for pressed in [true, false] {
        let (button, modifiers) = (egui::PointerButton::Primary, Modifiers::NONE);
        h.event(egui::Event::PointerButton { pos: at, button, pressed, modifiers });
        h.run_ok();
    }
    assert_eq!(h.state().state().lab.choice.degree, 3);
}

#[test]
fn the_degrees_are_walked_through_until_the_last() {
    let mut h = laboratory("digits-relu", &["activation.degree=7"]);
    costed(&mut h);
    press(&mut h, Modifiers::ALT, Key::P);
    until(&mut h, "the next degree", |h| h.state().state().lab.choice.degree > 7);
    assert!(h.state().state().lab.playing.is_some());
    h.get_by_role_and_label(Role::Button, "Play degrees").click();
    h.run_ok();
    assert!(h.state().state().lab.playing.is_none());
}

#[test]
fn a_polynomial_of_a_recurrent_network_is_planned_too() {
    let mut h = laboratory("cryptornn", &[]);
    let setup = costed(&mut h);
    let plan = planned(&setup);
    assert!(has(&h, &format::bits(plan.log2_q)) && has(&h, &format::bytes(plan.bytes.upload)));
}

#[test]
fn present_and_explored_are_run_side_by_side() {
    let mut h = laboratory("digits-relu", &["images=40", "activation.degree=2"]);
    for _ in 2..7 {
        press(&mut h, Modifiers::ALT, Key::ArrowUp);
    }
    costed(&mut h);
    h.get_by_role_and_label(Role::Button, "Run both").click();
    h.run_ok();
    until(&mut h, "both", |h| h.state().state().compare.status == TaskStatus::Finished);
    let view = &h.state().state().compare;
    assert_eq!(view.of, Compared::Polynomials);
    let names: Vec<&str> = view.rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["present", "explored"]);
    let [present, explored] = &view.rows[..] else { panic!("two rows") };
    assert!(view.rows.iter().all(|row| row.refusal.is_none() && row.images == 40));
    // The higher degree takes more levels, so a larger modulus and more bytes, and is nearer to ReLU.
    assert!(explored.upload_bytes > present.upload_bytes);
    assert!(explored.reference_accuracy >= present.reference_accuracy);
    assert!(has(&h, "Both, encrypted") && has(&h, &format::bytes(explored.upload_bytes)));
    // The setup is what it was.
    assert_eq!(h.state().state().scenario.activation.degree, 2);
}

#[test]
fn a_recurrent_network_is_run_both_ways_too() {
    let settings = ["images=4", "sequence.strategy=levelled", "sequence.steps=2"];
    let mut h = laboratory("cryptornn", &settings);
    costed(&mut h);
    press(&mut h, Modifiers::ALT, Key::B);
    until(&mut h, "both", |h| h.state().state().compare.status == TaskStatus::Finished);
    let rows = &h.state().state().compare.rows;
    assert_eq!(rows.len(), 2);
    for row in rows {
        assert_eq!((row.refusal.clone(), row.images), (None, 4));
        assert!(row.scheme.eq_ignore_ascii_case("CKKS"), "{row:?}");
        assert!(row.security_bits >= 128 && row.upload_bytes > 0, "{row:?}");
    }
}

#[test]
fn a_polynomial_of_ones_own_is_typed_planned_and_used() {
    let mut h = laboratory("digits-relu", &["activation.degree=7"]);
    costed(&mut h);
    h.get_by_role_and_label(Role::ComboBox, "Method").click();
    h.run_ok();
    h.get_by_role_and_label(Role::Button, "Own polynomial").click();
    h.run_ok();
    let typed = |h: &Window| h.state().state().lab.choice.own.clone();
    assert!(typed(&h).is_some_and(|p| p.degree() == 6), "it starts from what was shown");
    type_in(&mut h, "Polynomial", "0.3 + 0.5x + 0.2y");
    assert!(has(&h, "'y' at place 17"));
    assert!(typed(&h).is_some_and(|p| p.degree() == 6), "what cannot be read changes nothing");
    type_in(&mut h, "Polynomial", "0.3 + 0.5x + 0.2x^2");
    let own: Polynomial = "0.3, 0.5, 0.2".parse().expect("a polynomial");
    assert_eq!(typed(&h), Some(own.clone()));
    let curve = h.state().state().lab.curve.clone().expect("made").expect("fits");
    // 0.3 at 0, where ReLU is 0.
    assert!((curve.fitted.error_at(0.0).abs() - 0.3).abs() < 1e-12);
    let setup = costed(&mut h);
    let plan = planned(&setup);
    assert!(has(&h, &format::bytes(plan.bytes.upload)));
    press(&mut h, Modifiers::COMMAND, Key::U);
    until_planned(&mut h);
    let activation = h.state().state().scenario.activation.clone();
    assert_eq!((activation.method.as_str(), activation.polynomial), ("own", Some(own)));
    assert!(h.state().state().preview.plan.is_some() && Command::Run.is_enabled(h.state().state()));
    // The setup has the same field.
    type_in_setup(&mut h, "x^2");
    until_planned(&mut h);
    let polynomial = h.state().state().scenario.activation.polynomial.clone();
    assert_eq!(polynomial.map(|p| p.to_string()).as_deref(), Some("x^2"));
}

/// Types into the field of the setup, which stands left of that of the laboratory.
fn type_in_setup(h: &mut Window, text: &str) {
    let fields = h.get_all_by_role_and_label(Role::TextInput, "Polynomial");
    let left = fields.min_by(|a, b| a.rect().left().total_cmp(&b.rect().left()));
    left.expect("a field").focus();
    h.run_ok();
    press(h, Modifiers::COMMAND, Key::A);
    h.event(egui::Event::Text(text.to_owned()));
    h.run_ok();
}

#[test]
#[ignore = "needs something to draw with: mesa-vulkan-drivers"]
fn pictures_of_costs() {
    let mut h = laboratory("digits-relu", &["images=40", "activation.degree=2"]);
    let setup = costed(&mut h);
    until(&mut h, "plans of other degrees", |h| {
        h.state().state().lab.costs.degrees(&setup).iter().all(|of| of.is_known())
    });
    shoot(&mut h, "costs");
    h.get_by_role_and_label(Role::Button, "Run both").click();
    h.run_ok();
    until(&mut h, "both", |h| h.state().state().compare.status == TaskStatus::Finished);
    h.get_by_role_and_label(Role::ComboBox, "Method").click();
    h.run_ok();
    h.get_by_role_and_label(Role::Button, "Own polynomial").click();
    h.run_ok();
    type_in(&mut h, "Polynomial", "0.3 + 0.5x + 0.2y");
    shoot(&mut h, "costs_both");
}
