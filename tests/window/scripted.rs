//! A stand-in for the real engine: the same events in the same order, with figures made up to look
//! like those of a small batched network, and no cryptography.

use crate::made_up::{ciphertext, foretold, measured, plan, report, samples, sequence};
use cryptoscope::activation::Activation;
use cryptoscope::circuit::{NoiseStrategy, Plan};
use cryptoscope::data::{self, Dataset};
use cryptoscope::inference::{ActivationData, PolynomialCheck, Session};
use cryptoscope::network::{
    Approximations, Layer, Network, Normalisation, Op, Padding, Provenance, recurrent,
};
use cryptoscope::progress::Cancel;
use cryptoscope::report::{Event, Phase, RunReport, SequenceReport, SequenceTrace, StepSeen};
use cryptoscope::scenario::{RunError, Scenario};
use cryptoscope::study::{StrategyComparison, StrategyEvent, StrategyRequest, StrategyRow};
use cryptoscope::worker::{Engine, Loaded, LoadedSequence, LookAt, OwnAnswer, SeenValue};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the engine shall do; can be changed while it works.
#[derive(Clone, Debug)]
pub struct Script {
    /// Refuse to open or plan, with this line.
    pub refuse: Option<String>,
    /// Fail in the middle of the run, with this line.
    pub fail: Option<String>,
    /// Panic in the middle of the run.
    pub panic: bool,
    /// The noise outgrows its margin.
    pub wrong: bool,
    /// Encryption changes every hundredth answer.
    pub changed: bool,
    /// The network is the one that plans are of, with squares; otherwise another, with ReLU.
    pub squares: bool,
    /// The data have no classes.
    pub unlabelled: bool,
    /// The report warns of this.
    pub warn: Option<String>,
    /// Seconds that the report tells, where not about those of the plan.
    pub secs: Option<f64>,
    /// Plans tell of ten minutes.
    pub long: bool,
    /// Wait in the middle of the run until this is cleared.
    pub hold: bool,
    /// Wait before anything is measured for a check until this is cleared.
    pub hold_checks: bool,
    /// Time of each step of a run.
    pub pause: Duration,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            refuse: None,
            fail: None,
            panic: false,
            wrong: false,
            changed: false,
            squares: false,
            unlabelled: false,
            warn: None,
            secs: None,
            long: false,
            hold: false,
            hold_checks: false,
            pause: Duration::ZERO,
        }
    }
}

/// The shared script, and what was asked for.
#[derive(Clone, Default)]
pub struct Control {
    pub script: Arc<Mutex<Script>>,
    pub planned: Arc<Mutex<Vec<Scenario>>>,
    /// Every check that was begun.
    pub checked: Arc<Mutex<Vec<Approximations>>>,
}

impl Control {
    pub fn set(&self, change: impl FnOnce(&mut Script)) {
        change(&mut self.script.lock().unwrap());
    }

    fn get(&self) -> Script {
        self.script.lock().unwrap().clone()
    }
}

pub struct Scripted {
    pub control: Control,
    opened: Option<Scenario>,
    network: Option<Arc<Network>>,
}

impl Scripted {
    pub fn new(control: Control) -> Self {
        Self { control, opened: None, network: None }
    }
}

pub struct Opened {
    scenario: Scenario,
    dataset: Arc<Dataset>,
    network: Arc<Network>,
}

impl Opened {
    fn session(&self) -> Result<Session, RunError> {
        Session::with(&self.scenario, Arc::clone(&self.dataset), Arc::clone(&self.network))
    }
}

/// A network with a function that no ciphertext computes.
fn with_relu() -> Vec<Layer> {
    let dense = |inputs: usize, outputs| {
        let weight = weight(inputs * outputs);
        Op::Dense { inputs, outputs, weight, bias: vec![] }
    };
    vec![
        Layer { name: "flatten".into(), op: Op::Flatten },
        Layer { name: "dense".into(), op: dense(64, 10) },
        Layer { name: "relu1".into(), op: Op::Activation(Activation::Relu) },
        Layer { name: "last".into(), op: dense(10, 10) },
    ]
}

/// The network that [`plan`] is of.
fn squared() -> Vec<Layer> {
    let dense = |inputs: usize, outputs| {
        let weight = weight(inputs * outputs);
        Op::Dense { inputs, outputs, weight, bias: vec![] }
    };
    let conv = Op::Conv2d {
        in_channels: 1,
        out_channels: 5,
        kernel: (3, 3),
        stride: (1, 1),
        padding: Padding::default(),
        weight: weight(45),
        bias: vec![],
    };
    let square = || Op::Activation(Activation::Square);
    vec![
        Layer { name: "conv1".into(), op: conv },
        Layer { name: "square1".into(), op: square() },
        Layer { name: "flatten".into(), op: Op::Flatten },
        Layer { name: "dense1".into(), op: dense(180, 32) },
        Layer { name: "square2".into(), op: square() },
        Layer { name: "dense2".into(), op: dense(32, 10) },
    ]
}

