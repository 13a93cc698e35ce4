//! One recurrent run under CKKS, with refreshed states or without: its reference, what both sides say, and
//! what is seen of it.

use super::client::Client;
use super::conversation::converse;
use super::execute::{Ran, Setting};
use super::observer::Observer;
use super::progress::Progress;
use super::reference::Reference;
use super::server::Server;
use super::session::SequenceSession;
use circuit::{NoiseStrategy, RecurrentCircuit};
use engine::EngineError;
use progress::{Step, Watch};
use report::{ActivationReport, Clipping, Event, Margins};
use scenario::RunError;
use std::time::Duration;

/// The least wait for a message, and how many times the predicted time of a step it is.
const LEAST_PATIENCE_SECS: f64 = 120.0;
const PATIENCE: f64 = 30.0;

/// Runs `session` as `circuit` says.
///
/// # Errors
/// When a side fails, or the work is stopped.
pub(crate) fn run(
    session: &SequenceSession,
    circuit: &RecurrentCircuit,
    setting: &Setting,
) -> Result<Ran, RunError> {
    let Setting { sequences, labels, pool, cancel, .. } = *setting;
    let RecurrentCircuit { plan, sequence, program } = circuit;
    let silent = Watch::new(cancel.clone(), &|_| ());
    let reference =
        pool.install(|| Reference::new(program, sequences, &session.gate_intervals(), &silent))?;
    let seed = session.scenario.randomness()?;
    let mut observer = Observer::new(circuit, &reference, sequences, labels, &seed);
    (setting.on_event)(Event::Sequence(Box::new(observer.report.clone())));
    let progress = Progress::new(circuit, setting.progress);
    let mut see = |batch: usize, step: usize, states: &[Vec<_>]| {
        if batch == 0
            && let Some(seen) = pool.install(|| observer.see(step, states))
        {
            setting.seen(seen);
        }
        progress.served(batch, step);
        Ok(())
    };
    let slowest = sequence.step_plans.iter().map(|s| s.server_secs + s.client_secs);
    let slowest = slowest.fold(0.0, f64::max) + sequence.keygen_secs;
    let patience = Duration::from_secs_f64(LEAST_PATIENCE_SECS.max(PATIENCE * slowest));
    let within = |s: Step| progress.within(s.done as f64 / s.total.max(1) as f64);
    let watch = Watch::new(cancel.clone(), &within);
    let server = Server::new(program, plan.batches, pool);
    let conversation = converse(
        (sequence.steps, patience),
        cancel,
        |link, meter| {
            meter.at(0);
            let mut client = Client::new(program, seed.clone()).on(pool);
            client.run(link, meter, sequences, &silent, &progress)
        },
        |link, meter| server.serve(link, meter, &watch, &mut see),
    )
    .map_err(EngineError::from)?;
    Ok(Ran {
        conversation,
        sequence: observer.report,
        activation: match sequence.strategy {
            NoiseStrategy::ClientAided => ActivationReport::exact("client"),
            _ => ActivationReport::polynomials(session.gate_reports()),
        },
        kernel: program.parameters.kernel().name(),
        error_bound: sequence.error_bound,
        stands_for: "the reference network",
        advice: "take more or larger primes, a larger N, or refresh more often",
        clipping: Clipping::default(),
        ranges: reference.ranges,
        reference: reference.outputs,
        margins: Margins::Smaller,
        warnings: Vec::new(),
    })
}
