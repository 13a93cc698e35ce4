//! Windows of every size: all of it in reach, and pictures of every tab.

use crate::drive::{until, until_over, until_planned, window_on};
use crate::scripted::Control;
use crate::shots::{TAB, can_draw, shoot, until_checked};
use cryptoscope::app::{App, Tab};
use egui::accesskit::Role;
use egui::{Key, Modifiers, MouseWheelUnit, Rect, Theme, TouchPhase, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

/// A size that windows are tried in.
struct Size {
    name: &'static str,
    /// Points, and pixels a point.
    points: [f32; 2],
    scale: f32,
}

const SMALL: Size = Size { name: "1024x640", points: [1024.0, 640.0], scale: 1.0 };
const ZOOMED: Size =
    Size { name: "1280x800_at_150", points: [1280.0 / 1.5, 800.0 / 1.5], scale: 1.5 };
const LARGE: Size = Size { name: "1920x1080", points: [1920.0, 1080.0], scale: 1.0 };
/// 1024x640 at 150 %, and 1080p at 300 %; the least that a window is.
const AT_150: Size = Size { name: "1024x640_at_150", points: [683.0, 427.0], scale: 1.5 };
const LEAST: Size = Size { name: "1920x1200_at_300", points: [640.0, 400.0], scale: 3.0 };

/// The largest screens, with letters as they come.
const HUGE: Size = Size { name: "3840x2160", points: [3840.0, 2160.0], scale: 1.0 };

/// Tabs with the scenario that they are looked at in.
const TABS: [(&str, &str); 12] = [
    ("Run", "digits"),
    ("Samples", "digits"),
    ("Data", "digits"),
    ("Model", "digits"),
    ("Activation", "digits"),
    ("Sweep", "digits"),
    ("Training", "digits"),
    ("Compare", "digits"),
    ("Lessons", "digits"),
    ("Welcome", "digits"),
    ("Sequence", "cryptornn"),
    ("What the server learns", "cryptonn"),
];

type Window = Harness<'static, App>;

/// A window on a scenario, with what it runs done.
fn window(scenario: &str, size: &Size, theme: Theme) -> Window {
    let control = Control::default();
    let mut h = window_on(scenario, &control, size.points, size.scale, theme);
    until_planned(&mut h);
    if scenario == "digits" {
        h.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
        until_over(&mut h);
    }
    h
}

/// Shows a tab by its name, when all of it is there.
fn show(h: &mut Window, tab: &str) {
    h.get_by_role_and_label(Role::Tab, &format!("{tab} tab")).click();
    h.run_ok();
    match h.state().state().tab {
        Tab::Activation => until_checked(h),
        Tab::Samples => until(h, "the ciphertext", |h| {
            let seen = &h.state().state().ciphertext;
            !seen.pending && seen.seen.is_some()
        }),
        _ => {}
    }
}

#[test]
#[ignore = "needs something to draw with: mesa-vulkan-drivers"]
fn pictures_of_every_tab_in_every_size() {
    assert!(can_draw());
    for (number, size) in [SMALL, ZOOMED, LARGE].iter().enumerate() {
        for (at, (tab, scenario)) in TABS.iter().enumerate() {
            // Every tab in both themes.
            let theme = if (number + at) % 2 == 0 { Theme::Dark } else { Theme::Light };
            let mut h = window(scenario, size, theme);
            show(&mut h, tab);
            let tab = tab.to_lowercase().replace(' ', "_");
            shoot(&mut h, &format!("{TAB}{tab}_{}", size.name));
        }
    }
}

#[test]
#[ignore = "needs something to draw with: mesa-vulkan-drivers"]
fn pictures_of_the_smallest_windows() {
    assert!(can_draw());
    for size in [AT_150, LEAST] {
        for (tab, scenario) in TABS {
            let mut h = window(scenario, &size, Theme::Dark);
            show(&mut h, tab);
            let tab = tab.to_lowercase().replace(' ', "_");
            shoot(&mut h, &format!("smallest_{tab}_{}", size.name));
        }
    }
}

/// Where everything that can be pressed in the bar of the window lies.
fn bar(h: &Window) -> Vec<(String, Rect)> {
    let menus = ["File menu", "Setup menu", "View menu", "Help menu"];
    let named = |role, name: &str| h.query_by_role_and_label(role, name).map(|node| node.rect());
    let tabs = TABS.iter().map(|(tab, _)| (Role::Tab, format!("{tab} tab")));
    let all = menus.iter().map(|menu| (Role::Button, (*menu).to_owned())).chain(tabs);
    all.filter_map(|(role, name)| Some((name.clone(), named(role, &name)?))).collect()
}

#[test]
fn bar_and_run_button_are_in_reach_in_windows_of_every_size() {
    for size in [SMALL, ZOOMED, LARGE, HUGE, AT_150, LEAST] {
        for scenario in ["digits", "cryptornn", "cryptonn"] {
            let h = window(scenario, &size, Theme::Dark);
            let window = Rect::from_min_size(egui::Pos2::ZERO, size.points.into());
            let bar = bar(&h);
            assert!(bar.len() >= 4 + 10, "{}: {} in the bar", size.name, bar.len());
            for (at, (name, place)) in bar.iter().enumerate() {
                assert!(window.contains_rect(*place), "{}: {name} at {place:?}", size.name);
                for (other, beside) in &bar[at + 1..] {
                    let both = place.shrink(1.0).intersects(beside.shrink(1.0));
                    assert!(!both, "{}: {name} lies on {other}", size.name);
                }
            }
            let run = ["Run", "Train encrypted"];
            let run = run.iter().filter_map(|name| h.query_by_role_and_label(Role::Button, name));
            let places: Vec<Rect> = run.map(|node| node.rect()).collect();
            assert!(places.iter().any(|place| window.contains_rect(*place)), "{}", size.name);
        }
    }
}

#[test]
fn the_wheel_scrolls_a_small_laboratory_and_with_alt_changes_the_degree() {
    let mut h = window("digits", &LEAST, Theme::Dark);
    show(&mut h, "Activation");
    let plot = |h: &Window| h.get_by_label("Function and polynomial plot").rect();
    let (before, degree) = (plot(&h), h.state().state().lab.choice.degree);
    h.hover_at(egui::pos2(420.0, 300.0));
    let turn = |h: &mut Window, modifiers| {
        h.event(egui::Event::MouseWheel {
            unit: MouseWheelUnit::Line,
            delta: vec2(0.0, -2.0),
            phase: TouchPhase::Move,
            source: egui::MouseWheelSource::Wheel,
            modifiers,
        });
        for _ in 0..20 {
            h.step();
        }
    };
    // Down the page until the pointer is over the plots, and further.
    let mut seen = before.top();
    for _ in 0..8 {
        turn(&mut h, Modifiers::NONE);
        let top = plot(&h).top();
        assert!(top <= seen);
        seen = top;
    }
    assert!(seen < before.top() - 100.0, "from {} to {seen}", before.top());
    assert_eq!(h.state().state().lab.choice.degree, degree);
    while plot(&h).top() < 60.0 {
        h.event(egui::Event::MouseWheel {
            unit: MouseWheelUnit::Line,
            delta: vec2(0.0, 1.0),
            phase: TouchPhase::Move,
            source: egui::MouseWheelSource::Wheel,
            modifiers: Modifiers::NONE,
        });
        for _ in 0..20 {
            h.step();
        }
    }
    turn(&mut h, Modifiers::ALT);
    assert_eq!(h.state().state().lab.choice.degree, degree - 2);
}
