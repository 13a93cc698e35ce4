//! Runs shown again: step by step, scrubbed, in another window, and in slow motion.

use crate::clicks::drop_file;
use crate::drive::{WIDE, save_to, until, until_over, until_planned, window, window_of, window_on};
use crate::scripted::Control;
use crate::shots;
use cryptoscope::app::{App, Status, Tab};
use cryptoscope::scenario::Scenario;
use egui::accesskit::Role;
use egui::{Key, Modifiers, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use std::path::Path;
use std::time::Duration;

type Window = Harness<'static, App>;

const CTRL: Modifiers = Modifiers::COMMAND;
/// Stages of the scripted network.
const STAGES: usize = 8;

fn press(h: &mut Window, modifiers: Modifiers, key: Key) {
    h.key_press_modifiers(modifiers, key);
    h.run_ok();
}

fn has(h: &Window, text: &str) -> bool {
    h.query_all_by_label_contains(text).next().is_some()
}

/// A window with a finished run, each step of which took a little.
fn ran() -> Window {
    let control = Control::default();
    control.set(|s| s.pause = Duration::from_millis(2));
    let mut h = window(&control);
    until_planned(&mut h);
    press(&mut h, CTRL, Key::Enter);
    until_over(&mut h);
    h
}

/// Stages that are shown as measured.
fn shown(h: &Window) -> usize {
    let run = h.state().state().run.as_ref().expect("a run");
    run.stages.iter().flatten().count()
}

fn is_replay(h: &Window) -> bool {
    h.state().state().replay.is_some()
}

/// The newest message to the person.
fn told(h: &Window) -> String {
    let state = h.state().state();
    state.notifications.log().last().map(|(note, _)| note.text.clone()).unwrap_or_default()
}

/// The report of a run, saved by a window.
fn saved(folder: &Path) -> std::path::PathBuf {
    let mut h = ran();
    let path = folder.join("digits-report.json");
    press(&mut h, CTRL, Key::E);
    save_to(&mut h, &path);
    path
}

#[test]
fn a_run_is_shown_again_step_by_step_and_left() {
    let mut h = ran();
    let samples = h.state().state().run.as_ref().expect("a run").samples.len();
    h.get_by_role_and_label(Role::Button, "Replay").click();
    h.step();
    press(&mut h, Modifiers::NONE, Key::F6);
    assert!(is_replay(&h) && has(&h, "Replay, ") && has(&h, "A replay is shown"));
    // Back to the beginning, then on: a stage each.
    while shown(&h) > 0 {
        press(&mut h, Modifiers::NONE, Key::F3);
    }
    assert_eq!(h.state().state().run.as_ref().expect("a run").status, Status::Running);
    for stages in 1..=STAGES {
        press(&mut h, Modifiers::NONE, Key::F4);
        assert_eq!(shown(&h), stages);
    }
    h.get_by_role_and_label(Role::Button, "Step back").click();
    h.run_ok();
    assert_eq!(shown(&h), STAGES - 1);
    // It never looks like a run that goes on: not in the tab Samples either.
    for _ in 0..3 {
        h.get_by_role_and_label(Role::Button, "Step on").click();
        h.run_ok();
    }
    let seen = h.state().state().run.as_ref().expect("a run").samples.len();
    assert!(seen > 0 && seen < samples, "{seen} of {samples}");
    press(&mut h, CTRL, Key::Num2);
    assert!(has(&h, "Replay, ") && has(&h, "kernel portable, 4 threads, took 158 ms"));
    press(&mut h, Modifiers::NONE, Key::Escape);
    assert!(!is_replay(&h) && !has(&h, "Replay, "));
    let run = h.state().state().run.as_ref().expect("a run");
    assert_eq!((&run.status, run.samples.len()), (&Status::Finished, samples));
    assert!(run.report.is_some());
}

#[test]
fn a_replay_is_scrubbed_and_played_at_a_pace() {
    let mut h = ran();
    press(&mut h, Modifiers::NONE, Key::F5);
    press(&mut h, Modifiers::NONE, Key::F6);
    let whole = h.state().state().whole_run().expect("a run").recording.clone();
    let moment = |h: &Window| h.state().state().replay.as_ref().expect("a replay").secs();
    for part in [0.5, 0.9, 0.2] {
        let secs = whole.secs() * part;
        h.get_by_role_and_label(Role::Slider, "Moment of the run").set_value_accesskit(secs);
        h.run_ok();
        let at = moment(&h);
        assert!((at - secs).abs() < whole.secs() / 50.0, "{at} of {secs}");
        // What was told by then is shown, and nothing else.
        let stage = |t: &&cryptoscope::report::Told| {
            matches!(t.event, cryptoscope::report::Event::Stage { .. }) && t.secs <= at
        };
        assert_eq!(shown(&h), whole.events().iter().filter(stage).count());
    }
    let pace = |h: &Window| h.state().state().replay.as_ref().expect("a replay").pace.name();
    assert_eq!(pace(&h), "a stage a second", "it was short");
    for faster in ["×1", "×4"] {
        press(&mut h, CTRL | Modifiers::SHIFT, Key::F);
        assert_eq!(pace(&h), faster);
    }
    for _ in 0..2 {
        press(&mut h, CTRL | Modifiers::SHIFT, Key::W);
    }
    assert_eq!(pace(&h), "a stage a second");
    while shown(&h) > 0 {
        press(&mut h, Modifiers::NONE, Key::F3);
    }
    press(&mut h, Modifiers::NONE, Key::F6);
    // A stage a second, however fast they were: each is seen.
    let mut seen = vec![shown(&h)];
    until(&mut h, "the end of the replay", |h| {
        let now = shown(h);
        if seen.last() != Some(&now) {
            seen.push(now);
        }
        now == STAGES
    });
    assert_eq!(seen, (seen[0]..=STAGES).collect::<Vec<_>>());
}

#[test]
fn a_recurrent_run_is_shown_again_step_by_step_of_its_sequences() {
    let mut h = window_on("cryptornn", &Control::default(), WIDE, 1.0, Theme::Dark);
    until_planned(&mut h);
    press(&mut h, CTRL, Key::Enter);
    until_over(&mut h);
    press(&mut h, Modifiers::NONE, Key::F5);
    for _ in 0..40 {
        press(&mut h, Modifiers::NONE, Key::F3);
    }
    h.get_by_role_and_label(Role::Tab, "Sequence tab").click();
    h.run_ok();
    assert!(has(&h, "Replay, "));
    for steps in 1..=3 {
        press(&mut h, Modifiers::NONE, Key::F4);
        let run = h.state().state().run.as_ref().expect("a run");
        let seen = &run.sequence.as_ref().expect("its steps").per_step;
        assert_eq!(seen.iter().filter(|s| s.margin_bits_measured.is_some()).count(), steps);
    }
    press(&mut h, Modifiers::NONE, Key::Escape);
    assert!(!is_replay(&h) && !has(&h, "Replay, "));
}

#[test]
fn a_report_is_opened_in_another_window_and_replayed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = saved(folder.path());
    let mut h = window(&Control::default());
    until_planned(&mut h);
    press(&mut h, CTRL | Modifiers::SHIFT, Key::A);
    h.get_by_role(Role::TextInput).type_text(&path.to_string_lossy());
    h.run_ok();
    h.get_by_role_and_label(Role::Button, "Open").click();
    until(&mut h, "the report", is_replay);
    until_planned(&mut h);
    assert_eq!(h.state().state().tab, Tab::Run);
    assert!(has(&h, "the file digits-report.json, run on "));
    assert_eq!(shown(&h), STAGES, "its end is shown first");
    press(&mut h, CTRL, Key::Num2);
    assert!(has(&h, "Test sample"));
    press(&mut h, CTRL, Key::Num1);
    press(&mut h, Modifiers::NONE, Key::F3);
    while shown(&h) == STAGES {
        press(&mut h, Modifiers::NONE, Key::F3);
    }
    assert_eq!(shown(&h), STAGES - 1);
    press(&mut h, Modifiers::NONE, Key::Escape);
    assert!(has(&h, "Opened, at its end: the file digits-report.json"), "no run of this window");
    let (run, images) = {
        let run = h.state().state().run.as_ref().expect("a run");
        (run.report.as_ref().expect("a report"), run.samples.len())
    };
    assert_eq!((run.images, run.threads), (images, 4));
}

