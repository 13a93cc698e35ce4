//! What a person prefers, and what is kept.

use crate::action::Action;
use crate::command::Command;
use crate::kept_act::KeptAct;
use crate::panels::button::{command_button, named_button};
use crate::preference::Preference;
use crate::queue::Queue;
use crate::sheet::Sheet;
use crate::state::State;
use egui::{Context, Id, Modal, RichText, ScrollArea, ThemePreference, Ui};
use kit::theme;
use worker::MOST_KEPT;

/// Widest it becomes, and share of the window that it takes otherwise.
const WIDTH: f32 = 560.0;
const SHARE: f32 = 0.86;
const HEIGHT: f32 = 0.7;

const THEMES: [(ThemePreference, &str); 3] = [
    (ThemePreference::System, "As the desktop"),
    (ThemePreference::Light, "Light"),
    (ThemePreference::Dark, "Dark"),
];

pub fn show(ctx: &Context, state: &State, queue: &mut Queue) {
    if state.sheet != Some(Sheet::Preferences) {
        return;
    }
    let modal = Modal::new(Id::unique("preferences")).frame(theme::dialog(ctx)).show(ctx, |ui| {
        let room = ctx.content_rect().size();
        ui.set_width((room.x * SHARE).min(WIDTH));
        ui.heading("Preferences");
        ScrollArea::vertical().max_height(room.y * HEIGHT).show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            group(ui, "Theme", |ui| themes(ui, queue));
            group(ui, "Zoom", |ui| zoom(ui, state, queue));
            group(ui, "Data folder", |ui| folder(ui, state, queue));
            group(ui, "Kept runs", |ui| runs(ui, state, queue));
            group(ui, "Lists", |ui| lists(ui, state, queue));
            group(ui, "Keys", |ui| keys(ui, state, queue));
        });
        ui.add_space(theme::GAP);
        if ui.button("Close").clicked() {
            queue.push(Action::CloseSheet);
        }
    });
    if modal.should_close() {
        queue.push(Action::CloseSheet);
    }
}

fn group(ui: &mut Ui, title: &str, add: impl FnOnce(&mut Ui)) {
    ui.add_space(theme::GAP);
    let t = theme::tokens(ui);
    ui.label(RichText::new(title).font(theme::heading()).color(t.text_strong));
    ui.horizontal_wrapped(add);
}

/// What something is about, under or beside it.
fn words(ui: &mut Ui, text: impl Into<String>) {
    let colour = theme::tokens(ui).text_weak;
    ui.add(egui::Label::new(RichText::new(text).color(colour)).wrap());
}

fn themes(ui: &mut Ui, queue: &mut Queue) {
    let now = ui.ctx().options(|options| options.theme_preference);
    for (preference, name) in THEMES {
        if ui.radio(now == preference, name).clicked() {
            queue.push(Action::Prefer(Preference::Theme(preference)));
        }
    }
}

fn zoom(ui: &mut Ui, state: &State, queue: &mut Queue) {
    named_button(ui, Command::ZoomOut, "−", state, queue);
    ui.label(format::percent(f64::from(ui.ctx().zoom_factor())));
    named_button(ui, Command::ZoomIn, "+", state, queue);
    command_button(ui, Command::ZoomReset, "Reset zoom", state, queue);
}

fn folder(ui: &mut Ui, state: &State, queue: &mut Queue) {
    match &state.data_folder {
        Some(folder) => words(ui, format::path(folder)),
        None => words(ui, "None; choose the folder that MNIST and others lie in, or shall lie in"),
    }
    named_button(ui, Command::ChooseFolder, "Choose…", state, queue);
    if state.history.data_folder.is_some() {
        let about = "Look where downloads go when no folder is chosen";
        if ui.button("Usual folder").on_hover_text(about).clicked() {
            queue.push(Action::Prefer(Preference::UsualFolder));
        }
    }
}

/// For how long runs are kept, in days and in words.
const KEPT_FOR: [(Option<u32>, &str); 4] = [
    (None, "as long as there is room"),
    (Some(365), "for a year"),
    (Some(30), "for 30 days"),
    (Some(7), "for 7 days"),
];

fn runs(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let kept = &state.kept;
    let Some(shelf) = &kept.shelf else {
        return words(ui, "No run is kept: there is no folder for it on this system");
    };
    let bytes = kept.runs.iter().map(|run| run.bytes).sum();
    words(
        ui,
        format!(
            "{} of {MOST_KEPT} at most, {} in {}; pinned ones are the last to go.",
            kept.runs.len(),
            format::bytes(bytes),
            format::path(shelf.folder())
        ),
    );
    let now = state.history.keep_days;
    for (days, name) in KEPT_FOR {
        if ui.radio(now == days, name).clicked() {
            queue.push(Action::Prefer(Preference::KeepRuns(days)));
        }
    }
    command_button(ui, Command::KeptRuns, "Kept runs…", state, queue);
    let clear = ui.add_enabled(!kept.runs.is_empty(), egui::Button::new("Clear kept runs"));
    let clear = clear
        .on_hover_text("Removes the files of all kept runs, pinned ones too")
        .on_disabled_hover_text("Nothing is kept");
    if clear.clicked() {
        queue.push(Action::Kept(KeptAct::ForgetAll));
    }
}

fn lists(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let history = &state.history;
    let files = history.datasets.len() + history.scenarios.len();
    words(
        ui,
        format!(
            "My models: {}; files opened: {files}; lessons finished: {}",
            history.models.len(),
            history.lessons.len()
        ),
    );
    let about = "Empty these lists; the files stay where they are";
    let any = history.models.len() + files + history.lessons.len() > 0;
    if ui.add_enabled(any, egui::Button::new("Empty lists")).on_hover_text(about).clicked() {
        queue.push(Action::Prefer(Preference::ForgetLists));
    }
}

fn keys(ui: &mut Ui, state: &State, queue: &mut Queue) {
    words(
        ui,
        "Keys are never written to a file by the window. Those of lookup tables and of samples of your \
         own stay in memory until it is closed, so that the next run need not make them again.",
    );
    let button = ui.add_enabled(!state.running, egui::Button::new("Forget keys"));
    let about = "Drop these keys now; the next run makes new ones";
    let response = button.on_hover_text(about).on_disabled_hover_text("Not now: a run is on");
    if response.clicked() {
        queue.push(Action::Prefer(Preference::ForgetKeys));
    }
}
