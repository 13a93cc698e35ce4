//! What every workload is handed: threads, repetitions, and where the lines go.

use super::measurement::{Measurement, Timing};
use progress::{Cancelled, Watch};
use ring::Kernel;
use scenario::{RunError, Sources};
use scheme::bgv::BgvError;
use std::time::Instant;

/// How to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Worker threads; left out, primitives use one and whole runs one per core.
    pub threads: Option<usize>,
    /// Timed repetitions; left out, primitives take 11 and whole runs 5.
    pub repetitions: Option<usize>,
    /// Seed of keys, inputs and weights.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { threads: None, repetitions: None, seed: 1 }
    }
}

/// Why there is no figure; the text is one line for a person.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    #[error("cancelled")]
    Cancelled(#[from] Cancelled),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Scheme(#[from] BgvError),
    /// Outputs are not what they must be: the time means nothing.
    #[error("{what}: {reason}; nothing is reported for it")]
    Wrong { what: String, reason: String },
    #[error("{0}")]
    Refused(String),
    #[error("the result cannot be written: {0}")]
    Output(#[from] std::io::Error),
}

/// Repetitions of primitives and of whole runs.
const REPETITIONS: usize = 11;
const RUNS: usize = 5;

/// A measuring session.
pub struct Harness<'a> {
    pub options: Options,
    pub sources: &'a Sources,
    pub watch: &'a Watch<'a>,
    pool: rayon::ThreadPool,
    emit: &'a mut dyn FnMut(&Measurement) -> Result<(), BenchError>,
}

impl<'a> Harness<'a> {
    /// A session that hands each figure to `emit` as soon as it is checked.
    pub fn new(
        options: Options,
        sources: &'a Sources,
        watch: &'a Watch<'a>,
        emit: &'a mut dyn FnMut(&Measurement) -> Result<(), BenchError>,
    ) -> Result<Self, BenchError> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(options.threads.unwrap_or(1))
            .build()
            .map_err(|e| BenchError::Refused(format!("could not start worker threads: {e}")))?;
        Ok(Self { options, sources, watch, pool, emit })
    }

    /// Threads that primitives use.
    pub fn threads(&self) -> usize {
        self.pool.current_num_threads()
    }

    /// Threads that whole runs use.
    pub fn run_threads(&self) -> usize {
        self.options.threads.unwrap_or_else(cores)
    }

    /// Timed repetitions of a whole run.
    pub fn runs(&self) -> usize {
        self.options.repetitions.unwrap_or(RUNS)
    }

    /// The threads of the primitives.
    pub fn pool(&self) -> &rayon::ThreadPool {
        &self.pool
    }

    /// Times `work` on what `prepare` makes, once untimed and then repeated; also the last result.
    pub fn time<T: Send, R: Send>(
        &self,
        what: &str,
        mut prepare: impl FnMut() -> T + Send,
        mut work: impl FnMut(T) -> Result<R, Cancelled> + Send,
    ) -> Result<(Timing, R), BenchError> {
        let repetitions = self.options.repetitions.unwrap_or(REPETITIONS);
        let what = format!("bench {what}");
        self.pool.install(|| {
            self.watch.step(&what, 0, repetitions as u64)?;
            let mut result = work(prepare())?;
            let mut secs = Vec::with_capacity(repetitions);
            for done in 1..=repetitions {
                let input = prepare();
                let started = Instant::now();
                result = work(input)?;
                secs.push(started.elapsed().as_secs_f64());
                self.watch.step(&what, done as u64, repetitions as u64)?;
            }
            Ok((Timing::new(secs), result))
        })
    }

    /// Hands on a figure of the threads of the primitives.
    pub fn emit(&mut self, mut measurement: Measurement) -> Result<(), BenchError> {
        measurement.threads = self.threads();
        self.emit_run(measurement)
    }

    /// Hands on a figure that knows its threads.
    pub fn emit_run(&mut self, mut measurement: Measurement) -> Result<(), BenchError> {
        measurement.kernel = Kernel::best().name().to_owned();
        (self.emit)(&measurement)
    }
}

/// Cores this process may use.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// `Err` with the reason unless `right`.
pub fn demand(right: bool, what: &str, reason: impl FnOnce() -> String) -> Result<(), BenchError> {
    if right { Ok(()) } else { Err(BenchError::Wrong { what: what.to_owned(), reason: reason() }) }
}
