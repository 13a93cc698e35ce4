//! The words of the field, one under the other.

use crate::action::Action;
use crate::queue::Queue;
use crate::sheet::Sheet;
use crate::state::State;
use egui::{Context, Id, Modal, RichText, ScrollArea, TextEdit};
use kit::theme;
use lesson::{Term, terms};

const WIDTH: f32 = 560.0;

pub fn show(ctx: &Context, state: &State, queue: &mut Queue) {
    if state.sheet != Some(Sheet::Glossary) {
        return;
    }
    let typed = Id::unique("glossary filter");
    let modal = Modal::new(Id::unique("glossary")).frame(theme::dialog(ctx)).show(ctx, |ui| {
        let t = theme::tokens(ui);
        ui.set_width((ctx.content_rect().width() * 0.86).min(WIDTH));
        ui.heading("Glossary");
        let mut filter: String = ctx.data(|data| data.get_temp(typed)).unwrap_or_default();
        let field = TextEdit::singleline(&mut filter).hint_text("Find a word");
        let field = ui.add(field.desired_width(f32::INFINITY));
        if ctx.memory(|memory| memory.focused().is_none()) {
            field.request_focus();
        }
        kit::named(field, egui::Role::TextInput, "Find a word");
        let height = ctx.content_rect().height() * 0.6;
        ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
            let found: Vec<&Term> = terms().iter().filter(|term| has(term, &filter)).collect();
            if found.is_empty() {
                ui.label(RichText::new("No such word").color(t.text_weak));
            }
            for term in found {
                ui.add_space(theme::GAP);
                let name = RichText::new(&term.term).font(theme::heading()).color(t.text_strong);
                ui.label(name);
                ui.add(egui::Label::new(&term.text).wrap());
                if !term.formula.is_empty() {
                    ui.label(RichText::new(&term.formula).color(t.text_strong));
                }
            }
        });
        ctx.data_mut(|data| data.insert_temp(typed, filter));
        ui.add_space(theme::GAP);
        if ui.button("Close").clicked() {
            queue.push(Action::CloseSheet);
        }
    });
    if modal.should_close() {
        queue.push(Action::CloseSheet);
    }
}

/// Whether a word is looked for, by its name or what it is called in the window.
fn has(term: &Term, filter: &str) -> bool {
    let filter = filter.trim().to_lowercase();
    let mut names = std::iter::once(&term.term).chain(&term.labels);
    names.any(|name| name.to_lowercase().contains(&filter))
}
