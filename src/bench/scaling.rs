//! CryptoNets by the number of threads, and by the number of batches.

use super::cryptonets::{Runs, scenario, session};
use super::harness::{BenchError, Harness, cores};
use data::{Dataset, Split};
use inference::Session;
use scenario::RunError;
use std::sync::Arc;

/// Slots of a ciphertext: images of one batch.
const BATCH: usize = 8192;

const BATCHES: [usize; 4] = [1, 2, 4, 8];

/// Training images that ranges are calibrated on.
const CALIBRATION: usize = 2048;

pub(crate) fn measure(harness: &mut Harness) -> Result<(), BenchError> {
    let mnist = Arc::new(with_more_test_images(harness)?);
    let network = network::open("cryptonets").map_err(RunError::from)?;
    let network = Arc::new(network);
    let session = |batches: usize, threads: usize| -> Result<Session, BenchError> {
        let mut scenario = scenario()?;
        scenario.images = Some(batches * BATCH);
        scenario.threads = Some(threads);
        scenario.seed = harness.options.seed;
        Ok(Session::with(&scenario, Arc::clone(&mnist), Arc::clone(&network))?)
    };
    let most = harness.options.threads.unwrap_or_else(|| cores().max(2));
    let by_threads = (0..).map(|doubled| 1usize << doubled).take_while(|t| *t <= most);
    let by_threads = by_threads.map(|threads| ("threads", 1, threads));
    let by_batches = BATCHES.map(|batches| ("batches", batches, harness.run_threads()));
    let sessions: Vec<_> = by_threads
        .chain(by_batches)
        .map(|(by, batches, threads)| Ok((by, session(batches, threads)?)))
        .collect::<Result<_, BenchError>>()?;
    let mut first: Option<(&str, f64)> = None;
    for (by, session) in sessions {
        let what = format!("scaling by {by}");
        let circuit = session.circuit(harness.watch.cancel_flag())?;
        let runs = Runs::new(harness, &what, &session)?;
        let secs = circuit.plan.secs.total();
        let total = runs.measurement(&what, &circuit, |r| r.encrypted.total_secs, secs);
        // The first line of each table is what the others are compared with.
        let one = match first {
            Some((table, rate)) if table == by => rate,
            _ => total.rate,
        };
        first = Some((by, one));
        let rate = total.rate;
        harness.emit_run(total.found("rate_over_first", rate / one))?;
    }
    Ok(())
}

/// MNIST with enough images to test on: those of the training split follow.
fn with_more_test_images(harness: &Harness) -> Result<Dataset, BenchError> {
    let opened = session(harness, 1)?;
    let mnist = &opened.dataset;
    let len = mnist.shape().len();
    let most = BATCHES.iter().max().map_or(BATCH, |b| b * BATCH);
    let (test, train) = (mnist.test(), mnist.train());
    let more = most.saturating_sub(test.len());
    if more > train.len() {
        return Err(BenchError::Refused(format!(
            "dataset {} has {} images; {most} are needed",
            mnist.name(),
            test.len() + train.len()
        )));
    }
    let join = |a: &Split, b: &Split, count: usize| Split {
        inputs: [&a.inputs[..], &b.inputs[..count * len]].concat(),
        labels: [&a.labels[..], &b.labels[..count]].concat(),
        lengths: Vec::new(),
    };
    let calibration = train.len().min(CALIBRATION);
    let dataset = Dataset::new(
        mnist.name(),
        mnist.source(),
        mnist.shape(),
        mnist.classes().to_vec(),
        Vec::new(),
        join(&Split::default(), train, calibration),
        join(test, train, more),
    );
    dataset.map_err(|e| BenchError::Refused(e.to_string()))
}
