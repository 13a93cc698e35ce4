//! Client and server of a run, each on a thread of its own with bytes between them.

use super::client::{Client, Follower};
use super::link::ChannelLink;
use super::meter::Meter;
use super::server::{Probe, Server};
use super::talk::TalkError;
use circuit::{RecurrentCircuit, Sequences};
use progress::{Cancel, Step, Watch};
use rayon::ThreadPool;
use ring::Seed;
use std::time::{Duration, Instant};

/// The least wait for a message, and how many times the predicted time of a step it is.
const LEAST_PATIENCE_SECS: f64 = 120.0;
const PATIENCE: f64 = 30.0;

/// What a conversation gave.
pub(crate) struct Conversation {
    /// Sequence after sequence.
    pub outputs: Vec<f64>,
    pub client: Meter,
    pub server: Meter,
    /// Seconds until the client had its secret key.
    pub keygen_secs: f64,
}

/// Runs all sequences. `within` is told how much of a step is done, `probe` shown all states.
#[expect(clippy::too_many_arguments, reason = "one call, all of them different things")]
pub(crate) fn converse(
    circuit: &RecurrentCircuit,
    sequences: &Sequences,
    seed: &Seed,
    pool: &ThreadPool,
    cancel: &Cancel,
    follower: &dyn Follower,
    within: &(dyn Fn(f64) + Sync),
    probe: Probe<'_>,
) -> Result<Conversation, TalkError> {
    let RecurrentCircuit { plan, program } = circuit;
    let slowest = plan.step_plans.iter().map(|s| s.server_secs + s.client_secs);
    let slowest = slowest.fold(0.0, f64::max) + plan.keygen_secs;
    let patience = Duration::from_secs_f64(LEAST_PATIENCE_SECS.max(PATIENCE * slowest));
    let (mut ours, mut theirs) = ChannelLink::pair(patience, cancel);
    let (mut client_meter, mut server_meter) = (Meter::new(plan.steps), Meter::new(plan.steps));
    let steps = |s: Step| within(s.done as f64 / s.total.max(1) as f64);
    let server_watch = Watch::new(cancel.clone(), &steps);
    let client_watch = Watch::new(cancel.clone(), &|_| ());
    let mut keygen_secs = 0.0;
    let (asked, served) = std::thread::scope(|scope| {
        let server = scope.spawn(|| {
            let server = Server::new(program, plan.batches, pool);
            let served = server.serve(&mut theirs, &mut server_meter, &server_watch, probe);
            // The client must not wait for one that is gone.
            drop(theirs);
            served
        });
        let started = Instant::now();
        let mut client = Client::new(program, seed.clone()).on(pool);
        keygen_secs = started.elapsed().as_secs_f64();
        let asked = client.run(&mut ours, &mut client_meter, sequences, &client_watch, follower);
        drop(ours);
        let gone = || TalkError::Gone { side: "server" };
        (asked, server.join().unwrap_or_else(|_| Err(gone())))
    });
    // The side that found the error says more than the one that was told.
    let outputs = match (asked, served) {
        (Ok(outputs), Ok(())) => outputs,
        (Err(error), Err(other)) if error.is_echo() => return Err(other),
        (Err(error), _) | (Ok(_), Err(error)) => return Err(error),
    };
    Ok(Conversation { outputs, client: client_meter, server: server_meter, keygen_secs })
}
