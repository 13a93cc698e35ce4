//! The tab Sequence: strategies run one after the other, compared, sorted, saved.

use crate::drive::{WIDE, until, until_planned, window, window_on};
use crate::scripted::Control;
use cryptoscope::app::{App, Tab};
use cryptoscope::circuit::NoiseStrategy;
use cryptoscope::study::StrategyRow;
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

fn key(harness: &mut Harness<'_, App>, modifiers: Modifiers, key: Key) {
    harness.key_press_modifiers(modifiers, key);
    harness.run_ok();
}

fn opened(control: &Control, size: [f32; 2], theme: egui::Theme) -> Harness<'static, App> {
    let mut h = window_on("cryptornn", control, size, 1.0, theme);
    until_planned(&mut h);
    h.get_by_label("Sequence tab").click();
    h.run_ok();
    assert_eq!(h.state().state().tab, Tab::Sequence);
    h
}

fn compared(h: &mut Harness<'_, App>) {
    key(h, Modifiers::COMMAND | Modifiers::SHIFT, Key::R);
    until(h, "all strategies", |h| {
        let state = h.state().state();
        !state.running && state.sequence.comparing.is_none() && state.sequence.rows.len() == 4
    });
}

#[test]
fn every_strategy_becomes_a_row_that_can_be_sorted() {
    let mut h = opened(&Control::default(), WIDE, egui::Theme::Dark);
    assert!(h.query_by_label("Sort by Rounds").is_none(), "nothing was run yet");
    compared(&mut h);
    let strategies: Vec<NoiseStrategy> =
        h.state().state().sequence.rows.iter().map(|r| r.strategy).collect();
    assert_eq!(strategies, NoiseStrategy::ALL);
    // Columns of costs stand further right than the window reaches: End to end is in sight.
    h.get_by_label("Sort by End to end").click();
    h.run_ok();
    let order = h.state().state().sequence.order();
    let view = &h.state().state().sequence;
    let secs: Vec<f64> =
        order.iter().map(|at| view.rows[*at].end_to_end_secs(&view.connection)).collect();
    assert!(secs.is_sorted_by(|a, b| a >= b), "{secs:?}");
    for title in ["Sequence by step plot", "Hidden state plot", "Modulus left, bits by step plot"] {
        assert!(h.query_by_label(title).is_some(), "{title}");
    }
    // The setup is what it was: only the runs had other strategies.
    let choice = h.state().state().scenario.sequence.clone().expect("recurrent");
    assert_eq!(choice.strategy, NoiseStrategy::Refresh);
}

#[test]
fn one_of_several_runs_is_not_told_as_the_whole() {
    let control = Control::default();
    let mut h = opened(&control, WIDE, egui::Theme::Dark);
    control.set(|s| s.hold = true);
    key(&mut h, Modifiers::COMMAND | Modifiers::SHIFT, Key::R);
    until(&mut h, "progress", |h| {
        h.state().state().run.as_ref().is_some_and(|r| r.progress.is_some_and(|p| p.fraction > 0.0))
    });
    let run = h.state().state().run.as_ref().expect("begun");
    let part = run.progress.expect("told").fraction;
    assert_eq!(
        run.scenario.sequence.as_ref().expect("recurrent").strategy,
        NoiseStrategy::Levelled
    );
    let line = "Strategy 1 of 4: ";
    assert!(h.query_all_by_label_contains(line).next().is_some());
    let bar = h.get_by_role_and_label(Role::ProgressIndicator, "Progress");
    let shown = bar.accesskit_node().numeric_value().expect("a bar");
    assert!((shown - 100.0 * part / 4.0).abs() < 1e-6, "{shown} of {part}");
    // The tab Run draws that run, and not the plan of the setup beside it.
    key(&mut h, Modifiers::COMMAND, Key::Num1);
    assert!(h.query_all_by_label_contains("of cryptornn with sequence.strategy").next().is_some());
    control.set(|s| s.hold = false);
    until(&mut h, "the end", |h| h.state().state().sequence.comparing.is_none());
}

