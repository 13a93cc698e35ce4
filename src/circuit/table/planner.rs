//! From a network of sums and tables to parameters, encodings and predictions.

use super::super::request::LWE_DIMENSIONS;
use super::agreement::{Agreement, agreement};
use super::cost::{LookupCost, lookup_cost};
use super::encoding::TableProgram;
use super::search::{FAILURE_BITS, FAMILIES, Found, Wanted, search};
use super::stages::{self, Costs};
use crate::plan::{Plan, PlanBytes, PlanSecs, SchemeKind, message, message_in_parts};
use crate::request::{Constraints, PlanError};
use crate::table_plan::{LookupPlan, TablePlan};
use crate::warning::{Cause, Warning};
use network::table::{TableError, TableLayer, TableNetwork};
use progress::{Cancel, Watch};
use scheme::tfhe::{
    CompressedKeys, NoiseModel, PackedLwes, SECURITY_TABLE, SeededLwes, TfheParameters,
};
use std::sync::Arc;

/// A network to be planned for TFHE.
pub struct TableRequest<'a> {
    pub network: &'a Arc<TableNetwork>,
    /// Raw values of samples that ranges and agreement are predicted on.
    pub calibration: &'a [f32],
    pub images: usize,
    pub threads: usize,
    pub constraints: Constraints,
    pub cancel: &'a Cancel,
}

/// A network with parameters and encodings.
#[derive(Clone, Debug)]
pub struct TableCircuit {
    pub network: Arc<TableNetwork>,
    pub parameters: TfheParameters,
    pub program: TableProgram,
    pub plan: Plan,
}

impl TableCircuit {
    /// Whether anything is key-switched: not with one table layer, whose sums are of fresh inputs.
    pub fn needs_key_switch(&self) -> bool {
        self.network.tables().count() > 1
    }

    /// Predictions special to lookup tables.
    pub fn tables(&self) -> Option<&TablePlan> {
        self.plan.tables.as_ref()
    }
}

/// Share of the answers that noise must leave as they are, by prediction, before parameters with less
/// noise are looked for.
const AGREEMENT: f64 = 0.994;

/// How much less noise is asked for each time.
const TIGHTER: f64 = 0.8;
const ATTEMPTS: usize = 5;

/// A standard deviation that a normal error passes with probability 2^-40.
const BOUND_DEVIATIONS: f64 = 7.2;

/// Scores may reach this many times what they reach on calibration samples.
const SCORE_ROOM: f64 = 4.0;

/// Plans `request`.
///
/// # Errors
/// When a setting is out of range, no parameters carry the tables, or the work is cancelled.
pub fn plan_tables(request: &TableRequest) -> Result<TableCircuit, PlanError> {
    check(&request.constraints)?;
    let watch = Watch::new(request.cancel.clone(), &|_| ());
    let mut tightness = 1.0;
    let mut kept: Option<(Found, Agreement)> = None;
    for _ in 0..ATTEMPTS {
        request.cancel.check()?;
        let wanted = Wanted {
            polynomial_size: request.constraints.ring_degree,
            lwe_dimension: request.constraints.lwe_dimension,
            past_budget: request.constraints.past_budget,
            tightness,
        };
        let Some(found) = search(request.network, wanted) else { break };
        let reached = largest_score(request, &watch)?;
        let unit = TableProgram::score_unit(reached);
        let kept_share =
            agreement(request.network, request.calibration, &found.forecast, unit, &watch);
        let predicted = kept_share.map_err(failed)?;
        let enough = predicted.share >= AGREEMENT;
        if kept.as_ref().is_none_or(|(_, before)| predicted.share > before.share) {
            kept = Some((found, predicted));
        }
        if enough {
            break;
        }
        tightness *= TIGHTER;
    }
    let (found, predicted) = kept.ok_or_else(|| refusal(request))?;
    let reached = largest_score(request, &watch)?;
    Ok(compile(request, &found, &predicted, reached))
}

fn failed(error: TableError) -> PlanError {
    match error {
        TableError::Cancelled(c) => PlanError::Cancelled(c),
        other => PlanError::DoesNotFit {
            reason: other.to_string(),
            nearest: "choose another number of bits, or a model trained with tables".into(),
        },
    }
}

fn check(c: &Constraints) -> Result<(), PlanError> {
    let refuse =
        |what, given: String, allowed: String| Err(PlanError::OutOfRange { what, given, allowed });
    let sizes: Vec<String> = FAMILIES.iter().map(|(_, n)| n.to_string()).collect();
    if let Some(n) = c.ring_degree.filter(|n| FAMILIES.iter().all(|(_, known)| known != n)) {
        return refuse(
            "scheme.ring_degree",
            n.to_string(),
            format!("with TFHE, {}", sizes.join(", ")),
        );
    }
    if let Some(n) = c.lwe_dimension.filter(|n| !LWE_DIMENSIONS.contains(n)) {
        let (low, high) = (LWE_DIMENSIONS.start(), LWE_DIMENSIONS.end());
        return refuse("scheme.lwe_dimension", n.to_string(), format!("{low} to {high}"));
    }
    let unused = [
        ("scheme.prime_count", c.prime_count.map(|v| v as u64)),
        ("scheme.prime_bits", c.prime_bits.map(u64::from)),
        ("scheme.plaintext_bits", c.plaintext_bits.map(u64::from)),
    ];
    for (what, given) in unused {
        if let Some(given) = given {
            return refuse(
                what,
                given.to_string(),
                "TFHE has no primes to choose: leave it out; no values".into(),
            );
        }
    }
    Ok(())
}

