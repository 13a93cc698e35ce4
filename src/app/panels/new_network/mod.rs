//! A new network in the tab Training: its rows, its training, and what came of it.

mod choice;
mod result;
mod rows;

pub use choice::choice;

use super::training_start::TrainingStart;
use crate::action::Action;
use crate::command::Command;
use crate::exports;
use crate::queue::Queue;
use crate::state::State;
use data::{Dataset, Shape};
use egui::{DragValue, Rect, RichText, Ui, vec2};
use kit::{Beside, field, row, theme};
use network::train::Purpose;
use view::{Blueprint, TaskStatus};

/// Width of the column of controls, and its share of the tab.
const COLUMN: std::ops::RangeInclusive<f32> = 344.0..=420.0;
const SHARE: f32 = 0.42;
/// Epochs that the axis has at least.
const LEAST_EPOCHS: usize = 20;
const LEAST_PLOTS: f32 = 250.0;
const EPOCHS: (usize, usize) = (100, 1000);
const PATIENCE: (usize, usize) = (30, 1000);

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let width = (ui.available_width() * SHARE).clamp(*COLUMN.start(), *COLUMN.end());
    let beside = Beside { id: "new network column", width, tall: LEAST_PLOTS };
    beside.show(
        ui,
        queue,
        |ui, queue| column(ui, state, queue),
        |ui, _| {
            let place = ui.available_rect_before_wrap();
            let size = vec2(place.width(), place.height().max(LEAST_PLOTS));
            curves(ui, Rect::from_min_size(place.min, size), state);
        },
    );
}

fn curves(ui: &mut Ui, rect: Rect, state: &State) {
    let view = &state.new_network.training;
    let intervals = view.epochs.iter().any(|r| r.share_inside.is_some());
    // It may end long before the epochs that there could be: the axis grows with the curves.
    let epochs = (view.epochs.len() * 3 / 2).max(LEAST_EPOCHS).min(view.of);
    plots::training(ui, rect, view, epochs, intervals);
}

fn column(ui: &mut Ui, state: &State, queue: &mut Queue) {
    choice(ui, state, queue);
    let Some(data) = &state.data else { return without_data(ui, state) };
    result::show(ui, state, queue);
    let before = &state.new_network.blueprint;
    let mut blueprint = before.clone();
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 4.0;
        let running = state.new_network.training.status == TaskStatus::Running;
        let start = TrainingStart {
            view: &state.new_network.training,
            command: Command::TrainNetwork,
            idle: "Trains it from fresh weights; a tenth of the samples is held out",
            stopped: "Stopped; no network was kept",
            bar: "New network progress",
            curves: exports::NEW_NETWORK.get(1),
        };
        start.show(ui, state, queue);
        ui.add_enabled_ui(!running, |ui| {
            about(ui, &data.dataset, &mut blueprint);
            rows::show(ui, &mut blueprint);
            learning(ui, &mut blueprint);
        });
    });
    if blueprint != *before {
        queue.push(Action::EditNewNetwork(Box::new(blueprint)));
    }
}

/// Why no network can be written.
fn without_data(ui: &mut Ui, state: &State) {
    let text = match state.preview.pending {
        true => "Loading the data",
        false => "No data are loaded: choose a dataset in the setup, or drop a file on the window",
    };
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.add(egui::Label::new(text).wrap());
    });
}

/// What the network is of and for.
fn about(ui: &mut Ui, dataset: &Dataset, blueprint: &mut Blueprint) {
    row(ui, "Data", "The data of the setup give what goes in and what comes out", |ui| {
        let text = format!(
            "{}: {} in, {}, {} to train on",
            format::excerpt(view::file_name(dataset.name())),
            match dataset.shape() {
                Shape::Flat { len } => format!("{len} values"),
                shape => shape.to_string(),
            },
            crate::panels::data::classes_of(dataset),
            format::count(dataset.train().len() as u64)
        );
        kit::caption_about(ui, &text, &text);
    });
    row(
        ui,
        "Made for",
        "The scheme that it will run on, which its training prepares it for",
        |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            for purpose in blueprint.purposes() {
                let (name, about) = purpose_words(*purpose, blueprint.is_of_sequences());
                let chosen = blueprint.purpose == *purpose;
                let entry = ui.selectable_label(chosen, name).on_hover_text(about);
                if kit::named(entry, egui::Role::Button, &format!("Made for {name}")).clicked()
                    && !chosen
                {
                    blueprint.purpose = *purpose;
                    blueprint.check();
                }
            }
        },
    );
    let (_, about) = purpose_words(blueprint.purpose, blueprint.is_of_sequences());
    let about = RichText::new(about).font(theme::small()).color(theme::tokens(ui).text_weak);
    ui.add(egui::Label::new(about).wrap());
}

/// The name of a purpose, and what it means for a network of sequences or of layers.
fn purpose_words(purpose: Purpose, sequences: bool) -> (&'static str, &'static str) {
    match (purpose, sequences) {
        (Purpose::Integers, _) => (
            "BGV",
            "Exact integers: every function becomes a square; weights and inputs are trained on integers",
        ),
        (Purpose::Polynomials, false) => (
            "CKKS",
            "Real numbers: trained with the functions as written, then with polynomials of degree 2 in their places",
        ),
        (Purpose::Polynomials, true) => (
            "CKKS",
            "Real numbers: trained with the exact functions of the cells, then with polynomials of degree 3 in their places; the state is refreshed by the client every few steps",
        ),
        (Purpose::Tables, false) => (
            "TFHE",
            "Lookup tables: integers, tables of 5 bits, and the noise of encrypted sums; one sample at a time",
        ),
        (Purpose::Tables, true) => (
            "TFHE",
            "Lookup tables by bootstrapping: one row of elman cells; one sequence at a time, in one round",
        ),
        (Purpose::ClientAided, _) => (
            "Client-aided",
            "Real numbers (CKKS): the client computes the functions of the cells exactly, in every step",
        ),
    }
}

fn learning(ui: &mut Ui, blueprint: &mut Blueprint) {
    ui.add_space(2.0);
    let about =
        "Passes over the training samples, in each stage; as many as suit the data when not ticked";
    kit::optional(ui, "Epochs", "", about, &mut blueprint.epochs, EPOCHS);
    let about = "A stage ends after so many epochs without a better accuracy on the samples held out, and keeps the weights of the best epoch";
    kit::optional(ui, "Early stop", " epochs", about, &mut blueprint.patience, PATIENCE);
    field(ui, "Seed", "The same seed, data and rows give the same network", |ui| {
        let range = 1..=u64::from(u32::MAX);
        ui.add(DragValue::new(&mut blueprint.seed).range(range).speed(0.1))
    });
}
