//! The tab Run: the strip, four linked plots, the stage table.

use super::{headline, noise, origin, replay, strip};
use crate::action::Action;
use crate::command::Command;
use crate::curves;
use crate::exports;
use crate::layout::PLOTS;
use crate::panels::button::{export_buttons, named_button};
use crate::queue::Queue;
use crate::state::State;
use egui::{Rect, ScrollArea, Ui, vec2};
use kit::theme;
use plots::{Answers, Curves, Differences};

/// Plots shrink to this height before the tab scrolls.
const LEAST_PLOT: f32 = 128.0;
/// Below this width of the tab the plots stand in one column.
const TWO_COLUMNS: f32 = 520.0;
const LEAST_TABLE: f32 = 90.0;

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let curves = curves::of(state);
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = theme::CARD_GAP;
        replay::badge(ui, state.run.as_ref());
        headline::notes(ui, state, queue);
        let in_strip = strip::show(ui, state, &curves, queue);
        if in_strip.is_none() {
            headline::cards(ui, state);
        }
        let room = ui.clip_rect().bottom() - ui.cursor().top();
        let has_bar = state.replay.is_some() || state.shows("replay");
        if let Some(plot) = state.layout.enlarged {
            if has_bar {
                replay::bar(ui, state, queue);
            }
            let hovered = alone(ui, state, &curves, plot, queue);
            if hovered != state.hovered_stage {
                queue.push(Action::HoverStage(hovered));
            }
            return;
        }
        let columns = if ui.available_width() < TWO_COLUMNS { 1 } else { 2 };
        let rows = 4 / columns;
        let under = if has_bar { replay::HEIGHT + theme::CARD_GAP } else { 0.0 };
        let gaps = theme::CARD_GAP * rows as f32 + noise::height(state) + under;
        // A row that is opened stays under the pointer: the plots keep their height.
        let wanted =
            cards::stages_height(curves.folding.layers()).min(room * 0.42).max(LEAST_TABLE);
        let plot = ((room - gaps - wanted) / rows as f32).max(LEAST_PLOT);
        let mut hovered = in_strip.flatten().or(grid(ui, state, &curves, columns, plot, queue));
        if has_bar {
            replay::bar(ui, state, queue);
        }
        pinned(ui, state, &curves, queue);
        let stale = state.run.is_some() && !state.run_is_of_setup();
        ui.scope(|ui| {
            origin::dimmed(ui, stale);
            noise::show(ui, state, queue);
        });
        let left = (ui.clip_rect().bottom() - ui.cursor().top()).max(LEAST_TABLE);
        let in_table = cards::stages(ui, &curves, state.hovered_stage, left);
        hovered = hovered.or(in_table.hovered);
        if let Some(layer) = in_table.turned {
            queue.push(Action::FoldLayer(layer));
        }
        if hovered != state.hovered_stage {
            queue.push(Action::HoverStage(hovered));
        }
    });
}

/// The figures of pinned runs beside those of the present one.
fn pinned(ui: &mut Ui, state: &State, curves: &Curves<'_>, queue: &mut Queue) {
    let pins = state.pins.all();
    if pins.is_empty() {
        return;
    }
    let now = state.whole_run();
    let figures = view::compared(&state.pins, now.and_then(|run| run.report.as_deref()));
    let settings = view::other_settings(&state.pins, now);
    let not_drawn: Vec<bool> = pins.iter().map(|pin| !curves.can_draw(pin)).collect();
    let shown = Differences {
        pins,
        settings: &settings,
        figures: &figures,
        not_drawn: &not_drawn,
        has_key: state.eyes().has_key(),
    };
    theme::card(ui).inner_margin(egui::Margin::symmetric(10, 4)).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        if let Some(at) = plots::difference(ui, &shown) {
            queue.push(Action::Unpin(at));
        }
        ui.horizontal(|ui| export_buttons(ui, exports::PINNED, state, queue));
    });
}

fn grid(
    ui: &mut Ui,
    state: &State,
    curves: &Curves<'_>,
    columns: usize,
    height: f32,
    queue: &mut Queue,
) -> Option<usize> {
    let width = (ui.available_width() - theme::CARD_GAP * (columns - 1) as f32) / columns as f32;
    let rows = 4 / columns;
    let total = rows as f32 * height + (rows - 1) as f32 * theme::CARD_GAP;
    let (all, _) = ui.allocate_exact_size(vec2(ui.available_width(), total), egui::Sense::hover());
    let place = |i: usize| {
        let (column, row) = ((i % columns) as f32, (i / columns) as f32);
        let min =
            all.min + vec2(column * (width + theme::CARD_GAP), row * (height + theme::CARD_GAP));
        Rect::from_min_size(min, vec2(width, height))
    };
    let mut hovered = None;
    for at in 0..PLOTS {
        hovered = hovered.or(plot(ui, place(at), state, curves, at, queue));
    }
    hovered
}

/// One plot, with the whole room; the stage under the pointer.
fn alone(
    ui: &mut Ui,
    state: &State,
    curves: &Curves<'_>,
    at: usize,
    queue: &mut Queue,
) -> Option<usize> {
    ui.horizontal_wrapped(|ui| {
        named_button(ui, Command::PreviousPlot, "◀", state, queue);
        ui.label(format!("Plot {} of {PLOTS}", at + 1));
        named_button(ui, Command::NextPlot, "▶", state, queue);
        if !state.layout.presents() {
            named_button(ui, Command::EnlargePlot, "All plots", state, queue);
        }
    });
    let height = (ui.clip_rect().bottom() - ui.cursor().top() - theme::CARD_GAP).max(LEAST_PLOT);
    let (rect, _) =
        ui.allocate_exact_size(vec2(ui.available_width(), height), egui::Sense::hover());
    plot(ui, rect, state, curves, at, queue)
}

/// A plot in its place; the stage under the pointer. A double click shows it alone, or all again.
fn plot(
    ui: &mut Ui,
    rect: Rect,
    state: &State,
    curves: &Curves<'_>,
    at: usize,
    queue: &mut Queue,
) -> Option<usize> {
    let twice = ui.input(|input| {
        let over = input.pointer.interact_pos().is_some_and(|p| rect.contains(p));
        over && input.pointer.button_double_clicked(egui::PointerButton::Primary)
    });
    if twice && !state.layout.presents() {
        let other = if state.layout.enlarged.is_none() { Some(at) } else { None };
        queue.push(Action::EnlargePlot(other));
    }
    let under = state.hovered_stage;
    match at {
        0 => {
            answers(ui, rect, state, queue);
            None
        }
        1 => plots::latency(ui, rect, curves, under),
        2 => plots::size(ui, rect, curves, under),
        _ => plots::margin(ui, rect, curves, under),
    }
}

fn answers(ui: &mut Ui, rect: Rect, state: &State, queue: &mut Queue) {
    let trained = state.loaded.as_ref().and_then(|l| l.network.provenance().test_accuracy);
    let seen = Answers {
        run: state.run.as_ref(),
        is_stale: !state.run_is_of_setup(),
        expected: trained.filter(|_| !state.preview.pending),
        has_key: state.eyes().has_key(),
    };
    if let Some(sample) = plots::answers(ui, rect, &seen) {
        queue.push(Action::ShowSample(sample));
    }
}
