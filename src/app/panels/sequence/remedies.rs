//! The remedies in figures.

use crate::app::Queue;
use crate::app::commands::{Action, Command};
use crate::app::panels::kit;
use crate::app::sequence_view::{RemedyRow, SequenceView};
use crate::app::state::State;
use crate::app::theme;
use crate::format;
use egui::{Align, Color32, Layout, RichText, Ui};
use egui_extras::{Column, TableBuilder};

const HEADER: f32 = 20.0;
const GAP: f32 = 7.0;

/// Name, meaning and width of each column; the first takes what is left.
const COLUMNS: [(&str, &str, f32); 10] = [
    ("Remedy", "What was done about the noise; under the pointer: who learns what", 104.0),
    ("Accuracy", "Share of the sequences classified as labelled, after decryption", 60.0),
    ("Latency", "Wall time of one batch, also when it holds one sequence; without the way", 58.0),
    ("Sequences/s", "In batches, client and server together", 70.0),
    ("Traffic", "Bytes up and down, all batches, without keys", 62.0),
    ("Rounds", "How often one side waits for the other", 48.0),
    ("Client", "Busy time of the client", 58.0),
    ("Server", "Busy time of the server", 58.0),
    ("End to end", "Client, server and the way over the chosen connection, keys included", 64.0),
    ("Margin", "Least margin that was measured in any step, bits", 48.0),
];

/// Draws the table, `height` points high.
pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue, height: f32) {
    let t = theme::tokens(ui);
    let view = &state.sequence;
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        let inside = height - 2.0 * f32::from(theme::CARD_MARGIN) - 2.0;
        ui.set_height(inside);
        ui.spacing_mut().item_spacing = egui::vec2(GAP, 2.0);
        ui.horizontal(|ui| {
            kit::heading(ui, "Remedies compared");
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                for (command, text) in [
                    (Command::ExportRemedyFigure, "SVG…"),
                    (Command::ExportRemedyReport, "JSON…"),
                    (Command::ExportRemedies, "CSV…"),
                ] {
                    let button = kit::command_button(ui, command, text, state, queue);
                    kit::named(button, egui::Role::Button, command.spec().label);
                }
            });
        });
        for refusal in &view.refusals {
            let text = format!("{}: {}", refusal.remedy.name(), refusal.reason);
            let label = RichText::new(&text).font(theme::small()).color(t.notice);
            ui.add(egui::Label::new(label).truncate()).on_hover_text(&text);
        }
        if view.rows.is_empty() {
            kit::caption(ui, "Each remedy that was run is a row here; Run all remedies fills it");
            return;
        }
        egui::ScrollArea::horizontal().auto_shrink([false, false]).show(ui, |ui| {
            table(ui, view, queue);
        });
    });
}

fn table(ui: &mut Ui, view: &SequenceView, queue: &mut Queue) {
    let t = theme::tokens(ui);
    let mut table = TableBuilder::new(ui)
        .striped(true)
        .cell_layout(Layout::right_to_left(Align::Center))
        .column(Column::remainder().at_least(COLUMNS[0].2).clip(true));
    for (_, _, width) in COLUMNS.iter().skip(1) {
        table = table.column(Column::exact(*width).clip(true));
    }
    table
        .min_scrolled_height(0.0)
        .auto_shrink([false, false])
        .header(HEADER, |mut header| {
            for column in 0..COLUMNS.len() {
                header.col(|ui| aligned(ui, column, |ui| head(ui, view, queue, column)));
            }
        })
        .body(|mut body| {
            for row in view.order().into_iter().filter_map(|at| view.rows.get(at)) {
                body.row(theme::TABLE_ROW, |mut line| {
                    for column in 0..COLUMNS.len() {
                        line.col(|ui| {
                            let (text, colour) = cell(view, row, column, t);
                            let text = RichText::new(text).size(12.0).color(colour);
                            aligned(ui, column, |ui| {
                                let label = ui.add(egui::Label::new(text).truncate());
                                if column == 0 {
                                    label.on_hover_text(format!("Reveals {}", row.reveals));
                                }
                            });
                        });
                    }
                });
            }
        });
}

/// A title that sorts by its column; a second click turns the order round.
fn head(ui: &mut Ui, view: &SequenceView, queue: &mut Queue, column: usize) {
    let t = theme::tokens(ui);
    let (name, about, _) = COLUMNS[column];
    let sorted = view.sorted.filter(|(c, _)| *c == column);
    let arrow = match sorted {
        Some((_, true)) => " ▼",
        Some((_, false)) => " ▲",
        None => "",
    };
    let text = RichText::new(format!("{name}{arrow}")).font(theme::small()).color(t.text_weak);
    let label = egui::Label::new(text).sense(egui::Sense::click());
    let response = ui.add(label).on_hover_text(format!("{about}; click to sort"));
    let response = kit::named(response, egui::Role::Button, &format!("Sort by {name}"));
    if response.clicked() {
        let sorted = match sorted {
            None => Some((column, true)),
            Some((_, true)) => Some((column, false)),
            Some((_, false)) => None,
        };
        queue.push(Action::EditSequence(Box::new(SequenceView { sorted, ..view.clone() })));
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

fn cell(
    view: &SequenceView,
    row: &RemedyRow,
    column: usize,
    t: &theme::Tokens,
) -> (String, Color32) {
    let known = |text: String| (text, t.text_strong);
    match column {
        0 => {
            let name = row.remedy.name();
            known(match row.remedy {
                crate::circuit::Remedy::Refresh => format!("{name} every {}", row.refresh_every),
                _ => name.to_owned(),
            })
        }
        1 if row.wrong_outputs > 0 => ("✗ wrong".to_owned(), t.wrong),
        1 => known(format::percent(row.accuracy)),
        2 => known(format::secs(row.latency_secs)),
        3 => known(format!("{:.1}", row.sequences_per_sec)),
        4 => known(format::bytes(row.upload_bytes + row.download_bytes)),
        5 => known(format::count(row.rounds)),
        6 => known(format::secs(row.client_secs)),
        7 => known(format::secs(row.server_secs)),
        8 => (format::secs(row.end_to_end_secs(&view.connection)), t.text),
        _ => row
            .margin_bits
            .map_or_else(|| ("—".to_owned(), t.text_weak), |m| known(format!("{m:.1}"))),
    }
}
