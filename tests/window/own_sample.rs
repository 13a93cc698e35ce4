//! Samples drawn by hand and values under encryption, with the real engine.

use crate::clicks::Dropped;
use crate::drive::{WIDE, until, until_over, until_planned};
use crate::person::Person;
use cryptoscope::app::{App, Tab};
use cryptoscope::look::Pad;
use cryptoscope::scenario::{Scenario, Sources};
use cryptoscope::worker::{SeenValue, SessionEngine};
use egui::accesskit::Role;
use egui::{Key, Modifiers, Pos2, Rect};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use std::path::PathBuf;

type Window = Harness<'static, App>;

const ALT: Modifiers = Modifiers { ctrl: true, command: true, alt: true, ..Modifiers::NONE };

fn press(h: &mut Window, modifiers: Modifiers, key: Key) {
    h.key_press_modifiers(modifiers, key);
    h.run_ok();
}

fn pad(h: &Window) -> &Pad {
    &h.state().state().pad
}

fn seen(h: &Window) -> &SeenValue {
    h.state().state().ciphertext.seen.as_deref().expect("a ciphertext")
}

fn until_seen(h: &mut Window) {
    until(h, "a ciphertext", |h| {
        let view = &h.state().state().ciphertext;
        !view.pending && (view.seen.is_some() || view.failure.is_some())
    });
}

fn until_answered(h: &mut Window) {
    until(h, "an answer", |h| {
        !pad(h).pending && (pad(h).answer.is_some() || pad(h).failure.is_some())
    });
    assert_eq!(pad(h).failure, None);
}

/// Draws through places of the pad, in shares of its sides, and lifts the pen.
fn draw(h: &mut Window, places: &[(f32, f32)]) {
    let field: Rect = h.get_by_label("Drawing pad").rect();
    let at = |(x, y): (f32, f32)| field.min + field.size() * egui::vec2(x, y);
    let places: Vec<Pos2> = places.iter().map(|place| at(*place)).collect();
    h.hover_at(places[0]);
    h.step();
    h.drag_at(places[0]);
    h.step();
    for place in &places[1..] {
        h.hover_at(*place);
        h.step();
    }
    h.drop_at(*places.last().expect("a place"));
    h.step();
}

fn ring() -> Vec<(f32, f32)> {
    let place = |i: i32| {
        let angle = f64::from(i) * std::f64::consts::TAU / 24.0;
        ((0.5 + 0.2 * angle.sin()) as f32, (0.5 - 0.34 * angle.cos()) as f32)
    };
    (0..=24).map(place).collect()
}

/// A window on `digits` whose own files lie in `folder`.
fn window_in(folder: PathBuf) -> Window {
    let mut h: Window = Harness::builder().with_size(WIDE).build_eframe(|cc| {
        let scenario = Scenario::open("digits").expect("built in");
        App::new(cc, SessionEngine::new(Sources::default()), scenario).with_data_in(Some(folder))
    });
    until_planned(&mut h);
    h
}

#[test]
fn a_digit_is_drawn_answered_kept_and_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut h = window_in(folder.path().to_owned());
    press(&mut h, Modifiers::COMMAND, Key::J);
    assert!(h.state().state().tab == Tab::Samples && pad(&h).open);
    draw(&mut h, &ring());
    until_answered(&mut h);
    let answer = pad(&h).answer.clone().expect("an answer");
    assert!(!answer.wrong);
    let sample = &answer.sample;
    assert_eq!((sample.plain, sample.reference, sample.encrypted), (0, 0, 0), "{:?}", answer.raw);
    // Exact: what is decrypted is the reference, to the last digit.
    assert_eq!(sample.encrypted_logits, sample.reference_logits);
    assert_eq!(sample.label, None);
    assert!(
        h.query_all_by_label_contains("Encrypted, evaluated and decrypted in").next().is_some()
    );
    // The program and the keys stay: a second drawing needs no new ones.
    h.get_by_role_and_label(Role::Button, "Keep this sample").click();
    h.run_ok();
    h.get_by_role_and_label(Role::Button, "Clear").click();
    h.run_ok();
    draw(&mut h, &[(0.5, 0.1), (0.5, 0.5), (0.5, 0.9)]);
    until_answered(&mut h);
    let second = pad(&h).answer.clone().expect("an answer");
    assert_ne!(second.raw, answer.raw);
    assert!(second.keygen_secs < 0.1 * answer.keygen_secs, "{}", second.keygen_secs);
    println!(
        "first {:.4} s, second {:.4} s, keys {:.4} s",
        answer.secs, second.secs, answer.keygen_secs
    );
    h.get_by_role_and_label(Role::Button, "Keep this sample").click();
    until(&mut h, "a file", |h| pad(h).file.is_some());
    let file = pad(&h).file.clone().expect("a file");
    assert!(file.starts_with(folder.path()));
    until(&mut h, "both", |_| {
        std::fs::read_to_string(&file).is_ok_and(|text| text.lines().count() == 3)
    });
    h.get_by_role_and_label(Role::Button, "Run my samples").click();
    h.run_ok();
    until(&mut h, "the run", |h| {
        let run = h.state().state().run.as_ref();
        run.is_some_and(|run| run.scenario.dataset.contains("mine-digits"))
    });
    until_over(&mut h);
    let run = h.state().state().run.as_ref().expect("ran");
    let report = run.report.as_ref().expect("a report");
    assert_eq!((report.images, report.encrypted.wrong_outputs), (2, 0));
    let classes: Vec<u16> = run.samples.iter().map(|sample| sample.encrypted).collect();
    assert_eq!(classes, [sample.encrypted, second.sample.encrypted]);
}

