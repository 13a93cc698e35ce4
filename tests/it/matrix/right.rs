//! Runs that must be right, held against answers known from elsewhere; runs that must say that they are
//! wrong; runs that are stopped.

use super::case::{Case, Expected, Outcome};
use super::shared::{TRAINING, known};
use serde_json::Value;

/// Runs of the table through the network made by hand, and the table they take.
const RUNS: [(&str, &str); 19] = [
    ("--set scheme.kind=bgv --seed 1", "larger"),
    ("--set scheme.kind=bgv", "larger"),
    ("--set scheme.kind=bgv --threads 1 --seed 2", "larger"),
    ("--set scheme.kind=bgv --set scheme.prime_bits=40 --seed 1", "larger"),
    ("--set scheme.kind=bgv --set scheme.prime_bits=50 --seed 1", "larger"),
    ("--set scheme.kind=bgv --set scheme.prime_count=4 --seed 1", "larger"),
    ("--set scheme.kind=bfv --seed 1", "larger"),
    ("--set scheme.kind=bfv --threads 1 --seed 2", "larger"),
    ("--set scheme.kind=ckks --seed 1", "larger"),
    ("--set scheme.kind=ckks --threads 1 --seed 2", "larger"),
    ("--set scheme.kind=ckks --set scheme.ring_degree=8192 --seed 1", "larger"),
    ("--set scheme.kind=ckks --set scheme.ring_degree=16384 --seed 1", "larger"),
    ("--set scheme.kind=ckks --set scheme.precision_bits=8 --seed 1", "larger"),
    ("--set scheme.kind=bgv --seed 1", "apart"),
    ("--set scheme.kind=bfv --seed 1", "apart"),
    ("--set scheme.kind=ckks --seed 1", "apart"),
    (
        "--set scheme.kind=ckks --set activation.method=least_squares --set activation.degree=4 --set activation.interval=16 --set model={shared}/relu.safetensors --seed 1",
        "apart",
    ),
    ("--set activation.kind=lookup --set model={shared}/relu.safetensors --seed 1", "apart"),
    (
        "--set activation.kind=lookup --set model={shared}/relu.safetensors --threads 1 --seed 2",
        "apart",
    ),
];

fn number(report: &Value, path: &str) -> f64 {
    report.pointer(path).and_then(Value::as_f64).unwrap_or(f64::NAN)
}

/// What is wrong with a report where so many samples are answered as labelled.
fn off(report: &Value, share: f64, samples: usize) -> Option<String> {
    let found = number(report, "/encrypted/accuracy");
    let (agreement, wrong) =
        (number(report, "/encrypted/agreement"), number(report, "/encrypted/wrong_outputs"));
    let images = number(report, "/images");
    let right = (found - share).abs() < 1e-9
        && agreement == 1.0
        && wrong == 0.0
        && images == samples as f64;
    (!right).then(|| {
        format!("accuracy {found} where {share} is right, agreement {agreement}, {wrong} wrong outputs, {images} of {samples} samples")
    })
}

fn tables(all: &mut Vec<Case>) {
    for (more, table) in RUNS {
        let dataset = format!("dataset={{shared}}/{table}.csv");
        let command = format!(
            "run hospital --set {dataset} --set model={{shared}}/larger.safetensors {more} --report {{dir}}/r.json"
        );
        all.push(Case::right(&command, move |outcome| {
            let (share, samples) = known(&outcome.shared.join(format!("{table}.csv")));
            off(&outcome.json("r.json"), share, samples)
        }));
    }
    let model = "--set dataset={shared}/apart.csv --set model={shared}/relu.safetensors --seed 1";
    let command = format!("compare hospital {model} --report {{dir}}/r.json");
    all.push(Case::right(&command, |outcome| {
        let (share, _) = known(&outcome.shared.join("apart.csv"));
        let rows = outcome.json("r.json")["rows"].as_array().cloned().unwrap_or_default();
        let right =
            |row: &Value| number(row, "/accuracy") == share && number(row, "/wrong_outputs") == 0.0;
        let fault = rows.iter().find(|row| row["refusal"].is_null() && !right(row));
        if rows.len() < 3 { Some("rows are missing".into()) } else { fault.map(Value::to_string) }
    }));
    for encrypted in ["", " --encrypted"] {
        let command = format!(
            "sweep hospital {model} --methods least_squares,minimax --degrees 4 --intervals 16{encrypted} --report {{dir}}/r.json"
        );
        all.push(Case::right(&command, |outcome| {
            let (share, _) = known(&outcome.shared.join("apart.csv"));
            let report = outcome.json("r.json");
            let exact = number(&report, "/exact_accuracy");
            (exact != share).then(|| format!("exact accuracy {exact} where {share} is right"))
        }));
    }
}

