//! The tab Training of an encrypted training: three networks that learn the same.

mod controls;

pub use controls::status;

use crate::action::Action;
use crate::panels::origin;
use crate::queue::Queue;
use crate::state::State;
use egui::{ScrollArea, Sense, Ui, vec2};
use kit::{Beside, theme};
use view::Results;

/// Width of the column of controls.
const COLUMN: f32 = 268.0;
const LEAST_PLOTS: f32 = 190.0;
/// Height of the sample below the plots.
const SAMPLE: f32 = 240.0;

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let beside = Beside { id: "cryptonn column", width: COLUMN, tall: LEAST_PLOTS + SAMPLE };
    beside.show(
        ui,
        queue,
        |ui, queue| {
            controls::show(ui, state, queue);
            cards::phases(ui, &state.cryptonn);
        },
        |ui, queue| learned(ui, state, queue),
    );
}

/// Curves of the training, and a sample of it.
fn learned(ui: &mut Ui, state: &State, queue: &mut Queue) {
    origin::told(ui, state, queue, Results::Cryptonn);
    let height = (ui.available_height() - SAMPLE - theme::CARD_GAP).max(LEAST_PLOTS);
    ScrollArea::vertical().id_salt("cryptonn plots").auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = theme::CARD_GAP;
        let size = vec2(ui.available_width(), height);
        let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
        let epochs = state.scenario.training.as_ref().map_or(1, |t| t.epochs);
        plots::cryptonn(ui, rect, &state.cryptonn, epochs);
        if let Some(choice) = cards::training_sample(ui, &state.leak, SAMPLE) {
            queue.push(Action::EditLeak(Box::new(choice)));
        }
    });
}

/// The plan of the training, where there is one.
pub fn plan(ui: &mut Ui, state: &State) {
    let Some(plan) = state.loaded.as_ref().and_then(|l| l.training.as_deref()) else { return };
    let wanted = state.scenario.training.as_ref().map_or(0, |training| training.epochs);
    cards::training_plan(ui, plan, wanted, state.preview.pending);
}
