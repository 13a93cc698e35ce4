//! The logic of sweeps and trainings: what is asked of them, and what comes of it.

use super::app::App;
use super::explore::explored;
use crate::tab::Tab;
use activation::Activation;
use network::{IntervalRule, Network, NetworkError, Op};
use scenario::{ActivationRequest, LayerRequests, Scenario};
use std::path::PathBuf;
use std::sync::Arc;
use study::{SweepRequest, SweepRow, Way};
use view::{Compared, MyModel, SweepChoice, file_name};
use worker::Busy;

impl App {
    /// Whether a job was begun; says why when not.
    pub(super) fn has_begun(&mut self, asked: Result<(), Busy>) -> bool {
        if let Err(busy) = &asked {
            self.state.notifications.error(busy.to_string());
        }
        asked.is_ok()
    }

    /// Starts the sweep that is chosen, with what is chosen of it in the laboratory.
    pub(super) fn start_sweep(&mut self) {
        let state = &self.state;
        match state.sweep.choice.request(&state.lab, state.training.options) {
            Ok(request) => self.sweep(request),
            Err(reason) => self.state.notifications.error(reason),
        }
    }

    /// What is explored in the laboratory becomes a row beside the others.
    pub(super) fn add_to_sweep(&mut self) {
        let state = &self.state;
        let choice = SweepChoice {
            methods: vec![state.lab.choice.method],
            degrees: state.lab.choice.degree.to_string(),
            intervals: String::new(),
            functions: String::new(),
            ..state.sweep.choice.clone()
        };
        match choice.request(&state.lab, state.training.options) {
            Ok(request) => self.sweep(request),
            Err(reason) => self.state.notifications.error(reason),
        }
    }

    fn sweep(&mut self, request: SweepRequest) {
        self.state.tab = Tab::Sweep;
        let Some((scenario, loaded)) = self.state.setup() else { return };
        let asked = self.worker.sweep(scenario.clone(), loaded, request);
        if self.has_begun(asked) {
            self.state.sweep.begin(&scenario);
        }
    }

    /// Makes a row of the sweep the setup, and what is explored in the laboratory.
    pub(super) fn use_row(&mut self, index: usize) {
        let Some(row) = self.state.sweep.rows.get(index) else { return };
        match row.setup() {
            Ok(scenario) => {
                self.choose_row(index);
                self.edit(scenario);
            }
            Err(reason) => self.state.notifications.error(format!("Not usable: {reason}")),
        }
    }

    /// Makes a row of the sweep the setup, and runs it.
    pub(super) fn run_row(&mut self, index: usize) {
        let usable = self.state.sweep.rows.get(index).is_some_and(|row| row.setup().is_ok());
        self.use_row(index);
        if usable {
            self.state.tab = Tab::Run;
            self.run();
        }
    }

    /// Starts the training of the setup.
    pub(super) fn train(&mut self) {
        (self.state.tab, self.state.new_network.shown) = (Tab::Training, false);
        if self.state.is_cryptonn() {
            self.start_cryptonn();
        } else if self.state.is_recurrent() {
            self.start_recurrent_training();
        } else {
            self.start_training();
        }
    }

    /// Starts a training with the polynomial of the laboratory.
    pub(super) fn start_training(&mut self) {
        let Some((setup, mut loaded)) = self.state.setup() else { return };
        let state = &mut self.state;
        let choice = &state.lab.choice;
        if let Some(function) = &choice.function {
            match with_function(&loaded.network, function) {
                Ok(network) => loaded.network = Arc::new(network),
                Err(error) => return state.notifications.error(error.to_string()),
            }
        }
        let half = half_width(state.lab.interval());
        let what = format!("{}, degree {}, ±{half}", choice.method.name(), choice.degree);
        let mut scenario = setup.clone();
        scenario.activation.method = choice.method.id().to_owned();
        scenario.activation.layers = LayerRequests::Same;
        scenario.activation.degree = choice.degree;
        scenario.activation.polynomial = choice.coefficients();
        scenario.activation.interval = half;
        let asked = self.worker.train(scenario, loaded, state.training.options);
        if self.has_begun(asked) {
            self.state.training.begin(&setup, what);
        }
    }

