//! Helpers to drive the window without a display.

use crate::scripted::{Control, Scripted};
use cryptoscope::app::{App, Status};
use cryptoscope::scenario::{Scenario, Sources};
use cryptoscope::worker::SessionEngine;
use egui::accesskit::Role;
use egui::{Key, Modifiers, Shape};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use std::time::{Duration, Instant};

pub const WIDE: [f32; 2] = [1280.0, 800.0];

/// A window on `digits` of the usual size, driven by the scripted engine.
pub fn window(control: &Control) -> Harness<'static, App> {
    window_of(control, WIDE, 1.0, egui::Theme::Dark)
}

pub fn window_of(
    control: &Control,
    size: [f32; 2],
    scale: f32,
    theme: egui::Theme,
) -> Harness<'static, App> {
    window_on("digits", control, size, scale, theme)
}

/// The same on another scenario.
pub fn window_on(
    scenario: &str,
    control: &Control,
    size: [f32; 2],
    scale: f32,
    theme: egui::Theme,
) -> Harness<'static, App> {
    let (control, scenario) = (control.clone(), scenario.to_owned());
    Harness::builder().with_size(size).with_pixels_per_point(scale).with_theme(theme).build_eframe(
        |cc| {
            let scenario = Scenario::open(&scenario).expect("built in");
            App::new(cc, Scripted::new(control), scenario)
        },
    )
}

/// Draws frames until `done`; the worker is another thread.
pub fn until<'a>(
    harness: &mut Harness<'a, App>,
    what: &str,
    mut done: impl FnMut(&Harness<'a, App>) -> bool,
) {
    let end = Instant::now() + Duration::from_secs(60);
    while !done(harness) {
        assert!(Instant::now() < end, "timed out: {what}");
        harness.step();
        std::thread::sleep(Duration::from_millis(3));
    }
    harness.run_ok();
}

/// How opaque `text` is drawn, 0 to 1; `None` where it is not drawn.
pub fn opacity(harness: &Harness<'_, App>, text: &str) -> Option<f32> {
    let drawn = harness.output().shapes.iter().filter_map(|clipped| match &clipped.shape {
        Shape::Text(shape) if shape.galley.text() == text => Some(shape),
        _ => None,
    });
    let letters = drawn.flat_map(|shape| &shape.galley.rows);
    let alphas = letters.flat_map(|row| row.visuals.mesh.vertices.iter().map(|v| v.color.a()));
    alphas.max().map(|alpha| f32::from(alpha) / 255.0)
}

/// Waits for the plan of the setup as it stands.
pub fn until_planned(harness: &mut Harness<'_, App>) {
    until(harness, "plan", |h| {
        let state = h.state().state();
        !state.preview.pending && !state.glancing
    });
}

/// Waits for the run to be over.
pub fn until_over(harness: &mut Harness<'_, App>) {
    until(harness, "end of the run", |h| {
        let state = h.state().state();
        !state.running && state.run.as_ref().is_some_and(|r| r.status != Status::Running)
    });
}

/// Types `text` into the field with that name, in the place of what stands there.
pub fn type_in(harness: &mut Harness<'_, App>, name: &str, text: &str) {
    harness.get_by_role_and_label(Role::TextInput, name).focus();
    harness.run_ok();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.run_ok();
    harness.event(egui::Event::Text(text.to_owned()));
    harness.run_ok();
}

/// The real engine on a built-in scenario, with its settings.
pub fn real(scenario: &str, settings: &[&str]) -> Harness<'static, App> {
    let scenario = Scenario::open(scenario).expect("built in");
    let scenario = settings.iter().fold(scenario, |s, text| s.with_setting(text).expect("a field"));
    let mut harness = Harness::builder()
        .with_size(WIDE)
        .build_eframe(|cc| App::new(cc, SessionEngine::new(Sources::default()), scenario));
    until_planned(&mut harness);
    harness
}

/// Types `path` into the dialog that is open, in the place of what stands there, and saves.
pub fn save_to(harness: &mut Harness<'_, App>, path: &std::path::Path) {
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.run_ok();
    harness.event(egui::Event::Text(path.to_string_lossy().into_owned()));
    harness.run_ok();
    harness.key_press_modifiers(Modifiers::NONE, Key::Enter);
    harness.run_ok();
    let saved = format!("Saved {}", path.display());
    until(harness, &saved, |h| h.query_all_by_label_contains(&saved).next().is_some());
}
