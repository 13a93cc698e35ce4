//! `sweep`: many polynomials in the place of the activations of one network, as one table.

use super::args::SweepArgs;
use super::context::{Answer, Context};
use super::outcome::status;
use super::progress::Progress;
use super::table::{Table, folded, pairs};
use super::table_file::TableFile;
use activation::{Activation, DEFAULT_PARTS, MAX_DEGREE, Method};
use anyhow::Result;
use format::{self, Share};
use inference::{Session, TrainOptions};
use network::IntervalRule;
use progress::Step;
use study::{
    Study, SweepEvent, SweepReport, SweepRequest, degree_list, function_list, interval_list, sweep,
};

pub(super) fn command(args: &SweepArgs, context: &mut Context) -> Result<Answer> {
    let scenario = args.scenario.open(Some(&args.size), context)?;
    let functions = args.function.as_deref().map(|text| of("--function", function_list(text)));
    let functions = functions.transpose()?;
    let request = SweepRequest {
        methods: methods(&args.methods, functions.as_deref())?,
        degrees: of("--degrees", degree_list(&args.degrees, MAX_DEGREE))?,
        intervals: match &args.intervals {
            Some(text) => of("--intervals", interval_list(text))?,
            None => vec![half_width(scenario.activation.interval)],
        },
        parts: DEFAULT_PARTS,
        own: scenario.activation.polynomial.clone(),
        functions: match functions {
            Some(functions) => functions.into_iter().map(Some).collect(),
            None => vec![None],
        },
        coarse_first: false,
        fine_tune: args.fine_tune.map(|epochs| TrainOptions { epochs, ..TrainOptions::default() }),
        encrypted: args.encrypted,
    };
    request.rows()?;
    let mut uses = context.uses(&args.scenario, &scenario);
    let file = TableFile::open(args.report.as_deref(), &mut uses)?;
    let session = Session::open(&scenario, &context.sources)?;
    let report = {
        let progress = Progress::new(context.err, context.terminal);
        sweep(&session, &request, &context.cancel, &mut |event| {
            if let SweepEvent::Doing { row, of, what, fraction } = event {
                let done = ((row as f64 + fraction) * 1000.0) as u64;
                let what = format!("row {}/{of}, {what}", row + 1);
                progress.step(&Step { what, done, total: 1000 * of as u64 });
            }
        })?
    };
    if let Some(file) = file {
        file.finish(&report)?;
    }
    let status = status(&report)?;
    Ok(Answer { text: show(&report, &request), status })
}

/// What was read of an option, or its name before what is wrong.
fn of<T>(option: &str, read: Result<T, String>) -> Result<T> {
    read.map_err(|reason| anyhow::anyhow!("{option} {reason}"))
}

fn methods(names: &[String], functions: Option<&[Activation]>) -> Result<Vec<Method>> {
    if names.iter().any(|n| n == "all") {
        let functions = functions.unwrap_or(&[Activation::Relu]);
        let applies = |m: &Method| functions.iter().any(|f| m.applies_to(f).is_ok());
        let fitted = |m: &Method| applies(m) && !m.takes_coefficients();
        return Ok(Method::ALL.into_iter().filter(fitted).collect());
    }
    let parse =
        |name: &String| name.parse().map_err(|e| anyhow::anyhow!("--methods: {e}, and all"));
    names.iter().map(parse).collect()
}

fn half_width(half: f64) -> IntervalRule {
    IntervalRule::Given((-half, half))
}

pub(super) fn show(report: &SweepReport, request: &SweepRequest) -> String {
    let share = |fraction: f64| Share::of_fraction(fraction, report.images);
    let summary = pairs(&[
        (
            "scenario",
            format!(
                "{}: model {}",
                format::excerpt(&report.scenario),
                format::excerpt(&report.model)
            ),
        ),
        (
            "samples",
            format!(
                "{} of {}",
                format::count(report.images as u64),
                format::excerpt(&report.dataset)
            ),
        ),
        ("function", report.function.clone()),
        ("original accuracy", share(report.exact_accuracy).both()),
    ]);
    let (trained, encrypted) = (request.fine_tune.is_some(), request.encrypted);
    // As much as fits a page.
    let columns = [
        ("method", true),
        ("degree", true),
        ("interval", true),
        ("function", request.functions.len() > 1),
        ("depth", true),
        ("error_max", !trained && !encrypted),
        ("accuracy", true),
        ("samples_outside", !encrypted),
        ("trained_accuracy", trained),
        ("predicted_latency_secs", true),
        ("predicted_margin_bits", true),
        ("encrypted_accuracy", encrypted),
        ("latency_secs", encrypted),
        ("margin_bits", encrypted),
        ("wrong_outputs", encrypted),
    ];
    let ids: Vec<&str> = columns.iter().filter(|(_, shown)| *shown).map(|(id, _)| *id).collect();
    let table = Table::of(&ids, report.rows.iter());
    let mut text = format!("{summary}\n{}", table.render());
    text.push_str("reference: accuracy in the clear, polynomials put in after training\npredicted, measured: time of all samples together\nnoise: least noise margin (BGV, BFV) or spare precision (CKKS), bits\n");
    if !encrypted {
        text.push_str("outside: samples with an activation input outside the interval\n");
    }
    if trained {
        text.push_str("trained: accuracy in the clear after training with the polynomials\n");
    }
    for row in &report.rows {
        if let Some(refusal) = &row.refusal {
            let name = format!("{} {} {}: ", row.method.name(), row.degree, row.interval_text());
            text.push_str(&folded(&name, refusal));
        }
    }
    if report.rows_left > 0 {
        let (done, of) = (report.rows.len(), report.rows.len() + report.rows_left);
        text.push_str(&format!("stopped: {done} of {of} rows\n"));
    }
    if !report.is_right() {
        text.push_str(
            "WRONG: some values decrypted wrongly; the encrypted answers are not to be trusted\n",
        );
    }
    text
}
