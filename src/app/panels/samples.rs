//! The tab Samples: one input, and what the three networks say to it.

use super::{origin, own_sample, replay, sample_columns, strip};
use crate::action::Action;
use crate::command::Command;
use crate::exports;
use crate::panels::button::{command_button, named_button};
use crate::queue::Queue;
use crate::state::State;
use data::{Dataset, Shape};
use egui::{RichText, Sense, Ui, vec2};
use kit::theme;
use look::{Answers, CiphertextEdit};
use report::{Sample, SequenceTrace};
use view::{Difference, Results, RunView};

const IMAGE: &str = "Input image";
const MOST_ROWS: usize = 64;
/// Steps of so many values are rows of an image.
const IMAGE_CHANNELS: usize = 20;
const SEQUENCE_HEIGHT: f32 = 200.0;

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    if !state.eyes().has_key() {
        return server(ui, state, queue);
    }
    if state.pad.open && state.own_samples().is_some() {
        return own_sample::show(ui, state, queue);
    }
    let Some(run) = state.run.as_ref().filter(|run| !run.samples.is_empty()) else {
        return nothing_run(ui, state, queue);
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
        command_button(ui, Command::DrawOwn, "Draw your own", state, queue);
    });
    ui.add_space(theme::CARD_GAP);
    let Some((sample, _)) = state.shown_sample() else {
        let text = match state.difference {
            Difference::Encryption => "Encryption changed no answer",
            Difference::Approximation => "The reference answers as the original does, everywhere",
            Difference::Missed if run.three.unlabelled => "The data have no classes",
            Difference::Missed | Difference::Any => "Every decrypted answer is the label",
        };
        let t = theme::tokens(ui);
        ui.centered_and_justified(|ui| {
            ui.label(RichText::new(text).color(t.text_weak));
        });
        return;
    };
    origin::dimmed(ui, stale);
    let has_ciphertext = state.loaded.is_some() && state.run_is_of_setup();
    sample_columns::show(
        ui,
        queue,
        |ui, queue| {
            kit::heading(ui, &format!("Test sample {}", sample.index));
            match &run.dataset {
                Some(dataset) => input(ui, state, dataset, sample, queue),
                None => _ = kit::caption(ui, "The samples of this run are not in memory"),
            }
        },
        has_ciphertext.then_some(|ui: &mut Ui, queue: &mut Queue| {
            sample_columns::ciphertext(ui, state, queue)
        }),
        |ui, queue| {
            answers(ui, run, sample);
            if let Some(report) = &run.report {
                cards::confusion(ui, report, run.is_wrong(), |ui| {
                    if let [_, matrices] = exports::ANSWERS {
                        named_button(ui, matrices.command(), "CSV…", state, queue);
                    }
                });
            }
        },
    );
}

/// What the server has of a sample.
fn server(ui: &mut Ui, state: &State, queue: &mut Queue) {
    kit::caption(
        ui,
        "The server sees no samples and no answers: without the key every ciphertext looks like random numbers.",
    );
    strip::switch(ui, state.eyes(), queue);
    let view = &state.ciphertext;
    let is_of_setup = state.pad.open || state.run_is_of_setup();
    if is_of_setup && (view.seen.is_some() || view.pending) {
        ui.add_space(theme::CARD_GAP);
        theme::card(ui).show(ui, |ui| {
            ui.set_width(sample_columns::COLUMN.min(ui.available_width()));
            sample_columns::ciphertext(ui, state, queue);
        });
    }
}

/// Before the first run.
fn nothing_run(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let t = theme::tokens(ui);
    let text = "Run first: then each sample is here, with the answers of all three networks";
    ui.vertical_centered(|ui| {
        ui.add_space(ui.available_height() * 0.4);
        ui.label(RichText::new(text).color(t.text_weak));
        ui.add_space(theme::CARD_GAP);
        command_button(ui, Command::DrawOwn, "Draw your own", state, queue);
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

fn input(ui: &mut Ui, state: &State, dataset: &Dataset, sample: &Sample, queue: &mut Queue) {
    let len = dataset.shape().len();
    let test = dataset.test();
    let start = sample.index.saturating_mul(len);
    let Some(values) = test.inputs.get(start..start.saturating_add(len)) else {
        kit::caption(ui, "There is no such sample");
        return;
    };
    match dataset.shape() {
        Shape::Image { channels, height, width } => {
            image(ui, state, values, (channels, height, width), queue)
        }
        Shape::Flat { .. } => row(ui, state, dataset, values, queue),
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
        look::picture(ui, values, (1, steps, channels), None, IMAGE);
        return;
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

/// The image; a click chooses the value that is looked at as a ciphertext.
fn image(
    ui: &mut Ui,
    state: &State,
    values: &[f32],
    shape: (usize, usize, usize),
    queue: &mut Queue,
) {
    let chosen = state.ciphertext.value();
    let (response, clicked) = look::picture(ui, values, shape, chosen, IMAGE);
    if chosen.is_some() {
        response.on_hover_text("A click chooses the pixel whose ciphertext is shown");
    }
    if let Some(value) = clicked {
        queue.push(Action::EditCiphertext(CiphertextEdit::Choose(value)));
    }
}

fn row(ui: &mut Ui, state: &State, dataset: &Dataset, values: &[f32], queue: &mut Queue) {
    let t = theme::tokens(ui);
    let chosen = state.ciphertext.value();
    egui::Grid::new("row").num_columns(2).striped(true).spacing([12.0, 2.0]).show(ui, |ui| {
        for (i, value) in values.iter().take(MOST_ROWS).enumerate() {
            let name = dataset.features().get(i).cloned().unwrap_or_else(|| format!("feature {i}"));
            let text = RichText::new(name).font(theme::small()).color(t.text_weak);
            let entry = ui.selectable_label(chosen == Some(i), text);
            let entry = entry.on_hover_text("A click shows the ciphertext of this value");
            if entry.clicked() {
                queue.push(Action::EditCiphertext(CiphertextEdit::Choose(i)));
            }
            ui.label(RichText::new(format!("{value}")).size(12.0));
            ui.end_row();
        }
    });
}

fn answers(ui: &mut Ui, run: &RunView, sample: &Sample) {
    let names = run.report.as_ref().map(|r| r.class_names.as_slice()).unwrap_or_default();
    Answers { sample, names, wrong: run.is_wrong() }
        .show(ui, |ui| sample_columns::because(ui, sample));
}
