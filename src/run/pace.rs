//! Progress of a run: events at a bearable rate, and the time that is left.

use super::event::{Event, Phase};
use super::report::StageReport;
use crate::circuit::Plan;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Least time between two progress events.
const INTERVAL: Duration = Duration::from_millis(40);

/// From this share and this time of a turn on it shows how slow the machine is.
const TELLING: f64 = 0.01;
const TELLING_TIME: Duration = Duration::from_millis(300);

/// Units a whole run is counted in.
const UNITS: u64 = 1000;

/// Follows a run against its plan. Shared by all threads of the run.
pub struct Pace<'a> {
    on_event: &'a (dyn Fn(Event) + Sync),
    /// Predicted seconds of one turn of each phase.
    turns: [(Phase, f64); 5],
    total_secs: f64,
    state: Mutex<State>,
}

struct State {
    phase: Phase,
    /// Predicted seconds of all turns that are over.
    over_secs: f64,
    /// Predicted seconds of the turn that goes on.
    turn_secs: f64,
    turn_started: Instant,
    /// How many times longer than predicted the evaluation takes, as far as it shows.
    slower: f64,
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
            state: Mutex::new(State {
                phase: Phase::Plain,
                over_secs: 0.0,
                turn_secs: 0.0,
                turn_started: Instant::now(),
                slower: 1.0,
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
        state.turn_started = Instant::now();
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
        // Evaluation is what takes long, and tells how much slower the machine is than predicted; the
        // phases before it, quick or not, say nothing about it.
        let elapsed = state.turn_started.elapsed();
        if state.phase == Phase::Evaluate && fraction > TELLING && elapsed > TELLING_TIME {
            state.slower = elapsed.as_secs_f64() / (state.turn_secs * fraction).max(1e-9);
        }
        let of_turn = if state.phase == Phase::Evaluate { state.slower } else { 1.0 };
        let later = (self.total_secs - state.over_secs - state.turn_secs).max(0.0);
        let eta_secs = state.turn_secs * (1.0 - fraction) * of_turn + later * state.slower;
        (self.on_event)(Event::Progress {
            phase: state.phase,
            done: (done * UNITS as f64) as u64,
            total: UNITS,
            fraction: done,
            eta_secs,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quick_start_promises_no_quick_end() {
        let plan: Plan = serde_json::from_value(serde_json::json!({
            "scheme": "tfhe", "ring_degree": 1, "primes": [], "plaintext_moduli": [3], "log2_q": 64.0,
            "log2_qp": 64.0, "plaintext_bits": 3.0, "security_bits": 128, "security_table": "",
            "depth": 1, "precision": "", "images": 4, "batches": 1, "threads": 1, "stages": [],
            "bytes": { "upload": 0, "download": 0, "evaluation_keys": 0, "peak_memory": 0 },
            "secs": { "keygen": 2.0, "encrypt": 0.0, "evaluate": 200.0, "decrypt": 0.0 },
            "warnings": []
        }))
        .unwrap();
        let told = Mutex::new(Vec::new());
        let on_event = |event| {
            if let Event::Progress { phase, eta_secs, .. } = event {
                told.lock().unwrap().push((phase, eta_secs));
            }
        };
        let pace = Pace::new(&plan, &on_event);
        // The plaintext network and the keys take no time here at all.
        pace.phase(Phase::Plain);
        pace.phase(Phase::Keygen);
        pace.phase(Phase::Encrypt);
        pace.phase(Phase::Evaluate);
        let (phase, eta) = *told.lock().unwrap().last().unwrap();
        assert_eq!(phase, Phase::Evaluate);
        assert!((eta - 200.0).abs() < 1.0, "{eta}");
        // A quarter of it in a third of a second is sixty times faster than predicted.
        std::thread::sleep(Duration::from_millis(340));
        pace.within(0.25);
        let (_, eta) = *told.lock().unwrap().last().unwrap();
        assert!(eta < 20.0, "{eta}");
    }
}
