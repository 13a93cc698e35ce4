//! The confusion matrices of a run, side by side where there is room.

use egui::{Align, Grid, Layout, RichText, ScrollArea, Ui};
use kit::theme;
use report::RunReport;

/// Draws them, `button` beside their title; nothing where they are not known. Where there is no room for
/// all three they scroll.
pub fn confusion(ui: &mut Ui, report: &RunReport, wrong: bool, button: impl FnOnce(&mut Ui)) {
    let Some(counted) = &report.confusion else { return };
    let t = theme::tokens(ui);
    let colours = [t.original, t.reference, t.encrypted];
    let name = |class: usize| match report.class_names.get(class) {
        Some(name) => format::excerpt(name),
        None => class.to_string(),
    };
    let small = |text: String| RichText::new(text).font(theme::small());
    ui.add_space(theme::CARD_GAP);
    ui.horizontal(|ui| {
        kit::heading(ui, "Confusion matrices");
        ui.with_layout(Layout::right_to_left(Align::Center), button);
    });
    kit::caption(
        ui,
        "Samples by their label (rows) and the class that the network gives (columns)",
    );
    let sideways = ScrollArea::horizontal().id_salt("confusion").auto_shrink([false, true]);
    sideways.show(ui, |ui| {
        ui.horizontal_top(|ui| {
            for ((network, matrix), colour) in counted.by_network().into_iter().zip(colours) {
                ui.vertical(|ui| {
                    if network == "encrypted" && wrong {
                        ui.label(small("✗ decrypted wrongly: no answers".into()).color(t.wrong));
                        return;
                    }
                    Grid::new(network).striped(true).min_col_width(14.0).spacing([6.0, 1.0]).show(
                        ui,
                        |ui| {
                            ui.label(small(network.to_owned()).color(colour));
                            for class in 0..matrix.len() {
                                ui.label(small(name(class)).color(t.text_weak));
                            }
                            ui.end_row();
                            for (label, counts) in matrix.iter().enumerate() {
                                ui.label(small(name(label)).color(t.text_weak));
                                for (class, count) in counts.iter().enumerate() {
                                    let shade = match (class == label, count) {
                                        (true, _) => colour,
                                        (false, 0) => t.text_weak,
                                        (false, _) => t.text_strong,
                                    };
                                    ui.label(small(format::count(*count)).color(shade));
                                }
                                ui.end_row();
                            }
                        },
                    );
                });
                ui.add_space(10.0);
            }
        });
    });
}
