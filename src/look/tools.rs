//! The tools of the pad.

use super::pad::{Pad, PadEdit, Tool};
use egui::{Slider, Ui};

/// Narrowest and widest pen, shares of the longer side.
const WIDTHS: std::ops::RangeInclusive<f32> = 0.03..=0.3;

/// Draws pen, rubber, their width and colour, and what takes all away.
pub fn tools(ui: &mut Ui, pad: &Pad, edits: &mut Vec<PadEdit>) {
    ui.horizontal_wrapped(|ui| {
        for (tool, name, about) in [
            (Tool::Pen, "Pen", "Draw with the mouse on the pad"),
            (Tool::Rubber, "Rubber", "Take ink away"),
        ] {
            let chosen = pad.tool == tool;
            if ui.selectable_label(chosen, name).on_hover_text(about).clicked() && !chosen {
                edits.push(PadEdit::Take(tool));
            }
        }
        if ui.button("Clear").on_hover_text("An empty pad").clicked() {
            edits.push(PadEdit::Clear);
        }
        if pad.drawing.channels == 3 {
            let mut colour = pad.colour;
            let button = ui.color_edit_button_rgb(&mut colour).on_hover_text("Colour of the pen");
            if kit::named(button, egui::Role::Button, "Colour of the pen").changed() {
                edits.push(PadEdit::Colour(colour));
            }
        }
    });
    ui.horizontal(|ui| {
        let name = ui.label("Width");
        ui.spacing_mut().slider_width = (ui.available_width() - 60.0).max(60.0);
        let mut width = pad.width;
        let slider = Slider::new(&mut width, WIDTHS)
            .custom_formatter(|share, _| format!("{:.0} %", 100.0 * share));
        if ui.add(slider).labelled_by(name.id).on_hover_text("Of the pad").changed() {
            edits.push(PadEdit::Width(width));
        }
    });
}
