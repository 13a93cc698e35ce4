//! Lookup tables in the window, with the real engine on the smallest network.

use crate::drive::{WIDE, until, until_over, until_planned, window};
use crate::scripted::Control;
use crate::shots::{can_draw, shoot};
use cryptoscope::app::{App, Tab};
use cryptoscope::run::{ActivationKind, Scenario, SchemeSelector, Sources};
use cryptoscope::worker::SessionEngine;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

/// A window on three samples of `hospital` with lookup tables.
fn hospital() -> Harness<'static, App> {
    let mut scenario = Scenario::open("hospital").expect("built in");
    scenario.activation.kind = ActivationKind::Lookup;
    scenario.images = Some(3);
    scenario.seed = 7;
    Harness::builder().with_size(WIDE).build_eframe(|cc| {
        App::new(cc, SessionEngine::new(Sources::default()), scenario).expect("a thread")
    })
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
    assert_eq!(run.encrypted.points.len(), 3);
    let report = run.report.as_ref().expect("finished").tables.as_ref().expect("measured");
    assert_eq!(report.tables[0].readings, 24);
    for shown in ["Measured noise", "Inputs plot", "As the table reads it plot", "Scores plot"] {
        assert!(has(&h, shown), "{shown}");
    }
    if draws {
        shoot(&mut h, "tables_run");
        press(&mut h, Key::Num3);
        shoot(&mut h, "tables_activation");
    }
}
