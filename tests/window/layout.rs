//! The window folded, simple, and in front of a room.

use crate::drive::{WIDE, until_over, until_planned, window, window_of};
use crate::scripted::Control;
use crate::shots;
use cryptoscope::app::App;
use cryptoscope::scenario::Scenario;
use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, PointerButton, Theme, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

type Window = Harness<'static, App>;

fn press(h: &mut Window, modifiers: Modifiers, key: Key) {
    h.key_press_modifiers(modifiers, key);
    h.run_ok();
}

fn has(h: &Window, role: Role, name: &str) -> bool {
    h.query_by_role_and_label(role, name).is_some()
}

#[test]
fn the_setup_folds_away_and_back_and_runs_all_the_same() {
    let mut h = window(&Control::default());
    until_planned(&mut h);
    assert!(has(&h, Role::SpinButton, "Seed"));
    press(&mut h, Modifiers::NONE, Key::F9);
    assert!(!has(&h, Role::SpinButton, "Seed"));
    h.get_by_role_and_label(Role::Button, "Run").click();
    until_over(&mut h);
    h.get_by_role_and_label(Role::Button, "Fold setup").click();
    h.run_ok();
    assert!(has(&h, Role::SpinButton, "Seed"));
}

#[test]
fn a_simple_window_shows_little_and_a_scenario_keeps_that() {
    let mut h = window(&Control::default());
    until_planned(&mut h);
    press(&mut h, Modifiers::NONE, Key::F10);
    until_planned(&mut h);
    for (role, name) in [
        (Role::SpinButton, "Seed"),
        (Role::Tab, "Sweep tab"),
        (Role::Tab, "Compare tab"),
        (Role::ComboBox, "Model"),
    ] {
        assert!(!has(&h, role, name), "{name}");
    }
    for name in ["Run tab", "Samples tab", "Activation tab", "Lessons tab"] {
        assert!(has(&h, Role::Tab, name), "{name}");
    }
    let kept = Scenario::from_text(&h.state().state().scenario.to_line()).expect("a setup");
    assert_eq!(kept.show, cryptoscope::scenario::SIMPLE);
    // A run of the full window is of the simple one too.
    h.get_by_role_and_label(Role::Button, "Run").click();
    until_over(&mut h);
    press(&mut h, Modifiers::NONE, Key::F10);
    until_planned(&mut h);
    assert!(h.state().state().run_is_of_setup());
    assert!(has(&h, Role::Tab, "Sweep tab"));
}

#[test]
fn in_front_of_a_room_letters_are_large_and_plots_come_one_by_one() {
    let mut h = window_of(&Control::default(), [1920.0, 1080.0], 1.0, Theme::Dark);
    until_planned(&mut h);
    press(&mut h, Modifiers::NONE, Key::F11);
    assert!(cryptoscope::kit::theme::small().size * h.ctx.zoom_factor() >= 18.0);
    assert!(has(&h, Role::Label, "Plot 1 of 4"));
    for plot in ["Plot 2 of 4", "Plot 3 of 4", "Plot 4 of 4", "Plot 1 of 4"] {
        press(&mut h, Modifiers::NONE, Key::PageDown);
        assert!(has(&h, Role::Label, plot), "{plot}");
    }
    press(&mut h, Modifiers::NONE, Key::F11);
    assert!((h.ctx.zoom_factor() - 1.0).abs() < 1e-6);
    assert!(has(&h, Role::SpinButton, "Seed") && !has(&h, Role::Label, "Plot 1 of 4"));
}

#[test]
fn a_double_click_shows_one_plot_alone_and_esc_all_again() {
    let mut h = window(&Control::default());
    until_planned(&mut h);
    let title = h.get_by_role_and_label(Role::Label, "Noise margin, bits plot").rect();
    let at = title.center() + vec2(0.0, 60.0);
    h.event(Event::PointerMoved(at));
    // Frames of a test are far apart.
    h.ctx.options_mut(|options| options.input_options.max_double_click_delay = 60.0);
    for pressed in [true, false, true, false] {
        let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
        h.event(Event::PointerButton { pos: at, button, pressed, modifiers });
    }
    h.run_ok();
    assert!(has(&h, Role::Label, "Plot 4 of 4"));
    press(&mut h, Modifiers::NONE, Key::Escape);
    assert!(!has(&h, Role::Label, "Plot 4 of 4"));
}

#[test]
#[ignore = "needs something to draw with: mesa-vulkan-drivers"]
fn pictures_of_layouts() {
    assert!(shots::can_draw());
    let mut h = window_of(&Control::default(), [1920.0, 1080.0], 1.0, Theme::Dark);
    until_planned(&mut h);
    press(&mut h, Modifiers::COMMAND, Key::Enter);
    until_over(&mut h);
    press(&mut h, Modifiers::NONE, Key::F11);
    press(&mut h, Modifiers::NONE, Key::PageUp);
    shots::shoot(&mut h, "present_dark");
    let mut h = window_of(&Control::default(), WIDE, 1.0, Theme::Light);
    until_planned(&mut h);
    press(&mut h, Modifiers::NONE, Key::F10);
    until_planned(&mut h);
    shots::shoot(&mut h, "simple_light");
    h.get_by_role_and_label(Role::Tab, "Welcome tab").click();
    h.run_ok();
    shots::shoot(&mut h, "welcome_light");
}
