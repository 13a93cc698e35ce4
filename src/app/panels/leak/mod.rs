//! What the server learns: true samples beside what is made of the values the server decrypted.

mod controls;
mod mitigations;

use crate::action::Action;
use crate::panels::origin;
use crate::queue::Queue;
use crate::state::State;
use data::Dataset;
use egui::{ScrollArea, Sense, Slider, Ui, vec2};
use kit::{Beside, theme};
use view::Results;

/// Width of the column of controls.
const COLUMN: f32 = 268.0;
const LEAST_PLOTS: f32 = 170.0;
/// Height that pictures, curves and mitigations take under the controls.
const PAGE: f32 = 760.0;
/// Below this width the plots stand one below the other.
const SIDE_BY_SIDE: f32 = 440.0;

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    if state.hides_leak() {
        kit::caption(ui, "What the server learns is hidden until your guess stands");
        return;
    }
    let beside = Beside { id: "leak column", width: COLUMN, tall: PAGE };
    beside.show(
        ui,
        queue,
        |ui, queue| {
            controls::show(ui, state, queue);
            cards::leak_figures(ui, &state.leak, dataset(state));
            cards::leak_words(ui, &state.leak);
        },
        |ui, queue| learned(ui, state, queue),
    );
}

/// Pictures and curves of what the server can make of the samples.
fn learned(ui: &mut Ui, state: &State, queue: &mut Queue) {
    origin::told(ui, state, queue, Results::Cryptonn);
    ScrollArea::vertical().id_salt("leak pictures").auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = theme::CARD_GAP;
        if let Some(choice) = cards::gallery(ui, &state.leak, dataset(state)) {
            queue.push(Action::EditLeak(Box::new(choice)));
        }
        steps(ui, state, queue);
        let below = mitigations::height(state) + theme::CARD_GAP;
        let left = ui.clip_rect().bottom() - ui.cursor().top() - below;
        let rows = if ui.available_width() > SIDE_BY_SIDE { 1.0 } else { 2.0 };
        let size = vec2(ui.available_width(), left.max(rows * LEAST_PLOTS));
        let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
        plots::leak(ui, rect, &state.leak);
        mitigations::show(ui, state, queue);
    });
}

/// The data that are trained on.
fn dataset(state: &State) -> Option<&Dataset> {
    state.loaded.as_ref().map(|loaded| &*loaded.dataset)
}

/// The slider over the steps seen.
fn steps(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let t = theme::tokens(ui);
    let view = &state.leak;
    let last = view.steps();
    let mut seen = view.seen();
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.horizontal(|ui| {
            let name = ui.label("Steps seen");
            ui.spacing_mut().slider_width = (ui.available_width() - 90.0).max(60.0);
            let slider = Slider::new(&mut seen, 0..=last.max(1)).logarithmic(true).integer();
            let response = ui.add_enabled(last > 0, slider).labelled_by(name.id).on_hover_text(
                "What the server could make of the samples after so many steps of the training",
            );
            if response.changed() {
                let mut choice = view.choice.clone();
                choice.seen = (seen < last).then_some(seen);
                queue.push(Action::EditLeak(Box::new(choice)));
            }
            if view.pending {
                let rect = response.rect;
                ui.painter().hline(
                    rect.x_range(),
                    rect.bottom() + 2.0,
                    egui::Stroke::new(1.5, t.series(1)),
                );
            }
        });
    });
}
