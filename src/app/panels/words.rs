//! What the tab that is looked at shows, in plain words: a line at its foot that opens.

use crate::state::State;
use crate::tab::Tab;
use egui::{CollapsingHeader, Label, RichText, ScrollArea, Ui};
use kit::theme;

/// Share of the tab that the words take at most; beyond it they scroll.
const MOST: f32 = 0.4;

pub fn show(ui: &mut Ui, state: &State) {
    let words = words(state);
    if words.is_empty() {
        return;
    }
    let t = theme::tokens(ui);
    let most = ui.available_height() * MOST;
    egui::Panel::bottom("in plain words")
        .frame(egui::Frame::new())
        .show_separator_line(false)
        .show(ui, |ui| {
            ui.add_space(theme::GAP);
            CollapsingHeader::new("In plain words").show(ui, |ui| {
                ScrollArea::vertical().id_salt("plain words").max_height(most).show(ui, |ui| {
                    let text = RichText::new(words.join(" ")).color(t.text);
                    ui.add(Label::new(text).wrap());
                });
            });
        });
}

/// Of what is seen: who has no key is told of no answer.
fn words(state: &State) -> Vec<String> {
    let has_key = state.eyes().has_key();
    let run = state.run.as_ref().filter(|_| state.run_is_of_setup() && has_key);
    let run = run.filter(|_| !state.hides_run());
    match state.tab {
        Tab::Run if state.hides_bytes() => Vec::new(),
        Tab::Activation if state.hides_lab() => Vec::new(),
        Tab::Sweep if state.hides_sweep() => Vec::new(),
        Tab::Run if state.is_cryptonn() => Vec::new(),
        Tab::Run => run.map(view::run_words).unwrap_or_default(),
        Tab::Samples => {
            let names = run.and_then(|run| run.dataset.as_ref()).map(|data| data.classes());
            let shown = state.shown_sample().filter(|_| !state.pad.open).zip(names);
            shown.map_or_else(Vec::new, |((sample, _), names)| view::sample_words(sample, names))
        }
        Tab::Data => state
            .data
            .as_ref()
            .map_or_else(Vec::new, |data| view::data_words(&data.dataset, &data.facts)),
        Tab::Model => state.anatomy().as_ref().map(view::model_words).unwrap_or_default(),
        Tab::Activation if state.is_lookup() => Vec::new(),
        Tab::Activation => view::lab_words(&state.lab),
        Tab::Sweep => view::sweep_words(&state.sweep),
        Tab::Training if state.new_network.shown => {
            view::training_words(&state.new_network.training)
        }
        Tab::Training if state.is_cryptonn() => Vec::new(),
        Tab::Training => view::training_words(&state.training),
        Tab::Compare => view::compare_words(&state.compare),
        Tab::Sequence => view::sequence_words(&state.sequence),
        // It has words of its own beside the pictures.
        Tab::Leak | Tab::Lessons | Tab::Welcome => Vec::new(),
    }
}