/// Weights that are neither all alike nor random.
fn weight(count: usize) -> Vec<f32> {
    (0..count).map(|i| ((i * 37 % 23) as f32 - 11.0) / 40.0).collect()
}

impl Engine for Scripted {
    type Opened = Opened;

    fn look_in(&mut self, _folder: &Path) {}

    fn dataset(&mut self, scenario: &Scenario) -> Result<Arc<Dataset>, RunError> {
        let dataset = match (&scenario.sequence, Path::new(&scenario.dataset).is_file()) {
            (Some(_), _) => "waves",
            (None, true) => scenario.dataset.as_str(),
            (None, false) => "digits",
        };
        Ok(Arc::new(data::open(dataset, None).expect("64 values a row")))
    }

    fn network(&self, scenario: &Scenario) -> Option<Arc<Network>> {
        self.network.clone().filter(|_| scenario.sequence.is_none())
    }

    fn open(&mut self, scenario: &Scenario) -> Result<Opened, RunError> {
        if let Some(line) = self.control.get().refuse {
            return Err(RunError::Refused(line));
        }
        self.opened = Some(scenario.clone());
        let dataset = self.dataset(&Scenario { sequence: None, ..scenario.clone() })?;
        let squares = self.control.get().squares;
        let layers = if squares { squared() } else { with_relu() };
        let normalisation = Normalisation { offset: vec![0.0], scale: vec![16.0] };
        let provenance = Provenance { test_accuracy: Some(0.9805), ..Provenance::default() };
        let network =
            Network::new("digits", dataset.shape(), normalisation, layers, None, provenance)
                .expect("fits");
        let network = Arc::new(network);
        self.network = Some(Arc::clone(&network));
        Ok(Opened { scenario: scenario.clone(), dataset, network })
    }

    fn is_current(&self, scenario: &Scenario) -> bool {
        self.opened.as_ref() == Some(scenario)
    }

    fn loaded(&self, opened: &Opened) -> Option<Loaded> {
        let (dataset, network) = (Arc::clone(&opened.dataset), Arc::clone(&opened.network));
        Some(Loaded { dataset, network, training: None })
    }

    fn loaded_sequence(&self, opened: &Opened) -> Option<LoadedSequence> {
        opened.scenario.sequence.as_ref()?;
        let model = Arc::new(recurrent::open("cryptornn").expect("built in"));
        let dataset = Arc::new(data::open("waves", None).expect("built in"));
        Some(LoadedSequence { dataset, original: Arc::clone(&model), model })
    }

    fn forecast(
        &mut self,
        opened: &Opened,
        _cancel: &Cancel,
    ) -> Result<Option<SequenceReport>, RunError> {
        Ok(opened.scenario.sequence.as_ref().map(|c| foretold(c.strategy)))
    }

    fn compare_strategies(
        &mut self,
        opened: &Opened,
        _request: &StrategyRequest,
        cancel: &Cancel,
        on_event: &(dyn Fn(StrategyEvent) + Sync),
    ) -> Result<StrategyComparison, RunError> {
        let mut comparison = StrategyComparison::default();
        for (row, strategy) in NoiseStrategy::ALL.into_iter().enumerate() {
            let mut scenario = opened.scenario.clone();
            scenario.sequence.as_mut().expect("recurrent").strategy = strategy;
            let of = NoiseStrategy::ALL.len();
            let (name, told) = (strategy.name().to_owned(), Some(Box::new(scenario.clone())));
            on_event(StrategyEvent::Begin { row, of, name, scenario: told });
            let opened = self.open(&scenario)?;
            let plan = self.plan(&opened, cancel)?;
            let (made, report) =
                match self.run(&opened, &plan, cancel, &|e| on_event(StrategyEvent::Run(e))) {
                    Ok(report) => {
                        (StrategyRow::of(&report, None).expect("steps"), Some(Box::new(report)))
                    }
                    Err(RunError::Cancelled(_)) => {
                        comparison.rows_left = of - row;
                        break;
                    }
                    Err(error) => {
                        let reason = error.to_string();
                        (StrategyRow::refused(strategy, String::new(), 24, reason), None)
                    }
                };
            on_event(StrategyEvent::Row { row: Box::new(made.clone()), report });
            comparison.rows.push(made);
        }
        Ok(comparison)
    }

    fn look(
        &mut self,
        _opened: &Opened,
        at: &LookAt,
        _cancel: &Cancel,
    ) -> Result<SeenValue, RunError> {
        Ok(ciphertext(at.sample, at.value))
    }

