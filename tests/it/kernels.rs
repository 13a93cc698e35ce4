//! Whole runs under every kernel of this processor: the same request with the same seed gives the same
//! report but for times.

use cryptoscope::ring::Kernel;
use serde_json::Value;
use std::process::{Command, Stdio};

/// Fields that time and machine decide.
fn is_of_the_machine(name: &str) -> bool {
    name.contains("secs")
        || [
            "kernel",
            "images_per_sec",
            "sequences_per_sec",
            "peak_memory_bytes",
            // When it began, and what it told on the way at which moment.
            "began",
            "events",
        ]
        .contains(&name)
}

fn without_times(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(name, _)| !is_of_the_machine(name));
            Value::Object(kept.map(|(name, value)| (name, without_times(value))).collect())
        }
        Value::Array(all) => Value::Array(all.into_iter().map(without_times).collect()),
        other => other,
    }
}

/// The report of a run under a kernel; every output was right.
fn report(kernel: &str, args: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let done = Command::new(env!("CARGO_BIN_EXE_cryptoscope"))
        .arg("run")
        .args(args)
        .arg("--report")
        .arg(&path)
        .env("CRYPTOSCOPE_KERNEL", kernel)
        .env_remove("CRYPTOSCOPE_DATA")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let err = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(0), "{kernel} {args:?}: {err}");
    let report: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(report["encrypted"]["wrong_outputs"], 0, "{kernel} {args:?}");
    report
}

fn same_under_every_kernel(args: &[&str]) {
    let mut first = None;
    for kernel in Kernel::available() {
        let report = report(kernel.name(), args);
        assert_eq!(report["scheme"]["kernel"], kernel.name());
        let report = without_times(report);
        assert_eq!(
            *first.get_or_insert_with(|| report.clone()),
            report,
            "{} {args:?}",
            kernel.name()
        );
    }
}

#[test]
fn exact_integers_are_the_same() {
    same_under_every_kernel(&["digits", "--seed", "1", "--set", "scheme.kind=bgv"]);
}

#[test]
fn real_numbers_with_wide_weights_are_the_same() {
    // Weights that need more than 61 bits with a residue of 50: what a sum in one word cannot hold.
    let precise = ["--set", "scheme.kind=ckks", "--set", "scheme.precision_bits=14"];
    same_under_every_kernel(&[&["digits", "--seed", "1"][..], &precise].concat());
    let precise = ["--set", "scheme.kind=ckks", "--set", "scheme.precision_bits=16"];
    same_under_every_kernel(&[&["hospital", "--seed", "3"][..], &precise].concat());
}

#[test]
fn recurrent_networks_are_the_same() {
    let run = |settings: &[&str]| {
        let settings = settings.iter().flat_map(|setting| ["--set", *setting]);
        let args: Vec<&str> =
            ["cryptornn", "--seed", "1", "--images", "2"].into_iter().chain(settings).collect();
        same_under_every_kernel(&args);
    };
    run(&["sequence.strategy=client_aided", "scheme.ring_degree=8192", "sequence.steps=6"]);
    run(&["sequence.strategy=refresh", "sequence.refresh_every=1", "sequence.steps=3"]);
    run(&["sequence.strategy=levelled", "sequence.steps=2"]);
}
