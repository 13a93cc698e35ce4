//! The stages in figures.

use circuit::{NoiseMeasure, StageKind};
use egui::{Align, Layout, RichText, Ui};
use egui_extras::{Column, TableBuilder};
use kit::theme;
use plots::{Curves, measured_how};

const HEADER: f32 = 20.0;
/// Width of each column but the first, points.
const WIDTHS: [f32; 9] = [46.0, 58.0, 68.0, 66.0, 60.0, 42.0, 70.0, 70.0, 52.0];
const GAP: f32 = 7.0;
/// Room for the vertical scroll bar, where there is one.
const SCROLL_BAR: f32 = 8.0;
/// Below this width the kind is left out, which the name tells too; below the other one the modulus,
/// which the plan has.
const WITH_KIND: f32 = 720.0;
const WITH_MODULUS: f32 = 640.0;

const COLUMNS: [(&str, &str); 10] = [
    ("Stage", "Layer, or what is done between two layers"),
    (
        "Kind",
        "Input, weighted sums, squaring, a polynomial, or relinearisation with modulus switching",
    ),
    (
        "Time, all",
        "Wall time of the stage for all samples together; while a run goes on, for those that are done",
    ),
    (
        "Original",
        "Wall time of the same layer in the original network, in the clear, for all samples: the median of several",
    ),
    ("Ciphertexts", "After the stage, one batch and one plaintext modulus"),
    ("Size", "Bytes of these ciphertexts"),
    ("log2 q", "Bits of the ciphertext modulus after the stage"),
    // Their names are those of the measure of noise.
    ("", ""),
    ("", ""),
    ("Error", "Largest difference between decrypted sample values and the reference network"),
];

const MODULUS: usize = 6;
/// Columns of what is told of noise.
const PREDICTED_NOISE: usize = 7;
const MEASURED_NOISE: usize = 8;
const ERROR: usize = 9;

/// Height of the whole table with so many stages, points.
pub fn stages_height(stages: usize) -> f32 {
    // Two margins, the header, and a row for each stage with its spacing.
    2.0 * f32::from(theme::CARD_MARGIN)
        + HEADER
        + (stages.max(3) as f32) * (theme::TABLE_ROW + 2.0)
        + 8.0
}

/// Draws the table; the stage under the pointer.
pub fn stages(
    ui: &mut Ui,
    curves: &Curves<'_>,
    hovered: Option<usize>,
    height: f32,
) -> Option<usize> {
    let t = theme::tokens(ui);
    let mut under = None;
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        let inside = height - 2.0 * f32::from(theme::CARD_MARGIN) - 2.0;
        ui.set_height(inside);
        ui.spacing_mut().item_spacing = egui::vec2(GAP, 2.0);
        if stages_height(curves.len()) > height {
            // The bar must not stand over the last column.
            ui.spacing_mut().scroll.floating_allocated_width = SCROLL_BAR;
        }
        egui::ScrollArea::horizontal().auto_shrink([false, false]).show(ui, |ui| {
            let width = ui.available_width();
            let shown = |column: usize| match column {
                1 => width >= WITH_KIND,
                MODULUS => width >= WITH_MODULUS,
                PREDICTED_NOISE | MEASURED_NOISE | ERROR => curves.sees_noise,
                _ => true,
            };
            let mut table = TableBuilder::new(ui)
                .striped(true)
                .sense(egui::Sense::hover())
                .cell_layout(Layout::right_to_left(Align::Center))
                .column(Column::remainder().at_least(100.0).clip(true));
            for (i, width) in WIDTHS.iter().enumerate() {
                if shown(i + 1) {
                    table = table.column(Column::exact(*width).clip(true));
                }
            }
            table
                .min_scrolled_height(0.0)
                .max_scroll_height(inside)
                .auto_shrink([false, false])
                .header(HEADER, |mut row| {
                    for i in (0..COLUMNS.len()).filter(|i| shown(*i)) {
                        let (name, about) = heading(curves, i);
                        row.col(|ui| {
                            let text = RichText::new(&name).font(theme::small()).color(t.text_weak);
                            kit::aligned(ui, i, 2, |ui| {
                                kit::explained(ui, &name, text).on_hover_text(about);
                            });
                        });
                    }
                })
                .body(|mut body| {
                    for i in 0..curves.len() {
                        body.row(theme::TABLE_ROW, |mut row| {
                            row.set_selected(hovered == Some(i));
                            let cells = cells(curves, i, t).into_iter().enumerate();
                            for (column, cell) in cells.filter(|(column, _)| shown(*column)) {
                                row.col(|ui| {
                                    let text = RichText::new(cell.text).size(12.0);
                                    kit::aligned(ui, column, 2, |ui| {
                                        ui.add(
                                            egui::Label::new(text.color(cell.colour)).truncate(),
                                        );
                                    });
                                });
                            }
                            if row.response().contains_pointer() {
                                under = Some(i);
                            }
                        });
                    }
                });
        });
    });
    under
}

