//! Recurrent scenarios: their plan, and the report of a run step by step.

use super::accuracies::accuracies;
use super::context::{Answer, Context};
use super::networks;
use super::table::{Table, folded, pairs};
use super::words::{bare_bits, guesses, number_of, remarks, scheme_rows, security};
use anyhow::Result;
use circuit::{NoiseStrategy, Plan, SequencePlan};
use recurrent::SequenceSession;
use report::{RunReport, SequenceReport};

/// Steps that a table shows; of more the first and last ones.
const SHOWN: usize = 32;

/// `plan` of a recurrent scenario.
pub(super) fn plan(session: &SequenceSession, json: bool, context: &Context) -> Result<Answer> {
    let plan = session.plan(&context.cancel)?;
    if json {
        return Ok((serde_json::to_string_pretty(&plan)? + "\n").into());
    }
    let shown = match plan.sequence.as_deref() {
        Some(sequence) if session.choice().strategy != NoiseStrategy::Bootstrap => {
            show_plan(&plan, sequence)
        }
        _ => show_tables(&plan),
    };
    Ok(format!("{}{shown}{}", before(session), guesses(&session.dataset)).into())
}

/// Title and networks of a plan.
fn before(session: &SequenceSession) -> String {
    let networks = pairs(&networks::rows(&session.networks()));
    format!("Plan of {}\n\n{networks}\n", format::excerpt(&session.scenario.name))
}

fn show_tables(plan: &Plan) -> String {
    let mut rows = vec![
        ("strategy", NoiseStrategy::Bootstrap.name().to_owned()),
        ("scheme", format!("TFHE, tables of {} entries", plan.ring_degree)),
        ("security", security(plan.security_bits, &plan.security_table)),
        ("precision", plan.precision.clone()),
        ("margin", format!("{} in every step", format::bits(plan.margin_bits()))),
        (
            "sequences",
            format!(
                "{} of {}, one after another",
                format::count(plan.images as u64),
                number_of(plan.depth, "step", "steps")
            ),
        ),
        (
            "time",
            format!(
                "{} a sequence, {} in all",
                format::secs(plan.secs.total() / plan.images.max(1) as f64),
                format::secs(plan.secs.total())
            ),
        ),
        (
            "traffic",
            format!(
                "up {}, down {}, keys {}, rounds {}",
                format::bytes(plan.bytes.upload),
                format::bytes(plan.bytes.download),
                format::bytes(plan.bytes.evaluation_keys),
                format::count(plan.images as u64)
            ),
        ),
        ("memory", format::bytes(plan.bytes.peak_memory)),
        ("reveals", NoiseStrategy::Bootstrap.reveals().to_owned()),
    ];
    rows.extend(plan.warnings.iter().map(|w| ("warning", w.message.clone())));
    let about = "margin: -log2 of the probability that a lookup is off by more than an eighth of the largest state";
    format!("{}{}", pairs(&rows), folded("", about))
}

fn show_plan(plan: &Plan, steps: &SequencePlan) -> String {
    let mut rows = vec![
        ("strategy", strategy(steps.strategy.name(), steps.refresh_every, steps.steps)),
        ("scheme", format!("CKKS, N {}, log2 q {}", plan.ring_degree, format::bits(plan.log2_q))),
        ("security", security(plan.security_bits, &plan.security_table)),
        (
            "precision",
            format!(
                "errors below {:.2e}, predicted {:.2e}; states at scale 2^{:.0}",
                steps.error_bound, steps.max_error, steps.scale_bits
            ),
        ),
        (
            "sequences",
            format!(
                "{} of {} in {}",
                format::count(steps.sequences as u64),
                number_of(steps.steps, "step", "steps"),
                number_of(plan.batches, "batch", "batches")
            ),
        ),
        (
            "time",
            format!(
                "server {}, client {}, {} from end to end ({})",
                format::secs(steps.server_secs),
                format::secs(steps.client_secs),
                format::secs(steps.end_to_end_secs),
                steps.connection.name
            ),
        ),
        (
            "traffic",
            format!(
                "up {}, down {}, keys {}, rounds {}",
                format::bytes(steps.upload_bytes),
                format::bytes(steps.download_bytes),
                format::bytes(steps.key_bytes),
                plan.batches as u64 * steps.rounds
            ),
        ),
        ("memory", format::bytes(steps.memory_bytes)),
        ("reveals", steps.strategy.reveals().to_owned()),
    ];
    rows.extend(plan.warnings.iter().map(|w| ("warning", w.message.clone())));
    if steps.longest_chain > 0 {
        let text = format!(
            "{} at 128 bits, {} a step",
            number_of(steps.longest_chain, "step", "steps"),
            number_of(steps.levels_per_step, "level", "levels")
        );
        rows.insert(3, ("longest chain", text));
    }
    let mut table =
        Table::new(&["step", "level", "margin", "budget", "server", "client", "up", "down"]);
    for (at, step) in shown(&steps.step_plans) {
        table.row(vec![
            (at + 1).to_string(),
            step.level.to_string(),
            bare_bits(step.margin_bits),
            bare_bits(step.budget_bits),
            format::secs(step.server_secs),
            format::secs(step.client_secs),
            format::bytes(step.up_bytes),
            format::bytes(step.down_bytes),
        ]);
    }
    format!(
        "{}\n{}margin: bits of precision above the required; budget: log2(q/2) - log2(max phase); time and traffic of one batch\n",
        pairs(&rows),
        table.render()
    )
}

