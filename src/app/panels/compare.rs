//! The tab Compare: the schemes that carry this model, as a table and as plots.

use super::kit;
use super::sweep::task_button;
use crate::app::Queue;
use crate::app::commands::{Action, Command};
use crate::app::plots;
use crate::app::state::State;
use crate::app::sweep_view::TaskStanding;
use crate::app::theme;
use crate::format;
use crate::run::CompareRow;
use egui::{Align, Color32, Layout, RichText, ScrollArea, Sense, Ui, vec2};
use egui_extras::{Column, TableBuilder};

/// Width of the column of controls.
const COLUMN: f32 = 236.0;
/// Share of the height that the plots take.
const PLOTS: f32 = 0.62;
const LEAST_PLOTS: f32 = 260.0;
const HEADER: f32 = 22.0;
const GAP: f32 = 7.0;
const NAME: f32 = 70.0;
const EXPORTS: [Command; 3] =
    [Command::ExportCompare, Command::ExportCompareReport, Command::ExportCompareFigure];

/// Name, what it says, width.
const COLUMNS: [(&str, &str, f32); 10] = [
    ("Scheme", "Its parameters stand below", 0.0),
    ("Accuracy", "Share of samples classified as labelled after decryption", 56.0),
    ("Agreement", "Answers that are those of the network the ciphertexts stand for", 60.0),
    ("Latency", "Until a sample sent alone has its answer", 54.0),
    ("Images/s", "Samples per second, all together", 52.0),
    ("Keys made", "Time to make the keys", 58.0),
    ("Keys", "Evaluation keys, sent to the server once", 58.0),
    ("Upload", "Bytes from client to server, all samples", 56.0),
    ("Download", "Bytes from server to client, all samples", 58.0),
    ("Margin", "Least measured margin, bits; of each scheme in its own meaning", 44.0),
];

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let mut right = kit::beside_column(ui, "compare column", COLUMN, |ui| {
        controls(ui, state, queue);
    });
    let place = right.max_rect();
    let height = (place.height() * PLOTS).max(LEAST_PLOTS);
    let size = vec2(right.available_width(), height);
    let (rect, _) = right.allocate_exact_size(size, Sense::hover());
    plots::compare(&mut right, rect, &state.compare, &state.activation_names());
    right.add_space(theme::CARD_GAP - right.spacing().item_spacing.y);
    rows(&mut right, state);
}

fn controls(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let t = theme::tokens(ui);
    let view = &state.compare;
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 5.0;
        let running = view.standing == TaskStanding::Running;
        task_button(ui, state, queue, running, Command::Compare);
        let fraction = view.doing.as_ref().map_or(0.0, |d| d.1);
        let text = match &view.standing {
            TaskStanding::Idle => "Each on the same model and samples".to_owned(),
            TaskStanding::Running => view.doing.as_ref().map_or("Starting".into(), |d| d.0.clone()),
            TaskStanding::Finished => format!("Finished {} schemes", view.rows.len()),
            TaskStanding::Stopped => format!("Stopped after {} schemes", view.rows.len()),
            TaskStanding::Failed(reason) => reason.clone(),
        };
        kit::progress(ui, if running { fraction } else { 0.0 }, "Comparison progress");
        kit::caption(ui, &text).on_hover_text(&text);
        let mut past = view.past_budget;
        let about = "Polynomials run at ring degree 16384 even where the planner says that decryption will fail: the margin of a deep network is seen falling below zero";
        if ui.checkbox(&mut past, "Past the noise budget").on_hover_text(about).changed() {
            queue.push(Action::ComparePastBudget(past));
        }
        ui.horizontal(|ui| {
            for (command, text) in EXPORTS.into_iter().zip(["CSV…", "JSON…", "SVG…"]) {
                let button = kit::command_button(ui, command, text, state, queue);
                kit::named(button, egui::Role::Button, command.spec().label);
            }
        });
    });
    if !view.rows.is_empty() {
        parameters(ui, &view.rows);
    }
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        for text in [
            "BGV and CKKS put a polynomial in the place of each activation and run thousands of samples at once; their margin falls with every multiplication.",
            "TFHE reads each activation from a lookup table, exactly, one sample at a time; each reading makes the noise new, so depth costs time and nothing else.",
        ] {
            let text = RichText::new(text).font(theme::small()).color(t.text_weak);
            ui.add(egui::Label::new(text).wrap());
        }
    });
}

