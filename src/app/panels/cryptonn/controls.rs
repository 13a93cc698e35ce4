//! Starting, stopping and resuming an encrypted training.

use crate::action::Action;
use crate::command::Command;
use crate::exports;
use crate::panels::button::{export_buttons, named_button};
use crate::panels::sweep::task_button;
use crate::queue::Queue;
use crate::state::State;
use egui::{DragValue, Label, RichText, Ui};
use kit::{field, optional, row, theme};
use scenario::{OptimiserKind, TrainingRequest};
use view::TaskStatus;

/// Samples to start from when not all are wanted.
const FEW: usize = 600;

/// Units to start from when fewer than the model has are wanted.
const FEW_UNITS: usize = 8;

const MOST_ROWS: usize = 1 << 30;

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let t = theme::tokens(ui);
    let view = &state.cryptonn;
    let mut scenario = state.scenario.clone();
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 4.0;
        let running = view.status == TaskStatus::Running;
        task_button(ui, state, queue, running, Command::Train);
        kit::progress(ui, view.fraction(), "Training progress");
        let text = status(state);
        kit::caption_about(ui, &text, &text);
        if let Some(choice) = &mut scenario.training {
            let plan = state.loaded.as_ref().and_then(|l| l.training.as_deref());
            let units = plan.map_or(FEW_UNITS, |p| p.units);
            ui.add_enabled_ui(!running, |ui| choices(ui, choice, units));
        }
        row(ui, "Hold", "Between two steps; or go on with a training that was stopped", |ui| {
            let text = if view.paused { "Resume" } else { "Pause" };
            named_button(ui, Command::PauseTraining, text, state, queue);
            named_button(ui, Command::ContinueTraining, "Continue", state, queue);
        });
        let about = "A training that was stopped, as a file: without secret keys, but what it holds of the server's view gives samples away like the view itself";
        row(ui, "Checkpoint", about, |ui| {
            for export in exports::CHECKPOINT {
                named_button(ui, export.command(), "Save…", state, queue);
            }
            named_button(ui, Command::OpenCheckpoint, "Open…", state, queue);
        });
        ui.horizontal(|ui| export_buttons(ui, exports::ENCRYPTED, state, queue));
        if let Some(last) = view.epochs.last() {
            let a = &last.accuracy;
            ui.columns(3, |columns| {
                let figures = [
                    ("original", "In floating point, in the clear", a.float, t.original),
                    ("reference", "In fixed point, in the clear", a.fixed_point, t.reference),
                    ("encrypted", "On ciphertexts", a.encrypted, t.encrypted),
                ];
                for (ui, (name, about, value, colour)) in columns.iter_mut().zip(figures) {
                    ui.spacing_mut().item_spacing.y = 0.0;
                    let text = RichText::new(format::percent(value)).font(theme::strong(15.0));
                    ui.add(Label::new(text.color(colour)).truncate()).on_hover_text(about);
                    let name = RichText::new(name).font(theme::small()).color(t.text_weak);
                    ui.add(Label::new(name).truncate()).on_hover_text(about);
                }
            });
        }
    });
    if scenario != state.scenario {
        queue.push(Action::Edit(Box::new(scenario)));
    }
}

/// `units` are those of the first layer as it stands.
fn choices(ui: &mut Ui, choice: &mut TrainingRequest, units: usize) {
    field(ui, "Epochs", "Passes over the training samples", |ui| {
        ui.add(DragValue::new(&mut choice.epochs).range(1..=1000))
    });
    let about = "Samples of a mini-batch: what the gradients of one step sum over";
    field(ui, "Mini-batch", about, |ui| ui.add(DragValue::new(&mut choice.batch).range(1..=4096)));
    let about = "Learning rate at the start; it falls to zero along a cosine";
    field(ui, "Rate", about, |ui| {
        let drag = DragValue::new(&mut choice.learning_rate).range(1e-6..=1.0).speed(1e-4);
        ui.add(drag.max_decimals(5))
    });
    row(ui, "Optimiser", "How weights follow gradients; on the server, in the clear", |ui| {
        let kinds = [(OptimiserKind::Adam, "Adam"), (OptimiserKind::Sgd, "SGD")];
        for (kind, name) in kinds {
            ui.selectable_value(&mut choice.optimiser, kind, name);
        }
    });
    let about = "Decimal places of inputs and of first-layer weights in fixed point: the more, the larger the decrypted integers and the slower their discrete logarithms";
    row(ui, "Decimals", about, |ui| {
        for (name, prefix, value) in [
            ("Input decimals", "inputs ", &mut choice.input_decimals),
            ("Weight decimals", "weights ", &mut choice.weight_decimals),
        ] {
            let drag = DragValue::new(value).range(0..=4).speed(0.02).prefix(prefix);
            let drag = ui.add(drag);
            kit::named(drag, egui::Role::SpinButton, name);
        }
    });
    row(ui, "Samples", "Training samples to use, from the first on", |ui| {
        let mut some = choice.samples.is_some();
        if ui.checkbox(&mut some, "only").changed() {
            choice.samples = some.then_some(FEW);
        }
        let mut count = choice.samples.unwrap_or(FEW);
        let drag = DragValue::new(&mut count).range(1..=10_000_000).speed(2.0);
        let drag = ui.add_enabled(some, drag);
        if kit::named(drag, egui::Role::SpinButton, "Training samples").changed() {
            choice.samples = Some(count);
        }
    });
    let about =
        "Units of the first layer, fewer than the model has: each asks for one row in every step";
    optional(ui, "Units", "", about, &mut choice.units, (FEW_UNITS, 4096));
    let about = "The authority gives keys for so many distinct rows on any one mini-batch and no more; each mini-batch then has public keys of its own, and the training ends when the rows are used up";
    optional(ui, "Limit", " rows", about, &mut choice.max_rows, (units, MOST_ROWS));
    let about = "Standard deviation of the noise that clients add to every normalised input before they encrypt it; the network learns from noisy inputs";
    field(ui, "Noise", about, |ui| {
        let drag = DragValue::new(&mut choice.noise).range(0.0..=10.0).speed(0.01);
        ui.add(drag.max_decimals(3))
    });
}

/// How the training stands, one line.
pub fn status(state: &State) -> String {
    let view = &state.cryptonn;
    match &view.status {
        TaskStatus::Idle => "On ciphertexts, and in plaintext beside it".to_owned(),
        TaskStatus::Running if state.task_stopping => "Stopping".to_owned(),
        TaskStatus::Running if view.paused => format!(
            "Held after step {} of {}",
            format::count(view.step as u64),
            format::count(view.of as u64)
        ),
        TaskStatus::Running => match view.preparing {
            Some((what, fraction)) => format!("{what}, {:.0} %", fraction * 100.0),
            None => format!(
                "step {} of {}, about {} left",
                format::count(view.step as u64),
                format::count(view.of as u64),
                format::secs(view.eta_secs.max(0.0))
            ),
        },
        TaskStatus::Finished if view.report.as_ref().is_some_and(|r| r.ended_by_limit) => {
            format!("Ended by the authority's limit after {} epochs", view.epochs.len())
        }
        TaskStatus::Finished => format!("Finished {} epochs", view.epochs.len()),
        TaskStatus::Stopped => format!(
            "Interrupted after step {} of {}",
            format::count(view.step as u64),
            format::count(view.of as u64)
        ),
        TaskStatus::Failed(reason) => reason.clone(),
    }
}
