//! Progress of a conversation: what client and server have done of all steps, by predicted time.

use super::client::Follower;
use circuit::{CellFunction, RecurrentCell, RecurrentCircuit, RecurrentProgram};
use report::{Phase, RunProgress};
use std::sync::Mutex;

/// A share this much smaller than the one before is of the next pass.
const NEXT_PASS: f64 = 0.5;

/// Follows both sides. The client may be steps ahead of the server, which has most of the work: neither
/// tells alone how far the run is.
pub(crate) struct Progress<'a> {
    progress: &'a RunProgress<'a>,
    client: Side,
    server: Side,
    /// Passes over all values that the server tells of in a step, one after the other.
    passes: usize,
    /// Predicted seconds of all batches on both sides.
    all_secs: f64,
    state: Mutex<State>,
}

/// Predicted seconds of each step of a batch on one side.
struct Side(Vec<f64>);

impl Side {
    fn batch(&self) -> f64 {
        self.0.iter().sum()
    }

    /// Seconds until `step` of `batch` is over.
    fn until(&self, batch: usize, step: usize) -> f64 {
        batch as f64 * self.batch() + self.0.iter().take(step + 1).sum::<f64>()
    }
}

#[derive(Default)]
struct State {
    begun: bool,
    /// Predicted seconds of what is over on either side.
    client_secs: f64,
    server_secs: f64,
    /// Predicted seconds of the step that the server works on.
    step_secs: f64,
    passes_over: usize,
    pass: f64,
}

impl<'a> Progress<'a> {
    /// Follows a run of `circuit`, whose keys are being made.
    pub fn new(circuit: &RecurrentCircuit, progress: &'a RunProgress<'a>) -> Self {
        let steps = || circuit.sequence.step_plans.iter();
        let (client, server) = (
            Side(steps().map(|s| s.client_secs).collect()),
            Side(steps().map(|s| s.server_secs).collect()),
        );
        let first = server.0.first().copied().unwrap_or(0.0);
        let state = Mutex::new(State { step_secs: first, ..State::default() });
        let passes = passes(&circuit.program);
        let all_secs = circuit.plan.batches as f64 * (client.batch() + server.batch());
        progress.phase(Phase::Keygen);
        Self { progress, client, server, passes, all_secs, state }
    }

    /// The server is done with a step.
    pub fn served(&self, batch: usize, step: usize) {
        self.change(|state| {
            let over = self.server.until(batch, step);
            let next = self.server.0.get(step + 1).or(self.server.0.first());
            (state.server_secs, state.step_secs) = (over, next.copied().unwrap_or(0.0));
            (state.passes_over, state.pass) = (0, 0.0);
        });
    }

    /// `part` of a pass of the server over its values is done.
    pub fn within(&self, part: f64) {
        self.change(|state| {
            state.passes_over += usize::from(part < state.pass - NEXT_PASS);
            state.pass = part;
        });
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let Ok(mut state) = self.state.lock() else { return };
        if !state.begun {
            state.begun = true;
            self.progress.phase(Phase::Evaluate);
        }
        change(&mut state);
        let of_step = (state.passes_over as f64 + state.pass) / self.passes.max(1) as f64;
        let over = state.client_secs + state.server_secs + state.step_secs * of_step.min(1.0);
        self.progress.within(over / self.all_secs.max(1e-9));
    }
}

impl Follower for Progress<'_> {
    fn step(&self, batch: usize, step: usize) {
        self.change(|state| state.client_secs = self.client.until(batch, step));
    }
}

/// Polynomials and products of all layers in one step.
fn passes(program: &RecurrentProgram) -> usize {
    let of = |f: &CellFunction| f.polynomial.as_ref().map_or(0, |p| p.parts.len());
    let layer = |cell: &RecurrentCell| match cell {
        RecurrentCell::Elman { function, .. } => of(function),
        // Reset, candidate and update, and the products with reset and update.
        RecurrentCell::Gru { squash, function, .. } => 2 * of(squash) + of(function) + 2,
        // Input and forget gate together, candidate, cells and output gate, and the products.
        RecurrentCell::Lstm { squash, function, state, .. } => {
            2 * of(squash) + of(function) + of(state) + 2
        }
    };
    program.network.layers.iter().map(|l| layer(&l.cell)).sum()
}