    fn answer(
        &mut self,
        opened: &Opened,
        raw: &Arc<[f32]>,
        cancel: &Cancel,
    ) -> Result<OwnAnswer, RunError> {
        opened.session()?.own_samples(cancel)?.answer(raw, cancel)
    }

    fn measure(
        &mut self,
        opened: &Opened,
        cancel: &Cancel,
    ) -> Result<Arc<ActivationData>, RunError> {
        while self.control.get().hold_checks {
            cancel.check()?;
            std::thread::sleep(Duration::from_millis(2));
        }
        opened.session()?.measure_activations(cancel).map(Arc::new)
    }

    fn check(
        &mut self,
        opened: &Opened,
        data: &ActivationData,
        approximations: &Approximations,
        cancel: &Cancel,
        on_part: &mut dyn FnMut(&PolynomialCheck),
    ) -> Result<PolynomialCheck, RunError> {
        self.control.checked.lock().unwrap().push(approximations.clone());
        opened.session()?.check_approximations(data, approximations, cancel, on_part)
    }

    fn accuracy_with(
        &mut self,
        opened: &Opened,
        function: &Activation,
        cancel: &Cancel,
    ) -> Result<f64, RunError> {
        opened.session()?.accuracy_with(function, cancel)
    }

    fn plan(&mut self, opened: &Opened, _cancel: &Cancel) -> Result<Plan, RunError> {
        self.control.planned.lock().unwrap().push(opened.scenario.clone());
        let mut plan = plan(&opened.scenario, opened.dataset.test().len());
        if self.control.get().long {
            plan.secs.evaluate = 600.0;
        }
        Ok(plan)
    }

    fn run(
        &mut self,
        opened: &Opened,
        plan: &Plan,
        cancel: &Cancel,
        on_event: &(dyn Fn(Event) + Sync),
    ) -> Result<RunReport, RunError> {
        let script = self.control.get();
        on_event(Event::Planned(Box::new(plan.clone())));
        let total = plan.stages.len() as u64 + 2;
        let step = |phase, done: u64| {
            std::thread::sleep(script.pause);
            let fraction = done as f64 / total as f64;
            let eta_secs = plan.secs.total() * (1.0 - fraction);
            on_event(Event::Progress { phase, done, total, fraction, eta_secs });
            cancel.check()
        };
        step(Phase::Plain, 0)?;
        step(Phase::Encrypt, 1)?;
        if let Some(choice) = &opened.scenario.sequence {
            on_event(Event::Sequence(Box::new(foretold(choice.strategy))));
            let whole = sequence(choice.strategy);
            for step in whole.per_step.iter().take(whole.per_step.len() / 2) {
                let of =
                    |(at, trace): (usize, &SequenceTrace)| (at, trace.encrypted[step.step].clone());
                let states = whole.traces.iter().enumerate().map(of).collect();
                on_event(Event::SequenceStep(Box::new(StepSeen { step: *step, states })));
            }
        }
        let mut stages = Vec::new();
        for (index, planned) in plan.stages.iter().enumerate() {
            if index == plan.stages.len() / 2 {
                while self.control.get().hold {
                    cancel.check()?;
                    std::thread::sleep(Duration::from_millis(2));
                }
                if let Some(line) = self.control.get().fail {
                    return Err(RunError::Refused(line));
                }
                assert!(!self.control.get().panic, "scripted panic");
            }
            let stage = measured(planned, index, script.wrong);
            stages.push(stage.clone());
            on_event(Event::Stage { index, stage: Box::new(stage) });
            step(Phase::Evaluate, 2 + index as u64)?;
        }
        let mut samples = samples(&opened.dataset, plan.images, script.wrong, script.changed);
        if script.unlabelled {
            samples.iter_mut().for_each(|sample| sample.label = None);
        }
        for batch in samples.chunks(60) {
            on_event(Event::Samples(batch.to_vec()));
            step(Phase::Decrypt, total)?;
        }
        let mut report =
            report(&opened.scenario, &opened.dataset, plan, stages, &samples, script.wrong);
        if script.unlabelled {
            let (plain, encrypted) = (&mut report.plain, &mut report.encrypted);
            (plain.accuracy, plain.integer_accuracy) = (f64::NAN, f64::NAN);
            (encrypted.accuracy, encrypted.correct) = (f64::NAN, None);
            (plain.correct, plain.reference_correct, report.confusion) = (None, None, None);
        }
        if let Some(secs) = script.secs {
            report.encrypted.total_secs = secs;
        }
        report.warnings.extend(script.warn.map(|message| {
            let warning =
                serde_json::json!({ "kind": "margin_not_as_predicted", "message": message });
            serde_json::from_value(warning).expect("a warning")
        }));
        report.sequence = opened.scenario.sequence.as_ref().map(|c| Box::new(sequence(c.strategy)));
        on_event(Event::Finished(Box::new(report.clone())));
        Ok(report)
    }
}
