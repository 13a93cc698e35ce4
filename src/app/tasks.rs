//! The logic of sweeps and trainings: what is asked of them, and what comes of it.

use super::dialog::Purpose;
use super::{App, plots};
use activation::Activation;
use inference::TrainOptions;
use network::{IntervalRule, Network, Op};
use scenario::LayerRequests;
use std::path::PathBuf;
use std::sync::Arc;
use study::{Study, SweepRequest, SweepRow};
use view::TaskStatus;
use worker::{Loaded, Task, TaskRequest, TaskUpdate};

impl App {
    /// Takes in what the task tells.
    pub(super) fn drain_task(&mut self) {
        let Some(task) = &self.task else { return };
        for update in task.drain() {
            let state = &mut self.state;
            match update {
                TaskUpdate::Sweep(event) => state.sweep.take(event),
                TaskUpdate::Train(event) => state.training.take(event),
                TaskUpdate::Cryptonn(event) => state.take_cryptonn(event),
                TaskUpdate::CryptonnEnded(result) => {
                    state.end_cryptonn(result);
                    self.task = None;
                    return;
                }
                TaskUpdate::Mitigation(event) => state.mitigations.take(event),
                TaskUpdate::MitigationsEnded(result) => {
                    state.end_mitigations(result);
                    self.task = None;
                    return;
                }
                TaskUpdate::Compare(event) => state.compare.take(event),
                TaskUpdate::CompareEnded(result) => {
                    state.compare.end(result);
                    if let TaskStatus::Failed(reason) = &state.compare.status {
                        state
                            .notifications
                            .error(format!("The comparison did not finish: {reason}"));
                    }
                    self.task = None;
                    return;
                }
                TaskUpdate::SweepEnded(result) => {
                    state.sweep.end(result);
                    if let TaskStatus::Failed(reason) = &state.sweep.status {
                        state.notifications.error(format!("The sweep did not finish: {reason}"));
                    }
                    self.task = None;
                    return;
                }
                TaskUpdate::RecurrentTrainEnded(result) => {
                    state.training.end_recurrent(result);
                    if let TaskStatus::Failed(reason) = &state.training.status {
                        state.notifications.error(format!("The training did not finish: {reason}"));
                    }
                    self.task = None;
                    return;
                }
                TaskUpdate::TrainEnded(result) => {
                    state.training.end(result);
                    if let TaskStatus::Failed(reason) = &state.training.status {
                        state.notifications.error(format!("The training did not finish: {reason}"));
                    }
                    self.task = None;
                    return;
                }
            }
        }
    }

    /// Starts the sweep that is chosen, with the function and interval of the laboratory.
    pub(super) fn start_sweep(&mut self, ctx: &egui::Context) {
        let state = &mut self.state;
        let choice = &state.sweep.choice;
        let lab = state.lab.approximations();
        let request = SweepRequest {
            methods: choice.methods.clone(),
            degrees: (choice.degrees.0..=choice.degrees.1).collect(),
            intervals: vec![lab.interval],
            parts: lab.parts,
            function: lab.function,
            fine_tune: choice
                .fine_tune
                .then_some(TrainOptions { epochs: choice.epochs, ..state.training.options }),
            encrypted: choice.encrypted,
        };
        state.sweep.begin(&state.scenario);
        self.start_task(ctx, TaskRequest::Sweep(request), None);
    }

    /// Starts a training with the polynomial of the laboratory.
    pub(super) fn start_training(&mut self, ctx: &egui::Context) {
        let state = &mut self.state;
        let half = half_width(state.lab.interval());
        let choice = &state.lab.choice;
        let what = format!("{}, degree {}, ±{half}", choice.method.name(), choice.degree);
        let function = choice.function.clone();
        state.training.begin(&state.scenario, what);
        let options = state.training.options;
        self.start_task(ctx, TaskRequest::Train(options), function);
    }

    /// Starts the training of a recurrent network with what is chosen in the tab Training.
    pub(super) fn start_recurrent_training(&mut self, ctx: &egui::Context) {
        let state = &mut self.state;
        let Some(loaded) = state.loaded_sequence.clone() else { return };
        let options = state.training.recurrent_options(&loaded.model);
        let epochs = options.epochs;
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
        state.training.begin_recurrent(&state.scenario, what, epochs);
        let (scenario, wake) = (state.scenario.clone(), ctx.clone());
        let wake = move || wake.request_repaint();
        match Task::train_recurrent(scenario, loaded, options, wake) {
            Ok(task) => self.task = Some(task),
            Err(error) => state.notifications.error(format!("no thread to work on: {error}")),
        }
    }

