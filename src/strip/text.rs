//! Text that is cut where its box ends.

use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{Color32, FontId, Galley, Rect, Ui, pos2};
use kit::theme;
use std::sync::Arc;

const NAME: f32 = 12.0;
/// Between a text and the sides of its box.
const SIDE: f32 = 5.0;

/// One line of text, cut with an ellipsis at `width`.
pub fn cut(ui: &Ui, text: &str, font: FontId, colour: Color32, width: f32) -> Arc<Galley> {
    let mut job = LayoutJob::single_section(text.to_owned(), TextFormat::simple(font, colour));
    job.wrap = TextWrapping::truncate_at_width(width.max(0.0));
    ui.painter().layout_job(job)
}

/// A name and what stands under it, in the middle of a box whose lower end is kept free.
pub fn two_lines(
    ui: &Ui,
    rect: Rect,
    (name, name_colour): (&str, Color32),
    (under, under_colour): (&str, Color32),
    free: f32,
) {
    let width = rect.width() - 2.0 * SIDE;
    let name = cut(ui, name, theme::strong(NAME), name_colour, width);
    let under = cut(ui, under, theme::small(), under_colour, width);
    let height = name.size().y + under.size().y;
    let mut y = rect.top() + ((rect.height() - free - height) / 2.0).max(0.0);
    for (text, colour) in [(name, name_colour), (under, under_colour)] {
        let x = rect.center().x - text.size().x / 2.0;
        let tall = text.size().y;
        ui.painter().galley(pos2(x, y), text, colour);
        y += tall;
    }
}
