//! A candidate becomes a program, with its exact errors and its plan.

use super::arising::Arising;
use super::circuit::RecurrentCircuit;
use super::cost::{StepCosts, cost};
use super::forecast::Forecast;
use super::network::Functions;
use super::plan::{SequencePlan, StepPlan};
use super::planner::{Candidate, Planner, ROUNDING_SPARE, largest};
use super::program::{RecurrentProgram, depth};
use super::strategy::NoiseStrategy;
use crate::plan::{Approximate, Plan, PlanBytes, PlanSecs, SchemeKind, StageKind, StagePlan};
use crate::request::PlanError;
use scheme::security::TABLE;

impl Planner<'_> {
    /// The program of a candidate, with its exact errors.
    pub(super) fn compile(
        &self,
        forecast: &Forecast,
        found: &Candidate,
    ) -> Result<RecurrentCircuit, PlanError> {
        let request = self.request;
        let Candidate { choice, moduli, .. } = found;
        let costs = StepCosts::of_this_machine();
        let cost = cost(&self.network, choice, moduli, costs, request.threads);
        let program = RecurrentProgram::new(&self.network, choice.clone())?;
        let rounding = self.rounding(forecast, choice.gain);
        let arising = Arising::exact(forecast, &program)?;
        let max_error = self.error(forecast, &rounding, arising);
        let margin_bits = (request.error_bound / max_error.max(f64::MIN_POSITIVE)).log2();
        let p = &program.parameters;
        let levels = self.levels();
        let in_batch = request.sequences.min(choice.n);
        let hidden = self.network.layers.last().map_or(1, |l| l.hidden);
        let step_plan = |step: usize| {
            let first = step - step % choice.cycle;
            let length = choice.cycle.min(choice.steps - first);
            let used = depth(&levels, step % choice.cycle + 1);
            let level = choice.base.len() + depth(&levels, length) - used;
            let noise = arising.state * forecast.state_noise.steps.get(step).unwrap_or(&0.0)
                + arising.cell * forecast.cell_noise.steps.get(step).unwrap_or(&0.0)
                + arising.input * forecast.input_noise.steps.get(step).unwrap_or(&0.0);
            let rounded = rounding.largest_steps.get(step).copied().unwrap_or(0.0);
            let moments = forecast.moments.get(step).copied().unwrap_or_default();
            // Masks keep slots without a sequence at 0, and so does a client that computes states.
            let quiet = request.masked || self.functions == Functions::Exact;
            let idle = forecast.idle.get(step % choice.cycle).copied().unwrap_or(0.0);
            let idle = if quiet { 0.0 } else { idle };
            let phase = largest_phase(choice.n, in_batch, moments, idle);
            StepPlan {
                margin_bits,
                budget_bits: p.log2_q(level) - 1.0 - program.scale.log2() - phase.log2(),
                max_error: largest(noise, in_batch * hidden) + ROUNDING_SPARE * rounded,
                level,
                client_secs: cost.client_secs.get(step).copied().unwrap_or(0.0),
                server_secs: cost.server_secs.get(step).copied().unwrap_or(0.0),
                up_bytes: cost.up_bytes.get(step).copied().unwrap_or(0),
                down_bytes: cost.down_bytes.get(step).copied().unwrap_or(0),
            }
        };
        let batches = request.sequences.div_ceil(choice.n).max(1);
        let sequence = SequencePlan {
            strategy: choice.strategy,
            refresh_every: choice.cycle,
            steps: choice.steps,
            sequences: request.sequences,
            special_primes: moduli.special.clone(),
            digit_primes: moduli.digit_primes,
            sigma_bits: choice.sigma,
            scale_bits: program.scale.log2(),
            levels_per_step: levels.iter().copied().max().unwrap_or(0),
            longest_chain: 0,
            error_bound: request.error_bound,
            max_error,
            agreement: 0.0,
            step_plans: (0..choice.steps).map(step_plan).collect(),
            rounds: cost.rounds,
            upload_bytes: batches as u64 * cost.up_bytes.iter().sum::<u64>(),
            download_bytes: batches as u64 * cost.down_bytes.iter().sum::<u64>(),
            key_bytes: cost.key_bytes,
            memory_bytes: cost.memory_bytes,
            keygen_secs: cost.keygen_secs,
            client_secs: batches as f64 * cost.client_secs.iter().sum::<f64>(),
            server_secs: batches as f64 * cost.server_secs.iter().sum::<f64>(),
            connection: request.connection.clone(),
            end_to_end_secs: self.total_secs(choice, &cost),
        };
        let plan = planned(&program, &sequence, (batches, request.threads));
        Ok(RecurrentCircuit { plan, sequence, program })
    }
}