    /// Starts a comparison of the schemes on the model of the setup.
    pub(super) fn start_comparison(&mut self, ctx: &egui::Context) {
        self.state.compare.begin(&self.state.scenario);
        let past_budget = self.state.compare.past_budget;
        self.start_task(ctx, TaskRequest::Compare { past_budget }, None);
    }

    pub(super) fn start_task(
        &mut self,
        ctx: &egui::Context,
        request: TaskRequest,
        function: Option<Activation>,
    ) {
        let state = &mut self.state;
        let Some(loaded) = &state.loaded else { return };
        let mut loaded = loaded.clone();
        if let Some(function) = function {
            // What the model was fine-tuned from, where that has the function.
            let exact = Op::Activation(function.clone());
            let has = |n: &Network| n.layers().iter().all(|l| l.op.is_affine() || l.op == exact);
            let original = loaded.network.original().filter(has);
            match original.map_or_else(|| loaded.network.with_function(&function), Ok) {
                Ok(network) => loaded = Loaded { network: Arc::new(network), ..loaded },
                Err(error) => return state.notifications.error(error.to_string()),
            }
        }
        let mut scenario = state.scenario.clone();
        if let TaskRequest::Train(_) = request {
            let choice = &state.lab.choice;
            scenario.activation.method = choice.method.id().to_owned();
            scenario.activation.layers = LayerRequests::Same;
            scenario.activation.degree = choice.degree;
            scenario.activation.interval = half_width(state.lab.interval());
        }
        let wake = ctx.clone();
        match Task::start(scenario, loaded, request, move || wake.request_repaint()) {
            Ok(task) => self.task = Some(task),
            Err(error) => state.notifications.error(format!("no thread to work on: {error}")),
        }
    }

    /// Makes a row of the sweep what is explored in the laboratory.
    pub(super) fn choose_row(&mut self, index: usize) {
        let Some(row) = self.state.sweep.rows.get(index) else { return };
        let mut choice = self.state.lab.choice.clone();
        choice.method = row.method;
        choice.degree = row.degree;
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
        self.kept_models += 1;
        let name = format!("cryptoscope-{}-{}.safetensors", std::process::id(), self.kept_models);
        let path = std::env::temp_dir().join(name);
        self.files.save(path.clone(), bytes);
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
            self.edit(scenario);
        }
    }

    /// What is saved from a sweep or a training; `None` when `purpose` is another.
    pub(super) fn task_bytes(&self, purpose: Purpose) -> Option<Result<Vec<u8>, String>> {
        let compared = self.state.compare.report.as_deref().ok_or("no comparison to save yet");
        let sweep = self.state.sweep.report.as_deref().ok_or("no sweep to save yet");
        let bytes = match purpose {
            Purpose::SaveCompare => compared.map(|r| r.to_csv().into_bytes()),
            Purpose::SaveCompareReport => compared.map(|r| r.to_json().into_bytes()),
            Purpose::SaveCompareFigure => {
                compared.map(|_| plots::compare_svg(&self.state.compare).into_bytes())
            }
            Purpose::SaveSweep => sweep.map(|r| r.to_csv().into_bytes()),
            Purpose::SaveSweepReport => sweep.map(|r| r.to_json().into_bytes()),
            Purpose::SaveSweepFigure => {
                sweep.map(|_| plots::sweep_svg(&self.state.sweep).into_bytes())
            }
            Purpose::SaveModel => self.state.training.bytes().ok_or("no trained model to save yet"),
            _ => return None,
        };
        Some(bytes.map_err(str::to_owned))
    }
}

/// What a person would type as half-width.
fn half_width((low, high): (f64, f64)) -> f64 {
    (high.abs().max(low.abs()) * 100.0).round() / 100.0
}

fn chosen_text(row: &SweepRow) -> String {
    format!("{}, degree {}: now in the activation laboratory", row.method.name(), row.degree)
}
