//! Buttons of commands.

use crate::command::Command;
use crate::queue::Queue;
use crate::state::State;
use egui::{Ui, WidgetText};

/// A button for a command, with its tooltip and shortcut.
pub fn command_button(
    ui: &mut Ui,
    command: Command,
    text: impl Into<WidgetText>,
    state: &State,
    queue: &mut Queue,
) -> egui::Response {
    let response = ui
        .add_enabled(command.is_enabled(state), egui::Button::new(text.into()))
        .on_hover_text(command.hover_text(ui.ctx()));
    if response.clicked() {
        queue.push(command);
    }
    response
}
