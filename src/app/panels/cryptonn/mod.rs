//! The tab Training of an encrypted training: three networks that learn the same.

mod controls;
mod phases;
mod plan;
mod sample;

pub use controls::status;
pub use plan::show as plan;

use crate::app::Queue;
use crate::app::plots;
use crate::app::state::State;
use crate::app::theme;
use egui::{Rect, ScrollArea, Sense, Ui, UiBuilder, vec2};

/// Width of the column of controls.
const COLUMN: f32 = 268.0;
const LEAST_PLOTS: f32 = 190.0;
/// Height of the sample below the plots.
const SAMPLE: f32 = 226.0;

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let all = ui.available_rect_before_wrap();
    let column = Rect::from_min_max(all.min, all.min + vec2(COLUMN, all.height()));
    let mut left = ui.new_child(UiBuilder::new().max_rect(column));
    ScrollArea::vertical().id_salt("cryptonn column").auto_shrink([false, false]).show(
        &mut left,
        |ui| {
            ui.spacing_mut().item_spacing.y = theme::CARD_GAP;
            controls::show(ui, state, queue);
            phases::show(ui, state);
        },
    );
    let place = Rect::from_min_max(all.min + vec2(COLUMN + theme::CARD_GAP, 0.0), all.max);
    let mut right = ui.new_child(UiBuilder::new().max_rect(place));
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
