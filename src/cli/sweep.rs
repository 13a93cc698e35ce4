//! `sweep`: many polynomials in the place of the activations of one network, as one table.

use super::args::SweepArgs;
use super::context::{Answer, Context};
use super::outcome::status;
use super::progress::Progress;
use super::table::{Table, folded, pairs};
use super::table_file::TableFile;
use activation::{Activation, DEFAULT_PARTS, Method};
use anyhow::{Context as _, Result, bail};
use format::{self, Share};
use inference::{Session, TrainOptions};
use network::IntervalRule;
use progress::Step;
use study::{Study, SweepEvent, SweepReport, SweepRequest, sweep};

/// How much wider than its measured inputs the interval of a layer is.
const MARGIN: f64 = 0.1;

pub(super) fn command(args: &SweepArgs, context: &mut Context) -> Result<Answer> {
    let scenario = args.scenario.open(Some(&args.size), context)?;
    let request = SweepRequest {
        methods: methods(&args.methods, args.function.as_deref())?,
        degrees: degrees(&args.degrees)?,
        intervals: match &args.intervals {
            Some(text) => intervals(text)?,
            None => vec![half_width(scenario.activation.interval)],
        },
        parts: DEFAULT_PARTS,
        function: args.function.as_deref().map(function).transpose()?,
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

fn methods(names: &[String], function: Option<&str>) -> Result<Vec<Method>> {
    if names.iter().any(|n| n == "all") {
        let function = function.map_or(Ok(Activation::Relu), self::function)?;
        return Ok(Method::ALL.into_iter().filter(|m| m.applies_to(&function).is_ok()).collect());
    }
    let parse =
        |name: &String| name.parse().map_err(|e| anyhow::anyhow!("--methods: {e}, and all"));
    names.iter().map(parse).collect()
}

/// `2..9` with both ends, `2,3,7`, or both: `2,4..6`.
fn degrees(text: &str) -> Result<Vec<usize>> {
    let wrong = || format!("--degrees {text}: write numbers and ranges, as in 2..9 or 2,4,7");
    let mut all = Vec::new();
    for part in text.split(',') {
        let (low, high) = part.split_once("..").unwrap_or((part, part));
        let low: usize = low.trim().parse().with_context(wrong)?;
        let high: usize = high.trim_start_matches('=').trim().parse().with_context(wrong)?;
        if low > high || high > 1000 {
            bail!(wrong());
        }
        all.extend(low..=high);
    }
    Ok(all)
}

/// Half-widths, or `measured`.
fn intervals(text: &str) -> Result<Vec<IntervalRule>> {
    let one = |part: &str| {
        match part.trim() {
        "measured" => Ok(IntervalRule::Measured { quantile: 1.0, margin: MARGIN }),
        number => number.parse().ok().filter(|half| *half > 0.0 && f64::is_finite(*half)).map_or_else(
            || bail!("--intervals {text}: write half-widths above 0 or measured, as in 3,5,measured"),
            |half| Ok(half_width(half)),
        ),
    }
    };
    text.split(',').map(one).collect()
}

fn half_width(half: f64) -> IntervalRule {
    IntervalRule::Given((-half, half))
}

fn function(name: &str) -> Result<Activation> {
    let known = || Activation::TARGETS.map(|f| f.name().to_lowercase());
    Activation::TARGETS
        .into_iter()
        .find(|f| f.name().to_lowercase() == name.to_lowercase())
        .with_context(|| format!("--function {name}: {} are possible", known().join(", ")))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_are_numbers_and_ranges() {
        assert_eq!(degrees("2..5").unwrap(), [2, 3, 4, 5]);
        assert_eq!(degrees("2,7,9..10").unwrap(), [2, 7, 9, 10]);
        for bad in ["", "x", "5..2", "2..", "1..100000"] {
            assert!(degrees(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn intervals_are_half_widths_or_measured() {
        let found = intervals("3,measured").unwrap();
        assert_eq!(found[0], IntervalRule::Given((-3.0, 3.0)));
        assert!(matches!(found[1], IntervalRule::Measured { .. }));
        for bad in ["0", "-1", "wide", "inf"] {
            assert!(intervals(bad).is_err(), "{bad}");
        }
    }
}
