//! The rows of a new network: each with what comes of it, and all of them as one text.

use egui::{Button, Id, RichText, TextEdit, Ui, vec2};
use kit::theme;
use network::train::{PRESETS, RowShape};
use view::{Blueprint, RowEdit};

/// Width of a small button, and of what a row gives.
const SMALL: f32 = 18.0;
const GIVES: f32 = 104.0;

pub fn show(ui: &mut Ui, blueprint: &mut Blueprint) {
    ui.add_space(2.0);
    let mut edit = None;
    ui.horizontal(|ui| {
        kit::heading(ui, "Layers");
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            for (at, (name, _)) in PRESETS.iter().enumerate().rev() {
                let chosen = blueprint.text == blueprint.preset(at);
                let entry = ui.selectable_label(chosen, *name).on_hover_text(blueprint.preset(at));
                if kit::named(entry, egui::Role::Button, &format!("Preset {name}")).clicked() {
                    edit = Some(RowEdit::Preset(at));
                }
            }
        });
    });
    for (at, row) in blueprint.rows.iter().enumerate() {
        let check = blueprint.checks.get(at).and_then(Option::as_ref);
        line(ui, (at, blueprint.rows.len()), row, check, &mut edit);
    }
    ui.horizontal(|ui| {
        if ui.button("Add row").on_hover_text("A new row before the last one").clicked() {
            edit = Some(RowEdit::Add);
        }
        let (parameters, macs) = blueprint.totals();
        let text = format!(
            "{} parameters, {} multiplications a sample",
            format::count(parameters as u64),
            format::count(macs as u64)
        );
        kit::caption(ui, &text)
            .on_hover_text("Of all rows; a multiplication is one of a value with a weight");
    });
    let mut text = blueprint.text.clone();
    let field = TextEdit::multiline(&mut text)
        .id(Id::unique("layers as text"))
        .desired_rows(2)
        .desired_width(f32::INFINITY);
    let field = ui.add(field.font(theme::small()).hint_text(blueprint.preset(0)));
    let field = field.on_hover_text(ROWS);
    kit::named(field, egui::Role::MultilineTextInput, "Layers as text");
    if text != blueprint.text {
        edit = Some(RowEdit::Text(text));
    }
    if blueprint.rows.is_empty() {
        fault(ui, "there is no row; the last must be: dense classes");
    }
    if let Some(edit) = edit {
        blueprint.edit(edit);
    }
}

/// What can be written, for hovering.
const ROWS: &str = "Rows, first to last. Of tables and pictures: dense N, dense classes, conv N KxK [stride N] [same], pool N, norm, flatten, and the functions relu, leaky, sigmoid, tanh, softplus, silu, gelu, square. Of sequences: embed N (values that a word is looked up as), elman N, gru N or lstm N once or twice, dense classes";

fn line(
    ui: &mut Ui,
    (at, of): (usize, usize),
    row: &str,
    check: Option<&Result<RowShape, String>>,
    edit: &mut Option<RowEdit>,
) {
    let t = theme::tokens(ui);
    let number = at + 1;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 3.0;
        let mut text = row.to_owned();
        let width = (ui.available_width() - GIVES - 3.0 * (SMALL + 3.0) - 6.0).max(60.0);
        let field = TextEdit::singleline(&mut text).id(Id::unique("row of layers").with(at));
        let field = field.desired_width(width - 8.0);
        let field = ui.add(field).on_hover_text(ROWS);
        kit::named(field, egui::Role::TextInput, &format!("Row {number}"));
        if text != row {
            *edit = Some(RowEdit::Type(at, text));
        }
        for (sign, name, possible, change) in [
            ("▲", format!("Move row {number} up"), at > 0, RowEdit::Swap(at.saturating_sub(1))),
            ("▼", format!("Move row {number} down"), number < of, RowEdit::Swap(at)),
            ("×", format!("Remove row {number}"), of > 1, RowEdit::Remove(at)),
        ] {
            let size = vec2(SMALL, SMALL);
            let sign = RichText::new(sign).font(theme::small());
            let button = ui.add_enabled(possible, Button::new(sign).frame(false).min_size(size));
            let button = button.on_hover_text(&name);
            if kit::named(button, egui::Role::Button, &name).clicked() {
                *edit = Some(change);
            }
        }
        if let Some(Ok(gives)) = check {
            let text = match gives.parameters {
                0 => format!("{}", gives.shape),
                many => format!("{}, {} par.", gives.shape, format::count(many as u64)),
            };
            let text = RichText::new(text).font(theme::small()).color(t.text_weak);
            ui.add(egui::Label::new(text).truncate()).on_hover_text(format!(
                "Gives {}, has {} parameters, takes {} multiplications a sample",
                gives.shape,
                format::count(gives.parameters as u64),
                format::count(gives.macs as u64)
            ));
        }
    });
    if let Some(Err(reason)) = check {
        fault(ui, &format!("row {number}: {reason}"));
    }
}

fn fault(ui: &mut Ui, text: &str) {
    let t = theme::tokens(ui);
    let text = RichText::new(text).font(theme::small()).color(t.notice);
    ui.add(egui::Label::new(text).wrap());
}
