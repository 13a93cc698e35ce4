//! A field for a polynomial of a person's own: a formula, or coefficients.

use activation::Polynomial;
use egui::{Id, TextEdit, Ui};
use kit::{field, theme};

/// The name of the field.
pub const NAME: &str = "Polynomial";
const ABOUT: &str = "A formula as 0.5 + 0.25x - 0.01x^3, or its coefficients from the constant on: 0.5, 0.25, 0, -0.01. Degree 1 to 63";

/// What stands in a field while it is edited, and what was made of it.
#[derive(Clone, Default)]
struct Typed {
    text: String,
    read: Option<Polynomial>,
}

/// The field, and below it in one line what is wrong with what was typed; `value` stays what it was
/// until that can be read. `place` tells fields apart.
pub fn show(ui: &mut Ui, place: &str, value: &mut Option<Polynomial>) {
    let id = Id::unique(("own polynomial", place));
    let mut typed: Typed = ui.data(|data| data.get_temp(id)).unwrap_or_default();
    if typed.read != *value {
        // It was changed elsewhere.
        let text = value.as_ref().map(ToString::to_string).unwrap_or_default();
        typed = Typed { text, read: value.clone() };
    }
    field(ui, NAME, ABOUT, |ui| {
        let edit = TextEdit::singleline(&mut typed.text)
            .id_source((id, "text"))
            .hint_text("0.5 + 0.25x - 0.01x^3")
            .desired_width(ui.available_width());
        ui.add(edit)
    });
    match typed.text.parse::<Polynomial>() {
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
