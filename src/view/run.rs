//! A run as it is drawn: grows with the events of the worker.

use super::moment::Moment;
use super::origin::{Origin, Results};
use super::three::{Difference, Three};
use circuit::Plan;
use data::Dataset;
use report::{
    Event, Phase, Recording, RunReport, Sample, SavedRun, SequenceReport, StageReport, Told,
};
use scenario::Scenario;
use std::sync::Arc;
use worker::Failure;

/// How a run stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
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

/// Everything a run has told so far.
#[derive(Clone, Debug)]
pub struct RunView {
    pub scenario: Scenario,
    pub origin: Origin,
    /// The samples that are run, once they are known to be in memory.
    pub dataset: Option<Arc<Dataset>>,
    pub plan: Option<Box<Plan>>,
    pub status: Status,
    pub progress: Option<Progress>,
    pub stages: Vec<Option<StageReport>>,
    /// The stage that was told of last.
    pub newest_stage: Option<usize>,
    pub samples: Vec<Sample>,
    /// Right answers so far.
    pub three: Three,
    pub report: Option<Box<RunReport>>,
    /// Steps of a recurrent network, as far as they were seen.
    pub sequence: Option<Box<SequenceReport>>,
    /// What it told, with times: it can be shown again.
    pub recording: Arc<Recording>,
    /// What it was opened from, in words: `the file run.json`.
    pub from: Option<String>,
    /// Of a run that is kept, what it is known by.
    pub kept: Option<u64>,
    /// It is no run that goes on or stands here, but one that is shown again: this moment of it.
    pub replayed: Option<Moment>,
    /// Events of a replay that it shows.
    pub(super) fed: usize,
}

impl RunView {
    /// A run of `scenario` that has just been asked for.
    pub fn new(scenario: Scenario) -> Self {
        Self {
            origin: Origin::new(Results::Run, &scenario),
            scenario,
            dataset: None,
            plan: None,
            status: Status::Running,
            progress: None,
            stages: Vec::new(),
            newest_stage: None,
            samples: Vec::new(),
            three: Three::default(),
            report: None,
            sequence: None,
            recording: Arc::default(),
            from: None,
            kept: None,
            replayed: None,
            fed: 0,
        }
    }

    /// A run that a report opened `from` somewhere tells of, with the setup it was made with; `present` where
    /// the report is too old to have one, under its own names.
    pub fn of_report(saved: SavedRun, from: String, kept: Option<u64>, present: &Scenario) -> Self {
        let SavedRun { report, told } = saved;
        let scenario = match &report.setup {
            Some(setup) => setup.scenario.clone(),
            None => Scenario {
                name: report.scenario.clone(),
                model: report.model.clone(),
                dataset: report.dataset.clone(),
                ..present.clone()
            },
        };
        let mut run = Self { from: Some(from), kept, ..Self::new(scenario) };
        for told in told.events() {
            run.take(told.event.clone());
        }
        run.recording = Arc::new(told);
        run.end(Ok(Box::new(report)));
        run
    }

    /// Where it comes from, when and on what it was run and how long it took, as far as that is known.
    pub fn source(&self) -> String {
        let report = self.report.as_deref();
        let mut parts: Vec<String> = self.from.iter().cloned().collect();
        if let Some(began) = report.and_then(|report| report.began) {
            parts.push(format!("run on {}", format::date(began)));
        }
        if let Some(report) = report {
            let kernel = format::excerpt(&report.scheme.kernel);
            if !kernel.is_empty() {
                parts.push(format!("kernel {kernel}"));
            }
            let threads = report.threads;
            let noun = if threads == 1 { "thread" } else { "threads" };
            parts.push(format!("{threads} {noun}"));
            parts.push(format!("took {}", format::secs(report.encrypted.total_secs)));
        } else {
            parts.push("stopped before its end".to_owned());
        }
        parts.join(", ")
    }

