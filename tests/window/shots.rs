//! Pictures of the window in its usual states, under `target/screenshots`, to be looked at; some are held
//! against accepted ones.

use crate::drive::{WIDE, until, until_over, until_planned, window_of};
use crate::scripted::Control;
use cryptoscope::app::{App, Tab};
use cryptoscope::view::lab::OfDegree;
use egui::{Key, Modifiers, Theme};
use egui_kittest::kittest::Queryable as _;
use egui_kittest::{Harness, SnapshotOptions, try_image_snapshot_options};
use std::path::Path;

/// Pictures that must look as accepted, beside those of every tab: states whose every number is scripted,
/// or computed from the data.
const ACCEPTED: [&str; 13] = [
    "planned_dark",
    "finished_dark",
    "finished_light",
    "samples_light",
    "activation_dark",
    "wrong_dark",
    "refused_light",
    "sequence_light",
    "sequence_small",
    "sequence_dark",
    "activation_methods_light",
    "strip_card",
    "strip_server",
];
/// What the names of pictures of tabs begin with.
pub const TAB: &str = "tab_";
/// Where they lie.
const FOLDER: &str = "tests/window/accepted";
/// Pixels that another build of the renderer may draw otherwise: of 1280 x 800, a few letters.
const OTHERWISE: usize = 300;

/// How far a pixel may be from the accepted one, which has a colour of a palette: black is 35 000 from
/// white.
const NEAR: f32 = 150.0;

/// Saves the window as it is; a picture of [`ACCEPTED`] must be the accepted one (`.ci/accept` accepts).
pub fn shoot(harness: &mut Harness<'_, App>, name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
    std::fs::create_dir_all(&folder).expect("target is writable");
    let mut image = harness.render().expect("renders");
    assert!(
        image.width() > 0 && image.pixels().any(|p| p != image.get_pixel(0, 0)),
        "{name} is blank"
    );
    image.save(folder.join(format!("{name}.png"))).expect("target is writable");
    if ACCEPTED.contains(&name) || name.starts_with(TAB) {
        cover_times(harness, &mut image);
        let options = SnapshotOptions::new().output_path(FOLDER);
        let options = options.threshold(NEAR).max_failed_pixels(OTHERWISE);
        try_image_snapshot_options(&image, name, &options).unwrap_or_else(|e| panic!("{e}"));
    }
}

/// Lays a bar over the time that the laboratory tells a degree to take: it is this machine's.
fn cover_times(harness: &Harness<'_, App>, image: &mut image::RgbaImage) {
    /// Width of the card that it stands in, points.
    const CARD: f32 = 270.0;
    let scale = harness.ctx.pixels_per_point();
    for told in harness.query_all_by_label_contains("Time, all samples") {
        let (from, to) = (told.rect().min * scale, told.rect().max * scale);
        let right = (from.x + CARD * scale).min(image.width() as f32);
        let bottom = to.y.min(image.height() as f32);
        for y in from.y.max(0.0) as u32..bottom.max(0.0) as u32 {
            for x in from.x.max(0.0) as u32..right as u32 {
                image.put_pixel(x, y, image::Rgba([0, 0, 0, 255]));
            }
        }
    }
}

/// Whether anything on this machine can draw; renderers panic when nothing can.
pub fn can_draw() -> bool {
    let drawn = std::panic::catch_unwind(|| {
        Harness::new_ui(|ui| {
            ui.label("x");
        })
        .render()
        .is_ok()
    });
    drawn.unwrap_or(false)
}

pub fn until_checked(harness: &mut Harness<'_, App>) {
    until(harness, "the check", |h| {
        let checked = &h.state().state().lab.checked;
        !checked.pending && checked.check.is_some()
    });
    // Costs of every degree stand beside the figures of the check.
    until(harness, "costs", |h| {
        let lab = &h.state().state().lab;
        let in_sight = h.state().state().tab == Tab::Activation && lab.usable_interval().is_some();
        let planned = |of: &OfDegree<'_>| matches!(of, OfDegree::Planned(_) | OfDegree::Refused(_));
        !in_sight
            || lab.costs.shown().is_some_and(|c| lab.costs.degrees(&c.setup).iter().all(planned))
    });
}

