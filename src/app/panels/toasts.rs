//! Messages over the lower right corner.

use crate::action::Action;
use crate::notifications::Level;
use crate::queue::Queue;
use crate::state::State;
use egui::{Align2, Context, Id, vec2};
use kit::theme;

const WIDTH: f32 = 380.0;

/// Draws the messages, `above` points over the lower edge.
pub fn show(ctx: &Context, state: &State, above: f32, queue: &mut Queue) {
    if state.notifications.shown().is_empty() {
        return;
    }
    egui::Area::new(Id::unique("toasts"))
        .anchor(Align2::RIGHT_BOTTOM, vec2(-16.0, -16.0 - above))
        .order(egui::Order::Foreground)
        .show(ctx, |ui| {
            let t = theme::tokens(ui);
            for note in state.notifications.shown() {
                let (fill, line) = match note.level {
                    Level::Info => (t.surface, t.cursor),
                    Level::Error => (t.notice_fill, t.notice),
                };
                theme::card(ui).fill(fill).stroke(egui::Stroke::new(1.0, line)).show(ui, |ui| {
                    ui.set_width(WIDTH.min(ctx.content_rect().width() * 0.8));
                    ui.horizontal_top(|ui| {
                        let text = ui.available_width() - 32.0;
                        ui.allocate_ui(vec2(text, 0.0), |ui| {
                            ui.set_width(text);
                            ui.add(egui::Label::new(&note.text).wrap());
                        });
                        let close = ui.small_button("×");
                        let close = kit::named(close, egui::Role::Button, "Close message");
                        if close.clicked() {
                            queue.push(Action::Dismiss(note.id));
                        }
                    });
                });
            }
        });
}
