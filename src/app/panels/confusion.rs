//! The confusion matrices of a run, side by side where there is room.

use egui::{Grid, RichText, Ui};
use kit::theme;
use report::RunReport;

/// Draws them; nothing where they are not known.
pub fn show(ui: &mut Ui, report: &RunReport, wrong: bool) {
    let Some(counted) = &report.confusion else { return };
    let t = theme::tokens(ui);
    let colours = [t.original, t.reference, t.encrypted];
    let name = |class: usize| match report.class_names.get(class) {
        Some(name) => format::excerpt(name),
        None => class.to_string(),
    };
    let small = |text: String| RichText::new(text).font(theme::small());
    ui.add_space(theme::CARD_GAP);
    kit::heading(ui, "Confusion matrices");
    kit::caption(
        ui,
        "Samples by their label (rows) and the class that the network gives (columns)",
    );
    ui.horizontal_wrapped(|ui| {
        for ((network, matrix), colour) in counted.by_network().into_iter().zip(colours) {
            ui.vertical(|ui| {
                if network == "encrypted" && wrong {
                    ui.label(small("✗ decrypted wrongly: no answers".into()).color(t.wrong));
                    return;
                }
                Grid::new(network).striped(true).min_col_width(18.0).spacing([8.0, 1.0]).show(
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
            ui.add_space(14.0);
        }
    });
}
