//! A sample, one of its values as a ciphertext, and its answers side by side; on narrow windows one below
//! the other.

use crate::action::Action;
use crate::queue::Queue;
use crate::state::State;
use data::Shape;
use egui::{RichText, ScrollArea, Ui};
use kit::theme;
use look::{Eyes, ciphertext_card, layer_card};
use report::Sample;
use view::Difference;

/// Width of the sample, and of its ciphertext.
pub const COLUMN: f32 = 252.0;
/// Below this width the ciphertext stands under the sample.
const THREE: f32 = 820.0;

/// Below this one all three stand under one another, on a page that scrolls.
const TWO: f32 = 460.0;

/// Draws the sample, the ciphertext where there is one, and the answers.
pub fn show(
    ui: &mut Ui,
    queue: &mut Queue,
    sample: impl FnOnce(&mut Ui, &mut Queue),
    ciphertext: Option<impl FnOnce(&mut Ui, &mut Queue)>,
    answers: impl FnOnce(&mut Ui, &mut Queue),
) {
    if ui.available_width() < TWO {
        ScrollArea::vertical().id_salt("sample page").auto_shrink([false, false]).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = theme::CARD_GAP;
            wide_card(ui, |ui| {
                ui.set_max_width(COLUMN);
                sample(ui, queue);
            });
            wide_card(ui, |ui| answers(ui, queue));
            if let Some(ciphertext) = ciphertext {
                wide_card(ui, |ui| ciphertext(ui, queue));
            }
        });
        return;
    }
    let wide = ui.available_width() >= THREE;
    let column = COLUMN.min(ui.available_width() * 0.4);
    let height = ui.available_height();
    let card = |ui: &mut Ui, name: &str, width: f32, add: &mut dyn FnMut(&mut Ui)| {
        theme::card(ui).show(ui, |ui| {
            ui.vertical(|ui| {
                ui.set_width(width);
                ScrollArea::vertical()
                    .id_salt(name)
                    .max_height(height - 2.0 * f32::from(theme::CARD_MARGIN))
                    .auto_shrink([false, true])
                    .show(ui, |ui| add(ui));
            });
        });
    };
    let (mut sample, mut ciphertext, mut answers) = (Some(sample), ciphertext, Some(answers));
    ui.horizontal_top(|ui| {
        card(ui, "sample", column, &mut |ui| {
            if let Some(add) = sample.take() {
                add(ui, queue);
            }
            if let Some(add) = ciphertext.take_if(|_| !wide) {
                ui.add_space(theme::CARD_GAP);
                add(ui, queue);
            }
        });
        if let Some(add) = ciphertext.take() {
            let mut add = Some(add);
            card(ui, "ciphertext", column, &mut |ui| {
                if let Some(add) = add.take() {
                    add(ui, queue);
                }
            });
        }
        let rest = ui.available_width() - 2.0 * f32::from(theme::CARD_MARGIN) - 2.0;
        card(ui, "answers", rest, &mut |ui| {
            if let Some(add) = answers.take() {
                add(ui, queue);
            }
        });
    });
}

/// A card as wide as there is room.
fn wide_card(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    theme::card(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        add(ui);
    });
}

/// The ciphertext of a value of the sample that is shown.
pub fn ciphertext(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let value = state.ciphertext.value().map_or_else(String::new, |at| name(state, at));
    let eyes = Eyes { has_key: state.eyes().has_key(), value: &value };
    if let Some(edit) = ciphertext_card(ui, &state.ciphertext, eyes) {
        queue.push(Action::EditCiphertext(edit));
    }
    ui.add_space(theme::GAP);
    let planned = state.preview.plan.iter().flat_map(|plan| &plan.stages);
    let stages: Vec<String> =
        planned.filter(|s| !s.layers.is_empty()).map(|s| s.name.clone()).collect();
    if let Some(stage) = layer_card(ui, &state.layer, &stages, eyes.has_key) {
        queue.push(Action::LookAfter(stage));
    }
}

/// What a value of the samples is called.
fn name(state: &State, at: usize) -> String {
    let Some(loaded) = &state.loaded else { return format!("value {at}") };
    match loaded.dataset.shape() {
        Shape::Image { channels, height, width } => {
            let (area, wide) = ((height * width).max(1), width.max(1));
            let place = format!("row {}, column {}", at % area / wide + 1, at % wide + 1);
            match channels {
                1 => format!("Pixel in {place}"),
                _ => format!("Pixel in {place}, channel {}", at / area + 1),
            }
        }
        _ => loaded.dataset.features().get(at).cloned().unwrap_or_else(|| format!("feature {at}")),
    }
}

/// What made the difference, where there is one.
pub fn because(ui: &mut Ui, sample: &Sample) {
    let t = theme::tokens(ui);
    let approximation = Difference::Approximation.holds(sample);
    let (text, colour) = match Difference::Encryption.holds(sample) {
        true if approximation => (
            "The reference answers otherwise than the original, and encryption changed that answer again",
            t.encrypted,
        ),
        true => (
            "Encryption changed the answer: the reference answers as the original does",
            t.encrypted,
        ),
        false if approximation => (
            "Quantisation or approximation changed the answer; encryption changed nothing",
            t.reference,
        ),
        false => ("All three give the same answer", t.text_weak),
    };
    ui.label(RichText::new(text).font(theme::small()).color(colour));
}
