//! The tab Samples: one input, and what both networks say to it.

use super::kit;
use crate::app::Queue;
use crate::app::commands::Command;
use crate::app::plots;
use crate::app::run_view::RunView;
use crate::app::state::State;
use crate::app::theme;
use crate::data::{Dataset, Shape};
use crate::format;
use crate::run::Sample;
use crate::run::sequence::SequenceTrace;
use egui::{Align2, Color32, Rect, RichText, ScrollArea, Sense, Stroke, Ui, pos2, vec2};

const INPUT_WIDTH: f32 = 300.0;
const BAR: f32 = 11.0;
const MOST_ROWS: usize = 64;
/// Steps of so many values are rows of an image.
const IMAGE_CHANNELS: usize = 20;
const SEQUENCE_HEIGHT: f32 = 200.0;

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let t = theme::tokens(ui);
    let Some((run, sample)) = chosen(state) else {
        ui.centered_and_justified(|ui| {
            ui.label(
                RichText::new("Run first: then each sample is here, with both answers")
                    .color(t.text_weak),
            );
        });
        return;
    };
    let count = run.order.len();
    let disagreements = run.samples.iter().filter(|s| s.plain != s.encrypted).count();
    ui.horizontal(|ui| {
        kit::command_button(ui, Command::PreviousSample, "◀ Previous", state, queue);
        kit::command_button(ui, Command::NextSample, "Next ▶", state, queue);
        let at = state.sample_at.min(count - 1) + 1;
        ui.label(format!(
            "{} of {}; {} disagreements come first",
            format::count(at as u64),
            format::count(count as u64),
            format::count(disagreements as u64)
        ));
    });
    ui.add_space(theme::CARD_GAP);
    let recurrent = state.loaded_sequence.as_ref().map(|l| &*l.dataset);
    let dataset = state.loaded.as_ref().map(|l| &*l.dataset).or(recurrent);
    ui.horizontal_top(|ui| {
        theme::card(ui).show(ui, |ui| {
            ui.vertical(|ui| {
                ui.set_width(INPUT_WIDTH.min(ui.available_width() * 0.4));
                kit::heading(ui, &format!("Test sample {}", sample.index));
                if let Some(dataset) = dataset {
                    input(ui, dataset, sample);
                }
            });
        });
        theme::card(ui).show(ui, |ui| {
            ui.vertical(|ui| {
                ui.set_width(ui.available_width());
                ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
                    answers(ui, run, sample);
                });
            });
        });
    });
}

fn chosen(state: &State) -> Option<(&RunView, &Sample)> {
    let run = state.run.as_ref()?;
    let at = state.sample_at.min(run.order.len().checked_sub(1)?);
    let sample = run.samples.get(*run.order.get(at)?)?;
    Some((run, sample))
}

fn input(ui: &mut Ui, dataset: &Dataset, sample: &Sample) {
    let len = dataset.shape().len();
    let test = dataset.test();
    let start = sample.index.saturating_mul(len);
    let Some(values) = test.inputs.get(start..start.saturating_add(len)) else {
        kit::caption(ui, "The dataset has changed since the run");
        return;
    };
    match dataset.shape() {
        Shape::Image { channels, height, width } => image(ui, values, channels, height, width),
        Shape::Flat { .. } => row(ui, dataset, values),
        Shape::Sequence { steps, channels } => {
            let length = test.lengths.get(sample.index).map_or(steps, |l| usize::from(*l));
            sequence(ui, dataset, values, (steps, channels), steps.saturating_sub(length));
        }
    }
}

/// A sequence over time; words where it is text.
fn sequence(
    ui: &mut Ui,
    dataset: &Dataset,
    values: &[f32],
    (steps, channels): (usize, usize),
    begins: usize,
) {
    let words = dataset.vocabulary();
    if !words.is_empty() {
        let word = |token: &f32| words.get(*token as usize).map_or("?", String::as_str);
        let text: Vec<&str> = values.iter().skip(begins).map(word).collect();
        ui.add(egui::Label::new(text.join(" ")).wrap());
        let about = format!("{} words of {steps}; ? stands for rare ones", steps - begins);
        kit::caption(ui, &about);
        return;
    }
    if channels >= IMAGE_CHANNELS {
        return image(ui, values, 1, steps, channels);
    }
    let inputs =
        values.chunks(channels.max(1)).map(|row| row.iter().map(|v| f64::from(*v)).collect());
    let trace = SequenceTrace { begins, inputs: inputs.collect(), ..SequenceTrace::default() };
    let size = vec2(ui.available_width(), SEQUENCE_HEIGHT);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    plots::sequence_input(ui, rect, Some(&trace));
    let padding = if begins > 0 { format!(", the first {begins} padding") } else { String::new() };
    kit::caption(ui, &format!("{steps} steps of {channels}{padding}"));
}

