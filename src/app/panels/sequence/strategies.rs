//! The strategies in figures.

use crate::action::Action;
use crate::exports;
use crate::panels::button::export_buttons;
use crate::panels::headline;
use crate::queue::Queue;
use crate::state::State;
use circuit::{NoiseMeasure, NoiseStrategy};
use egui::{Align, Color32, Layout, RichText, Ui};
use egui_extras::{Column, TableBuilder};
use format::{self, Share};
use kit::theme;
use study::StrategyRow;
use view::SequenceView;

const HEADER: f32 = 20.0;
const GAP: f32 = 7.0;
/// Columns of words, the first ones.
const WORDS: usize = 2;

/// Name, meaning and width of each column; the first takes what is left.
const COLUMNS: [(&str, &str, f32); 15] = [
    (
        "Strategy",
        "What was done about the noise; under the pointer: who learns what. Click a row to draw its steps",
        100.0,
    ),
    ("Activation", "What stands in the place of the function, or who computes it", 118.0),
    (
        "Original",
        "Share of these sequences that the original network classifies as labelled, in the clear",
        58.0,
    ),
    ("Reference", "The same of what the ciphertexts stand for, in the clear", 58.0),
    ("Encrypted", "The same of the decrypted answers", 58.0),
    ("Steps", "The last so many of the steps that the sequences have", 54.0),
    ("Sequences", "How many were run", 58.0),
    (
        "End to end",
        "One sequence: client, server and the way over the chosen connection, keys included",
        60.0,
    ),
    (
        "One sequence",
        "Work of client and server on one sequence alone, without keys and the way; ≤ where it is that of a batch, which takes the same however full it is",
        76.0,
    ),
    ("Bytes", "Bytes up and down of one sequence, without keys", 62.0),
    ("Rounds", "How often one side waits for the other, for one sequence", 48.0),
    ("Client", "Of the work on one sequence that of the client", 58.0),
    ("Sequences/s", "In batches as full as stated, client and server together", 68.0),
    ("Bytes each", "Bytes up and down per sequence in a batch, without keys", 62.0),
    (
        "Noise",
        "The least measured in any step: spare precision in bits (CKKS), failure probability (TFHE)",
        58.0,
    ),
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
            kit::heading(ui, "Strategies compared");
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                export_buttons(ui, exports::STRATEGIES, state, queue);
            });
        });
        for row in &view.rows {
            let Some(reason) = &row.refused else { continue };
            let text = match row.activation.as_str() {
                "" => format!("{}: {reason}", row.name()),
                activation => format!("{}, {activation}: {reason}", row.name()),
            };
            let label = RichText::new(&text).font(theme::small()).color(t.notice);
            ui.add(egui::Label::new(label).truncate()).on_hover_text(&text);
        }
        let warnings: Vec<String> = view
            .ran()
            .flat_map(|(_, row)| row.warnings.iter().map(|w| format!("{}: {w}", row.name())))
            .collect();
        headline::remarks(ui, &warnings);
        if view.ran().next().is_none() {
            kit::caption(
                ui,
                "Each strategy that was run is a row here; Run all strategies fills it",
            );
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
        .sense(egui::Sense::click())
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
                header
                    .col(|ui| kit::aligned(ui, column, WORDS, |ui| head(ui, view, queue, column)));
            }
        })
        .body(|mut body| {
            for at in view.order() {
                let Some(row) = view.rows.get(at) else { continue };
                body.row(theme::TABLE_ROW, |mut line| {
                    line.set_selected(view.shown == Some(at));
                    for column in 0..COLUMNS.len() {
                        line.col(|ui| {
                            let (text, colour) = cell(view, row, column, t);
                            let counted = |fraction: f64| {
                                Share::of_fraction(fraction, row.sequences).counted()
                            };
                            let text = RichText::new(text).size(12.0).color(colour);
                            kit::aligned(ui, column, WORDS, |ui| {
                                let label = egui::Label::new(text).truncate().selectable(false);
                                let label = ui.add(label);
                                let about = match (column, &row.note) {
                                    (0, _) => Some(format!("Reveals {}", row.reveals)),
                                    (5 | 6, Some(note)) => Some(note.clone()),
                                    (2, _) => Some(counted(row.plain_accuracy)),
                                    (3, _) => Some(counted(row.reference_accuracy)),
                                    (4, _) => Some(counted(row.accuracy)),
                                    _ => None,
                                };
                                if let Some(about) = about {
                                    label.on_hover_text(about);
                                }
                            });
                        });
                    }
                    if line.response().clicked() {
                        let shown = if view.shown == Some(at) { None } else { Some(at) };
                        let view = SequenceView { shown, ..view.clone() };
                        queue.push(Action::EditSequence(Box::new(view)));
                    }
                });
            }
        });
}

/// A title that sorts by its column.
fn head(ui: &mut Ui, view: &SequenceView, queue: &mut Queue, column: usize) {
    let (name, about, _) = COLUMNS[column];
    let falling = view.sorted.filter(|(c, _)| *c == column).map(|(_, falling)| falling);
    if let Some(asked) = kit::sort_title(ui, name, about, falling) {
        let sorted = asked.map(|falling| (column, falling));
        queue.push(Action::EditSequence(Box::new(SequenceView { sorted, ..view.clone() })));
    }
}

fn cell(
    view: &SequenceView,
    row: &StrategyRow,
    column: usize,
    t: &theme::Tokens,
) -> (String, Color32) {
    let known = |text: String| (text, t.text_strong);
    let one = &row.one_sequence;
    let share = |fraction: f64| Share::of_fraction(fraction, row.sequences).text();
    let measure = match row.strategy {
        NoiseStrategy::Bootstrap => NoiseMeasure::Failure,
        _ => NoiseMeasure::Precision,
    };
    match column {
        0 => known(row.name()),
        1 => (row.activation.clone(), t.text),
        2 => (share(row.plain_accuracy), t.original),
        3 => (share(row.reference_accuracy), t.reference),
        4 if row.wrong_outputs > 0 => ("✗ wrong".to_owned(), t.wrong),
        4 => (share(row.accuracy), t.encrypted),
        5 if row.steps < row.all_steps => (format!("{} of {}", row.steps, row.all_steps), t.notice),
        5 => known(format!("all {}", row.steps)),
        6 if row.note.is_some() => (format::count(row.sequences as u64), t.notice),
        6 => known(format::count(row.sequences as u64)),
        7 => (format::secs(row.end_to_end_secs(&view.connection)), t.text),
        8 => {
            let most =
                if one.alone || row.strategy == NoiseStrategy::Bootstrap { "" } else { "≤ " };
            known(format!("{most}{}", format::secs(row.latency_secs)))
        }
        9 => known(format::bytes(one.upload_bytes + one.download_bytes)),
        10 => known(format::count(one.rounds)),
        11 => known(format::secs(one.client_secs)),
        12 => known(format!("{:.1}", row.sequences_per_sec)),
        13 => known(format::bytes(row.bytes_per_sequence() as u64)),
        _ => row
            .margin_bits
            .map_or_else(|| ("—".to_owned(), t.text_weak), |m| known(measure.short(m))),
    }
}
