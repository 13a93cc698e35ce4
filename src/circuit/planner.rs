//! The choice of parameters: the cheapest that decrypts and is secure, or why there is none.

use super::compiled::{BgvProgram, Circuit, Program, cut};
use super::cost::UnitCosts;
use super::integer::{IntegerLayer, IntegerNetwork};
use super::noise::{Forecast, Ring, StageNoise, estimate, log2_peak, simulate};
use super::plan::{Plan, PlanBytes, PlanSecs, PlanWarning, SchemeKind, StageKind, StagePlan};
use crate::ring::{Modulus, ntt_primes};
use crate::scheme::bgv::{BgvError, BgvParameters, Ciphertext, EvaluationKeys, FreshBatch};
use crate::scheme::security::{MIN_SECURITY_BITS, TABLE, max_log2_qp, ring_degrees, security_bits};
use std::sync::Arc;

/// What the user fixed; the planner chooses the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Constraints {
    pub ring_degree: Option<usize>,
    pub prime_count: Option<usize>,
    pub prime_bits: Option<u32>,
    pub plaintext_bits: Option<u32>,
    /// Take parameters whose predicted margin is too small, to see decryption fail.
    pub past_budget: bool,
}

/// Why no plan fits.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PlanError {
    #[error("{what} is {given}; {allowed} are possible")]
    OutOfRange { what: &'static str, given: String, allowed: String },
    #[error("does not fit: {reason}; {nearest}")]
    DoesNotFit { reason: String, nearest: String },
    #[error(transparent)]
    Scheme(#[from] BgvError),
}

/// Margin every stage must have by prediction, bits: the prediction is good to about one bit, and
/// two bits more put the threshold at 17 deviations.
pub const REQUIRED_MARGIN_BITS: f64 = 3.0;

/// Head room over the largest output on calibration data, bits.
const RANGE_HEADROOM_BITS: f64 = 1.0;

const MAX_RING_DEGREE: usize = 32_768;
const MAX_PRIMES: usize = 16;
const PRIME_BITS: std::ops::RangeInclusive<u32> = 30..=50;
const PLAINTEXT_BITS: std::ops::RangeInclusive<u32> = 16..=50;
/// Widths tried, widest first.
const PRIME_BITS_TRIED: [u32; 7] = [50, 48, 46, 44, 42, 40, 36];
const MAX_PLAINTEXT_MODULI: usize = 4;
/// Bits of all plaintext moduli together: answers are combined in 128-bit integers.
const MAX_PLAINTEXT_BITS: f64 = 120.0;

/// Points followed for the forecast that is shown.
const SAMPLES: usize = 128;
/// Ciphertexts measured after each stage: the ones predicted to be noisiest.
const MEASURED: usize = 3;

/// A circuit to be planned.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub network: &'a Arc<IntegerNetwork>,
    /// Largest magnitude after each layer on calibration data.
    pub calibrated: &'a [f64],
    pub images: usize,
    pub threads: usize,
    pub constraints: Constraints,
}

/// One parameter set under consideration.
#[derive(Clone, Debug)]
struct Candidate {
    n: usize,
    primes: Vec<u64>,
    moduli: Vec<u64>,
    forecast: Forecast,
}

impl Candidate {
    fn ring(&self) -> Ring<'_> {
        let t = self.moduli.iter().copied().max().unwrap_or(2);
        Ring { n: self.n, t, primes: &self.primes }
    }

    fn margin(&self, stage: &StageNoise) -> f64 {
        let log2_q: f64 = self.primes[..stage.level].iter().map(|q| (*q as f64).log2()).sum();
        log2_q - 1.0 - stage.worst_log2() - log2_peak(self.n)
    }

    fn worst_margin(&self) -> f64 {
        let f = &self.forecast;
        let stages = std::iter::once(&f.input).chain(&f.layers).chain(&f.switches);
        stages.map(|s| self.margin(s)).fold(f64::INFINITY, f64::min)
    }
}

/// Plans `request`.
pub fn plan(request: &Request) -> Result<Circuit, PlanError> {
    check(&request.constraints)?;
    let found = search(request, request.constraints);
    let candidate = match found {
        Some(found) => found,
        None => return Err(refusal(request)),
    };
    compile(request, candidate)
}

