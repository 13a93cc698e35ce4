//! The tab Training of an encrypted training: three networks that learn the same.

mod controls;
mod phases;
mod plan;
mod sample;

pub use controls::status;
pub use plan::show as plan;

use crate::panels::origin;
use crate::queue::Queue;
use crate::state::State;
use egui::{ScrollArea, Sense, Ui, vec2};
use kit::theme;
use view::Results;

/// Width of the column of controls.
const COLUMN: f32 = 268.0;
const LEAST_PLOTS: f32 = 190.0;
/// Height of the sample below the plots.
const SAMPLE: f32 = 240.0;

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let mut right = kit::beside_column(ui, "cryptonn column", COLUMN, |ui| {
        controls::show(ui, state, queue);
        phases::show(ui, state);
    });
    let (results, origin) = (Results::Cryptonn, state.origin(Results::Cryptonn));
    let going_on = state.is_going_on(results);
    let stale = origin::banner(&mut right, state, queue, results, origin, going_on);
    let place = right.available_rect_before_wrap();
    origin::dimmed(&mut right, stale);
    ScrollArea::vertical().id_salt("cryptonn plots").auto_shrink([false, false]).show(
        &mut right,
        |ui| {
            ui.spacing_mut().item_spacing.y = theme::CARD_GAP;
            let height = (place.height() - SAMPLE - theme::CARD_GAP).max(LEAST_PLOTS);
            let size = vec2(ui.available_width(), height);
            let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
            let epochs = state.scenario.training.as_ref().map_or(1, |t| t.epochs);
            plots::cryptonn(ui, rect, &state.cryptonn, epochs);
            sample::show(ui, state, queue, SAMPLE);
        },
    );
}
