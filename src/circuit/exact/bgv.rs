//! What a BGV circuit costs, its stages and its program.

use crate::candidate::{Candidate, Compiled, ExactScheme, Work, batches, kernel_macs};
use crate::compiled::{BgvProgram, MEASURED, Program, linear_maps, segments, thirds};
use crate::cost::{UnitCosts, word_secs};
use crate::integer::IntegerNetwork;
use crate::integer_layer::IntegerLayer;
use crate::noise::{self, StageNoise};
use crate::plan::{PlanBytes, StageKind, StagePlan, message, message_in_parts};
use crate::request::{PlanError, Request};
use ring::{Kernel, Modulus};
use scheme::bgv::{BgvParameters, Ciphertext, EvaluationKeys, FreshBatch};
use scheme::security::TABLE;

/// What the planner asks of BGV.
pub(super) const SCHEME: ExactScheme = ExactScheme {
    least_primes: |_, _| Some(1),
    estimate: noise::estimate,
    simulate: noise::simulate,
    work: |request, candidate, costs| work(request, candidate, &costs.unit),
    chosen_work: |request, candidate, costs| tried_work(request, candidate, &costs.unit),
    compile,
    security_table: TABLE,
};

/// Predicted times.
fn work(request: &Request, candidate: &Candidate, costs: &UnitCosts) -> Work {
    let n = candidate.n as f64;
    let k = candidate.primes.len() as f64;
    let ntt = costs.transform(candidate.n);
    let runs = (batches(request.images, candidate.n) * candidate.moduli.len()) as f64;
    let threads = request.threads as f64;
    let limb_bits = 52 - candidate.primes.iter().map(|q| 64 - q.leading_zeros()).max().unwrap_or(0);
    let network = request.network;
    let inputs = network.inputs() as f64;
    let encrypt = inputs * n * (k + 1.0) * costs.encrypt;
    let mut width = network.inputs();
    let mut components = 2.0;
    let mut switched = candidate.forecast.switches.iter().zip(&candidate.forecast.drops);
    let mut level = k;
    let mut layers = Vec::new();
    let mut switches = Vec::new();
    let mut third = vec![false; width];
    for layer in network.layers() {
        let words = n * level * components;
        layers.push(match layer {
            IntegerLayer::Linear { rows, .. } => {
                let macs = kernel_macs(rows, limb_bits);
                // The first layer expands the masks from their seed and gathers both components in tiles.
                let each = costs.uniform + 3.0 * costs.copy;
                let gather = if layers.is_empty() { inputs * n * level * each } else { 0.0 };
                width = rows.len();
                words * macs * costs.mac + gather
            }
            IntegerLayer::Square { acts_on, .. } => {
                if components == 3.0
                    && let Some((after, dropped)) = switched.next()
                {
                    let relinearise = level * ntt
                        + level * (level - 1.0) * ntt
                        + 2.0 * level * level * n * costs.dot;
                    let drop = (0..*dropped)
                        .map(|d| 2.0 * (level - d as f64) * (ntt + 3.0 * n * costs.dot))
                        .sum::<f64>();
                    // Carried values have nothing to relinearise.
                    let squares = third.iter().filter(|third| **third).count();
                    switches.push(squares as f64 * relinearise + width as f64 * drop);
                    level = after.level as f64;
                    third.fill(false);
                }
                components = 3.0;
                let carried = (width - acts_on.min(&width)) as f64;
                n * level * (*acts_on as f64 * costs.square + 2.0 * carried * costs.dot)
            }
        });
        third = thirds(layer, &third);
    }
    let outputs = network.outputs() as f64;
    let decrypt = outputs
        * (level * (ntt + components * n * costs.dot) + level * level * n * costs.decode + ntt);
    let scale = runs / threads;
    let keygen = candidate.moduli.len() as f64
        * k
        * (k * (ntt + n * (costs.uniform + costs.dot)) + n * costs.error);
    Work {
        keygen,
        encrypt: encrypt * scale,
        layers: layers.into_iter().map(|s| s * scale).collect(),
        switches: switches.into_iter().map(|s| s * scale).collect(),
        decrypt: decrypt * scale,
    }
}

