//! The rows of a sweep in figures, sorted by any column.

use crate::action::Action;
use crate::queue::Queue;
use crate::state::State;
use circuit::NoiseMeasure;
use egui::{Align, Color32, Layout, RichText, Ui};
use egui_extras::{Column, TableBuilder};
use kit::theme;
use study::SweepRow;
use view::SweepView;

const HEADER: f32 = 22.0;
const GAP: f32 = 7.0;
/// Least width of the column of methods, and where the others leave it less.
const METHOD: f32 = 132.0;
const NARROW_METHOD: f32 = 104.0;
/// Widths of cells that have what is predicted and what was measured.
const BOTH_TIMES: f32 = 122.0;
const BOTH_NOISES: f32 = 96.0;

/// Name, what it says, width.
const COLUMNS: [(&str, &str, f32); 11] = [
    ("Method", "How the polynomial was found", 0.0),
    ("Degree", "Degree asked for", 42.0),
    ("Depth", "Multiplications one after the other in all polynomials of the network", 40.0),
    ("Max error", "Largest error on the interval, worst layer", 60.0),
    (
        "Reference",
        "Accuracy of the reference network in the clear, the polynomials put in after training",
        58.0,
    ),
    ("Outside", "Samples with an activation input outside the interval", 56.0),
    (
        "Trained",
        "Accuracy of the reference network after training on with the polynomials inside",
        58.0,
    ),
    (
        "Time, all",
        "Encrypt, evaluate and decrypt all samples: predicted, and behind the arrow measured",
        62.0,
    ),
    (
        "Noise",
        "The least of any stage: noise margin in bits (BGV, BFV), spare precision in bits (CKKS); predicted, and behind the arrow measured",
        58.0,
    ),
    ("Upload", "Predicted bytes from client to server, all samples", 62.0),
    ("Encrypted", "Measured accuracy of the decrypted answers", 58.0),
];
const TIMES: usize = 7;
const NOISES: usize = 8;

