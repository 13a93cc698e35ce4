//! The top of every form for a training: its button, how far it is, and in words where it stands.

use super::sweep::task_button;
use crate::command::Command;
use crate::exports::Export;
use crate::panels::button::named_button;
use crate::queue::Queue;
use crate::state::State;
use egui::{Align, Layout, Ui};
use view::{TaskStatus, TrainingView};

/// What is said of a training.
pub struct TrainingStart<'a> {
    pub view: &'a TrainingView,
    /// What starts it.
    pub command: Command,
    /// What stands there before it began, and once it was stopped.
    pub idle: &'a str,
    pub stopped: &'a str,
    /// For accessibility: what the bar shows the progress of.
    pub bar: &'a str,
    /// Saves its curves.
    pub curves: Option<&'static Export>,
}

impl<'a> TrainingStart<'a> {
    /// Of the training of the setup's model.
    pub fn of_setup(view: &'a TrainingView, idle: &'a str) -> Self {
        let (stopped, bar) = ("Stopped; nothing was changed", "Training progress");
        Self { view, command: Command::Train, idle, stopped, bar, curves: None }
    }

    pub fn show(&self, ui: &mut Ui, state: &State, queue: &mut Queue) {
        let view = self.view;
        let running = view.status == TaskStatus::Running;
        task_button(ui, state, queue, running, self.command);
        kit::progress(ui, if running { view.fraction } else { 0.0 }, self.bar);
        let text = self.text();
        ui.horizontal(|ui| {
            kit::caption_about(ui, &text, &text);
            if let Some(export) = self.curves.filter(|_| !view.epochs.is_empty()) {
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    named_button(ui, export.command(), "CSV…", state, queue);
                });
            }
        });
    }

    fn text(&self) -> String {
        let view = self.view;
        match &view.status {
            TaskStatus::Idle => self.idle.to_owned(),
            TaskStatus::Running => match view.epochs.last() {
                Some(last) => {
                    let accuracy = format::percent(last.accuracy);
                    let (epoch, of, stage) = (last.epoch, view.of, &last.stage);
                    format!("Epoch {epoch} of {of}, {stage}: accuracy {accuracy}")
                }
                None => "Starting".to_owned(),
            },
            TaskStatus::Finished => format!("Finished after {} epochs", view.epochs.len()),
            TaskStatus::Stopped => self.stopped.to_owned(),
            TaskStatus::Failed(reason) => reason.clone(),
        }
    }
}
