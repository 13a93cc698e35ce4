//! The offer of a session: what its server tells clients.

use super::session::Session;
use circuit::{Circuit, Plan, RealCircuit};
use engine::{Check, Encoding, Offer, Offered, OfferedScheme};
use network::InputEncoding;
use progress::Watch;
use ring::Modulus;
use scenario::RunError;

/// Samples that a client checks.
const CHECKS: usize = 4;
/// Averages that those are chosen from, where noise may change an answer: the most decided ones.
#[cfg(feature = "tfhe")]
const CANDIDATES: usize = 32;
/// Samples of the calibration data that each of them is the average of: nobody's record.
const AVERAGED: usize = 16;

/// Of a circuit on integers.
pub(crate) fn integers(session: &Session, circuit: &Circuit) -> Result<Offered, RunError> {
    let (ring_degree, plaintext_moduli) = (circuit.plan.ring_degree, values(&circuit.moduli));
    let scheme = OfferedScheme::exact(&circuit.program, ring_degree, plaintext_moduli);
    let network = &circuit.network;
    let step = network.output_step();
    let outputs = |raw: &[f32]| {
        let found = network.evaluate(&network.quantise_inputs(raw), &[], &Watch::silent())?;
        Ok(found.outputs.iter().map(|y| *y as f64 * step).collect())
    };
    let tolerance = |_: &[f64]| 0.0;
    made(
        session,
        &circuit.plan,
        (scheme, network.encoding(), step),
        None,
        (outputs, tolerance),
        CHECKS,
    )
}

/// Of a circuit on real numbers.
pub(crate) fn reals(session: &Session, circuit: &RealCircuit) -> Result<Offered, RunError> {
    let (network, program) = (&circuit.network, &circuit.program);
    let scheme = OfferedScheme::Ckks {
        ring_degree: circuit.plan.ring_degree,
        moduli: program.parameters.moduli(),
        input_scale: program.input_scale.clone(),
    };
    let outputs =
        |raw: &[f32]| Ok(network.evaluate(&network.inputs_of(raw), &[], &Watch::silent())?.outputs);
    let bound = circuit.plan.approximate.as_ref().map(|a| a.error_bound);
    let tolerance = |_: &[f64]| bound.unwrap_or(0.0);
    made(
        session,
        &circuit.plan,
        (scheme, network.encoding(), 1.0),
        bound,
        (outputs, tolerance),
        CHECKS,
    )
}

/// Of a circuit of lookup tables.
#[cfg(feature = "tfhe")]
pub(crate) fn tables(
    session: &Session,
    circuit: &circuit::table::TableCircuit,
) -> Result<Offered, RunError> {
    let network = &circuit.network;
    let scale = network.score_scale();
    let scheme = OfferedScheme::Tfhe(engine::TablesOffered::of(circuit));
    let encoding = network.grid().encoding(network.input().len());
    let outputs = |raw: &[f32]| {
        let scores = network.evaluate(raw, &Watch::silent())?.scores;
        Ok(scores.iter().map(|score| *score as f64 * scale).collect())
    };
    let bound = circuit.tables().map(|t| t.score_bound * scale);
    made(session, &circuit.plan, (scheme, encoding, scale), bound, (outputs, half_gap), CANDIDATES)
}

fn values(moduli: &[Modulus]) -> Vec<u64> {
    moduli.iter().map(|t| t.value()).collect()
}

fn made(
    session: &Session,
    plan: &Plan,
    (scheme, encoding, output_scale): (OfferedScheme, InputEncoding, f64),
    error_bound: Option<f64>,
    (outputs, tolerance): (impl Fn(&[f32]) -> Result<Vec<f64>, RunError>, impl Fn(&[f64]) -> f64),
    candidates: usize,
) -> Result<Offered, RunError> {
    let network = &session.network;
    let mut checks = averages(session.calibration_inputs(), network.input().len(), candidates)
        .into_iter()
        .map(|input| {
            let outputs = outputs(&input)?;
            let tolerance = tolerance(&outputs);
            Ok(Check { input, outputs, tolerance })
        })
        .collect::<Result<Vec<_>, RunError>>()?;
    checks.sort_by(|a, b| b.tolerance.total_cmp(&a.tolerance));
    checks.truncate(CHECKS);
    let card = network.card();
    let offer = Offer {
        version: Offer::VERSION,
        name: session.scenario.name.clone(),
        model: network.name().to_owned(),
        scheme,
        shape: network.input(),
        features: card.features.clone(),
        encoding: Encoding::Values(encoding),
        classes: session.dataset.classes().to_vec(),
        output_scale,
        error_bound,
        promised_agreement: plan.promised_agreement,
        margin_bits: plan.stages.last().map_or(0.0, |s| s.margin_bits),
        dataset: card.dataset.clone(),
        data: session.scenario.dataset.clone(),
        checks,
    };
    Ok(offer.seal()?)
}

/// Half the gap between the two largest outputs.
#[cfg(feature = "tfhe")]
fn half_gap(outputs: &[f64]) -> f64 {
    let mut sorted = outputs.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.as_slice() {
        [.., second, first] => 0.5 * (first - second),
        _ => 0.0,
    }
}

/// Averages of samples, a few apart from one another.
fn averages(raw: &[f32], width: usize, most: usize) -> Vec<Vec<f32>> {
    let samples: Vec<&[f32]> = raw.chunks_exact(width.max(1)).collect();
    let groups = samples.chunks_exact(AVERAGED.min(samples.len().max(1))).take(most);
    let average = |group: &[&[f32]]| {
        let mean = |at: usize| {
            let sum: f64 = group.iter().filter_map(|s| s.get(at)).map(|x| f64::from(*x)).sum();
            (sum / group.len() as f64) as f32
        };
        (0..width).map(mean).collect()
    };
    groups.map(average).collect()
}
