//! The tab Sweep: many polynomials compared, as a table and as plots.

mod controls;
mod rows;

pub use controls::task_button;

use crate::action::Action;
use crate::panels::origin;
use crate::queue::Queue;
use crate::state::State;
use egui::{Rect, Sense, Ui, vec2};
use kit::{Beside, theme};
use view::{Results, SweepAxis};

/// Width of the column of controls.
const COLUMN: f32 = 268.0;
/// Share of the height that the plots take.
const PLOTS: f32 = 0.52;
const LEAST_PLOTS: f32 = 190.0;
/// Height that plots and table take under the controls.
const PAGE: f32 = 640.0;
/// Below this width the plots stand one below the other.
const SIDE_BY_SIDE: f32 = 560.0;

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let beside = Beside { id: "sweep column", width: COLUMN, tall: PAGE };
    beside.show(
        ui,
        queue,
        |ui, queue| controls::show(ui, state, queue),
        |ui, queue| {
            found(ui, state, queue);
        },
    );
}

/// Plots and table of the rows.
fn found(ui: &mut Ui, state: &State, queue: &mut Queue) {
    if state.hides_sweep() {
        kit::caption(ui, "What a sweep finds is hidden until your guess stands");
        return;
    }
    origin::told(ui, state, queue, Results::Sweep);
    let height = (ui.available_height() * PLOTS).max(LEAST_PLOTS);
    let size = vec2(ui.available_width(), height);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let mut under = plots_ui(ui, rect, state, queue);
    ui.add_space(theme::CARD_GAP - ui.spacing().item_spacing.y);
    under = rows::show(ui, state, queue).or(under);
    if under != state.sweep.hovered {
        queue.push(Action::HoverRow(under));
    }
}

fn plots_ui(ui: &mut Ui, rect: Rect, state: &State, queue: &mut Queue) -> Option<usize> {
    let gap = theme::CARD_GAP;
    let [first, second] = if rect.width() >= SIDE_BY_SIDE {
        let width = (rect.width() - gap) / 2.0;
        let size = vec2(width, rect.height());
        [
            Rect::from_min_size(rect.min, size),
            Rect::from_min_size(rect.min + vec2(width + gap, 0.0), size),
        ]
    } else {
        let size = vec2(rect.width(), (rect.height() - gap) / 2.0);
        [
            Rect::from_min_size(rect.min, size),
            Rect::from_min_size(rect.min + vec2(0.0, size.y + gap), size),
        ]
    };
    let left = plots::sweep(ui, first, &state.sweep, SweepAxis::Degree);
    let right = plots::sweep(ui, second, &state.sweep, state.sweep.choice.axis);
    if let Some(row) = left.clicked.or(right.clicked) {
        queue.push(Action::ChooseRow(row));
    }
    left.hovered.or(right.hovered)
}
