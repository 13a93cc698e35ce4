//! The whole training: on ciphertexts, in plaintext fixed point, and in floating point, step by step
//! side by side from the same seed.

use super::architecture::{ARCHITECTURES, architecture};
use super::batches::encode;
use super::encrypted_steps::EncryptedSteps;
use super::leak::{self, Pool};
use super::report::{CRYPTONN_SCHEMA_VERSION, CryptonnReport, EpochReport};
use super::student::{Arithmetic, Student};
use super::{
    Batches, CryptonnError, CryptonnEvent, EpochFigures, PlainSteps, ServerStep, ServerView,
    SideBySide, TrainingChoice,
};
use crate::data::Dataset;
use crate::network::{Network, Provenance, accuracy};
use crate::progress::{Cancel, Cancelled, Watch};
use crate::ring::{Kernel, Seed};
use crate::run::Scenario;
use crate::run::memory::peak_memory_bytes;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use std::sync::Arc;
use std::time::Instant;

/// Mini-batches of which is recorded what the server sees: the first that it gets.
const RECORDED: usize = 4;

/// Seed of weights and mini-batches when none is given.
const DEFAULT_SEED: u64 = 1;

/// A training to be done.
#[derive(Clone, Copy, Debug)]
pub struct CryptonnTraining<'a> {
    pub scenario: &'a str,
    /// One of [`ARCHITECTURES`].
    pub model: &'a str,
    pub dataset: &'a Dataset,
    pub choice: &'a TrainingChoice,
    /// Seed of weights, mini-batches, keys and encryption; 0 takes fresh randomness for keys and
    /// encryption.
    pub seed: u64,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct CryptonnTrained {
    /// Trained on ciphertexts.
    pub network: Network,
    pub report: CryptonnReport,
    pub view: Arc<ServerView>,
    /// The truth about what is in `view`.
    pub pool: Arc<Pool>,
}

/// The three students.
struct Side {
    encrypted: Student,
    fixed: Student,
    float: Student,
}

impl<'a> CryptonnTraining<'a> {
    /// The training that `scenario` describes.
    ///
    /// # Errors
    /// When it describes none.
    pub fn of(scenario: &'a Scenario, dataset: &'a Dataset) -> Result<Self, CryptonnError> {
        let choice = scenario.training.as_ref().ok_or_else(|| {
            CryptonnError::Impossible(format!(
                "scenario {} is no training on encrypted data; cryptonn is one",
                scenario.name
            ))
        })?;
        let (model, seed) = (scenario.model.as_str(), scenario.seed);
        Ok(Self { scenario: &scenario.name, model, dataset, choice, seed })
    }

