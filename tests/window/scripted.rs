//! A stand-in for the real engine: the same events in the same order, with figures made up to look
//! like those of a small batched network, and no cryptography.

use cryptoscope::activation::Activation;
use cryptoscope::circuit::{
    NoiseStrategy, Plan, PlanBytes, PlanSecs, SchemeKind, StageKind, StagePlan,
};
use cryptoscope::data::{self, Dataset};
use cryptoscope::inference::{ActivationData, PolynomialCheck, Session};
use cryptoscope::network::{
    Approximations, Layer, Network, Normalisation, Op, Padding, Provenance, recurrent,
};
use cryptoscope::progress::Cancel;
use cryptoscope::report::{
    BytesReport, Confusion, EncryptedReport, Event, Phase, PlainReport, RunReport, SCHEMA_VERSION,
    Sample, SequenceReport, SequenceStep, SequenceTrace, StageReport, StepSeen,
};
use cryptoscope::scenario::{RunError, Scenario};
use cryptoscope::study::{StrategyComparison, StrategyEvent, StrategyRequest, StrategyRow};
use cryptoscope::worker::{Engine, Loaded, LoadedSequence};
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
        Ok(plan(&opened.scenario, opened.dataset.test().len()))
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
        let mut report = report(opened, plan, stages, &samples, script.wrong);
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

/// The same before anything was measured.
fn foretold(strategy: NoiseStrategy) -> SequenceReport {
    let mut report = sequence(strategy);
    for step in &mut report.per_step {
        step.margin_bits_measured = None;
        step.budget_bits_measured = None;
        step.max_abs_error = None;
    }
    report.traces.iter_mut().for_each(|trace| trace.encrypted.clear());
    report
}

/// Steps like those of a recurrent network with this strategy.
fn sequence(strategy: NoiseStrategy) -> SequenceReport {
    const STEPS: usize = 24;
    let every = match strategy {
        NoiseStrategy::Levelled => STEPS,
        NoiseStrategy::Refresh => 4,
        NoiseStrategy::ClientAided | NoiseStrategy::Bootstrap => 1,
    };
    let step = |step: usize| {
        let since = (step % every) as f64;
        let refreshed = strategy != NoiseStrategy::Bootstrap && (step + 1).is_multiple_of(every);
        let slope =
            if strategy == NoiseStrategy::Bootstrap { 0.0 } else { 90.0 / every.max(4) as f64 };
        let error = 1e-6 * (1.0 + since / 3.0);
        SequenceStep {
            step,
            margin_bits_predicted: 12.0 - 0.2 * since,
            margin_bits_measured: Some(12.9 - 0.25 * since),
            budget_bits_predicted: 100.0 - slope * since,
            budget_bits_measured: Some(101.5 - slope * since),
            max_abs_error_predicted: 2.0 * error,
            max_abs_error: Some(error),
            refreshed,
            up_bytes: if refreshed { 3 << 20 } else { 1 << 20 },
            down_bytes: if refreshed { 2 << 20 } else { 0 },
            client_secs: 0.01,
            server_secs: 0.04,
            ..SequenceStep::default()
        }
    };
    let wave = |step: usize, unit: usize| (step as f64 / 3.0 + unit as f64).sin() * 0.8;
    let rows = |off: f64| {
        (0..STEPS).map(|s| (0..4).map(|u| wave(s, u) + off).collect()).collect::<Vec<Vec<f64>>>()
    };
    let trace = |index: usize| SequenceTrace {
        index,
        label: Some(1),
        begins: 3 * index,
        inputs: (0..STEPS).map(|s| vec![wave(s, index), wave(2 * s, index)]).collect(),
        units: vec![0, 3, 7, 9],
        plain: rows(0.0),
        encrypted: rows(1e-6),
    };
    SequenceReport {
        strategy,
        reveals: strategy.reveals().into(),
        cell: "Elman".into(),
        hidden: vec![16],
        channels: 2,
        steps: STEPS,
        sequences: 200,
        batches: 1,
        refresh_every: every,
        longest_chain: 11,
        per_step: (0..STEPS).map(step).collect(),
        traces: (0..3).map(trace).collect(),
        rounds: (STEPS / every) as u64,
        upload_bytes: 40 << 20,
        download_bytes: 12 << 20,
        key_bytes: 9 << 20,
        client_secs: 0.24,
        server_secs: 0.96,
        batch_secs: 1.2,
        step_secs: 0.05,
        sequences_per_sec: 166.0,
        ..SequenceReport::default()
    }
    .with_presets()
}