/// Largest magnitude of a score that has room: four times that of calibration samples, or what any input
/// could give where that is less.
fn largest_score(request: &TableRequest, watch: &Watch) -> Result<f64, PlanError> {
    let network = request.network;
    let len = network.input().len().max(1);
    let samples = (request.calibration.len() / len).min(512);
    let run = network.evaluate(&request.calibration[..samples * len], watch).map_err(failed)?;
    let seen = run.scores.iter().map(|s| s.unsigned_abs()).max().unwrap_or(0) as f64;
    Ok(worst_score(network).min(SCORE_ROOM * seen + 1.0))
}

/// Largest magnitude of a score that any input could give.
fn worst_score(network: &TableNetwork) -> f64 {
    let (mut low, mut high) = (network.grid().low, network.grid().high);
    let mut bound = 0.0;
    for layer in network.layers() {
        match layer {
            TableLayer::Linear(linear) => bound = linear.bound(low.into(), high.into()) as f64,
            TableLayer::Table(table) => {
                let bounds = table.functions.iter().map(|f| f.bounds());
                (low, high) = bounds.fold((0, 0), |(l, h), (a, b)| (l.min(a), h.max(b)));
            }
        }
    }
    bound
}

fn refusal(request: &TableRequest) -> PlanError {
    let network = request.network;
    let bits = network.tables().map(|t| t.bits).max().unwrap_or(0);
    let c = request.constraints;
    let mut fixed = Vec::new();
    fixed.extend(c.ring_degree.map(|n| format!("N = {n}")));
    fixed.extend(c.lwe_dimension.map(|n| format!("n = {n}")));
    let with = if fixed.is_empty() { String::new() } else { format!(" with {}", fixed.join(", ")) };
    let reason = format!(
        "tables of {bits} bits hit a wrong bin with a probability above 2^-{FAILURE_BITS:.0} at 128 bits of security{with}"
    );
    let free =
        Wanted { polynomial_size: None, lwe_dimension: None, past_budget: false, tightness: 1.0 };
    let nearest = match search(network, free) {
        Some(found) => format!(
            "what fits: N = {}, n = {}",
            found.parameters.polynomial_size, found.parameters.lwe_dimension
        ),
        None => "use fewer bits for tables, or smaller weights".to_owned(),
    };
    PlanError::DoesNotFit { reason, nearest }
}

/// Bits of the words of answers: rounding must add less than a quarter of the noise there is.
fn output_bits(model: &NoiseModel, score: f64) -> u32 {
    (10..32).find(|bits| model.packing(*bits) < score / 4.0).unwrap_or(32)
}

fn compile(
    request: &TableRequest,
    found: &Found,
    predicted: &Agreement,
    reached: f64,
) -> TableCircuit {
    let network = request.network;
    let parameters = &found.parameters;
    let model = NoiseModel::new(parameters);
    let noise = &found.forecast;
    let output_bits = output_bits(&model, noise.score_mean);
    let program = TableProgram::new(network, parameters, reached, output_bits);
    let unit = TableProgram::score_unit(reached);
    let packing = model.packing(output_bits);
    let standard_deviation = (noise.score_mean + packing).sqrt() / unit;
    let worst_standard_deviation = (noise.score_worst + packing).sqrt() / unit;
    let tables = table_plans(network, found, predicted);
    let cost = lookup_cost(parameters);
    let key_switch = network.tables().count() > 1;
    let costs = Costs::new(network, parameters, cost, request.threads);
    let per_sample = |of: &dyn Fn(&LookupPlan) -> f64| -> f64 {
        tables.iter().map(|t| of(t) * t.lookups as f64).sum()
    };
    let failure_per_sample = per_sample(&|t| t.failure).min(1.0);
    let details = TablePlan {
        lwe_dimension: parameters.lwe_dimension,
        glwe_dimension: parameters.glwe_dimension,
        polynomial_size: parameters.polynomial_size,
        pbs_base_log: parameters.pbs.base_log,
        pbs_levels: parameters.pbs.levels,
        key_switch_base_log: if key_switch { parameters.key_switch.base_log } else { 0 },
        key_switch_levels: if key_switch { parameters.key_switch.levels } else { 0 },
        lwe_noise_log2: parameters.lwe_variance.log2() / 2.0,
        glwe_noise_log2: parameters.glwe_variance.log2() / 2.0,
        output_bits,
        lookups: network.lookups(),
        lookup_secs: cost.rotation + if key_switch { cost.key_switch } else { 0.0 },
        sample_secs: costs.sample(),
        failure_per_lookup: tables.iter().map(|t| t.failure).fold(0.0, f64::max),
        failure_per_sample,
        adjacent_per_sample: per_sample(&|t| t.adjacent),
        agreement: predicted.share,
        score_standard_deviation: standard_deviation,
        score_bound: (BOUND_DEVIATIONS * worst_standard_deviation).max(0.5),
        key_memory_bytes: parameters.key_memory_bytes(key_switch),
        tables,
    };
    let plan = plan_of(request, parameters, &costs, cost, details, reached, noise);
    TableCircuit { network: Arc::clone(network), parameters: parameters.clone(), program, plan }
}

