//! Pinned runs beside the present one, figure by figure.

use egui::{Align, Grid, Layout, RichText, ScrollArea, Ui};
use kit::theme;
use view::{OtherSetting, Pin, PinnedFigure, Pins};

/// Height of a row of the table.
const ROW: f32 = 17.0;
/// Least width of a column of figures.
const COLUMN: f32 = 74.0;

/// What the table shows.
pub struct Differences<'a> {
    pub pins: &'a [Pin],
    pub settings: &'a [OtherSetting],
    pub figures: &'a [PinnedFigure],
    /// By pin, whether the plots have no lines of it.
    pub not_drawn: &'a [bool],
    /// Whether figures that need the key are seen.
    pub has_key: bool,
}

/// A column: texts by pin, and that of the present run; what changed since each pin.
struct Column<'a> {
    name: &'a str,
    about: &'a str,
    values: &'a [String],
    changes: &'a [String],
}

/// Draws the table: a row for each run, and for each pin what changed since; the pin to take off, when
/// its button was pressed.
pub fn difference(ui: &mut Ui, shown: &Differences<'_>) -> Option<usize> {
    let t = theme::tokens(ui);
    let columns = columns(shown);
    let mut off = None;
    ScrollArea::horizontal().id_salt("difference").auto_shrink([false, true]).show(ui, |ui| {
        let small = |text: &str, colour| RichText::new(text).font(theme::small()).color(colour);
        Grid::new("difference").min_col_width(COLUMN).min_row_height(ROW).spacing([8.0, 1.0]).show(
            ui,
            |ui| {
                ui.label(small("Compared", t.text_weak));
                for column in &columns {
                    right(ui, |ui| {
                        ui.label(small(column.name, t.text_weak)).on_hover_text(column.about);
                    });
                }
                ui.end_row();
                for (at, pin) in shown.pins.iter().enumerate() {
                    ui.horizontal(|ui| {
                        if take_off(ui, at) {
                            off = Some(at);
                        }
                        ui.label(small(&title(pin, at, shown.not_drawn), t.text));
                    });
                    row(ui, &columns, |column| column.values.get(at), t.text);
                    ui.end_row();
                }
                ui.label(small("now", t.text_strong));
                row(ui, &columns, |column| column.values.last(), t.text_strong);
                ui.end_row();
                for (at, name) in Pins::NAMES.iter().enumerate().take(shown.pins.len()) {
                    ui.label(small(&format!("now − {name}"), t.text_strong));
                    row(ui, &columns, |column| column.changes.get(at), t.text_strong);
                    ui.end_row();
                }
            },
        );
    });
    off
}

/// Settings that are others, then figures.
fn columns<'a>(shown: &Differences<'a>) -> Vec<Column<'a>> {
    let settings = shown.settings.iter().map(|setting| Column {
        name: &setting.name,
        about: "A setting that is not the same in all of them",
        values: &setting.values,
        changes: &[],
    });
    let figures = shown.figures.iter().filter(|figure| shown.has_key || !figure.needs_key);
    let figures = figures.map(|figure| Column {
        name: figure.name,
        about: figure.about,
        values: &figure.values,
        changes: &figure.changes,
    });
    settings.chain(figures).collect()
}

fn title(pin: &Pin, at: usize, not_drawn: &[bool]) -> String {
    let name = Pins::NAMES.get(at).copied().unwrap_or_default();
    let scenario = format::excerpt(&pin.name);
    let date = pin.report.began.map(|secs| format!(", {}", format::date(secs)));
    let date = date.unwrap_or_default();
    match not_drawn.get(at) {
        Some(true) => format!("{name}: {scenario}{date}, other stages: not in the plots"),
        _ => format!("{name}: {scenario}{date}"),
    }
}

fn take_off(ui: &mut Ui, at: usize) -> bool {
    let name = Pins::NAMES.get(at).copied().unwrap_or_default();
    let button = ui.add(egui::Button::new("×").small().frame(false));
    let button = button.on_hover_text("Takes the pin off");
    kit::named(button, egui::Role::Button, &format!("Take off {name}")).clicked()
}

fn row<'a>(
    ui: &mut Ui,
    columns: &'a [Column<'a>],
    text: impl Fn(&'a Column<'a>) -> Option<&'a String>,
    colour: egui::Color32,
) {
    for column in columns {
        right(ui, |ui| {
            let text = text(column).map_or("—", String::as_str);
            ui.label(RichText::new(text).font(theme::small()).color(colour));
        });
    }
}

/// Figures stand at the right of their column.
fn right(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    ui.with_layout(Layout::right_to_left(Align::Center), add);
}