/// The row under the pointer.
pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) -> Option<usize> {
    let t = theme::tokens(ui);
    let view = &state.sweep;
    let trained = view.rows.iter().any(|r| r.trained.is_some());
    let encrypted = view.rows.iter().any(|r| r.encrypted.is_some());
    // Without some the rest fits beside what was measured; all is there on hovering a point.
    let shown: Vec<usize> = (0..COLUMNS.len())
        .filter(|c| match c {
            2 | 5 => !encrypted,
            6 => trained,
            9 => !trained && !encrypted,
            10 => encrypted,
            _ => true,
        })
        .collect();
    let width = |column: usize| match column {
        TIMES if encrypted => BOTH_TIMES,
        NOISES if encrypted => BOTH_NOISES,
        _ => COLUMNS[column].2,
    };
    let others: f32 = shown.iter().skip(1).map(|c| width(*c) + GAP).sum();
    let order = view.order();
    let mut under = None;
    theme::card(ui).show(ui, |ui| {
        ui.set_min_size(ui.available_size());
        ui.spacing_mut().item_spacing = egui::vec2(GAP, 2.0);
        let inside = ui.available_height();
        let left = ui.available_width() - others;
        let method = if left < METHOD { NARROW_METHOD } else { METHOD };
        egui::ScrollArea::horizontal().auto_shrink([false, false]).show(ui, |ui| {
            let mut table = TableBuilder::new(ui)
                .striped(true)
                .sense(egui::Sense::click())
                .cell_layout(Layout::right_to_left(Align::Center))
                .column(Column::remainder().at_least(method).clip(true));
            for column in shown.iter().skip(1) {
                table = table.column(Column::exact(width(*column)).clip(true));
            }
            table
                .min_scrolled_height(0.0)
                .max_scroll_height(inside)
                .auto_shrink([false, false])
                .header(HEADER, |mut header| {
                    for &column in &shown {
                        header.col(|ui| {
                            kit::aligned(ui, column, 1, |ui| head(ui, state, queue, column));
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
                                let (text, colour) = cell(view, row, column, t);
                                let text = RichText::new(text).size(12.0).color(colour);
                                kit::aligned(ui, column, 1, |ui| {
                                    let label = ui.add(egui::Label::new(text).truncate());
                                    if let Some(about) = about(view, row, column) {
                                        label.on_hover_text(about);
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

/// A title that sorts by its column.
fn head(ui: &mut Ui, state: &State, queue: &mut Queue, column: usize) {
    let (name, about, _) = COLUMNS[column];
    let mut choice = state.sweep.choice.clone();
    let falling = choice.sorted.filter(|(c, _)| *c == column).map(|(_, falling)| falling);
    if let Some(asked) = kit::sort_title(ui, name, about, falling) {
        choice.sorted = asked.map(|falling| (column, falling));
        queue.push(Action::EditSweep(Box::new(choice)));
    }
}

/// More of a cell, for hovering.
fn about(view: &SweepView, row: &SweepRow, column: usize) -> Option<String> {
    match column {
        0 => Some(row.refusal.clone().unwrap_or_else(|| row.method.name().to_owned())),
        4 => row.replaced.map(|a| view.share(a.accuracy).counted()),
        5 => row.replaced.map(|a| view.share(a.samples_outside).counted()),
        6 => row.trained.map(|a| view.share(a.accuracy).counted()),
        10 => row.encrypted.map(|r| {
            format!(
                "{}; the reference of this run {}; {} answers as the reference",
                view.share(r.accuracy).counted(),
                view.share(r.reference_accuracy).both(),
                view.share(r.agreement).counted()
            )
        }),
        _ => None,
    }
}

fn cell(view: &SweepView, row: &SweepRow, column: usize, t: &theme::Tokens) -> (String, Color32) {
    let none = || ("—".to_owned(), t.text_weak);
    let known = |text: String| (text, t.text_strong);
    // Predictions stand weaker than measurements.
    let predicted = |text: String| (text, t.text_weak);
    let share = |accuracy: f64| view.share(accuracy).text();
    // What is predicted and what was measured, in one cell.
    let both = |planned: Option<String>, measured: Option<String>| match (planned, measured) {
        (Some(p), Some(m)) => known(format!("{p} → {m}")),
        (None, Some(m)) => known(m),
        (Some(p), None) => predicted(p),
        (None, None) => none(),
    };
    match column {
        0 => {
            let colour = if row.refusal.is_some() { t.notice } else { t.text_strong };
            (row.method.name().to_owned(), colour)
        }
        1 => known(row.degree.to_string()),
        2 => row.fit.as_ref().map_or_else(none, |f| known(f.depth.to_string())),
        3 => row.fit.as_ref().map_or_else(none, |f| known(format!("{:.2e}", f.error_max))),
        4 => row.replaced.map_or_else(none, |a| (share(a.accuracy), t.reference)),
        5 => row.replaced.map_or_else(none, |a| known(share(a.samples_outside))),
        6 => row.trained.map_or_else(none, |a| (share(a.accuracy), t.reference)),
        TIMES => both(
            row.predicted.map(|c| format::secs(c.latency_secs)),
            row.encrypted.map(|r| format::secs(r.latency_secs)),
        ),
        NOISES => {
            let measure =
                row.predicted.map_or(NoiseMeasure::Margin, |c| NoiseMeasure::of(c.scheme));
            both(
                row.predicted.map(|c| measure.short(c.margin_bits)),
                row.encrypted.and_then(|r| r.margin_bits).map(|m| measure.short(m)),
            )
        }
        9 => row.predicted.map_or_else(none, |c| predicted(format::bytes(c.upload_bytes))),
        10 => match row.encrypted {
            Some(run) if !run.right => ("✗ wrong".to_owned(), t.wrong),
            Some(run) => (share(run.accuracy), t.encrypted),
            None => none(),
        },
        _ => none(),
    }
}
