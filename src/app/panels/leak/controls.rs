//! The attack, and what stands in its way.

use crate::app::Queue;
use crate::app::commands::Action;
use crate::app::panels::kit::{self, field, row};
use crate::app::state::State;
use crate::app::theme;
use crate::run::cryptonn::leak::{AttackMethod, LeakSources};
use egui::{ComboBox, DragValue, Ui};

/// Rows per ciphertext and units to start from when a mitigation is switched on.
const USUAL_ROWS: usize = 8;
const MOST_ROWS: usize = 1024;

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let view = &state.leak;
    let mut choice = view.choice.clone();
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 4.0;
        kit::heading(ui, "Attack");
        let settings = &mut choice.settings;
        let about = "Which of all samples that agree with the decrypted values is taken: the smallest over a whole mini-batch, or for each sample alone the one with the least sum, as published in 2025";
        field(ui, "Method", about, |ui| {
            ComboBox::from_id_salt("leak method")
                .selected_text(settings.method.name())
                .width(ui.available_width())
                .show_ui(ui, |ui| {
                    for method in [AttackMethod::LeastSquares, AttackMethod::LinearProgram] {
                        ui.selectable_value(&mut settings.method, method, method.name());
                    }
                })
                .response
        });
        let alone = settings.method == AttackMethod::LinearProgram;
        row(ui, "Takes", "Which of the decrypted values are used", |ui| {
            let mut gradients = !alone && settings.sources == LeakSources::ProductsAndGradients;
            let about = "The gradients of the first layer link the samples of a mini-batch; the linear program takes each sample alone";
            ui.add_enabled_ui(!alone, |ui| {
                let check = ui.checkbox(&mut gradients, "Gradients too").on_hover_text(about);
                if check.changed() {
                    settings.sources = if gradients {
                        LeakSources::ProductsAndGradients
                    } else {
                        LeakSources::Products
                    };
                }
            });
        });
        let similar = view.data.as_ref().is_some_and(|(_, p)| p.background.is_some());
        let about = "The attacker has public samples of the same kind: their mean and how values vary together fill in what the equations leave open";
        row(ui, "Knows", about, |ui| {
            let check = egui::Checkbox::new(&mut settings.similar, "Similar data");
            ui.add_enabled(similar, check).on_hover_text(about);
        });
        let batches = view.batches();
        if batches.len() > 1 {
            row(ui, "Looked at", "Which of the recorded mini-batches is drawn", |ui| {
                for (at, batch) in batches.iter().enumerate().take(5) {
                    let text = (batch + 1).to_string();
                    let label = ui.selectable_label(choice.batch == at, text);
                    let name = format!("Mini-batch {}", batch + 1);
                    if kit::named(label, egui::Role::Button, &name).clicked() {
                        choice.batch = at;
                    }
                }
            });
        }
        ui.add_space(4.0);
        kit::heading(ui, "Mitigations");
        let settings = &mut choice.settings;
        let about = "The authority gives keys for so many distinct rows on any one ciphertext and no more. Training ends for a sample when they are used up";
        optional(ui, "Limit", "rows", about, &mut settings.most_rows, MOST_ROWS);
        let units = view.data.as_ref().and_then(|(v, _)| v.steps.first()).map(|s| s.weights.len());
        let about = "A first layer with fewer units asks for fewer rows in each step";
        optional(ui, "Fewer units", "units", about, &mut settings.units, units.unwrap_or(MOST_ROWS));
    });
    if choice != view.choice {
        queue.push(Action::EditLeak(Box::new(choice)));
    }
}

/// A check box that switches a number on.
fn optional(
    ui: &mut Ui,
    name: &str,
    unit: &str,
    about: &str,
    value: &mut Option<usize>,
    most: usize,
) {
    row(ui, name, about, |ui| {
        let mut on = value.is_some();
        let check = ui.checkbox(&mut on, "");
        if kit::named(check, egui::Role::CheckBox, name).changed() {
            *value = on.then_some(USUAL_ROWS.min(most));
        }
        let mut number = value.unwrap_or(USUAL_ROWS.min(most));
        let drag =
            DragValue::new(&mut number).range(1..=most).speed(0.1).suffix(format!(" {unit}"));
        let response = ui.add_enabled(on, drag).on_hover_text(about);
        let response = kit::named(response, egui::Role::SpinButton, &format!("{name}, {unit}"));
        if response.changed() {
            *value = Some(number);
        }
    });
}