/// Parameters of each scheme, or why it cannot.
fn parameters(ui: &mut Ui, rows: &[CompareRow]) {
    let t = theme::tokens(ui);
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 4.0;
        for row in rows {
            let (text, colour) = match &row.refusal {
                Some(refusal) => (format!("{} cannot: {refusal}", row.name), t.notice),
                None => (format!("{}, {}", row.name, row.parameters), t.text),
            };
            ui.add(egui::Label::new(RichText::new(text).font(theme::small()).color(colour)).wrap());
        }
    });
}

fn rows(ui: &mut Ui, state: &State) {
    let t = theme::tokens(ui);
    theme::card(ui).show(ui, |ui| {
        ui.set_min_size(ui.available_size());
        ui.spacing_mut().item_spacing = egui::vec2(GAP, 2.0);
        let inside = ui.available_height();
        ScrollArea::horizontal().auto_shrink([false, false]).show(ui, |ui| {
            let mut table = TableBuilder::new(ui)
                .striped(true)
                .cell_layout(Layout::right_to_left(Align::Center))
                .column(Column::remainder().at_least(NAME).clip(true));
            for (_, _, width) in COLUMNS.iter().skip(1) {
                table = table.column(Column::exact(*width).clip(true));
            }
            table
                .min_scrolled_height(0.0)
                .max_scroll_height(inside)
                .auto_shrink([false, false])
                .header(HEADER, |mut header| {
                    for (column, (name, about, _)) in COLUMNS.iter().enumerate() {
                        header.col(|ui| {
                            aligned(ui, column, |ui| {
                                let text = RichText::new(*name).font(theme::small());
                                ui.label(text.color(t.text_weak)).on_hover_text(*about);
                            });
                        });
                    }
                })
                .body(|body| {
                    body.rows(theme::TABLE_ROW, state.compare.rows.len(), |mut line| {
                        let index = line.index();
                        let Some(row) = state.compare.rows.get(index) else { return };
                        for column in 0..COLUMNS.len() {
                            line.col(|ui| {
                                aligned(ui, column, |ui| {
                                    if column == 0 {
                                        dot(ui, t.series(index));
                                    }
                                    let (text, colour) = cell(row, column, t);
                                    let shown = RichText::new(text).size(12.0).color(colour);
                                    ui.add(egui::Label::new(shown).truncate());
                                });
                            });
                        }
                    });
                });
        });
    });
}

/// The colour of a scheme in the plots.
fn dot(ui: &mut Ui, colour: Color32) {
    let (rect, _) = ui.allocate_exact_size(vec2(10.0, 10.0), Sense::hover());
    ui.painter().circle_filled(rect.center(), 4.0, colour);
}

/// Words to the left, figures to the right.
fn aligned(ui: &mut Ui, column: usize, add: impl FnOnce(&mut Ui)) {
    if column == 0 {
        ui.with_layout(Layout::left_to_right(Align::Center), add);
    } else {
        add(ui);
    }
}

fn cell(row: &CompareRow, column: usize, t: &theme::Tokens) -> (String, Color32) {
    if row.refusal.is_some() {
        return match column {
            0 => (row.name.clone(), t.notice),
            _ => ("—".to_owned(), t.text_weak),
        };
    }
    let wrong = row.wrong_outputs > 0;
    let text = match column {
        0 => row.name.clone(),
        1 | 2 if wrong => return ("✗ wrong".to_owned(), t.wrong),
        1 => format::percent(row.accuracy),
        2 => format::percent(row.agreement),
        3 => format::secs(row.latency_secs),
        4 if row.images_per_sec >= 100.0 => format::count(row.images_per_sec.round() as u64),
        4 => format!("{:.2}", row.images_per_sec),
        5 => format::secs(row.keygen_secs),
        6 => format::bytes(row.evaluation_key_bytes),
        7 => format::bytes(row.upload_bytes),
        8 => format::bytes(row.download_bytes),
        _ => row.margin_bits.map_or("—".to_owned(), |m| format!("{m:.1}").replace('-', "−")),
    };
    (text, t.text_strong)
}
