//! Sweeps: lists, rows that are kept, added and removed, and what can be done with a row.

use crate::drive::{real, type_in, until, until_over, until_planned};
use crate::shots::shoot;
use cryptoscope::activation::{Activation, Method};
use cryptoscope::app::{App, Command, SweepAxis, TaskStatus};
use cryptoscope::format;
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

/// The tab on `digits-relu`, with one method chosen.
fn tab() -> Window {
    let explored = ["images=40", "activation.method=minimax", "activation.degree=7"];
    let mut h = real("digits-relu", &explored);
    press(&mut h, Modifiers::COMMAND, Key::Num4);
    until(&mut h, "the check", |h| h.state().state().lab.checked.check.is_some());
    for method in ["Least squares", "Chebyshev interpolation"] {
        h.get_by_role_and_label(Role::CheckBox, method).click();
        h.run_ok();
    }
    h
}

fn sweep(h: &mut Window) {
    press(h, Modifiers::COMMAND | Modifiers::SHIFT, Key::Enter);
    until(h, "the sweep", |h| h.state().state().sweep.status != TaskStatus::Running);
    assert_eq!(h.state().state().sweep.status, TaskStatus::Finished);
}

fn degrees(h: &Window) -> Vec<usize> {
    let view = &h.state().state().sweep;
    view.order().into_iter().map(|at| view.rows[at].degree).collect()
}

#[test]
fn lists_are_read_or_refused_in_one_line() {
    let mut h = tab();
    type_in(&mut h, "Degrees", "2, 99");
    assert!(has(&h, "99 is no degree: write numbers and ranges from 1 to 31"));
    assert!(!Command::RunSweep.is_enabled(h.state().state()));
    type_in(&mut h, "Degrees", "2, 3, 5-6");
    type_in(&mut h, "Intervals", "6, measured");
    type_in(&mut h, "Functions", "relu, tanh");
    assert!(Command::RunSweep.is_enabled(h.state().state()));
    sweep(&mut h);
    let view = &h.state().state().sweep;
    assert_eq!(view.rows.len(), 4 * 2 * 2);
    assert_eq!(view.series().len(), 4, "a line for each interval and function");
    assert!(has(&h, "Minimax ±6 tanh") && has(&h, "Minimax measured ReLU"));
    let of = |function: Activation| {
        view.rows.iter().filter(move |r| r.function == Some(function.clone()))
    };
    // Every other degree came first.
    let first: Vec<usize> = of(Activation::Tanh).map(|r| r.degree).collect();
    assert_eq!(first, [2, 2, 5, 5, 3, 3, 6, 6]);
    // ReLU is what the model was trained with, tanh is not: its own accuracy is another.
    assert!(of(Activation::Relu).all(|r| r.original > 0.9));
    assert!(of(Activation::Tanh).all(|r| r.original < 0.9));
    let refused = |at: usize| view.rows[at].setup().is_err();
    let tanh = view.rows.iter().position(|r| r.function == Some(Activation::Tanh)).expect("one");
    assert!(refused(tanh), "no setup has polynomials for a function that the model has not");
}

#[test]
fn rows_stay_when_another_sweep_starts_and_go_when_they_are_removed() {
    let mut h = tab();
    type_in(&mut h, "Degrees", "2, 4");
    sweep(&mut h);
    let kept = h.state().state().sweep.rows.clone();
    type_in(&mut h, "Degrees", "3");
    sweep(&mut h);
    assert_eq!(degrees(&h), [2, 3, 4]);
    let view = &h.state().state().sweep;
    assert_eq!(view.rows[..2], kept[..], "as they were");
    assert_eq!(view.newest().count(), 1);
    assert_eq!(view.report.as_ref().expect("all").rows.len(), 3);
    // The laboratory adds what is explored.
    assert_eq!(h.state().state().lab.choice.degree, 7);
    h.get_by_role_and_label(Role::Button, "Add explored to sweep").click();
    h.run_ok();
    until(&mut h, "the row", |h| h.state().state().sweep.status == TaskStatus::Finished);
    assert_eq!(degrees(&h), [2, 3, 4, 7]);
    h.get_by_role_and_label(Role::Button, "Remove Minimax 3 ±8").click();
    h.run_ok();
    assert_eq!(degrees(&h), [2, 4, 7]);
    let view = &h.state().state().sweep;
    assert_eq!(view.report.as_ref().expect("all").rows.len(), 3);
    // Another scheme is another line; other samples begin anew.
    let cost = view.rows[0].predicted.expect("planned");
    for axis in SweepAxis::COSTS {
        assert!(axis.position(&view.rows[0]).is_some(), "{}", axis.name());
    }
    assert_eq!(
        SweepAxis::RingDegree.position(&view.rows[0]),
        Some((cost.ring_degree as f64).log10())
    );
    assert!(has(&h, &format::count(cost.ring_degree as u64)));
    press(&mut h, Modifiers::COMMAND | Modifiers::ALT, Key::Backspace);
    assert!(h.state().state().sweep.rows.is_empty());
}

#[test]
fn a_row_becomes_the_setup_and_is_run() {
    let mut h = tab();
    type_in(&mut h, "Degrees", "2, 3");
    sweep(&mut h);
    h.get_by_role_and_label(Role::Button, "Use Minimax 3 ±8").click();
    h.run_ok();
    until_planned(&mut h);
    let state = h.state().state();
    let activation = state.scenario.activation.clone();
    assert_eq!((activation.method.as_str(), activation.degree), ("minimax", 3));
    assert_eq!((state.lab.choice.method, state.lab.choice.degree), (Method::Minimax, 3));
    // The plan of the setup is what the row foretold.
    let row = state.sweep.rows.iter().find(|r| r.degree == 3).expect("swept");
    let (plan, cost) =
        (state.preview.plan.as_ref().expect("works"), row.predicted.expect("planned"));
    assert_eq!((plan.ring_degree, plan.log2_q), (cost.ring_degree, cost.log2_q));
    assert_eq!(plan.bytes.upload, cost.upload_bytes);
    let accuracy = row.replaced.expect("counted").accuracy;
    h.get_by_role_and_label(Role::Button, "Run Minimax 3 ±8").click();
    h.run_ok();
    until_over(&mut h);
    let run = h.state().state().run.as_ref().expect("ran");
    let report = run.report.as_ref().expect("finished");
    assert_eq!(report.plain.integer_accuracy, accuracy, "the reference is the network of the row");
}

#[test]
#[ignore = "needs something to draw with: mesa-vulkan-drivers"]
fn pictures_of_sweeps() {
    let mut h = tab();
    type_in(&mut h, "Degrees", "2, 3, 5");
    h.get_by_role_and_label(Role::CheckBox, "Run each row encrypted").click();
    h.run_ok();
    sweep(&mut h);
    shoot(&mut h, "sweep_rows");
    type_in(&mut h, "Intervals", "4, x");
    shoot(&mut h, "sweep_lists");
}
