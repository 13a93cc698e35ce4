//! The logic of the activation laboratory: what is chosen, checked, taken over and saved.

use super::app::App;
use super::state::State;
use crate::tab::Tab;
use activation::Activation;
use view::lab::{self, LabRequest};
use worker::Check;

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
        let lab = &self.state.lab;
        let Some(half) = lab.usable_interval() else { return };
        let mut scenario = self.state.scenario.clone();
        scenario.activation.method = lab.choice.method.id().to_owned();
        scenario.activation.layers = lab.layer_choices();
        scenario.activation.degree = lab.choice.degree;
        scenario.activation.interval = lab::rounded(half, lab.choice.measured);
        self.edit(scenario);
    }
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
        state.lab.choice = choice;
        state.lab.refresh();
    }
}
