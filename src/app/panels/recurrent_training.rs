//! Choices for the training of a recurrent network.

use super::training_start::TrainingStart;
use crate::action::Action;
use crate::queue::Queue;
use crate::state::State;
use activation::{Activation, Method};
use egui::{ComboBox, DragValue, Ui};
use kit::{field, row, theme};
use network::recurrent::CellKind;
use network::train::RecurrentOptions;
use view::TaskStatus;
use worker::LoadedSequence;

pub fn controls(ui: &mut Ui, state: &State, loaded: &LoadedSequence, queue: &mut Queue) {
    let view = &state.training;
    let before = view.recurrent_options(&loaded.model);
    let mut options = before.clone();
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 4.0;
        let running = view.status == TaskStatus::Running;
        let idle = "Trains a recurrent network from fresh weights";
        TrainingStart::of_setup(view, idle).show(ui, state, queue);
        ui.add_enabled_ui(!running, |ui| {
            cells(ui, &mut options);
            learning(ui, &mut options);
            polynomials(ui, &mut options);
        });
    });
    if options != before {
        queue.push(Action::EditRecurrentTraining(Box::new(options)));
    }
}

fn cells(ui: &mut Ui, options: &mut RecurrentOptions) {
    let about = "Elman: one function of a sum. GRU: gates that keep and forget. LSTM: the same, with a state of the cells beside the hidden one";
    row(ui, "Cell", about, |ui| {
        for kind in CellKind::ALL {
            ui.selectable_value(&mut options.cell, kind, kind.name());
        }
    });
    row(ui, "Layers", "One recurrent layer, or a second one on the states of the first", |ui| {
        for (layers, name) in [(1, "one"), (2, "two")] {
            ui.selectable_value(&mut options.layers, layers, name);
        }
    });
    field(ui, "Units", "Size of the hidden state of each layer", |ui| {
        ui.add(DragValue::new(&mut options.hidden).range(1..=256).speed(0.2))
    });
}

fn learning(ui: &mut Ui, options: &mut RecurrentOptions) {
    field(ui, "Epochs", "Passes over the training samples with the exact functions", |ui| {
        ui.add(DragValue::new(&mut options.epochs).range(1..=1000))
    });
    let about = "Learning rate at the start; it falls to zero along a cosine";
    field(ui, "Rate", about, |ui| {
        let drag = DragValue::new(&mut options.learning_rate).range(1e-5..=0.5).speed(1e-4);
        ui.add(drag.max_decimals(5))
    });
    let about = "Gradients longer than this, all weights together, are shortened to it: through many steps they can explode";
    field(ui, "Clipping", about, |ui| {
        ui.add(DragValue::new(&mut options.clip_norm).range(1e-3..=1e3).speed(0.01))
    });
    let about = "Price of pre-activations, and of cell states of an LSTM, that leave the interval: the higher, the fewer do";
    field(ui, "Penalty", about, |ui| {
        ui.add(DragValue::new(&mut options.range_penalty).range(0.0..=1e4).speed(0.01))
    });
    let about = "Half-width l of the interval [-l, l] that pre-activations and cell states shall stay inside, and that polynomials approximate on";
    field(ui, "Interval", about, |ui| {
        ui.add(DragValue::new(&mut options.interval).range(0.5..=20.0).speed(0.02).prefix("±"))
    });
    let about = "Standard deviation of noise added to every state while training: the network learns to forget what encryption does to its states";
    field(ui, "State noise", about, |ui| {
        let drag = DragValue::new(&mut options.state_noise).range(0.0..=1.0).speed(1e-3);
        ui.add(drag.max_decimals(3))
    });
}

fn polynomials(ui: &mut Ui, options: &mut RecurrentOptions) {
    row(
        ui,
        "Inside",
        "Whether training goes on with polynomials in the place of the functions",
        |ui| {
            ui.checkbox(&mut options.polynomials, "Polynomials").on_hover_text(
            "A third as many epochs again; without them only the client or a lookup table can compute the functions",
        );
        },
    );
    ui.add_enabled_ui(options.polynomials, |ui| {
        field(ui, "Method", "How the polynomial is found", |ui| {
            ComboBox::from_id_salt("recurrent method")
                .selected_text(options.method.name())
                .width(ui.available_width())
                .show_ui(ui, |ui| {
                    let fits = |m: &Method| {
                        m.applies_to(&Activation::Tanh).is_ok()
                            && !m.takes_coefficients()
                            && *m != Method::WeightedLeastSquares
                            && *m != Method::CompositeMinimax
                    };
                    for method in Method::ALL.into_iter().filter(fits) {
                        ui.selectable_value(&mut options.method, method, method.name());
                    }
                })
                .response
        });
        field(ui, "Degree", "Of the polynomial: 3 takes two levels a step, up to 7 three", |ui| {
            ui.add(DragValue::new(&mut options.degree).range(1..=15).speed(0.05))
        });
    });
}
