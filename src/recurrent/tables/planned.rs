//! The plan of a run on lookup tables in the shape that every run has.

use circuit::{
    CHANGED_ANSWERS, Cause, NetworkModel, NoiseStrategy, Plan, PlanBytes, PlanSecs, SchemeKind,
    SequencePlan, StageKind, StagePlan, StepPlan, TableRecurrentCircuit, Warning,
};
use engine::OUTPUT_BITS;
use scheme::tfhe::{CompressedKeys, PackedLwes, SECURITY_TABLE, SeededLwes};

/// The plan in the shape that every run has.
pub fn planned_tables(
    circuit: &TableRecurrentCircuit,
    steps: usize,
    samples: usize,
    threads: usize,
    connection: &NetworkModel,
) -> Plan {
    let p = &circuit.parameters;
    let hidden = circuit.network.hidden;
    let secs = (hidden * samples) as f64 * circuit.lookup_secs / threads.max(1) as f64;
    let bytes = PlanBytes {
        upload: samples as u64 * SeededLwes::byte_len(steps * circuit.network.channels),
        download: samples as u64 * PackedLwes::byte_len(p, circuit.network.classes, OUTPUT_BITS),
        evaluation_keys: CompressedKeys::byte_len(p, true),
        peak_memory: p.key_memory_bytes(true) + (200 << 20),
    };
    let server_secs = secs * steps as f64;
    let way = |connection: &NetworkModel| {
        let up = bytes.upload + bytes.evaluation_keys;
        connection.transfer_secs(samples as u64, up, bytes.download)
    };
    let each = samples.max(1) as u64;
    let step_plan = |step: usize| StepPlan {
        margin_bits: circuit.margin_bits,
        budget_bits: circuit.margin_bits,
        max_error: circuit.network.state_step,
        server_secs: secs / each as f64,
        // All inputs go up before the first step, and the outputs come down after the last.
        up_bytes: if step == 0 { bytes.upload / each } else { 0 },
        down_bytes: if step + 1 == steps { bytes.download / each } else { 0 },
        ..StepPlan::default()
    };
    let agreement = circuit.agreement.min(1.0 - CHANGED_ANSWERS);
    let sequence = SequencePlan {
        strategy: NoiseStrategy::Bootstrap,
        refresh_every: steps,
        steps,
        sequences: samples,
        special_primes: Vec::new(),
        digit_primes: 0,
        sigma_bits: 0,
        scale_bits: 0.0,
        levels_per_step: 0,
        longest_chain: 0,
        // Errors of outputs are known by their bound only.
        error_bound: circuit.error_bound,
        max_error: circuit.error_bound,
        agreement,
        step_plans: (0..steps).map(step_plan).collect(),
        rounds: 1,
        upload_bytes: bytes.upload,
        download_bytes: bytes.download,
        key_bytes: bytes.evaluation_keys,
        memory_bytes: bytes.peak_memory,
        keygen_secs: 0.0,
        client_secs: 0.0,
        server_secs,
        end_to_end_secs: server_secs + way(connection),
        connection: connection.clone(),
    };
    let stage = |at: usize| StagePlan {
        name: format!("step {}", at + 1),
        layers: Vec::new(),
        kind: StageKind::Lookup,
        secs,
        ciphertexts: hidden,
        components: 1,
        log2_q: 32.0,
        ciphertext_bytes: (hidden * (p.big_dimension() + 1) * 4) as u64,
        margin_bits: circuit.margin_bits,
        max_error: Some(circuit.network.state_step),
        required_error: None,
        range_calibrated: 1.0,
        range_worst: 1.0,
    };
    Plan {
        scheme: SchemeKind::Tfhe,
        ring_degree: p.polynomial_size,
        primes: Vec::new(),
        plaintext_moduli: Vec::new(),
        log2_q: 32.0,
        log2_qp: 32.0,
        plaintext_bits: 0.0,
        security_bits: p.security_bits(),
        security_table: SECURITY_TABLE.to_owned(),
        depth: steps,
        precision: format!(
            "lookups deviate by {:.2} % of the largest state",
            100.0 * circuit.standard_deviation(true) * circuit.network.sum_step
                / circuit.network.largest_state()
        ),
        images: samples,
        batches: samples,
        threads,
        stages: (0..steps).map(stage).collect(),
        bytes,
        secs: PlanSecs { evaluate: server_secs, ..PlanSecs::default() },
        warnings: noise_warning(circuit).into_iter().collect(),
        promised_agreement: Some(agreement),
        approximate: None,
        tables: None,
        sequence: Some(Box::new(sequence)),
    }
}

fn noise_warning(circuit: &TableRecurrentCircuit) -> Option<Warning> {
    let agreement = Some(circuit.agreement).filter(|a| *a < 1.0 - CHANGED_ANSWERS)?;
    let advice = "train the network with more noise in its states (rounding is counted too)";
    Some(Cause::NoiseChangesAnswers { share: 1.0 - agreement, advice }.into())
}
