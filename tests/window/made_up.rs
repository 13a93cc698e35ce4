//! Plans, samples and reports like those of a small batched network, made up.

use cryptoscope::circuit::{
    NoiseStrategy, Plan, PlanBytes, PlanSecs, SchemeKind, StageKind, StagePlan,
};
use cryptoscope::data::Dataset;
use cryptoscope::engine::{Flipped, Looked};
use cryptoscope::report::{
    BytesReport, Confusion, EncryptedReport, PlainReport, RunReport, SCHEMA_VERSION, Sample,
    SequenceReport, SequenceStep, SequenceTrace, StageReport,
};
use cryptoscope::scenario::Scenario;
use cryptoscope::worker::SeenValue;

/// The same before anything was measured.
pub fn foretold(strategy: NoiseStrategy) -> SequenceReport {
    let mut report = sequence(strategy);
    for step in &mut report.per_step {
        step.margin_bits_measured = None;
        step.budget_bits_measured = None;
        step.max_abs_error = None;
    }
    report.traces.iter_mut().for_each(|trace| trace.encrypted.clear());
    report
}

/// A value under encryption, with words that are the same each time.
pub fn ciphertext(sample: usize, value: usize) -> SeenValue {
    const BOUND: u64 = (1 << 54) - 33;
    let mut word = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (word >> 10) % BOUND
    };
    let words = (0..4096).map(|_| next()).collect();
    let flipped = Flipped { bit: 221_183, bits: 221_184, values: vec![-7421.0; 359] };
    let looked = Looked { words, bound: BOUND, bytes: 27_776, values: vec![15.0; 359], flipped };
    SeenValue {
        scheme: "BGV",
        sample,
        value,
        raw: 15.0,
        encoded: 15.0,
        decrypted: 15.0,
        garbage: -7421.0,
        samples: 359,
        looked,
    }
}

/// Steps like those of a recurrent network with this strategy.
pub fn sequence(strategy: NoiseStrategy) -> SequenceReport {
    const STEPS: usize = 24;
    let every = match strategy {
        NoiseStrategy::Levelled => STEPS,
        NoiseStrategy::Refresh => 4,
        NoiseStrategy::ClientAided | NoiseStrategy::Bootstrap => 1,
    };
    let step = |step: usize| {
        let since = (step % every) as f64;
        let refreshed = strategy != NoiseStrategy::Bootstrap && (step + 1).is_multiple_of(every);
        let slope =
            if strategy == NoiseStrategy::Bootstrap { 0.0 } else { 90.0 / every.max(4) as f64 };
        let error = 1e-6 * (1.0 + since / 3.0);
        SequenceStep {
            step,
            margin_bits_predicted: 12.0 - 0.2 * since,
            margin_bits_measured: Some(12.9 - 0.25 * since),
            budget_bits_predicted: 100.0 - slope * since,
            budget_bits_measured: Some(101.5 - slope * since),
            max_abs_error_predicted: 2.0 * error,
            max_abs_error: Some(error),
            refreshed,
            up_bytes: if refreshed { 3 << 20 } else { 1 << 20 },
            down_bytes: if refreshed { 2 << 20 } else { 0 },
            client_secs: 0.01,
            server_secs: 0.04,
            ..SequenceStep::default()
        }
    };
    let wave = |step: usize, unit: usize| (step as f64 / 3.0 + unit as f64).sin() * 0.8;
    let rows = |off: f64| {
        (0..STEPS).map(|s| (0..4).map(|u| wave(s, u) + off).collect()).collect::<Vec<Vec<f64>>>()
    };
    let trace = |index: usize| SequenceTrace {
        index,
        label: Some(1),
        begins: 3 * index,
        inputs: (0..STEPS).map(|s| vec![wave(s, index), wave(2 * s, index)]).collect(),
        units: vec![0, 3, 7, 9],
        plain: rows(0.0),
        encrypted: rows(1e-6),
    };
    SequenceReport {
        strategy,
        reveals: strategy.reveals().into(),
        cell: "Elman".into(),
        hidden: vec![16],
        channels: 2,
        steps: STEPS,
        sequences: 200,
        batches: 1,
        refresh_every: every,
        longest_chain: 11,
        per_step: (0..STEPS).map(step).collect(),
        traces: (0..3).map(trace).collect(),
        rounds: (STEPS / every) as u64,
        upload_bytes: 40 << 20,
        download_bytes: 12 << 20,
        key_bytes: 9 << 20,
        client_secs: 0.24,
        server_secs: 0.96,
        batch_secs: 1.2,
        step_secs: 0.05,
        sequences_per_sec: 166.0,
        ..SequenceReport::default()
    }
    .with_presets()
}

