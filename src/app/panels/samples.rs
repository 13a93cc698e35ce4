//! The tab Samples: one input, and what the three networks say to it.

use super::{confusion, origin, replay, strip};
use crate::action::Action;
use crate::command::Command;
use crate::exports;
use crate::panels::button::{command_button, named_button};
use crate::queue::Queue;
use crate::state::State;
use data::{Dataset, Shape};
use egui::{Align2, Color32, Rect, RichText, ScrollArea, Sense, Stroke, Ui, pos2, vec2};
use kit::theme;
use report::{Sample, SequenceTrace};
use view::{Difference, Results, RunView};

const INPUT_WIDTH: f32 = 300.0;
const BAR: f32 = 9.0;
const MOST_ROWS: usize = 64;
/// Steps of so many values are rows of an image.
const IMAGE_CHANNELS: usize = 20;
const SEQUENCE_HEIGHT: f32 = 200.0;

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let t = theme::tokens(ui);
    if !state.eyes().has_key() {
        kit::caption(
            ui,
            "The server sees no samples and no answers: without the key every ciphertext looks like random numbers.",
        );
        return strip::switch(ui, state.eyes(), queue);
    }
    let Some(run) = state.run.as_ref().filter(|run| !run.samples.is_empty()) else {
        ui.centered_and_justified(|ui| {
            ui.label(
                RichText::new(
                    "Run first: then each sample is here, with the answers of all three networks",
                )
                .color(t.text_weak),
            );
        });
        return;
    };
    replay::badge(ui, state.run.as_ref());
    let going_on = state.is_going_on(Results::Run);
    let stale = origin::banner(ui, state, queue, Results::Run, Some(&run.origin), going_on);
    let order = run.order(state.difference);
    ui.horizontal_wrapped(|ui| {
        command_button(ui, Command::PreviousSample, "◀ Previous", state, queue);
        command_button(ui, Command::NextSample, "Next ▶", state, queue);
        let at = state.sample_at.min(order.len().saturating_sub(1)) + 1;
        let place = match order.len() {
            0 => "none".to_owned(),
            len => format!("{} of {}", format::count(at as u64), format::count(len as u64)),
        };
        ui.label(place);
        ui.add_space(10.0);
        filter(ui, state, run, queue);
        ui.add_space(10.0);
        if let [answers, ..] = exports::ANSWERS {
            named_button(ui, answers.command(), "Answers…", state, queue);
        }
    });
    ui.add_space(theme::CARD_GAP);
    let at = state.sample_at.min(order.len().saturating_sub(1));
    let Some(sample) = order.get(at).and_then(|i| run.samples.get(*i)) else {
        let text = match state.difference {
            Difference::Encryption => "Encryption changed no answer",
            Difference::Approximation => "The reference answers as the original does, everywhere",
            Difference::Missed if run.three.unlabelled => "The data have no classes",
            Difference::Missed | Difference::Any => "Every decrypted answer is the label",
        };
        ui.centered_and_justified(|ui| {
            ui.label(RichText::new(text).color(t.text_weak));
        });
        return;
    };
    origin::dimmed(ui, stale);
    ui.horizontal_top(|ui| {
        theme::card(ui).show(ui, |ui| {
            ui.vertical(|ui| {
                ui.set_width(INPUT_WIDTH.min(ui.available_width() * 0.4));
                kit::heading(ui, &format!("Test sample {}", sample.index));
                match &run.dataset {
                    Some(dataset) => input(ui, dataset, sample),
                    None => _ = kit::caption(ui, "The samples of this run are not in memory"),
                }
            });
        });
        theme::card(ui).show(ui, |ui| {
            ui.vertical(|ui| {
                ui.set_width(ui.available_width());
                ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
                    answers(ui, run, sample);
                    if let Some(report) = &run.report {
                        confusion::show(ui, report, run.is_wrong(), |ui| {
                            if let [_, matrices] = exports::ANSWERS {
                                named_button(ui, matrices.command(), "CSV…", state, queue);
                            }
                        });
                    }
                });
            });
        });
    });
}

