//! `compare` of a recurrent scenario: every strategy that fits, one table.

use super::args::CompareArgs;
use super::context::{Answer, Context};
use super::networks;
use super::outcome::status;
use super::progress::Progress;
use super::table::{Table, folded};
use super::table_file::TableFile;
use activation::{Activation, Method};
use anyhow::{Result, bail};
use progress::Step;
use recurrent::SequenceSession;
use report::Event;
use scenario::Scenario;
use std::sync::Mutex;
use study::{Row, StrategyComparison, StrategyEvent, StrategyRequest, compare_strategies};

/// Parts that the progress of a row is told in.
const PARTS: f64 = 1000.0;

pub(super) fn command(
    scenario: &Scenario,
    args: &CompareArgs,
    context: &mut Context,
) -> Result<Answer> {
    let usual = StrategyRequest::default();
    let row_secs = match args.row_secs {
        Some(secs) if !secs.is_finite() || secs <= 0.0 => {
            bail!("--row-secs is {secs}; give more than 0, or --whole for no limit")
        }
        Some(secs) => Some(secs),
        None if args.whole => None,
        None => usual.row_secs,
    };
    let activations = match args.activations.as_slice() {
        [] => usual.activations,
        names => methods(names)?,
    };
    let request = StrategyRequest { row_secs, activations };
    let mut uses = context.uses(&args.scenario, scenario);
    let file = TableFile::open(args.report.as_deref(), &mut uses)?;
    let session = SequenceSession::open(scenario, &context.sources)?;
    let comparison = {
        let progress = Progress::new(context.err, context.terminal);
        let doing = Mutex::new(String::new());
        compare_strategies(&session, &request, &context.cancel, &|event| {
            let Ok(mut doing) = doing.lock() else { return };
            let fraction = match event {
                StrategyEvent::Begin { row, of, name, .. } => {
                    *doing = format!("{name}, {} of {of}", row + 1);
                    0.0
                }
                StrategyEvent::Run(Event::Progress { fraction, .. }) => fraction,
                StrategyEvent::Run(_) | StrategyEvent::Row { .. } => return,
            };
            let done = (fraction * PARTS) as u64;
            progress.step(&Step { what: doing.clone(), done, total: PARTS as u64 });
        })?
    };
    if let Some(file) = file {
        file.finish(&comparison)?;
    }
    let status = status(&comparison)?;
    Ok(Answer { text: show(&comparison), status })
}

fn methods(names: &[String]) -> Result<Vec<Method>> {
    if names.iter().any(|n| n == "all") {
        let fits = |m: &Method| m.applies_to(&Activation::Tanh).is_ok() && !m.takes_coefficients();
        return Ok(Method::ALL.into_iter().filter(fits).collect());
    }
    let parse =
        |name: &String| name.parse().map_err(|e| anyhow::anyhow!("--activations: {e}, and all"));
    names.iter().map(parse).collect()
}

/// What came out, and what one sequence takes.
const ANSWERS: [&str; 9] = [
    "remedy",
    "steps",
    "sequences",
    "plain_accuracy",
    "carried_accuracy",
    "accuracy",
    "agreement",
    "wrong_outputs",
    "margin_bits",
];
const COSTS: [&str; 8] = [
    "remedy",
    "latency_secs",
    "one_client_secs",
    "one_upload_bytes",
    "one_download_bytes",
    "one_rounds",
    "sequences_per_sec",
    "bytes_per_sequence",
];

pub(super) fn show(comparison: &StrategyComparison) -> String {
    let ran = || comparison.rows.iter().filter(|r| r.refused.is_none());
    let answers = Table::of(&ANSWERS, ran());
    let costs = Table::of(&COSTS, ran());
    let mut head = vec!["from end to end"];
    let presets = comparison.rows.iter().find(|r| !r.end_to_end.is_empty());
    let presets = presets.map_or(&[][..], |r| &r.end_to_end);
    head.extend(presets.iter().map(|e| e.connection.name.as_str()));
    let mut ways = Table::new(&head);
    let (mut notes, mut reveals) = (String::new(), Vec::new());
    for row in &comparison.rows {
        let name = Row::name(row);
        if let Some(reason) = &row.refused {
            notes.push_str(&folded(&format!("{name}: "), reason));
            continue;
        }
        let mut cells = vec![name.clone()];
        cells.extend(row.end_to_end.iter().map(|e| format::secs(e.secs)));
        ways.row(cells);
        for warning in &row.warnings {
            notes.push_str(&folded(&format!("{name} warning: "), warning));
        }
        if let Some(note) = &row.note {
            notes.push_str(&folded(&format!("{name}: "), note));
        }
        let told = (row.strategy.name(), row.reveals.as_str());
        if !reveals.contains(&told) {
            reveals.push(told);
        }
    }
    for row in comparison.rows.iter().filter(|r| r.refused.is_none()) {
        let network = networks::told(&row.network);
        notes.push_str(&folded(&format!("{} encrypts ", row.name()), &network));
    }
    for (name, what) in reveals {
        notes.push_str(&folded(&format!("{name} reveals "), what));
    }
    if comparison.rows_left > 0 {
        notes.push_str("stopped before the end\n");
    }
    for row in &comparison.rows {
        if let Some(fault) = &row.fault {
            notes.push_str(&folded(&format!("WRONG: {}: ", row.strategy.name()), fault));
        }
    }
    let about = folded(
        "",
        "original: in the clear, on the same steps of the same sequences; reference: what the ciphertexts stand for, in the clear; agree: encrypted answers that are those of the reference; noise: the least measured, spare precision or failure probability; alone: work on one sequence, client and server, without keys and the way; client: its part; up, down, rounds: of one sequence; sequences/s, bytes each: in a batch as full as stated; from end to end: one sequence over a connection, keys included",
    );
    format!(
        "Strategies for {}: model {} on {}\n\n{}\n{}\n{}\n{about}\n{notes}",
        format::excerpt(&comparison.scenario),
        format::excerpt(&comparison.model),
        format::excerpt(&comparison.dataset),
        answers.render(),
        costs.render(),
        ways.render()
    )
}
