//! Files of earlier versions still open, and mean what they meant. Those here were written by the
//! program at commit ed3fb35, `*.json` of scenarios by hand.

use cryptoscope::activation::Method;
use cryptoscope::circuit::NoiseStrategy;
use cryptoscope::network::Network;
use cryptoscope::report::RunReport;
use cryptoscope::scenario::{LayerRequests, Scenario};
use cryptoscope::study::{CompareReport, StrategyComparison, Study, SweepReport};
use cryptoscope::training::{Checkpoint, CryptonnReport};
use serde::de::DeserializeOwned;
use std::path::PathBuf;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/old_files").join(name)
}

fn read<T: DeserializeOwned>(name: &str) -> T {
    let text = std::fs::read_to_string(path(name)).expect("is there");
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"))
}

#[test]
fn reports_of_runs_open() {
    for (name, kind, images, accuracy) in [
        ("run-bgv.json", "bgv", 113, 0.982_300_884_955_752_2),
        ("run-ckks.json", "ckks", 2, 1.0),
        ("run-tables.json", "tfhe", 1, 1.0),
    ] {
        let report: RunReport = read(name);
        assert_eq!((report.schema_version, report.scheme.kind.as_str()), (1, kind));
        assert_eq!((report.images, report.encrypted.accuracy), (images, accuracy), "{name}");
        assert!(report.is_right() && !report.stages.is_empty(), "{name}");
        // Written again, nothing that was read is lost.
        let again: RunReport =
            serde_json::from_str(&serde_json::to_string(&report).unwrap()).unwrap();
        assert_eq!(again, report);
    }
    let report: RunReport = read("run-sequence.json");
    let sequence = report.sequence.expect("its steps");
    assert_eq!((sequence.steps, sequence.per_step.len()), (3, 3));
}

#[test]
fn reports_of_studies_open() {
    let sweep: SweepReport = read("sweep.json");
    let row = &sweep.rows[0];
    assert_eq!((row.method, row.degree, row.accuracy()), (Method::Minimax, 2, Some(0.15)));
    assert!(sweep.is_right() && sweep.to_csv().lines().count() == 2);
    let compared: CompareReport = read("compare.json");
    assert_eq!((compared.rows[0].name.as_str(), compared.rows[0].images), ("BGV", 4));
    assert!(compared.is_right());
    let strategies: StrategyComparison = read("strategies.json");
    assert!(
        strategies
            .rows
            .iter()
            .any(|r| r.strategy == NoiseStrategy::ClientAided && r.refused.is_none())
    );
    assert!(strategies.is_right());
    let training: CryptonnReport = read("training.json");
    assert_eq!(training.epochs.len(), 2);
}

#[test]
fn models_and_checkpoints_open() {
    let model = Network::load(path("model.safetensors")).expect("opens");
    assert_eq!((model.name(), model.input().len(), model.classes()), ("hospital", 30, 2));
    let bytes = std::fs::read(path("half.checkpoint")).expect("is there");
    let checkpoint = Checkpoint::from_bytes(&bytes).expect("opens");
    assert_eq!(checkpoint.identity.choice.units, Some(2));
    assert_eq!(checkpoint.to_bytes(), bytes);
}

#[test]
fn scenarios_open() {
    let one = Scenario::open(path("activation.json").to_str().unwrap()).expect("opens");
    assert_eq!((one.activation.degree, one.activation.interval), (3, 4.0));
    assert_eq!(
        (one.activation.method.as_str(), &one.activation.layers),
        ("least_squares", &LayerRequests::Same)
    );
    let one = Scenario::open(path("strategy.json").to_str().unwrap()).expect("opens");
    let choice = one.sequence.expect("of sequences");
    assert_eq!((choice.strategy, choice.steps), (NoiseStrategy::Levelled, Some(2)));
}
