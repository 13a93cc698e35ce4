//! True samples, and below each what is made of it.

use crate::sample_shape::{scale, shape};
use data::{Dataset, Shape};
use egui::{Align2, Color32, RichText, Sense, Stroke, Ui, Vec2, vec2};
use kit::{pixels, theme};
use view::{Attack, LeakChoice, LeakView};

/// Least width of an image and of a table row.
const IMAGE: f32 = 56.0;
const TABLE: f32 = 176.0;
const GAP: f32 = 6.0;

/// Draws them, with the names of `dataset`; what a person chose.
pub fn gallery(ui: &mut Ui, view: &LeakView, dataset: Option<&Dataset>) -> Option<LeakChoice> {
    let t = theme::tokens(ui);
    let mut asked = None;
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing = vec2(GAP, 3.0);
        let Some((seen, pool)) = &view.data else {
            let text = "Train encrypted first: then this shows each training sample beside what the server can make of it, without ever having the key";
            ui.label(RichText::new(text).color(t.text_weak));
            return;
        };
        let shape = shape(&seen.encoding);
        let least = if matches!(shape, Shape::Image { .. }) { IMAGE } else { TABLE };
        let room = ui.available_width() + GAP;
        let columns = (room / (least + GAP)).floor().max(1.0);
        let width = (room / columns - GAP).floor();
        let columns = columns as usize;
        let size = vec2(width, pixels::height(shape, width));
        let samples = samples(view);
        let shown: Vec<(usize, usize)> = samples.into_iter().take(columns).enumerate().collect();
        let true_of = |index: usize| -> Vec<f64> {
            let values = pool.sample(index).unwrap_or_default();
            values.iter().map(|v| f64::from(*v)).collect()
        };

        let range = scale(&seen.encoding, shown.iter().flat_map(|(_, index)| true_of(*index)));
        title(ui, "True samples", "what the clients encrypt; the server never has them", t.text_strong);
        ui.horizontal(|ui| {
            for (at, index) in &shown {
                let name = format!("True sample {index}");
                let values = true_of(*index);
                let response = pixels::sample(ui, size, shape, &values, range, t.series(3), &name);
                asked = chosen(ui, view, *at, &response).or(asked.take());
            }
        });
        labels(ui, view, dataset, &shown, width);
        let about = "from everything it decrypted";
        title(ui, "What the server makes of them", about, t.series(1));
        attack(ui, &view.open, view.pending, &shown, size, shape, range, "Reconstruction", t.series(1));
        if view.choice.settings.is_mitigated() {
            title(ui, "Had it seen less", &mitigations(view), t.series(0));
            attack(ui, &view.limited, view.pending, &shown, size, shape, range, "Mitigated", t.series(0));
        }
    });
    asked
}

/// Indices of the samples of the mini-batch that is looked at.
fn samples(view: &LeakView) -> Vec<usize> {
    let batch = view.batches().get(view.choice.batch).copied().unwrap_or_default();
    let steps = view.data.iter().flat_map(|(seen, _)| &seen.steps);
    steps.into_iter().find(|s| s.batch == batch).map(|s| s.samples.clone()).unwrap_or_default()
}

fn title(ui: &mut Ui, text: &str, about: &str, colour: Color32) {
    let t = theme::tokens(ui);
    ui.horizontal(|ui| {
        ui.label(RichText::new(text).font(theme::heading()).color(colour));
        let text = RichText::new(about).font(theme::small()).color(t.text_weak);
        ui.add(egui::Label::new(text).truncate());
    });
}

fn mitigations(view: &LeakView) -> String {
    let settings = &view.choice.settings;
    let mut parts = Vec::new();
    if let Some(rows) = settings.most_rows {
        parts.push(format!("keys for {rows} rows a ciphertext"));
    }
    if let Some(units) = settings.units {
        parts.push(format!("{units} units"));
    }
    parts.join(", ")
}

fn chosen(ui: &Ui, view: &LeakView, at: usize, response: &egui::Response) -> Option<LeakChoice> {
    let t = theme::tokens(ui);
    if view.choice.sample == at {
        let stroke = Stroke::new(1.5, t.text_strong);
        ui.painter().rect_stroke(response.rect, 2, stroke, egui::StrokeKind::Outside);
    }
    response.clicked().then(|| LeakChoice { sample: at, ..view.choice.clone() })
}

/// The labels the server read off, below the true samples.
fn labels(
    ui: &mut Ui,
    view: &LeakView,
    dataset: Option<&Dataset>,
    shown: &[(usize, usize)],
    width: f32,
) {
    let t = theme::tokens(ui);
    ui.horizontal(|ui| {
        for (_, index) in shown {
            let size = vec2(width, 14.0);
            let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
            let read = view.labels.recovered.get(index);
            let name = read.map(|l| {
                let names = dataset.map(|d| d.classes()).unwrap_or_default();
                names.get(usize::from(*l)).cloned().unwrap_or_else(|| l.to_string())
            });
            let truth = dataset.and_then(|d| d.train().labels.get(*index));
            let (text, colour) = match (&name, read == truth) {
                (None, _) => ("label hidden".to_owned(), t.text_weak),
                (Some(name), true) => (format!("label {name}"), t.series(1)),
                (Some(name), false) => (format!("label {name}, wrong"), t.text_weak),
            };
            ui.painter_at(rect).text(
                rect.center(),
                Align2::CENTER_CENTER,
                text,
                theme::small(),
                colour,
            );
            response.on_hover_text(
                "Read off A − Y: the server knows its own output A and decrypts the difference",
            );
        }
    });
}

#[expect(clippy::too_many_arguments, reason = "one row of the gallery, drawn in three places")]
fn attack(
    ui: &mut Ui,
    attack: &Attack,
    pending: bool,
    shown: &[(usize, usize)],
    size: Vec2,
    shape: Shape,
    range: (f64, f64),
    name: &str,
    colour: Color32,
) {
    let len = shape.len();
    ui.horizontal(|ui| {
        for (_, index) in shown {
            let found = attack.found.as_ref();
            let values = found.and_then(|f| {
                let at = f.samples.iter().position(|s| s == index)?;
                f.values.get(at * len..(at + 1) * len)
            });
            let name = format!("{name} of sample {index}");
            pixels::sample(ui, size, shape, values.unwrap_or_default(), range, colour, &name);
        }
    });
    if attack.found.is_none() {
        let text = if pending { "Reconstructing" } else { "Nothing of these samples was seen yet" };
        kit::caption(ui, text);
    }
}
