//! A training as it is drawn: what is chosen for it, and its curves as they grow.

use super::origin::{Origin, Results};
use super::task::TaskStatus;
use inference::TrainOptions;
use network::recurrent::RecurrentModel;
use network::train::{EpochRecord, RecurrentOptions, TrainEvent, TrainedModel};
use scenario::Scenario;
use std::sync::Arc;
use worker::Failure;

/// Weight of the newest mini-batch in the loss that is drawn.
const NEWEST: f64 = 0.05;

/// Points of the loss curve that are kept; beyond them every second one goes.
const MOST_POINTS: usize = 2000;

/// Everything the tab Training shows.
#[derive(Clone, Debug, Default)]
pub struct TrainingView {
    pub options: TrainOptions,
    pub status: TaskStatus,
    /// The setup that was trained.
    pub origin: Option<Origin>,
    /// Points (epochs done, loss smoothed over mini-batches).
    pub loss: Vec<[f64; 2]>,
    smoothed: Option<f64>,
    /// The newest step that was told of.
    seen: usize,
    pub epochs: Vec<EpochRecord>,
    /// Epochs there will be.
    pub of: usize,
    /// Share of the whole that is done.
    pub fraction: f64,
    /// What was trained with: method, degree and interval in words.
    pub what: String,
    pub trained: Option<Arc<TrainedModel>>,
    /// What is chosen for recurrent networks; what is usual for the model when left out.
    pub recurrent: Option<RecurrentOptions>,
}

/// Epochs as CSV, one line each.
fn epochs_csv(epochs: &[EpochRecord]) -> String {
    let head = ["epoch", "stage", "loss", "train_accuracy", "accuracy", "share_inside"];
    let rows = epochs.iter().map(|r| {
        let inside = r.share_inside.map_or(String::new(), |share| share.to_string());
        let [loss, train, held] = [r.loss, r.train_accuracy, r.accuracy].map(|v| v.to_string());
        [r.epoch.to_string(), r.stage.clone(), loss, train, held, inside]
    });
    format::csv_table(&head, rows)
}

impl TrainingView {
    /// The epochs so far as CSV.
    pub fn to_csv(&self) -> String {
        epochs_csv(&self.epochs)
    }

    /// Forgets the curves: a new training of the model of `scenario` begins.
    pub fn begin(&mut self, scenario: &Scenario, what: String) {
        self.clear();
        (self.status, self.of, self.what) = (TaskStatus::Running, self.options.epochs, what);
        self.origin = Some(Origin::new(Results::Training, scenario));
    }

    /// The same for a network that is written anew: its data are those of the window for good.
    pub fn begin_own(&mut self, what: String) {
        self.clear();
        (self.status, self.what) = (TaskStatus::Running, what);
    }

    /// The same for a recurrent network.
    pub fn begin_recurrent(&mut self, scenario: &Scenario, what: String, epochs: usize) {
        self.begin(scenario, what);
        self.of = epochs;
    }

    /// Forgets the curves and the model.
    pub fn clear(&mut self) {
        let (options, recurrent) = (self.options, self.recurrent.take());
        *self = Self { options, recurrent, ..Self::default() };
    }

    /// What is chosen for a recurrent network where `model` is the one of the setup.
    pub fn recurrent_options(&self, model: &RecurrentModel) -> RecurrentOptions {
        self.recurrent.clone().unwrap_or_else(|| RecurrentOptions::for_model(model))
    }

    /// Whether there is a trained model.
    pub fn has_model(&self) -> bool {
        self.trained.is_some()
    }

    /// The trained model as a file.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        self.trained.as_ref().map(|trained| trained.to_bytes())
    }

    /// Takes in what the training tells.
    pub fn take(&mut self, event: TrainEvent) {
        match event {
            TrainEvent::Step { step, of, epochs, loss } => {
                self.of = epochs;
                self.fraction = step as f64 / of.max(1) as f64;
                let before = self.smoothed.unwrap_or(loss);
                // Steps that nobody was told of count as this one.
                let steps = step.saturating_sub(self.seen).clamp(1, i32::MAX as usize) as i32;
                self.seen = step;
                let smoothed = loss + (1.0 - NEWEST).powi(steps) * (before - loss);
                self.smoothed = Some(smoothed);
                if self.loss.len() == MOST_POINTS {
                    let mut at = 0;
                    self.loss.retain(|_| {
                        at += 1;
                        at % 2 == 0
                    });
                }
                self.loss.push([self.fraction * self.of as f64, smoothed]);
            }
            TrainEvent::Epoch { record, of } => {
                self.of = of;
                self.fraction = record.epoch as f64 / of.max(1) as f64;
                self.epochs.push(record);
            }
        }
    }

    /// The training is over.
    pub fn end(&mut self, result: Result<Arc<TrainedModel>, Failure>) {
        self.status = TaskStatus::of(&result);
        self.trained = result.ok();
        // It may have ended before the epochs that there could have been.
        self.of = self.epochs.len().max(1);
    }
}
