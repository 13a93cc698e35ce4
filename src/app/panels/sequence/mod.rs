//! The tab Sequence: a recurrent network over time, and the strategies for its noise side by side.

mod controls;
mod shown;
mod strategies;

use crate::panels::{origin, replay};
use crate::queue::Queue;
use crate::state::State;
use egui::{Rect, ScrollArea, Sense, Ui, vec2};
use kit::{Beside, theme};
use plots::StepFigure;
use shown::shown;
use view::Results;

/// Width of the column of controls.
const COLUMN: f32 = 268.0;
/// Height of the table of strategies.
const TABLE: f32 = 176.0;
const LEAST_PLOTS: f32 = 400.0;
/// Below this width the plots stand in one column.
const TWO_COLUMNS: f32 = 460.0;
/// Plots of the grid, and the least height of one.
const PLOTS: usize = 6;
const LEAST_PLOT: f32 = 128.0;
/// Height of all plots under one another, and of the table.
const PAGE: f32 = PLOTS as f32 * (LEAST_PLOT + theme::CARD_GAP) + TABLE;

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let beside = Beside { id: "sequence column", width: COLUMN, tall: PAGE };
    beside.show(
        ui,
        queue,
        |ui, queue| controls::show(ui, state, queue),
        |ui, queue| {
            results(ui, state, queue);
        },
    );
}

/// Plots over the steps, and the table of strategies.
fn results(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let (results, origin) = (Results::Sequence, state.origin(Results::Sequence));
    let going_on = state.is_going_on(results);
    // What is drawn may also be of a run of another scenario altogether.
    let (results, origin) = match &state.run {
        Some(run) if origin.is_none() && run.sequence.is_some() => {
            (Results::Run, Some(&run.origin))
        }
        _ => (results, origin),
    };
    replay::badge(ui, state.run.as_ref().filter(|run| run.scenario.sequence.is_some()));
    let stale = origin::banner(ui, state, queue, results, origin, going_on);
    let height = ui.available_height();
    origin::dimmed(ui, stale);
    ScrollArea::vertical().id_salt("sequence plots").auto_shrink([false, false]).show(ui, |ui| {
        let columns = if ui.available_width() < TWO_COLUMNS { 1 } else { 2 };
        let rows = PLOTS / columns;
        let room = height - TABLE - theme::CARD_GAP;
        let least = LEAST_PLOTS.max(rows as f32 * (LEAST_PLOT + theme::CARD_GAP));
        grid(ui, state, columns, room.max(least));
        ui.add_space(theme::CARD_GAP - ui.spacing().item_spacing.y);
        strategies::show(ui, state, queue, TABLE);
    });
}

fn grid(ui: &mut Ui, state: &State, columns: usize, height: f32) {
    let gap = theme::CARD_GAP;
    let (all, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let rows = PLOTS / columns;
    let size = vec2(
        (all.width() - gap * (columns - 1) as f32) / columns as f32,
        (all.height() - gap * (rows - 1) as f32) / rows as f32,
    );
    let place = |at: usize| {
        let (column, row) = ((at % columns) as f32, (at / columns) as f32);
        Rect::from_min_size(all.min + vec2(column * (size.x + gap), row * (size.y + gap)), size)
    };
    let report = shown(state);
    let trace = report.and_then(|r| r.traces.get(state.sequence.trace).or(r.traces.first()));
    plots::sequence_input(ui, place(0), trace);
    plots::sequence_state(ui, place(1), trace);
    for (at, figure) in
        [StepFigure::Budget, StepFigure::Margin, StepFigure::Error, StepFigure::Traffic]
            .into_iter()
            .enumerate()
    {
        plots::sequence_steps(ui, place(at + 2), figure, report);
    }
}
