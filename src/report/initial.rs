//! The report of a run before anything is encrypted: what was planned.

use super::report::{
    BytesReport, EncryptedReport, PlainReport, RunReport, SCHEMA_VERSION, SchemeReport,
};
use circuit::Plan;
use data::Dataset;
use scenario::Scenario;

impl RunReport {
    /// Of a scenario by its plan; `latency_secs` is what the plaintext network took. Model, classes,
    /// activations and stages are those of whoever runs it.
    pub fn initial(
        scenario: &Scenario,
        dataset: &Dataset,
        plan: &Plan,
        kernel: &str,
        latency_secs: f64,
    ) -> Self {
        let approximate = plan.approximate.as_ref();
        Self {
            schema_version: SCHEMA_VERSION,
            cryptoscope_version: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: scenario.name.clone(),
            dataset: dataset.name().to_owned(),
            images: plan.images,
            class_names: dataset.classes().to_vec(),
            threads: plan.threads,
            seed: scenario.seed,
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
                kernel: kernel.to_owned(),
                special_primes: approximate.map_or(Vec::new(), |a| a.special_primes.clone()),
                scale_bits: approximate.map(|a| a.scale_bits),
            },
            plain: PlainReport { latency_secs, ..PlainReport::default() },
            encrypted: EncryptedReport {
                error_bound: approximate.map(|a| a.error_bound),
                max_abs_error_predicted: approximate.map(|a| a.max_error),
                ..EncryptedReport::default()
            },
            bytes: BytesReport { rounds: plan.batches as u64, ..BytesReport::default() },
            warnings: plan.warnings.clone(),
            analysis_mode: true,
            ..Self::default()
        }
    }
}