/// The same for the candidate that was chosen, its weighted sums tried on this machine, and writing
/// to memory counted.
fn tried_work(request: &Request, candidate: &Candidate, costs: &UnitCosts) -> Work {
    let mut work = work(request, candidate, costs);
    let network = request.network;
    let Some(maps) = linear_maps(network, &candidate.primes) else { return work };
    let Some(q) = candidate.primes.first().and_then(|q| Modulus::new(*q)) else { return work };
    let n = candidate.n as f64;
    let runs = batches(request.images, candidate.n) * candidate.moduli.len();
    let scale = runs as f64 / request.threads as f64;
    let k = candidate.primes.len() as f64;
    let inputs = network.inputs() as f64;
    let region = runs as f64 * costs.region;
    // Later batches use the memory of the first again.
    let first = inputs * n * k * costs.first_touch / request.threads as f64;
    work.encrypt += first + region;
    work.decrypt += region;
    work.switches.iter_mut().for_each(|secs| *secs += region);
    let cuts = segments(network.layers());
    let (mut components, mut level) = (2.0, k);
    let mut switched = candidate.forecast.switches.iter();
    for (at, layer) in network.layers().iter().enumerate() {
        let last = cuts.iter().any(|range| range.end == at + 1);
        if at > 0 && cuts.iter().any(|range| range.start == at) {
            (components, level) = (2.0, switched.next().map_or(level, |s| s.level as f64));
        }
        if matches!(layer, IntegerLayer::Square { .. }) {
            components = 3.0;
        }
        let words = n * level * components * scale;
        if let Some(Some(map)) = maps.get(at) {
            work.layers[at] = words * word_secs(map, Kernel::best(), q);
            if at == 0 {
                // Masks from their seed; bodies from memory, in tiles.
                work.layers[at] += scale * inputs * n * level * (costs.uniform + costs.copy);
            }
        }
        if last {
            let width = network.widths().get(at).map_or(0.0, |w| *w as f64);
            work.layers[at] += words * width * costs.first_touch + region;
        }
    }
    work
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
        .map(|t| BgvParameters::new(candidate.n, &candidate.primes, *t))
        .collect::<Result<Vec<_>, _>>()?;
    let of_widest = BgvParameters::new(candidate.n, &candidate.primes, candidate.ring().t)?;
    let stages = stages(request, candidate, work, worst, &of_widest);
    let runs = (batches(request.images, candidate.n) * candidate.moduli.len()) as u64;
    let components = stages.last().map_or(2, |s| s.components);
    let level = forecast.layers.last().map_or(candidate.primes.len(), |s| s.level);
    let parts = FreshBatch::part_lens(&of_widest, network.inputs());
    let parts = parts.map(|part| FreshBatch::byte_len(&of_widest, part));
    let bytes = PlanBytes {
        upload: runs * message_in_parts(parts),
        download: runs
            * message(Ciphertext::byte_len(&of_widest, network.outputs(), components, level)),
        evaluation_keys: candidate.moduli.len() as u64
            * message(EvaluationKeys::byte_len(&of_widest)),
        peak_memory: peak_memory(network, candidate, request.threads),
    };
    let noisiest =
        |stages: &[StageNoise]| stages.iter().map(|s| s.noisiest(MEASURED)).collect::<Vec<_>>();
    let (layers, switches) = (noisiest(&forecast.layers), noisiest(&forecast.switches));
    let program = BgvProgram::new(parameters, network, &forecast.drops, &layers, &switches)?;
    Ok(Compiled { probes: program.probes(), stages, bytes, program: Program::Bgv(program) })
}

fn stages(
    request: &Request,
    candidate: &Candidate,
    work: &Work,
    worst: &[f64],
    parameters: &BgvParameters,
) -> Vec<StagePlan> {
    let network = request.network;
    let log2_q =
        |level: usize| candidate.primes[..level].iter().map(|q| (*q as f64).log2()).sum::<f64>();
    let words = |count: usize, components: usize, level: usize| {
        (count * components * level * candidate.n * 8) as u64
    };
    let k = candidate.primes.len();
    let inputs = network.inputs();
    let grid = network.input_range();
    let mut stages = vec![StagePlan {
        name: "input".into(),
        layers: Vec::new(),
        kind: StageKind::Input,
        secs: work.encrypt,
        ciphertexts: inputs,
        components: 2,
        log2_q: log2_q(k),
        ciphertext_bytes: FreshBatch::byte_len(parameters, inputs),
        margin_bits: candidate.margin(&candidate.forecast.input),
        max_error: None,
        required_error: None,
        range_calibrated: grid,
        range_worst: grid,
    }];
    let mut components = 2;
    for (step, layers) in segments(network.layers()).into_iter().enumerate() {
        for at in layers {
            let layer = &network.layers()[at];
            let kind = match layer {
                IntegerLayer::Linear { .. } => StageKind::Linear,
                IntegerLayer::Square { .. } => {
                    components = 3;
                    StageKind::Square
                }
            };
            let noise = &candidate.forecast.layers[at];
            let count = noise.standard_deviations_log2.len();
            stages.push(StagePlan {
                name: layer.name().to_string(),
                layers: layer.name().layers().to_vec(),
                kind,
                secs: work.layers[at],
                ciphertexts: count,
                components,
                log2_q: log2_q(noise.level),
                ciphertext_bytes: words(count, components, noise.level),
                margin_bits: candidate.margin(noise),
                max_error: None,
                required_error: None,
                range_calibrated: request.calibrated[at],
                range_worst: worst[at],
            });
        }
        if let Some(noise) = candidate.forecast.switches.get(step) {
            components = 2;
            let count = noise.standard_deviations_log2.len();
            let before = stages.last().map_or((0.0, 0.0), |s| (s.range_calibrated, s.range_worst));
            stages.push(StagePlan {
                name: "relinearise + switch".into(),
                layers: Vec::new(),
                kind: StageKind::Switch,
                secs: work.switches[step],
                ciphertexts: count,
                components,
                log2_q: log2_q(noise.level),
                ciphertext_bytes: words(count, components, noise.level),
                margin_bits: candidate.margin(noise),
                max_error: None,
                required_error: None,
                range_calibrated: before.0,
                range_worst: before.1,
            });
        }
    }
    stages
}

/// Inputs of one batch, the masks of one prime, the results of the widest segment, and buffers.
fn peak_memory(network: &IntegerNetwork, candidate: &Candidate, threads: usize) -> u64 {
    let word_bytes = 8 * candidate.n;
    let k = candidate.primes.len();
    let widths = network.widths();
    let inputs = network.inputs() * word_bytes * (k + 1);
    let cuts = segments(network.layers());
    let outputs = cuts.iter().map(|r| widths[r.end - 1] * 3 * k * word_bytes).max().unwrap_or(0);
    let widest = widths.iter().copied().max().unwrap_or(0).max(network.inputs());
    let scratch = threads * 2 * 3 * widest * 256;
    const PROGRAM: usize = 120 << 20;
    (inputs + 2 * outputs + scratch + PROGRAM) as u64
}
