//! The rows of a sweep in figures, sorted by any column.

use crate::action::Action;
use crate::queue::Queue;
use crate::state::State;
use circuit::NoiseMeasure;
use egui::{Align, Color32, Layout, RichText, Ui};
use egui_extras::{Column, TableBuilder};
use kit::theme;
use study::{Row as _, SweepRow};
use view::{SweepView, SweptRow, TaskStatus, measured_column};

const HEADER: f32 = 22.0;
const GAP: f32 = 7.0;
/// Least width of the column of methods.
const METHOD: f32 = 104.0;
/// Width of the buttons of a row.
const BUTTONS: f32 = 92.0;

/// A column: its id among those of the report, name, what it says, width, and the width where what was
/// measured stands beside.
struct Head {
    id: &'static str,
    title: &'static str,
    about: &'static str,
    width: f32,
    both: f32,
}

const fn head(id: &'static str, title: &'static str, width: f32, about: &'static str) -> Head {
    Head { id, title, about, width, both: width }
}

const fn pair(
    id: &'static str,
    title: &'static str,
    (width, both): (f32, f32),
    about: &'static str,
) -> Head {
    Head { id, title, about, width, both }
}

const COLUMNS: [Head; 18] = [
    head("method", "Method", 0.0, "How the polynomial was found"),
    head("degree", "Degree", 42.0, "Degree asked for"),
    head("interval", "Interval", 62.0, "Where the polynomials approximate"),
    head(
        "function",
        "Function",
        56.0,
        "The function that is approximated; own: that of each layer",
    ),
    head("scheme", "Scheme", 50.0, "The scheme of the setup that the row was made with"),
    head("error_max", "Max error", 60.0, "Largest error on the interval, worst layer"),
    head(
        "accuracy",
        "Reference",
        58.0,
        "Accuracy of the reference network in the clear, the polynomials put in after training",
    ),
    head(
        "trained_accuracy",
        "Trained",
        58.0,
        "Accuracy of the reference network after training on with the polynomials inside",
    ),
    head("encrypted_accuracy", "Encrypted", 58.0, "Measured accuracy of the decrypted answers"),
    pair(
        "predicted_latency_secs",
        "Time, all",
        (62.0, 122.0),
        "Encrypt, evaluate and decrypt all samples: predicted, and behind the arrow measured",
    ),
    pair(
        MARGIN,
        "Noise",
        (58.0, 96.0),
        "The least of any stage: noise margin in bits (BGV, BFV), spare precision in bits (CKKS); predicted, and behind the arrow measured",
    ),
    head("ring_degree", "N", 46.0, "Ring degree: slots of a ciphertext"),
    head("log2_q", "log2 q", 44.0, "Bits of the ciphertext modulus"),
    pair(
        "predicted_upload_bytes",
        "Upload",
        (62.0, 126.0),
        "Bytes from client to server, all samples: predicted, and behind the arrow measured",
    ),
    pair(
        "predicted_evaluation_key_bytes",
        "Keys",
        (62.0, 126.0),
        "Evaluation keys, sent to the server once: predicted, and behind the arrow measured",
    ),
    pair(
        "predicted_peak_memory_bytes",
        "Memory",
        (62.0, 126.0),
        "Peak memory of the run: predicted, and behind the arrow measured",
    ),
    head(
        "depth",
        "Depth",
        40.0,
        "Multiplications one after the other in all polynomials of the network",
    ),
    head(
        "samples_outside",
        "Outside",
        56.0,
        "Samples with an activation input outside the interval",
    ),
];
const MARGIN: &str = "predicted_margin_bits";

