//! Every lesson that comes with the program, gone through from its first step to its last with the real
//! engine; and what a lesson allows.

use crate::drive::{WIDE, until, until_over, until_planned, window};
use crate::scripted::Control;
use crate::shots;
use cryptoscope::activation::Method;
use cryptoscope::app::{App, Tab};
use cryptoscope::lesson::Session;
use cryptoscope::scenario::{Scenario, Sources};
use cryptoscope::strip::Perspective;
use cryptoscope::worker::SessionEngine;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

type Window = Harness<'static, App>;

fn real() -> Window {
    Harness::builder().with_size(WIDE).build_eframe(|cc| {
        let engine = SessionEngine::new(Sources { data_dir: None });
        App::new(cc, engine, Scenario::open("digits").expect("built in"))
    })
}

fn click(h: &mut Window, name: &str) {
    h.get_by_role_and_label(Role::Button, name).click();
    h.run_ok();
}

fn session(h: &Window) -> &Session {
    h.state().state().lesson.as_ref().expect("a lesson is on")
}

fn begin(h: &mut Window, title: &str) {
    h.get_by_role_and_label(Role::Tab, "Lessons tab").click();
    h.run_ok();
    click(h, &format!("Begin: {title}"));
}

/// Moves the guess to the middle of its axis and lets it stand.
fn guess(h: &mut Window) {
    until(h, "something to guess", |h| {
        h.query_by_role_and_label(Role::Button, "My guess stands").is_some()
    });
    let label =
        session(h).step().and_then(|step| step.predict.as_ref()).expect("asked").label.clone();
    let axis = h.get_by_role_and_label(Role::Image, &label).rect();
    h.drag_at(axis.center());
    h.run_ok();
    h.drop_at(axis.center());
    h.run_ok();
    click(h, "My guess stands");
}

/// Whether a text is anywhere on screen.
fn has(h: &Window, text: &str) -> bool {
    h.query_all_by_label_contains(text).next().is_some()
}

/// Every text of the axis is on the axis, and none lies over another.
fn axis_is_readable(h: &Window) {
    let label =
        session(h).step().and_then(|step| step.predict.as_ref()).expect("asked").label.clone();
    let axis = h.get_by_role_and_label(Role::Image, &label).rect();
    let texts: Vec<(String, egui::Rect)> = h
        .output()
        .shapes
        .iter()
        .filter_map(|clipped| match &clipped.shape {
            egui::Shape::Text(text) => {
                let place = egui::Rect::from_min_size(text.pos, text.galley.size());
                Some((text.galley.text().to_owned(), place))
            }
            _ => None,
        })
        .filter(|(_, place)| axis.contains(place.center()))
        .collect();
    for text in [&label, "you: 1000×", "true: ", "1\u{a0}000\u{a0}000×"] {
        assert!(texts.iter().any(|(t, _)| t.contains(text)), "{text} of {texts:?}");
    }
    for (at, (text, place)) in texts.iter().enumerate() {
        assert!(axis.contains_rect(*place), "{text} at {place:?} of {axis:?}");
        for (other, beside) in &texts[at + 1..] {
            assert!(!place.shrink(1.0).intersects(beside.shrink(1.0)), "{text} lies on {other}");
        }
    }
}

/// Does what the step asks for, by the buttons of the bar.
fn do_step(h: &mut Window) {
    let step = session(h).step().expect("a step").clone();
    if step.predict.is_some() {
        guess(h);
    }
    if let Some(ask) = &step.ask {
        let right = &ask.choices[ask.right - 1];
        h.get_by_role_and_label(Role::RadioButton, right).click();
        h.run_ok();
    }
    finish_step(h);
}

/// Does what is left of a step when its guess stands.
fn finish_step(h: &mut Window) {
    let step = session(h).step().expect("a step").clone();
    if !step.deeds.is_empty() && !session(h).is_done() {
        until(h, "nothing goes on", |h| {
            let state = h.state().state();
            !state.preview.pending && !state.running && !state.task_running
        });
        click(h, "Do it for me");
    }
    let what = format!("step {} of {}", session(h).at() + 1, session(h).lesson().title);
    until(h, &what, |h| session(h).is_done());
}

/// Goes through the lesson with this title; what its bar said last.
fn go_through(title: &str) -> Window {
    let mut h = real();
    until_planned(&mut h);
    begin(&mut h, title);
    loop {
        do_step(&mut h);
        let failed = h.query_all_by_label_contains("The lesson:").next().is_some();
        assert!(!failed, "an error in step {} of {title}", session(&h).at() + 1);
        if !session(&h).has_next() {
            break;
        }
        click(&mut h, "Next step of the lesson");
    }
    assert!(h.query_all_by_label_contains("The lesson is over").next().is_some());
    assert!(h.state().state().history.lessons.iter().any(|known| known == title));
    h
}

