//! A word with its card: a dotted line under it says that there is one.

use crate::theme;
use egui::{Color32, Context, Id, Label, Painter, Pos2, Rect, Response, RichText, Sense, Ui, pos2};
use lesson::{Term, term_of};

const WIDTH: f32 = 330.0;
/// Space between two dots, and how large they are.
const APART: f32 = 3.5;
const DOT: f32 = 0.6;

fn asked() -> Id {
    Id::unique("tab to be seen")
}

/// A label; where it is a word of the glossary, with its dotted line and card.
pub fn explained(ui: &mut Ui, label: &str, text: RichText) -> Response {
    let Some(term) = term_of(label) else { return ui.label(text) };
    let response = ui.add(Label::new(text).sense(Sense::click()));
    let colour = theme::tokens(ui).text_weak;
    dotted(ui.painter(), response.rect, colour);
    card(&response, term);
    response
}

/// The card of `label` opens by a click on `response`, where it is a word of the glossary.
pub fn explain(response: &Response, label: &str) {
    if let Some(term) = term_of(label) {
        card(response, term);
    }
}

/// The dotted line under a text in `rect`.
pub fn dotted(painter: &Painter, rect: Rect, colour: Color32) {
    let y = rect.bottom() - 1.0;
    let count = (rect.width() / APART) as usize;
    for at in 0..count {
        painter.circle_filled(pos2(rect.left() + (at as f32 + 0.5) * APART, y), DOT, colour);
    }
}

fn card(response: &Response, term: &Term) {
    egui::Popup::from_toggle_button_response(response)
        .close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside)
        .show(|ui| content(ui, term));
}

fn content(ui: &mut Ui, term: &Term) {
    let t = theme::tokens(ui);
    ui.set_max_width(WIDTH);
    ui.spacing_mut().item_spacing.y = 5.0;
    ui.label(RichText::new(&term.term).font(theme::strong(14.0)).color(t.text_strong));
    ui.add(Label::new(RichText::new(&term.text).color(t.text)).wrap());
    if !term.formula.is_empty() {
        ui.label(RichText::new(&term.formula).color(t.text_strong));
    }
    if !term.see.is_empty() && ui.link(format!("See it: {}", term.see)).clicked() {
        ui.ctx().data_mut(|data| data.insert_temp(asked(), term.see.clone()));
        ui.close();
    }
}

/// The tab that somebody asked to see on a card, once.
pub fn wanted_tab(ctx: &Context) -> Option<String> {
    ctx.data_mut(|data| data.remove_temp(asked()))
}

/// A question mark in a circle, at `at`, behind which `show` stands: how `name` is read.
pub fn question_mark(
    ui: &mut Ui,
    at: Pos2,
    id: Id,
    name: &str,
    show: impl FnOnce(&mut Ui),
) -> Response {
    let t = theme::tokens(ui);
    let rect = Rect::from_center_size(at, egui::Vec2::splat(14.0));
    let response = ui.interact(rect, id, Sense::click());
    let name = format!("How to read {name}");
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
    let colour = if response.hovered() || response.has_focus() { t.text } else { t.text_weak };
    ui.painter().circle_stroke(at, 6.0, egui::Stroke::new(1.0, colour));
    ui.painter().text(at, egui::Align2::CENTER_CENTER, "?", theme::small(), colour);
    egui::Popup::from_toggle_button_response(&response)
        .close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside)
        .show(|ui| {
            ui.set_max_width(WIDTH);
            show(ui);
        });
    response
}