/// The image, each pixel a square; one channel grey, three as red, green and blue.
fn image(ui: &mut Ui, values: &[f32], channels: usize, height: usize, width: usize) {
    let side = ui.available_width();
    let (rect, response) =
        ui.allocate_exact_size(vec2(side, side * height as f32 / width as f32), Sense::hover());
    kit::named(response, egui::Role::Image, "Input image");
    let (low, high) = values.iter().fold((f32::MAX, f32::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
    let level = |channel: usize, y: usize, x: usize| {
        let value = values.get((channel * height + y) * width + x).copied().unwrap_or(low);
        (((value - low) / (high - low).max(f32::EPSILON)) * 255.0) as u8
    };
    let pixels = (0..height * width)
        .map(|i| {
            let (y, x) = (i / width, i % width);
            if channels == 3 {
                theme::pixel(level(0, y, x), level(1, y, x), level(2, y, x))
            } else {
                let grey = level(0, y, x);
                theme::pixel(grey, grey, grey)
            }
        })
        .collect::<Vec<Color32>>();
    let (w, h) = (rect.width() / width as f32, rect.height() / height as f32);
    let mut mesh = egui::Mesh::default();
    for (i, colour) in pixels.into_iter().enumerate() {
        let min = rect.min + vec2((i % width) as f32 * w, (i / width) as f32 * h);
        mesh.add_colored_rect(Rect::from_min_size(min, vec2(w, h)), colour);
    }
    ui.painter().add(mesh);
}

fn row(ui: &mut Ui, dataset: &Dataset, values: &[f32]) {
    let t = theme::tokens(ui);
    ScrollArea::vertical().show(ui, |ui| {
        egui::Grid::new("row").num_columns(2).striped(true).spacing([12.0, 2.0]).show(ui, |ui| {
            for (i, value) in values.iter().take(MOST_ROWS).enumerate() {
                let name =
                    dataset.features().get(i).cloned().unwrap_or_else(|| format!("feature {i}"));
                ui.label(RichText::new(name).font(theme::small()).color(t.text_weak));
                ui.label(RichText::new(format!("{value}")).size(12.0));
                ui.end_row();
            }
        });
    });
}

fn answers(ui: &mut Ui, run: &RunView, sample: &Sample) {
    let t = theme::tokens(ui);
    let names = run.report.as_ref().map(|r| r.class_names.as_slice()).unwrap_or_default();
    let name =
        |class: u16| names.get(usize::from(class)).cloned().unwrap_or_else(|| class.to_string());
    let wrong = run.is_wrong();
    ui.horizontal_wrapped(|ui| {
        verdict(ui, "Label", &name(sample.label), t.text_strong);
        verdict(ui, "Plaintext", &name(sample.plain), t.plain);
        if wrong {
            verdict(ui, "Encrypted", "✗ decrypted wrongly", t.wrong);
        } else {
            verdict(ui, "Encrypted", &name(sample.encrypted), t.encrypted);
        }
    });
    ui.add_space(4.0);
    let shown: &[f32] = if wrong { &[] } else { &sample.encrypted_logits };
    let both = sample.plain_logits.iter().chain(shown);
    let (low, high) = both.fold((0.0_f32, 0.0_f32), |(l, h), v| (l.min(*v), h.max(*v)));
    let span = (high - low).max(f32::EPSILON);
    for (class, plain) in sample.plain_logits.iter().enumerate().take(MOST_ROWS) {
        let (rect, _) =
            ui.allocate_exact_size(vec2(ui.available_width(), 2.0 * BAR + 6.0), Sense::hover());
        let class_name = name(class as u16);
        let is_label = class == usize::from(sample.label);
        let colour = if is_label { t.text_strong } else { t.text_weak };
        let names_end = rect.left() + 92.0;
        let painter = ui.painter();
        let text = if is_label { format!("● {class_name}") } else { class_name };
        painter.with_clip_rect(rect.with_max_x(names_end)).text(
            pos2(names_end - 8.0, rect.center().y),
            Align2::RIGHT_CENTER,
            text,
            egui::FontId::proportional(12.0),
            colour,
        );
        let bars = Rect::from_min_max(pos2(names_end, rect.top()), rect.max - vec2(64.0, 0.0));
        let x = |v: f32| bars.left() + (v - low) / span * bars.width();
        let bar = |value: f32, row: f32, colour: Color32| {
            let top = bars.top() + 2.0 + row * (BAR + 1.0);
            let (a, b) = (x(value.min(0.0)), x(value.max(0.0)));
            painter.rect_filled(
                Rect::from_min_max(pos2(a, top), pos2(b.max(a + 1.0), top + BAR)),
                1,
                colour,
            );
            painter.text(
                pos2(rect.right(), top + BAR / 2.0),
                Align2::RIGHT_CENTER,
                format!("{value:.3}"),
                theme::small(),
                colour,
            );
        };
        bar(*plain, 0.0, t.plain);
        if let Some(encrypted) = shown.get(class) {
            bar(*encrypted, 1.0, t.encrypted);
        }
        painter.vline(x(0.0), bars.y_range(), Stroke::new(1.0, t.line));
    }
}

fn verdict(ui: &mut Ui, name: &str, value: &str, colour: Color32) {
    let t = theme::tokens(ui);
    ui.label(RichText::new(name).color(t.text_weak));
    ui.label(RichText::new(value).font(theme::strong(15.0)).color(colour));
    ui.add_space(14.0);
}
