//! What a BFV circuit costs, its stages and its program.

use crate::candidate::{Candidate, Compiled, ExactScheme, Work, batches, kernel_macs};
use crate::compiled::{BfvProgram, MEASURED, Program};
use crate::cost_table::CostTable;
use crate::integer_layer::IntegerLayer;
use crate::noise_bfv;
use crate::plan::{PlanBytes, StageKind, StagePlan, message, message_in_parts};
use crate::request::{PlanError, Request};
use scheme::bfv::{BfvError, BfvParameters, HEADER_BYTES};
use scheme::security::TABLE_OF_BINOMIAL_SECRETS;

/// What the planner asks of BFV.
pub(super) const SCHEME: ExactScheme = ExactScheme {
    // It cannot relinearise with one prime, nor decrypt with a first one near t.
    least_primes: |t, bits| (3 * u128::from(t) < 2 << (bits - 1)).then_some(2),
    estimate: noise_bfv::estimate,
    simulate: noise_bfv::simulate,
    work,
    chosen_work: work,
    compile,
    security_table: TABLE_OF_BINOMIAL_SECRETS,
};

/// Predicted times.
fn work(request: &Request, candidate: &Candidate, costs: &CostTable) -> Work {
    let network = request.network;
    let (n, k) = (candidate.n, candidate.primes.len());
    let library = costs.bfv.scaled(n, k);
    let branches = candidate.moduli.len() as f64;
    let scale = batches(request.images, n) as f64 * branches / request.threads as f64;
    let limb_bits = 52 - candidate.primes.iter().map(|q| 64 - q.leading_zeros()).max().unwrap_or(0);
    let words = (2 * n * k) as f64;
    let mut width = network.inputs();
    let layers = network.layers().iter().map(|layer| match layer {
        IntegerLayer::Linear { rows, .. } => {
            // Besides the sums, every word is read and written.
            let moved = (width + rows.len()) as f64 * costs.unit.dot;
            width = rows.len();
            words * (kernel_macs(rows, limb_bits) * costs.unit.mac + moved) * scale
        }
        IntegerLayer::Square { acts_on, .. } => *acts_on as f64 * library.square * scale,
    });
    Work {
        layers: layers.collect(),
        keygen: branches * library.keygen,
        encrypt: network.inputs() as f64 * library.encrypt * scale,
        switches: Vec::new(),
        decrypt: network.outputs() as f64 * library.decrypt * scale,
    }
}

/// Stages, sizes and program of the candidate that was chosen.
fn compile(
    request: &Request,
    candidate: &Candidate,
    work: &Work,
    worst: &[f64],
) -> Result<Compiled, PlanError> {
    let network = request.network;
    let forecast = &candidate.forecast;
    let parameters = candidate
        .moduli
        .iter()
        .map(|t| BfvParameters::new(candidate.n, &candidate.primes, *t))
        .collect::<Result<Vec<_>, _>>()?;
    let ciphertext_bytes = |fresh| -> Result<u64, BfvError> {
        parameters.first().map_or(Ok(0), |p| p.ciphertext_bytes(2, fresh))
    };
    let key_bytes = parameters.first().map_or(Ok(0), BfvParameters::key_bytes)?;
    let (fresh, computed) = (ciphertext_bytes(true)?, ciphertext_bytes(false)?);
    let runs = (batches(request.images, candidate.n) * candidate.moduli.len()) as u64;
    let bytes = PlanBytes {
        upload: runs * message_in_parts([HEADER_BYTES + fresh * network.inputs() as u64]),
        download: runs * message(HEADER_BYTES + computed * network.outputs() as u64),
        evaluation_keys: candidate.moduli.len() as u64 * message(key_bytes),
        peak_memory: peak_memory(request, candidate),
    };
    let noisiest: Vec<_> = forecast.layers.iter().map(|s| s.noisiest(MEASURED)).collect();
    let program = BfvProgram::new(parameters, network, &noisiest)?;
    let stages = stages(request, candidate, work, worst, fresh * network.inputs() as u64);
    Ok(Compiled { probes: program.probes(), stages, bytes, program: Program::Bfv(program) })
}

fn stages(
    request: &Request,
    candidate: &Candidate,
    work: &Work,
    worst: &[f64],
    input_bytes: u64,
) -> Vec<StagePlan> {
    let network = request.network;
    let log2_q = candidate.primes.iter().map(|q| (*q as f64).log2()).sum();
    let grid = network.input_range();
    let input = StagePlan {
        name: "input".into(),
        layers: Vec::new(),
        kind: StageKind::Input,
        secs: work.encrypt,
        ciphertexts: network.inputs(),
        components: 2,
        log2_q,
        ciphertext_bytes: input_bytes,
        margin_bits: candidate.margin(&candidate.forecast.input),
        max_error: None,
        required_error: None,
        range_calibrated: grid,
        range_worst: grid,
    };
    let layers = network.layers().iter().enumerate().map(|(at, layer)| {
        let noise = &candidate.forecast.layers[at];
        let count = noise.standard_deviations_log2.len();
        StagePlan {
            name: layer.name().to_string(),
            layers: layer.name().layers().to_vec(),
            kind: match layer {
                IntegerLayer::Linear { .. } => StageKind::Linear,
                IntegerLayer::Square { .. } => StageKind::Square,
            },
            secs: work.layers[at],
            ciphertexts: count,
            components: 2,
            log2_q,
            ciphertext_bytes: (count * ciphertext_words(candidate) * 8) as u64,
            margin_bits: candidate.margin(noise),
            max_error: None,
            required_error: None,
            range_calibrated: request.calibrated[at],
            range_worst: worst[at],
        }
    });
    std::iter::once(input).chain(layers).collect()
}

fn ciphertext_words(candidate: &Candidate) -> usize {
    2 * candidate.primes.len() * candidate.n
}

/// Inputs and outputs of the layer that has most of both, and one square per thread in a wider basis.
fn peak_memory(request: &Request, candidate: &Candidate) -> u64 {
    const PROGRAM: usize = 60 << 20;
    let mut before = request.network.inputs();
    let widths = request.network.widths();
    let both = widths.into_iter().map(|width| std::mem::replace(&mut before, width) + width);
    // Sums stand in tiles and in rows while they are put together.
    let ciphertexts = both.max().unwrap_or(0) + request.network.widths().first().unwrap_or(&0);
    ((ciphertexts + 12 * request.threads) * ciphertext_words(candidate) * 8 + PROGRAM) as u64
}
