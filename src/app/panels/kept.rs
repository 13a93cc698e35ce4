//! The runs that are kept over restarts.

use crate::action::Action;
use crate::kept_act::KeptAct;
use crate::queue::Queue;
use crate::sheet::Sheet;
use crate::state::State;
use egui::{Button, Context, Grid, Id, Modal, RichText, ScrollArea, Ui};
use format::Share;
use kit::theme;
use report::Summary;
use view::kept_date;
use worker::{KeptRun, MOST_KEPT};

/// Width of the list, where the window is wide enough.
const WIDTH: f32 = 860.0;
/// Letters of the name of a scenario, and of a reason.
const NAME: usize = 22;
const REASON: usize = 70;

const HEADS: [&str; 6] = ["Scenario", "Ended", "Accuracy", "Time", "Sent", "File"];

pub fn show(ctx: &Context, state: &State, queue: &mut Queue) {
    let kept = &state.kept;
    if state.sheet != Some(Sheet::KeptRuns) {
        return;
    }
    let modal = Modal::new(Id::unique("kept runs")).frame(theme::dialog(ctx)).show(ctx, |ui| {
        let t = theme::tokens(ui);
        ui.set_width((ctx.content_rect().width() * 0.9).min(WIDTH));
        ui.heading("Kept runs");
        let folder = kept.shelf.as_ref().map(|shelf| format::path(shelf.folder()));
        let text = match &folder {
            Some(folder) => format!(
                "The last {MOST_KEPT} finished runs, at most 64 MiB, with what they answered, in {folder}. The oldest goes first, pinned ones last."
            ),
            None => "No run is kept: there is no folder for it on this system".to_owned(),
        };
        kit::caption(ui, &text);
        ui.add_space(4.0);
        ScrollArea::both().max_height(ctx.content_rect().height() * 0.55).show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            if kept.runs.is_empty() {
                ui.label(RichText::new("None yet").color(t.text_weak));
                return;
            }
            Grid::new("kept runs").striped(true).spacing([10.0, 4.0]).show(ui, |ui| {
                for head in HEADS {
                    ui.label(RichText::new(head).font(theme::small()).color(t.text_weak));
                }
                ui.end_row();
                for run in &kept.runs {
                    entry(ui, state, run, queue);
                    ui.end_row();
                }
            });
        });
        ui.add_space(4.0);
        ui.horizontal(|ui| {
            if ui.button("Close").clicked() {
                queue.push(Action::CloseSheet);
            }
            let all = ui.add_enabled(!kept.runs.is_empty(), Button::new("Clear all"));
            let all = all
                .on_hover_text("Removes the files of all kept runs, pinned ones too")
                .on_disabled_hover_text("Nothing is kept");
            if kit::named(all, egui::Role::Button, "Forget all kept runs").clicked() {
                queue.push(Action::Kept(KeptAct::ForgetAll));
            }
        });
    });
    if modal.should_close() {
        queue.push(Action::CloseSheet);
    }
}

fn entry(ui: &mut Ui, state: &State, run: &KeptRun, queue: &mut Queue) {
    let t = theme::tokens(ui);
    let small = |ui: &mut Ui, text: &str| {
        ui.label(RichText::new(text).font(theme::small()).color(t.text));
    };
    match &run.summary {
        Ok(summary) => {
            let name = format::excerpt(&summary.scenario);
            ui.label(RichText::new(cut(&name, NAME)).color(t.text_strong)).on_hover_text(&name);
            small(ui, &kept_date(run.id));
            for text in figures(summary) {
                small(ui, &text);
            }
            small(ui, &format::bytes(run.bytes));
            ui.horizontal(|ui| buttons(ui, state, run, queue));
        }
        Err(reason) => {
            ui.label(RichText::new("cannot be read").color(t.notice));
            small(ui, &kept_date(run.id));
            (0..3).for_each(|_| small(ui, "—"));
            small(ui, &format::bytes(run.bytes));
            ui.horizontal(|ui| {
                forget(ui, run, queue);
                let told = RichText::new(cut(reason, REASON)).font(theme::small()).color(t.notice);
                ui.label(told).on_hover_text(reason);
            });
        }
    }
}

fn buttons(ui: &mut Ui, state: &State, run: &KeptRun, queue: &mut Queue) {
    let id = run.id;
    let on = "A run is on; stop it first or let it finish";
    let show = "Shows it again, its setup taken along";
    button(ui, run, "Show", show, (!state.running).then_some(KeptAct::Show(id)), on, queue);
    let (verb, about) = match run.pinned {
        true => ("Unpin", "Takes the pin off"),
        false => (
            "Pin",
            "Keeps it, and its lines in the plots and its figures beside those of the present run",
        ),
    };
    button(ui, run, verb, about, Some(KeptAct::Pin(id, !run.pinned)), "", queue);
    let export = "Copies its report to a file";
    button(ui, run, "Export…", export, Some(KeptAct::Export(id)), "", queue);
    forget(ui, run, queue);
}

fn forget(ui: &mut Ui, run: &KeptRun, queue: &mut Queue) {
    button(ui, run, "Forget", "Removes its file", Some(KeptAct::Forget(run.id)), "", queue);
}

/// A button that does something with a run; greyed with the reason where there is nothing to do.
fn button(
    ui: &mut Ui,
    run: &KeptRun,
    verb: &str,
    about: &str,
    act: Option<KeptAct>,
    otherwise: &str,
    queue: &mut Queue,
) {
    let name = match &run.summary {
        Ok(summary) => format::excerpt(&summary.scenario),
        Err(_) => "a broken file".into(),
    };
    let button = ui.add_enabled(act.is_some(), Button::new(verb).small());
    let button = button.on_hover_text(about).on_disabled_hover_text(otherwise);
    let label = format!("{} {name}, {}", verb.trim_end_matches('…'), kept_date(run.id));
    let clicked = kit::named(button, egui::Role::Button, &label).clicked();
    if let Some(act) = act.filter(|_| clicked) {
        queue.push(Action::Kept(act));
    }
}

/// Accuracy, time and bytes.
fn figures(summary: &Summary) -> [String; 3] {
    let encrypted = &summary.encrypted;
    let accuracy = match encrypted.wrong_outputs {
        0 => Share::of_fraction(encrypted.accuracy, summary.images).both(),
        _ => "decrypted wrongly".to_owned(),
    };
    let bytes = summary.bytes.upload.saturating_add(summary.bytes.download);
    [accuracy, format::secs(encrypted.total_secs), format::bytes(bytes)]
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}
