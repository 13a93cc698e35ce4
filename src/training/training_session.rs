//! One session of a training: from its start, or from where it was interrupted, to its end or the next
//! interruption. Three networks learn side by side, on ciphertexts, in fixed point, in floating point.

use super::batches::encode;
use super::checkpoint::{Checkpoint, Progress, Spent, TrainingIdentity};
use super::encrypted_steps::EncryptedSteps;
use super::replica::{Arithmetic, ModelReplica};
use super::schedule::Schedule;
use crate::batches::Batches;
use crate::error::CryptonnError;
use crate::event::CryptonnEvent;
use crate::figures::{EpochFigures, SideBySide};
use crate::report::EpochReport;
use crate::steps::PlainSteps;
use crate::training::CryptonnTraining;
use attack::{Pool, ServerStep, ServerView};
use data::Dataset;
use network::{Network, accuracy};
use progress::Watch;
use ring::Seed;
use scenario::TrainingRequest;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// An epoch that takes longer hands out checkpoints in between.
const BETWEEN_CHECKPOINTS: Duration = Duration::from_secs(60);

/// The three replicas.
struct Side {
    encrypted: ModelReplica,
    fixed: ModelReplica,
    float: ModelReplica,
}

/// One session of a training.
pub(crate) struct TrainingSession<'a> {
    identity: TrainingIdentity,
    dataset: &'a Dataset,
    batches: &'a Batches,
    schedule: Schedule,
    /// Normalised, without noise.
    inputs: Vec<f32>,
    pub secure: EncryptedSteps<'a>,
    side: Side,
    pub progress: Progress,
    pub pool: Arc<Pool>,
    recorded: Vec<usize>,
    /// Of earlier sessions.
    before: Spent,
    /// Seconds of the steps of this session.
    step_secs: f64,
}

impl<'a> TrainingSession<'a> {
    /// A session that begins at `from`, or at the start. All randomness of the roles comes from `secret`.
    ///
    /// # Errors
    /// When `from` is of another training, or the work is stopped.
    pub fn new(
        training: &CryptonnTraining<'a>,
        network: &Network,
        batches: &'a Batches,
        schedule: Schedule,
        secret: &Seed,
        from: Option<&Checkpoint>,
        watch: &Watch,
    ) -> Result<Self, CryptonnError> {
        let CryptonnTraining { dataset, choice, .. } = *training;
        let identity = TrainingIdentity::of(training);
        let replica = || ModelReplica::new(network, batches, choice);
        let mut side = Side { encrypted: replica()?, fixed: replica()?, float: replica()? };
        let roles = match from {
            None => secret.clone(),
            // The clients encrypt anew, perhaps other mini-batches first: never again with old randomness.
            Some(from) => secret.derive("resumed", from.steps() as u64),
        };
        let of = schedule.steps();
        let mut progress = Progress { of, identical: true, ..Progress::default() };
        if let Some(from) = from {
            from.check_identity(&identity)?;
            from.check_shape(batches, &side.encrypted, schedule.epochs())?;
            let [encrypted, fixed, float] = &from.replicas;
            side.encrypted.restore(encrypted)?;
            side.fixed.restore(fixed)?;
            side.float.restore(float)?;
            progress = from.progress.clone();
            progress.resumed_at.push(from.steps());
        }
        let mut secure = EncryptedSteps::new(batches, choice, &roles, watch.cancel_flag())?;
        if let Some(from) = from {
            secure.count_before(&from.rows_given);
        }
        let len = network.input().len();
        let raw = dataset.train().inputs.get(..batches.samples() * len).unwrap_or_default();
        let recorded = schedule.recorded();
        let pool = Arc::new(pool(network, dataset, choice, batches, &recorded));
        Ok(Self {
            identity,
            dataset,
            batches,
            schedule,
            inputs: network.normalise(raw),
            secure,
            side,
            before: progress.spent,
            progress,
            pool,
            recorded,
            step_secs: 0.0,
        })
    }

