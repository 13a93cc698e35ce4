//! The tab Model: layers with shapes and sizes, and what becomes of each under encryption.

use super::fit;
use crate::exports;
use crate::panels::button::export_buttons;
use crate::queue::Queue;
use crate::state::State;
use egui::{Align, Color32, Label, Layout, RichText, ScrollArea, Ui};
use egui_extras::{Column, TableBuilder};
use kit::theme::{self, Tokens};
use view::anatomy::{Anatomy, Becomes, LayerRow};

const HEADER: f32 = 20.0;
/// Names, meanings, and least widths of the columns.
const COLUMNS: [(&str, &str, f32); 6] = [
    ("Layer", "Name in the model", 74.0),
    ("What it is", "What the layer does in the clear", 120.0),
    ("Output", "Shape of what it gives: channels x rows x columns, or values", 58.0),
    ("Parameters", "Trained values", 66.0),
    ("Multiplications", "Of a value with a weight, for one sample (multiply-accumulates)", 84.0),
    ("Under encryption", "What becomes of it with the setup as it stands", 140.0),
];

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let t = theme::tokens(ui);
    if let Some(anatomy) = state.anatomy() {
        return layers(ui, state, &anatomy, queue);
    }
    let text = state.refusal().unwrap_or("Loading the model");
    ui.centered_and_justified(|ui| ui.label(RichText::new(text).color(t.text_weak)));
}

fn layers(ui: &mut Ui, state: &State, anatomy: &Anatomy, queue: &mut Queue) {
    ui.spacing_mut().item_spacing.y = theme::CARD_GAP;
    head(ui, state, anatomy, queue);
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.set_height(ui.available_height() - 2.0 * f32::from(theme::CARD_MARGIN));
        ScrollArea::horizontal().id_salt("layers").auto_shrink([false, false]).show(ui, |ui| {
            table(ui, &anatomy.rows);
        });
    });
}

fn head(ui: &mut Ui, state: &State, anatomy: &Anatomy, queue: &mut Queue) {
    let t = theme::tokens(ui);
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 3.0;
        ui.horizontal(|ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                export_buttons(ui, exports::LAYERS, state, queue);
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let name = RichText::new(format::excerpt(&anatomy.name));
                    let name = name.font(theme::strong(15.0)).color(t.text_strong);
                    ui.add(Label::new(name).truncate());
                });
            });
        });
        ui.add(Label::new(&anatomy.summary).wrap());
        let made_by = &anatomy.made_by;
        if !made_by.is_empty() {
            kit::caption(ui, &format!("Made by: {made_by}")).on_hover_text(made_by);
        }
        for note in &anatomy.notes {
            let text = RichText::new(note).font(theme::small()).color(t.notice);
            ui.add(Label::new(text).wrap());
        }
        if let Some(network) = &state.model {
            fit::show(ui, state, network, &anatomy.rows, queue);
        }
    });
}

fn table(ui: &mut Ui, rows: &[LayerRow]) {
    let t = theme::tokens(ui);
    ui.spacing_mut().item_spacing = egui::vec2(10.0, 2.0);
    let mut table =
        TableBuilder::new(ui).striped(true).cell_layout(Layout::left_to_right(Align::Center));
    for (at, (_, _, width)) in COLUMNS.iter().enumerate() {
        table = table.column(match at {
            1 | 5 => Column::remainder().at_least(*width).clip(true),
            _ => Column::exact(*width).clip(true),
        });
    }
    let header = table.auto_shrink([false, false]).header(HEADER, |mut row| {
        for (at, (name, about, _)) in COLUMNS.iter().enumerate() {
            row.col(|ui| {
                let text = RichText::new(*name).font(theme::small()).color(t.text_weak);
                aligned(ui, at, |ui| {
                    ui.label(text).on_hover_text(*about);
                });
            });
        }
    });
    header.body(|body| {
        body.rows(theme::TABLE_ROW, rows.len(), |mut line| {
            let Some(row) = rows.get(line.index()) else { return };
            for (at, (text, colour)) in cells(row, t).into_iter().enumerate() {
                line.col(|ui| {
                    aligned(ui, at, |ui| {
                        let label = RichText::new(&text).size(12.0).color(colour);
                        ui.add(Label::new(label).truncate()).on_hover_text(&text);
                    });
                });
            }
        });
    });
}

fn cells(row: &LayerRow, t: &Tokens) -> [(String, Color32); 6] {
    let number = |value: usize| match value {
        0 => ("—".to_owned(), t.text_weak),
        value => (format::count(value as u64), t.text),
    };
    let becomes = match &row.becomes {
        Becomes::Same(_) => t.text,
        Becomes::Other(_) => t.reference,
        Becomes::Impossible(_) => t.notice,
    };
    [
        (row.name.clone(), t.text_strong),
        (row.what.clone(), t.text),
        (row.output.clone(), t.text),
        number(row.parameters),
        number(row.macs),
        (row.becomes.text().to_owned(), becomes),
    ]
}

/// Numbers stand at the right end of their column.
fn aligned(ui: &mut Ui, column: usize, add: impl FnOnce(&mut Ui)) {
    if (3..5).contains(&column) {
        ui.with_layout(Layout::right_to_left(Align::Center), add);
    } else {
        add(ui);
    }
}