    /// Trains, telling `on_event` as it goes.
    ///
    /// # Errors
    /// When the model does not fit the data, the authority refuses, or `watch` asks to stop (within a
    /// step).
    pub fn run(
        &self,
        watch: &Watch,
        on_event: &mut dyn FnMut(CryptonnEvent),
    ) -> Result<CryptonnTrained, CryptonnError> {
        let Self { dataset, choice, .. } = *self;
        choice.check().map_err(CryptonnError::Impossible)?;
        let seed = if self.seed == 0 { DEFAULT_SEED } else { self.seed };
        let recipe = architecture(self.model).ok_or_else(|| {
            CryptonnError::Impossible(format!(
                "model {} cannot be trained on encrypted data; {} can",
                self.model,
                ARCHITECTURES.join(", ")
            ))
        })?;
        let network = recipe.fresh(dataset, seed)?;
        let batches = Batches::new(&network, dataset, choice, seed)?;
        on_event(CryptonnEvent::Preparing { what: "keys and tables", fraction: 0.0 });
        watch.check()?;
        let secret = if self.seed == 0 { Seed::from_os()? } else { Seed::from_number(seed) };
        let mut secure = EncryptedSteps::new(&batches, choice, &secret)?;
        on_event(CryptonnEvent::Preparing { what: "keys and tables", fraction: 1.0 });
        let len = network.input().len();
        let raw = dataset.train().inputs.get(..batches.samples() * len).unwrap_or_default();
        let inputs = network.normalise(raw);
        let student = || Student::new(&network, &batches, choice);
        let mut side = Side { encrypted: student()?, fixed: student()?, float: student()? };
        let mut view = ServerView {
            encoding: batches.encoding().clone(),
            label_scale: choice.output_scale() as i64,
            steps: Vec::new(),
        };
        let mut order: Vec<usize> = (0..batches.count()).collect();
        let steps = choice.epochs * batches.count();
        let (mut done, mut identical, mut total_secs) = (0, true, 0.0);
        let (mut recorded, mut pool) = (Vec::new(), Arc::new(Pool::default()));
        let mut epochs = Vec::new();
        let started = Instant::now();
        for epoch in 0..choice.epochs {
            order.shuffle(&mut StdRng::seed_from_u64(seed.wrapping_add(1 + epoch as u64)));
            let (mut secs, mut losses) = (0.0, (0.0, 0.0));
            if epoch == 0 {
                recorded = order.iter().copied().take(RECORDED).collect();
                let similar = if len <= leak::MOST_SIMILAR_INPUTS {
                    encode(&network.normalise(&dataset.test().inputs), choice)
                } else {
                    Vec::new()
                };
                pool = Arc::new(Pool::of(&batches, &recorded, &similar));
            }
            for &batch in &order {
                watch.check()?;
                let rate = choice.learning_rate * schedule(done, steps);
                let start = Instant::now();
                let step = |student: &mut Student, arithmetic| {
                    student.step(&batches, batch, choice, rate, arithmetic)
                };
                let encrypted = step(&mut side.encrypted, Arithmetic::Integers(&mut secure))?;
                let took = start.elapsed().as_secs_f64();
                let mut plain = PlainSteps::new(&batches);
                let fixed = step(&mut side.fixed, Arithmetic::Integers(&mut plain))?;
                let float = step(&mut side.float, Arithmetic::Floats(&inputs))?;
                identical &= encrypted == fixed;
                secs += took;
                losses.0 += encrypted.loss;
                losses.1 += float.loss;
                if !encrypted.loss.is_finite() {
                    return Err(CryptonnError::Impossible(format!(
                        "the loss is no longer a finite number in epoch {}; lower training.learning_rate",
                        epoch + 1
                    )));
                }
                let loss = SideBySide {
                    encrypted: encrypted.loss,
                    fixed_point: fixed.loss,
                    float: float.loss,
                };
                if recorded.contains(&batch) {
                    view.steps.push(ServerStep { step: done, epoch, ..encrypted.seen });
                    if epoch == 0 {
                        let (view, pool) = (Arc::new(view.clone()), Arc::clone(&pool));
                        on_event(CryptonnEvent::Seen { view, pool });
                    }
                }
                done += 1;
                let what =
                    format!("epoch {}/{}, loss {:.3}", epoch + 1, choice.epochs, loss.encrypted);
                watch.step(&what, done as u64, steps as u64)?;
                let rest = (steps - done) as f64 / done as f64;
                on_event(CryptonnEvent::Step {
                    step: done,
                    of: steps,
                    loss,
                    phases: secure.phases_of(total_secs + secs),
                    traffic: secure.traffic,
                    dlog: secure.dlog_range(),
                    eta_secs: started.elapsed().as_secs_f64() * rest,
                });
            }
            total_secs += secs;
            let on_test =
                |student: &Student, choice| test_accuracy(student, dataset, choice, watch);
            let figures = EpochFigures {
                epoch: epoch + 1,
                accuracy: SideBySide {
                    encrypted: on_test(&side.encrypted, Some(choice))?,
                    fixed_point: on_test(&side.fixed, Some(choice))?,
                    float: on_test(&side.float, None)?,
                },
                fixed_point_identical: identical,
                secs,
            };
            let count = batches.count().max(1) as f64;
            epochs.push(EpochReport::new(&figures, (losses.0 / count, losses.1 / count)));
            on_event(CryptonnEvent::Epoch(figures));
            let (view, pool) = (Arc::new(view.clone()), Arc::clone(&pool));
            on_event(CryptonnEvent::Seen { view, pool });
        }
        let phases = secure.phases_of(total_secs);
        let report = CryptonnReport {
            schema_version: CRYPTONN_SCHEMA_VERSION,
            cryptoscope_version: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: self.scenario.to_owned(),
            model: self.model.to_owned(),
            dataset: dataset.name().to_owned(),
            seed: self.seed,
            threads: rayon::current_num_threads(),
            kernel: Kernel::best().name().to_owned(),
            samples: batches.samples(),
            mini_batches: batches.count(),
            training: choice.clone(),
            epochs,
            secs_per_mini_batch: total_secs / steps.max(1) as f64,
            server_secs_per_mini_batch: secure.server_secs(total_secs) / steps.max(1) as f64,
            total_secs,
            phases,
            bytes: secure.traffic,
            dlog: secure.dlog_range(),
            refused: secure.log().iter().filter(|line| line.refused.is_some()).cloned().collect(),
            peak_memory_bytes: peak_memory_bytes(),
            leak: None,
        };
        let network = side.encrypted.trained(Some(choice))?;
        let command = format!(
            "cryptoscope train {} --set model={} --epochs {} --seed {} --out {}.safetensors",
            self.scenario, self.model, choice.epochs, self.seed, self.model
        );
        let network = network.with_provenance(Provenance {
            dataset: dataset.name().to_owned(),
            command,
            seed: self.seed,
            test_accuracy: report.epochs.last().map(|epoch| epoch.encrypted_accuracy),
            original: None,
        })?;
        Ok(CryptonnTrained { network, report, view: Arc::new(view), pool })
    }
}

impl CryptonnTrained {
    /// Measures what the server learned, for the report.
    ///
    /// # Errors
    /// When `cancel` is set.
    pub fn measure_leak(&mut self, dataset: &Dataset, cancel: &Cancel) -> Result<(), Cancelled> {
        let labels = &dataset.train().labels;
        let label = |sample: usize| labels.get(sample).copied();
        self.report.leak = Some(leak::report(&self.view, &self.pool, label, cancel)?);
        Ok(())
    }
}

/// Factor on the learning rate: falls to zero along a cosine.
fn schedule(step: usize, steps: usize) -> f64 {
    0.5 * (1.0 + (std::f64::consts::PI * step as f64 / steps.max(1) as f64).cos())
}

/// Accuracy on the test split; with `choice`, on inputs in fixed point.
fn test_accuracy(
    student: &Student,
    dataset: &Dataset,
    choice: Option<&TrainingChoice>,
    watch: &Watch,
) -> Result<f64, CryptonnError> {
    let network = student.trained(choice)?;
    let split = dataset.test();
    let quiet = Watch::new(watch.cancel_flag().clone(), &|_| {});
    let outputs = match choice {
        None => network.forward_batch(&split.inputs, &quiet)?,
        Some(choice) => {
            let scale = choice.input_scale();
            let encoded = encode(&network.normalise(&split.inputs), choice);
            let values: Vec<f32> = encoded.iter().map(|&x| (f64::from(x) / scale) as f32).collect();
            network.plain_inputs()?.forward_batch(&values, &quiet)?
        }
    };
    Ok(accuracy(&outputs, network.classes(), &split.labels))
}
