//! The command palette.

use crate::action::Action;
use crate::queue::Queue;
use crate::state::State;
use egui::{
    Align2, Area, Button, Context, Id, Key, Modal, Modifiers, Order, ScrollArea, TextEdit, vec2,
};
use kit::theme;

const WIDTH: f32 = 480.0;
const HEIGHT: f32 = 420.0;

pub fn show(ctx: &Context, state: &State, queue: &mut Queue) {
    let Some(palette) = &state.palette else { return };
    // Taken before the text field sees them.
    let (up, down, enter) = ctx.input_mut(|i| {
        (
            i.consume_key(Modifiers::NONE, Key::ArrowUp),
            i.consume_key(Modifiers::NONE, Key::ArrowDown),
            i.consume_key(Modifiers::NONE, Key::Enter),
        )
    });
    let matches = palette.matches(state);
    let none = matches.is_empty();
    let choice = palette.choice.min(matches.len().saturating_sub(1));
    let area = Area::new(Id::unique("palette"))
        .anchor(Align2::CENTER_TOP, vec2(0.0, 60.0))
        .order(Order::Foreground);
    let modal =
        Modal::new(Id::unique("palette")).frame(theme::dialog(ctx)).area(area).show(ctx, |ui| {
            let t = theme::tokens(ui);
            ui.set_width(WIDTH.min(ctx.content_rect().width() * 0.9));
            let mut filter = palette.filter.clone();
            let field = ui.add(
                TextEdit::singleline(&mut filter)
                    .id(Id::unique("palette field"))
                    .hint_text("Type a command")
                    .desired_width(f32::INFINITY),
            );
            field.request_focus();
            kit::named(field, egui::Role::TextInput, "Command");
            if filter != palette.filter {
                queue.push(Action::TypeFilter(filter));
            }
            ScrollArea::vertical().max_height(HEIGHT.min(ctx.content_rect().height() * 0.6)).show(
                ui,
                |ui| {
                    ui.spacing_mut().item_spacing.y = 1.0;
                    for (i, command) in matches.into_iter().enumerate() {
                        let words = command.words();
                        let button = Button::selectable(i == choice, words.label)
                            .right_text(ctx.format_shortcut(&words.keys))
                            .min_size(vec2(ui.available_width(), 0.0));
                        let response = ui.add(button).on_hover_text(words.tooltip);
                        let response = kit::named(response, egui::Role::Button, words.label);
                        if i == choice && (up || down) {
                            response.scroll_to_me(None);
                        }
                        if response.clicked() || (enter && i == choice) {
                            queue.push(Action::ClosePalette);
                            queue.push(command);
                        }
                    }
                    if none {
                        ui.label(egui::RichText::new("No such command").color(t.text_weak));
                    }
                },
            );
        });
    if up || down {
        queue.push(Action::MoveChoice(if up { -1 } else { 1 }));
    }
    if modal.should_close() {
        queue.push(Action::ClosePalette);
    }
}