    /// The network that is trained on ciphertexts.
    pub fn encrypted(&self) -> &ModelReplica {
        &self.side.encrypted
    }

    /// Trains to the end. When it is stopped, everything it has is that of the last whole step.
    ///
    /// # Errors
    /// When the authority refuses, or `watch` asks to stop (within a step).
    pub fn train(
        &mut self,
        watch: &Watch,
        on_event: &mut dyn FnMut(CryptonnEvent),
    ) -> Result<(), CryptonnError> {
        let steps = self.schedule.steps();
        let (started, first) = (Instant::now(), self.progress.losses.len());
        let mut saved = Instant::now();
        if first > 0 {
            on_event(self.seen());
        }
        while self.progress.epochs.len() < self.schedule.epochs() {
            let epoch = self.progress.epochs.len();
            let order = self.schedule.order(epoch);
            let at = self.progress.losses.len() - epoch * order.len();
            for &batch in order.iter().skip(at) {
                watch.check()?;
                let loss = self.step(epoch, batch)?;
                let done = self.progress.losses.len();
                if epoch == 0 && self.recorded.contains(&batch) {
                    on_event(self.seen());
                }
                let rest = (steps - done) as f64 / (done - first) as f64;
                let Spent { phases, traffic, dlog, .. } = self.progress.spent;
                on_event(CryptonnEvent::Step {
                    step: done,
                    of: steps,
                    loss,
                    phases,
                    traffic,
                    dlog,
                    eta_secs: started.elapsed().as_secs_f64() * rest,
                });
                let epochs = self.schedule.epochs();
                let what = format!("epoch {}/{epochs}, loss {:.3}", epoch + 1, loss.encrypted);
                watch.step(&what, done as u64, steps as u64)?;
                if saved.elapsed() > BETWEEN_CHECKPOINTS {
                    on_event(CryptonnEvent::Checkpoint(Arc::new(self.checkpoint())));
                    saved = Instant::now();
                }
            }
            let figures = self.close_epoch(epoch, watch)?;
            on_event(CryptonnEvent::Epoch(figures));
            on_event(self.seen());
            on_event(CryptonnEvent::Checkpoint(Arc::new(self.checkpoint())));
            saved = Instant::now();
        }
        Ok(())
    }

    /// One step of all three.
    fn step(&mut self, epoch: usize, batch: usize) -> Result<SideBySide, CryptonnError> {
        let done = self.progress.losses.len();
        let (batches, choice) = (self.batches, &self.identity.choice);
        let rate = self.schedule.rate(done);
        let start = Instant::now();
        let step = |replica: &mut ModelReplica, arithmetic| {
            replica.step(batches, batch, choice, rate, arithmetic)
        };
        // Only this one can be stopped half way; it then has changed nothing.
        let encrypted = step(&mut self.side.encrypted, Arithmetic::Integers(&mut self.secure))?;
        let took = start.elapsed().as_secs_f64();
        let mut plain = PlainSteps::new(batches);
        let fixed = step(&mut self.side.fixed, Arithmetic::Integers(&mut plain))?;
        let float = step(&mut self.side.float, Arithmetic::Floats(&self.inputs))?;
        let loss =
            SideBySide { encrypted: encrypted.loss, fixed_point: fixed.loss, float: float.loss };
        if !loss.encrypted.is_finite() {
            return Err(CryptonnError::Impossible(format!(
                "the loss is no longer a finite number in epoch {}; lower training.learning_rate",
                epoch + 1
            )));
        }
        let progress = &mut self.progress;
        progress.identical &= encrypted == fixed;
        progress.epoch_secs += took;
        progress.losses.push(loss);
        self.step_secs += took;
        progress.spent = self.before.and(&Spent {
            step_secs: self.step_secs,
            server_secs: self.secure.server_secs(self.step_secs),
            phases: self.secure.phases_of(self.step_secs),
            traffic: self.secure.traffic,
            dlog: self.secure.dlog_range(),
        });
        if self.recorded.contains(&batch) {
            progress.seen.push(ServerStep { step: done, epoch, ..encrypted.seen });
        }
        Ok(loss)
    }

