//! One place a layer in the plots and in the table of stages, opened and closed.

use crate::drive::{WIDE, real, until_over, until_planned, window_of};
use crate::scripted::Control;
use crate::shots::{can_draw, shoot};
use cryptoscope::app::App;
use egui::accesskit::Role;
use egui::epaint::TextShape;
use egui::{Color32, Event, Key, Modifiers, PointerButton, Pos2, Rect, Shape, Theme, pos2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use std::collections::BTreeMap;

type Window = Harness<'static, App>;

/// A stage that belongs to a square.
const SWITCH: &str = "relinearise + switch";
const SHOW: &str = "Show the 2 parts of square1";
const HIDE: &str = "Hide the 2 parts of square1";

fn planned() -> Window {
    let control = Control::default();
    control.set(|s| s.squares = true);
    let mut h = window_of(&control, WIDE, 1.0, Theme::Dark);
    until_planned(&mut h);
    h
}

fn press(h: &mut Window, modifiers: Modifiers, key: Key) {
    h.key_press_modifiers(modifiers, key);
    h.run_ok();
}

/// Rows with that name.
fn rows(h: &Window, name: &str) -> usize {
    h.query_all_by_label(name).count()
}

/// The row of a layer, where its name stands.
fn row(h: &Window, name: &str) -> Rect {
    h.query_all_by_label(name).next().expect("a row").rect()
}

fn click_at(h: &mut Window, pos: Pos2) {
    h.event(Event::PointerMoved(pos));
    for pressed in [true, false] {
        let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
        h.event(Event::PointerButton { pos, button, pressed, modifiers });
        h.step();
    }
    h.run_ok();
}

#[test]
fn a_click_on_a_row_shows_its_parts_and_another_hides_them() {
    let mut h = planned();
    assert_eq!((rows(&h, "square1"), rows(&h, SWITCH)), (1, 0));
    let at = row(&h, "square1").center();
    // Beside the name too: the whole row is clicked.
    for at in [at, at + egui::vec2(300.0, 0.0)] {
        click_at(&mut h, at);
        assert_eq!((rows(&h, "square1"), rows(&h, SWITCH)), (2, 1));
        assert!(row(&h, SWITCH).left() > row(&h, "square1").left(), "parts are indented");
        click_at(&mut h, at);
        assert_eq!((rows(&h, "square1"), rows(&h, SWITCH)), (1, 0));
    }
    // A layer of one stage has nothing to show.
    let at = row(&h, "dense1").center();
    click_at(&mut h, at);
    assert!(h.state().state().unfolded.is_empty());
}

#[test]
fn the_keyboard_opens_and_closes_a_row() {
    let mut h = planned();
    for (name, key, open) in [(SHOW, Key::Enter, true), (HIDE, Key::Space, false)] {
        h.get_by_role_and_label(Role::Button, name).focus();
        h.run_ok();
        press(&mut h, Modifiers::NONE, key);
        assert_eq!(rows(&h, SWITCH), usize::from(open));
        assert_eq!(h.state().state().unfolded.contains("square1"), open);
    }
}

#[test]
fn the_table_tells_the_time_of_a_layer_with_what_belongs_to_it() {
    let mut h = planned();
    // 2.2 ms of the square, 85.3 ms of the relinearisation behind it.
    assert_eq!((rows(&h, "87.5 ms"), rows(&h, "2.20 ms")), (1, 0));
    h.get_by_role_and_label(Role::Button, SHOW).click();
    h.run_ok();
    assert_eq!((rows(&h, "87.5 ms"), rows(&h, "2.20 ms"), rows(&h, "85.3 ms")), (1, 1, 1));
}

/// The stages that are told of where the pointer goes over the plot of noise.
fn under_the_pointer(h: &mut Window) -> Vec<usize> {
    let title = h.get_by_label("Noise margin, bits plot").rect();
    let mut seen = Vec::new();
    for step in 0..60 {
        h.hover_at(title.left_bottom() + egui::vec2(8.0 * step as f32, 40.0));
        h.run_ok();
        seen.extend(h.state().state().hovered_stage);
    }
    seen.dedup();
    seen
}

#[test]
fn the_places_of_a_plot_are_layers_or_the_parts_of_one_that_is_open() {
    let mut h = planned();
    assert_eq!(under_the_pointer(&mut h), [0, 1, 2, 4, 5, 7]);
    h.get_by_role_and_label(Role::Button, SHOW).click();
    h.run_ok();
    assert_eq!(under_the_pointer(&mut h), [0, 1, 2, 3, 4, 5, 7]);
}

fn texts(h: &Window) -> Vec<TextShape> {
    let text = |shape: &Shape| match shape {
        Shape::Text(text) => Some(text.clone()),
        _ => None,
    };
    h.output().shapes.iter().filter_map(|clipped| text(&clipped.shape)).collect()
}

/// How often a text is drawn in each colour.
fn colours(h: &Window, text: &str) -> BTreeMap<[u8; 4], usize> {
    let mut colours = BTreeMap::new();
    for shape in texts(h).iter().filter(|shape| shape.galley.text() == text) {
        let vertex = shape.galley.rows.iter().find_map(|row| row.visuals.mesh.vertices.first());
        *colours.entry(vertex.expect("a letter").color.to_array()).or_default() += 1;
    }
    colours
}

/// The colours of what lies under the name of a row.
fn behind(h: &Window, name: &str) -> Vec<Color32> {
    let at = row(h, name).center();
    let shapes = h.output().shapes.iter().filter_map(|clipped| match &clipped.shape {
        Shape::Rect(shape) if shape.rect.contains(at) => Some(shape.fill),
        _ => None,
    });
    shapes.collect()
}

/// The frames that are drawn exactly where the box with that name is.
fn frame(h: &Window, begins: &str) -> Vec<egui::Stroke> {
    let rect = h.query_all_by_label_contains(begins).next().expect("a box").rect();
    let shapes = h.output().shapes.iter().filter_map(|clipped| match &clipped.shape {
        Shape::Rect(shape) if shape.rect.min.distance(rect.min) < 1.0 => Some(shape),
        _ => None,
    });
    shapes.filter(|s| s.rect.max.distance(rect.max) < 1.0).map(|s| s.stroke).collect()
}

#[test]
fn a_folded_layer_under_the_pointer_is_marked_in_strip_plots_and_table() {
    let mut h = planned();
    let (first, other) = (behind(&h, "square1"), behind(&h, "dense1"));
    let (plain, names) = (frame(&h, "Layer square1:"), colours(&h, "square1"));
    let table = row(&h, "square1").center();
    let strip = h.query_all_by_label_contains("Layer square1:").next().expect("a box").rect();
    for at in [table, strip.center()] {
        h.hover_at(at);
        h.run_ok();
        assert_eq!(h.state().state().hovered_stage, Some(2));
        assert_ne!(behind(&h, "square1"), first, "its row is marked");
        assert_eq!(behind(&h, "dense1"), other);
        assert_ne!(frame(&h, "Layer square1:"), plain);
        // Its name under each of the three plots has another colour.
        let marked = colours(&h, "square1");
        let fewer = |(colour, count): (&[u8; 4], &usize)| {
            count - marked.get(colour).copied().unwrap_or(0).min(*count)
        };
        assert_eq!(names.iter().map(fewer).max(), Some(3));
        h.remove_cursor();
        h.run_ok();
        assert_eq!(behind(&h, "square1"), first);
    }
}

#[test]
fn every_name_of_many_layers_is_there_and_none_is_cut_at_the_edge() {
    let h = real("deep", &[]);
    let drawn = texts(&h);
    let layers = (1..=10).flat_map(|i| [format!("dense{i}"), format!("relu{i}")]);
    for name in layers.chain(["input".to_owned(), "output".to_owned()]) {
        let names = drawn.iter().filter(|s| s.galley.text() == name && s.angle != 0.0);
        assert_eq!(names.count(), 3, "{name} under three plots");
    }
    for clipped in &h.output().shapes {
        if let Shape::Text(text) = &clipped.shape
            && text.angle != 0.0
        {
            let rect = text.visual_bounding_rect();
            assert!(clipped.clip_rect.contains_rect(rect), "{}", text.galley.text());
        }
    }
}

#[test]
#[ignore = "needs something to draw with: mesa-vulkan-drivers"]
fn pictures_of_folded_layers() {
    assert!(can_draw());
    let polynomials = ["activation.kind=polynomial", "activation.method=least_squares"];
    for (name, scenario, settings) in [
        ("tables", "deep", &[][..]),
        ("polynomials", "deep", &polynomials),
        ("steps", "cryptornn", &[]),
    ] {
        shoot(&mut real(scenario, settings), &format!("folding_{name}"));
    }
    let mut h = planned();
    press(&mut h, Modifiers::COMMAND, Key::Enter);
    until_over(&mut h);
    h.get_by_role_and_label(Role::Button, SHOW).click();
    h.run_ok();
    h.hover_at(pos2(1000.0, 600.0));
    h.run_ok();
    shoot(&mut h, "folding_open");
}
