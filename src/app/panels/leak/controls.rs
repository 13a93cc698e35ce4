//! The attack, and what stands in its way.

use crate::action::Action;
use crate::queue::Queue;
use crate::state::State;
use attack::{AttackMethod, LeakSources};
use egui::{ComboBox, Ui};
use kit::{field, optional, row, theme};

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
                // Four numbers of up to four digits stand in the column.
                ui.spacing_mut().item_spacing.x = 2.0;
                ui.spacing_mut().button_padding.x = 4.0;
                for (at, batch) in batches.iter().enumerate().take(4) {
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
        kit::heading(ui, "What if it had seen less");
        let settings = &mut choice.settings;
        let about = "Only the first so many distinct rows on any one ciphertext: what an authority with that limit would have given keys for. The limit of the training itself is in the tab Training";
        optional(ui, "Limit", " rows", about, &mut settings.most_rows, (USUAL_ROWS, MOST_ROWS));
        let units = view.data.as_ref().and_then(|(v, _)| v.steps.first()).map(|s| s.weights.len());
        let about = "Only the rows of the first so many units in each step. Fewer units of the network itself are in the tab Training";
        let most = units.unwrap_or(MOST_ROWS);
        optional(ui, "Fewer units", " units", about, &mut settings.units, (USUAL_ROWS, most));
    });
    if choice != view.choice {
        queue.push(Action::EditLeak(Box::new(choice)));
    }
}
