//! The strip over a run: who sees what, layer by layer.

use crate::drive::{WIDE, until, until_over, until_planned, window_of};
use crate::scripted::Control;
use crate::shots::{can_draw, shoot};
use cryptoscope::app::App;
use cryptoscope::scenario::{Scenario, Sources};
use cryptoscope::worker::SessionEngine;
use egui::accesskit::Role;
use egui::{Key, Modifiers, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

type Window = Harness<'static, App>;

/// Boxes of the layers that the scripted plan is of.
const LAYERS: [&str; 5] =
    ["Layer conv1:", "Layer square1:", "Layer dense1:", "Layer square2:", "Layer dense2:"];

fn control() -> Control {
    let control = Control::default();
    control.set(|s| s.squares = true);
    control
}

fn planned(control: &Control, size: [f32; 2]) -> Window {
    let mut h = window_of(control, size, 1.0, Theme::Dark);
    until_planned(&mut h);
    h
}

/// A window whose run is over.
fn ran(control: &Control) -> Window {
    let mut h = planned(control, WIDE);
    press(&mut h, Modifiers::COMMAND, Key::Enter);
    until_over(&mut h);
    h
}

fn press(h: &mut Window, modifiers: Modifiers, key: Key) {
    h.key_press_modifiers(modifiers, key);
    h.run_ok();
}

fn has(h: &Window, text: &str) -> bool {
    h.query_all_by_label_contains(text).next().is_some()
}

/// The box of a layer, by how its name begins.
fn layer<'a>(h: &'a Window, begins: &'a str) -> egui_kittest::Node<'a> {
    h.query_all_by_label_contains(begins).next().expect("the layer has a box")
}

fn click(h: &mut Window, name: &str) {
    h.get_by_role_and_label(Role::Button, name).click();
    h.run_ok();
}

#[test]
fn every_layer_has_a_box_with_what_was_predicted_and_then_measured() {
    let control = control();
    let mut h = planned(&control, WIDE);
    for name in LAYERS {
        assert!(layer(&h, name).rect().width() > 40.0);
    }
    assert!(has(
        &h,
        "Layer square1: 5x6x6, 90.0 MiB of ciphertexts, noise margin 58.9 bits, predicted"
    ));
    press(&mut h, Modifiers::COMMAND, Key::Enter);
    until_over(&mut h);
    // The margin of a layer is that behind the switch that belongs to it.
    assert!(has(&h, "Layer square1: 5x6x6, 90.0 MiB of ciphertexts, noise margin 60.0 bits"));
    assert!(has(&h, "Client sends: 1x8x8, 359 samples"));
    assert!(has(&h, "Client gets: 10 numbers, 97.77 %"));
    // 16 MiB and 1.25 MiB against 359 times 74 values of 4 bytes; 158 ms against 700 us.
    for text in ["98.05 %", "−0.28 points", "0 of 3590", "170×", "226×", "440 µs"] {
        assert!(has(&h, text), "{text}");
    }
}

#[test]
fn the_box_whose_stage_runs_is_known() {
    use cryptoscope::strip::{Place, Source, Strip};
    let control = control();
    control.set(|s| s.hold = true);
    let mut h = planned(&control, WIDE);
    press(&mut h, Modifiers::COMMAND, Key::Enter);
    until(&mut h, "four stages", |h| {
        h.state().state().run.as_ref().is_some_and(|r| r.newest_stage == Some(3))
    });
    until(&mut h, "the fifth stage", |h| {
        let run = h.state().state().run.as_ref();
        let plan = run.and_then(|r| r.plan.as_deref());
        let strip =
            Strip::of(&Source { stages: cryptoscope::view::Stages { plan, run }, network: None });
        strip.and_then(|s| s.running) == Some(Place::Layer(2))
    });
    control.set(|s| s.hold = false);
    until_over(&mut h);
}

#[test]
fn a_click_opens_the_card_of_a_layer_and_esc_closes_it() {
    let mut h = ran(&control());
    layer(&h, "Layer square1:").click();
    h.run_ok();
    assert_eq!(h.state().state().opened_layer.as_deref(), Some("square1"));
    for text in
        ["y = x² for each of 180 values", "Noise margin", "three parts", "2.13 ms", "of it relin"]
    {
        assert!(has(&h, text), "{text}");
    }
    layer(&h, "Layer dense2:").click();
    h.run_ok();
    assert!(has(&h, "W of 10 by 32: 10 sums of 32 products"));
    press(&mut h, Modifiers::NONE, Key::Escape);
    assert_eq!(h.state().state().opened_layer, None);
    assert!(!has(&h, "sums of 32 products"));
    // A second click closes as well.
    for open in [true, false] {
        layer(&h, "Layer conv1:").click();
        h.run_ok();
        assert_eq!(h.state().state().opened_layer.is_some(), open);
    }
}

#[test]
fn esc_closes_the_card_before_it_stops_the_run() {
    let control = control();
    control.set(|s| s.hold = true);
    let mut h = planned(&control, WIDE);
    layer(&h, "Layer conv1:").click();
    h.run_ok();
    press(&mut h, Modifiers::COMMAND, Key::Enter);
    until(&mut h, "running", |h| h.state().state().running);
    press(&mut h, Modifiers::NONE, Key::Escape);
    let state = h.state().state();
    assert!(state.running && !state.stopping && state.opened_layer.is_none());
    press(&mut h, Modifiers::NONE, Key::Escape);
    until_over(&mut h);
}

#[test]
fn the_pointer_over_a_box_marks_the_stage_everywhere_and_the_other_way_round() {
    let mut h = planned(&control(), WIDE);
    let at = layer(&h, "Layer dense1:").rect().center();
    h.hover_at(at);
    h.run_ok();
    assert_eq!(h.state().state().hovered_stage, Some(4));
    h.remove_cursor();
    h.run_ok();
    assert_eq!(h.state().state().hovered_stage, None);
    // The switch behind the first square belongs to its box.
    click(&mut h, "Show the 2 parts of square1");
    h.remove_cursor();
    h.run_ok();
    let row = h.get_all_by_label("relinearise + switch").next().expect("a row").rect();
    let plain = strokes(&h, layer(&h, "Layer square1:").rect());
    h.hover_at(row.center());
    h.run_ok();
    assert_eq!(h.state().state().hovered_stage, Some(3));
    assert_ne!(strokes(&h, layer(&h, "Layer square1:").rect()), plain, "its box is marked");
}

/// The frames that are drawn exactly there.
fn strokes(h: &Window, rect: egui::Rect) -> Vec<egui::Stroke> {
    let shapes = h.output().shapes.iter().filter_map(|clipped| match &clipped.shape {
        egui::Shape::Rect(shape) if shape.rect.min.distance(rect.min) < 1.0 => Some(shape),
        _ => None,
    });
    shapes.filter(|s| s.rect.max.distance(rect.max) < 1.0).map(|s| s.stroke).collect()
}

#[test]
fn the_server_sees_no_answers_no_noise_and_no_samples() {
    let mut h = ran(&control());
    let setup = h.state().state().scenario.clone();
    click(&mut h, "See as: Server");
    assert_eq!(h.state().state().scenario, setup, "it is no part of the setup");
    for text in [
        "98.05 %",
        "97.77 %",
        "points",
        "0 of 3590",
        "Margin meas.",
        "Margin pred.",
        "Error",
        "352 of 359",
        "noise margin",
        "1x8x8, 359",
    ] {
        assert!(!has(&h, text), "{text}");
    }
    for text in
        ["Layer conv1: 5x6x6, 90.0 MiB", "sealed", "440 µs", "log2 q", "Ciphertexts", "170×"]
    {
        assert!(has(&h, text), "{text}");
    }
    layer(&h, "Layer conv1:").click();
    h.run_ok();
    assert!(has(&h, "288") || has(&h, "180 sums of 9 products"));
    assert!(!has(&h, "Margin") && !has(&h, "95.0 bits"));
    press(&mut h, Modifiers::COMMAND, Key::Num2);
    assert!(h.query_by_label("Input image").is_none() && !has(&h, "Encrypted"));
    assert!(has(&h, "The server sees no samples and no answers"));
    click(&mut h, "See as: Both");
    assert!(h.query_by_label("Input image").is_some());
    press(&mut h, Modifiers::COMMAND, Key::Num1);
    assert!(has(&h, "98.05 %") && has(&h, "Margin meas."));
}

#[test]
fn the_client_sees_a_closed_box_and_its_answers() {
    let mut h = ran(&control());
    layer(&h, "Layer conv1:").click();
    h.run_ok();
    click(&mut h, "See as: Client");
    assert!(!has(&h, "Layer conv1:") && has(&h, "The server's model"));
    assert!(!has(&h, "sums of 9 products"), "its card is closed too");
    assert!(has(&h, "Client gets: 10 numbers, 97.77 %"));
}

#[test]
fn after_a_wrong_decryption_there_is_no_accuracy_of_it() {
    let control = control();
    control.set(|s| s.wrong = true);
    let mut h = ran(&control);
    assert!(has(&h, "Client gets: 10 numbers, ✗ none") && has(&h, "✗ all answers"));
    assert!(!has(&h, "97.77 %") && has(&h, "3594 of 3590"));
    layer(&h, "Layer square2:").click();
    h.run_ok();
    assert!(has(&h, "values decrypted wrongly"));
    // The server does not notice.
    click(&mut h, "See as: Server");
    assert!(has(&h, "Layer square2:"));
    assert!(!has(&h, "wrong") && !has(&h, "✗"));
}

#[test]
fn nothing_covers_another_thing_in_small_windows() {
    for (size, scale) in [
        ([1280.0, 800.0], 1.0),
        ([1024.0, 640.0], 1.0),
        ([853.0, 533.0], 1.5),
        ([683.0, 427.0], 1.5),
    ] {
        let mut h = window_of(&control(), size, scale, Theme::Dark);
        until_planned(&mut h);
        press(&mut h, Modifiers::COMMAND, Key::Enter);
        until_over(&mut h);
        let both = h.get_by_role_and_label(Role::Button, "See as: Both").rect();
        let server = h.get_by_role_and_label(Role::Button, "See as: Server").rect();
        assert!(server.right() <= size[0] && both.right() <= server.left(), "{size:?}");
        let boxes: Vec<_> = LAYERS.iter().map(|name| layer(&h, name).rect()).collect();
        for pair in boxes.windows(2) {
            assert!(pair[0].right() < pair[1].left(), "{size:?}");
        }
        for text in ["440 µs", "226×", "0 of 3590"] {
            let figure = h.get_by_label(text).rect();
            assert!(!figure.intersects(both) && !figure.intersects(server), "{text} of {size:?}");
            assert!(figure.right() <= size[0], "{text} of {size:?}");
        }
    }
}

#[test]
#[ignore = "needs something to draw with: mesa-vulkan-drivers"]
fn pictures_of_the_strip() {
    assert!(can_draw());
    for (name, size, scale) in [
        ("strip", WIDE, 1.0),
        ("strip_small", [1024.0, 640.0], 1.0),
        ("strip_zoomed", [853.0, 533.0], 1.5),
        ("strip_least", [683.0, 427.0], 1.5),
    ] {
        let mut h = window_of(&control(), size, scale, Theme::Dark);
        until_planned(&mut h);
        press(&mut h, Modifiers::COMMAND, Key::Enter);
        until_over(&mut h);
        click(&mut h, "See as: Server");
        shoot(&mut h, &format!("{name}_server"));
        press(&mut h, Modifiers::COMMAND, Key::Num2);
        shoot(&mut h, &format!("{name}_server_samples"));
        press(&mut h, Modifiers::COMMAND, Key::Num1);
        click(&mut h, "See as: Client");
        shoot(&mut h, &format!("{name}_client"));
        click(&mut h, "See as: Both");
        layer(&h, "Layer square1:").click();
        h.run_ok();
        shoot(&mut h, &format!("{name}_card"));
    }
}

/// A window on a scenario with the real engine.
fn real(scenario: &str, settings: &[&str], size: [f32; 2]) -> Window {
    let set = |s: Scenario, text: &&str| s.with_setting(text).expect("a setting");
    let scenario = settings.iter().fold(Scenario::open(scenario).expect("built in"), set);
    let mut h = Harness::builder()
        .with_size(size)
        .build_eframe(|cc| App::new(cc, SessionEngine::new(Sources::default()), scenario));
    until_planned(&mut h);
    h
}

#[cfg(feature = "tfhe")]
#[test]
fn many_layers_scroll_and_are_found() {
    let tables = real("deep", &["images=2"], [1024.0, 640.0]);
    for name in ["Layer dense1:", "Layer relu10:", "Layer output:"] {
        assert!(layer(&tables, name).rect().width() >= 58.0);
    }
    assert!(layer(&tables, "Layer output:").rect().left() > 1024.0);
    assert!(has(&tables, "failure probability 2^−"));
}

#[test]
#[ignore = "needs something to draw with: mesa-vulkan-drivers"]
fn pictures_of_real_networks() {
    assert!(can_draw());
    shoot(&mut real("deep", &[], WIDE), "strip_deep_tables");
    let polynomial = ["activation.kind=polynomial", "activation.method=least_squares", "images=8"];
    let mut h = real("deep", &polynomial, [1024.0, 640.0]);
    shoot(&mut h, "strip_deep_planned");
    for scheme in ["bgv", "ckks"] {
        let mut h = real("digits", &[&format!("scheme.kind={scheme}")], WIDE);
        press(&mut h, Modifiers::COMMAND, Key::Enter);
        until_over(&mut h);
        layer(&h, "Layer conv:").click();
        h.run_ok();
        shoot(&mut h, &format!("strip_digits_{scheme}"));
    }
}
