//! The logic of the activation laboratory: what is chosen, checked, taken over and saved.

use super::dialog::Purpose;
use super::state::State;
use super::{App, plots};
use crate::tab::Tab;
use activation::Activation;
use view::lab::{self, LabRequest};
use worker::Check;

impl App {
    /// Asks for the accuracy of the polynomial network that is explored, when it is another than last
    /// time and in sight.
    pub(super) fn check_when_changed(&mut self) {
        if self.state.tab == Tab::Activation && self.state.is_lookup() {
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

    /// What is saved from the activation laboratory; `None` when `purpose` is another.
    pub(super) fn lab_bytes(&self, purpose: Purpose) -> Option<Result<Vec<u8>, String>> {
        let lab = &self.state.lab;
        let curve = match &lab.curve {
            Some(Ok(curve)) => Ok(curve),
            Some(Err(reason)) => Err(reason.clone()),
            None => Err("no polynomial yet; open the activation laboratory first".to_owned()),
        };
        let measured = lab.histogram();
        let csv = |result: Result<Vec<u8>, csv::Error>| result.map_err(|e| e.to_string());
        Some(match purpose {
            Purpose::SaveCurves => curve.and_then(|c| csv(lab::curves_csv(c, measured))),
            Purpose::SaveCoefficients => curve.and_then(|c| csv(lab::coefficients_csv(c))),
            Purpose::SaveFigure => curve.map(|c| plots::activation_svg(lab, c).into_bytes()),
            _ => return None,
        })
    }
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
