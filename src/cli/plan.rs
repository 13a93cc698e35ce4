//! `plan`: what a run would need and take.

use super::args::PlanArgs;
use super::context::{Answer, Context};
use super::table::{Table, folded, pairs};
use super::words::{bare_bits, guesses, noise_head, number_of, security};
use super::{networks, sequence};
use anyhow::Result;
use circuit::{DegreeRequest, NoiseMeasure, Plan, StageKind};
use experiment::Experiment;

pub(super) fn command(args: &PlanArgs, context: &mut Context) -> Result<Answer> {
    let scenario = args.scenario.open(Some(&args.size), context)?;
    let experiment = Experiment::open(&scenario, &context.sources)?;
    if let Experiment::Sequence(session) = &experiment {
        return sequence::plan(session, args.json, context);
    }
    let plan = experiment.plan(&context.cancel)?;
    if args.json {
        return Ok((serde_json::to_string_pretty(&plan)? + "\n").into());
    }
    let networks = pairs(&networks::rows(&experiment.networks(&context.cancel)?));
    let (name, guesses) = (format::excerpt(&scenario.name), guesses(experiment.dataset()));
    Ok(format!(
        "Plan of {name}

{networks}
{}{guesses}",
        show(&plan)
    )
    .into())
}

/// A stage kind in one word.
fn kind(kind: StageKind) -> &'static str {
    match kind {
        StageKind::Input => "input",
        StageKind::Linear => "linear",
        StageKind::Square => "square",
        StageKind::Polynomial => "polynomial",
        StageKind::Switch => "switch",
        StageKind::KeySwitch => "key switch",
        StageKind::Lookup => "table",
    }
}

/// Bits of a magnitude.
fn magnitude(value: f64) -> String {
    bare_bits(value.max(1.0).log2())
}

/// What is encoded: integers modulo something, or real numbers at a scale.
fn plaintext(plan: &Plan) -> String {
    if plan.tables.is_some() {
        return "small integers on the torus".to_owned();
    }
    let Some(a) = &plan.approximate else {
        let moduli: Vec<_> = plan.plaintext_moduli.iter().map(u64::to_string).collect();
        return format!("{} (modulus {})", format::bits(plan.plaintext_bits), moduli.join(" x "));
    };
    let (predicted, required, left) = a.precision_bits();
    format!(
        "real numbers, {} of precision where {} are required (errors below {:.2e}), {} left",
        format::bits(predicted),
        format::bits(required),
        a.error_bound,
        format::bits(left)
    )
}

/// What is counted as depth.
fn depth(plan: &Plan) -> String {
    match &plan.approximate {
        None if plan.tables.is_some() => number_of(plan.depth, "table", "tables"),
        None => number_of(plan.depth, "squaring", "squarings"),
        Some(a) => format!(
            "{} of multiplications, {} dropped",
            number_of(plan.depth, "level", "levels"),
            number_of(a.levels, "prime", "primes")
        ),
    }
}

/// Which degrees of activations this network could have: "1 at N 4096, 2 to 3 at N 8192".
pub(super) fn degrees(choices: &[DegreeRequest]) -> String {
    let groups = choices.chunk_by(|a, b| a.ring_degree == b.ring_degree);
    let texts = groups.filter_map(|group| {
        let (first, last) = (group.first()?, group.last()?);
        let range = match first.degree == last.degree {
            true => first.degree.to_string(),
            false => format!("{} to {}", first.degree, last.degree),
        };
        Some(match first.ring_degree {
            Some(n) => format!("{range} at N {n}"),
            None => format!("{range} at no N"),
        })
    });
    texts.collect::<Vec<_>>().join(", ")
}

fn show(plan: &Plan) -> String {
    let measure = NoiseMeasure::of(plan.scheme);
    let parameters = pairs(&[
        ("scheme", plan.scheme.name().to_owned()),
        ("security", security(plan.security_bits, &plan.security_table)),
        ("ring degree", plan.ring_degree.to_string()),
        (
            "modulus",
            format!(
                "{}, log2 q {}, with key switching {}",
                number_of(plan.primes.len(), "prime", "primes"),
                format::bits(plan.log2_q),
                format::bits(plan.log2_qp)
            ),
        ),
        ("plaintext", plaintext(plan)),
        ("precision", plan.precision.clone()),
        ("depth", depth(plan)),
        (
            "samples",
            format!(
                "{} in {}, {}",
                format::count(plan.images as u64),
                number_of(plan.batches, "batch", "batches"),
                number_of(plan.threads, "thread", "threads")
            ),
        ),
        (&format!("least {}", measure.name()), measure.text(plan.margin_bits())),
    ]);
    let noise = noise_head(measure);
    let head = ["stage", "kind", "ciphertexts", "bytes", "log2 q", noise, "range", "worst", "time"];
    let mut stages = Table::new(&head);
    for stage in &plan.stages {
        stages.row(vec![
            stage.name.clone(),
            kind(stage.kind).to_owned(),
            format::count(stage.ciphertexts as u64),
            format::bytes(stage.ciphertext_bytes),
            bare_bits(stage.log2_q),
            measure.short(stage.margin_bits),
            magnitude(stage.range_calibrated),
            magnitude(stage.range_worst),
            format::secs(stage.secs),
        ]);
    }
    let (bytes, secs) = (&plan.bytes, &plan.secs);
    let costs = pairs(&[
        (
            "keys",
            format!("{}, {}", format::bytes(bytes.evaluation_keys), format::secs(secs.keygen)),
        ),
        ("upload", format::bytes(bytes.upload)),
        ("download", format::bytes(bytes.download)),
        ("peak memory", format::bytes(bytes.peak_memory)),
        (
            "time",
            format!(
                "{} = encrypt {} + evaluate {} + decrypt {}",
                format::secs(secs.total()),
                format::secs(secs.encrypt),
                format::secs(secs.evaluate),
                format::secs(secs.decrypt)
            ),
        ),
    ]);
    let warnings: String = plan.warnings.iter().map(|w| folded("warning: ", &w.message)).collect();
    let legend = match &plan.approximate {
        None if plan.tables.is_some() => {
            "failure: probability that a table lookup takes a wrong bin that is not adjacent\n"
                .to_owned()
        }
        None => {
            "noise margin, range and worst in bits (range: on calibration data; worst: any input)\n"
                .to_owned()
        }
        Some(a) => {
            "spare precision in bits above the required, range on calibration data in bits\n"
                .to_owned()
                + &folded(
                    "degrees of activations at 128 bits, estimated from the scales of this plan: ",
                    &degrees(&a.degrees),
                )
        }
    };
    let tables = plan.tables.as_ref().map_or(String::new(), |t| super::tables::plan(t) + "\n");
    format!("{parameters}\n{}{legend}\n{tables}{costs}{warnings}", stages.render())
}
