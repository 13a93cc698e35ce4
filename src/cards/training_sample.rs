//! A training sample as the client has it, and as the server sees it: first-layer values.

use crate::sample_shape::{scale, shape};
use attack::ServerStep;
use egui::{Align2, Rect, RichText, Sense, Stroke, Ui, pos2, vec2};
use kit::{pixels, theme};
use view::{LeakChoice, LeakView};

const PICTURE: f32 = 150.0;
/// Most values drawn as bars.
const MOST: usize = 128;
/// Space above and below the bars, for their numbers.
const AIR: f32 = 15.0;
/// Bars of this width carry their number.
const WIDE: f32 = 34.0;

/// Draws it; what a person chose.
pub fn training_sample(ui: &mut Ui, view: &LeakView, height: f32) -> Option<LeakChoice> {
    let t = theme::tokens(ui);
    let mut asked = None;
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.set_min_height(height - 2.0 * f32::from(theme::CARD_MARGIN));
        let Some((index, step, slot)) = looked_at(view) else {
            kit::heading(ui, "A sample as the server sees it");
            let text = "Comes with the first step: the values of the first layer are all that the server decrypts of a sample";
            ui.label(RichText::new(text).color(t.text_weak));
            return;
        };
        ui.horizontal(|ui| {
            kit::heading(ui, "A sample as the server sees it");
            for (text, name, by) in [("◀", "Sample before", -1_isize), ("▶", "Sample after", 1)] {
                let button = kit::named(ui.small_button(text), egui::Role::Button, name);
                if button.clicked() {
                    let mut choice = view.choice.clone();
                    let last = step.samples.len().saturating_sub(1);
                    choice.sample = choice.sample.saturating_add_signed(by).min(last);
                    asked = Some(choice);
                }
            }
            let text = format!("training sample {index}, step {}", step.step + 1);
            kit::caption(ui, &text);
        });
        let Some((seen, pool)) = &view.data else { return };
        let shape = shape(&seen.encoding);
        let values: Vec<f64> =
            pool.sample(index).unwrap_or_default().iter().map(|v| f64::from(*v)).collect();
        let range = scale(&seen.encoding, values.iter().copied());
        ui.horizontal_top(|ui| {
            ui.vertical(|ui| {
                let room = (ui.available_width() * 0.3).min(PICTURE);
                let size = vec2(room, pixels::height(shape, room));
                ui.set_max_width(room);
                pixels::sample(ui, size, shape, &values, range, t.series(3), "True sample");
                kit::caption(ui, "The client's own");
            });
            ui.vertical(|ui| {
                let products = step.products.get(slot).map(Vec::as_slice).unwrap_or_default();
                let (sense, width) = (Sense::hover(), ui.available_width());
                let (rect, response) = ui.allocate_exact_size(vec2(width, PICTURE), sense);
                kit::named(response, egui::Role::Image, "First-layer values");
                bars(ui, rect, products);
                let range = products.iter().fold((0, 0), |(l, h), v| (*v.min(&l), *v.max(&h)));
                let text = format!(
                    "{} integers the server decrypts of it, {} to {}; weight rows times the sample",
                    products.len(),
                    range.0,
                    range.1
                );
                kit::caption(ui, &text);
            });
        });
    });
    asked
}

/// Index of the sample that is looked at, the first step it was in, and its slot there.
fn looked_at(view: &LeakView) -> Option<(usize, &ServerStep, usize)> {
    let (seen, _) = view.data.as_ref()?;
    let batches = view.batches();
    let batch = *batches.get(view.choice.batch).or(batches.first())?;
    let step = seen.steps.iter().rev().find(|s| s.batch == batch)?;
    let slot = view.choice.sample.min(step.samples.len().checked_sub(1)?);
    Some((*step.samples.get(slot)?, step, slot))
}

fn bars(ui: &Ui, rect: Rect, values: &[i64]) {
    let t = theme::tokens(ui);
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 2, t.well);
    let shown = values.get(..MOST.min(values.len())).unwrap_or_default();
    let highest = shown.iter().copied().max().unwrap_or(0).max(0);
    let lowest = shown.iter().copied().min().unwrap_or(0).min(0);
    let span = (highest - lowest).max(1) as f32;
    let inside = rect.shrink2(vec2(0.0, AIR));
    let zero = inside.top() + highest as f32 / span * inside.height();
    let width = rect.width() / shown.len().max(1) as f32;
    for (at, value) in shown.iter().enumerate() {
        let x = rect.left() + at as f32 * width;
        let y = zero - *value as f32 / span * inside.height();
        let bar = Rect::from_two_pos(pos2(x + 1.0, zero), pos2(x + (width - 1.0).max(2.0), y));
        painter.rect_filled(bar, 1, t.encrypted);
        if width > WIDE {
            let (align, by) =
                if *value < 0 { (Align2::CENTER_TOP, 1.0) } else { (Align2::CENTER_BOTTOM, -1.0) };
            let place = pos2(bar.center().x, y + by);
            painter.text(place, align, value.to_string(), theme::small(), t.text_weak);
        }
    }
    painter.hline(rect.x_range(), zero, Stroke::new(1.0, t.line));
}
