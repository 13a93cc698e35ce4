//! The tab Lessons: what can be learnt, and where one is.

use crate::action::Action;
use crate::command::Command;
use crate::lesson_act::LessonAct;
use crate::panels::button::named_button;
use crate::queue::Queue;
use crate::state::State;
use egui::{Label, RichText, ScrollArea, Ui};
use kit::theme;
use lesson::Lesson;
use std::sync::Arc;

/// Width of a card, at least.
const CARD: f32 = 300.0;

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let t = theme::tokens(ui);
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = theme::CARD_GAP;
        let about = "Step by step, with guesses to make before a run shows the truth. Everything runs for real, and nothing has to be downloaded. A lesson of your own is a file; its format is described in docs/lessons.md of the source.";
        ui.add(Label::new(RichText::new(about).color(t.text)).wrap());
        ui.horizontal_wrapped(|ui| {
            named_button(ui, Command::OpenLesson, "Open lesson…", state, queue);
            named_button(ui, Command::LeaveLesson, "Leave lesson", state, queue);
        });
        let columns = ((ui.available_width() / CARD) as usize).clamp(1, 3);
        for row in state.lessons.chunks(columns) {
            ui.columns(columns, |places| {
                for (ui, lesson) in places.iter_mut().zip(row) {
                    ui.vertical(|ui| card(ui, lesson, state, queue));
                }
            });
        }
    });
}

fn card(ui: &mut Ui, lesson: &Arc<Lesson>, state: &State, queue: &mut Queue) {
    let t = theme::tokens(ui);
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 4.0;
        ui.add(Label::new(RichText::new(&lesson.title).font(theme::strong(15.0))).wrap());
        ui.add(Label::new(RichText::new(&lesson.question).color(t.text)).wrap());
        let on = state.lesson.as_ref().filter(|session| session.lesson() == &**lesson);
        let finished = state.history.lessons.contains(&lesson.title);
        let length = format!("{} steps, about {} min", lesson.steps.len(), lesson.minutes);
        let told = match on {
            Some(session) => format!("{length}; at step {}", session.at() + 1),
            None if finished => format!("{length}; ✓ gone through"),
            None => length,
        };
        kit::caption(ui, &told);
        let verb = if on.is_some() { "Begin again" } else { "Begin" };
        let button = ui.button(verb);
        let name = format!("{verb}: {}", lesson.title);
        if kit::named(button, egui::Role::Button, &name).clicked() {
            queue.push(Action::Lesson(LessonAct::Begin(Arc::clone(lesson))));
        }
    });
}
