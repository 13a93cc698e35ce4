//! The dialog that asks for a path: a field, and the desktop's own dialog behind a button.

use crate::action::Action;
use crate::dialog::Purpose;
use crate::queue::Queue;
use crate::state::State;
use egui::text::{CCursor, CCursorRange};
use egui::text_edit::TextEditState;
use egui::{Context, Id, Key, Modal, Modifiers, RichText, TextEdit};
use kit::theme;

pub fn show(ctx: &Context, state: &State, queue: &mut Queue) {
    let Some(dialog) = &state.dialog else { return };
    let confirm = ctx.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Enter));
    let modal = Modal::new(Id::unique("path")).frame(theme::dialog(ctx)).show(ctx, |ui| {
        let t = theme::tokens(ui);
        ui.set_width((ctx.content_rect().width() * 0.8).min(520.0));
        ui.heading(&dialog.title);
        let hint = ui.label(RichText::new(&dialog.hint).color(t.text_weak));
        let mut path = dialog.path.clone();
        let (file, folder) = match dialog.purpose {
            Purpose::Open(opening) => opening.is_file_or_folder(),
            Purpose::Save(_) | Purpose::SaveKept(_) => (true, false),
        };
        let room = if file && folder { 176.0 } else { 96.0 };
        ui.horizontal(|ui| {
            let field = ui.add(
                TextEdit::singleline(&mut path)
                    .id(Id::unique("path field"))
                    .hint_text("Path")
                    .desired_width(ui.available_width() - room),
            );
            if !field.has_focus() && ctx.memory(|m| m.focused().is_none()) {
                field.request_focus();
                select_all(ctx, field.id, dialog.path.chars().count());
            }
            field.labelled_by(hint.id);
            let word = if dialog.browsing { "Browsing…" } else { "Browse…" };
            let mut words = vec![(word, !file)];
            words.extend((file && folder && !dialog.browsing).then_some(("Folder…", true)));
            for (word, is_folder) in words {
                let browse = ui
                    .add_enabled(!dialog.browsing, egui::Button::new(word))
                    .on_hover_text("The desktop's own dialog, where there is one");
                if browse.clicked() {
                    queue.push(Action::BrowsePath { folder: is_folder });
                }
            }
        });
        if path != dialog.path {
            queue.push(Action::TypePath(path));
        }
        if let Some(error) = &dialog.error {
            ui.add(egui::Label::new(RichText::new(error).color(t.notice)).wrap());
        }
        ui.add_space(4.0);
        ui.horizontal(|ui| {
            if ui.button(dialog.verb()).clicked() || confirm {
                queue.push(Action::ConfirmPath);
            }
            if ui.button("Cancel").clicked() {
                queue.push(Action::ClosePath);
            }
        });
    });
    if modal.should_close() {
        queue.push(Action::ClosePath);
    }
}

/// What stands in the field is chosen: typing replaces it.
fn select_all(ctx: &Context, field: Id, letters: usize) {
    let mut state = TextEditState::load(ctx, field).unwrap_or_default();
    let all = CCursorRange::two(CCursor::default(), CCursor::new(letters));
    state.cursor.set_char_range(Some(all));
    state.store(ctx, field);
}
