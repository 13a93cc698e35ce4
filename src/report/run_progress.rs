//! Progress of a run: events at a bearable rate, and the time that is left.

use super::event::{Event, Phase};
use super::report::StageReport;
use circuit::{Plan, PlanSecs};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Least time between two progress events.
const INTERVAL: Duration = Duration::from_millis(40);

/// From this share and this time of a turn on it shows how slow the machine is.
const TELLING: f64 = 0.01;
const TELLING_SECS: f64 = 0.3;

/// Share of a turn from which on it is over: sums of predicted times are rounded.
const WHOLE: f64 = 1.0 - 1e-9;

/// Units a whole run is counted in.
const UNITS: u64 = 1000;

/// Follows a run against its plan. Shared by all threads of the run.
pub struct RunProgress<'a> {
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
    /// Wall and predicted seconds of the turns of the evaluation that are over.
    evaluated: (f64, f64),
    furthest: f64,
    told: Option<Instant>,
}

impl<'a> RunProgress<'a> {
    /// A progress for the run of `plan`, which encrypts, evaluates and decrypts so many times.
    pub fn new(plan: &Plan, turns: usize, on_event: &'a (dyn Fn(Event) + Sync)) -> Self {
        Self::with(&plan.secs, turns.max(1) as f64, on_event)
    }

    /// A progress for a run whose client and server work step by step: all from the first input to the
    /// last answer is one evaluation.
    pub fn of_steps(plan: &Plan, on_event: &'a (dyn Fn(Event) + Sync)) -> Self {
        let evaluate = plan.secs.total();
        let secs = PlanSecs { keygen: plan.secs.keygen, encrypt: 0.0, evaluate, decrypt: 0.0 };
        Self::with(&secs, 1.0, on_event)
    }

