//! What is drawn where. Panels read the state and queue actions; they change nothing.

mod about;
mod activation;
mod button;
mod compare;
mod cryptonn;
mod data;
mod fit;
mod glossary;
mod headline;
mod kept;
mod leak;
mod lesson_bar;
mod lessons;
mod log;
mod menu;
mod model;
mod my_models;
mod new_network;
mod noise;
mod options;
mod origin;
mod own_sample;
mod palette;
mod parameters;
mod path;
mod preferences;
mod preview;
mod question;
mod recurrent_training;
mod replay;
mod run;
mod run_control;
mod sample_columns;
mod samples;
mod sequence;
mod setup;
mod strip;
mod sweep;
mod toasts;
mod training;
mod training_start;
mod welcome;
mod words;

use super::state::State;
use crate::command::Command;
use crate::queue::Queue;
use crate::tab::Tab;
use egui::{CentralPanel, Frame, Margin, Panel, ScrollArea, Ui};
use kit::theme;

/// Draws the whole window.
pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let t = theme::tokens(ui);
    let ground = |x: i8, y: i8| Frame::new().fill(t.ground).inner_margin(Margin::symmetric(x, y));
    Panel::top("menu").frame(ground(10, 3)).show(ui, |ui| menu::show(ui, state, queue));
    let lesson = lesson_bar::show(ui, state, queue);
    // On narrow windows the setup leaves at least half to the plots.
    let widest = (ui.available_width() * 0.42).max(200.0);
    if state.layout.folded {
        Panel::left("folded setup")
            .frame(ground(6, 8))
            .exact_size(FOLDED)
            .resizable(false)
            .show(ui, |ui| folded(ui, state, queue));
    } else {
        Panel::left("setup")
            .frame(ground(10, 8))
            .default_size(theme::SETUP_WIDTH.min(widest))
            .size_range(200.0..=420.0_f32.min(widest))
            .show(ui, |ui| {
                run_control::show(ui, state, queue);
                ui.add_space(2.0);
                ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
                    setup::show(ui, state, queue);
                    ui.add_space(2.0);
                    if state.shows("my models") {
                        my_models::show(ui, state, queue);
                    }
                    if state.shows("plan") {
                        preview::show(ui, state, queue);
                    }
                });
            });
    }
    CentralPanel::no_frame().frame(ground(8, 8)).show(ui, |ui| {
        words::show(ui, state);
        tab(ui, state, queue);
    });
    let ctx = ui.ctx().clone();
    toasts::show(&ctx, state, lesson, queue);
    path::show(&ctx, state, queue);
    palette::show(&ctx, state, queue);
    about::show(&ctx, state, queue);
    log::show(&ctx, state, queue);
    kept::show(&ctx, state, queue);
    glossary::show(&ctx, state, queue);
    preferences::show(&ctx, state, queue);
    question::show(&ctx, state, queue);
    drop_hint(&ctx);
    kit::highlight::draw(&ctx);
}

/// The tab that is looked at.
fn tab(ui: &mut Ui, state: &State, queue: &mut Queue) {
    match state.tab {
        Tab::Samples => samples::show(ui, state, queue),
        Tab::Data => data::show(ui, state, queue),
        Tab::Model => model::show(ui, state, queue),
        Tab::Activation => activation::show(ui, state, queue),
        Tab::Sweep => sweep::show(ui, state, queue),
        Tab::Training if state.new_network.shown => new_network::show(ui, state, queue),
        Tab::Run | Tab::Training if state.is_cryptonn() => cryptonn::show(ui, state, queue),
        Tab::Run => run::show(ui, state, queue),
        Tab::Training => training::show(ui, state, queue),
        Tab::Leak => leak::show(ui, state, queue),
        Tab::Compare => compare::show(ui, state, queue),
        Tab::Sequence => sequence::show(ui, state, queue),
        Tab::Lessons => lessons::show(ui, state, queue),
        Tab::Welcome => welcome::show(ui, state, queue),
    }
}

/// Width of the setup when it is folded.
const FOLDED: f32 = 44.0;

/// What is left of the setup when it is folded: to run, and to unfold.
fn folded(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let on = state.running || state.task_running && state.is_cryptonn();
    let (command, sign) = match (on, state.is_cryptonn()) {
        (false, _) => (Command::Run, "▶"),
        (true, false) => (Command::Stop, "■"),
        (true, true) => (Command::StopTask, "■"),
    };
    ui.vertical_centered_justified(|ui| {
        let text = egui::RichText::new(sign).font(theme::strong(16.0));
        button::named_button(ui, command, text, state, queue);
        button::named_button(ui, Command::FoldSetup, "»", state, queue);
    });
}

/// Says what dropping would do while files hover over the window.
fn drop_hint(ctx: &egui::Context) {
    if ctx.input(|i| i.raw.hovered_files.is_empty()) {
        return;
    }
    egui::Area::new(egui::Id::unique("drop hint"))
        .anchor(egui::Align2::CENTER_CENTER, egui::Vec2::ZERO)
        .order(egui::Order::Foreground)
        .show(ctx, |ui| {
            theme::card(ui).inner_margin(Margin::same(24)).show(ui, |ui| {
                ui.label(egui::RichText::new("Drop to open").font(theme::strong(18.0)));
                ui.label(
                    "A model (.safetensors, .onnx), a dataset (.csv or a folder), a scenario or the report of a run (.json)",
                );
            });
        });
}
