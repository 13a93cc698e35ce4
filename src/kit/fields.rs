//! Controls for what a person sets: two on a row, numbers that may be left to the program, and texts that
//! are read as they are typed.

use crate::{field, fixed_label, named, theme};
use egui::emath::Numeric;
use egui::{DragValue, Id, Slider, TextEdit, Ui};
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// Width of the first control of a row with two, and of the name of the second.
pub const PAIR_FIRST: f32 = 70.0;
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
        let label = fixed_label(ui, first.0, theme::FIELD_LABEL, first.1);
        let left = ui.cursor().left();
        ui.spacing_mut().item_spacing.x = 3.0;
        add_first(ui).labelled_by(label.id).on_hover_text(first.1);
        ui.add_space((left + PAIR_FIRST + 6.0 - ui.cursor().left()).max(0.0));
        let label = fixed_label(ui, second.0, SECOND_LABEL, second.1);
        add_second(ui).labelled_by(label.id).on_hover_text(second.1);
    });
}

/// A number that may be left to the program; `unset` says so.
pub fn number_or<T: egui::emath::Numeric>(
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
    if named(back, egui::Role::Button, unset).clicked() {
        *value = None;
    }
    response
}

/// Width of the number beside a slider, and of what leaves it to the program.
const SLIDER_NUMBER: f32 = 72.0;

/// A slider for a number that may be left to the planner, which starts at `usual`.
pub fn slider_or<T: Numeric>(
    ui: &mut Ui,
    (name, about): (&str, &str),
    value: &mut Option<T>,
    range: RangeInclusive<T>,
    usual: T,
    made: impl FnOnce(Slider<'_>) -> Slider<'_>,
) {
    field(ui, name, about, |ui| {
        let Some(number) = value else {
            let response = ui.button("Auto").on_hover_text(about);
            if response.clicked() {
                *value = Some(usual);
            }
            return response;
        };
        ui.spacing_mut().item_spacing.x = 3.0;
        ui.spacing_mut().slider_width = (ui.available_width() - SLIDER_NUMBER).max(40.0);
        let response = ui.add(made(Slider::new(number, range)));
        let response = named(response, egui::Role::Slider, name);
        let back = egui::Button::new("×").small().frame(false);
        let back = ui.add(back).on_hover_text("Auto");
        if named(back, egui::Role::Button, &format!("{name}, automatic")).clicked() {
            *value = None;
        }
        response
    });
}

/// What stands in a field while it is edited, and what was made of it.
#[derive(Clone)]
struct Typed<T> {
    text: String,
    read: Option<T>,
}

/// A field for what is read of a text, and below it in one line what is wrong with what was typed; `value`
/// stays what it was until that can be read. `place` tells fields apart.
pub fn read_field<T>(
    ui: &mut Ui,
    (name, about, hint): (&str, &str, &str),
    place: &str,
    value: &mut Option<T>,
) where
    T: FromStr<Err: Display> + Display + Clone + PartialEq + Send + Sync + 'static,
{
    let id = Id::unique(("read field", name, place));
    let typed: Option<Typed<T>> = ui.data(|data| data.get_temp(id));
    // It was changed elsewhere otherwise.
    let mut typed = typed.filter(|typed| typed.read == *value).unwrap_or_else(|| Typed {
        text: value.as_ref().map(ToString::to_string).unwrap_or_default(),
        read: value.clone(),
    });
    field(ui, name, about, |ui| {
        let edit = TextEdit::singleline(&mut typed.text)
            .id_source((id, "text"))
            .hint_text(hint)
            .desired_width(ui.available_width());
        ui.add(edit)
    });
    match typed.text.parse::<T>() {
        Ok(read) => {
            *value = Some(read.clone());
            typed.read = Some(read);
        }
        Err(error) => {
            let text = egui::RichText::new(error.to_string()).font(theme::small());
            let colour = theme::tokens(ui).notice;
            ui.add(egui::Label::new(text.color(colour)).wrap());
        }
    }
    ui.data_mut(|data| data.insert_temp(id, typed));
}
