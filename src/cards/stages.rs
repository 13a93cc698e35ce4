//! The stages in figures.

use circuit::{NoiseMeasure, StageKind};
use egui::collapsing_header::paint_default_icon;
use egui::{Align, Layout, RichText, Ui};
use egui_extras::{Column, TableBuilder};
use kit::theme;
use plots::{Curves, measured_how};
use view::Place;

const HEADER: f32 = 20.0;
/// Width of each column but the first, points.
const WIDTHS: [f32; 9] = [46.0, 58.0, 68.0, 66.0, 60.0, 42.0, 70.0, 70.0, 52.0];
const GAP: f32 = 7.0;
/// Width and height of the triangle before a name.
const TRIANGLE: f32 = 10.0;
/// Room for the vertical scroll bar, where there is one.
const SCROLL_BAR: f32 = 8.0;
/// Below this width the kind is left out, which the name tells too; below the other one the modulus,
/// which the plan has.
const WITH_KIND: f32 = 720.0;
const WITH_MODULUS: f32 = 640.0;

const COLUMNS: [(&str, &str); 10] = [
    ("Stage", "Layer, with what is done between it and the next; its parts are shown by a click"),
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

/// Height of the whole table with so many rows, points.
pub fn stages_height(rows: usize) -> f32 {
    // Two margins, the header, and rows with their spacing.
    2.0 * f32::from(theme::CARD_MARGIN)
        + HEADER
        + (rows.max(3) as f32) * (theme::TABLE_ROW + 2.0)
        + 8.0
}

/// What was done with the table.
#[derive(Clone, Debug, Default)]
pub struct StagesTold {
    /// The stage under the pointer.
    pub hovered: Option<usize>,
    /// The layer whose parts are to be shown, or no longer.
    pub turned: Option<String>,
}

/// Draws the table: a row a layer; a click on one with several parts shows them below it, or hides them.
pub fn stages(ui: &mut Ui, curves: &Curves<'_>, hovered: Option<usize>, height: f32) -> StagesTold {
    let t = theme::tokens(ui);
    let rows = curves.folding.rows();
    let mut told = StagesTold::default();
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        let inside = height - 2.0 * f32::from(theme::CARD_MARGIN) - 2.0;
        ui.set_height(inside);
        ui.spacing_mut().item_spacing = egui::vec2(GAP, 2.0);
        if stages_height(rows.len()) > height {
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
                // Rows are clicked with the pointer; for the keyboard there are their triangles.
                .sense(egui::Sense::CLICK)
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
                    for place in rows {
                        body.row(theme::TABLE_ROW, |mut row| {
                            let mut turned = false;
                            row.set_selected(hovered.is_some_and(|h| place.stages.contains(&h)));
                            let cells = cells(curves, place, t).into_iter().enumerate();
                            for (column, cell) in cells.filter(|(column, _)| shown(*column)) {
                                row.col(|ui| {
                                    let text = RichText::new(cell.text).size(12.0);
                                    kit::aligned(ui, column, 2, |ui| {
                                        if column == 0 {
                                            turned |= before_name(ui, place);
                                        }
                                        ui.add(
                                            egui::Label::new(text.color(cell.colour)).truncate(),
                                        );
                                    });
                                });
                            }
                            let response = row.response();
                            turned |= response.clicked() && place.is_open.is_some();
                            if response.contains_pointer() {
                                told.hovered = Some(place.main);
                            }
                            if turned {
                                told.turned = Some(place.name.clone());
                            }
                        });
                    }
                });
        });
    });
    told
}

/// The triangle of a row that has parts, or as much space; whether it was pressed.
fn before_name(ui: &mut Ui, place: &Place) -> bool {
    let size = egui::vec2(TRIANGLE, TRIANGLE);
    let Some(is_open) = place.is_open else {
        ui.add_space(
            if place.is_part { 2.0 * TRIANGLE } else { TRIANGLE } + ui.spacing().item_spacing.x,
        );
        return false;
    };
    let (_, response) = ui.allocate_exact_size(size, egui::Sense::click());
    let openness = if is_open { 1.0 } else { 0.0 };
    paint_default_icon(ui, openness, &response);
    let what = if is_open { "Hide" } else { "Show" };
    let name = format!("{what} the {} parts of {}", place.stages.len(), place.name);
    let response = kit::named(response, egui::Role::Button, &name);
    let clicked = response.clicked();
    response.on_hover_text(name);
    clicked
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

fn cells(curves: &Curves<'_>, place: &Place, t: &theme::Tokens) -> Vec<Cell> {
    let (planned, measured) = (curves.planned(place), place.measured.as_ref());
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
    let kind = place.kind.map_or("", kind_name);
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
        Cell { text: place.name.clone(), colour: if is_wrong { t.wrong } else { t.text_strong } },
        predicted(kind.to_owned()),
        pick(measured.map(|m| format::secs(m.secs)), curves.planned_secs(place).map(format::secs)),
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
