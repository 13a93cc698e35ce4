//! Controls of the setup: two on a row, and numbers that may be left to the program.

use egui::{DragValue, Ui};
use kit::{field, theme};

/// Width of the first control of a row with two, and of the name of the second.
pub const FIRST: f32 = 70.0;
const SECOND_LABEL: f32 = 68.0;
/// Narrower than this the two stand on rows of their own.
pub const ROOM_FOR_TWO: f32 = 280.0;

type Named<'a> = (&'a str, &'a str);

/// Two controls with name and tooltip, on one row where there is room.
pub fn pair(
    ui: &mut Ui,
    first: Named<'_>,
    add_first: impl FnOnce(&mut Ui) -> egui::Response,
    second: Named<'_>,
    add_second: impl FnOnce(&mut Ui) -> egui::Response,
) {
    if ui.available_width() < ROOM_FOR_TWO {
        field(ui, first.0, first.1, add_first);
        field(ui, second.0, second.1, add_second);
        return;
    }
    ui.horizontal(|ui| {
        let label = kit::fixed_label(ui, first.0, theme::FIELD_LABEL, first.1);
        let left = ui.cursor().left();
        ui.spacing_mut().item_spacing.x = 3.0;
        add_first(ui).labelled_by(label.id).on_hover_text(first.1);
        ui.add_space((left + FIRST + 6.0 - ui.cursor().left()).max(0.0));
        let label = kit::fixed_label(ui, second.0, SECOND_LABEL, second.1);
        add_second(ui).labelled_by(label.id).on_hover_text(second.1);
    });
}

/// A number that may be left to the program; `unset` says so.
pub fn optional<T: egui::emath::Numeric>(
    ui: &mut Ui,
    value: &mut Option<T>,
    range: std::ops::RangeInclusive<T>,
    start: T,
    unset: &str,
) -> egui::Response {
    let Some(number) = value else {
        let response = ui.button(unset);
        if response.clicked() {
            *value = Some(start);
        }
        return response;
    };
    let response = ui.add(DragValue::new(number).range(range).speed(0.1));
    let back = ui.add(egui::Button::new("×").small().frame(false)).on_hover_text(unset);
    if kit::named(back, egui::Role::Button, unset).clicked() {
        *value = None;
    }
    response
}