fn check(c: &Constraints) -> Result<(), PlanError> {
    let out = |what, given: String, allowed: String| PlanError::OutOfRange { what, given, allowed };
    if let Some(n) = c.ring_degree.filter(|n| *n > MAX_RING_DEGREE || max_log2_qp(*n).is_none()) {
        let allowed: Vec<String> =
            ring_degrees().filter(|n| *n <= MAX_RING_DEGREE).map(|n| n.to_string()).collect();
        return Err(out("scheme.ring_degree", n.to_string(), allowed.join(", ")));
    }
    if let Some(k) = c.prime_count.filter(|k| !(1..=MAX_PRIMES).contains(k)) {
        return Err(out("scheme.prime_count", k.to_string(), format!("1 to {MAX_PRIMES}")));
    }
    let bits = |what, given: Option<u32>, range: std::ops::RangeInclusive<u32>| match given {
        Some(b) if !range.contains(&b) => {
            Err(out(what, b.to_string(), format!("{} to {}", range.start(), range.end())))
        }
        _ => Ok(()),
    };
    bits("scheme.prime_bits", c.prime_bits, PRIME_BITS)?;
    bits("scheme.plaintext_bits", c.plaintext_bits, PLAINTEXT_BITS)
}

/// Bits that hold `-range..=range`.
fn signed_bits(range: f64) -> f64 {
    (2.0 * range + 1.0).log2().max(1.0)
}

/// Bits the plaintext moduli must have together: of the outputs only, since everything before them
/// may wrap around as long as they do not.
fn needed_plaintext_bits(request: &Request) -> f64 {
    let calibrated = request.calibrated.last().copied().unwrap_or(1.0);
    let worst = request.network.worst_ranges().last().copied().unwrap_or(1.0);
    signed_bits(worst).min(signed_bits(calibrated) + RANGE_HEADROOM_BITS)
}

