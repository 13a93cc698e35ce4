//! A run shown again: where it is, and what to do with it.

use crate::action::Action;
use crate::command::Command;
use crate::panels::button::{command_button, hover, named_button};
use crate::queue::Queue;
use crate::state::State;
use egui::{ComboBox, Frame, Margin, RichText, Slider, Stroke, Ui};
use kit::theme;
use view::{Pace, Replay, ReplayAct, RunView};

/// Height of the bar under the plots.
pub const HEIGHT: f32 = 24.0;
/// The slider is no shorter.
const LEAST_SLIDER: f32 = 60.0;
/// Width of the choice of the pace, and of what stands behind the slider.
const PACE: f32 = 132.0;
const BEHIND: f32 = 372.0;

/// Says that what is shown is a replay, or of a file: no run of this window that goes on or stands.
pub fn badge(ui: &mut Ui, run: Option<&RunView>) {
    let Some(run) = run else { return };
    let text = match (&run.replayed, &run.from) {
        (Some(moment), _) => moment.text(),
        (None, Some(_)) => format!("Opened, at its end: {}", run.source()),
        (None, None) => return,
    };
    let t = theme::tokens(ui);
    Frame::new()
        .fill(t.selection)
        .stroke(Stroke::new(1.0, t.cursor))
        .corner_radius(4)
        .inner_margin(Margin::symmetric(8, 2))
        .show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            let label = RichText::new(&text).font(theme::heading()).color(t.text_strong);
            ui.add(egui::Label::new(label).truncate()).on_hover_text(
                "What is shown was recorded: nothing is encrypted now, and the figures are those of the recorded run",
            );
        });
}

/// The bar under the plots: to show the run again, to pin it, to show the next one slowly; or where the replay
/// is.
pub fn bar(ui: &mut Ui, state: &State, queue: &mut Queue) {
    ui.allocate_ui_with_layout(
        egui::vec2(ui.available_width(), HEIGHT),
        egui::Layout::left_to_right(egui::Align::Center),
        |ui| match &state.replay {
            Some(replay) => shown(ui, state, replay, queue),
            None => {
                command_button(ui, Command::Replay, "Replay", state, queue);
                command_button(ui, Command::PinRun, "Pin this run", state, queue);
                command_button(ui, Command::KeptRuns, "Kept runs…", state, queue);
                slow_motion(ui, state, queue);
            }
        },
    );
}

fn shown(ui: &mut Ui, state: &State, replay: &Replay, queue: &mut Queue) {
    named_button(ui, Command::StepBack, "◀ Step", state, queue);
    let play = if replay.playing { "Pause" } else { "▶ Play" };
    named_button(ui, Command::PlayReplay, play, state, queue);
    named_button(ui, Command::StepOn, "Step ▶", state, queue);
    let mut secs = replay.secs();
    let of = replay.of_secs();
    ui.spacing_mut().slider_width = (ui.available_width() - BEHIND).max(LEAST_SLIDER);
    let slider = Slider::new(&mut secs, 0.0..=of.max(f64::MIN_POSITIVE)).show_value(false);
    let slider = ui.add(slider).on_hover_text("The moment of the run that is shown");
    let slider = kit::named(slider, egui::Role::Slider, "Moment of the run");
    if slider.changed() {
        queue.push(Action::Replay(ReplayAct::Seek(secs)));
    }
    let t = theme::tokens(ui);
    let text = format!("{} of {}", format::secs(replay.secs()), format::secs(of));
    ui.label(RichText::new(text).font(theme::small()).color(t.text));
    let choice = ComboBox::from_id_salt("pace").width(PACE).selected_text(replay.pace.name());
    let choice = choice.show_ui(ui, |ui| {
        for pace in Pace::ALL {
            if ui.selectable_label(pace == replay.pace, pace.name()).clicked() {
                queue.push(Action::Replay(ReplayAct::Pace(pace)));
            }
        }
    });
    kit::named(choice.response, egui::Role::ComboBox, "Speed of the replay");
    named_button(ui, Command::PinRun, "Pin", state, queue);
    named_button(ui, Command::Replay, "×", state, queue);
}

/// Whether the next run is shown slower than it is.
fn slow_motion(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let mut slow = state.slow;
    let text = RichText::new("Slow motion").font(theme::small());
    let response = hover(ui.checkbox(&mut slow, text), Command::ShowSlowly, state);
    if response.changed() {
        queue.push(Action::ShowSlowly(slow));
    }
}
