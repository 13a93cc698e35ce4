//! The bar of the lesson that somebody is in: its step, what is asked, and the way on.

use crate::action::Action;
use crate::command::Command;
use crate::lesson_act::LessonAct;
use crate::panels::button::named_button;
use crate::queue::Queue;
use crate::state::State;
use egui::{Frame, Label, Margin, Panel, RichText, ScrollArea, Ui};
use kit::theme;
use lesson::{Facts as _, Guess, Question, Session, filled};
use plots::GuessPlot;

/// The bar takes at most this share of the window.
const MOST: f32 = 0.42;
/// Narrower bars have what is guessed under the text.
const BESIDE: f32 = 760.0;
/// Width of what is guessed, beside the text.
const GUESS: f32 = 430.0;

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
        head(ui, session, state, queue);
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
    });
    panel.response.rect.height()
}

fn head(ui: &mut Ui, session: &Session, state: &State, queue: &mut Queue) {
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
        let end = match session.score() {
            (0, _) => "The lesson is over.".to_owned(),
            (asked, right) => format!("The lesson is over: {right} of {asked} questions right."),
        };
        ui.label(RichText::new(end).font(theme::strong(13.0)).color(t.right));
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
            _ => RichText::new(choice),
        };
        let entry = ui.add_enabled(answered.is_none(), egui::RadioButton::new(chosen, text));
        if entry.clicked() {
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
            let button = ui.button("My guess stands");
            let name = kit::named(button, egui::Role::Button, "My guess stands");
            if name.clicked() {
                queue.push(Action::Lesson(LessonAct::Commit));
            }
            kit::caption(ui, "Drag the mark");
        } else if let Some(off) = guessed.and_then(lesson::Guessed::off) {
            ui.label(RichText::new(off).font(theme::strong(13.0)).color(t.text_strong));
        } else {
            kit::caption(ui, "Your guess stands; the truth is to come");
        }
    });
}
