//! What networks of growing size cost, beside what the planner predicts.

use super::cryptonets::{Runs, word_macs};
use super::harness::{BenchError, Harness};
use activation::Activation;
use circuit::IntegerLayer;
use data::{Dataset, Shape, Split};
use inference::Session;
use network::{Layer, Network, Normalisation, Op, Provenance};
use ring::{Seed, SeedStream};
use scenario::Scenario;
use std::sync::Arc;

/// Widths of the dense layers of each network; squares stand between them.
const DENSE: [&[usize]; 6] = [
    &[32, 16, 4],
    &[64, 32, 10],
    &[256, 64, 10],
    &[784, 128, 10],
    &[784, 256, 10],
    &[784, 256, 64, 10],
];

/// Images of each run: one batch costs the same however full it is.
const IMAGES: usize = 64;

/// Bits of inputs and of weights, as CryptoNets has them.
const INPUT_BITS: u32 = 2;
const WEIGHT_BITS: u32 = 4;

pub(crate) fn measure(harness: &mut Harness) -> Result<(), BenchError> {
    let seed = Seed::from_number(harness.options.seed).derive("bench networks", 0);
    for (index, widths) in DENSE.iter().enumerate() {
        let names: Vec<_> = widths.iter().map(usize::to_string).collect();
        let name = format!("dense {}", names.join("-"));
        let stream = seed.stream(index as u64);
        let session = session(harness, &name, widths, stream)?;
        let what = format!("networks {name}");
        let circuit = session.circuit(harness.watch.cancel_flag())?;
        let runs = Runs::new(harness, &what, &session)?;
        let secs = circuit.plan.secs;
        let (mut weights, mut squarings) = (0, 0);
        for layer in circuit.network.layers() {
            match layer {
                IntegerLayer::Square { acts_on, .. } => squarings += acts_on,
                IntegerLayer::Linear { rows, .. } => {
                    weights += rows.iter().map(|r| r.weights.len()).sum::<usize>();
                }
            }
        }
        let evaluate =
            runs.measurement(&what, &circuit, |r| r.encrypted.evaluate_secs, secs.evaluate);
        let encrypt = runs.timing(|r| r.encrypted.encrypt_secs).median();
        let decrypt = runs.timing(|r| r.encrypted.decrypt_secs).median();
        let evaluate = evaluate
            .with("network", name)
            .with("weights", weights)
            .with("squarings", squarings)
            .with("depth", circuit.plan.depth)
            .found(
                "word_macs_per_sec",
                word_macs(&circuit) / runs.timing(|r| r.encrypted.evaluate_secs).median(),
            )
            .found("encrypt_secs", encrypt)
            .found("predicted_encrypt_secs", secs.encrypt)
            .found("decrypt_secs", decrypt)
            .found("predicted_decrypt_secs", secs.decrypt);
        harness.emit_run(evaluate)?;
    }
    Ok(())
}

/// A network with random weights on random inputs.
fn session(
    harness: &Harness,
    name: &str,
    widths: &[usize],
    mut stream: SeedStream,
) -> Result<Session, BenchError> {
    let refuse = |e: &dyn std::fmt::Display| BenchError::Refused(e.to_string());
    let mut layers = Vec::new();
    for (at, pair) in widths.windows(2).enumerate() {
        let [inputs, outputs] = *pair else { continue };
        if at > 0 {
            let op = Op::Activation(Activation::Square);
            layers.push(Layer { name: format!("square{at}"), op });
        }
        let weight = (0..inputs * outputs).map(|_| 2.0 * unit(&mut stream) - 1.0).collect();
        let op = Op::Dense { inputs, outputs, weight, bias: Vec::new() };
        layers.push(Layer { name: format!("dense{}", at + 1), op });
    }
    let (inputs, classes) = (widths.first().copied(), widths.last().copied());
    let (inputs, classes) = (inputs.unwrap_or_default(), classes.unwrap_or_default());
    let shape = Shape::Flat { len: inputs };
    let plain = Normalisation { offset: vec![0.0], scale: vec![1.0] };
    let network = Network::new(name, shape, plain, layers, None, Provenance::default());
    let mut split = || Split {
        inputs: (0..IMAGES * inputs).map(|_| unit(&mut stream)).collect(),
        labels: (0..IMAGES).map(|i| (i % classes.max(1)) as u16).collect(),
        lengths: Vec::new(),
    };
    let (train, test) = (split(), split());
    let names = (0..classes).map(|c| c.to_string()).collect();
    let dataset = Dataset::new("random", "random", shape, names, Vec::new(), train, test);
    let mut scenario: Scenario = crate::cryptonets::scenario()?;
    scenario.name = name.to_owned();
    scenario.threads = Some(harness.run_threads());
    scenario.seed = harness.options.seed;
    scenario.scheme.input_bits = Some(INPUT_BITS);
    scenario.scheme.weight_bits = Some(WEIGHT_BITS);
    let dataset = Arc::new(dataset.map_err(|e| refuse(&e))?);
    let network = Arc::new(network.map_err(|e| refuse(&e))?);
    Ok(Session::with(&scenario, dataset, network)?)
}

/// A number in [0, 1).
fn unit(stream: &mut SeedStream) -> f32 {
    (stream.next_u64() >> 40) as f32 / (1u64 << 24) as f32
}
