//! The menu bar: every command, and what stands over the whole window.

use crate::action::Action;
use crate::command::Command;
use crate::command_table::{MENUS, Menu};
use crate::panels::button::{command_button, hover};
use crate::queue::Queue;
use crate::state::State;
use crate::tab::{TABS, Tab, TabSpec};
use egui::{Align, Layout, RichText, Ui};
use kit::theme;

/// Width of name, menus and the least right end; and what a tab takes beside its name.
const BESIDE_TABS: f32 = 440.0;
const TAB: f32 = 12.0;
/// Height of the bar and of what stands around an open menu.
const UNDER_BAR: f32 = 60.0;
/// Less room than this for the right end: what the keyboard reaches too is left out.
const ROOM_FOR_ALL: f32 = 210.0;

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let one_row = ui.available_width() >= BESIDE_TABS + tabs_width(ui, state);
    egui::MenuBar::new().ui(ui, |ui| {
        let t = theme::tokens(ui);
        ui.label(RichText::new("CryptoScope").font(theme::strong(14.0)).color(t.text_strong));
        ui.add_space(6.0);
        for menu in &MENUS {
            let name = format!("{} menu", menu.name);
            let entries = |ui: &mut Ui| {
                // Longer menus than the window scroll.
                let height = ui.ctx().content_rect().height() - UNDER_BAR;
                egui::ScrollArea::vertical().max_height(height).show(ui, |ui| {
                    entries(ui, menu, state, queue);
                });
            };
            let response = ui.menu_button(menu.name, entries).response;
            kit::named(response, egui::Role::Button, &name);
        }
        if one_row {
            ui.add_space(8.0);
            ui.separator();
            ui.add_space(4.0);
            tabs(ui, state, queue);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let other = if ui.visuals().dark_mode { "Light" } else { "Dark" };
            command_button(ui, Command::ToggleTheme, other, state, queue);
            if ui.available_width() > ROOM_FOR_ALL {
                command_button(ui, Command::Palette, "Commands…", state, queue);
            }
            kit::badge(ui, "Analysis mode", t.text_weak, t.surface).on_hover_text(
                "Margins and errors are measured with the secret key, on the client's side. Such figures leak \
                 what the noise hides: never hand them to a server. The server of a run never holds the key.",
            );
        });
    });
    if !one_row {
        ui.horizontal_wrapped(|ui| tabs(ui, state, queue));
    }
}

fn tabs(ui: &mut Ui, state: &State, queue: &mut Queue) {
    for spec in TABS {
        tab(ui, spec, state, queue);
    }
}

fn is_shown(spec: &TabSpec, state: &State) -> bool {
    let always = matches!(spec.tab, Tab::Run | Tab::Lessons | Tab::Welcome);
    let shown = always || state.shows(&format!("tab {}", spec.name));
    state.tab == spec.tab || (shown && (spec.is_about)(&state.scenario))
}

/// Width that all tabs take beside one another, about.
fn tabs_width(ui: &Ui, state: &State) -> f32 {
    let font = egui::TextStyle::Button.resolve(ui.style());
    let shown = TABS.iter().filter(|spec| is_shown(spec, state));
    let width = |spec: &TabSpec| {
        let text = spec.name.to_owned();
        ui.painter().layout_no_wrap(text, font.clone(), egui::Color32::WHITE).size().x
    };
    shown.map(|spec| width(spec) + TAB).sum()
}

/// A tab of the bar: shown for what it is about, or while it is looked at.
fn tab(ui: &mut Ui, spec: &TabSpec, state: &State, queue: &mut Queue) {
    let is_open = state.tab == spec.tab;
    if !is_shown(spec, state) {
        return;
    }
    let hover = Command::Show(spec.tab).hover_text(ui.ctx());
    let response = ui.selectable_label(is_open, spec.name).on_hover_text(hover);
    // The button Run has that name already.
    let response = kit::named(response, egui::Role::Tab, &format!("{} tab", spec.name));
    if response.clicked() {
        queue.push(Action::SelectTab(spec.tab));
    }
}

fn entries(ui: &mut Ui, menu: &Menu, state: &State, queue: &mut Queue) {
    for (at, group) in menu.groups.iter().enumerate() {
        if at > 0 {
            ui.separator();
        }
        for command in group.commands() {
            let words = command.words();
            let button = egui::Button::new(words.label)
                .right_text(ui.ctx().format_shortcut(&words.keys))
                .min_size(egui::vec2(240.0, 0.0));
            let response = ui.add_enabled(command.is_enabled(state), button);
            // The shortcut is not part of the name.
            let response = kit::named(response, egui::Role::Button, words.label);
            if hover(response, command, state).clicked() {
                queue.push(command);
                ui.close();
            }
        }
    }
}