/// A bitmap file (24 bits, without compression) of white paper with a dark upright stroke.
fn stroke_on_paper(side: usize) -> Vec<u8> {
    let row = (3 * side).div_ceil(4) * 4;
    let (head, size) = (54_u32, 54 + row * side);
    let mut file = b"BM".to_vec();
    file.extend((size as u32).to_le_bytes());
    file.extend([0; 4]);
    for number in [head, 40, side as u32, side as u32] {
        file.extend(number.to_le_bytes());
    }
    file.extend([1, 0, 24, 0]);
    file.extend([0; 24]);
    for y in 0..side {
        let mut line = vec![255; row];
        if (side / 8..side - side / 8).contains(&y) {
            line[3 * (side / 2 - side / 16)..3 * (side / 2 + side / 16)].fill(10);
        }
        file.extend(line);
    }
    file
}

#[test]
fn a_picture_dropped_on_the_pad_is_answered() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("one.bmp");
    std::fs::write(&path, stroke_on_paper(64)).expect("writes");
    let mut h = window_in(folder.path().to_owned());
    press(&mut h, Modifiers::COMMAND, Key::J);
    h.input_mut().dropped_files.push(std::sync::Arc::new(Dropped(path)));
    until_answered(&mut h);
    let answer = pad(&h).answer.clone().expect("an answer");
    assert_eq!((answer.sample.plain, answer.sample.encrypted), (1, 1), "{:?}", answer.raw);
    assert_eq!(h.state().state().scenario.dataset, "digits", "it is no dataset");
}

#[test]
fn features_are_set_with_sliders() {
    let mut h: Window = Harness::builder().with_size(WIDE).build_eframe(|cc| {
        let scenario = Scenario::open("hospital").expect("built in");
        App::new(cc, SessionEngine::new(Sources::default()), scenario)
    });
    until_planned(&mut h);
    press(&mut h, Modifiers::COMMAND, Key::J);
    // The mean of all patients is answered at once.
    until_answered(&mut h);
    let first = pad(&h).answer.clone().expect("an answer");
    assert_eq!((first.raw.len(), first.sample.encrypted), (30, 1), "benign");
    let features: Vec<_> = pad(&h).features.iter().map(|f| (f.name.clone(), f.most)).collect();
    for (name, most) in features.iter().take(4) {
        let slider = h.get_by_role_and_label(Role::Slider, name);
        slider.set_value_accesskit(f64::from(*most));
        h.run_ok();
    }
    until(&mut h, "an answer", |h| {
        let pad = pad(h);
        !pad.pending && pad.answer.as_ref().is_some_and(|answer| answer.raw[3] == features[3].1)
    });
    let second = pad(&h).answer.clone().expect("an answer");
    assert_ne!(second.sample.encrypted_logits, first.sample.encrypted_logits);
    assert_eq!(second.sample.encrypted_logits, second.sample.reference_logits);
}

#[test]
fn what_came_out_of_a_failed_run_is_shown_as_no_answer() {
    let control = crate::scripted::Control::default();
    control.set(|script| script.wrong = true);
    let mut h = crate::drive::window(&control);
    until_planned(&mut h);
    press(&mut h, Modifiers::COMMAND, Key::Enter);
    until_over(&mut h);
    press(&mut h, Modifiers::COMMAND, Key::Num2);
    for text in ["✗ not an answer", "They are noise, not an answer"] {
        assert!(h.query_all_by_label_contains(text).next().is_some(), "{text}");
    }
}