/// The plan of `program`, a stage for every step, for so many batches and threads.
fn planned(
    program: &RecurrentProgram,
    sequence: &SequencePlan,
    (batches, threads): (usize, usize),
) -> Plan {
    let (p, choice) = (&program.parameters, &program.choice);
    let hidden: usize = program.network.layers.iter().map(|l| l.hidden).sum();
    let kind = match choice.strategy {
        NoiseStrategy::ClientAided | NoiseStrategy::Bootstrap => StageKind::Linear,
        NoiseStrategy::Levelled | NoiseStrategy::Refresh => StageKind::Polynomial,
    };
    let stage = |(at, step): (usize, &StepPlan)| StagePlan {
        name: format!("step {}", at + 1),
        layers: Vec::new(),
        kind,
        secs: batches as f64 * (step.server_secs + step.client_secs),
        ciphertexts: hidden,
        components: 2,
        log2_q: p.log2_q(step.level),
        ciphertext_bytes: (hidden * 2 * step.level * p.degree() * 8) as u64,
        margin_bits: step.margin_bits,
        max_error: Some(step.max_error),
        required_error: Some(step.max_error * step.margin_bits.exp2()),
        range_calibrated: 1.0,
        range_worst: 1.0,
    };
    let primes = p.moduli().chain;
    Plan {
        scheme: SchemeKind::Ckks,
        ring_degree: p.degree(),
        plaintext_moduli: Vec::new(),
        log2_q: p.log2_q(p.levels()),
        log2_qp: p.log2_qp(),
        plaintext_bits: 0.0,
        security_bits: p.security_bits(),
        security_table: TABLE.to_owned(),
        depth: sequence.levels_per_step * sequence.refresh_every,
        precision: format!(
            "states at scale 2^{:.0}, weights in steps of about 2^-{}",
            sequence.scale_bits, choice.gain
        ),
        images: sequence.sequences,
        batches,
        threads,
        stages: sequence.step_plans.iter().enumerate().map(stage).collect(),
        bytes: PlanBytes {
            upload: sequence.upload_bytes,
            download: sequence.download_bytes,
            evaluation_keys: sequence.key_bytes,
            peak_memory: sequence.memory_bytes,
        },
        secs: PlanSecs {
            keygen: sequence.keygen_secs,
            encrypt: sequence.client_secs,
            evaluate: sequence.server_secs,
            decrypt: 0.0,
        },
        warnings: Vec::new(),
        promised_agreement: Some(sequence.agreement),
        tables: None,
        approximate: Some(Approximate {
            error_bound: sequence.error_bound,
            max_error: sequence.max_error,
            special_primes: sequence.special_primes.clone(),
            digit_primes: sequence.digit_primes,
            levels: primes.len() - choice.base.len(),
            input_scale_bits: sequence.scale_bits,
            scale_bits: f64::from(sequence.sigma_bits),
            weight_bits: Vec::new(),
            degrees: Vec::new(),
        }),
        primes,
        sequence: None,
    }
}

/// The largest coefficient of a polynomial whose slots hold `filled` values of this mean and
/// standard deviation, and the others `idle`, relative to its scale: the mean is one coefficient, the rest is
/// spread over all.
fn largest_phase(
    n: usize,
    filled: usize,
    (mean, standard_deviation): (f64, f64),
    idle: f64,
) -> f64 {
    let share = filled as f64 / n as f64;
    let square =
        share * (mean * mean + standard_deviation * standard_deviation) - (share * mean).powi(2);
    let spread = (square.max(0.0) / (2.0 * n as f64)).sqrt() * (2.0 * (n as f64).ln()).sqrt();
    let constant = (share * mean).max((1.0 - share) * idle);
    constant.max(spread).max(f64::MIN_POSITIVE)
}