fn table_plans(network: &TableNetwork, found: &Found, predicted: &Agreement) -> Vec<LookupPlan> {
    let lookups = network.tables().zip(&found.forecast.tables).zip(&predicted.flips);
    lookups
        .map(|((table, noise), flips)| LookupPlan {
            name: table.name.clone(),
            lookups: table.values,
            functions: table.functions.len(),
            bits: table.bits,
            step: table.width as f64 * noise.unit,
            standard_deviation_sum: noise.sum_mean.sqrt(),
            standard_deviation_key_switch: (noise.sum_mean + noise.key_switch).sqrt(),
            standard_deviation: noise.read_mean().sqrt(),
            standard_deviation_output: found.forecast.bootstrap.sqrt(),
            failure: noise.failure,
            adjacent: flips.adjacent as f64 / flips.lookups.max(1) as f64,
        })
        .collect()
}

fn plan_of(
    request: &TableRequest,
    parameters: &TfheParameters,
    costs: &Costs,
    cost: LookupCost,
    details: TablePlan,
    reached: f64,
    noise: &super::forecast::Forecast,
) -> Plan {
    let network = request.network;
    let images = request.images as f64;
    let key_switch = network.tables().count() > 1;
    let (inputs, classes) = (network.input().len(), network.classes());
    let samples = request.images as u64;
    let upload = message_in_parts([SeededLwes::byte_len(inputs)]) * samples;
    let download =
        message(PackedLwes::byte_len(parameters, classes, details.output_bits)) * samples;
    let evaluation_keys = message(CompressedKeys::byte_len(parameters, key_switch));
    let bits = network.tables().map(|t| t.bits).max().unwrap_or(0);
    let mut warnings = Vec::new();
    if details.failure_per_lookup > (-FAILURE_BITS).exp2() {
        let log2_probability = details.failure_per_lookup.log2();
        warnings.push(Cause::LookupsFail { log2_probability, log2_allowed: -FAILURE_BITS });
    }
    let worst = worst_score(network);
    if worst > reached {
        warnings.push(Cause::ScoresMayWrap { room: SCORE_ROOM, reach: worst / reached });
    }
    if details.agreement < AGREEMENT {
        warnings.push(Cause::NoiseChangesAnswers {
            share: 1.0 - details.agreement,
            advice: "train with this noise, or take fewer bits",
        });
    }
    let clipped = network.linears().map(|l| l.clipped_weights()).filter(|c| c.any());
    let advice = "train the model again, with tables";
    warnings.extend(clipped.map(|weights| Cause::WeightsClipped { weights, advice }));
    let warnings = warnings.into_iter().map(Warning::from).collect();
    Plan {
        scheme: SchemeKind::Tfhe,
        ring_degree: parameters.polynomial_size,
        primes: Vec::new(),
        plaintext_moduli: Vec::new(),
        log2_q: 64.0,
        log2_qp: 64.0,
        plaintext_bits: f64::from(bits),
        security_bits: parameters.security_bits(),
        security_table: SECURITY_TABLE.to_owned(),
        depth: network.tables().count(),
        precision: precision(network),
        images: request.images,
        batches: request.images,
        threads: request.threads,
        stages: stages::stages(network, parameters, noise, costs, &details, request.images),
        bytes: PlanBytes {
            upload,
            download,
            evaluation_keys,
            peak_memory: 2 * details.key_memory_bytes + 2 * evaluation_keys,
        },
        secs: PlanSecs {
            keygen: cost.keygen / request.threads.max(1) as f64,
            encrypt: images * costs.encrypt,
            evaluate: images * costs.sample(),
            decrypt: images * costs.decrypt,
        },
        warnings,
        // What parameters are chosen for: so many calibration samples tell no more.
        promised_agreement: Some(details.agreement.min(AGREEMENT)),
        approximate: None,
        tables: Some(details),
        sequence: None,
    }
}

/// "input 3, weights 4/4, tables 4": bits with their sign.
fn precision(network: &TableNetwork) -> String {
    let span = (network.grid().high - network.grid().low).max(1) as f64;
    let input = (span + 1.0).log2().ceil();
    let weights = network
        .linears()
        .map(|l| format!("{:.0}", f64::from(2 * l.largest_weight() + 1).log2().ceil()));
    let tables = network.tables().map(|t| t.bits.to_string());
    format!(
        "input {input:.0}, weights {}, tables {}",
        weights.collect::<Vec<_>>().join("/"),
        tables.collect::<Vec<_>>().join("/")
    )
}