fn key(harness: &mut Harness<'_, App>, modifiers: Modifiers, key: Key) {
    harness.key_press_modifiers(modifiers, key);
    harness.run_ok();
}

#[test]
#[ignore = "needs something to draw with: mesa-vulkan-drivers"]
fn pictures_of_every_state() {
    assert!(can_draw());
    for theme in [Theme::Dark, Theme::Light] {
        let name = |state: &str| format!("{state}_{theme:?}").to_lowercase();
        let control = Control::default();
        control.set(|s| s.squares = true);
        let mut h = window_of(&control, WIDE, 1.0, theme);
        h.step();
        shoot(&mut h, &name("empty"));
        until_planned(&mut h);
        shoot(&mut h, &name("planned"));
        control.set(|s| s.hold = true);
        key(&mut h, Modifiers::COMMAND, Key::Enter);
        until(&mut h, "stages", |h| {
            h.state().state().run.as_ref().is_some_and(|r| r.stages.iter().flatten().count() >= 4)
        });
        shoot(&mut h, &name("running"));
        control.set(|s| s.hold = false);
        until_over(&mut h);
        shoot(&mut h, &name("finished"));
        let table_row = h.get_all_by_label("square2").next().expect("a row").rect();
        h.hover_at(egui::pos2(table_row.center().x + 500.0, table_row.center().y));
        h.run_ok();
        shoot(&mut h, &name("hovered_row"));
        h.hover_at(egui::pos2(1000.0, 220.0));
        h.run_ok();
        shoot(&mut h, &name("hovered_plot"));
        h.remove_cursor();
        key(&mut h, Modifiers::COMMAND, Key::Num2);
        shoot(&mut h, &name("samples"));
        key(&mut h, Modifiers::COMMAND, Key::Num1);
        key(&mut h, Modifiers::COMMAND, Key::P);
        shoot(&mut h, &name("palette"));
        key(&mut h, Modifiers::NONE, Key::Escape);
        key(&mut h, Modifiers::NONE, Key::F1);
        shoot(&mut h, &name("about"));
        key(&mut h, Modifiers::NONE, Key::Escape);
        key(&mut h, Modifiers::COMMAND, Key::O);
        shoot(&mut h, &name("open_model"));
        key(&mut h, Modifiers::NONE, Key::Escape);
        h.get_by_label("By hand").click();
        h.run_ok();
        until_planned(&mut h);
        shoot(&mut h, &name("by_hand"));
        control.set(|s| s.wrong = true);
        key(&mut h, Modifiers::COMMAND, Key::Enter);
        until_over(&mut h);
        shoot(&mut h, &name("wrong"));
        let line = "layer square2 needs 24 bits of margin but 135 bits of q leave 11; use ring degree 16384, or square fewer times";
        control.set(|s| s.refuse = Some(line.into()));
        h.get_by_label("By hand").click();
        h.run_ok();
        until_planned(&mut h);
        shoot(&mut h, &name("refused"));
        activations(theme, &name);
    }
}

/// The laboratory, of a network with a function to replace.
fn activations(theme: Theme, name: &dyn Fn(&str) -> String) {
    let mut h = window_of(&Control::default(), WIDE, 1.0, theme);
    until_planned(&mut h);
    key(&mut h, Modifiers::COMMAND, Key::Enter);
    until_over(&mut h);
    key(&mut h, Modifiers::COMMAND, Key::Num3);
    until_checked(&mut h);
    shoot(&mut h, &name("activation"));
    h.get_by_role_and_label(egui::accesskit::Role::ComboBox, "Method").click();
    h.run_ok();
    shoot(&mut h, &name("activation_methods"));
}
