//! What the tab Training trains.

use crate::action::Action;
use crate::queue::Queue;
use crate::state::State;
use egui::Ui;

/// What is trained: the model of the setup, or a network that is written anew.
pub fn choice(ui: &mut Ui, state: &State, queue: &mut Queue) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        for (shown, name, about) in [
            (false, "This model", "Train the model of the setup on"),
            (true, "New network", "Write a network for the data of the setup, and train it"),
        ] {
            let chosen = state.new_network.shown == shown;
            let entry = ui.selectable_label(chosen, name).on_hover_text(about);
            if kit::named(entry, egui::Role::Tab, name).clicked() && !chosen {
                queue.push(Action::ShowNewNetwork(shown));
            }
        }
    });
}
