//! An encrypted training as it is drawn: its curves as they grow, and its figures.

use super::origin::{Origin, Results};
use super::task::TaskStatus;
use scenario::Scenario;
use std::sync::Arc;
use training::{
    Checkpoint, CryptonnEvent, CryptonnReport, CryptonnTrained, DlogRange, EpochFigures, PhaseSecs,
    SideBySide, Traffic,
};
use worker::Failure;

/// Weight of the newest mini-batch in the loss that is drawn.
const NEWEST: f64 = 0.1;

/// Points of a loss curve that are kept; beyond them every second one goes.
const MOST_POINTS: usize = 2000;

/// What the tab Training shows of an encrypted training.
#[derive(Clone, Debug, Default)]
pub struct CryptonnView {
    pub status: TaskStatus,
    /// The setup that is trained.
    pub origin: Option<Origin>,
    /// What goes on before the first step, and the share of it that is done.
    pub preparing: Option<(&'static str, f64)>,
    /// Steps done, of how many.
    pub step: usize,
    pub of: usize,
    pub eta_secs: f64,
    /// Points (steps done, loss smoothed over mini-batches).
    pub loss: Vec<(f64, SideBySide)>,
    smoothed: Option<SideBySide>,
    pub epochs: Vec<EpochFigures>,
    pub phases: PhaseSecs,
    pub traffic: Traffic,
    pub dlog: DlogRange,
    /// Where the training stood last.
    pub checkpoint: Option<Arc<Checkpoint>>,
    /// Held between two steps.
    pub paused: bool,
    /// The report of a training that finished.
    pub report: Option<Box<CryptonnReport>>,
}

impl CryptonnView {
    /// Forgets everything: a new training of `scenario` begins.
    pub fn begin(&mut self, scenario: &Scenario) {
        let origin = Some(Origin::new(Results::Cryptonn, scenario));
        *self = Self { status: TaskStatus::Running, origin, ..Self::default() };
    }

    /// Shows a training of `scenario` that was interrupted, as far as it came.
    pub fn restore(&mut self, checkpoint: &Arc<Checkpoint>, scenario: &Scenario) {
        let origin = Some(Origin::new(Results::Cryptonn, scenario));
        *self = Self { status: TaskStatus::Stopped, origin, ..Self::default() };
        self.epochs = checkpoint.progress.epochs.iter().map(EpochFigures::from).collect();
        self.catch_up(checkpoint);
    }

    /// Goes to where the training stands: steps are told in passing, and some are left out where the
    /// window is slow; checkpoints never are.
    fn catch_up(&mut self, checkpoint: &Arc<Checkpoint>) {
        let progress = &checkpoint.progress;
        for (at, loss) in progress.losses.iter().enumerate().skip(self.step) {
            self.take_loss(at + 1, *loss);
        }
        (self.step, self.of) = (checkpoint.steps(), progress.of);
        let spent = &progress.spent;
        (self.phases, self.traffic, self.dlog) = (spent.phases, spent.traffic, spent.dlog);
        self.checkpoint = Some(Arc::clone(checkpoint));
    }

    /// Share of the whole that is done.
    pub fn fraction(&self) -> f64 {
        match (self.step, self.preparing) {
            (0, Some((_, fraction))) => fraction,
            _ => self.step as f64 / self.of.max(1) as f64,
        }
    }

    /// Takes in what the training tells.
    pub fn take(&mut self, event: CryptonnEvent) {
        match event {
            CryptonnEvent::Preparing { what, fraction } => self.preparing = Some((what, fraction)),
            CryptonnEvent::Step { step, of, loss, phases, traffic, dlog, eta_secs } => {
                self.preparing = None;
                (self.step, self.of, self.eta_secs) = (step, of, eta_secs);
                (self.phases, self.traffic, self.dlog) = (phases, traffic, dlog);
                self.take_loss(step, loss);
            }
            CryptonnEvent::Epoch(figures) => self.epochs.push(figures),
            CryptonnEvent::Checkpoint(checkpoint) => self.catch_up(&checkpoint),
            CryptonnEvent::Seen { .. } => {}
        }
    }

    /// The training is over.
    pub fn end(&mut self, result: Result<Box<CryptonnTrained>, Failure>) {
        self.paused = false;
        self.status = TaskStatus::of(&result);
        if let Ok(trained) = result {
            self.report = Some(Box::new(trained.report));
        }
    }

    /// The loss of a step, smoothed for the curve.
    fn take_loss(&mut self, step: usize, loss: SideBySide) {
        let before = self.smoothed.unwrap_or(loss);
        let mix = |old: f64, new: f64| old + NEWEST * (new - old);
        let smoothed = SideBySide {
            encrypted: mix(before.encrypted, loss.encrypted),
            fixed_point: mix(before.fixed_point, loss.fixed_point),
            float: mix(before.float, loss.float),
        };
        self.smoothed = Some(smoothed);
        if self.loss.len() == MOST_POINTS {
            let mut at = 0;
            self.loss.retain(|_| {
                at += 1;
                at % 2 == 0
            });
        }
        self.loss.push((step as f64, smoothed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scenario::OptimiserKind;
    use training::{Optimiser, Progress, ReplicaState, TrainingIdentity};

    #[test]
    fn steps_that_were_not_told_are_caught_up_with_the_next_checkpoint() {
        let loss = |at: usize| SideBySide { encrypted: at as f64, fixed_point: 1.0, float: 2.0 };
        let replica = || {
            let optimiser = Optimiser::new(OptimiserKind::Sgd);
            ReplicaState { tensors: Vec::new(), optimiser }
        };
        let identity = TrainingIdentity {
            scenario: "test".into(),
            model: "test".into(),
            dataset: "test".into(),
            dataset_digest: [0; 32],
            seed: 1,
            choice: scenario::TrainingRequest::default(),
        };
        let losses = (0..12).map(loss).collect();
        let progress = Progress { of: 12, losses, ..Progress::default() };
        let replicas = [replica(), replica(), replica()];
        let checkpoint = Checkpoint { identity, progress, replicas, rows_given: Vec::new() };
        let mut view = CryptonnView::default();
        view.begin(&scenario::Scenario::built_in().remove(0));
        let (phases, traffic) = (PhaseSecs::default(), Traffic::default());
        let (dlog, eta_secs) = (DlogRange::default(), 1.0);
        for step in [1, 2, 5] {
            let loss = loss(step - 1);
            view.take(CryptonnEvent::Step { step, of: 12, loss, phases, traffic, dlog, eta_secs });
        }
        view.take(CryptonnEvent::Checkpoint(Arc::new(checkpoint)));
        assert_eq!((view.step, view.of), (12, 12));
        let steps: Vec<f64> = view.loss.iter().map(|point| point.0).collect();
        assert_eq!(steps, [1.0, 2.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0]);
    }
}