#[test]
fn what_encryption_costs() {
    let h = go_through("What encryption costs");
    // Two guesses, each with its truth: both of a network that is slower and larger encrypted.
    let guessed = session(&h).all_guessed();
    assert_eq!(guessed.len(), 2);
    for one in guessed {
        let truth = one.truth.as_ref().and_then(|t| t.number()).expect("a number");
        assert!(truth > 10.0, "{} {truth}", one.label);
    }
    assert_eq!(session(&h).score(), (1, 1));
}

#[test]
fn where_noise_comes_from() {
    let h = go_through("Where noise comes from");
    let [curve, least] = session(&h).all_guessed()[..] else { panic!("two guesses") };
    let Some(cryptoscope::lesson::Value::Curve(margins)) = &curve.truth else { panic!("a curve") };
    // The square takes more of the margin than the two other layers together.
    let of = |name: &str| margins.iter().find(|(n, _)| n == name).expect("a stage").1;
    let square = of("conv") - of("square");
    assert!(square > (of("input") - of("conv")) + (of("square") - of("output")), "{margins:?}");
    // One prime in place of two leaves nothing.
    assert!(least.truth.as_ref().and_then(|t| t.number()).expect("a number") <= 1.0);
}

#[test]
fn which_activation() {
    let h = go_through("Which activation");
    assert_eq!(session(&h).all_guessed().len(), 3);
}

#[test]
fn slots() {
    go_through("Slots: throughput against latency");
}

#[test]
fn lookup_tables_or_polynomials() {
    let h = go_through("Lookup tables or polynomials");
    assert_eq!(h.state().state().compare.rows.len(), 3);
}

#[test]
fn who_sees_what() {
    let h = go_through("Who sees what, and what leaks all the same");
    let [identified] = session(&h).all_guessed()[..] else { panic!("one guess") };
    let truth = identified.truth.as_ref().and_then(|t| t.number()).expect("a share");
    assert!((0.0..=1.0).contains(&truth));
}

#[test]
fn only_what_a_step_allows_can_be_used() {
    let mut h = window(&Control::default());
    until_planned(&mut h);
    begin(&mut h, "What encryption costs");
    let before = h.state().state().scenario.clone();
    h.get_by_role_and_label(Role::Tab, "Sweep tab").click();
    h.run_ok();
    assert_eq!(h.state().state().tab, Tab::Run);
    assert!(h.query_all_by_label_contains("Not in this step of the lesson").next().is_some());
    h.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Enter);
    h.run_ok();
    assert!(h.state().state().run.is_none(), "it cannot be run yet");
    assert_eq!(h.state().state().scenario, before);
    click(&mut h, "Leave lesson");
    assert!(h.state().state().lesson.is_none());
    click(&mut h, "Run");
    assert!(h.state().state().run.is_some());
}

#[test]
fn a_guess_is_dragged_and_what_is_predicted_stays_hidden() {
    let mut h = window(&Control::default());
    until_planned(&mut h);
    begin(&mut h, "What encryption costs");
    click(&mut h, "Next step of the lesson");
    assert!(h.query_all_by_label_contains("hidden until your guess stands").next().is_some());
    // Nobody has guessed before the mark was moved.
    click(&mut h, "My guess stands");
    assert!(session(&h).waits_for_guess());
    // The axis goes from 1 to a million: its middle is a thousand.
    guess(&mut h);
    assert!(!session(&h).waits_for_guess());
    assert!(has(&h, "Your guess stands; now press Run"));
    // The next step asks for the sizes.
    assert!(has(&h, "you will guess it in a later step"));
    click(&mut h, "Run");
    until(&mut h, "the truth", |h| session(h).guessed().is_some());
    let told = session(&h).guessed().expect("guessed").guess_text();
    assert_eq!(told, "1000×");
    h.run_ok();
    axis_is_readable(&h);
    assert!(h.state().state().hides_bytes(), "the sizes of the run are guessed next");
    click(&mut h, "Next step of the lesson");
    assert!(h.state().state().hides_bytes());
    guess(&mut h);
    assert!(!h.state().state().hides_bytes() && !h.state().state().hides_predictions());
}