fn strategy(name: &str, every: usize, steps: usize) -> String {
    match every < steps {
        true => format!("{name}, every {}", number_of(every, "step", "steps")),
        false => name.to_owned(),
    }
}

/// Entries with their places, those in the middle left out where there are many.
fn shown<T>(all: &[T]) -> impl Iterator<Item = (usize, &T)> {
    let half = SHOWN / 2;
    let count = all.len();
    let keeps = move |at: usize| count <= SHOWN || at < half || at + half >= count;
    all.iter().enumerate().filter(move |(at, _)| keeps(*at))
}

/// The report of a run.
pub(super) fn show(report: &RunReport, sequence: &SequenceReport) -> String {
    let hidden: Vec<String> = sequence.hidden.iter().map(usize::to_string).collect();
    let mut summary = vec![
        (
            "scenario",
            format!(
                "{}: model {} ({} {}), {} sequences of {}, {}, seed {}",
                format::excerpt(&report.scenario),
                format::excerpt(&report.model),
                sequence.cell,
                hidden.join(" + "),
                format::count(report.images as u64),
                format::excerpt(&report.dataset),
                number_of(sequence.steps, "step", "steps"),
                report.seed
            ),
        ),
        ("strategy", strategy(sequence.strategy.name(), sequence.refresh_every, sequence.steps)),
        ("reveals", sequence.reveals.clone()),
    ];
    summary.extend(scheme_rows(&report.scheme));
    summary.extend(networks::rows(&report.networks));
    let summary = pairs(&summary);
    let accuracy = accuracies(report);
    let costs = pairs(&[
        (
            "time",
            format!(
                "server {} + client {}: {} a batch, {} a step, {} per sequence and step; keys {}",
                format::secs(sequence.server_secs - sequence.server_key_secs),
                format::secs(sequence.client_secs - sequence.client_key_secs),
                format::secs(sequence.batch_secs),
                format::secs(sequence.step_secs),
                format::secs(
                    sequence.work_secs() / (sequence.sequences * sequence.steps).max(1) as f64
                ),
                format::secs(sequence.client_key_secs + sequence.server_key_secs)
            ),
        ),
        (
            "throughput",
            format!(
                "{:.1} sequences/s, {}",
                sequence.sequences_per_sec,
                number_of(report.threads, "thread", "threads")
            ),
        ),
        (
            "traffic",
            format!(
                "up {}, down {}, keys {}, rounds {}",
                format::bytes(sequence.upload_bytes),
                format::bytes(sequence.download_bytes),
                format::bytes(sequence.key_bytes),
                format::count(sequence.rounds)
            ),
        ),
        ("end to end", {
            let each = sequence.end_to_end.iter();
            let each: Vec<String> =
                each.map(|e| format!("{} {}", e.connection.name, format::secs(e.secs))).collect();
            each.join(", ")
        }),
        ("peak memory", format::bytes(report.peak_memory_bytes)),
    ]);
    let mut text = format!("{summary}\n{accuracy}\n{costs}\n{}", steps(sequence));
    text.push_str(
        "margin: bits of precision above the required; budget: log2(q/2) - log2(max phase); predicted and measured\n",
    );
    text.push_str(&remarks(report));
    text
}

fn steps(sequence: &SequenceReport) -> String {
    let head = [
        "step", "margin", "measured", "budget", "measured", "error", "server", "client", "up",
        "down", "fresh", "wrong",
    ];
    let mut table = Table::new(&head);
    for (at, step) in shown(&sequence.per_step) {
        table.row(vec![
            (at + 1).to_string(),
            bare_bits(step.margin_bits_predicted),
            bare_bits(step.margin_bits_measured.unwrap_or(f64::NAN)),
            bare_bits(step.budget_bits_predicted),
            bare_bits(step.budget_bits_measured.unwrap_or(f64::NAN)),
            step.max_abs_error.map_or("—".to_owned(), |e| format!("{e:.1e}")),
            format::secs(step.server_secs),
            format::secs(step.client_secs),
            format::bytes(step.up_bytes),
            format::bytes(step.down_bytes),
            if step.refreshed { "yes" } else { "" }.to_owned(),
            format::count(step.wrong_values),
        ]);
    }
    table.render()
}