/// Recurrent networks: the answers of a few sequences under each strategy are those of the reference, and
/// over many sequences nearly those in the clear, which are right in nine of ten.
fn sequences(all: &mut Vec<Case>) {
    for (strategy, more) in [
        ("refresh", "--images 8 --set sequence.steps=6"),
        ("refresh", "--images 8 --set sequence.steps=6 --set sequence.refresh_every=1"),
        ("refresh", "--images 64 --threads 1"),
        ("client", "--images 8 --set sequence.steps=6"),
        ("client", "--images 64"),
        ("levelled", "--images 8 --set sequence.steps=2"),
        ("levelled", "--images 8 --set sequence.steps=3"),
    ] {
        let command = format!(
            "run cryptornn --seed 3 --set sequence.strategy={strategy} {more} --report {{dir}}/r.json"
        );
        let many = more.contains("64");
        all.push(Case::right(&command, move |outcome| {
            let report = outcome.json("r.json");
            let (found, plain) =
                (number(&report, "/encrypted/accuracy"), number(&report, "/plain/accuracy"));
            if many && (found < 0.9 || plain < 0.9) {
                return Some(format!("accuracy {found}, in the clear {plain}; above 0.9 is right"));
            }
            let share = number(&report, "/plain/integer_accuracy");
            off(&report, share, if many { 64 } else { 8 })
        }));
    }
}

/// Past their budget, and said so.
fn wrong(all: &mut Vec<Case>) {
    for more in ["--set scheme.kind=bgv --seed 1", "--set scheme.kind=bgv --images 1 --seed 4"] {
        let command =
            format!("run digits --set scheme.prime_count=1 --set scheme.past_budget=true {more}");
        all.push(Case::new(&command, Expected::Wrong));
    }
    let command = "compare digits --schemes bgv --set scheme.prime_count=1 --set scheme.past_budget=true --seed 1";
    all.push(Case::new(command, Expected::Wrong));
}

/// Each scheme and protocol, stopped early and late by each signal.
fn stops(all: &mut Vec<Case>) {
    let training = TRAINING.replace("--epochs 1", "--epochs 50")
        + " --checkpoint {dir}/c.ckpt --report {dir}/r.json";
    let commands = [
        "run cryptonn-hospital --set scheme.ring_degree=32768 --report {dir}/r.json",
        "run digits --set scheme.kind=bfv --set scheme.ring_degree=32768 --report {dir}/r.json",
        "run hospital --set activation.kind=lookup --report {dir}/r.json",
        "run cryptornn --report {dir}/r.json",
        "run cryptornn --set sequence.strategy=bootstrap --report {dir}/r.json",
        "compare cryptornn --whole --report {dir}/r.csv",
        "compare cryptonn-hospital --report {dir}/r.csv",
        "sweep hospital --set model={shared}/relu.safetensors --set dataset={shared}/apart.csv --encrypted --degrees 2..9 --report {dir}/r.csv",
        "train digits --out {dir}/m.safetensors",
        "train cryptornn --out {dir}/m.safetensors",
        &training,
    ];
    for (at, command) in commands.iter().enumerate() {
        for (which, after) in [100, 900].into_iter().enumerate() {
            let signal = ["INT", "TERM", "HUP"][(at + which) % 3];
            let case = Case::new(command, Expected::Stopped(signal, after));
            all.push(case.named(&format!("{signal} after {after} ms")));
        }
    }
}

/// Scenarios from files and standard input are those that were written.
fn scenarios(all: &mut Vec<Case>) {
    const SCENARIO: &str =
        r#"{"name": "own", "model": "larger.safetensors", "dataset": "larger.csv", "seed": 9}"#;
    let right = |outcome: &Outcome| {
        let (share, samples) = known(&outcome.dir.join("larger.csv"));
        off(&outcome.json("r.json"), share, samples)
    };
    for (name, mark) in [("s.json", ""), ("s.JSON", ""), ("own", ""), ("mark.json", "\u{feff}")] {
        let command = format!("run {{dir}}/{name} --report {{dir}}/r.json");
        let case = Case::right(&command, right).file(name, format!("{mark}{SCENARIO}"));
        let case = case.with_shared("larger.csv", "larger.csv", |b| b);
        all.push(case.with_shared("larger.safetensors", "larger.safetensors", |b| b));
    }
}

pub fn all() -> Vec<Case> {
    let mut all = Vec::new();
    tables(&mut all);
    sequences(&mut all);
    wrong(&mut all);
    stops(&mut all);
    scenarios(&mut all);
    all
}