/// A plan like that of two convolutions' worth of network; the ring degree and image count are those
/// asked for.
pub fn plan(scenario: &Scenario, available: usize) -> Plan {
    let n = scenario.scheme.ring_degree.unwrap_or(8192);
    let images = scenario.images.unwrap_or(available).min(available);
    let stage = |name: &str, kind, secs, ciphertexts, log2_q, margin_bits| StagePlan {
        layers: match kind {
            StageKind::Linear | StageKind::Square => vec![name.into()],
            _ => Vec::new(),
        },
        name: name.into(),
        kind,
        secs,
        ciphertexts,
        components: if kind == StageKind::Square { 3 } else { 2 },
        log2_q,
        ciphertext_bytes: (ciphertexts * n * 2 * 8 * 4) as u64,
        margin_bits,
        max_error: None,
        required_error: None,
        range_calibrated: 1000.0,
        range_worst: 9000.0,
    };
    Plan {
        scheme: SchemeKind::Bgv,
        ring_degree: n,
        primes: vec![(1 << 45) - 229_375; 4],
        plaintext_moduli: vec![1_032_193],
        log2_q: 135.2,
        log2_qp: 180.3,
        plaintext_bits: 20.0,
        approximate: None,
        tables: None,
        sequence: None,
        security_bits: 128,
        security_table: "Security Guidelines 2024, table 5.2".into(),
        depth: 2,
        precision: "input 4, weights 5/5/5".into(),
        images,
        batches: images.div_ceil(n).max(1),
        threads: scenario.threads.unwrap_or(2),
        stages: vec![
            stage("input", StageKind::Input, 0.0124, 64, 135.2, 101.4),
            stage("conv1", StageKind::Linear, 0.0041, 180, 135.2, 94.1),
            stage("square1", StageKind::Square, 0.0022, 180, 135.2, 66.0),
            stage("relinearise + switch", StageKind::Switch, 0.0853, 180, 90.1, 58.9),
            stage("dense1", StageKind::Linear, 0.0312, 32, 90.1, 49.3),
            stage("square2", StageKind::Square, 0.0006, 32, 90.1, 24.0),
            stage("relinearise + switch", StageKind::Switch, 0.0131, 32, 45.1, 19.2),
            stage("dense2", StageKind::Linear, 0.0009, 10, 45.1, 11.7),
        ],
        bytes: PlanBytes {
            upload: 64 * 262_144,
            download: 10 * 131_072,
            evaluation_keys: 3_145_728,
            peak_memory: 310 << 20,
        },
        secs: PlanSecs { keygen: 0.02, encrypt: 0.0124, evaluate: 0.137, decrypt: 0.004 },
        warnings: vec![],
        promised_agreement: None,
    }
}

pub fn measured(planned: &StagePlan, index: usize, wrong: bool) -> StageReport {
    let broken = wrong && index >= 5;
    let wobble = [0.2, 0.9, 0.4, 1.1, 0.6, 1.3, 0.8, 1.0][index % 8];
    StageReport {
        name: planned.name.clone(),
        kind: planned.kind,
        secs: planned.secs * (0.85 + 0.3 * wobble),
        secs_predicted: planned.secs,
        plain_secs: match planned.kind {
            StageKind::Linear => 0.0003,
            StageKind::Square | StageKind::Polynomial | StageKind::Lookup => 0.00002,
            StageKind::Input | StageKind::Switch | StageKind::KeySwitch => 0.0,
        },
        ciphertexts: planned.ciphertexts,
        components: planned.components,
        log2_q: planned.log2_q,
        ciphertext_bytes: planned.ciphertext_bytes,
        plain_bytes: (planned.ciphertexts * 8192 * 4) as u64,
        margin_bits_predicted: planned.margin_bits,
        margin_bits_measured: Some(if broken { 0.0 } else { planned.margin_bits + wobble }),
        max_abs_error: Some(if broken { 417_322.0 } else { 0.0 }),
        max_abs_error_predicted: None,
        wrong_values: if broken { 8021 } else { 0 },
    }
}

