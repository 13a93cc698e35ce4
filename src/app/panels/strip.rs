//! The strip over the plots: who sees what of the run.

use crate::action::Action;
use crate::queue::Queue;
use crate::state::State;
use egui::Ui;
use kit::theme;
use plots::Curves;
use strip::{Details, Hidden, Look, Perspective, Source, Strip};

/// Draws the strip and the card of the layer that is open; the stage under the pointer. `None` where
/// there is no strip.
pub fn show(
    ui: &mut Ui,
    state: &State,
    curves: &Curves<'_>,
    queue: &mut Queue,
) -> Option<Option<usize>> {
    let source = source(state, curves);
    let mut strip = Strip::of(&source).filter(|_| state.scenario.sequence.is_none())?;
    let eyes = state.eyes();
    let hidden = Hidden { predictions: curves.hides_predicted, bytes: state.hides_bytes() };
    strip.hide(&source, hidden);
    let figures = strip::figures(&source, eyes, hidden);
    let stale = match source.run {
        Some(_) => curves.faded,
        None => curves.pending,
    };
    let look = Look {
        eyes,
        hovered: state.hovered_stage,
        opened: state.shown_layer(),
        opacity: if stale { theme::STALE } else { 1.0 },
    };
    let told = strip::show(ui, &strip, &figures, look);
    if let Some(layer) = told.clicked {
        let again = state.opened_layer.as_ref() == Some(&layer);
        queue.push(Action::OpenLayer(Some(layer).filter(|_| !again)));
    }
    if let Some(eyes) = told.chosen {
        queue.push(Action::SeeAs(eyes));
    }
    let opened = look.opened.and_then(|name| strip.find(name));
    if let Some((layer, at)) = opened.zip(told.card_at) {
        let rows = state.anatomy().map(|a| a.rows).unwrap_or_default();
        let mut details = Details::of(&source, &strip, layer, &rows, eyes);
        details.hide(hidden);
        if strip::card(ui.ctx(), &details, at) {
            queue.push(Action::OpenLayer(None));
        }
    }
    Some(told.hovered)
}

/// What there is to be shown. A run of another setup that goes on has another network than the one that is
/// loaded.
fn source<'a>(state: &'a State, curves: &Curves<'a>) -> Source<'a> {
    let own = !(curves.faded && state.running);
    let network = state.model.as_deref().filter(|_| own);
    Source { stages: curves.stages, network }
}

/// Who looks, where only that can be chosen.
pub fn switch(ui: &mut Ui, now: Perspective, queue: &mut Queue) {
    if let Some(eyes) = strip::switch(ui, now) {
        queue.push(Action::SeeAs(eyes));
    }
}
