//! The list of models that were trained or opened: a click makes one the setup.

use crate::action::Action;
use crate::queue::Queue;
use crate::state::State;
use egui::{Align, Layout, RichText, Ui};
use kit::theme;
use view::MyModel;

/// Models that are listed.
const SHOWN: usize = 6;

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let models = &state.history.models;
    if models.is_empty() {
        return;
    }
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 1.0;
        kit::heading(ui, "My models");
        for (at, model) in models.iter().take(SHOWN).enumerate() {
            entry(ui, state, at, model, queue);
        }
    });
    ui.add_space(2.0);
}

fn entry(ui: &mut Ui, state: &State, at: usize, model: &MyModel, queue: &mut Queue) {
    let t = theme::tokens(ui);
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let forget = ui.add(egui::Button::new("×").small().frame(false));
            let forget = forget.on_hover_text("Take it off the list; its file stays");
            let name = format!("Forget {}", model.name);
            if kit::named(forget, egui::Role::Button, &name).clicked() {
                queue.push(Action::ForgetModel(at));
            }
            if !model.saved {
                let text = RichText::new("not saved").font(theme::small()).color(t.notice);
                ui.label(text)
                    .on_hover_text("It lies in the temporary folder, and is forgotten with the window; save it in the tab Training");
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let chosen = state.scenario.model == model.setup.model;
                let entry = egui::Button::selectable(chosen, model.name.as_str()).truncate();
                let entry = ui
                    .add(entry)
                    .on_hover_text(format!("{}\non {}", model.setup.model, model.setup.dataset));
                let name = format!("Use {}", model.name);
                if kit::named(entry, egui::Role::Button, &name).clicked() {
                    queue.push(Action::Edit(Box::new(model.setup.clone())));
                }
            });
        });
    });
}