    /// Takes in what the run tells, and keeps it for a replay.
    pub fn hear(&mut self, told: Told) {
        Arc::make_mut(&mut self.recording).note(told.clone());
        self.take(told.event);
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
                self.newest_stage = Some(index);
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
        samples.iter().for_each(|sample| self.three.add(sample));
        self.samples.extend(samples);
    }

    /// Indices into `samples` of those that differ so, the ones whose answers differ first.
    pub fn order(&self, shown: Difference) -> Vec<usize> {
        let holds = |difference: Difference, i: usize| {
            self.samples.get(i).is_some_and(|s| difference.holds(s))
        };
        let chosen = (0..self.samples.len()).filter(|i| holds(shown, *i));
        // What encryption did comes before what approximation did.
        let (mut first, rest): (Vec<_>, Vec<_>) =
            chosen.partition(|i| holds(Difference::Encryption, *i));
        let (second, rest): (Vec<_>, Vec<_>) =
            rest.into_iter().partition(|i| holds(Difference::Approximation, *i));
        first.extend(second.into_iter().chain(rest));
        first
    }

    /// Samples that differ so.
    pub fn count(&self, shown: Difference) -> usize {
        self.samples.iter().filter(|s| shown.holds(s)).count()
    }

    /// Share of the samples that stages were measured on so far: batches and samples come one after
    /// the other, and what is predicted is told for all.
    pub fn measured_share(&self) -> f64 {
        let images = self.plan.as_ref().map_or(0, |p| p.images);
        // Those of a batch are computed together, before the first of them is answered.
        let batch = self.plan.as_ref().map_or(1, |p| images.div_ceil(p.batches.max(1)));
        match self.status {
            Status::Running if images > 0 => {
                self.samples.len().max(batch).clamp(1, images) as f64 / images as f64
            }
            _ => 1.0,
        }
    }

    /// Takes in how the run ended. What it told before stays.
    pub fn end(&mut self, result: Result<Box<RunReport>, Failure>) {
        self.progress = None;
        self.status = match result {
            Ok(report) => {
                self.stages = report.stages.iter().cloned().map(Some).collect();
                self.sequence = report.sequence.clone();
                self.report = Some(report);
                Status::Finished
            }
            Err(Failure::Cancelled) => Status::Stopped,
            Err(failure) => Status::Failed(failure.to_string()),
        };
    }

    /// Right answers: of the whole run where it is over, else so far.
    pub fn counts(&self) -> Three {
        self.report.as_ref().map_or(self.three, |report| Three::of(report))
    }

    /// Whether anything decrypted wrongly: nothing decrypted counts as an answer then.
    pub fn is_wrong(&self) -> bool {
        self.report.as_ref().is_some_and(|r| !r.is_right())
            || self.stages.iter().flatten().any(|s| s.wrong_values > 0)
    }

    /// What went wrong, in words; `None` when nothing did.
    pub fn wrong_text(&self) -> Option<String> {
        use format::count;
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
                    None => "differ from the reference network".to_owned(),
                    Some(bound) =>
                        format!("are further than {bound:.2e} from the reference network"),
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_comes_first_and_can_be_looked_at_alone() {
        let sample = |index: usize, plain: u16, reference: u16, encrypted: u16| Sample {
            index,
            label: Some(1),
            plain,
            reference,
            encrypted,
            plain_logits: vec![0.0; 2],
            reference_logits: vec![0.0; 2],
            encrypted_logits: vec![0.0; 2],
        };
        let mut view = RunView::new(Scenario::open("digits").unwrap());
        view.take(Event::Samples(vec![sample(0, 1, 1, 1), sample(1, 1, 0, 0)]));
        view.take(Event::Samples(vec![sample(2, 1, 1, 0), sample(3, 0, 0, 0)]));
        assert_eq!(view.order(Difference::Any), [2, 1, 0, 3]);
        assert_eq!(view.order(Difference::Approximation), [1]);
        assert_eq!(view.order(Difference::Encryption), [2]);
        assert_eq!(view.order(Difference::Missed), [2, 1, 3]);
        assert_eq!(view.count(Difference::Missed), 3);
        assert_eq!(view.three.encrypted().counted(), "1 of 4");
    }
}
