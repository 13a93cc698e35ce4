//! A sample as a picture whose pixels can be chosen.

use data::Shape;
use egui::{Rect, Response, Sense, Stroke, StrokeKind, Ui, pos2, vec2};
use kit::theme;

/// Draws the values of an image over the width that there is; the response, and the pixel that was clicked
/// (of the first channel). `chosen` is marked.
pub fn picture(
    ui: &mut Ui,
    values: &[f32],
    (channels, height, width): (usize, usize, usize),
    chosen: Option<usize>,
    name: &str,
) -> (Response, Option<usize>) {
    let side = ui.available_width();
    let size = vec2(side, side * height as f32 / width.max(1) as f32);
    let sense = if chosen.is_some() { Sense::click() } else { Sense::hover() };
    let (rect, response) = ui.allocate_exact_size(size, sense);
    let response = kit::named(response, egui::Role::Image, name);
    let (low, high) = values.iter().fold((f32::MAX, f32::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
    let wide: Vec<f64> = values.iter().map(|v| f64::from(*v)).collect();
    let shape = Shape::Image { channels, height, width };
    kit::pixels::paint(ui, rect, shape, &wide, (f64::from(low), f64::from(high)));
    let (w, h) = (rect.width() / width.max(1) as f32, rect.height() / height.max(1) as f32);
    if let Some(at) = chosen {
        let at = at % (height * width).max(1);
        let corner = rect.min + vec2((at % width) as f32 * w, (at / width) as f32 * h);
        let t = theme::tokens(ui);
        let pixel = Rect::from_min_size(corner, vec2(w, h)).expand(1.0);
        ui.painter().rect_stroke(pixel, 1, Stroke::new(2.0, t.encrypted), StrokeKind::Outside);
    }
    let clicked = response.interact_pointer_pos().filter(|_| response.clicked()).map(|at| {
        let at = pos2(at.x - rect.left(), at.y - rect.top());
        let column = ((at.x / w) as usize).min(width.saturating_sub(1));
        ((at.y / h) as usize).min(height.saturating_sub(1)) * width + column
    });
    (response, clicked)
}
