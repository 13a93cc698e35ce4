//! Pinned runs beside the present one, figure by figure.

use egui::{Align, Grid, Layout, RichText, ScrollArea, Ui};
use kit::theme;
use view::{Compared, Pin, Pins};

/// Height of a row of the table.
const ROW: f32 = 17.0;
/// Least width of a column of figures.
const COLUMN: f32 = 74.0;

/// Draws the table: a row for each run, and for each pin what changed since; the pin to take off, when
/// its button was pressed. Of `not_drawn` pins the plots have no lines.
pub fn difference(
    ui: &mut Ui,
    pins: &[Pin],
    figures: &[Compared],
    not_drawn: &[bool],
    has_key: bool,
) -> Option<usize> {
    let t = theme::tokens(ui);
    let figures: Vec<&Compared> =
        figures.iter().filter(|figure| has_key || !figure.needs_key).collect();
    let mut off = None;
    theme::card(ui).inner_margin(egui::Margin::symmetric(10, 4)).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ScrollArea::horizontal().id_salt("difference").auto_shrink([false, true]).show(ui, |ui| {
            let small = |text: &str, colour| RichText::new(text).font(theme::small()).color(colour);
            Grid::new("difference")
                .min_col_width(COLUMN)
                .min_row_height(ROW)
                .spacing([8.0, 1.0])
                .show(ui, |ui| {
                    ui.label(small("Compared", t.text_weak));
                    for figure in &figures {
                        right(ui, |ui| {
                            ui.label(small(figure.name, t.text_weak)).on_hover_text(figure.about);
                        });
                    }
                    ui.end_row();
                    for (at, pin) in pins.iter().enumerate() {
                        ui.horizontal(|ui| {
                            if take_off(ui, at) {
                                off = Some(at);
                            }
                            ui.label(small(&title(pin, at, not_drawn), t.text));
                        });
                        row(ui, &figures, |figure| figure.values.get(at), t.text);
                        ui.end_row();
                    }
                    ui.label(small("now", t.text_strong));
                    row(ui, &figures, |figure| figure.values.last(), t.text_strong);
                    ui.end_row();
                    for (at, name) in Pins::NAMES.iter().enumerate().take(pins.len()) {
                        ui.label(small(&format!("now − {name}"), t.text_strong));
                        row(ui, &figures, |figure| figure.changes.get(at), t.text_strong);
                        ui.end_row();
                    }
                });
        });
    });
    off
}

fn title(pin: &Pin, at: usize, not_drawn: &[bool]) -> String {
    let name = Pins::NAMES.get(at).copied().unwrap_or_default();
    let scenario = format::excerpt(&pin.name);
    match not_drawn.get(at) {
        Some(true) => format!("{name}: {scenario}, other stages: not in the plots"),
        _ => format!("{name}: {scenario}"),
    }
}

fn take_off(ui: &mut Ui, at: usize) -> bool {
    let name = Pins::NAMES.get(at).copied().unwrap_or_default();
    let button = ui.add(egui::Button::new("×").small().frame(false));
    let button = button.on_hover_text("Takes the pin off");
    kit::named(button, egui::Role::Button, &format!("Take off {name}")).clicked()
}

fn row<'a>(
    ui: &mut Ui,
    figures: &[&'a Compared],
    text: impl Fn(&'a Compared) -> Option<&'a String>,
    colour: egui::Color32,
) {
    for figure in figures {
        right(ui, |ui| {
            let text = text(figure).map_or("—", String::as_str);
            ui.label(RichText::new(text).font(theme::small()).color(colour));
        });
    }
}

/// Figures stand at the right of their column.
fn right(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    ui.with_layout(Layout::right_to_left(Align::Center), add);
}
