//! `bench`: measurements, one JSON line each.

use super::args::{BenchArgs, COSTS};
use super::context::{Answer, Context};
use super::progress::Progress;
use anyhow::{Context as _, Result, ensure};
use bench::{BenchError, Harness, Measurement, Options, Workload};
use circuit::{CostTable, cache_folder};
use progress::{Step, Watch};
use ring::Kernel;
use std::io::Write;

/// Measures and writes each figure to `out` as soon as it is there.
pub(super) fn command(
    args: &BenchArgs,
    context: &mut Context,
    out: &mut dyn Write,
) -> Result<Answer> {
    if let Some(name) = &args.kernel {
        let kernel = Kernel::named(name, "--kernel")?;
        ensure!(kernel.choose() == kernel, "--kernel {name}: this process already uses another");
    }
    if args.workload == COSTS {
        return costs(args.save);
    }
    ensure!(!args.save, "--save keeps unit costs: write bench {COSTS} --save");
    let workload = Workload::named(&args.workload)
        .with_context(|| format!("no workload {}", args.workload))?;
    let options = Options {
        threads: args.threads.map(|n| n as usize),
        repetitions: args.repetitions.map(|n| n as usize),
        seed: args.seed,
    };
    let progress = Progress::new(context.err, context.terminal);
    let report = |step: Step| progress.step(&step);
    let watch = Watch::new(context.cancel.clone(), &report);
    let mut emit = |measurement: &Measurement| -> Result<(), BenchError> {
        let line = serde_json::to_string(measurement).map_err(std::io::Error::from)?;
        progress.suspended(|| writeln!(out, "{line}").and_then(|()| out.flush()))?;
        Ok(())
    };
    let measured = Harness::new(options, &context.sources, &watch, &mut emit)
        .and_then(|mut harness| workload.measure(&mut harness));
    match measured {
        // A reader who has read enough (`| head`) is no error.
        Err(BenchError::Output(e)) if e.kind() == std::io::ErrorKind::BrokenPipe => {}
        other => other?,
    }
    Ok(String::new().into())
}

/// The unit costs of this machine, measured now; kept where asked for.
fn costs(save: bool) -> Result<Answer> {
    if !save {
        return Ok((serde_json::to_string_pretty(&CostTable::measured())? + "\n").into());
    }
    let folder = cache_folder()
        .context("--save: no cache folder is known; set XDG_CACHE_HOME to the path of one")?;
    let (_, path) = CostTable::remake(&folder)
        .with_context(|| format!("--save: costs cannot be kept in {}", folder.display()))?;
    Ok(format!("costs measured and kept in {}\n", path.display()).into())
}
