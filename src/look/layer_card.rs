//! Feature maps after a layer: in the clear, beside what the server has there.

use super::layer::LayerView;
use data::Shape;
use egui::{ComboBox, Label, RichText, Sense, Ui, vec2};
use inference::SeenLayer;
use kit::theme;

/// Maps that are shown, at most.
const MOST_MAPS: usize = 4;
const GAP: f32 = 6.0;

/// Draws the choice of a stage, and its maps; the stage that was chosen now. Without the key what is in the
/// ciphertexts is left out.
pub fn layer_card(
    ui: &mut Ui,
    view: &LayerView,
    stages: &[String],
    has_key: bool,
) -> Option<Option<String>> {
    let t = theme::tokens(ui);
    let mut chosen = view.chosen.clone();
    ui.horizontal(|ui| {
        let name = ui.label("After layer");
        let text = chosen.clone().unwrap_or_else(|| "choose one".into());
        ComboBox::from_id_salt("layer that is looked at")
            .selected_text(text)
            .width(ui.available_width().min(130.0))
            .show_ui(ui, |ui| {
                for stage in stages {
                    ui.selectable_value(&mut chosen, Some(stage.clone()), stage);
                }
            })
            .response
            .labelled_by(name.id)
            .on_hover_text(
                "Runs this one sample encrypted and looks at the ciphertexts after the layer",
            );
    });
    if let Some(failure) = &view.failure {
        ui.add(Label::new(RichText::new(failure).color(t.notice)).wrap());
    } else if let Some(seen) = view.seen.as_ref().filter(|_| view.chosen.is_some()) {
        if view.pending {
            ui.multiply_opacity(theme::STALE);
        }
        maps(ui, seen, has_key);
    } else if view.pending {
        ui.label(RichText::new("Evaluating…").color(t.text_weak));
    }
    (chosen != view.chosen).then_some(chosen)
}

/// Pairs of pictures: what is in the ciphertexts, and the first word of each of them.
fn maps(ui: &mut Ui, seen: &SeenLayer, has_key: bool) {
    let t = theme::tokens(ui);
    let (channels, height, width) = match seen.shape {
        Shape::Image { channels, height, width } => (channels, height, width),
        other => (1, 1, other.len()),
    };
    let area = (height * width).max(1);
    let shown = channels.min(seen.dots.len().div_ceil(area)).min(MOST_MAPS);
    // Two pairs in a row; where values have no place they are a line.
    let side = (ui.available_width() - 3.0 * GAP) / 4.0;
    let size = vec2(side, (side * height as f32 / width.max(1) as f32).clamp(14.0, side));
    let dots: Vec<f64> = seen.dots.iter().map(|word| *word as f64).collect();
    let range = |values: &[f64]| {
        let finite = values.iter().filter(|v| v.is_finite());
        finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)))
    };
    let small = |text: &str| RichText::new(text).font(theme::small()).color(t.text_weak);
    let heads = if has_key {
        "In the clear, and beside it what the server has"
    } else {
        "What the server has"
    };
    ui.add(Label::new(small(heads)).wrap());
    ui.spacing_mut().item_spacing = vec2(GAP, GAP);
    ui.horizontal_wrapped(|ui| {
        for map in 0..shown {
            let part = |values: &[f64]| -> Vec<f64> {
                values.iter().skip(map * area).take(area).copied().collect()
            };
            let shape = Shape::Image { channels: 1, height, width };
            let mut picture = |values: &[f64], range: (f64, f64), name: String| {
                let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
                kit::named(response, egui::Role::Image, &name);
                ui.painter().rect_filled(rect, 0, t.well);
                kit::pixels::paint(ui, rect, shape, values, range);
            };
            if has_key {
                let clear = part(&seen.clear);
                picture(&clear, range(&clear), format!("Map {} in the clear", map + 1));
            }
            let name = format!("Map {} as the server has it", map + 1);
            picture(&part(&dots), (0.0, seen.bound as f64), name);
        }
    });
    let count = format::count(seen.shape.len() as u64);
    let mut text = format!(
        "{count} values after {}, a ciphertext each, {} together: a dot is the first word of one.",
        seen.stage,
        format::bytes(seen.bytes)
    );
    if seen.dots.len() < seen.shape.len() {
        text += &format!(" The first {} are looked at.", format::count(seen.dots.len() as u64));
    }
    if has_key {
        text += &match seen.error {
            0.0 => " Decrypted they are the values in the clear, all of them.".to_owned(),
            error => format!(" Decrypted they differ by {error:.2e} at most."),
        };
    }
    ui.add(Label::new(small(&text)).wrap());
}