    fn with(secs: &PlanSecs, turns: f64, on_event: &'a (dyn Fn(Event) + Sync)) -> Self {
        // The plaintext networks are about as much work as decrypting; nobody waits for them long.
        let plain = secs.decrypt.max(0.05 * secs.total());
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
                evaluated: (0.0, 0.0),
                furthest: 0.0,
                told: None,
            }),
        }
    }

    /// The next turn of `phase` begins.
    pub fn phase(&self, phase: Phase) {
        let secs = self.turns.iter().find(|(p, _)| *p == phase).map_or(0.0, |(_, secs)| *secs);
        let Ok(mut state) = self.state.lock() else { return };
        if state.phase == Phase::Evaluate {
            let (wall, predicted) = state.evaluated;
            let turn = state.turn_started.elapsed().as_secs_f64();
            state.evaluated = (wall + turn, predicted + state.turn_secs);
        }
        state.over_secs += state.turn_secs;
        state.turn_secs = secs;
        state.turn_started = Instant::now();
        state.phase = phase;
        state.told = None;
        self.tell(&mut state, 0.0);
    }

    /// The turn that goes on is `fraction` done.
    pub fn within(&self, fraction: f64) {
        // Other threads tell just as well: never wait for them, but for the end of a turn.
        let over = fraction > WHOLE;
        let state = if over { self.state.lock().ok() } else { self.state.try_lock().ok() };
        if let Some(mut state) = state {
            self.tell(&mut state, fraction.clamp(0.0, 1.0));
        }
    }

    /// Figures of a stage.
    pub fn stage(&self, index: usize, stage: &StageReport) {
        (self.on_event)(Event::Stage { index, stage: Box::new(stage.clone()) });
    }

    fn tell(&self, state: &mut State, fraction: f64) {
        if fraction < WHOLE && state.told.is_some_and(|t| t.elapsed() < INTERVAL) {
            return;
        }
        state.told = Some(Instant::now());
        let done = (state.over_secs + state.turn_secs * fraction) / self.total_secs.max(1e-9);
        state.furthest = state.furthest.max(done.min(1.0));
        let done = state.furthest;
        // Evaluation is what takes long, and tells how much slower the machine is than predicted; the
        // phases before it, quick or not, say nothing about it.
        let (wall, predicted) = state.evaluated;
        let wall = wall + state.turn_started.elapsed().as_secs_f64();
        let predicted = predicted + state.turn_secs * fraction;
        let telling = predicted > TELLING * state.turn_secs && wall > TELLING_SECS;
        if state.phase == Phase::Evaluate && telling {
            state.slower = wall / predicted.max(1e-9);
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

    /// A plan of so many seconds of keys and of evaluation.
    fn plan(keygen: f64, evaluate: f64) -> Plan {
        serde_json::from_value(serde_json::json!({
            "scheme": "tfhe", "ring_degree": 1, "primes": [], "plaintext_moduli": [], "log2_q": 64.0,
            "log2_qp": 64.0, "plaintext_bits": 3.0, "security_bits": 128, "security_table": "",
            "depth": 1, "precision": "", "images": 4, "batches": 4, "threads": 1, "stages": [],
            "bytes": { "upload": 0, "download": 0, "evaluation_keys": 0, "peak_memory": 0 },
            "secs": { "keygen": keygen, "encrypt": 0.0, "evaluate": evaluate, "decrypt": 0.0 },
            "warnings": []
        }))
        .unwrap()
    }

    /// Phase, share done and seconds left of the newest word.
    type Told = Mutex<Option<(Phase, f64, f64)>>;

    fn keep(told: &Told, event: Event) {
        if let Event::Progress { phase, fraction, eta_secs, .. } = event {
            *told.lock().unwrap() = Some((phase, fraction, eta_secs));
        }
    }

    /// So much time goes by.
    fn pass(progress: &RunProgress, secs: f64) {
        let mut state = progress.state.lock().unwrap();
        state.turn_started -= Duration::from_secs_f64(secs);
        state.told = None;
    }

    #[test]
    fn a_quick_start_promises_no_quick_end() {
        let told = Told::default();
        let on_event = |event| keep(&told, event);
        let progress = RunProgress::new(&plan(2.0, 200.0), 1, &on_event);
        // The plaintext network and the keys take no time here at all.
        for phase in [Phase::Plain, Phase::Keygen, Phase::Encrypt, Phase::Evaluate] {
            progress.phase(phase);
        }
        let (phase, _, eta) = told.lock().unwrap().unwrap();
        assert_eq!(phase, Phase::Evaluate);
        assert!((eta - 200.0).abs() < 1.0, "{eta}");
        // A quarter of it in a third of a second is sixty times faster than predicted.
        pass(&progress, 0.34);
        progress.within(0.25);
        let (_, _, eta) = told.lock().unwrap().unwrap();
        assert!(eta < 20.0, "{eta}");
    }

    #[test]
    fn progress_is_over_all_turns_and_time_left_falls_as_work_is_done() {
        for turns in [1, 4] {
            let told = Told::default();
            let on_event = |event| keep(&told, event);
            let progress = RunProgress::new(&plan(0.0, 200.0), turns, &on_event);
            progress.phase(Phase::Plain);
            let mut last = f64::INFINITY;
            for turn in 0..turns {
                progress.phase(Phase::Encrypt);
                progress.phase(Phase::Evaluate);
                // Three times slower than planned, evenly.
                for part in 1..=4 {
                    pass(&progress, 600.0 / (4 * turns) as f64);
                    progress.within(f64::from(part) / 4.0);
                    let (_, fraction, eta) = told.lock().unwrap().unwrap();
                    let done = (turn as f64 + f64::from(part) / 4.0) / turns as f64;
                    assert!((fraction - done).abs() < 0.06, "{fraction} told at {done}");
                    assert!(eta < last, "{eta} after {last}");
                    assert!((eta - 600.0 * (1.0 - done)).abs() < 1.0, "{eta} left at {done}");
                    last = eta;
                }
            }
        }
    }

    #[test]
    fn what_client_and_server_do_in_turn_is_one_evaluation() {
        let told = Told::default();
        let on_event = |event| keep(&told, event);
        let mut steps = plan(1.0, 60.0);
        steps.secs.encrypt = 40.0;
        let progress = RunProgress::of_steps(&steps, &on_event);
        for phase in [Phase::Plain, Phase::Keygen, Phase::Evaluate] {
            progress.phase(phase);
        }
        let (_, begun, eta) = told.lock().unwrap().unwrap();
        assert!(begun < 0.1 && (eta - 100.0).abs() < 1.0, "{begun}, {eta}");
        pass(&progress, 90.0);
        progress.within(1.0);
        let (_, fraction, eta) = told.lock().unwrap().unwrap();
        assert!(fraction > 0.99 && eta < 1.0, "{fraction}, {eta}");
    }
}
