//! Plots that are copied where they stand.

use crate::drive::{until_over, until_planned, window};
use crate::scripted::Control;
use cryptoscope::app::App;
use egui::accesskit::Role;
use egui::{Key, Modifiers, OutputCommand, PointerButton};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

fn ran() -> Harness<'static, App> {
    let mut h = window(&Control::default());
    until_planned(&mut h);
    h.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    until_over(&mut h);
    h
}

/// Opens the menu of the plot with this title, and presses what is called so.
fn from_menu(h: &mut Harness<'_, App>, plot: &str, way: &str) {
    let title = h.get_by_label(&format!("{plot} plot")).rect();
    let at = title.left_bottom() + egui::vec2(120.0, 60.0);
    h.hover_at(at);
    h.run_ok();
    for pressed in [true, false] {
        h.event(egui::Event::PointerButton {
            pos: at,
            button: PointerButton::Secondary,
            pressed,
            modifiers: Modifiers::NONE,
        });
        h.step();
    }
    h.run_ok();
    h.get_by_role_and_label(Role::Button, way).click();
    h.step();
}

/// What the frame that was just drawn put into the clipboard.
fn copied(h: &Harness<'_, App>) -> Option<String> {
    h.output().platform_output.commands.iter().find_map(|command| match command {
        OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    })
}

fn until_copied(h: &mut Harness<'_, App>) -> String {
    for _ in 0..5 {
        if let Some(text) = copied(h) {
            return text;
        }
        h.step();
    }
    panic!("nothing was copied");
}

#[test]
fn values_and_drawing_of_a_plot_are_copied_from_its_menu() {
    let mut h = ran();
    from_menu(&mut h, "Ciphertext size, a batch of 359", "Copy values as CSV");
    let text = until_copied(&mut h);
    let run = h.state().state().run.as_ref().expect("ran");
    let stages: Vec<_> = run.stages.iter().flatten().collect();
    let stage = stages[0];
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("curve,stage,bytes,low,high"));
    let row = format!("encrypted,{},{},,", stage.name, stage.ciphertext_bytes);
    assert!(text.lines().any(|line| line == row), "{row} in {text}");
    // A layer is one place: its bytes are those behind what belongs to it.
    let row = format!("encrypted,square1,{},,", stages[3].ciphertext_bytes);
    assert!(text.lines().any(|line| line == row) && !text.contains("switch"), "{row} in {text}");
    h.run_ok();
    let told = h.state().state().notifications.log().last().map(|(note, _)| note.text.clone());
    assert_eq!(
        told.as_deref(),
        Some("Copied \u{201c}Ciphertext size, a batch of 359\u{201d} as CSV")
    );
    from_menu(&mut h, "Ciphertext size, a batch of 359", "Copy SVG");
    let text = until_copied(&mut h);
    assert!(text.starts_with("<svg ") && text.contains(">Ciphertext size, a batch of 359<"));
}

#[test]
fn the_card_of_a_plot_copies_too_and_what_has_no_values_as_an_image_alone() {
    let mut h = ran();
    h.get_by_role_and_label(Role::Button, "How to read Noise margin, bits").click();
    h.run_ok();
    h.get_by_role_and_label(Role::Button, "Copy values as CSV").click();
    h.step();
    assert!(until_copied(&mut h).contains("\npredicted,"));
    h.run_ok();
    h.get_by_role_and_label(Role::Button, "How to read Who was right").click();
    h.run_ok();
    assert!(h.query_by_role_and_label(Role::Button, "Copy image").is_some());
    assert!(h.query_by_role_and_label(Role::Button, "Copy values as CSV").is_none());
}