/// The row under the pointer.
pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) -> Option<usize> {
    let t = theme::tokens(ui);
    let view = &state.sweep;
    let any = |known: &dyn Fn(&SweptRow) -> bool| view.rows.iter().any(known);
    let first = view.rows.first();
    let differs = |other: &dyn Fn(&SweptRow, &SweptRow) -> bool| {
        first.is_some_and(|first| any(&|row| other(first, row)))
    };
    let encrypted = any(&|row| row.encrypted.is_some());
    let shown: Vec<usize> = (0..COLUMNS.len())
        .filter(|at| match COLUMNS[*at].id {
            "interval" => differs(&|a, b| a.interval != b.interval),
            "function" => differs(&|a, b| a.function != b.function),
            "scheme" => {
                differs(&|a, b| a.predicted.map(|c| c.scheme) != b.predicted.map(|c| c.scheme))
            }
            "trained_accuracy" => any(&|row| row.trained.is_some()),
            "encrypted_accuracy" => encrypted,
            _ => true,
        })
        .collect();
    let width = |at: usize| if encrypted { COLUMNS[at].both } else { COLUMNS[at].width };
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
                .column(Column::remainder().at_least(METHOD).clip(true))
                .column(Column::exact(BUTTONS).clip(true));
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
                            kit::aligned(ui, column, 1, |ui| title(ui, state, queue, column));
                        });
                        if column == 0 {
                            header.col(|_| {});
                        }
                    }
                })
                .body(|body| {
                    body.rows(theme::TABLE_ROW, order.len(), |mut line| {
                        let Some(&index) = order.get(line.index()) else { return };
                        let Some(row) = view.rows.get(index) else { return };
                        line.set_selected(view.hovered == Some(index));
                        for &column in &shown {
                            if column == 1 {
                                line.col(|ui| buttons(ui, state, queue, index));
                            }
                            line.col(|ui| {
                                let (text, colour) = cell(row, column, t);
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

/// What can be done with a row: it becomes the setup, is run, or goes.
fn buttons(ui: &mut Ui, state: &State, queue: &mut Queue, index: usize) {
    let Some(row) = state.sweep.rows.get(index) else { return };
    let name = row.name();
    let refusal = row.setup().err();
    let running = state.sweep.status == TaskStatus::Running;
    ui.spacing_mut().item_spacing.x = 3.0;
    ui.spacing_mut().button_padding.x = 4.0;
    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
        let uses = [
            ("Use", "The polynomials of this row, put in after training, become the activation of its setup", Action::UseRow(index), false),
            ("Run", "The same, and run encrypted at once", Action::RunRow(index), state.running),
        ];
        for (text, about, action, busy) in uses {
            let button = egui::Button::new(text).small();
            let button = ui.add_enabled(refusal.is_none() && !busy, button).on_hover_text(about);
            let why = refusal.unwrap_or("a run is on");
            let button = button.on_disabled_hover_text(format!("Not now: {why}"));
            if kit::named(button, egui::Role::Button, &format!("{text} {name}")).clicked() {
                queue.push(action);
            }
        }
        let button = ui.add_enabled(!running, egui::Button::new("×").small().frame(false));
        let button = button
            .on_hover_text("Forgets this row")
            .on_disabled_hover_text("Not now: a sweep is on");
        if kit::named(button, egui::Role::Button, &format!("Remove {name}")).clicked() {
            queue.push(Action::RemoveRow(index));
        }
    });
}

/// A title that sorts by its column.
fn title(ui: &mut Ui, state: &State, queue: &mut Queue, column: usize) {
    let Head { id, title, about, .. } = COLUMNS[column];
    let mut choice = state.sweep.choice.clone();
    let falling = choice.sorted.filter(|(c, _)| *c == id).map(|(_, falling)| falling);
    if let Some(asked) = kit::sort_title(ui, title, about, falling) {
        choice.sorted = asked.map(|falling| (id, falling));
        queue.push(Action::EditSweep(Box::new(choice)));
    }
}

/// More of a cell, for hovering.
fn about(view: &SweepView, row: &SweepRow, column: usize) -> Option<String> {
    match COLUMNS[column].id {
        "method" => Some(match (&row.refusal, &row.own) {
            (Some(refusal), _) => refusal.clone(),
            (None, Some(own)) => own.to_string(),
            (None, None) => row.method.name().to_owned(),
        }),
        "accuracy" => row.replaced.map(|a| view.share(a.accuracy).counted()),
        "samples_outside" => row.replaced.map(|a| view.share(a.samples_outside).counted()),
        "trained_accuracy" => row.trained.map(|a| view.share(a.accuracy).counted()),
        "encrypted_accuracy" => row.encrypted.map(|r| {
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

fn cell(row: &SweepRow, column: usize, t: &theme::Tokens) -> (String, Color32) {
    let id = COLUMNS[column].id;
    let text =
        |id: &str| -> Option<String> { Some(SweepRow::columns(&[id]).first()?.cell(row)?.text) };
    if let Some(measured) = measured_column(id) {
        let measure = row.predicted.map_or(NoiseMeasure::Margin, |c| NoiseMeasure::of(c.scheme));
        let (planned, found) = match id {
            MARGIN => (
                row.predicted.map(|c| measure.short(c.margin_bits)),
                row.encrypted.and_then(|r| r.margin_bits).map(|m| measure.short(m)),
            ),
            _ => (text(id), text(measured)),
        };
        // Predictions stand weaker than measurements.
        return match (planned, found) {
            (Some(p), Some(m)) => (format!("{p} → {m}"), t.text_strong),
            (None, Some(m)) => (m, t.text_strong),
            (Some(p), None) => (p, t.text_weak),
            (None, None) => ("—".to_owned(), t.text_weak),
        };
    }
    let colour = match id {
        "method" if row.refusal.is_some() => t.notice,
        "accuracy" | "trained_accuracy" => t.reference,
        "encrypted_accuracy" if row.encrypted.is_some_and(|run| !run.right) => {
            return ("✗ wrong".to_owned(), t.wrong);
        }
        "encrypted_accuracy" => t.encrypted,
        "ring_degree" | "log2_q" => t.text_weak,
        _ => t.text_strong,
    };
    text(id).map_or_else(|| ("—".to_owned(), t.text_weak), |text| (text, colour))
}
