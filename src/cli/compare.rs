//! `compare`: one model and dataset carried by several schemes, as one table.

use super::args::CompareArgs;
use super::context::{Answer, Context};
use super::outcome::status;
use super::progress::Progress;
use super::table::{Table, folded};
use super::table_file::TableFile;
use super::{mitigations, networks, strategies};
use anyhow::{Result, bail};
use experiment::Experiment;
use format::{self, Share};
use inference::Session;
use progress::Step;
use study::{CompareEvent, CompareReport, compare, scheme_ways};

pub(super) fn command(args: &CompareArgs, context: &mut Context) -> Result<Answer> {
    let scenario = args.scenario.open(Some(&args.size), context)?;
    if scenario.sequence.is_some() {
        if args.schemes.is_some() {
            bail!("--schemes: recurrent scenarios are compared by strategy; leave it out");
        }
        return strategies::command(&scenario, args, context);
    }
    if !args.activations.is_empty() || args.row_secs.is_some() || args.whole {
        bail!("--activations, --row-secs and --whole are for recurrent scenarios; leave them out");
    }
    if scenario.training.is_some() {
        if args.schemes.is_some() {
            bail!(
                "--schemes: trainings on encrypted data are compared by mitigation; leave it out"
            );
        }
        if scenario.images.is_some() {
            bail!(
                "--images: trainings on encrypted data are judged on all test samples; leave it out"
            );
        }
        return mitigations::command(&scenario, args, context);
    }
    let mut uses = context.uses(&args.scenario, &scenario);
    let file = TableFile::open(args.report.as_deref(), &mut uses)?;
    let session = Session::open(&scenario, &context.sources)?;
    // What no way could do is refused before any is tried.
    session.images()?;
    let mut ways = scheme_ways(&session, &context.cancel)?;
    if let Some(names) = &args.schemes {
        let wanted = |name: &str| names.iter().any(|n| n.eq_ignore_ascii_case(name));
        if let Some(unknown) =
            names.iter().find(|n| ways.iter().all(|w| !w.name.eq_ignore_ascii_case(n)))
        {
            let known: Vec<_> = ways.iter().map(|w| w.name.to_lowercase()).collect();
            bail!("--schemes {unknown}: {} are possible", known.join(", "));
        }
        ways.retain(|w| wanted(&w.name));
    }
    let report = {
        let progress = Progress::new(context.err, context.terminal);
        compare(&Experiment::Layers(session), &ways, &context.cancel, &mut |event| {
            if let CompareEvent::Doing { row, of, name, fraction } = event {
                let what = format!("{name}, {} of {of}", row + 1);
                progress.step(&Step { what, done: (fraction * 1000.0) as u64, total: 1000 });
            }
        })?
    };
    if let Some(file) = file {
        file.finish(&report)?;
    }
    let status = status(&report)?;
    Ok(Answer { text: show(&report), status })
}

/// What fits a page.
const COLUMNS: [&str; 13] = [
    "name",
    "reference_accuracy",
    "accuracy",
    "agreement",
    "latency_secs",
    "images_per_sec",
    "evaluation_key_bytes",
    "upload_bytes",
    "download_bytes",
    "rounds",
    "margin_bits",
    "wrong_outputs",
    "parameters",
];

pub(super) fn show(report: &CompareReport) -> String {
    let table = Table::of(&COLUMNS, report.rows.iter().filter(|r| r.refusal.is_none()));
    let images = report.rows.iter().map(|r| r.images).max().unwrap_or(0);
    let plain = report.rows.iter().map(|r| r.plain_accuracy).reduce(f64::max).unwrap_or(f64::NAN);
    let legend = folded(
        "",
        "reference: what the ciphertexts stand for, in the clear; noise: the least measured, of BGV the noise margin, of CKKS the spare precision, of TFHE the failure probability of a table lookup; first answer: also of a sample sent alone; per sample: of all samples together",
    );
    let mut text = format!(
        "{}: model {}, {} samples of {}, original accuracy {}\n\n{}{legend}",
        format::excerpt(&report.scenario),
        format::excerpt(&report.model),
        format::count(images as u64),
        format::excerpt(&report.dataset),
        Share::of_fraction(plain, images).both(),
        table.render()
    );
    for row in report.rows.iter().filter(|r| r.refusal.is_none()) {
        let network = networks::told(&row.networks.encrypted);
        text.push_str(&folded(&format!("{}: ", row.name), &network));
    }
    for row in &report.rows {
        for warning in &row.warnings {
            text.push_str(&folded(&format!("{} warning: ", row.name), warning));
        }
        if let Some(refusal) = &row.refusal {
            text.push_str(&folded(&format!("{} cannot: ", row.name), refusal));
        }
    }
    if report.rows_left > 0 {
        text.push_str("stopped before the end\n");
    }
    for row in &report.rows {
        if let Some(fault) = &row.fault {
            text.push_str(&folded(&format!("WRONG: {}: ", row.name), fault));
        }
    }
    text
}
