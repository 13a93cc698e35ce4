//! Progress of a run: events at a bearable rate, and the time that is left.

use super::event::{Event, Phase};
use super::report::StageReport;
use crate::circuit::Plan;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Least time between two progress events.
const INTERVAL: Duration = Duration::from_millis(40);

/// Units a whole run is counted in.
const UNITS: u64 = 1000;

/// Follows a run against its plan. Shared by all threads of the run.
pub struct Pace<'a> {
    on_event: &'a (dyn Fn(Event) + Sync),
    /// Predicted seconds of one turn of each phase.
    turns: [(Phase, f64); 5],
    total_secs: f64,
    started: Instant,
    state: Mutex<State>,
}

struct State {
    phase: Phase,
    /// Predicted seconds of all turns that are over.
    over_secs: f64,
    /// Predicted seconds of the turn that goes on.
    turn_secs: f64,
    furthest: f64,
    told: Option<Instant>,
}

impl<'a> Pace<'a> {
    /// A pace for the run of `plan`.
    pub fn new(plan: &Plan, on_event: &'a (dyn Fn(Event) + Sync)) -> Self {
        let turns = (plan.batches * plan.plaintext_moduli.len()).max(1) as f64;
        // The plaintext networks are about as much work as decrypting; nobody waits for them long.
        let plain = plan.secs.decrypt.max(0.05 * plan.secs.total());
        let secs = &plan.secs;
        let total_secs = plain + secs.keygen + secs.total();
        Self {
            on_event,
            turns: [
                (Phase::Plain, plain),
                (Phase::Keygen, secs.keygen),
                (Phase::Encrypt, secs.encrypt / turns),
                (Phase::Evaluate, secs.evaluate / turns),
                (Phase::Decrypt, secs.decrypt / turns),
            ],
            total_secs,
            started: Instant::now(),
            state: Mutex::new(State {
                phase: Phase::Plain,
                over_secs: 0.0,
                turn_secs: 0.0,
                furthest: 0.0,
                told: None,
            }),
        }
    }

    /// The next turn of `phase` begins.
    pub fn phase(&self, phase: Phase) {
        let secs = self.turns.iter().find(|(p, _)| *p == phase).map_or(0.0, |(_, secs)| *secs);
        let Ok(mut state) = self.state.lock() else { return };
        state.over_secs += state.turn_secs;
        state.turn_secs = secs;
        state.phase = phase;
        state.told = None;
        self.tell(&mut state, 0.0);
    }

    /// The turn that goes on is `fraction` done.
    pub fn within(&self, fraction: f64) {
        // Other threads tell just as well: never wait for them.
        if let Ok(mut state) = self.state.try_lock() {
            self.tell(&mut state, fraction.clamp(0.0, 1.0));
        }
    }

    /// Figures of a stage.
    pub fn stage(&self, index: usize, stage: &StageReport) {
        (self.on_event)(Event::Stage { index, stage: Box::new(stage.clone()) });
    }

    fn tell(&self, state: &mut State, fraction: f64) {
        if state.told.is_some_and(|t| t.elapsed() < INTERVAL) {
            return;
        }
        state.told = Some(Instant::now());
        let done = (state.over_secs + state.turn_secs * fraction) / self.total_secs.max(1e-9);
        state.furthest = state.furthest.max(done.min(1.0));
        let done = state.furthest;
        // What is left takes as much longer than predicted as what is over did.
        let elapsed = self.started.elapsed().as_secs_f64();
        let eta_secs = if done > 0.05 {
            elapsed * (1.0 - done) / done
        } else {
            self.total_secs * (1.0 - done)
        };
        (self.on_event)(Event::Progress {
            phase: state.phase,
            done: (done * UNITS as f64) as u64,
            total: UNITS,
            fraction: done,
            eta_secs,
        });
    }
}
