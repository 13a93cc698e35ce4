//! What came of the training of a new network, and what can be done with it.

use crate::command::Command;
use crate::exports;
use crate::panels::button::{hover, named_button};
use crate::queue::Queue;
use crate::state::State;
use egui::{Button, Color32, RichText, Ui, vec2};
use format::Share;
use kit::{row, theme};
use network::train::{Purpose, TrainedModel};
use view::scheme_of;

const BUTTON: f32 = 30.0;

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let new = &state.new_network;
    let (Some(trained), Some(request)) = (&new.training.trained, &new.request) else { return };
    let t = theme::tokens(ui);
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 4.0;
        kit::heading(ui, "Trained network");
        kit::caption_about(ui, &new.training.what, &new.training.what);
        let test = state.data.as_ref().filter(|_| request.dataset == state.scenario.dataset);
        let test = test.map(|data| data.dataset.test().len());
        let about = "Share of the test samples classified as labelled, after the training in floating point";
        if let Some(first) = trained.first_accuracy() {
            accuracy(ui, "Original", about, (first, test), t.original);
        }
        let (name, value) = encrypted(trained, request.purpose);
        let about = format!("The same of the network that will run encrypted, in the clear: {name}");
        accuracy(ui, &scheme_of(request.purpose), &about, (value, test), t.reference);
        let kept: Vec<String> = trained.kept().iter().map(usize::to_string).collect();
        row(ui, "Kept", "Of each stage of the training the epoch whose weights were kept", |ui| {
            kit::caption(ui, &format!("epoch {}", kept.join(", then ")));
        });
        let command = Command::RunTrained;
        let text = RichText::new("▶  Run encrypted").font(theme::strong(13.5)).color(t.on_action);
        let button = Button::new(text).fill(t.action);
        let size = vec2(ui.available_width(), BUTTON);
        let enabled = command.is_enabled(state);
        let response = ui.add_enabled_ui(enabled, |ui| ui.add_sized(size, button)).inner;
        let response = hover(response, command, state);
        if kit::named(response, egui::Role::Button, command.words().label).clicked() {
            queue.push(command);
        }
        if let Some(export) = exports::NEW_NETWORK.first() {
            named_button(ui, export.command(), "Save model…", state, queue);
        }
    });
}

/// What is judged, and its accuracy on the test samples.
fn encrypted(trained: &TrainedModel, purpose: Purpose) -> (&'static str, f64) {
    let test = trained.provenance().test_accuracy.unwrap_or(f64::NAN);
    let TrainedModel::Layers(trained) = trained else {
        return match purpose {
            Purpose::Tables => ("with exact functions, which become lookup tables", test),
            Purpose::ClientAided => ("with exact functions", test),
            Purpose::Polynomials | Purpose::Integers => ("with polynomials", test),
        };
    };
    let integers = trained.integers.as_ref().map(|i| ("on exact integers", i.accuracy));
    let tables =
        trained.tables.as_ref().map(|t| ("with lookup tables and noise", t.noisy_accuracy));
    tables.or(integers).unwrap_or(("with polynomials", test))
}

fn accuracy(
    ui: &mut Ui,
    name: &str,
    about: &str,
    (share, of): (f64, Option<usize>),
    colour: Color32,
) {
    row(ui, name, about, |ui| {
        let counted = of.map(|of| format!(", {}", Share::of_fraction(share, of).counted()));
        let text = format!("{}{}", format::percent(share), counted.unwrap_or_default());
        ui.label(RichText::new(text).font(theme::strong(14.0)).color(colour));
    });
}
