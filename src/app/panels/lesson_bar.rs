//! The bar of the lesson that somebody is in: its step, what is asked, and the way on.

use crate::action::Action;
use crate::command::Command;
use crate::lesson_act::LessonAct;
use crate::panels::button::named_button;
use crate::queue::Queue;
use crate::state::State;
use egui::{Button, Frame, Label, Margin, Panel, RichText, ScrollArea, Ui};
use kit::theme;
use lesson::{Facts as _, Guess, NEAR, Question, Session, filled};
use plots::GuessPlot;
use std::sync::Arc;

/// The bar takes at most this share of the window.
const MOST: f32 = 0.42;
/// Narrower bars have what is guessed under the text.
const BESIDE: f32 = 760.0;
/// Width of what is guessed, beside the text.
const GUESS: f32 = 430.0;

/// What lets a guess stand.
const STANDS: &str = "My guess stands";

/// Draws the bar where a lesson is on; the height that it takes.
pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) -> f32 {
    let Some(session) = &state.lesson else { return 0.0 };
    let t = theme::tokens(ui);
    if let Some(step) = session.step().filter(|_| !session.is_done() && !session.waits_for_guess())
    {
        kit::highlight::point_at(ui.ctx(), &step.highlight);
    }
    let most = ui.ctx().content_rect().height() * MOST;
    let frame = Frame::new().fill(t.surface).inner_margin(Margin::symmetric(12, 7));
    let panel = Panel::bottom("lesson").frame(frame).resizable(false).show(ui, |ui| {
        ui.set_width(ui.available_width());
        // As high as what is in it, however high the bar was before.
        let area = ScrollArea::vertical().max_height(most).min_scrolled_height(most);
        area.auto_shrink([false, true]).show(ui, |ui| {
            let asks = session.step().is_some_and(|step| step.predict.is_some());
            if !asks || ui.available_width() < BESIDE {
                text(ui, session, state, queue);
                guess(ui, session, state, queue);
                return;
            }
            ui.horizontal_top(|ui| {
                let width = ui.available_width() - GUESS - theme::CARD_GAP;
                ui.vertical(|ui| {
                    ui.set_width(width);
                    text(ui, session, state, queue);
                });
                ui.add_space(theme::CARD_GAP);
                ui.vertical(|ui| {
                    ui.set_width(GUESS);
                    guess(ui, session, state, queue);
                });
            });
        });
        // At the foot: it stays where it is, whatever is said above it.
        foot(ui, session, state, queue);
    });
    panel.response.rect.height()
}

fn foot(ui: &mut Ui, session: &Session, state: &State, queue: &mut Queue) {
    let t = theme::tokens(ui);
    ui.horizontal_wrapped(|ui| {
        named_button(ui, Command::PreviousStep, "◀", state, queue);
        let of = session.lesson().steps.len();
        ui.label(format!("Step {} of {of}", session.at() + 1));
        let next = RichText::new("Next ▶");
        let next = match Command::NextStep.is_enabled(state) {
            true => next.strong().color(t.text_strong),
            false => next,
        };
        named_button(ui, Command::NextStep, next, state, queue);
        named_button(ui, Command::DoStep, "Do it for me", state, queue);
        ui.label(RichText::new(&session.lesson().title).font(theme::strong(13.0)));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            named_button(ui, Command::LeaveLesson, "× Leave", state, queue);
        });
    });
}

fn text(ui: &mut Ui, session: &Session, state: &State, queue: &mut Queue) {
    let Some(step) = session.step() else { return };
    let t = theme::tokens(ui);
    ui.add(Label::new(RichText::new(filled(&step.text, state)).size(14.0).color(t.text)).wrap());
    if let Some(ask) = &step.ask {
        question(ui, ask, session, queue);
    }
    if !session.is_done() {
        return;
    }
    if !step.after.is_empty() {
        let after = RichText::new(filled(&step.after, state)).size(14.0).color(t.text_strong);
        ui.add(Label::new(after).wrap());
    }
    if !session.has_next() {
        let end = RichText::new(end_of(session)).font(theme::strong(13.0)).color(t.right);
        ui.add(Label::new(end).wrap());
        next_lesson(ui, session, state, queue);
    }
}