/// Name and meaning of a column.
fn heading(curves: &Curves<'_>, column: usize) -> (String, String) {
    let (name, about) = COLUMNS[column];
    let word = match curves.measure {
        NoiseMeasure::Margin => "Margin",
        NoiseMeasure::Precision => "Spare",
        NoiseMeasure::Failure => "Failure",
    };
    match column {
        PREDICTED_NOISE => (format!("{word} pred."), measured_how(curves.measure)),
        MEASURED_NOISE => (format!("{word} meas."), measured_how(curves.measure)),
        _ => (name.to_owned(), about.to_owned()),
    }
}

struct Cell {
    text: String,
    colour: egui::Color32,
}

fn cells(curves: &Curves<'_>, i: usize, t: &theme::Tokens) -> Vec<Cell> {
    let (planned, measured) = (curves.planned(i), curves.measured(i));
    let is_wrong = measured.is_some_and(|m| m.wrong_values > 0) && curves.sees_noise;
    // Measurements of another setup stand back.
    let colour =
        |of: egui::Color32| if curves.faded { of.gamma_multiply(theme::STALE) } else { of };
    let known = |text: String| Cell { text, colour: colour(t.text_strong) };
    // Predictions stand weaker than measurements.
    let predicted = |text: String| Cell { text, colour: t.text_weak };
    let none = || Cell { text: "—".to_owned(), colour: t.text_weak };
    let pick = |m: Option<String>, p: Option<String>| match (m, p) {
        (Some(m), _) => known(m),
        (None, Some(p)) => predicted(p),
        (None, None) => none(),
    };
    let kind = curves.kind(i).map_or("", kind_name);
    let error = match measured.map(|m| (m.wrong_values, m.max_abs_error)) {
        Some((wrong, _)) if wrong > 0 => Cell { text: "✗ wrong".to_owned(), colour: t.wrong },
        Some((_, Some(error))) => {
            known(if error == 0.0 { "0".into() } else { format!("{error:.2e}") })
        }
        _ => none(),
    };
    let margin = measured.and_then(|m| m.margin_bits_measured);
    let plain = measured.map(|m| m.plain_secs).filter(|s| *s > 0.0);
    vec![
        Cell {
            text: curves.name(i).to_owned(),
            colour: if is_wrong { t.wrong } else { t.text_strong },
        },
        predicted(kind.to_owned()),
        pick(measured.map(|m| format::secs(m.secs)), curves.planned_secs(i).map(format::secs)),
        plain.map_or_else(none, |s| known(format::secs(s))),
        pick(
            measured.map(|m| format::count(m.ciphertexts as u64)),
            planned.map(|p| format::count(p.ciphertexts as u64)),
        ),
        pick(
            measured.map(|m| format::bytes(m.ciphertext_bytes)),
            planned.map(|p| format::bytes(p.ciphertext_bytes)),
        ),
        pick(
            measured.map(|m| format!("{:.0}", m.log2_q)),
            planned.map(|p| format!("{:.0}", p.log2_q)),
        ),
        planned.map_or_else(none, |p| predicted(curves.measure.short(p.margin_bits))),
        margin.map_or_else(none, |m| Cell {
            text: curves.measure.short(m),
            colour: colour(if is_wrong { t.wrong } else { t.text_strong }),
        }),
        error,
    ]
}

fn kind_name(kind: StageKind) -> &'static str {
    match kind {
        StageKind::Input => "input",
        StageKind::Linear => "linear",
        StageKind::Square => "square",
        StageKind::Polynomial => "poly",
        StageKind::Switch => "switch",
        StageKind::KeySwitch => "key sw.",
        StageKind::Lookup => "table",
    }
}