/// A plan like that of two convolutions' worth of network; the ring degree and image count are those
/// asked for.
pub fn plan(scenario: &Scenario, available: usize) -> Plan {
    let n = scenario.scheme.ring_degree.unwrap_or(8192);
    let images = scenario.images.unwrap_or(available).min(available);
    let stage = |name: &str, kind, secs, ciphertexts, log2_q, margin_bits| StagePlan {
        layers: match kind {
            StageKind::Linear | StageKind::Square => vec![name.into()],
            _ => Vec::new(),
        },
        name: name.into(),
        kind,
        secs,
        ciphertexts,
        components: if kind == StageKind::Square { 3 } else { 2 },
        log2_q,
        ciphertext_bytes: (ciphertexts * n * 2 * 8 * 4) as u64,
        margin_bits,
        max_error: None,
        required_error: None,
        range_calibrated: 1000.0,
        range_worst: 9000.0,
    };
    Plan {
        scheme: SchemeKind::Bgv,
        ring_degree: n,
        primes: vec![(1 << 45) - 229_375; 4],
        plaintext_moduli: vec![1_032_193],
        log2_q: 135.2,
        log2_qp: 180.3,
        plaintext_bits: 20.0,
        approximate: None,
        tables: None,
        sequence: None,
        security_bits: 128,
        security_table: "Security Guidelines 2024, table 5.2".into(),
        depth: 2,
        precision: "input 4, weights 5/5/5".into(),
        images,
        batches: images.div_ceil(n).max(1),
        threads: scenario.threads.unwrap_or(2),
        stages: vec![
            stage("input", StageKind::Input, 0.0124, 64, 135.2, 101.4),
            stage("conv1", StageKind::Linear, 0.0041, 180, 135.2, 94.1),
            stage("square1", StageKind::Square, 0.0022, 180, 135.2, 66.0),
            stage("relinearise + switch", StageKind::Switch, 0.0853, 180, 90.1, 58.9),
            stage("dense1", StageKind::Linear, 0.0312, 32, 90.1, 49.3),
            stage("square2", StageKind::Square, 0.0006, 32, 90.1, 24.0),
            stage("relinearise + switch", StageKind::Switch, 0.0131, 32, 45.1, 19.2),
            stage("dense2", StageKind::Linear, 0.0009, 10, 45.1, 11.7),
        ],
        bytes: PlanBytes {
            upload: 64 * 262_144,
            download: 10 * 131_072,
            evaluation_keys: 3_145_728,
            peak_memory: 310 << 20,
        },
        secs: PlanSecs { keygen: 0.02, encrypt: 0.0124, evaluate: 0.137, decrypt: 0.004 },
        warnings: vec![],
        promised_agreement: None,
    }
}

fn measured(planned: &StagePlan, index: usize, wrong: bool) -> StageReport {
    let broken = wrong && index >= 5;
    let wobble = [0.2, 0.9, 0.4, 1.1, 0.6, 1.3, 0.8, 1.0][index % 8];
    StageReport {
        name: planned.name.clone(),
        kind: planned.kind,
        secs: planned.secs * (0.85 + 0.3 * wobble),
        secs_predicted: planned.secs,
        plain_secs: match planned.kind {
            StageKind::Linear => 0.0003,
            StageKind::Square | StageKind::Polynomial | StageKind::Lookup => 0.00002,
            StageKind::Input | StageKind::Switch | StageKind::KeySwitch => 0.0,
        },
        ciphertexts: planned.ciphertexts,
        components: planned.components,
        log2_q: planned.log2_q,
        ciphertext_bytes: planned.ciphertext_bytes,
        plain_bytes: (planned.ciphertexts * 8192 * 4) as u64,
        margin_bits_predicted: planned.margin_bits,
        margin_bits_measured: Some(if broken { 0.0 } else { planned.margin_bits + wobble }),
        max_abs_error: Some(if broken { 417_322.0 } else { 0.0 }),
        max_abs_error_predicted: None,
        wrong_values: if broken { 8021 } else { 0 },
    }
}

