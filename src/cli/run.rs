//! `run`: the original, the reference and the encrypted network side by side.

use super::accuracies::accuracies;
use super::args::RunArgs;
use super::confusion::confusion;
use super::context::{Answer, Context};
use super::progress::Progress;
use super::status::WRONG;
use super::table::{Table, pairs};
use super::table_file::{csv_file, json_file};
use super::words::{bare_bits, noise_head, number_of, remarks, scheme_rows};
use super::{networks, sequence};
use anyhow::Result;
use circuit::NoiseMeasure;
use experiment::Experiment;
use report::{Event, Recording, RunClock, RunReport, answers_csv};
use std::sync::{Mutex, PoisonError};

pub(super) fn command(args: &RunArgs, context: &mut Context) -> Result<Answer> {
    let scenario = args.scenario.open(Some(&args.size), context)?;
    let mut uses = context.uses(&args.scenario, &scenario);
    let file = json_file(args.report.as_deref(), &mut uses)?;
    let answers = csv_file("--answers", args.answers.as_deref(), &mut uses)?;
    let told = Mutex::new(Vec::new());
    let clock = RunClock::start();
    let recorded = Mutex::new(Recording::default());
    let mut report = {
        let (sources, cancel) = (context.sources.clone(), context.cancel.clone());
        let progress = Progress::new(context.err, context.terminal);
        let records = file.is_some();
        let follow = |event: Event| {
            if records {
                let mut recorded = recorded.lock().unwrap_or_else(PoisonError::into_inner);
                recorded.note(clock.told(event.clone()));
            }
            match event {
                Event::Progress { phase, fraction, eta_secs, .. } => {
                    progress.run(phase.name(), fraction, eta_secs);
                }
                Event::Samples(samples) if answers.is_some() => {
                    told.lock().unwrap_or_else(PoisonError::into_inner).extend(samples);
                }
                _ => {}
            }
        };
        Experiment::open(&scenario, &sources)?.run(&cancel, &follow)?
    };
    if let Some(file) = file {
        report.began = Some(clock.began_at());
        let recorded = recorded.into_inner().unwrap_or_else(PoisonError::into_inner);
        file.finish(report.to_json(&recorded)?.as_bytes())?;
    }
    if let Some(file) = answers {
        let told = told.into_inner().unwrap_or_else(PoisonError::into_inner);
        file.finish(answers_csv(&told, &report.class_names).as_bytes())?;
    }
    let status = if report.is_right() { 0 } else { WRONG };
    let mut text = match &report.sequence {
        Some(sequence) => sequence::show(&report, sequence),
        None => show(&report),
    };
    if args.confusion {
        text += &confusion(&report);
    }
    Ok(Answer { text, status })
}

pub(super) fn show(report: &RunReport) -> String {
    let (plain, encrypted) = (&report.plain, &report.encrypted);
    let mut summary = vec![(
        "scenario",
        format!(
            "{}: model {}, {} samples of {}, seed {}",
            format::excerpt(&report.scenario),
            format::excerpt(&report.model),
            format::count(report.images as u64),
            format::excerpt(&report.dataset),
            report.seed
        ),
    )];
    summary.extend(scheme_rows(&report.scheme));
    summary.extend(networks::rows(&report.networks));
    let summary = pairs(&summary);
    let accuracy = accuracies(report);
    let bytes = &report.bytes;
    let costs = pairs(&[
        (
            "encrypted",
            format!(
                "{} = encrypt {} + evaluate {} + decrypt {} + messages {}",
                format::secs(encrypted.total_secs),
                format::secs(encrypted.encrypt_secs),
                format::secs(encrypted.evaluate_secs),
                format::secs(encrypted.decrypt_secs),
                format::secs(encrypted.message_secs())
            ),
        ),
        (
            "messages",
            format!(
                "encoded {}, hashed {}, decoded {}",
                format::secs(encrypted.encode_secs),
                format::secs(encrypted.hash_secs),
                format::secs(encrypted.decode_secs)
            ),
        ),
        (
            "keys",
            format!(
                "{}, {}",
                format::secs(encrypted.keygen_secs),
                format::bytes(bytes.evaluation_keys)
            ),
        ),
        ("original", format!("{} in the clear, all samples", format::secs(plain.latency_secs))),
        (
            "throughput",
            format!(
                "{:.1} samples/s, {}",
                encrypted.images_per_sec,
                number_of(report.threads, "thread", "threads")
            ),
        ),
        (
            "traffic",
            format!(
                "up {}, down {}, rounds {}",
                format::bytes(bytes.upload),
                format::bytes(bytes.download),
                bytes.rounds
            ),
        ),
        ("peak memory", format::bytes(report.peak_memory_bytes)),
    ]);
    let mut text =
        format!("{summary}\n{accuracy}\n{costs}\n{}{}\n", stages(report), noise_legend(report));
    text.extend(report.tables.as_ref().map(super::tables::report));
    text.push_str(&remarks(report));
    text
}

/// What is told of noise, and of what times are.
fn noise_legend(report: &RunReport) -> String {
    let unit = match NoiseMeasure::of_name(&report.scheme.kind) {
        NoiseMeasure::Margin | NoiseMeasure::Precision => " in bits",
        NoiseMeasure::Failure => " of a table lookup",
    };
    format!(
        "{}{unit}, predicted and measured; times are of all samples together",
        NoiseMeasure::of_name(&report.scheme.kind).name()
    )
}

fn stages(report: &RunReport) -> String {
    let measure = NoiseMeasure::of_name(&report.scheme.kind);
    let noise = noise_head(measure);
    let head =
        ["stage", "time", "original", "ciphertexts", "bytes", "log2 q", noise, "measured", "wrong"];
    let mut table = Table::new(&head);
    for stage in &report.stages {
        table.row(vec![
            stage.name.clone(),
            format::secs(stage.secs),
            format::secs(stage.plain_secs),
            format::count(stage.ciphertexts as u64),
            format::bytes(stage.ciphertext_bytes),
            bare_bits(stage.log2_q),
            measure.short(stage.margin_bits_predicted),
            measure.short(stage.margin_bits_measured.unwrap_or(f64::NAN)),
            format::count(stage.wrong_values),
        ]);
    }
    table.render()
}
