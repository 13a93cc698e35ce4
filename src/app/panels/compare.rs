//! The tab Compare: the schemes that carry this model, as a table and as plots.

use super::sweep::task_button;
use super::{headline, origin};
use crate::action::Action;
use crate::command::Command;
use crate::exports;
use crate::panels::button::export_buttons;
use crate::queue::Queue;
use crate::state::State;
use egui::{Align, Color32, Layout, RichText, ScrollArea, Sense, Ui, vec2};
use egui_extras::{Column, TableBuilder};
use kit::{Beside, theme};
use study::{CompareRow, Row as _};
use view::{Compared, Results, TaskStatus};

/// Width of the column of controls.
const COLUMN: f32 = 206.0;
/// Share of the height that the plots take.
const PLOTS: f32 = 0.62;
const LEAST_PLOTS: f32 = 260.0;
/// Height that plots and table take under the controls.
const PAGE: f32 = 640.0;
const HEADER: f32 = 22.0;
const GAP: f32 = 5.0;
const NAME: f32 = 48.0;

/// Columns, and their widths.
const COLUMNS: [(&str, f32); 11] = [
    ("name", 0.0),
    ("plain_accuracy", 57.0),
    ("reference_accuracy", 57.0),
    ("accuracy", 57.0),
    ("agreement", 57.0),
    ("latency_secs", 65.0),
    ("images_per_sec", 60.0),
    ("evaluation_key_bytes", 54.0),
    ("upload_bytes", 52.0),
    ("download_bytes", 53.0),
    ("margin_bits", 50.0),
];

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let beside = Beside { id: "compare column", width: COLUMN, tall: PAGE };
    beside.show(
        ui,
        queue,
        |ui, queue| controls(ui, state, queue),
        |ui, queue| {
            origin::told(ui, state, queue, Results::Compare);
            let height = (ui.available_height() * PLOTS).max(LEAST_PLOTS);
            let size = vec2(ui.available_width(), height);
            let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
            plots::compare(ui, rect, &state.compare);
            ui.add_space(theme::CARD_GAP - ui.spacing().item_spacing.y);
            rows(ui, state);
        },
    );
}

fn controls(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let t = theme::tokens(ui);
    let view = &state.compare;
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 5.0;
        let running = view.status == TaskStatus::Running;
        task_button(ui, state, queue, running, Command::Compare);
        let fraction = view.doing.as_ref().map_or(0.0, |d| d.1);
        let ways = match view.of {
            Compared::Schemes => "schemes",
            Compared::Polynomials => "setups, present and explored,",
        };
        let text = match &view.status {
            TaskStatus::Idle => "Each on the same model and samples".to_owned(),
            TaskStatus::Running => view.doing.as_ref().map_or("Starting".into(), |d| d.0.clone()),
            TaskStatus::Finished => {
                let samples = view.rows.iter().map(|r| r.images).max().unwrap_or(0);
                let samples = format::count(samples as u64);
                format!("Finished {} {ways} on {samples} samples", view.rows.len())
            }
            TaskStatus::Stopped => format!("Stopped after {} {ways}", view.rows.len()),
            TaskStatus::Failed(reason) => reason.clone(),
        };
        kit::progress(ui, if running { fraction } else { 0.0 }, "Comparison progress");
        kit::caption_about(ui, &text, &text);
        let mut past = view.past_budget;
        let about = "BGV runs at ring degree 16384 even where the planner says that decryption will fail: the noise margin of a deep network is seen falling below zero. CKKS has no levels beyond its modulus and is planned as ever";
        if ui.checkbox(&mut past, "Past the noise budget").on_hover_text(about).changed() {
            queue.push(Action::ComparePastBudget(past));
        }
        ui.horizontal(|ui| {
            export_buttons(ui, exports::COMPARE, state, queue);
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
    let columns = CompareRow::columns(&COLUMNS.map(|(id, _)| id));
    theme::card(ui).show(ui, |ui| {
        ui.set_min_size(ui.available_size());
        ui.spacing_mut().item_spacing = egui::vec2(GAP, 2.0);
        let inside = ui.available_height();
        ScrollArea::horizontal().auto_shrink([false, false]).show(ui, |ui| {
            let mut table = TableBuilder::new(ui)
                .striped(true)
                .cell_layout(Layout::right_to_left(Align::Center))
                .column(Column::remainder().at_least(NAME).clip(true));
            for (_, width) in COLUMNS.iter().skip(1) {
                table = table.column(Column::exact(*width).clip(true));
            }
            table
                .min_scrolled_height(0.0)
                .max_scroll_height(inside)
                .auto_shrink([false, false])
                .header(HEADER, |mut header| {
                    for (at, column) in columns.iter().enumerate() {
                        header.col(|ui| {
                            kit::aligned(ui, at, 1, |ui| {
                                let text = RichText::new(column.title).font(theme::small());
                                ui.label(text.color(t.text_weak)).on_hover_text(column.about);
                            });
                        });
                    }
                })
                .body(|body| {
                    body.rows(theme::TABLE_ROW, state.compare.rows.len(), |mut line| {
                        let index = line.index();
                        let Some(row) = state.compare.rows.get(index) else { return };
                        for (at, column) in columns.iter().enumerate() {
                            line.col(|ui| {
                                kit::aligned(ui, at, 1, |ui| {
                                    if at == 0 {
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
    kit::marker(ui.painter(), rect.center(), kit::Mark::series(at), theme::tokens(ui).series(at));
}

fn cell(
    row: &CompareRow,
    column: &study::Column<CompareRow>,
    t: &theme::Tokens,
) -> (String, Color32) {
    let wrong = row.wrong_outputs > 0;
    let colour = match column.id {
        "name" if row.refusal.is_some() => t.notice,
        _ if row.refusal.is_some() => t.text_weak,
        "accuracy" | "agreement" if wrong => return ("✗ wrong".to_owned(), t.wrong),
        "plain_accuracy" => t.original,
        "reference_accuracy" => t.reference,
        "accuracy" => t.encrypted,
        _ => t.text_strong,
    };
    (column.text(row), colour)
}