#[test]
fn a_value_is_encrypted_again_and_a_flipped_bit_is_no_answer() {
    let mut person = Person::new();
    let h = &mut person.h;
    press(h, Modifiers::COMMAND, Key::Enter);
    until_over(h);
    press(h, Modifiers::COMMAND, Key::Num2);
    for scheme in ["BGV", "CKKS", "BFV"] {
        if scheme != "BGV" {
            let scenario = h.state().state().scenario.clone();
            let setting = format!("scheme.kind={}", scheme.to_lowercase());
            paste(h, &scenario.with_setting(&setting).expect("a field"));
            until_planned(h);
            press(h, Modifiers::COMMAND, Key::Enter);
            until_over(h);
            press(h, Modifiers::COMMAND, Key::Num2);
        }
        until(h, scheme, |h| {
            h.state().state().ciphertext.seen.as_ref().is_some_and(|seen| seen.scheme == scheme)
        });
        until_seen(h);
        let first = seen(h).clone();
        assert!(first.looked.words.len() >= 4096 && first.samples == 359);
        assert!(first.looked.words.iter().all(|word| *word < first.looked.bound));
        // Uniform words: their mean is half of the bound, give or take.
        let mean = first.looked.words.iter().map(|w| *w as f64).sum::<f64>()
            / first.looked.words.len() as f64
            / first.looked.bound as f64;
        assert!((mean - 0.5).abs() < 0.03, "{scheme}: {mean}");
        let tolerance = if scheme == "CKKS" { 0.01 } else { 0.0 };
        assert!((first.decrypted - first.encoded).abs() <= tolerance, "{scheme}");
        h.get_by_role_and_label(Role::Button, "Encrypt again").click();
        h.run_ok();
        until_seen(h);
        let second = seen(h).clone();
        let words = first.looked.words.iter().zip(&second.looked.words);
        assert!(words.filter(|(a, b)| a == b).count() < 3, "{scheme}: all dots are others");
        assert!((second.decrypted - first.decrypted).abs() <= tolerance, "{scheme}");
        assert_eq!((second.raw, second.looked.bytes), (first.raw, first.looked.bytes));
        h.get_by_role_and_label(Role::Button, "Flip one bit").click();
        h.run_ok();
        assert!((second.garbage - second.encoded).abs() > 1.0, "{scheme}: {}", second.garbage);
        assert!(h.query_all_by_label_contains("✗ Not an answer").next().is_some());
        for (stage, values) in [("conv", 288), ("output", 10)] {
            after(h, stage);
            let seen = h.state().state().layer.seen.clone().expect("a layer");
            assert_eq!(
                (seen.clear.len(), seen.decrypted.len(), seen.dots.len()),
                (values, values, values)
            );
            let largest = seen.clear.iter().fold(0.0, |most: f64, v| most.max(v.abs()));
            assert!(largest > 0.1 && seen.error <= tolerance * largest, "{scheme} {}", seen.error);
            // No two ciphertexts begin alike, where maps in the clear have many equal values.
            let different: std::collections::BTreeSet<u64> = seen.dots.iter().copied().collect();
            assert_eq!(different.len(), values);
        }
        assert!(h.query_by_role_and_label(Role::Image, "Map 1 in the clear").is_some());
    }
    // The server sees the words, and not what is in them.
    press(h, Modifiers::COMMAND, Key::Num1);
    h.get_by_role_and_label(Role::Button, "See as: Server").click();
    h.run_ok();
    press(h, Modifiers::COMMAND, Key::Num2);
    assert!(h.query_all_by_label_contains("As the server has it").next().is_none());
    assert!(h.query_all_by_label_contains("as the server has it").next().is_some());
    assert!(h.query_by_role_and_label(Role::Image, "Map 1 as the server has it").is_some());
    for hidden in ["Map 1 in the clear", "decrypts to", "Encoded as", "Flip one bit", "Test sample"]
    {
        assert!(h.query_all_by_label_contains(hidden).next().is_none(), "{hidden}");
    }
}

/// Chooses a layer whose values are looked at, and waits for them.
fn after(h: &mut Window, stage: &str) {
    h.get_by_role_and_label(Role::ComboBox, "After layer").scroll_to_me();
    h.run_ok();
    h.get_by_role_and_label(Role::ComboBox, "After layer").click();
    h.run_ok();
    h.get_by_role_and_label(Role::Button, stage).click();
    h.run_ok();
    until(h, stage, |h| {
        let view = &h.state().state().layer;
        let is_it = view.seen.as_ref().is_some_and(|seen| seen.stage == stage);
        !view.pending && (is_it || view.failure.is_some())
    });
    assert_eq!(h.state().state().layer.failure, None);
}

/// Makes `scenario` the setup, as a line from the clipboard.
fn paste(h: &mut Window, scenario: &Scenario) {
    press(h, ALT, Key::V);
    h.event(egui::Event::Paste(scenario.to_line()));
    until(h, "the setup", |h| h.state().state().scenario.scheme == scenario.scheme);
}
