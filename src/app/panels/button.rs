//! Buttons of commands.

use crate::command::Command;
use crate::exports::Export;
use crate::queue::Queue;
use crate::state::State;
use egui::{Response, Ui, WidgetText};

/// A button for a command, with its tooltip and shortcut, or why it makes no sense now.
pub fn command_button(
    ui: &mut Ui,
    command: Command,
    text: impl Into<WidgetText>,
    state: &State,
    queue: &mut Queue,
) -> Response {
    let response = ui.add_enabled(command.is_enabled(state), egui::Button::new(text.into()));
    let response = hover(response, command, state);
    kit::highlight::seen(ui.ctx(), command.words().label, response.rect, response.interact_rect);
    if response.clicked() {
        queue.push(command);
    }
    response
}

/// The same under the name of the command, where the text is less than that.
pub fn named_button(
    ui: &mut Ui,
    command: Command,
    text: impl Into<WidgetText>,
    state: &State,
    queue: &mut Queue,
) -> Response {
    let response = command_button(ui, command, text, state, queue);
    kit::named(response, egui::Role::Button, command.words().label)
}

/// Buttons that save what is shown, called after the kind of file.
pub fn export_buttons(ui: &mut Ui, exports: &[Export], state: &State, queue: &mut Queue) {
    // Read from left to right either way.
    let mut exports: Vec<&Export> = exports.iter().collect();
    if ui.layout().prefer_right_to_left() {
        exports.reverse();
    }
    for export in exports {
        let text = format!("{}…", export.id.ending().to_uppercase());
        named_button(ui, export.command(), text, state, queue);
    }
}

/// Tooltip and shortcut of a command, or why it makes no sense now.
pub fn hover(response: Response, command: Command, state: &State) -> Response {
    let text = command.hover_text(&response.ctx);
    let response = response.on_hover_text(text);
    match command.ready(state) {
        Ok(()) => response,
        Err(reason) => response.on_disabled_hover_text(format!("Not now: {reason}")),
    }
}