    /// Starts the training of a recurrent network with what is chosen in the tab Training.
    pub(super) fn start_recurrent_training(&mut self) {
        let Some(loaded) = self.state.loaded_sequence.clone() else { return };
        let options = self.state.training.recurrent_options(&loaded.model);
        let (epochs, scenario) = (options.epochs, self.state.scenario.clone());
        let cells = format!(
            "{}, {} of {} units",
            options.cell.name(),
            if options.layers == 1 { "one layer" } else { "two layers" },
            options.hidden
        );
        let what = match options.polynomials {
            true => format!("{cells}; {}, degree {}", options.method.name(), options.degree),
            false => format!("{cells}; exact functions"),
        };
        let asked = self.worker.train_recurrent(scenario.clone(), loaded, options);
        if self.has_begun(asked) {
            self.state.training.begin_recurrent(&scenario, what, epochs);
        }
    }

    /// Starts a comparison of the schemes on the model of the setup.
    pub(super) fn start_comparison(&mut self) {
        self.state.tab = Tab::Compare;
        let Some((scenario, loaded)) = self.state.setup() else { return };
        let past_budget = self.state.compare.past_budget;
        let asked = self.worker.compare(scenario.clone(), loaded, past_budget);
        if self.has_begun(asked) {
            self.state.compare.begin(&scenario, Compared::Schemes);
        }
    }

    /// Runs the present setup and what is explored, one after the other.
    pub(super) fn run_both(&mut self) {
        let state = &self.state;
        let (Some(explored), Some(loaded)) = (explored(state), state.seen()) else { return };
        let present = state.scenario.clone();
        let ways = [("present", &present), ("explored", &explored)].map(|(name, setup)| Way {
            name: name.to_owned(),
            settings: setup.activation.settings(),
        });
        // What one way has of its own is no part of the other.
        let activation =
            ActivationRequest { kind: present.activation.kind, ..ActivationRequest::default() };
        let base = Scenario { activation, ..present.clone() };
        let asked = self.worker.compare_ways(base, loaded, ways.to_vec());
        if self.has_begun(asked) {
            self.state.compare.begin(&present, Compared::Polynomials);
        }
    }

    /// Makes a row of the sweep what is explored in the laboratory.
    pub(super) fn choose_row(&mut self, index: usize) {
        let Some(row) = self.state.sweep.rows.get(index) else { return };
        let mut choice = self.state.lab.choice.clone();
        choice.method = row.method;
        choice.degree = row.degree;
        choice.parts = row.parts;
        choice.function.clone_from(&row.function);
        if row.own.is_some() {
            choice.own.clone_from(&row.own);
        }
        match row.interval {
            IntervalRule::Given(interval) => {
                choice.measured = false;
                choice.interval = interval;
            }
            IntervalRule::Measured { .. } => choice.measured = true,
        }
        let text = chosen_text(row);
        super::explore::edit(&mut self.state, choice.clamped());
        self.state.notifications.info(text);
    }

    /// Makes the trained network the model of the setup: it is written to a temporary file.
    pub(super) fn use_trained(&mut self) {
        let Some(bytes) = self.state.training.bytes() else { return };
        let Some(path) = self.path_aside("trained.safetensors") else { return };
        self.write(path.clone(), bytes);
        self.model_to_use = Some(path);
    }

    /// A file was written: when it is the trained model, the setup takes it.
    pub(super) fn take_saved_model(&mut self, path: &PathBuf) {
        if self.model_to_use.as_ref() == Some(path) {
            self.model_to_use = None;
            let mut scenario = self.state.scenario.clone();
            scenario.model = path.to_string_lossy().into_owned();
            scenario.activation.method = "keep".into();
            scenario.activation.layers = LayerRequests::Same;
            let name = format!("{}, trained", file_name(&self.state.scenario.model));
            let model = MyModel { name, setup: scenario.clone(), saved: false };
            self.state.history.add_model(model);
            self.edit(scenario);
        }
    }
}

/// What a model with that function was fine-tuned from, or the model with its functions exchanged.
fn with_function(network: &Network, function: &Activation) -> Result<Network, NetworkError> {
    let exact = Op::Activation(function.clone());
    let has = |n: &Network| n.layers().iter().all(|l| l.op.is_affine() || l.op == exact);
    let original = network.original().filter(has);
    original.map_or_else(|| network.with_function(function), Ok)
}

/// What a person would type as half-width.
fn half_width((low, high): (f64, f64)) -> f64 {
    (high.abs().max(low.abs()) * 100.0).round() / 100.0
}

fn chosen_text(row: &SweepRow) -> String {
    format!("{}, degree {}: now in the activation laboratory", row.method.name(), row.degree)
}
