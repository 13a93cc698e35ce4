//! A run as it is drawn: grows with the events of the worker.

use crate::circuit::Plan;
use crate::run::sequence::SequenceReport;
use crate::run::{Event, Phase, RunReport, Sample, Scenario, StageReport};
use crate::worker::Failure;

/// How a run stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    Running,
    Finished,
    Stopped,
    Failed(String),
}

/// The newest word on progress.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    pub phase: Phase,
    /// Of the whole run, 0 to 1.
    pub fraction: f64,
    pub eta_secs: f64,
}

/// Share of right answers after each so many samples.
#[derive(Clone, Debug, Default)]
pub struct RunningAccuracy {
    /// Points (samples seen, share right).
    pub points: Vec<[f64; 2]>,
    right: usize,
    seen: usize,
}

impl RunningAccuracy {
    /// Curves keep about this many points however many samples there are.
    const POINTS: usize = 400;

    fn add(&mut self, right: bool, expected: usize) {
        self.seen += 1;
        self.right += usize::from(right);
        let every = (expected / Self::POINTS).max(1);
        if self.seen.is_multiple_of(every) || self.seen == expected {
            self.points.push([self.seen as f64, self.right as f64 / self.seen as f64]);
        }
    }

    /// Share right so far; `None` before the first sample.
    pub fn share(&self) -> Option<f64> {
        (self.seen > 0).then(|| self.right as f64 / self.seen as f64)
    }
}

/// Everything a run has told so far.
#[derive(Clone, Debug)]
pub struct RunView {
    pub scenario: Scenario,
    pub plan: Option<Box<Plan>>,
    pub standing: Standing,
    pub progress: Option<Progress>,
    pub stages: Vec<Option<StageReport>>,
    pub samples: Vec<Sample>,
    /// Indices into `samples`: first those where plaintext and encrypted classes differ.
    pub order: Vec<usize>,
    pub plain: RunningAccuracy,
    pub encrypted: RunningAccuracy,
    pub report: Option<Box<RunReport>>,
    /// Steps of a recurrent network, as far as they were seen.
    pub sequence: Option<Box<SequenceReport>>,
}

impl RunView {
    /// A run of `scenario` that has just been asked for.
    pub fn new(scenario: Scenario) -> Self {
        Self {
            scenario,
            plan: None,
            standing: Standing::Running,
            progress: None,
            stages: Vec::new(),
            samples: Vec::new(),
            order: Vec::new(),
            plain: RunningAccuracy::default(),
            encrypted: RunningAccuracy::default(),
            report: None,
            sequence: None,
        }
    }

    /// Takes in what the run tells.
    pub fn take(&mut self, event: Event) {
        match event {
            Event::Planned(plan) => {
                self.stages.resize(plan.stages.len(), None);
                self.plan = Some(plan);
            }
            Event::Progress { phase, fraction, eta_secs, .. } => {
                self.progress = Some(Progress { phase, fraction, eta_secs });
            }
            Event::Stage { index, stage } => {
                if index >= self.stages.len() {
                    self.stages.resize(index + 1, None);
                }
                if let Some(slot) = self.stages.get_mut(index) {
                    *slot = Some(*stage);
                }
            }
            Event::Sequence(report) => self.sequence = Some(report),
            Event::SequenceStep(seen) => {
                if let Some(report) = &mut self.sequence {
                    report.see(&seen);
                }
            }
            Event::Samples(samples) => self.take_samples(samples),
            Event::Finished(report) => self.end(Ok(report)),
        }
    }

    fn take_samples(&mut self, samples: Vec<Sample>) {
        let expected = self.plan.as_ref().map_or(0, |p| p.images);
        for sample in &samples {
            self.plain.add(sample.plain == sample.label, expected);
            self.encrypted.add(sample.encrypted == sample.label, expected);
        }
        self.samples.extend(samples);
        let differs = |i: &usize| self.samples.get(*i).is_some_and(|s| s.plain != s.encrypted);
        let (first, rest): (Vec<_>, Vec<_>) = (0..self.samples.len()).partition(differs);
        self.order = first.into_iter().chain(rest).collect();
    }

    /// Takes in how the run ended. What it told before stays.
    pub fn end(&mut self, result: Result<Box<RunReport>, Failure>) {
        self.progress = None;
        self.standing = match result {
            Ok(report) => {
                self.stages = report.stages.iter().cloned().map(Some).collect();
                self.sequence = report.sequence.clone();
                self.report = Some(report);
                Standing::Finished
            }
            Err(Failure::Cancelled) => Standing::Stopped,
            Err(failure) => Standing::Failed(failure.to_string()),
        };
    }

    /// Whether anything decrypted wrongly: nothing decrypted counts as an answer then.
    pub fn is_wrong(&self) -> bool {
        self.report.as_ref().is_some_and(|r| !r.is_right())
            || self.stages.iter().flatten().any(|s| s.wrong_values > 0)
    }

    /// What went wrong, in words; `None` when nothing did.
    pub fn wrong_text(&self) -> Option<String> {
        use crate::format::count;
        if !self.is_wrong() {
            return None;
        }
        let place = self.stages.iter().flatten().find(|s| s.wrong_values > 0);
        let place = place.map(|s| format!(", first in {}", s.name)).unwrap_or_default();
        Some(match &self.report {
            Some(r) if r.encrypted.wrong_outputs > 0 => format!(
                "Decrypted wrongly: {} outputs {}{place}. The noise outgrew its margin; these are not answers.",
                count(r.encrypted.wrong_outputs),
                match r.encrypted.error_bound {
                    None => "differ from the integer network".to_owned(),
                    Some(bound) =>
                        format!("are further than {bound:.2e} from the polynomial network"),
                }
            ),
            // Right as far as decryption goes.
            Some(r) if place.is_empty() => {
                let text = r.wrong_text().unwrap_or_default();
                format!("Wrong: {text}. The warnings say more.")
            }
            _ => format!(
                "Decrypted wrongly{place}. The noise outgrew its margin; what comes out is not an answer."
            ),
        })
    }

    /// Encrypted accuracy so far; `None` when there is none to show.
    pub fn encrypted_share(&self) -> Option<f64> {
        if self.is_wrong() { None } else { self.encrypted.share() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(index: usize, label: u16, plain: u16, encrypted: u16) -> Sample {
        Sample {
            index,
            label,
            plain,
            reference: plain,
            encrypted,
            plain_logits: vec![0.0; 2],
            reference_logits: vec![0.0; 2],
            encrypted_logits: vec![0.0; 2],
        }
    }

    #[test]
    fn accuracy_runs_and_disagreements_come_first() {
        let mut view = RunView::new(Scenario::open("digits").unwrap());
        view.take(Event::Samples(vec![sample(0, 1, 1, 1), sample(1, 1, 1, 0)]));
        view.take(Event::Samples(vec![sample(2, 0, 1, 0), sample(3, 1, 1, 1)]));
        assert_eq!(view.plain.share(), Some(0.75));
        assert_eq!(view.encrypted_share(), Some(0.75));
        assert_eq!(view.order, [1, 2, 0, 3]);
        assert_eq!(view.plain.points[1], [2.0, 1.0]);
    }

    #[test]
    fn curves_stay_small() {
        let mut accuracy = RunningAccuracy::default();
        for i in 0..10_000 {
            accuracy.add(i % 2 == 0, 10_000);
        }
        assert_eq!(accuracy.points.len(), 400);
        assert_eq!(accuracy.points.last(), Some(&[10_000.0, 0.5]));
    }
}
