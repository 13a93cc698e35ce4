//! The tab Training: the model learns with a polynomial in the place of its activation.

use super::new_network;
use super::origin;
use super::recurrent_training;
use super::training_start::TrainingStart;
use crate::action::Action;
use crate::command::Command;
use crate::exports;
use crate::panels::button::named_button;
use crate::queue::Queue;
use crate::state::State;
use egui::{DragValue, ScrollArea, Sense, Ui, vec2};
use kit::{Beside, field, row, theme};
use view::Results;

/// Width of the column of controls.
const COLUMN: f32 = 268.0;
const LEAST_PLOTS: f32 = 330.0;

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let beside = Beside { id: "training column", width: COLUMN, tall: LEAST_PLOTS };
    beside.show(
        ui,
        queue,
        |ui, queue| {
            new_network::choice(ui, state, queue);
            match state.loaded_sequence.as_ref().filter(|_| state.is_recurrent()) {
                Some(loaded) => {
                    recurrent_training::controls(ui, state, loaded, queue);
                }
                None => controls(ui, state, queue),
            }
            result(ui, state, queue);
        },
        |ui, queue| learned(ui, state, queue),
    );
}

/// Curves of the training.
fn learned(ui: &mut Ui, state: &State, queue: &mut Queue) {
    origin::told(ui, state, queue, Results::Training);
    let height = ui.available_height().max(LEAST_PLOTS);
    ScrollArea::vertical().id_salt("training plots").auto_shrink([false, false]).show(ui, |ui| {
        let size = vec2(ui.available_width(), height);
        let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
        plots::training(ui, rect, &state.training, state.training.of, true);
    });
}

fn controls(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let view = &state.training;
    let mut options = view.options;
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 4.0;
        let idle = "Trains the model on with the polynomial inside";
        TrainingStart::of_setup(view, idle).show(ui, state, queue);
        let lab = &state.lab;
        let about = "Method, degree and interval are those of the tab Activation";
        row(ui, "Polynomial", about, |ui| {
            let text = format!("{}, degree {}", lab.choice.method.name(), lab.choice.degree);
            kit::caption_about(ui, &text, &text);
        });
        row(ui, "Function", about, |ui| {
            let (low, high) = lab.interval();
            kit::caption(ui, &format!("{}, {low:.2} to {high:.2}", lab.function().name()));
        });
        field(ui, "Epochs", "Passes over the training samples", |ui| {
            ui.add(DragValue::new(&mut options.epochs).range(1..=200))
        });
        let about = "Learning rate at the start; it falls to zero along a cosine";
        field(ui, "Rate", about, |ui| {
            let drag = DragValue::new(&mut options.learning_rate).range(1e-5..=0.5).speed(1e-4);
            ui.add(drag.max_decimals(5))
        });
        let about = "Price of activation inputs that leave the interval: the higher, the fewer do";
        field(ui, "Penalty", about, |ui| {
            let drag = DragValue::new(&mut options.range_penalty).range(0.0..=1e4).speed(1e-3);
            ui.add(drag.max_decimals(4))
        });
        row(ui, "", "", |ui| {
            ui.checkbox(&mut options.from_scratch, "From fresh weights")
                .on_hover_text("Forget what the model learned, and begin anew");
        });
    });
    if options != state.training.options {
        queue.push(Action::EditTraining(options));
    }
}

fn result(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let t = theme::tokens(ui);
    let view = &state.training;
    let Some(trained) = &view.trained else { return };
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 4.0;
        kit::heading(ui, "Trained model");
        kit::caption_about(ui, &view.what, &view.what);
        let accuracy = trained.provenance().test_accuracy.unwrap_or(f64::NAN);
        row(ui, "Test", "Share of the test samples classified as labelled", |ui| {
            let text = format::percent(accuracy);
            ui.label(egui::RichText::new(text).font(theme::strong(15.0)).color(t.reference));
        });
        let layers = || state.loaded.as_ref().map(|l| l.network.provenance());
        let sequences = state.loaded_sequence.as_ref().map(|l| l.model.provenance());
        let before = sequences.or_else(layers).and_then(|provenance| provenance.test_accuracy);
        if let Some(before) = before {
            row(ui, "Before", "The model of the setup, with its own functions", |ui| {
                ui.label(egui::RichText::new(format::percent(before)).color(t.original));
            });
        }
        ui.horizontal(|ui| {
            named_button(ui, Command::UseTrained, "Use this model", state, queue);
            for export in exports::MODEL {
                named_button(ui, export.command(), "Save…", state, queue);
            }
        });
    });
}
