//! Lookup tables in the window, with the real engine on the smallest network.

use crate::drive::{WIDE, opacity, save_to, until, until_over, until_planned, window};
use crate::scripted::Control;
use crate::shots::{can_draw, shoot};
use cryptoscope::app::{App, Tab, TaskStatus};
use cryptoscope::scenario::{ActivationKind, Scenario, SchemeSelector, Sources};
use cryptoscope::study::{CompareReport, CompareRow};
use cryptoscope::worker::SessionEngine;
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

/// A window on three samples of `hospital` with lookup tables.
fn hospital() -> Harness<'static, App> {
    let mut scenario = Scenario::open("hospital").expect("built in");
    scenario.activation.kind = ActivationKind::Lookup;
    scenario.images = Some(3);
    scenario.seed = 7;
    Harness::builder()
        .with_size(WIDE)
        .build_eframe(|cc| App::new(cc, SessionEngine::new(Sources::default()), scenario))
}

fn press(h: &mut Harness<'_, App>, key: Key) {
    h.key_press_modifiers(Modifiers::COMMAND, key);
    h.run_ok();
}

fn has(h: &Harness<'_, App>, text: &str) -> bool {
    h.query_all_by_label_contains(text).next().is_some()
}

#[test]
fn the_strategy_is_chosen_in_the_setup() {
    let control = Control::default();
    let mut h = window(&control);
    until_planned(&mut h);
    h.get_by_label("Lookup table").click();
    h.run_ok();
    let chosen = |h: &Harness<'_, App>| {
        let scenario = &h.state().state().scenario;
        (scenario.activation.kind, scenario.scheme.kind)
    };
    assert_eq!(chosen(&h), (ActivationKind::Lookup, SchemeSelector::Auto));
    assert!(has(&h, "Table bits") && !has(&h, "Interval"));
    // A scheme for polynomials brings them back, and TFHE the tables.
    h.get_by_label("CKKS").click();
    h.run_ok();
    assert_eq!(chosen(&h), (ActivationKind::Polynomial, SchemeSelector::Ckks));
    h.get_by_label("TFHE").click();
    h.run_ok();
    assert_eq!(chosen(&h), (ActivationKind::Lookup, SchemeSelector::Tfhe));
}

#[cfg(feature = "tfhe")]
#[test]
fn tables_are_shown_run_and_measured() {
    let draws = can_draw();
    let mut h = hospital();
    until(&mut h, "the tables", |h| {
        let state = h.state().state();
        !state.preview.pending && state.tables.is_some() && state.preview.plan.is_some()
    });
    press(&mut h, Key::Num3);
    assert_eq!(h.state().state().tab, Tab::Activation);
    for shown in ["Function and table plot", "Sums before the table plot", "Width of a step"] {
        assert!(has(&h, shown), "{shown}");
    }
    let study = h.state().state().tables.clone().expect("made");
    assert_eq!((study.layers.len(), study.test_samples), (1, 113));
    assert!(study.accuracy > 0.95 && study.agreement > 0.95);

    press(&mut h, Key::Enter);
    press(&mut h, Key::Num1);
    until_over(&mut h);
    let state = h.state().state();
    let run = state.run.as_ref().expect("ran");
    // Sample by sample, not all at the end.
    assert_eq!(run.three.seen, 3);
    let report = run.report.as_ref().expect("finished").tables.as_ref().expect("measured");
    assert_eq!(report.tables[0].lookups, 24);
    for shown in ["Measured noise", "Inputs plot", "As the table reads it plot", "Scores plot"] {
        assert!(has(&h, shown), "{shown}");
    }
    if draws {
        shoot(&mut h, "tables_run");
        press(&mut h, Key::Num3);
        shoot(&mut h, "tables_activation");
    }
}

#[cfg(feature = "tfhe")]
#[test]
fn schemes_are_compared_drawn_and_saved() {
    let draws = can_draw();
    let mut h = hospital();
    until_planned(&mut h);
    press(&mut h, Key::Num7);
    assert_eq!(h.state().state().tab, Tab::Compare);
    assert!(has(&h, "Noise through the network plot"));
    h.get_by_label("Compare schemes").click();
    h.run_ok();
    until(&mut h, "the comparison", |h| h.state().state().compare.status == TaskStatus::Finished);
    let rows = h.state().state().compare.rows.clone();
    let names: Vec<&str> = rows.iter().map(|r| r.name.as_str()).collect();
    assert_eq!(names, ["BGV", "CKKS", "TFHE"]);
    assert!(rows.iter().all(|r| r.refusal.is_none() && r.wrong_outputs == 0 && r.images == 3));
    assert!(has(&h, "Finished 3 schemes"));
    if draws {
        shoot(&mut h, "compare");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let exports = [(Key::Y, "csv"), (Key::H, "json"), (Key::D, "svg")];
    let texts = exports.map(|(key, kind)| {
        let path = folder.path().join(format!("schemes.{kind}"));
        h.key_press_modifiers(Modifiers::COMMAND.plus(Modifiers::SHIFT), key);
        h.run_ok();
        save_to(&mut h, &path);
        std::fs::read_to_string(&path).expect("written")
    });
    assert_eq!(texts[0].lines().count(), 4);
    let report: CompareReport = serde_json::from_str(&texts[1]).expect("a report");
    let bytes = |r: &CompareRow| (r.name.clone(), r.upload_bytes, r.evaluation_key_bytes);
    assert!(report.rows.iter().map(bytes).eq(rows.iter().map(bytes)));
    assert!(texts[2].starts_with("<svg") && texts[2].ends_with("</svg>\n"));
    for part in [
        "Accuracy by time per sample",
        "BGV: Noise margin, bits",
        "CKKS: Spare precision, bits",
        "TFHE: Failure probability",
        "decryption fails below 0",
        "required precision",
        "upload",
    ] {
        assert!(texts[2].contains(part), "{part}");
    }
    let marks = texts[2].matches("<circle").count() + texts[2].matches(r#"class="mark""#).count();
    assert!(marks >= 3 * 3 + 3);
    assert!(texts[2].matches(r#"class="whisker""#).count() == 3);
    // Under another setup it stands back.
    assert_eq!(opacity(&h, "BGV"), Some(1.0));
    h.get_by_role_and_label(Role::ComboBox, "Scenario").click();
    h.run_ok();
    h.get_by_role_and_label(Role::Button, "digits").click();
    h.run_ok();
    assert!(has(&h, "of hospital, just now"));
    assert!(opacity(&h, "3 of 3").is_some_and(|o| o < 0.6));
}

#[cfg(feature = "tfhe")]
#[test]
fn past_the_budget_only_exact_integers_are_pressed() {
    let mut h = hospital();
    until_planned(&mut h);
    press(&mut h, Key::Num7);
    h.get_by_label("Past the noise budget").click();
    h.run_ok();
    h.get_by_label("Compare schemes").click();
    h.run_ok();
    until(&mut h, "the comparison", |h| h.state().state().compare.status == TaskStatus::Finished);
    let rows = &h.state().state().compare.rows;
    assert!(rows.iter().all(|r| r.refusal.is_none()), "{rows:?}");
    let large = |name: &str| {
        let row = rows.iter().find(|r| r.name == name).expect("a row");
        row.parameters.contains("N 16384")
    };
    // CKKS has nothing beyond its modulus: it is planned as ever.
    assert!(large("BGV") && !large("CKKS"), "{rows:?}");
}
