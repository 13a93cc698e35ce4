//! Small parts that several panels are made of.

use crate::theme;
use egui::{Align, Color32, Layout, RichText, Ui};

/// Height of a bar of progress.
const PROGRESS_HEIGHT: f32 = 4.0;

/// A row with a name on the left and a control that fills the rest. The name labels the control for
/// screen readers.
pub fn field(ui: &mut Ui, name: &str, tooltip: &str, add: impl FnOnce(&mut Ui) -> egui::Response) {
    ui.horizontal(|ui| {
        let label = row_name(ui, name, tooltip);
        let control = add(ui).labelled_by(label.id).on_hover_text(tooltip);
        crate::highlight::seen(ui.ctx(), name, control.rect, control.interact_rect);
    });
}

/// The same for controls that carry a name of their own.
pub fn row(ui: &mut Ui, name: &str, tooltip: &str, add: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        row_name(ui, name, tooltip);
        add(ui);
    });
}

fn row_name(ui: &mut Ui, name: &str, tooltip: &str) -> egui::Response {
    fixed_label(ui, name, theme::FIELD_LABEL, tooltip)
}

/// A label that takes `width` whatever it says.
pub fn fixed_label(ui: &mut Ui, name: &str, width: f32, tooltip: &str) -> egui::Response {
    let size = egui::vec2(width, theme::ROW);
    let layout = Layout::left_to_right(Align::Center);
    let label = ui.allocate_ui_with_layout(size, layout, |ui| {
        ui.set_min_width(width);
        crate::term::explained(ui, name, RichText::new(name))
    });
    label.inner.on_hover_text(tooltip)
}

/// Heading of a group.
pub fn heading(ui: &mut Ui, text: &str) {
    let t = theme::tokens(ui);
    ui.label(RichText::new(text).font(theme::heading()).color(t.text_strong));
}

/// One weak small line, cut off where it does not fit, with the whole text on hovering.
pub fn caption(ui: &mut Ui, text: &str) -> egui::Response {
    let t = theme::tokens(ui);
    let text = RichText::new(text).font(theme::small()).color(t.text_weak);
    ui.add(egui::Label::new(text).truncate())
}

/// The same, with `about` on hovering in the place of the whole text.
pub fn caption_about(ui: &mut Ui, text: &str, about: &str) -> egui::Response {
    let t = theme::tokens(ui);
    let text = RichText::new(text).font(theme::small()).color(t.text_weak);
    let label = egui::Label::new(text).truncate().show_tooltip_when_elided(false);
    ui.add(label).on_hover_text(about)
}

/// A small coloured tag.
pub fn badge(ui: &mut Ui, text: &str, colour: Color32, fill: Color32) -> egui::Response {
    egui::Frame::new()
        .fill(fill)
        .stroke(egui::Stroke::new(1.0, colour))
        .corner_radius(4)
        .inner_margin(egui::Margin::symmetric(6, 1))
        .show(ui, |ui| ui.label(RichText::new(text).font(theme::small()).color(colour)))
        .response
}

/// A thin bar: the share of long work that is done.
pub fn progress(ui: &mut Ui, fraction: f64, name: &str) {
    let t = theme::tokens(ui);
    let fraction = if fraction.is_finite() { fraction.clamp(0.0, 1.0) } else { 0.0 };
    let size = egui::vec2(ui.available_width(), PROGRESS_HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, egui::Sense::hover());
    ui.painter().rect_filled(rect, 3, t.line);
    let mut done = rect;
    done.set_width(rect.width() * fraction as f32);
    ui.painter().rect_filled(done, 3, t.action);
    response.widget_info(|| {
        let mut info = egui::WidgetInfo::labeled(egui::Role::ProgressIndicator, true, name);
        info.value = Some(fraction * 100.0);
        info
    });
}

/// A number that a check box switches on; `usual` to start from, up to `most`.
pub fn optional(
    ui: &mut Ui,
    name: &str,
    suffix: &str,
    about: &str,
    value: &mut Option<usize>,
    (usual, most): (usize, usize),
) {
    row(ui, name, about, |ui| {
        let mut on = value.is_some();
        let check = ui.checkbox(&mut on, "");
        if named(check, egui::Role::CheckBox, name).changed() {
            *value = on.then_some(usual.min(most));
        }
        let mut number = value.unwrap_or(usual.min(most));
        let drag = egui::DragValue::new(&mut number).range(1..=most).speed(0.1).suffix(suffix);
        let response = ui.add_enabled(on, drag).on_hover_text(about);
        if named(response, egui::Role::SpinButton, &format!("{name}, how many")).changed() {
            *value = Some(number);
        }
    });
}

/// Gives a control a name for screen readers and tests.
pub fn named(response: egui::Response, kind: egui::Role, name: &str) -> egui::Response {
    response.widget_info(|| egui::WidgetInfo::labeled(kind, true, name));
    crate::highlight::seen(&response.ctx, name, response.rect, response.interact_rect);
    response
}
