//! The rows of a sweep in figures, sorted by any column.

use crate::app::Queue;
use crate::app::commands::Action;
use crate::app::panels::kit;
use crate::app::state::State;
use crate::app::theme;
use crate::format;
use crate::run::SweepRow;
use egui::{Align, Color32, Layout, RichText, Ui};
use egui_extras::{Column, TableBuilder};

const HEADER: f32 = 22.0;
const GAP: f32 = 7.0;
/// Least width of the column of methods.
const METHOD: f32 = 132.0;

/// Name, what it says, width.
const COLUMNS: [(&str, &str, f32); 13] = [
    ("Method", "How the polynomial was found", 0.0),
    ("Degree", "Degree asked for", 42.0),
    ("Depth", "Multiplications one after the other in all polynomials of the network", 40.0),
    ("Max error", "Largest error on the interval, worst layer", 60.0),
    ("Accuracy", "In the clear, the polynomials put in after training", 62.0),
    ("Outside", "Samples with an activation input outside the interval", 58.0),
    ("Trained", "Accuracy in the clear after training on with the polynomials inside", 58.0),
    ("Latency", "Predicted: encrypt, evaluate and decrypt all samples", 62.0),
    ("Margin", "Predicted smallest margin, bits", 50.0),
    ("Upload", "Predicted bytes from client to server", 64.0),
    ("Encrypted", "Measured accuracy of the decrypted answers", 64.0),
    ("Measured", "Measured latency of all samples", 62.0),
    ("Margin", "Measured smallest margin, bits", 50.0),
];

/// The row under the pointer.
pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) -> Option<usize> {
    let t = theme::tokens(ui);
    let view = &state.sweep;
    let trained = view.rows.iter().any(|r| r.trained.is_some());
    let shown: Vec<usize> = (0..COLUMNS.len())
        .filter(|c| match c {
            6 => trained,
            // Without it the rest fits beside the accuracy after training.
            9 => !trained,
            10..=12 => view.rows.iter().any(|r| r.encrypted.is_some()),
            _ => true,
        })
        .collect();
    let order = view.order();
    let mut under = None;
    theme::card(ui).show(ui, |ui| {
        ui.set_min_size(ui.available_size());
        ui.spacing_mut().item_spacing = egui::vec2(GAP, 2.0);
        let inside = ui.available_height();
        egui::ScrollArea::horizontal().auto_shrink([false, false]).show(ui, |ui| {
            let mut table = TableBuilder::new(ui)
                .striped(true)
                .sense(egui::Sense::click())
                .cell_layout(Layout::right_to_left(Align::Center))
                .column(Column::remainder().at_least(METHOD).clip(true));
            for column in shown.iter().skip(1) {
                table = table.column(Column::exact(COLUMNS[*column].2).clip(true));
            }
            table
                .min_scrolled_height(0.0)
                .max_scroll_height(inside)
                .auto_shrink([false, false])
                .header(HEADER, |mut header| {
                    for &column in &shown {
                        header.col(|ui| {
                            aligned(ui, column, |ui| head(ui, state, queue, column));
                        });
                    }
                })
                .body(|body| {
                    body.rows(theme::TABLE_ROW, order.len(), |mut line| {
                        let Some(&index) = order.get(line.index()) else { return };
                        let Some(row) = view.rows.get(index) else { return };
                        line.set_selected(view.hovered == Some(index));
                        for &column in &shown {
                            line.col(|ui| {
                                let (text, colour) = cell(row, column, t);
                                let text = RichText::new(text).size(12.0).color(colour);
                                aligned(ui, column, |ui| {
                                    let label = ui.add(egui::Label::new(text).truncate());
                                    if let (0, Some(refusal)) = (column, &row.refusal) {
                                        label.on_hover_text(refusal);
                                    }
                                });
                            });
                        }
                        let response = line.response();
                        if response.contains_pointer() {
                            under = Some(index);
                        }
                        if response.clicked() {
                            queue.push(Action::ChooseRow(index));
                        }
                    });
                });
        });
    });
    under
}

/// A title that sorts by its column; a second click turns the order round.
fn head(ui: &mut Ui, state: &State, queue: &mut Queue, column: usize) {
    let t = theme::tokens(ui);
    let (name, about, _) = COLUMNS[column];
    let sorted = state.sweep.choice.sorted.filter(|(c, _)| *c == column);
    let arrow = match sorted {
        Some((_, true)) => " ▼",
        Some((_, false)) => " ▲",
        None => "",
    };
    let text = RichText::new(format!("{name}{arrow}")).font(theme::small()).color(t.text_weak);
    let label = egui::Label::new(text).sense(egui::Sense::click());
    let response = ui.add(label).on_hover_text(format!("{about}; click to sort"));
    let kind = if column == 12 { "Measured margin" } else { name };
    let response = kit::named(response, egui::Role::Button, &format!("Sort by {kind}"));
    if response.clicked() {
        let mut choice = state.sweep.choice.clone();
        choice.sorted = match sorted {
            None => Some((column, true)),
            Some((_, true)) => Some((column, false)),
            Some((_, false)) => None,
        };
        queue.push(Action::EditSweep(Box::new(choice)));
    }
}

/// Words to the left, figures to the right.
fn aligned(ui: &mut Ui, column: usize, add: impl FnOnce(&mut Ui)) {
    if column == 0 {
        ui.with_layout(Layout::left_to_right(Align::Center), add);
    } else {
        add(ui);
    }
}

fn cell(row: &SweepRow, column: usize, t: &theme::Tokens) -> (String, Color32) {
    let none = || ("—".to_owned(), t.text_weak);
    let known = |text: String| (text, t.text_strong);
    // Predictions stand weaker than measurements.
    let predicted = |text: String| (text, t.text_weak);
    let bits = |b: f64| format!("{b:.1}");
    match column {
        0 => {
            let colour = if row.refusal.is_some() { t.notice } else { t.text_strong };
            (row.method.name().to_owned(), colour)
        }
        1 => known(row.degree.to_string()),
        2 => row.fit.as_ref().map_or_else(none, |f| known(f.depth.to_string())),
        3 => row.fit.as_ref().map_or_else(none, |f| known(format!("{:.2e}", f.error_max))),
        4 => row.replaced.map_or_else(none, |a| known(format::percent(a.accuracy))),
        5 => row.replaced.map_or_else(none, |a| known(format::percent(a.samples_outside))),
        6 => row.trained.map_or_else(none, |a| known(format::percent(a.accuracy))),
        7 => row.predicted.map_or_else(none, |c| predicted(format::secs(c.latency_secs))),
        8 => row.predicted.map_or_else(none, |c| predicted(bits(c.margin_bits))),
        9 => row.predicted.map_or_else(none, |c| predicted(format::bytes(c.upload_bytes))),
        10 => match row.encrypted {
            Some(run) if !run.right => ("✗ wrong".to_owned(), t.wrong),
            Some(run) => known(format::percent(run.accuracy)),
            None => none(),
        },
        11 => row.encrypted.map_or_else(none, |r| known(format::secs(r.latency_secs))),
        12 => row.encrypted.and_then(|r| r.margin_bits).map_or_else(none, |m| known(bits(m))),
        _ => none(),
    }
}
