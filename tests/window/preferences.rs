//! What a person prefers, and what is kept.

use crate::drive::{until, until_planned, window};
use crate::scripted::Control;
use cryptoscope::app::App;
use egui::accesskit::Role;
use egui::{Key, Modifiers, ThemePreference};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

fn opened() -> Harness<'static, App> {
    let mut h = window(&Control::default());
    until_planned(&mut h);
    h.key_press_modifiers(Modifiers::COMMAND, Key::Comma);
    h.run_ok();
    h
}

fn press(h: &mut Harness<'_, App>, role: Role, name: &str) {
    h.get_by_role_and_label(role, name).click();
    h.run_ok();
}

#[test]
fn theme_and_zoom_are_chosen_and_the_page_closes() {
    let mut h = opened();
    press(&mut h, Role::RadioButton, "Light");
    assert_eq!(h.ctx.options(|o| o.theme_preference), ThemePreference::Light);
    press(&mut h, Role::RadioButton, "As the desktop");
    assert_eq!(h.ctx.options(|o| o.theme_preference), ThemePreference::System);
    for _ in 0..2 {
        press(&mut h, Role::Button, "Zoom in");
    }
    assert!((h.ctx.zoom_factor() - 1.2).abs() < 1e-6);
    press(&mut h, Role::Button, "Reset zoom");
    assert!((h.ctx.zoom_factor() - 1.0).abs() < 1e-6);
    press(&mut h, Role::Button, "Close");
    assert!(h.query_by_label("Preferences").is_none());
}

#[test]
fn lists_are_emptied_and_files_stay() {
    let folder = tempfile::tempdir().expect("a folder");
    let table = folder.path().join("mine.json");
    std::fs::write(&table, scenario_text()).expect("written");
    let mut h = window(&Control::default());
    until_planned(&mut h);
    h.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::O);
    h.run_ok();
    h.get_by_role(Role::TextInput).type_text(&table.to_string_lossy());
    h.run_ok();
    h.key_press_modifiers(Modifiers::NONE, Key::Enter);
    until(&mut h, "the scenario", |h| h.state().state().scenario.name == "mine");
    assert_eq!(h.state().state().history.scenarios.len(), 1);
    h.key_press_modifiers(Modifiers::COMMAND, Key::Comma);
    h.run_ok();
    press(&mut h, Role::Button, "Empty lists");
    assert!(h.state().state().history.scenarios.is_empty());
    assert!(table.exists());
    assert!(h.get_by_role_and_label(Role::Button, "Empty lists").accesskit_node().is_disabled());
}

fn scenario_text() -> String {
    let mut scenario = cryptoscope::scenario::Scenario::open("digits").expect("built in");
    scenario.name = "mine".into();
    scenario.to_json()
}

#[test]
fn keys_are_forgotten_when_that_is_asked_for() {
    let mut h = opened();
    press(&mut h, Role::Button, "Forget keys");
    until(&mut h, "the keys", |h| {
        let log = h.state().state().notifications.log();
        log.last().is_some_and(|(note, _)| note.text.starts_with("Keys are forgotten"))
    });
}

#[test]
fn for_how_long_runs_are_kept_is_chosen_and_they_are_cleared() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut h = crate::kept::window(folder.path(), "seed=1");
    until_planned(&mut h);
    h.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    until(&mut h, "the kept run", |h| h.state().state().kept.runs.len() == 1);
    h.key_press_modifiers(Modifiers::COMMAND, Key::Comma);
    h.run_ok();
    press(&mut h, Role::RadioButton, "for 30 days");
    assert_eq!(h.state().state().history.keep_days, Some(30));
    press(&mut h, Role::Button, "Clear kept runs");
    until(&mut h, "an empty shelf", |h| h.state().state().kept.runs.is_empty());
    assert_eq!(std::fs::read_dir(folder.path().join("runs")).expect("there").count(), 0);
}
