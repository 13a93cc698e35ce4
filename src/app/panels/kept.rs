//! The runs that are kept over restarts.

use crate::action::Action;
use crate::queue::Queue;
use crate::replays::KeptAct;
use crate::state::State;
use egui::{Align, Context, Id, Layout, Modal, RichText, ScrollArea, Ui};
use format::{FEW, Share};
use kit::theme;
use view::KeptRuns;
use worker::{KeptRun, MOST_KEPT};

pub fn show(ctx: &Context, state: &State, queue: &mut Queue) {
    let kept = &state.kept;
    if !kept.open {
        return;
    }
    let modal = Modal::new(Id::unique("kept runs")).frame(theme::dialog(ctx)).show(ctx, |ui| {
        let t = theme::tokens(ui);
        ui.set_width((ctx.content_rect().width() * 0.8).min(640.0));
        ui.heading("Kept runs");
        let folder = kept.shelf.as_ref().map(|shelf| format::path(shelf.folder()));
        let text = match &folder {
            Some(folder) => format!(
                "The last {MOST_KEPT} finished runs, at most 64 MiB, with what they answered, in {folder}"
            ),
            None => "No run is kept: there is no folder for it on this system".to_owned(),
        };
        kit::caption(ui, &text);
        ScrollArea::vertical().max_height(ctx.content_rect().height() * 0.55).show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            for run in &kept.runs {
                entry(ui, state, run, queue);
            }
            if kept.runs.is_empty() {
                ui.label(RichText::new("None yet").color(t.text_weak));
            }
        });
        ui.add_space(4.0);
        ui.horizontal(|ui| {
            if ui.button("Close").clicked() {
                queue.push(Action::Kept(KeptAct::Close));
            }
            let all = ui.add_enabled(!kept.runs.is_empty(), egui::Button::new("Forget all"));
            let all = all
                .on_hover_text("Removes the files of all kept runs")
                .on_disabled_hover_text("Nothing is kept");
            if kit::named(all, egui::Role::Button, "Forget all kept runs").clicked() {
                queue.push(Action::Kept(KeptAct::ForgetAll));
            }
        });
    });
    if modal.should_close() {
        queue.push(Action::Kept(KeptAct::Close));
    }
}

fn entry(ui: &mut Ui, state: &State, run: &KeptRun, queue: &mut Queue) {
    let t = theme::tokens(ui);
    let name = format::excerpt(&run.summary.scenario);
    let age = KeptRuns::age(run);
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let mut button =
                |ui: &mut Ui, text: &str, verb: &str, about: &str, ready: bool, act| {
                    let button = ui.add_enabled(ready, egui::Button::new(text).small());
                    let button = button
                        .on_hover_text(about)
                        .on_disabled_hover_text("A run is on; stop it first or let it finish");
                    let label = format!("{verb} the run of {name}, {age}");
                    if kit::named(button, egui::Role::Button, &label).clicked() {
                        queue.push(Action::Kept(act));
                    }
                };
            let file = &run.file;
            button(ui, "×", "Forget", "Removes its file", true, KeptAct::Forget(file.clone()));
            button(
                ui,
                "Pin",
                "Pin",
                "Keeps its lines in the plots, and its figures beside those of the present run",
                true,
                KeptAct::Pin(file.clone()),
            );
            button(
                ui,
                "Open",
                "Open",
                "Shows it again, its setup taken along",
                !state.running,
                KeptAct::Open(file.clone()),
            );
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add(egui::Label::new(RichText::new(&name).color(t.text_strong)).truncate());
                let text = RichText::new(figures(run, &age)).font(theme::small()).color(t.text);
                ui.add(egui::Label::new(text).truncate());
            });
        });
    });
}

/// When, scheme, accuracy, time, agreement.
fn figures(run: &KeptRun, age: &str) -> String {
    let (summary, encrypted) = (&run.summary, &run.summary.encrypted);
    let scheme = format::excerpt(&summary.scheme.kind).to_uppercase();
    let share = |of: f64| Share::of_fraction(of, summary.images);
    let few = summary.images < FEW as usize;
    let samples = match few {
        true => String::new(),
        false => format!(" of {}", format::count(summary.images as u64)),
    };
    let answers = match encrypted.wrong_outputs {
        0 => format!(
            "{}{samples} right, {} agree",
            share(encrypted.accuracy).text(),
            share(encrypted.agreement).text()
        ),
        _ => "decrypted wrongly".to_owned(),
    };
    format!("{age}, {scheme}, {answers}, {}", format::secs(encrypted.total_secs))
}
