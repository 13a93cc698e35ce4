//! The report of a run before anything is encrypted: what was planned, and the plaintext network.

use super::float_run::FloatRun;
use super::session::Session;
use circuit::{Plan, StageKind};
use report::*;

/// What is known when encryption begins.
pub(crate) struct InitialReport<'a> {
    pub plan: &'a Plan,
    pub kernel: &'a str,
    pub float: &'a FloatRun,
}

impl InitialReport<'_> {
    /// The report so far.
    pub fn report(&self, session: &Session) -> RunReport {
        let InitialReport { plan, float, .. } = *self;
        let samples = float.samples;
        let scenario = &session.scenario;
        let approximate = plan.approximate.as_ref();
        let classes = session.network.classes();
        let plain_secs_of = |name: &str| -> f64 {
            let names: Vec<&str> = name.split(" + ").collect();
            let layers = session.original.layers().iter().zip(&float.layer_secs);
            let own = layers.filter(|(l, _)| names.contains(&l.name.as_str()));
            own.fold(0.0, |sum, (_, secs)| sum + secs)
        };
        let in_batch = samples.div_ceil(plan.batches.max(1)) as u64;
        let stages = plan.stages.iter().map(|s| StageReport {
            plain_secs: if s.kind == StageKind::Switch { 0.0 } else { plain_secs_of(&s.name) },
            ..StageReport::planned(s, in_batch)
        });
        RunReport {
            schema_version: SCHEMA_VERSION,
            cryptoscope_version: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: scenario.name.clone(),
            model: session.network.name().to_owned(),
            dataset: session.dataset.name().to_owned(),
            images: samples,
            classes,
            class_names: session.dataset.classes().to_vec(),
            threads: plan.threads,
            seed: scenario.seed,
            activation: match plan.tables {
                Some(_) => ActivationReport {
                    bits: Some(plan.plaintext_bits as u32),
                    ..ActivationReport::exact("lookup")
                },
                None => ActivationReport::polynomials(session.layer_reports()),
            },
            scheme: SchemeReport {
                kind: plan.scheme.name().to_lowercase(),
                ring_degree: plan.ring_degree,
                log2_q: plan.log2_q,
                log2_qp: plan.log2_qp,
                plaintext_bits: plan.plaintext_bits,
                plaintext_moduli: plan.plaintext_moduli.clone(),
                primes: plan.primes.clone(),
                security_bits: plan.security_bits,
                security_table: plan.security_table.clone(),
                kernel: self.kernel.to_owned(),
                special_primes: approximate.map_or(Vec::new(), |a| a.special_primes.clone()),
                scale_bits: approximate.map(|a| a.scale_bits),
            },
            plain: PlainReport { latency_secs: float.latency_secs, ..PlainReport::default() },
            encrypted: EncryptedReport {
                error_bound: approximate.map(|a| a.error_bound),
                max_abs_error_predicted: approximate.map(|a| a.max_error),
                ..EncryptedReport::default()
            },
            stages: stages.collect(),
            bytes: BytesReport { rounds: plan.batches as u64, ..BytesReport::default() },
            warnings: plan.warnings.clone(),
            analysis_mode: true,
            ..RunReport::default()
        }
    }
}
