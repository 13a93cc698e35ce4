//! All messages since the start.

use crate::action::Action;
use crate::notifications::Level;
use crate::queue::Queue;
use crate::sheet::Sheet;
use crate::state::State;
use egui::{Context, Id, Modal, RichText, ScrollArea};
use kit::theme;

pub fn show(ctx: &Context, state: &State, queue: &mut Queue) {
    if state.sheet != Some(Sheet::Log) {
        return;
    }
    let modal = Modal::new(Id::unique("log")).frame(theme::dialog(ctx)).show(ctx, |ui| {
        let t = theme::tokens(ui);
        ui.set_width((ctx.content_rect().width() * 0.7).min(720.0));
        ui.heading("Log");
        ScrollArea::vertical().max_height(ctx.content_rect().height() * 0.6).show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            let mut lines = 0;
            for (note, age) in state.notifications.log().rev() {
                lines += 1;
                let colour = if note.level == Level::Error { t.notice } else { t.text };
                ui.horizontal_wrapped(|ui| {
                    let age = format!("{} ago", format::secs(age.as_secs_f64().round()));
                    ui.label(RichText::new(age).font(theme::small()).color(t.text_weak));
                    ui.label(RichText::new(&note.text).color(colour));
                });
            }
            if lines == 0 {
                ui.label(RichText::new("No messages yet").color(t.text_weak));
            }
        });
        if ui.button("Close").clicked() {
            queue.push(Action::CloseSheet);
        }
    });
    if modal.should_close() {
        queue.push(Action::CloseSheet);
    }
}
