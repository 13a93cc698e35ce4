//! CryptoNets on the MNIST test images, from end to end, as `run` does it.

use super::harness::{BenchError, Harness, demand};
use super::measurement::{Measurement, Timing};
use super::peak::peak_macs_per_sec;
use circuit::{Circuit, Program};
use inference::Session;
use report::{Event, Phase, RunReport};
use ring::Kernel;
use scenario::Scenario;
use scheme::bgv::SegmentOp;

/// CryptoNets with the test images.
pub(crate) fn session(harness: &Harness, threads: usize) -> Result<Session, BenchError> {
    let mut scenario = scenario()?;
    scenario.threads = Some(threads);
    scenario.seed = harness.options.seed;
    Ok(Session::open(&scenario, harness.sources)?)
}

/// The built-in scenario.
pub(crate) fn scenario() -> Result<Scenario, BenchError> {
    Scenario::open("cryptonets").map_err(|e| BenchError::Refused(e.to_string()))
}

/// Repeated runs, all of them right.
pub(crate) struct Runs {
    reports: Vec<RunReport>,
}

impl Runs {
    /// Runs `session` once untimed and then repeated.
    pub fn new(harness: &Harness, what: &str, session: &Session) -> Result<Self, BenchError> {
        let cancel = harness.watch.cancel_flag();
        let runs = harness.runs();
        session.compiled(cancel)?;
        let mut reports = Vec::with_capacity(runs);
        for run in 0..=runs {
            let name = format!("bench {what}");
            let steps = runs as u64 + 1;
            harness.watch.step(&name, run as u64, steps)?;
            let report = session.run(cancel, &|event| {
                if let Event::Progress { phase: Phase::Evaluate, .. } = event {
                    // Only told: the run itself looks whether it shall stop.
                    harness.watch.step(&name, run as u64, steps).ok();
                }
            })?;
            demand(report.is_right(), what, || {
                format!(
                    "{} of {} outputs and {} values inside decrypted wrongly",
                    report.encrypted.wrong_outputs,
                    report.images * report.classes,
                    report.stages.iter().map(|s| s.wrong_values).sum::<u64>()
                )
            })?;
            reports.push(report);
        }
        // The first one found cold caches and fresh memory.
        reports.remove(0);
        Ok(Self { reports })
    }

    /// Seconds of the repetitions.
    pub fn timing(&self, secs: impl Fn(&RunReport) -> f64) -> Timing {
        Timing::new(self.reports.iter().map(secs).collect())
    }

    /// The figure for `what`, with what all of them say.
    pub fn measurement(
        &self,
        what: &str,
        circuit: &Circuit,
        secs: impl Fn(&RunReport) -> f64,
        predicted_secs: f64,
    ) -> Measurement {
        let plan = &circuit.plan;
        let timing = self.timing(secs);
        let measurement = Measurement::new(what, &timing, plan.images as f64, "images")
            .with("images", plan.images)
            .with("batches", plan.batches)
            .with("ring_degree", plan.ring_degree)
            .with("primes", plan.primes.len())
            .with("log2_q", plan.log2_q)
            .with("plaintext_bits", plan.plaintext_bits)
            .with("security_bits", plan.security_bits)
            .with("word_macs", word_macs(circuit))
            .found("predicted_secs", predicted_secs)
            .found("measured_over_predicted", timing.median() / predicted_secs)
            .checked_by("every decrypted output against the integer network");
        Measurement { threads: plan.threads, ..measurement }
    }

    /// One of the reports.
    pub fn last(&self) -> Option<&RunReport> {
        self.reports.last()
    }
}

/// Multiply-accumulates of a word by a weight that is not zero, in all of a run.
pub(crate) fn word_macs(circuit: &Circuit) -> f64 {
    let Program::Bgv(program) = &circuit.program else { return 0.0 };
    let plan = &circuit.plan;
    let mut level = plan.primes.len();
    let mut macs = 0.0;
    let mut components = 2.0;
    for step in &program.steps {
        for op in &step.segment.ops {
            match op {
                SegmentOp::Square | SegmentOp::SquareFirst { .. } => components = 3.0,
                SegmentOp::Linear { map, .. } => {
                    macs += map.macs() as f64 * components * level as f64
                }
            }
        }
        components = 2.0;
        level -= step.drop.unwrap_or(0);
    }
    macs * (plan.ring_degree * plan.batches * circuit.moduli.len()) as f64
}

pub(crate) fn measure(harness: &mut Harness) -> Result<(), BenchError> {
    let session = session(harness, harness.run_threads())?;
    let circuit = session.circuit(harness.watch.cancel_flag())?;
    let runs = Runs::new(harness, "cryptonets", &session)?;
    let (secs, images) = (circuit.plan.secs, circuit.plan.images as f64);
    let total = runs.measurement("cryptonets", &circuit, |r| r.encrypted.total_secs, secs.total());
    let total = match runs.last() {
        Some(report) => total
            .found("accuracy", report.encrypted.accuracy)
            .found("upload_bytes", report.bytes.upload)
            .found("download_bytes", report.bytes.download)
            .found("peak_memory_bytes", report.peak_memory_bytes),
        None => total,
    };
    harness.emit_run(total)?;
    let peak = peak_macs_per_sec(Kernel::best(), harness.pool()) / harness.threads() as f64;
    let limit = peak * circuit.plan.threads as f64 * images / word_macs(&circuit);
    let of = |what: &str, secs: fn(&RunReport) -> f64, predicted: f64| {
        runs.measurement(&format!("cryptonets {what}"), &circuit, secs, predicted)
    };
    harness.emit_run(of("encrypt", |r| r.encrypted.encrypt_secs, secs.encrypt))?;
    let evaluate = of("evaluate", |r| r.encrypted.evaluate_secs, secs.evaluate);
    let what = "multiply-adds of the kernel from registers on every thread, measured in this run";
    harness.emit_run(evaluate.with_limit(what, limit))?;
    harness.emit_run(of("decrypt", |r| r.encrypted.decrypt_secs, secs.decrypt))
}