#[test]
fn a_report_is_opened_by_dropping_it_with_its_setup() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = saved(folder.path());
    let text = std::fs::read_to_string(&path).expect("written");
    let other = folder.path().join("seven.json");
    // Of the setup it was made with, not of the one in the window.
    std::fs::write(&other, text.replace("\"seed\": 0", "\"seed\": 7")).expect("writes");
    let seed = Scenario::open("digits").expect("built in").seed;
    assert!(seed == 0 && text.contains("\"seed\": 0"), "{seed}");
    let mut h = window(&Control::default());
    until_planned(&mut h);
    drop_file(&mut h, &other);
    until(&mut h, "the report", is_replay);
    assert_eq!(h.state().state().scenario.seed, 7);
    assert!(h.state().state().run_is_of_setup());
}

#[test]
fn broken_files_give_one_line_each_and_change_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = saved(folder.path());
    let text = std::fs::read_to_string(&path).expect("written");
    let newer = text.replace("\"schema_version\": 2", "\"schema_version\": 99");
    let mut h = window(&Control::default());
    until_planned(&mut h);
    for (name, text, reason) in [
        ("cut.json", &text[..text.len() / 2], "cut short"),
        (
            "foreign.json",
            "{\"type\": \"FeatureCollection\", \"features\": []}",
            "no report of a run",
        ),
        ("newer.json", newer.as_str(), "a newer CryptoScope wrote"),
    ] {
        let broken = folder.path().join(name);
        std::fs::write(&broken, text).expect("writes");
        press(&mut h, CTRL | Modifiers::SHIFT, Key::A);
        h.get_by_role(Role::TextInput).type_text(&broken.to_string_lossy());
        h.run_ok();
        h.get_by_role_and_label(Role::Button, "Open").click();
        until(&mut h, name, |h| told(h).contains(name));
        assert!(told(&h).contains(reason) && !told(&h).contains('\n'), "{}", told(&h));
        assert!(h.state().state().run.is_none() && !is_replay(&h));
    }
    // Dropped, a report of a newer program is told as one too.
    drop_file(&mut h, &folder.path().join("newer.json"));
    until(&mut h, "the reason", |h| {
        h.state().state().notifications.log().filter(|(n, _)| n.text.contains("newer.json")).count()
            == 2
    });
    assert!(told(&h).contains("a newer CryptoScope wrote"), "{}", told(&h));
}

