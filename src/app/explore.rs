//! The logic of the activation laboratory: what is chosen, checked, taken over and saved.

use super::app::App;
use super::state::State;
use crate::tab::Tab;
use activation::Activation;
use scenario::Scenario;
use std::time::{Duration, Instant};
use view::lab::{self, LabRequest, TOP_DEGREE};
use worker::{Check, Key};

impl App {
    /// Asks for the accuracy of the polynomial network that is explored, when it is another than last
    /// time and in sight.
    pub(super) fn check_when_changed(&mut self) {
        let new_network = self.state.tab == Tab::Training && self.state.new_network.shown;
        if new_network || self.state.tab == Tab::Activation && self.state.is_lookup() {
            return;
        }
        let State { tab, lab, scenario, .. } = &mut self.state;
        let studies = matches!(tab, Tab::Activation | Tab::Sweep | Tab::Training);
        if !studies {
            return;
        }
        if lab.curve.is_none() {
            lab.refresh();
        }
        // Accuracies of recurrent networks come from runs.
        if scenario.sequence.is_some() {
            return;
        }
        let wanted = Check { scenario: scenario.clone(), approximations: lab.approximations() };
        let same = self.checked.as_ref().is_some_and(|last| {
            last.approximations == wanted.approximations
                && last.scenario.model == wanted.scenario.model
                && last.scenario.dataset == wanted.scenario.dataset
        });
        if !same {
            lab.checked.pending = true;
            self.worker.check(wanted.clone());
            self.checked = Some(wanted);
        }
    }

    /// Makes what is explored the activation of the setup.
    pub(super) fn use_approximation(&mut self) {
        if let Some(scenario) = explored(&self.state) {
            self.edit(scenario);
        }
    }

    /// Asks what that would cost, and other degrees besides, where it is another than last time and in
    /// sight. A run goes first, alone.
    pub(super) fn plan_explored(&mut self) {
        let state = &mut self.state;
        let in_sight = state.tab == Tab::Activation && !state.is_lookup();
        let free = in_sight && !state.preview.pending && !state.running;
        let wanted = if free { explored(state) } else { None };
        if wanted == self.costed {
            return;
        }
        self.costed = wanted;
        let Some(setup) = &self.costed else { return self.worker.jobs.drop_jobs(Key::Costs) };
        state.lab.costs.look_at(setup);
        let setups = state.lab.costs.missing(setup, state.lab.choice.method.uses_degree());
        match state.seen() {
            Some(loaded) if !setups.is_empty() => self.worker.costs(setups, loaded),
            _ => self.worker.jobs.drop_jobs(Key::Costs),
        }
    }

    /// Goes on with the walk through the degrees: when the figures of the present one are there and
    /// could be read.
    pub(super) fn play_degrees(&mut self, ctx: &egui::Context) {
        let Some(since) = self.state.lab.playing else { return };
        let (setup, lab) = (explored(&self.state), &self.state.lab);
        if self.state.tab != Tab::Activation || lab.choice.degree >= last_degree(&self.state) {
            self.state.lab.playing = None;
            return;
        }
        let left = DEGREE_SHOWN.saturating_sub(since.elapsed());
        if !left.is_zero() {
            return ctx.request_repaint_after(left);
        }
        let planned = setup.is_none_or(|setup| lab.costs.of(&setup).is_some());
        if planned && !lab.checked.pending && !self.state.running {
            change(&mut self.state, |choice, _| choice.step_degree(1));
            self.state.lab.playing = Some(Instant::now());
            ctx.request_repaint();
        }
    }

    /// Walks through the degrees, from the first one where the last is reached; or stops that.
    pub(super) fn toggle_playing(&mut self) {
        let last = last_degree(&self.state);
        let playing = self.state.lab.playing.is_none();
        if playing && self.state.lab.choice.degree >= last {
            change(&mut self.state, |choice, _| choice.degree = 1);
        }
        self.state.lab.playing = playing.then(Instant::now);
    }
}

/// How long a degree is shown at least while they are walked through.
const DEGREE_SHOWN: Duration = Duration::from_millis(900);

/// The setup with what is explored as its activation, where a setup can have that.
pub fn explored(state: &State) -> Option<Scenario> {
    let lab = &state.lab;
    let half = lab.usable_interval().filter(|_| !state.is_cryptonn())?;
    let mut scenario = state.scenario.clone();
    scenario.activation.method = lab.choice.method.id().to_owned();
    scenario.activation.layers = lab.layer_choices();
    scenario.activation.degree = lab.choice.degree;
    scenario.activation.polynomial = lab.choice.coefficients();
    scenario.activation.interval = lab::rounded(half, lab.choice.measured);
    Some(scenario)
}

/// The last degree of the walk: the highest that may be possible.
fn last_degree(state: &State) -> usize {
    explored(state).map_or(TOP_DEGREE, |setup| state.lab.costs.last_degree(&setup))
}

/// The laboratory takes over the approximation of the setup.
pub fn follow(state: &mut State) {
    let choice = state.lab.choice.following(&state.scenario.activation);
    edit(state, choice);
}

/// Why an approximation cannot be used in the setup.
pub const NOT_USABLE: &str = "the setup takes a polynomial for the function that the model really has, on an interval [−l, l]; layers that are polynomials already stay as they are, and composed polynomials are two";

/// Takes the interval from the data, or leaves it as it was taken.
pub fn toggle_measured(state: &mut State) {
    let shown = state.lab.interval();
    change(state, |choice, _| {
        choice.measured = !choice.measured;
        choice.interval = shown;
    });
}

/// Changes what is explored by one step.
pub fn change(state: &mut State, change: impl FnOnce(&mut LabRequest, &Activation)) {
    let mut choice = state.lab.choice.clone();
    change(&mut choice, &state.lab.function());
    edit(state, choice);
}

/// Takes over a changed choice.
pub fn edit(state: &mut State, choice: LabRequest) {
    if choice != state.lab.choice {
        let starts = choice.method.takes_coefficients() && choice.own.is_none();
        let own = if starts { state.lab.as_typed() } else { choice.own.clone() };
        state.lab.choice = LabRequest { own, ..choice };
        state.lab.playing = None;
        state.lab.refresh();
    }
}
