//! What a run told, with the time of it: enough to show the run again.

use super::event::Event;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// Events that are kept of a run.
pub const MOST_EVENTS: usize = 4096;
/// Outputs that are kept of the samples of a run, of all three networks together: some ten thousand
/// samples of ten classes.
pub const MOST_OUTPUTS: usize = 1_000_000;
/// Places of stages and steps that a recording may name.
const MOST_PLACES: usize = 1 << 16;
/// Progress within a phase is kept in steps of this share of the run.
const PROGRESS: f64 = 1.0 / 256.0;

/// An event, and the seconds from the start of the run to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Told {
    pub secs: f64,
    pub event: Event,
}

/// The events of a run in their order: at most [`MOST_EVENTS`], and samples with at most
/// [`MOST_OUTPUTS`] outputs. The end of the run is its report.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Recording {
    events: Vec<Told>,
    /// Outputs of the samples so far.
    #[serde(skip)]
    outputs: usize,
}

impl Recording {
    /// The events, first to last.
    pub fn events(&self) -> &[Told] {
        &self.events
    }

    /// Whether nothing was told.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Seconds from the start of the run to the last event.
    pub fn secs(&self) -> f64 {
        self.events.last().map_or(0.0, |told| told.secs)
    }

    /// Takes in an event; events come in order of time. Progress that says little new is left out, and
    /// so are samples beyond the bound.
    pub fn note(&mut self, told: Told) {
        let Told { secs, event } = told;
        if !self.is_worth_it(&event) {
            return;
        }
        if let Event::Samples(samples) = &event {
            self.outputs += outputs(samples);
        }
        let secs = secs.max(self.secs());
        self.events.push(Told { secs, event });
        if self.events.len() > MOST_EVENTS {
            self.thin();
            self.leave_out_stages();
        }
    }

    fn is_worth_it(&self, event: &Event) -> bool {
        match event {
            Event::Finished(_) => false,
            Event::Progress { phase, fraction, .. } => {
                let last = self.events.iter().rev().find_map(|told| match told.event {
                    Event::Progress { phase, fraction, .. } => Some((phase, fraction)),
                    _ => None,
                });
                last.is_none_or(|(of, at)| of != *phase || (fraction - at).abs() >= PROGRESS)
            }
            Event::Samples(samples) => self.outputs + outputs(samples) <= MOST_OUTPUTS,
            Event::Planned(_)
            | Event::Sequence(_)
            | Event::SequenceStep(_)
            | Event::Stage { .. } => true,
        }
    }

    /// Leaves out every second event that a later one makes obsolete, and joins samples with those that
    /// came next.
    fn thin(&mut self) {
        let mut kept: Vec<Told> = Vec::with_capacity(MOST_EVENTS);
        let mut later = Later::default();
        let mut odd = false;
        // From the end: what is the last of its kind stays.
        for told in std::mem::take(&mut self.events).into_iter().rev() {
            let has_later = later.see(&told.event);
            odd = has_later && !odd;
            if !odd {
                kept.push(told);
                continue;
            }
            if let (Event::Samples(before), Some(Told { event: Event::Samples(after), .. })) =
                (told.event, kept.iter_mut().rev().find(|t| matches!(t.event, Event::Samples(_))))
            {
                after.splice(0..0, before);
            }
        }
        kept.reverse();
        self.events = kept;
    }

    /// Where thinning made no room, every second stage and step is left out: the report has them all.
    fn leave_out_stages(&mut self) {
        if self.events.len() <= MOST_EVENTS {
            return;
        }
        let mut odd = false;
        self.events.retain(|told| {
            odd = matches!(told.event, Event::Stage { .. } | Event::SequenceStep(_)) && !odd;
            !odd
        });
    }

    /// Whether it is as `note` makes them.
    fn check(&self) -> Result<(), &'static str> {
        let mut before = 0.0;
        for Told { secs, event } in &self.events {
            if !(secs.is_finite() && *secs >= before) {
                return Err("events with times that go up from 0");
            }
            before = *secs;
            let place = match event {
                Event::Stage { index, .. } => *index,
                Event::SequenceStep(seen) => seen.step.step,
                Event::Planned(plan) => plan.stages.len(),
                _ => 0,
            };
            if place > MOST_PLACES {
                return Err("stages and steps below 65536");
            }
        }
        if self.outputs > MOST_OUTPUTS {
            return Err("at most 1000000 outputs of samples in events");
        }
        Ok(())
    }
}

/// What was seen on the way from the end to the beginning.
#[derive(Default)]
struct Later {
    progress: bool,
    samples: bool,
    stages: Vec<usize>,
    steps: Vec<usize>,
}

impl Later {
    /// Whether a later event says more of the same.
    fn see(&mut self, event: &Event) -> bool {
        let listed = |list: &mut Vec<usize>, at: usize| {
            let known = list.contains(&at);
            if !known {
                list.push(at);
            }
            known
        };
        match event {
            Event::Progress { .. } => std::mem::replace(&mut self.progress, true),
            Event::Samples(_) => std::mem::replace(&mut self.samples, true),
            Event::Stage { index, .. } => listed(&mut self.stages, *index),
            Event::SequenceStep(seen) => listed(&mut self.steps, seen.step.step),
            Event::Planned(_) | Event::Sequence(_) | Event::Finished(_) => false,
        }
    }
}

fn outputs(samples: &[super::event::Sample]) -> usize {
    let of = |s: &super::event::Sample| {
        s.plain_logits.len() + s.reference_logits.len() + s.encrypted_logits.len()
    };
    samples.iter().map(of).sum()
}

impl<'de> Deserialize<'de> for Recording {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Events;
        impl<'de> Visitor<'de> for Events {
            type Value = Recording;

            fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(to, "a list of at most {MOST_EVENTS} events")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Recording, A::Error> {
                let mut read = Recording::default();
                while let Some(told) = list.next_element::<Told>()? {
                    if read.events.len() == MOST_EVENTS {
                        return Err(Error::invalid_length(MOST_EVENTS + 1, &self));
                    }
                    if let Event::Samples(samples) = &told.event {
                        read.outputs += outputs(samples);
                    }
                    read.events.push(told);
                }
                read.check().map_err(Error::custom)?;
                Ok(read)
            }
        }
        from.deserialize_seq(Events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Phase, Sample, SequenceStep, StepSeen};

    impl Recording {
        fn note_at(&mut self, secs: f64, event: Event) {
            self.note(Told { secs, event });
        }
    }

    fn progress(fraction: f64) -> Event {
        Event::Progress { phase: Phase::Evaluate, done: 0, total: 1, fraction, eta_secs: 1.0 }
    }

    fn sample(index: usize) -> Sample {
        Sample {
            index,
            label: Some(1),
            plain: 1,
            reference: 1,
            encrypted: 1,
            plain_logits: vec![0.5, f32::NAN],
            reference_logits: vec![0.5, 1.0],
            encrypted_logits: vec![0.5, 1.0],
        }
    }

    #[test]
    fn little_progress_is_left_out_and_times_go_up() {
        let mut recording = Recording::default();
        for (secs, fraction) in [(0.1, 0.1), (0.2, 0.1001), (0.15, 0.5)] {
            recording.note_at(secs, progress(fraction));
        }
        let times: Vec<f64> = recording.events().iter().map(|told| told.secs).collect();
        assert_eq!(times, [0.1, 0.15]);
        recording.note_at(0.05, progress(0.9));
        assert_eq!(recording.secs(), 0.15, "never before what came before");
    }

    #[test]
    fn however_much_is_told_little_is_kept_and_no_sample_is_lost() {
        let mut recording = Recording::default();
        let all = 3 * MOST_EVENTS;
        for index in 0..all {
            recording.note_at(index as f64, Event::Samples(vec![sample(index)]));
        }
        assert!(recording.events().len() <= MOST_EVENTS);
        let kept = recording.events().iter().flat_map(|told| match &told.event {
            Event::Samples(samples) => samples.iter().map(|s| s.index).collect(),
            _ => Vec::new(),
        });
        assert_eq!(kept.collect::<Vec<_>>(), (0..all).collect::<Vec<_>>());
        assert_eq!(recording.secs(), (all - 1) as f64);
        let many = (0..MOST_OUTPUTS / 6 + 1).map(sample).collect();
        let before = recording.clone();
        recording.note_at(1e9, Event::Samples(many));
        assert_eq!(recording.events().len(), before.events().len(), "more than the bound");
    }

    #[test]
    fn more_stages_than_events_are_kept_within_the_bound_and_no_sample_is_lost() {
        let mut recording = Recording::default();
        recording.note_at(0.0, Event::Samples(vec![sample(7)]));
        for step in 0..3 * MOST_EVENTS {
            let step = SequenceStep { step, ..SequenceStep::default() };
            let seen = StepSeen { step, states: Vec::new() };
            recording.note_at(1.0, Event::SequenceStep(Box::new(seen)));
        }
        assert!(recording.events().len() <= MOST_EVENTS);
        let text = serde_json::to_string(&recording).unwrap();
        let read: Recording = serde_json::from_str(&text).unwrap();
        assert!(matches!(&read.events()[0].event, Event::Samples(samples) if samples.len() == 1));
    }

    #[test]
    fn the_largest_recording_fits_into_a_report_that_is_opened() {
        let mut recording = Recording::default();
        // Outputs with as many digits as 32 bits can take.
        let logits = vec![-1.234_567_9e-30_f32; 10];
        let each = Sample {
            plain_logits: logits.clone(),
            reference_logits: logits.clone(),
            encrypted_logits: logits,
            ..sample(0)
        };
        let count = MOST_OUTPUTS / 30;
        for index in 0..count {
            let secs = index as f64 / 3.0;
            recording.note_at(secs, Event::Samples(vec![Sample { index, ..each.clone() }]));
        }
        let bytes = serde_json::to_string(&recording).unwrap().len() as u64;
        // A million outputs are 15 MiB at least; what stands around them is no more than that again.
        assert!(bytes > 15 << 20 && bytes < crate::MOST_BYTES / 2, "{bytes}");
    }

    #[test]
    fn what_is_written_is_read_and_what_breaks_the_bounds_is_refused() {
        let mut recording = Recording::default();
        recording.note_at(0.25, progress(0.5));
        recording.note_at(0.5, Event::Samples(vec![sample(3)]));
        let text = serde_json::to_string(&recording).unwrap();
        let read: Recording = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
        assert_eq!(read.events()[0], recording.events()[0]);
        let Event::Samples(samples) = &read.events()[1].event else { panic!("samples") };
        assert!(samples[0].plain_logits[1].is_nan());
        let one = r#"{"secs":0.5,"event":{"samples":[]}}"#;
        let refused = |text: String| {
            let error = serde_json::from_str::<Recording>(&text).unwrap_err();
            error.to_string()
        };
        assert!(refused(format!("[{one},{}]", one.replace("0.5", "0.1"))).contains("times"));
        let many = vec![one; MOST_EVENTS + 1].join(",");
        assert!(refused(format!("[{many}]")).contains("at most 4096 events"));
        assert!(refused(r#"[{"secs":0,"event":{"finished":{}}}]"#.into()).contains("unknown"));
    }
}