    /// Accuracies after an epoch whose steps are done.
    fn close_epoch(&mut self, epoch: usize, watch: &Watch) -> Result<EpochFigures, CryptonnError> {
        let (dataset, choice) = (self.dataset, &self.identity.choice);
        let on_test =
            |replica: &ModelReplica, choice| test_accuracy(replica, dataset, choice, watch);
        let accuracy = SideBySide {
            encrypted: on_test(&self.side.encrypted, Some(choice))?,
            fixed_point: on_test(&self.side.fixed, Some(choice))?,
            float: on_test(&self.side.float, None)?,
        };
        let progress = &mut self.progress;
        let (fixed_point_identical, secs) = (progress.identical, progress.epoch_secs);
        let figures = EpochFigures { epoch: epoch + 1, accuracy, fixed_point_identical, secs };
        let losses = progress.losses.iter().skip(epoch * self.schedule.batches());
        let mean = |of: fn(&SideBySide) -> f64| {
            losses.clone().map(of).sum::<f64>() / self.schedule.batches().max(1) as f64
        };
        let losses = (mean(|l| l.encrypted), mean(|l| l.float));
        progress.epochs.push(EpochReport::new(&figures, losses));
        progress.epoch_secs = 0.0;
        Ok(figures)
    }

    /// What the server has seen so far.
    pub fn view(&self) -> ServerView {
        ServerView {
            encoding: self.batches.encoding().clone(),
            label_scale: self.identity.choice.output_scale() as i64,
            steps: self.progress.seen.clone(),
        }
    }

    fn seen(&self) -> CryptonnEvent {
        CryptonnEvent::Seen { view: Arc::new(self.view()), pool: Arc::clone(&self.pool) }
    }

    /// The training as it stands after the last whole step.
    pub fn checkpoint(&self) -> Checkpoint {
        let Side { encrypted, fixed, float } = &self.side;
        Checkpoint {
            identity: self.identity.clone(),
            progress: self.progress.clone(),
            replicas: [encrypted.state(), fixed.state(), float.state()],
            rows_given: self.secure.rows_given(),
        }
    }

    /// The network trained on ciphertexts.
    ///
    /// # Errors
    /// When a weight is no longer a finite number.
    pub fn network(&self) -> Result<Network, CryptonnError> {
        self.side.encrypted.trained(Some(&self.identity.choice))
    }
}

/// Samples of a pool beside those that are attacked, at most.
const OTHERS: usize = 2000;

/// The truth to measure reconstructions by: the samples of the mini-batches `recorded`, and others from
/// the beginning of the training set.
pub fn pool(
    network: &Network,
    dataset: &Dataset,
    choice: &TrainingRequest,
    batches: &Batches,
    recorded: &[usize],
) -> Pool {
    let similar = if network.input().len() <= attack::MOST_SIMILAR_INPUTS {
        encode(&network.normalise(&dataset.test().inputs), choice)
    } else {
        Vec::new()
    };
    let attacked = recorded.iter().flat_map(|b| batches.members(*b)).copied();
    let mut indices: Vec<usize> = attacked.chain(0..batches.samples().min(OTHERS)).collect();
    indices.sort_unstable();
    indices.dedup();
    let values = indices.iter().flat_map(|i| batches.truth(*i)).map(|v| *v as f32).collect();
    Pool::new(indices, values, batches.encoding(), &similar)
}

/// Accuracy on the test split; with `choice`, on inputs in fixed point.
pub fn test_accuracy(
    replica: &ModelReplica,
    dataset: &Dataset,
    choice: Option<&TrainingRequest>,
    watch: &Watch,
) -> Result<f64, CryptonnError> {
    let network = replica.trained(choice)?;
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
