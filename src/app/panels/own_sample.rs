//! The tab Samples while a sample of a person's own is drawn or set.

use super::sample_columns;
use crate::action::Action;
use crate::command::Command;
use crate::panels::button::command_button;
use crate::queue::Queue;
use crate::state::State;
use egui::{Label, RichText, Ui};
use inference::OwnAnswer;
use kit::theme;
use look::{Answers, pad_card};

/// Seconds for keys that are told of.
const KEYS: f64 = 0.005;

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    ui.horizontal_wrapped(|ui| {
        command_button(ui, Command::DrawOwn, "◀ Samples of the run", state, queue);
        kit::caption(
            ui,
            "A sample of your own: encrypted, evaluated and decrypted for real when you let go",
        );
    });
    ui.add_space(theme::CARD_GAP);
    sample_columns::show(
        ui,
        queue,
        |ui, queue| {
            let can_run = Command::Run.is_enabled(state);
            let told = pad_card(ui, &state.pad, can_run);
            told.edits.into_iter().for_each(|edit| queue.push(Action::EditPad(edit)));
            if told.keep {
                queue.push(Action::KeepOwn);
            }
            if told.run {
                queue.push(Action::RunOwn);
            }
        },
        state.pad.has_sample().then_some(|ui: &mut Ui, queue: &mut Queue| {
            sample_columns::ciphertext(ui, state, queue)
        }),
        |ui, _| answers(ui, state),
    );
}

fn answers(ui: &mut Ui, state: &State) {
    let (t, pad) = (theme::tokens(ui), &state.pad);
    let say = |ui: &mut Ui, text: &str, colour| {
        ui.add(Label::new(RichText::new(text).color(colour)).wrap());
    };
    if let Some(failure) = state.refusal().or(pad.failure.as_deref()) {
        return say(ui, failure, t.notice);
    }
    let Some(answer) = &pad.answer else {
        let text = match (pad.pending, state.running) {
            (true, true) => "Waits until the run is over",
            (true, false) => {
                "The first answer takes longer: the plan for one sample and its keys are made"
            }
            (false, _) if pad.is_table() => "Move a slider: the three answers come here",
            (false, _) => "Draw something: the three answers come here",
        };
        return say(ui, text, t.text_weak);
    };
    if pad.pending {
        say(ui, "On its way through the encrypted network; below stands the answer before", t.text);
        ui.multiply_opacity(theme::STALE);
    } else {
        say(ui, &times(answer), t.text_strong);
    }
    let names = pad.classes.as_slice();
    let mut sample = answer.sample.clone();
    sample.label = pad.label;
    Answers { sample: &sample, names, wrong: answer.wrong }
        .show(ui, |ui| sample_columns::because(ui, &sample));
}

/// What the answer took.
fn times(answer: &OwnAnswer) -> String {
    let mut text = format!("Encrypted, evaluated and decrypted in {}", format::secs(answer.secs));
    if answer.keygen_secs >= KEYS {
        text += &format!(", after {} for keys, which stay", format::secs(answer.keygen_secs));
    }
    text
}