#[test]
fn what_a_step_means_has_a_ring_layers_of_the_strip_too() {
    let mut h = real();
    until_planned(&mut h);
    begin(&mut h, "What encryption costs");
    click(&mut h, "Next step of the lesson");
    assert!(rings(&h).is_empty(), "a guess comes first");
    guess(&mut h);
    let run = h.get_by_role_and_label(Role::Button, "Run").rect();
    assert!(rings(&h).iter().any(|ring| ring.contains_rect(run)));
    for _ in 0..2 {
        finish_step(&mut h);
        click(&mut h, "Next step of the lesson");
        if session(&h).waits_for_guess() {
            guess(&mut h);
        }
    }
    let layer = h.get_by_label_contains("Layer conv").rect();
    assert!(rings(&h).iter().any(|ring| ring.contains_rect(layer)));
}

/// Where rings are drawn around controls.
fn rings(h: &Window) -> Vec<egui::Rect> {
    let shapes = h.output().shapes.iter();
    let ring = |clipped: &egui::epaint::ClippedShape| match &clipped.shape {
        egui::Shape::Rect(shape) if shape.stroke.width == 2.5 => Some(shape.rect),
        _ => None,
    };
    shapes.filter_map(ring).collect()
}

#[test]
fn a_run_from_before_the_lesson_is_not_shown() {
    let mut h = window(&Control::default());
    until_planned(&mut h);
    click(&mut h, "Run");
    until_over(&mut h);
    begin(&mut h, "What encryption costs");
    assert!(h.state().state().run.is_none());
}

#[test]
fn the_laboratory_hides_what_is_guessed_and_has_the_polynomial_of_the_lesson() {
    let mut h = window(&Control::default());
    until_planned(&mut h);
    begin(&mut h, "Which activation");
    until_planned(&mut h);
    let choice = h.state().state().lab.choice.clone();
    assert_eq!((choice.method, choice.degree), (Method::LeastSquares, 2));
    assert_eq!((choice.measured, choice.interval), (false, (-8.0, 8.0)));
    assert!(has(&h, "The accuracy with the polynomial is hidden"));
    click(&mut h, "Next step of the lesson");
    assert!(has(&h, "The accuracy with the polynomial is hidden"));
    guess(&mut h);
    until(&mut h, "the accuracy", |h| session(h).is_done());
    assert!(!has(&h, "The accuracy with the polynomial is hidden"));
    assert!(!has(&h, "…, against") && !has(&h, "against … "), "every fact is told");
}

#[test]
fn whoever_leaves_sees_with_both_eyes_again() {
    let mut h = go_through("What encryption costs");
    assert_eq!(h.state().state().seen_as, Perspective::Server);
    for text in ["1 of 1 question right", "of 2 guesses near", "Next lesson: "] {
        assert!(has(&h, text), "{text}");
    }
    click(&mut h, "Leave lesson");
    assert_eq!(h.state().state().seen_as, Perspective::Both);
}

#[test]
fn the_way_out_stays_where_it_is_when_the_answer_comes() {
    let mut h = window(&Control::default());
    until_planned(&mut h);
    let text = r#"{"lesson": 1, "title": "T", "question": "Q?", "minutes": 1, "steps": [{"text": "Ask",
        "ask": {"question": "?", "choices": ["yes", "no"], "right": 2, "because": "So it is."}}]}"#;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("own.json");
    std::fs::write(&path, text).expect("written");
    h.key_press_modifiers(egui::Modifiers::COMMAND | egui::Modifiers::SHIFT, egui::Key::L);
    h.run_ok();
    h.event(egui::Event::Text(path.to_string_lossy().into_owned()));
    h.run_ok();
    h.key_press_modifiers(egui::Modifiers::NONE, egui::Key::Enter);
    until(&mut h, "the lesson", |h| h.state().state().lesson.is_some());
    let leave = |h: &Window| h.get_by_role_and_label(Role::Button, "Leave lesson").rect();
    let before = leave(&h);
    h.get_by_role_and_label(Role::RadioButton, "no").click();
    h.run_ok();
    assert!(has(&h, "So it is."));
    assert_eq!(leave(&h), before);
}

#[test]
#[ignore = "needs something to draw with: mesa-vulkan-drivers"]
fn pictures_of_lessons() {
    assert!(shots::can_draw());
    let mut h = real();
    until_planned(&mut h);
    begin(&mut h, "Where noise comes from");
    click(&mut h, "Next step of the lesson");
    until(&mut h, "something to guess", |h| {
        h.query_by_role_and_label(Role::Button, "My guess stands").is_some()
    });
    shots::shoot(&mut h, "lesson_guess");
    do_step(&mut h);
    shots::shoot(&mut h, "lesson_truth");
    h.get_by_role_and_label(Role::Tab, "Lessons tab");
    click(&mut h, "Leave lesson");
    h.get_by_role_and_label(Role::Tab, "Lessons tab").click();
    h.run_ok();
    shots::shoot(&mut h, "lessons");
}
