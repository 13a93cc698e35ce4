//! The tab Data: twenty samples, the balance of classes, and ranges of values, before anything is run.

use super::options;
use crate::command::Command;
use crate::exports;
use crate::panels::button::{export_buttons, named_button};
use crate::queue::Queue;
use crate::state::State;
use data::{Dataset, Facts, Shape};
use egui::{Align, Label, Layout, RichText, ScrollArea, Ui};
use kit::theme;
use view::options_in;

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let t = theme::tokens(ui);
    let Some(data) = &state.data else {
        let text = match (state.preview.pending, state.preview.refusal.as_deref()) {
            (true, _) | (false, None) => "Loading the data",
            (false, Some(reason)) => reason,
        };
        ui.centered_and_justified(|ui| ui.label(RichText::new(text).color(t.text_weak)));
        return;
    };
    let (dataset, facts) = (&*data.dataset, &*data.facts);
    ScrollArea::vertical().id_salt("data").auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = theme::CARD_GAP;
        head(ui, state, dataset, facts, queue);
        cards::dataset(ui, dataset, facts);
    });
}

fn head(ui: &mut Ui, state: &State, dataset: &Dataset, facts: &Facts, queue: &mut Queue) {
    let t = theme::tokens(ui);
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 3.0;
        ui.horizontal(|ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                export_buttons(ui, exports::DATA, state, queue);
                named_button(ui, Command::NewNetwork, "New network…", state, queue);
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let name = RichText::new(format::excerpt(dataset.name()));
                    let name = name.font(theme::strong(15.0)).color(t.text_strong);
                    ui.add(Label::new(name).truncate());
                });
            });
        });
        let (train, test) = (dataset.train().len() as u64, dataset.test().len() as u64);
        let steps = facts.steps.map_or(String::new(), |(least, most)| match least == most {
            true => String::new(),
            false => format!("; sequences of {least} to {most} steps"),
        });
        let words = match dataset.vocabulary().len() {
            0 => String::new(),
            many => format!("; {} different words", format::count(many as u64)),
        };
        let text = format!(
            "{}; {}; {} samples to train on, {} to test{steps}{words}",
            shape(dataset.shape()),
            classes_of(dataset),
            format::count(train),
            format::count(test)
        );
        ui.add(Label::new(text).wrap());
        kit::caption_about(ui, dataset.source(), dataset.source());
        for guess in dataset.guesses() {
            let colour = if guess.doubt { t.notice } else { t.text };
            ui.horizontal_wrapped(|ui| {
                let text = RichText::new(format!("Read so: {}", guess.text)).font(theme::small());
                ui.add(Label::new(text.color(colour)).wrap());
                for option in options_in(&guess.option) {
                    options::button(ui, option, state, queue);
                }
            });
        }
    });
}

/// How many classes there are, in words; of data without them a model may have given theirs.
pub(super) fn classes_of(dataset: &Dataset) -> String {
    match dataset.has_classes() {
        true => format!("{} classes", dataset.classes().len()),
        false => "no classes".to_owned(),
    }
}

/// A shape in words.
fn shape(shape: Shape) -> String {
    match shape {
        Shape::Flat { len } => format!("Tables of {len} values"),
        Shape::Image { channels, height, width } => {
            let colour = match channels {
                1 => "grey".to_owned(),
                3 => "colour".to_owned(),
                many => format!("{many} channels"),
            };
            format!("Pictures of {height} x {width}, {colour}")
        }
        Shape::Sequence { .. } => format!("Sequences of {shape}"),
    }
}
