//! The setup as a line of text, and starting over.

use crate::drive::{until, until_over, until_planned, window};
use crate::scripted::Control;
use cryptoscope::app::Tab;
use cryptoscope::scenario::Scenario;
use egui::{Event, Key, Modifiers};

const ALT: Modifiers = Modifiers { ctrl: true, command: true, alt: true, ..Modifiers::NONE };

#[test]
fn a_setup_goes_from_window_to_window_as_a_line() {
    let mut h = window(&Control::default());
    until_planned(&mut h);
    let sent = Scenario::open("hospital").expect("built in").with_setting("seed=7").expect("known");
    let line = sent.to_line();
    assert!(!line.contains('\n'));
    // Nobody asked for it.
    h.event(Event::Paste(line.clone()));
    h.run_ok();
    assert_eq!(h.state().state().scenario.name, "digits");
    h.key_press_modifiers(ALT, Key::V);
    h.run_ok();
    h.event(Event::Paste("{\"name\": 3}".into()));
    h.run_ok();
    let told = |h: &egui_kittest::Harness<'_, cryptoscope::app::App>| -> Vec<String> {
        h.state().state().notifications.log().map(|(note, _)| note.text.clone()).collect()
    };
    assert!(told(&h).iter().any(|text| text.contains("pasted text")), "{:?}", told(&h));
    assert_eq!(h.state().state().scenario.name, "digits", "nothing is lost");
    h.key_press_modifiers(ALT, Key::V);
    h.run_ok();
    h.event(Event::Paste(line));
    until(&mut h, "the setup", |h| h.state().state().scenario == sent);
}

#[test]
fn starting_over_clears_runs_and_goes_back_to_the_scenario_as_it_comes() {
    let mut h = window(&Control::default());
    until_planned(&mut h);
    h.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    h.run_ok();
    until_over(&mut h);
    h.key_press_modifiers(Modifiers::COMMAND, Key::Num2);
    h.run_ok();
    assert_ne!(h.state().state().tab, Tab::Run);
    h.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::Backspace);
    h.run_ok();
    let state = h.state().state();
    assert!(state.run.is_none() && state.tab == Tab::Run);
    assert_eq!(state.scenario, Scenario::open("digits").expect("built in"));
    until_planned(&mut h);
    assert!(h.state().state().preview.plan.is_some() && h.state().state().glance.is_some());
}
