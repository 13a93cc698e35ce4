//! The box of one layer, with its battery.

use crate::look::Look;
use crate::model::{Battery, LayerBox, Place, Strip};
use crate::text;
use egui::{Align2, Rect, Response, Sense, Stroke, StrokeKind, Ui, pos2, vec2};
use kit::theme;

/// Height of a battery, and of the room that it has in its box.
const BATTERY: f32 = 6.0;
const UNDER: f32 = 11.0;
/// The figure stands beside the battery in boxes this wide.
const WITH_FIGURE: f32 = 92.0;

/// How a box is marked.
#[derive(Clone, Copy, Default)]
pub struct Mark {
    pub hovered: bool,
    pub opened: bool,
    pub running: bool,
    pub wrong: bool,
}

/// The frame of a box.
pub fn frame(ui: &Ui, rect: Rect, mark: Mark) {
    let t = theme::tokens(ui);
    let stroke = match mark {
        Mark { wrong: true, .. } => Stroke::new(1.5, t.wrong),
        Mark { running: true, .. } => Stroke::new(2.0, t.encrypted),
        Mark { hovered: true, .. } | Mark { opened: true, .. } => Stroke::new(1.5, t.text_strong),
        _ => Stroke::new(1.0, t.cursor),
    };
    let fill = match mark {
        Mark { wrong: true, .. } => t.wrong_fill,
        Mark { running: true, .. } | Mark { hovered: true, .. } | Mark { opened: true, .. } => {
            t.selection
        }
        _ => t.surface,
    };
    ui.painter().rect(rect, theme::ROUNDING, fill, stroke, StrokeKind::Inside);
}

/// Draws layer `at` into `rect`: a button that opens its card.
pub fn show(ui: &Ui, strip: &Strip, at: usize, rect: Rect, look: Look<'_>) -> Response {
    let response = ui.interact(rect, ui.scope_id().with(("layer", at)), Sense::click());
    let Some(layer) = strip.layers.get(at) else { return response };
    let t = theme::tokens(ui);
    let sees_noise = look.eyes.has_key();
    let wrong = layer.is_wrong && sees_noise;
    frame(
        ui,
        rect,
        Mark {
            hovered: response.hovered()
                || response.has_focus()
                || look.hovered.is_some_and(|h| layer.stages.contains(&h)),
            opened: look.opened == Some(layer.name.as_str()),
            running: strip.running == Some(Place::Layer(at)),
            wrong,
        },
    );
    let shape = layer.shape.clone().unwrap_or_default();
    let name = if wrong { format!("✗ {}", layer.name) } else { layer.name.clone() };
    let name_colour = if wrong { t.wrong } else { t.text_strong };
    let shown = layer.battery.filter(|_| sees_noise);
    let free = if shown.is_some() { UNDER } else { 0.0 };
    text::two_lines(ui, rect, (&name, name_colour), (&shape, t.text_weak), free);
    if let Some(shown) = shown {
        battery(ui, rect, strip, shown, wrong);
    }
    let about = about(strip, layer, shown);
    let response = response.on_hover_ui(|ui| {
        ui.label(egui::RichText::new(&layer.name).font(theme::heading()));
        ui.label(&about);
        ui.label("Click for what it does and what it costs");
    });
    // Lessons point at it by its name alone.
    kit::highlight::seen(ui.ctx(), &layer.name, response.rect, response.interact_rect);
    kit::named(response, egui::Role::Button, &format!("Layer {}: {about}", layer.name))
}

/// A box in a line.
fn about(strip: &Strip, layer: &LayerBox, battery: Option<Battery>) -> String {
    let mut parts: Vec<String> = layer.shape.iter().cloned().collect();
    parts.extend(layer.bytes.map(|b| format!("{} of ciphertexts", format::bytes(b))));
    parts.extend(battery.map(|b| {
        let how = if b.is_measured { "" } else { ", predicted" };
        format!("{} {}{how}", strip.measure.name(), strip.measure.text(b.bits))
    }));
    parts.join(", ")
}

/// What is left of the noise that may be there.
fn battery(ui: &Ui, rect: Rect, strip: &Strip, battery: Battery, wrong: bool) {
    let t = theme::tokens(ui);
    let painter = ui.painter();
    let strength = if battery.is_measured { 1.0 } else { 0.5 };
    let colour = if wrong { t.wrong } else { t.encrypted }.gamma_multiply(strength);
    let mut inside = rect.shrink2(vec2(8.0, 0.0));
    let y = rect.bottom() - UNDER;
    if rect.width() >= WITH_FIGURE {
        let text = strip.measure.short(battery.bits);
        let weak = if battery.is_measured { t.text } else { t.text_weak };
        let at = pos2(inside.right(), y + BATTERY / 2.0);
        let text = painter.text(at, Align2::RIGHT_CENTER, text, theme::small(), weak);
        inside.max.x = text.left() - 8.0;
    }
    let body = Rect::from_min_max(pos2(inside.left(), y), pos2(inside.right() - 2.0, y + BATTERY));
    painter.rect(body, 2, t.well, Stroke::new(1.0, t.cursor), StrokeKind::Inside);
    let tip = Rect::from_min_size(pos2(body.right(), y + 1.5), vec2(2.0, BATTERY - 3.0));
    painter.rect_filled(tip, 1, t.cursor);
    let mut full = body.shrink(1.0);
    full.set_width(full.width() * battery.share as f32);
    painter.rect_filled(full, 1, colour);
}
