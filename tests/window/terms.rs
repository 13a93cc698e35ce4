//! Words that explain themselves where they stand.

use crate::drive::{until_planned, window};
use crate::scripted::Control;
use cryptoscope::app::Tab;
use egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;

#[test]
fn a_dotted_word_opens_its_card_and_leads_to_where_it_is_seen() {
    let mut h = window(&Control::default());
    until_planned(&mut h);
    assert!(h.query_all_by_label_contains("Bits that are left before noise").next().is_none());
    h.get_by_role_and_label(Role::Label, "Degree").click();
    h.run_ok();
    assert!(h.query_all_by_label_contains("The highest power in a polynomial").next().is_some());
    h.get_by_role_and_label(Role::Link, "See it: Activation").click();
    h.run_ok();
    h.run_ok();
    assert_eq!(h.state().state().tab, Tab::Activation);
}

#[test]
fn the_glossary_has_every_word_and_finds_one() {
    let mut h = window(&Control::default());
    until_planned(&mut h);
    h.key_press_modifiers(egui::Modifiers::SHIFT, egui::Key::F1);
    h.run_ok();
    assert!(h.query_by_label("Agreement").is_some());
    h.get_by_role_and_label(Role::TextInput, "Find a word").type_text("slot");
    h.run_ok();
    assert!(h.query_by_label("Slot").is_some() && h.query_by_label("Agreement").is_none());
    h.key_press_modifiers(egui::Modifiers::NONE, egui::Key::Escape);
    h.run_ok();
    assert!(h.query_by_label("Slot").is_none());
}

#[test]
fn every_plot_says_how_it_is_read() {
    let mut h = window(&Control::default());
    until_planned(&mut h);
    h.get_by_role_and_label(Role::Button, "How to read Who was right").click();
    h.run_ok();
    assert!(h.query_all_by_label_contains("Every sample is a cell").next().is_some());
}

#[test]
fn scenarios_are_offered_as_questions() {
    let mut h = window(&Control::default());
    until_planned(&mut h);
    h.get_by_role_and_label(Role::Tab, "Welcome tab").click();
    h.run_ok();
    h.get_by_role_and_label(Role::Button, "Open scenario hospital").click();
    h.run_ok();
    let state = h.state().state();
    assert_eq!((state.scenario.name.as_str(), state.tab), ("hospital", Tab::Run));
}