/// How it went, in words.
fn end_of(session: &Session) -> String {
    let mut told = Vec::new();
    let (asked, right) = session.score();
    if asked > 0 {
        told.push(format!(
            "{right} of {asked} question{} right",
            if asked == 1 { "" } else { "s" }
        ));
    }
    let (guesses, near) = session.guesses();
    if guesses > 0 {
        told.push(format!(
            "{near} of {guesses} guess{} near ({NEAR})",
            if guesses == 1 { "" } else { "es" }
        ));
    }
    match told.is_empty() {
        true => "The lesson is over.".to_owned(),
        false => format!("The lesson is over: {}.", told.join("; ")),
    }
}

/// The way to the lesson after this one.
fn next_lesson(ui: &mut Ui, session: &Session, state: &State, queue: &mut Queue) {
    let here = state.lessons.iter().position(|known| **known == *session.lesson());
    let Some(next) = here.and_then(|at| state.lessons.get(at + 1)) else { return };
    let name = format!("Next lesson: {}", next.title);
    if kit::named(ui.button(&name), egui::Role::Button, &name).clicked() {
        queue.push(Action::Lesson(LessonAct::Begin(Arc::clone(next))));
    }
}

fn question(ui: &mut Ui, ask: &Question, session: &Session, queue: &mut Queue) {
    let t = theme::tokens(ui);
    ui.label(RichText::new(&ask.question).font(theme::strong(14.0)).color(t.text_strong));
    let answered = session.answered();
    for (at, choice) in ask.choices.iter().enumerate() {
        let chosen = answered == Some(at + 1);
        let right = at + 1 == ask.right;
        let text = match answered {
            Some(_) if right => RichText::new(format!("{choice}  ✓")).color(t.right),
            Some(_) if chosen => RichText::new(format!("{choice}  ✗")).color(t.notice),
            Some(_) => RichText::new(choice).color(t.text_weak),
            None => RichText::new(choice),
        };
        // Not greyed out when it is answered: it is to be read, and the first answer counts.
        if ui.radio(chosen, text).clicked() {
            queue.push(Action::Lesson(LessonAct::Answer(at + 1)));
        }
    }
    if answered.is_some() {
        ui.add(Label::new(RichText::new(&ask.because).size(14.0).color(t.text_strong)).wrap());
    }
}

fn guess(ui: &mut Ui, session: &Session, state: &State, queue: &mut Queue) {
    let Some(asked) = session.step().and_then(|step| step.predict.as_ref()) else { return };
    let t = theme::tokens(ui);
    let places = state.places(&asked.fact);
    let Some(guess) = session.guess(state) else { return };
    if matches!(&guess, Guess::Curve(values) if values.is_empty()) {
        kit::caption(ui, "The plan is being made");
        return;
    }
    let waits = session.waits_for_guess();
    let guessed = session.guessed();
    let plot = GuessPlot {
        asked,
        places: &places,
        guess: &guess,
        truth: guessed.and_then(|guessed| guessed.truth.as_ref()),
        moves: waits,
    };
    if let Some(moved) = plot.show(ui) {
        queue.push(Action::Lesson(LessonAct::MoveGuess(moved)));
    }
    ui.horizontal_wrapped(|ui| {
        if waits {
            let moved = session.has_moved(state);
            let button = ui.add_enabled(moved, Button::new(STANDS));
            let about = "Drag the mark first, or move it with the arrow keys";
            let button =
                kit::named(button, egui::Role::Button, STANDS).on_disabled_hover_text(about);
            if button.clicked() {
                queue.push(Action::Lesson(LessonAct::Commit));
            }
            kit::caption(ui, if moved { "Drag it until you are content" } else { about });
        } else if let Some(off) = guessed.and_then(lesson::Guessed::off) {
            ui.label(RichText::new(off).font(theme::strong(13.0)).color(t.text_strong));
        } else {
            let on = state.running || state.task_running;
            let deed = session.step().and_then(|step| step.deeds.first()).filter(|_| !on);
            let now = deed.map_or("the truth is on its way".to_owned(), |deed| deed.asked());
            let text = RichText::new(format!("Your guess stands; {now}"));
            ui.add(Label::new(text.font(theme::strong(13.0)).color(t.text_strong)).wrap());
        }
    });
}