fn samples(dataset: &Dataset, images: usize, wrong: bool, changed: bool) -> Vec<Sample> {
    let labels = &dataset.test().labels;
    (0..images)
        .map(|index| {
            let label = labels[index];
            let miss =
                |every: usize| if index % every == every - 1 { (label + 1) % 10 } else { label };
            let plain = miss(50);
            let reference = miss(40);
            let changes = wrong || (changed && index % 100 == 99);
            let encrypted = if changes { (label + 3) % 10 } else { reference };
            let logits = |class: u16| {
                (0..10u16)
                    .map(|c| {
                        let noise = ((index * 7 + usize::from(c) * 13) % 17) as f32 / 17.0;
                        if c == class { 4.0 + noise } else { 2.0 * noise - 1.5 }
                    })
                    .collect::<Vec<f32>>()
            };
            Sample {
                index,
                label: Some(label),
                plain,
                reference,
                encrypted,
                plain_logits: logits(plain),
                reference_logits: logits(reference),
                encrypted_logits: logits(encrypted),
            }
        })
        .collect()
}

fn confusion(samples: &[Sample]) -> Confusion {
    let counted = |class: &dyn Fn(&Sample) -> u16| {
        let count = |label: u16, given: u16| {
            let is = |s: &&Sample| s.label == Some(label) && class(s) == given;
            samples.iter().filter(is).count() as u64
        };
        (0..10).map(|label| (0..10).map(|given| count(label, given)).collect()).collect()
    };
    Confusion {
        original: counted(&|s| s.plain),
        reference: counted(&|s| s.reference),
        encrypted: counted(&|s| s.encrypted),
    }
}

fn report(
    opened: &Opened,
    plan: &Plan,
    stages: Vec<StageReport>,
    samples: &[Sample],
    wrong: bool,
) -> RunReport {
    let count =
        |right: &dyn Fn(&Sample) -> bool| samples.iter().filter(|s| right(s)).count() as u64;
    let share = |right: &dyn Fn(&Sample) -> bool| count(right) as f64 / samples.len() as f64;
    let total_secs = 0.158;
    RunReport {
        schema_version: SCHEMA_VERSION,
        scenario: opened.scenario.name.clone(),
        model: opened.scenario.model.clone(),
        dataset: opened.scenario.dataset.clone(),
        images: samples.len(),
        classes: 10,
        class_names: opened.dataset.classes().to_vec(),
        plain: PlainReport {
            accuracy: share(&|s| Some(s.plain) == s.label),
            correct: Some(count(&|s| Some(s.plain) == s.label)),
            latency_secs: 0.0007,
            integer_accuracy: share(&|s| Some(s.reference) == s.label),
            reference_correct: Some(count(&|s| Some(s.reference) == s.label)),
        },
        encrypted: EncryptedReport {
            accuracy: share(&|s| Some(s.encrypted) == s.label),
            correct: Some(count(&|s| Some(s.encrypted) == s.label)),
            agreement: share(&|s| s.encrypted == s.reference),
            agreeing: Some(count(&|s| s.encrypted == s.reference)),
            wrong_outputs: if wrong { 3594 } else { 0 },
            total_secs,
            images_per_sec: samples.len() as f64 / total_secs,
            ..EncryptedReport::default()
        },
        stages,
        bytes: BytesReport {
            upload: plan.bytes.upload,
            download: plan.bytes.download,
            evaluation_keys: plan.bytes.evaluation_keys,
            rounds: 1,
        },
        confusion: Some(Box::new(confusion(samples))),
        analysis_mode: true,
        ..RunReport::default()
    }
}
