//! A recurrent plan in the shape that every run has.

use super::session::SequenceSession;
use circuit::{
    Approximate, NoiseStrategy, Plan, PlanBytes, PlanSecs, RecurrentCircuit, SchemeKind, StageKind,
    StagePlan, Warning,
};
use progress::Cancel;
use report::memory;
use scenario::{Carrier, Function, RunError, setting_use};

impl SequenceSession {
    /// A warning for every setting that is not used, and where so much memory is not free but was asked
    /// for all the same.
    ///
    /// # Errors
    /// When the memory is not free and was not asked for.
    pub(crate) fn remarks(&self, peak_memory: u64) -> Result<Vec<Warning>, RunError> {
        let strategy = self.choice().strategy;
        let gates = self.reference().layers().iter().flat_map(|l| l.gates());
        let functions = self.gate_names().into_iter().zip(gates).map(|(name, (_, gate))| {
            Function { name, is_polynomial: gate.activation.is_polynomial() }
        });
        let functions: Vec<Function> = functions.collect();
        let mut all = setting_use::unused(&self.scenario, Carrier::Sequence(strategy), &functions);
        let fits = |_| match strategy {
            NoiseStrategy::Levelled => {
                "set sequence.strategy to refresh or client_aided, or take fewer steps"
            }
            NoiseStrategy::Refresh => {
                "refresh more often (a smaller sequence.refresh_every), or take fewer steps"
            }
            NoiseStrategy::ClientAided | NoiseStrategy::Bootstrap => {
                "take fewer steps, or a smaller network"
            }
        };
        let past = self.scenario.scheme.past_memory;
        all.extend(memory::check(peak_memory, past, |free| fits(free).to_owned())?);
        Ok(all)
    }

    /// Parameters and predictions, a stage for every step, or why it cannot work and what would.
    ///
    /// # Errors
    /// As [`SequenceSession::circuit`].
    pub fn plan(&self, cancel: &Cancel) -> Result<Plan, RunError> {
        let plan = match self.choice().strategy {
            NoiseStrategy::Bootstrap => self.plan_of_tables(cancel)?,
            _ => planned(&*self.circuit(cancel)?),
        };
        Ok(self.told(&plan))
    }
}

/// The plan of `circuit`, a stage for every step.
pub(crate) fn planned(circuit: &RecurrentCircuit) -> Plan {
    let RecurrentCircuit { plan, program } = circuit;
    let hidden: usize = program.network.layers.iter().map(|l| l.hidden).sum();
    let p = &program.parameters;
    let kind = match plan.strategy {
        NoiseStrategy::ClientAided | NoiseStrategy::Bootstrap => StageKind::Linear,
        NoiseStrategy::Levelled | NoiseStrategy::Refresh => StageKind::Polynomial,
    };
    let stage = |(at, step): (usize, &circuit::StepPlan)| StagePlan {
        name: format!("step {}", at + 1),
        kind,
        secs: plan.batches as f64 * (step.server_secs + step.client_secs),
        ciphertexts: hidden,
        components: 2,
        log2_q: p.log2_q(step.level),
        ciphertext_bytes: (hidden * 2 * step.level * plan.ring_degree * 8) as u64,
        margin_bits: step.margin_bits,
        max_error: Some(step.max_error),
        required_error: Some(step.max_error * step.margin_bits.exp2()),
        range_calibrated: 1.0,
        range_worst: 1.0,
    };
    Plan {
        scheme: SchemeKind::Ckks,
        ring_degree: plan.ring_degree,
        primes: plan.primes.clone(),
        plaintext_moduli: Vec::new(),
        log2_q: plan.log2_q,
        log2_qp: plan.log2_qp,
        plaintext_bits: 0.0,
        security_bits: plan.security_bits,
        security_table: plan.security_table.clone(),
        depth: plan.levels_per_step * plan.refresh_every,
        precision: format!(
            "states at scale 2^{:.0}, weights in steps of about 2^-{}",
            plan.scale_bits, program.choice.gain
        ),
        images: plan.sequences,
        batches: plan.batches,
        threads: plan.threads,
        stages: plan.step_plans.iter().enumerate().map(stage).collect(),
        bytes: PlanBytes {
            upload: plan.upload_bytes,
            download: plan.download_bytes,
            evaluation_keys: plan.key_bytes,
            peak_memory: plan.memory_bytes,
        },
        secs: PlanSecs {
            keygen: plan.keygen_secs,
            encrypt: plan.client_secs,
            evaluate: plan.server_secs,
            decrypt: 0.0,
        },
        warnings: plan.warnings.clone(),
        promised_agreement: Some(plan.agreement),
        tables: None,
        approximate: Some(Approximate {
            error_bound: plan.error_bound,
            max_error: plan.max_error,
            special_primes: plan.special_primes.clone(),
            digit_primes: plan.digit_primes,
            levels: plan.primes.len() - program.choice.base.len(),
            input_scale_bits: plan.scale_bits,
            scale_bits: f64::from(plan.sigma_bits),
            weight_bits: Vec::new(),
            degrees: Vec::new(),
        }),
    }
}
