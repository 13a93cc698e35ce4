//! What is asked before something long begins, or something is lost.

use crate::drive::{until, until_over, until_planned, window};
use crate::scripted::Control;
use cryptoscope::app::{App, Status};
use egui::accesskit::Role;
use egui::{Key, Modifiers, ViewportCommand, ViewportEvent, ViewportId};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

fn press(h: &mut Harness<'_, App>, name: &str) {
    h.get_by_role_and_label(Role::Button, name).click();
    h.run_ok();
}

fn commands(h: &Harness<'_, App>) -> Vec<ViewportCommand> {
    h.output().viewport_output.values().flat_map(|v| v.commands.clone()).collect()
}

/// The desktop asks the window to close; what the window says to it.
fn close(h: &mut Harness<'_, App>) -> Vec<ViewportCommand> {
    let input = h.input_mut();
    input.viewports.entry(ViewportId::ROOT).or_default().events.push(ViewportEvent::Close);
    h.step();
    let said = commands(h);
    h.input_mut().viewports.entry(ViewportId::ROOT).or_default().events.clear();
    h.run_ok();
    said
}

#[test]
fn a_long_run_is_asked_about_and_few_samples_are_offered() {
    let control = Control::default();
    control.set(|s| s.long = true);
    let mut h = window(&control);
    until_planned(&mut h);
    h.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    h.run_ok();
    assert!(h.query_all_by_label_contains("About 10 min").next().is_some());
    assert!(h.state().state().run.is_none());
    press(&mut h, "Cancel");
    assert!(h.state().state().run.is_none());
    h.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    h.run_ok();
    control.set(|s| s.long = false);
    press(&mut h, "Run 10 samples");
    until_over(&mut h);
    let state = h.state().state();
    assert_eq!(state.scenario.images, Some(10));
    assert!(state.run.as_ref().is_some_and(|run| run.status == Status::Finished));
}

#[test]
fn the_window_asks_before_it_closes_while_a_run_is_on() {
    let control = Control::default();
    control.set(|s| s.hold = true);
    let mut h = window(&control);
    until_planned(&mut h);
    assert!(!close(&mut h).contains(&ViewportCommand::CancelClose), "nothing is on");
    h.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    until(&mut h, "the run", |h| h.state().state().running);
    assert!(close(&mut h).contains(&ViewportCommand::CancelClose));
    press(&mut h, "Stay");
    assert!(h.state().state().running);
    assert!(close(&mut h).contains(&ViewportCommand::CancelClose));
    h.get_by_role_and_label(Role::Button, "Close the window").click();
    h.step();
    h.step();
    assert!(!close(&mut h).contains(&ViewportCommand::CancelClose));
    control.set(|s| s.hold = false);
    until_over(&mut h);
}