#[test]
fn a_report_without_events_still_opens_and_shows_its_end() {
    let old = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/old_files/run-bgv.json");
    let mut h = window(&Control::default());
    until_planned(&mut h);
    drop_file(&mut h, &old);
    until(&mut h, "the report", |h| h.state().state().run.is_some());
    let state = h.state().state();
    let run = state.run.as_ref().expect("a run");
    let report = run.report.as_ref().expect("a report");
    assert_eq!((&run.status, report.images), (&Status::Finished, 113));
    assert_eq!(shown(&h), report.stages.len());
    assert!(!is_replay(&h) && told(&h).contains("no events"), "{}", told(&h));
    assert!(has(&h, "Opened, at its end: the file run-bgv.json"));
}

#[test]
fn slow_motion_shows_a_stage_a_second_of_a_run_at_full_speed() {
    let control = Control::default();
    control.set(|s| s.hold = true);
    let mut h = window(&control);
    until_planned(&mut h);
    press(&mut h, Modifiers::NONE, Key::F12);
    press(&mut h, CTRL, Key::Enter);
    // The engine waits before the fifth stage: all that it told is shown, and waited for more.
    until(&mut h, "four stages", |h| h.state().state().run.is_some() && shown(h) == STAGES / 2);
    assert!(has(&h, "Slow motion, ") && has(&h, "the run itself goes on"));
    assert!(h.state().state().running);
    control.set(|s| s.hold = false);
    until(&mut h, "the end of the run", |h| !h.state().state().running);
    // The run is over at once, what is shown of it is not.
    assert!(is_replay(&h) && shown(&h) < STAGES);
    let mut seen = Vec::new();
    until(&mut h, "the end of slow motion", |h| {
        let now = shown(h);
        if seen.last() != Some(&now) {
            seen.push(now);
        }
        !is_replay(h)
    });
    assert_eq!(seen, (seen[0]..=STAGES).collect::<Vec<_>>());
    assert_eq!(h.state().state().run.as_ref().expect("a run").status, Status::Finished);
    assert!(!has(&h, "Replay, "));
    h.get_by_role_and_label(Role::CheckBox, "Slow motion").click();
    h.run_ok();
    assert!(!h.state().state().slow);
}

#[test]
#[ignore = "needs something to draw with: mesa-vulkan-drivers"]
fn pictures_of_replays() {
    for theme in [Theme::Dark, Theme::Light] {
        let name = format!("{theme:?}").to_lowercase();
        let control = Control::default();
        control.set(|s| s.pause = Duration::from_millis(2));
        let mut h = window_of(&control, WIDE, 1.0, theme);
        until_planned(&mut h);
        press(&mut h, CTRL, Key::Enter);
        until_over(&mut h);
        press(&mut h, Modifiers::NONE, Key::F5);
        for _ in 0..2 * STAGES {
            press(&mut h, Modifiers::NONE, Key::F3);
        }
        for _ in 0..STAGES - 2 {
            press(&mut h, Modifiers::NONE, Key::F4);
        }
        shots::shoot(&mut h, &format!("replay_{name}"));
    }
}