/// The cheapest candidate that fits.
fn search(request: &Request, constraints: Constraints) -> Option<Candidate> {
    let costs = UnitCosts::of_this_machine();
    let needed = needed_plaintext_bits(request);
    let mut best: Option<(f64, Candidate)> = None;
    let degrees = ring_degrees().filter(|n| *n <= MAX_RING_DEGREE);
    for n in degrees.filter(|n| constraints.ring_degree.is_none_or(|fixed| fixed == *n)) {
        for moduli in plaintext_choices(n, needed, constraints) {
            let tried: Vec<u32> = match constraints.prime_bits {
                Some(bits) => vec![bits],
                None => PRIME_BITS_TRIED.to_vec(),
            };
            for bits in tried {
                let Some(candidate) = smallest_modulus(request, n, &moduli, bits, constraints)
                else {
                    continue;
                };
                let secs = work(request, &candidate, &costs).total();
                if best.as_ref().is_none_or(|(least, _)| secs < *least) {
                    best = Some((secs, candidate));
                }
            }
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Sets of plaintext moduli with enough bits: one prime, or several smaller ones.
fn plaintext_choices(n: usize, needed: f64, constraints: Constraints) -> Vec<Vec<u64>> {
    if needed > MAX_PLAINTEXT_BITS {
        return Vec::new();
    }
    let least = (2 * n as u64).ilog2() + 2;
    let sets = |bits: u32, count: usize| -> Option<Vec<u64>> {
        let primes = ntt_primes(bits.max(least), n, count, &[]);
        (primes.len() == count).then_some(primes)
    };
    if let Some(bits) = constraints.plaintext_bits {
        let one = sets(bits, 1).map(|p| (p[0] as f64).log2());
        let count = one.map_or(1, |log2| (needed / log2).ceil().max(1.0) as usize);
        let count = if constraints.past_budget { 1 } else { count };
        return sets(bits, count.min(MAX_PLAINTEXT_MODULI))
            .filter(|_| count <= MAX_PLAINTEXT_MODULI)
            .into_iter()
            .collect();
    }
    (1..=MAX_PLAINTEXT_MODULI)
        .filter_map(|count| {
            // Primes just below a power of two fall a little short of it: one bit more where needed.
            let bits = (needed / count as f64).ceil() as u32;
            [bits, bits + 1].into_iter().filter(|b| *b <= *PLAINTEXT_BITS.end()).find_map(|b| {
                sets(b, count)
                    .filter(|p| p.iter().map(|t| (*t as f64).log2()).sum::<f64>() >= needed)
            })
        })
        .collect()
}

/// The candidate with the fewest primes of `bits` bits that has the margin.
fn smallest_modulus(
    request: &Request,
    n: usize,
    moduli: &[u64],
    bits: u32,
    constraints: Constraints,
) -> Option<Candidate> {
    let max = f64::from(max_log2_qp(n)?);
    let counts = match constraints.prime_count {
        Some(count) => count..=count,
        None => 1..=MAX_PRIMES,
    };
    let mut last = None;
    for count in counts {
        let primes = ntt_primes(bits, n, count, moduli);
        let log2_q: f64 = primes.iter().map(|q| (*q as f64).log2()).sum();
        if primes.len() < count || log2_q > max {
            break;
        }
        let t = moduli.iter().copied().max()?;
        let ring = Ring { n, t, primes: &primes };
        let forecast = estimate(request.network.layers(), request.network.inputs(), ring);
        let mut candidate = Candidate { n, primes, moduli: moduli.to_vec(), forecast };
        if candidate.worst_margin() >= REQUIRED_MARGIN_BITS {
            let ring = candidate.ring();
            candidate.forecast =
                simulate(request.network.layers(), request.network.inputs(), ring, SAMPLES / 4);
            if candidate.worst_margin() >= REQUIRED_MARGIN_BITS {
                return Some(candidate);
            }
        }
        last = Some(candidate);
    }
    // Past the budget what was asked for is taken as it is, with the largest modulus tried.
    last.filter(|_| constraints.past_budget)
}

fn refusal(request: &Request) -> PlanError {
    let c = request.constraints;
    let needed = needed_plaintext_bits(request);
    let depth = request.network.depth();
    let mut fixed = Vec::new();
    if let Some(n) = c.ring_degree {
        fixed.push(format!("N = {n} (at most {} bits of q)", max_log2_qp(n).unwrap_or(0)));
    }
    if let Some(k) = c.prime_count {
        fixed.push(format!("{k} primes"));
    }
    if let Some(b) = c.prime_bits {
        fixed.push(format!("primes of {b} bits"));
    }
    if let Some(b) = c.plaintext_bits {
        fixed.push(format!("plaintext moduli of {b} bits"));
    }
    let circuit = format!("{depth} squarings on outputs of {needed:.0} bits");
    let reason = if fixed.is_empty() {
        format!(
            "{circuit} leave no margin for any N up to {MAX_RING_DEGREE} at {MIN_SECURITY_BITS} bits of security"
        )
    } else {
        format!(
            "{circuit} leave less than {REQUIRED_MARGIN_BITS} bits of margin at {MIN_SECURITY_BITS} bits of security with {}",
            fixed.join(", ")
        )
    };
    let nearest = match search(request, Constraints::default()) {
        Some(found) if !fixed.is_empty() => {
            let bits = |values: &[u64]| values.first().map_or(0, |q| 64 - q.leading_zeros());
            format!(
                "what fits: N = {}, {} primes of {} bits, {} plaintext modulus of {} bits",
                found.n,
                found.primes.len(),
                bits(&found.primes),
                found.moduli.len(),
                bits(&found.moduli)
            )
        }
        _ => "use fewer bits for inputs and weights, or fewer square activations".to_owned(),
    };
    PlanError::DoesNotFit { reason, nearest }
}

/// Where the time goes, all batches, seconds.
struct Work {
    keygen: f64,
    encrypt: f64,
    /// Per layer.
    layers: Vec<f64>,
    /// Per key switch.
    switches: Vec<f64>,
    decrypt: f64,
}

impl Work {
    fn total(&self) -> f64 {
        self.encrypt + self.layers.iter().chain(&self.switches).sum::<f64>() + self.decrypt
    }
}

fn batches(images: usize, n: usize) -> usize {
    images.div_ceil(n).max(1)
}

fn work(request: &Request, candidate: &Candidate, costs: &UnitCosts) -> Work {
    let n = candidate.n as f64;
    let k = candidate.primes.len() as f64;
    let ntt = costs.transform(candidate.n);
    let runs = (batches(request.images, candidate.n) * candidate.moduli.len()) as f64;
    let threads = request.threads as f64;
    let limb_bits = 52 - candidate.primes.iter().map(|q| 64 - q.leading_zeros()).max().unwrap_or(0);
    let network = request.network;
    let inputs = network.inputs() as f64;
    let encrypt =
        inputs * (ntt + n * costs.error + k * (ntt + n * (costs.uniform + 2.0 * costs.dot)));
    let mut width = network.inputs();
    let mut parts = 2.0;
    let mut switched = candidate.forecast.switches.iter().zip(&candidate.forecast.drops);
    let mut level = k;
    let mut layers = Vec::new();
    let mut switches = Vec::new();
    for layer in network.layers() {
        let words = n * level * parts;
        layers.push(match layer {
            IntegerLayer::Linear { rows, .. } => {
                let macs = kernel_macs(rows, limb_bits);
                // Fresh masks are expanded from their seed as the first layer reads them.
                let masks =
                    if layers.is_empty() { inputs * n * level * costs.uniform } else { 0.0 };
                width = rows.len();
                words * macs * costs.mac + masks
            }
            IntegerLayer::Square { .. } => {
                if parts == 3.0
                    && let Some((after, dropped)) = switched.next()
                {
                    let each = level * ntt
                        + level * (level - 1.0) * ntt
                        + 2.0 * level * level * n * costs.dot
                        + (0..*dropped)
                            .map(|d| 2.0 * (level - d as f64) * (ntt + 3.0 * n * costs.dot))
                            .sum::<f64>();
                    switches.push(width as f64 * each);
                    level = after.level as f64;
                }
                parts = 3.0;
                width as f64 * n * level * costs.square
            }
        });
    }
    let outputs = network.outputs() as f64;
    let decrypt =
        outputs * (level * (ntt + parts * n * costs.dot) + level * level * n * costs.decode + ntt);
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

/// What the kernels do for one word: see [`LinearMap::kernel_macs`], without building the map.
fn kernel_macs(rows: &[crate::ring::Row], limb_bits: u32) -> f64 {
    use std::collections::HashMap;
    let mut groups: HashMap<*const u32, (usize, usize, i64, i64)> = HashMap::new();
    for row in rows {
        let group = groups.entry(row.columns.as_ptr()).or_insert((row.columns.len(), 0, 0, 0));
        group.1 += 1;
        for w in &row.weights {
            group.2 = group.2.max(-i64::from(*w));
            group.3 = group.3.max(i64::from(*w));
        }
    }
    groups
        .values()
        .map(|(columns, rows, below, above)| {
            let bits = 64 - ((above + below) as u64).leading_zeros();
            let limbs = bits.div_ceil(limb_bits.max(1)).max(1) as usize;
            (columns * (1 + rows * limbs).next_multiple_of(6)) as f64
        })
        .sum()
}

fn compile(request: &Request, mut candidate: Candidate) -> Result<Circuit, PlanError> {
    let network = request.network;
    let ring = candidate.ring();
    candidate.forecast = simulate(network.layers(), network.inputs(), ring, SAMPLES);
    let costs = UnitCosts::of_this_machine();
    let work = work(request, &candidate, &costs);
    let parameters = BgvParameters::new(candidate.n, &candidate.primes, candidate.ring().t)?;
    let worst = network.worst_ranges();
    let forecast = &candidate.forecast;
    let stages = stages(request, &candidate, &work, &worst, &parameters);
    let log2 = |values: &[u64]| values.iter().map(|q| (*q as f64).log2()).sum::<f64>();
    let log2_q = log2(&candidate.primes);
    let count = batches(request.images, candidate.n);
    let runs = (count * candidate.moduli.len()) as u64;
    let last = stages.last();
    let (parts, level) = (
        last.map_or(2, |s| s.parts),
        forecast.layers.last().map_or(candidate.primes.len(), |s| s.level),
    );
    let bytes = PlanBytes {
        upload: runs * FreshBatch::byte_len(&parameters, network.inputs()),
        download: runs * Ciphertext::byte_len(&parameters, network.outputs(), parts, level),
        evaluation_keys: candidate.moduli.len() as u64 * EvaluationKeys::byte_len(&parameters),
        peak_memory: peak_memory(network, &candidate, request.threads),
    };
    let plan = Plan {
        scheme: SchemeKind::Bgv,
        ring_degree: candidate.n,
        log2_q,
        log2_qp: log2_q,
        plaintext_bits: log2(&candidate.moduli),
        security_bits: security_bits(candidate.n, log2_q),
        security_table: TABLE.to_owned(),
        depth: network.depth(),
        precision: network.precision(),
        images: request.images,
        batches: count,
        threads: request.threads,
        secs: PlanSecs {
            keygen: work.keygen,
            encrypt: work.encrypt,
            evaluate: work.layers.iter().chain(&work.switches).sum(),
            decrypt: work.decrypt,
        },
        warnings: warnings(request, &candidate, &worst),
        stages,
        bytes,
        primes: candidate.primes.clone(),
        plaintext_moduli: candidate.moduli.clone(),
    };
    let noisiest =
        |stages: &[StageNoise]| stages.iter().map(|s| s.noisiest(MEASURED)).collect::<Vec<_>>();
    let (layers, switches) = (noisiest(&forecast.layers), noisiest(&forecast.switches));
    let program = BgvProgram::new(&plan, network, &forecast.drops, &layers, &switches)?;
    Ok(Circuit {
        taps: program.taps(),
        moduli: candidate.moduli.iter().filter_map(|t| Modulus::new(*t)).collect(),
        network: Arc::clone(network),
        program: Program::Bgv(program),
        plan,
    })
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
    let words =
        |count: usize, parts: usize, level: usize| (count * parts * level * candidate.n * 8) as u64;
    let k = candidate.primes.len();
    let inputs = network.inputs();
    let grid = network.input_range();
    let mut stages = vec![StagePlan {
        name: "input".into(),
        kind: StageKind::Input,
        secs: work.encrypt,
        ciphertexts: inputs,
        parts: 2,
        log2_q: log2_q(k),
        ciphertext_bytes: FreshBatch::byte_len(parameters, inputs),
        margin_bits: candidate.margin(&candidate.forecast.input),
        range_calibrated: grid,
        range_worst: grid,
    }];
    let mut parts = 2;
    for (step, layers) in cut(network.layers()).into_iter().enumerate() {
        for at in layers {
            let layer = &network.layers()[at];
            let kind = match layer {
                IntegerLayer::Linear { .. } => StageKind::Linear,
                IntegerLayer::Square { .. } => {
                    parts = 3;
                    StageKind::Square
                }
            };
            let noise = &candidate.forecast.layers[at];
            let count = noise.deviations_log2.len();
            stages.push(StagePlan {
                name: layer.name().to_owned(),
                kind,
                secs: work.layers[at],
                ciphertexts: count,
                parts,
                log2_q: log2_q(noise.level),
                ciphertext_bytes: words(count, parts, noise.level),
                margin_bits: candidate.margin(noise),
                range_calibrated: request.calibrated[at],
                range_worst: worst[at],
            });
        }
        if let Some(noise) = candidate.forecast.switches.get(step) {
            parts = 2;
            let count = noise.deviations_log2.len();
            let before = stages.last().map_or((0.0, 0.0), |s| (s.range_calibrated, s.range_worst));
            stages.push(StagePlan {
                name: "relinearise + switch".into(),
                kind: StageKind::Switch,
                secs: work.switches[step],
                ciphertexts: count,
                parts,
                log2_q: log2_q(noise.level),
                ciphertext_bytes: words(count, parts, noise.level),
                margin_bits: candidate.margin(noise),
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
    let cuts = cut(network.layers());
    let outputs = cuts.iter().map(|r| widths[r.end - 1] * 3 * k * word_bytes).max().unwrap_or(0);
    let widest = widths.iter().copied().max().unwrap_or(0).max(network.inputs());
    let scratch = threads * 2 * 3 * widest * 256;
    const PROGRAM: usize = 120 << 20;
    (inputs + 2 * outputs + scratch + PROGRAM) as u64
}

fn warnings(request: &Request, candidate: &Candidate, worst: &[f64]) -> Vec<PlanWarning> {
    let mut warnings = Vec::new();
    let margin = candidate.worst_margin();
    if margin < REQUIRED_MARGIN_BITS {
        warnings.push(PlanWarning {
            kind: "past_budget".into(),
            message: format!("predicted margin {margin:.1} bits, less than {REQUIRED_MARGIN_BITS}: decryption will fail; take more primes or a larger N"),
        });
    }
    let bits: f64 = candidate.moduli.iter().map(|t| (*t as f64).log2()).sum();
    let range = request.calibrated.last().copied().unwrap_or(0.0);
    if signed_bits(range) > bits {
        warnings.push(PlanWarning {
            kind: "range_exceeds_plaintext".into(),
            message: format!("outputs reach {range:.3e} on calibration data but plaintext moduli hold {bits:.1} bits: outputs will wrap around; take larger plaintext moduli"),
        });
    } else if worst.last().is_some_and(|w| signed_bits(*w) > bits) {
        warnings.push(PlanWarning {
            kind: "range_not_guaranteed".into(),
            message: format!(
                "outputs reach {range:.3e} on calibration data, {:.1} bits below the plaintext range; an input unlike any of them could exceed it",
                bits - signed_bits(range)
            ),
        });
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::tests::{integer_network, request};

    #[test]
    fn plans_are_secure_and_keep_the_margin() {
        for (depth, output_bits) in [(0, 8.0), (1, 18.0), (2, 30.0), (2, 48.0), (3, 50.0)] {
            let network = integer_network(depth, 16);
            let request = request(&network, output_bits, Constraints::default());
            let circuit = plan(&request).unwrap();
            let plan = &circuit.plan;
            assert!(plan.security_bits >= 128 && plan.margin_bits() >= REQUIRED_MARGIN_BITS);
            assert!(plan.plaintext_bits >= needed_plaintext_bits(&request));
            assert_eq!(plan.stages.len(), 1 + network.layers().len() + depth.saturating_sub(1));
            let Program::Bgv(program) = &circuit.program;
            assert_eq!(program.steps.len(), depth.max(1));
        }
    }

    #[test]
    fn outputs_too_wide_for_one_modulus_are_split_over_several() {
        let network = integer_network(3, 16);
        let circuit = plan(&request(&network, 75.0, Constraints::default())).unwrap();
        assert!(circuit.plan.plaintext_moduli.len() >= 2);
        assert!(circuit.plan.plaintext_bits >= 75.0);
        assert_eq!(circuit.moduli.len(), circuit.plan.plaintext_moduli.len());
    }

    #[test]
    fn what_the_user_fixes_is_kept_or_refused_with_what_fits() {
        let network = integer_network(2, 16);
        let fixed =
            Constraints { ring_degree: Some(16_384), prime_bits: Some(44), ..Default::default() };
        let circuit = plan(&request(&network, 30.0, fixed)).unwrap();
        assert_eq!(circuit.plan.ring_degree, 16_384);
        assert!(circuit.plan.primes.iter().all(|q| q.ilog2() == 43));

        let small = Constraints { ring_degree: Some(4096), ..Default::default() };
        let text = plan(&request(&network, 30.0, small)).unwrap_err().to_string();
        assert!(text.contains("N = 4096 (at most 106 bits of q)"), "{text}");
        assert!(text.contains("what fits: N = 8192"), "{text}");

        let past = Constraints { past_budget: true, ..small };
        let circuit = plan(&request(&network, 30.0, past)).unwrap();
        assert!(circuit.plan.margin_bits() < REQUIRED_MARGIN_BITS);
        assert!(circuit.plan.security_bits >= 128, "security is never loosened");
        assert!(circuit.plan.warnings.iter().any(|w| w.kind == "past_budget"));
    }

    #[test]
    fn settings_out_of_range_are_refused_with_the_range() {
        let network = integer_network(1, 8);
        let refuse = |constraints, part: &str| {
            let text = plan(&request(&network, 20.0, constraints)).unwrap_err().to_string();
            assert!(text.contains(part), "{text}");
        };
        refuse(
            Constraints { ring_degree: Some(5000), ..Default::default() },
            "scheme.ring_degree is 5000; 2048, 4096",
        );
        refuse(
            Constraints { prime_bits: Some(60), ..Default::default() },
            "scheme.prime_bits is 60; 30 to 50",
        );
        refuse(
            Constraints { prime_count: Some(0), ..Default::default() },
            "scheme.prime_count is 0; 1 to 16",
        );
        refuse(
            Constraints { plaintext_bits: Some(5), ..Default::default() },
            "scheme.plaintext_bits is 5; 16 to 50",
        );
    }

    #[test]
    fn a_circuit_too_deep_for_any_ring_is_refused() {
        let network = integer_network(16, 8);
        let text = plan(&request(&network, 110.0, Constraints::default())).unwrap_err().to_string();
        assert!(text.contains("16 squarings") && text.contains("use fewer"), "{text}");
    }

    #[test]
    fn the_cost_model_counts_what_the_kernels_do() {
        let network = integer_network(2, 17);
        for bits in [44, 48, 50] {
            for layer in network.layers() {
                let IntegerLayer::Linear { rows, .. } = layer else { continue };
                let inputs = rows[0].columns.len();
                let map = crate::ring::LinearMap::new(inputs, rows, bits).unwrap();
                assert_eq!(kernel_macs(rows, 52 - bits), map.kernel_macs() as f64);
            }
        }
    }
}
