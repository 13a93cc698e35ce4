//! The tab Activation: choose a polynomial by eye, see at once what it costs.

mod both;
mod coefficients;
mod controls;
mod costs;
mod figures;
mod tables;

use crate::action::Action;
use crate::queue::Queue;
use controls::COLUMN;

use crate::state::State;
use egui::{Rect, ScrollArea, Sense, Ui, vec2};
use kit::{Beside, theme};

/// Below this width of the tab everything stands in one column.
const TWO_COLUMNS: f32 = 560.0;
/// Height of the plots in one column.
const PLOTS: f32 = 430.0;
const LEAST_PLOTS: f32 = 300.0;

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    if state.is_lookup() {
        tables::show(ui, state, queue);
        return;
    }
    let all = ui.available_rect_before_wrap();
    if all.width() < TWO_COLUMNS {
        ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = theme::CARD_GAP;
            controls::show(ui, state, queue);
            costs::show(ui, state, queue);
            both::show(ui, state, queue);
            let size = vec2(ui.available_width(), PLOTS);
            let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
            linked(ui, rect, state, true, queue);
            figures::show(ui, state, queue);
            coefficients::show(ui, state);
        });
        return;
    }
    let beside = Beside { id: "lab column", width: COLUMN, tall: LEAST_PLOTS };
    beside.show(
        ui,
        queue,
        |ui, queue| {
            controls::show(ui, state, queue);
            costs::show(ui, state, queue);
            figures::show(ui, state, queue);
            coefficients::show(ui, state);
        },
        |ui, queue| {
            let room = ui.available_height();
            let below = if both::is_shown(state) { both::HEIGHT + theme::CARD_GAP } else { 0.0 };
            let height = (room - below).max(LEAST_PLOTS);
            ScrollArea::vertical().id_salt("lab plots").auto_shrink([false, false]).show(
                ui,
                |ui| {
                    let size = vec2(ui.available_width(), height);
                    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
                    linked(ui, rect, state, height + below > room, queue);
                    both::show(ui, state, queue);
                },
            );
        },
    );
}

/// The plots; `scrolls` tells whether the wheel moves the page.
fn linked(ui: &mut Ui, rect: Rect, state: &State, scrolls: bool, queue: &mut Queue) {
    let asked = plots::linked(ui, rect, &state.lab, scrolls);
    if asked.hovered != state.lab.hovered {
        queue.push(Action::HoverPlace(asked.hovered));
    }
    let mut choice = state.lab.choice.clone();
    if asked.degrees != 0 {
        choice.step_degree(asked.degrees);
    }
    if let Some(interval) = asked.interval {
        choice.measured = false;
        choice.interval = interval;
    }
    if choice != state.lab.choice {
        queue.push(Action::EditLab(Box::new(choice)));
    }
}