#[test]
fn a_refused_strategy_says_why_and_the_others_run_on() {
    let control = Control::default();
    let mut h = opened(&control, WIDE, egui::Theme::Dark);
    control.set(|s| s.fail = Some("too many steps for one chain".into()));
    key(&mut h, Modifiers::COMMAND | Modifiers::SHIFT, Key::R);
    until(&mut h, "refusals", |h| {
        let state = h.state().state();
        !state.running && state.sequence.rows.len() == 4
    });
    let rows = &h.state().state().sequence.rows;
    let said = |r: &StrategyRow| r.refused.as_ref().is_some_and(|r| r.contains("too many steps"));
    assert!(rows.iter().all(said));
    control.set(|s| s.fail = None);
    compared(&mut h);
    assert!(h.state().state().sequence.rows.iter().all(|r| r.refused.is_none()));
}

#[test]
fn stopping_stops_the_strategies_that_wait() {
    let control = Control::default();
    let mut h = opened(&control, WIDE, egui::Theme::Dark);
    control.set(|s| s.hold = true);
    key(&mut h, Modifiers::COMMAND | Modifiers::SHIFT, Key::R);
    until(&mut h, "a run", |h| h.state().state().running);
    key(&mut h, Modifiers::NONE, Key::Escape);
    until(&mut h, "the stop", |h| !h.state().state().running);
    assert!(h.state().state().sequence.comparing.is_none());
    assert!(h.state().state().sequence.rows.is_empty());
}

#[test]
fn steps_are_foretold_before_a_run_and_seen_while_it_goes_on() {
    let control = Control::default();
    let mut h = opened(&control, WIDE, egui::Theme::Dark);
    let forecast = h.state().state().sequence.forecast.clone().expect("planned");
    assert!(forecast.per_step.iter().all(|s| s.margin_bits_measured.is_none()));
    control.set(|s| s.hold = true);
    key(&mut h, Modifiers::COMMAND, Key::Enter);
    until(&mut h, "half of the steps", |h| {
        let run = h.state().state().run.as_ref();
        let steps = run.and_then(|r| r.sequence.as_ref()).map(|s| &s.per_step);
        steps.is_some_and(|s| s.iter().filter(|s| s.margin_bits_measured.is_some()).count() == 12)
    });
    control.set(|s| s.hold = false);
    until(&mut h, "the end", |h| !h.state().state().running);
    assert_eq!(h.state().state().sequence.rows.len(), 1);
}

#[test]
fn a_recurrent_network_is_trained_in_the_window() {
    let mut h = opened(&Control::default(), WIDE, egui::Theme::Dark);
    key(&mut h, Modifiers::COMMAND, Key::Num5);
    for name in ["Units", "Clipping", "State noise"] {
        assert!(h.query_by_label(name).is_some(), "{name}");
    }
    h.get_by_label("GRU").click();
    h.run_ok();
    let chosen = h.state().state().training.recurrent.clone().expect("chosen");
    assert_eq!(chosen.cell, cryptoscope::network::recurrent::CellKind::Gru);
    key(&mut h, Modifiers::COMMAND | Modifiers::SHIFT, Key::T);
    until(&mut h, "steps of the training", |h| h.state().state().training.loss.len() > 2);
    key(&mut h, Modifiers::COMMAND | Modifiers::SHIFT, Key::X);
    until(&mut h, "the stop", |h| !h.state().state().task_running);
}

#[test]
fn other_setups_have_no_such_tab() {
    let mut h = window(&Control::default());
    until_planned(&mut h);
    assert!(h.query_by_label("Sequence tab").is_none());
    key(&mut h, Modifiers::COMMAND, Key::Num6);
    assert_eq!(h.state().state().tab, Tab::Sequence);
    assert!(h.query_by_label("Sequence tab").is_some());
}

#[test]
#[ignore = "needs something to draw with: mesa-vulkan-drivers"]
fn pictures_of_the_tab() {
    assert!(crate::shots::can_draw());
    for (name, size, theme) in [
        ("sequence_dark", WIDE, egui::Theme::Dark),
        ("sequence_light", WIDE, egui::Theme::Light),
        ("sequence_small", [1024.0, 640.0], egui::Theme::Dark),
    ] {
        let mut h = opened(&Control::default(), size, theme);
        compared(&mut h);
        crate::shots::shoot(&mut h, name);
    }
}
