//! Samples drawn small: images as pixels, tables as bars.

use crate::{theme, widgets};
use data::Shape;
use egui::{Color32, Rect, Sense, Stroke, Ui, Vec2, pos2, vec2};

/// Draws `values` of `range` into a field of `size`: pixels when `shape` is an image, otherwise a
/// bar for each value in `colour`. `name` is for screen readers.
pub fn sample(
    ui: &mut Ui,
    size: Vec2,
    shape: Shape,
    values: &[f64],
    range: (f64, f64),
    colour: Color32,
    name: &str,
) -> egui::Response {
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let response = widgets::named(response, egui::Role::Image, name);
    let t = theme::tokens(ui);
    ui.painter().rect_filled(rect, 2, t.well);
    match shape {
        Shape::Image { channels: 1 | 3, .. } => paint(ui, rect, shape, values, range),
        _ => bars(ui, rect.shrink(2.0), values, range, colour),
    }
    ui.painter().rect_stroke(rect, 2, Stroke::new(1.0, t.line), egui::StrokeKind::Inside);
    response
}

/// Height of a field of `width` for samples of `shape`.
pub fn height(shape: Shape, width: f32) -> f32 {
    match shape {
        Shape::Image { channels: 1 | 3, height, width: columns } => {
            width * height as f32 / columns.max(1) as f32
        }
        _ => width * 0.6,
    }
}

/// Draws the `values` of an image of `range` over `rect`: one channel grey, three as red, green and
/// blue. Of other shapes nothing.
pub fn paint(ui: &Ui, rect: Rect, shape: Shape, values: &[f64], (low, high): (f64, f64)) {
    let Shape::Image { channels, height, width } = shape else { return };
    let cell = vec2(rect.width() / width.max(1) as f32, rect.height() / height.max(1) as f32);
    let mut mesh = egui::Mesh::default();
    let area = height * width;
    let level = |at: usize| {
        let value = values.get(at).copied().unwrap_or(low);
        ((value - low) / (high - low).max(1e-9) * 255.0).clamp(0.0, 255.0) as u8
    };
    for at in 0..area.min(values.len()) {
        let [red, green, blue] = match channels {
            3 => [0, 1, 2].map(|channel| level(channel * area + at)),
            _ => [level(at); 3],
        };
        let corner = vec2((at % width) as f32 * cell.x, (at / width) as f32 * cell.y);
        let place = Rect::from_min_size(rect.min + corner, cell);
        mesh.add_colored_rect(place, theme::pixel(red, green, blue));
    }
    ui.painter().add(mesh);
}

fn bars(ui: &Ui, rect: Rect, values: &[f64], (low, high): (f64, f64), colour: Color32) {
    let t = theme::tokens(ui);
    let y = |v: f64| {
        rect.bottom() - ((v - low) / (high - low).max(1e-9)).clamp(0.0, 1.0) as f32 * rect.height()
    };
    let zero = y(0.0_f64.clamp(low.min(high), high));
    let width = rect.width() / values.len().max(1) as f32;
    for (at, value) in values.iter().enumerate() {
        let left = rect.left() + at as f32 * width;
        let (top, bottom) = (y(*value).min(zero), y(*value).max(zero));
        let bar = Rect::from_min_max(
            pos2(left, top),
            pos2(left + (width - 1.0).max(1.0), bottom.max(top + 1.0)),
        );
        ui.painter().rect_filled(bar, 0, colour);
    }
    ui.painter().hline(rect.x_range(), zero, Stroke::new(1.0, t.line));
}
