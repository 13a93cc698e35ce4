//! The tab Compare: the schemes that carry this model, as a table and as plots.

use super::sweep::task_button;
use super::{headline, kit, origin};
use crate::commands::{Action, Command};
use crate::origin::Results;
use crate::state::State;
use crate::sweep_view::TaskStanding;
use crate::{Queue, plots, theme};
use egui::{Align, Color32, Layout, RichText, ScrollArea, Sense, Ui, vec2};
use egui_extras::{Column, TableBuilder};
use format::{self, Share};
use study::CompareRow;

/// Width of the column of controls.
const COLUMN: f32 = 206.0;
/// Share of the height that the plots take.
const PLOTS: f32 = 0.62;
const LEAST_PLOTS: f32 = 260.0;
const HEADER: f32 = 22.0;
const GAP: f32 = 5.0;
const NAME: f32 = 48.0;
const EXPORTS: [Command; 3] =
    [Command::ExportCompare, Command::ExportCompareReport, Command::ExportCompareFigure];

/// Name, what it says, width.
const COLUMNS: [(&str, &str, f32); 11] = [
    ("Scheme", "Its parameters stand beside", 0.0),
    (
        "Original",
        "Share of samples that the original network classifies as labelled, in the clear",
        57.0,
    ),
    (
        "Reference",
        "The same of what the ciphertexts stand for, in the clear: integers, polynomials or tables",
        57.0,
    ),
    ("Encrypted", "The same of the decrypted answers", 57.0),
    ("Agreement", "Decrypted answers that are those of the reference network", 57.0),
    (
        "First answer",
        "Time until the first answer, also of a sample sent alone: a batch takes as long however full it is",
        65.0,
    ),
    ("Per sample", "Time of all samples over their number", 60.0),
    ("Keys", "Evaluation keys, sent to the server once", 54.0),
    ("Upload", "Bytes from client to server, all samples", 52.0),
    ("Download", "Bytes from server to client, all samples", 53.0),
    (
        "Noise",
        "The least that was measured: noise margin in bits (BGV, BFV), spare precision in bits (CKKS), failure probability (TFHE)",
        50.0,
    ),
];

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let mut right = kit::beside_column(ui, "compare column", COLUMN, |ui| {
        controls(ui, state, queue);
    });
    let (results, origin) = (Results::Compare, state.origin(Results::Compare));
    let going_on = state.is_going_on(results);
    let stale = origin::banner(&mut right, state, queue, results, origin, going_on);
    origin::dimmed(&mut right, stale);
    let height = (right.available_height() * PLOTS).max(LEAST_PLOTS);
    let size = vec2(right.available_width(), height);
    let (rect, _) = right.allocate_exact_size(size, Sense::hover());
    plots::compare(&mut right, rect, &state.compare);
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
            TaskStanding::Finished => {
                let samples = view.rows.iter().map(|r| r.images).max().unwrap_or(0);
                let samples = format::count(samples as u64);
                format!("Finished {} schemes on {samples} samples", view.rows.len())
            }
            TaskStanding::Stopped => format!("Stopped after {} schemes", view.rows.len()),
            TaskStanding::Failed(reason) => reason.clone(),
        };
        kit::progress(ui, if running { fraction } else { 0.0 }, "Comparison progress");
        kit::caption(ui, &text).on_hover_text(&text);
        let mut past = view.past_budget;
        let about = "BGV runs at ring degree 16384 even where the planner says that decryption will fail: the noise margin of a deep network is seen falling below zero. CKKS has no levels beyond its modulus and is planned as ever";
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
            "BGV and CKKS put a polynomial in the place of each activation and run thousands of samples at once; their noise margin or spare precision falls with every multiplication.",
            "TFHE looks each activation up in a table, one sample at a time; each lookup makes the noise new, so depth costs time and nothing else.",
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
                None => (
                    format!(
                        "{}, {}; keys made in {}",
                        row.name,
                        row.parameters,
                        format::secs(row.keygen_secs)
                    ),
                    t.text,
                ),
            };
            ui.add(egui::Label::new(RichText::new(text).font(theme::small()).color(colour)).wrap());
            let warnings: Vec<String> =
                row.warnings.iter().map(|w| format!("{}: {w}", row.name)).collect();
            headline::remarks(ui, &warnings);
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
                                        dot(ui, index);
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

/// The marker of a scheme in the plots.
fn dot(ui: &mut Ui, at: usize) {
    let (rect, _) = ui.allocate_exact_size(vec2(9.0, 10.0), Sense::hover());
    plots::marker(
        ui.painter(),
        rect.center(),
        plots::Mark::series(at),
        theme::tokens(ui).series(at),
    );
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
    let share = |fraction: f64| Share::of_fraction(fraction, row.images);
    let text = match column {
        0 => row.name.clone(),
        1 => return (share(row.plain_accuracy).text(), t.original),
        2 => return (share(row.reference_accuracy).text(), t.reference),
        3 | 4 if wrong => return ("✗ wrong".to_owned(), t.wrong),
        3 => return (share(row.accuracy).text(), t.encrypted),
        4 => share(row.agreement).text(),
        5 => format::secs(row.latency_secs),
        6 => format::secs(1.0 / row.images_per_sec.max(1e-12)),
        7 => format::bytes(row.evaluation_key_bytes),
        8 => format::bytes(row.upload_bytes),
        9 => format::bytes(row.download_bytes),
        _ => row.margin_bits.map_or("—".to_owned(), |m| row.noise.short(m)),
    };
    (text, t.text_strong)
}