pub fn samples(dataset: &Dataset, images: usize, wrong: bool, changed: bool) -> Vec<Sample> {
    let labels = &dataset.test().labels;
    (0..images)
        .map(|index| {
            let label = labels[index];
            let miss =
                |every: usize| if index % every == every - 1 { (label + 1) % 10 } else { label };
            let plain = miss(50);
            let reference = miss(40);
            let changes = wrong || (changed && index % 100 == 99);
            let encrypted = if changes { (label + 3) % 10 } else { reference };
            let logits = |class: u16| {
                (0..10u16)
                    .map(|c| {
                        let noise = ((index * 7 + usize::from(c) * 13) % 17) as f32 / 17.0;
                        if c == class { 4.0 + noise } else { 2.0 * noise - 1.5 }
                    })
                    .collect::<Vec<f32>>()
            };
            Sample {
                index,
                label: Some(label),
                plain,
                reference,
                encrypted,
                plain_logits: logits(plain),
                reference_logits: logits(reference),
                encrypted_logits: logits(encrypted),
            }
        })
        .collect()
}

fn confusion(samples: &[Sample]) -> Confusion {
    let counted = |class: &dyn Fn(&Sample) -> u16| {
        let count = |label: u16, given: u16| {
            let is = |s: &&Sample| s.label == Some(label) && class(s) == given;
            samples.iter().filter(is).count() as u64
        };
        (0..10).map(|label| (0..10).map(|given| count(label, given)).collect()).collect()
    };
    Confusion {
        original: counted(&|s| s.plain),
        reference: counted(&|s| s.reference),
        encrypted: counted(&|s| s.encrypted),
    }
}

pub fn report(
    scenario: &Scenario,
    dataset: &Dataset,
    plan: &Plan,
    stages: Vec<StageReport>,
    samples: &[Sample],
    wrong: bool,
) -> RunReport {
    let count =
        |right: &dyn Fn(&Sample) -> bool| samples.iter().filter(|s| right(s)).count() as u64;
    let share = |right: &dyn Fn(&Sample) -> bool| count(right) as f64 / samples.len() as f64;
    let total_secs = 0.158;
    RunReport {
        schema_version: SCHEMA_VERSION,
        scenario: scenario.name.clone(),
        model: scenario.model.clone(),
        dataset: scenario.dataset.clone(),
        images: samples.len(),
        classes: 10,
        class_names: dataset.classes().to_vec(),
        plain: PlainReport {
            accuracy: share(&|s| Some(s.plain) == s.label),
            correct: Some(count(&|s| Some(s.plain) == s.label)),
            latency_secs: 0.0007,
            integer_accuracy: share(&|s| Some(s.reference) == s.label),
            reference_correct: Some(count(&|s| Some(s.reference) == s.label)),
            ..PlainReport::default()
        },
        encrypted: EncryptedReport {
            accuracy: share(&|s| Some(s.encrypted) == s.label),
            correct: Some(count(&|s| Some(s.encrypted) == s.label)),
            agreement: share(&|s| s.encrypted == s.reference),
            agreeing: Some(count(&|s| s.encrypted == s.reference)),
            wrong_outputs: if wrong { 3594 } else { 0 },
            total_secs,
            images_per_sec: samples.len() as f64 / total_secs,
            ..EncryptedReport::default()
        },
        stages,
        bytes: BytesReport {
            upload: plan.bytes.upload,
            download: plan.bytes.download,
            evaluation_keys: plan.bytes.evaluation_keys,
            rounds: 1,
        },
        confusion: Some(Box::new(confusion(samples))),
        analysis_mode: true,
        ..RunReport::default()
    }
}