/// Which samples are looked at, and how many there are.
fn filter(ui: &mut Ui, state: &State, run: &RunView, queue: &mut Queue) {
    let t = theme::tokens(ui);
    ui.spacing_mut().item_spacing.x = 4.0;
    let known = |d: &Difference| *d != Difference::Missed || !run.three.unlabelled;
    for difference in Difference::ALL.into_iter().filter(known) {
        if difference == Difference::Approximation {
            ui.add_space(6.0);
            ui.label(RichText::new("differs because of").color(t.text_weak));
        }
        let count = format::count(run.count(difference) as u64);
        let text = format!("{} ({count})", difference.name());
        let colour = match difference {
            Difference::Approximation => t.reference,
            Difference::Encryption => t.encrypted,
            Difference::Any | Difference::Missed => t.text,
        };
        let chosen = state.difference == difference;
        let entry = ui.selectable_label(chosen, RichText::new(text).color(colour));
        let entry = entry.on_hover_text(difference.about());
        let name = format!("Show samples: {}", difference.name());
        if kit::named(entry, egui::Role::Button, &name).clicked() && !chosen {
            queue.push(Action::ShowDifference(difference));
        }
    }
}

fn input(ui: &mut Ui, dataset: &Dataset, sample: &Sample) {
    let len = dataset.shape().len();
    let test = dataset.test();
    let start = sample.index.saturating_mul(len);
    let Some(values) = test.inputs.get(start..start.saturating_add(len)) else {
        kit::caption(ui, "There is no such sample");
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
        verdict(
            ui,
            "Label",
            &sample.label.map_or_else(|| format::NOT_KNOWN.to_owned(), name),
            t.text_strong,
        );
        verdict(ui, "Original", &name(sample.plain), t.original);
        verdict(ui, "Reference", &name(sample.reference), t.reference);
        if wrong {
            verdict(ui, "Encrypted", "✗ decrypted wrongly", t.wrong);
        } else {
            verdict(ui, "Encrypted", &name(sample.encrypted), t.encrypted);
        }
    });
    because(ui, sample, wrong);
    ui.add_space(4.0);
    let shown: &[f32] = if wrong { &[] } else { &sample.encrypted_logits };
    let all = sample.plain_logits.iter().chain(&sample.reference_logits).chain(shown);
    let (low, high) =
        all.filter(|v| v.is_finite()).fold((0.0_f32, 0.0_f32), |(l, h), v| (l.min(*v), h.max(*v)));
    let span = (high - low).max(f32::EPSILON);
    for (class, plain) in sample.plain_logits.iter().enumerate().take(MOST_ROWS) {
        let (rect, _) =
            ui.allocate_exact_size(vec2(ui.available_width(), 3.0 * BAR + 9.0), Sense::hover());
        let class_name = name(class as u16);
        let is_label = Some(class) == sample.label.map(usize::from);
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
            let inside = value.clamp(low, high);
            let (a, b) = (x(inside.min(0.0)), x(inside.max(0.0)));
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
        let reference = sample.reference_logits.get(class);
        let three =
            [(Some(plain), t.original), (reference, t.reference), (shown.get(class), t.encrypted)];
        for (row, (value, colour)) in three.into_iter().enumerate() {
            if let Some(value) = value {
                bar(*value, row as f32, colour);
            }
        }
        painter.vline(x(0.0), bars.y_range(), Stroke::new(1.0, t.line));
    }
}

/// What made the difference, where there is one.
fn because(ui: &mut Ui, sample: &Sample, wrong: bool) {
    let t = theme::tokens(ui);
    let approximation = Difference::Approximation.holds(sample);
    let (text, colour) = match Difference::Encryption.holds(sample) {
        _ if wrong => return,
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

fn verdict(ui: &mut Ui, name: &str, value: &str, colour: Color32) {
    let t = theme::tokens(ui);
    let mut text = egui::text::LayoutJob::default();
    let format = |font, colour| egui::TextFormat {
        valign: egui::Align::Center,
        ..egui::TextFormat::simple(font, colour)
    };
    text.append(name, 0.0, format(egui::TextStyle::Body.resolve(ui.style()), t.text_weak));
    text.append(value, 5.0, format(theme::strong(15.0), colour));
    // A name and its value stay together.
    ui.add(egui::Label::new(text).extend());
    ui.add_space(14.0);
}
