//! Networks of sequences that PyTorch exported (`sequences.py`), against what ONNX Runtime gives.

use crate::five::{refused, right};
use cryptoscope::network::recurrent::{RecurrentModel, Sequences};
use cryptoscope::progress::Watch;
use cryptoscope::{export, import};
use std::collections::BTreeMap;
use std::path::PathBuf;

#[derive(serde::Deserialize)]
struct Expected {
    channels: usize,
    /// Steps of each sample, one after the other.
    inputs: Vec<Vec<f32>>,
    outputs: Vec<Vec<f64>>,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/onnx/sequences")
}

fn path(name: &str) -> String {
    folder().join(format!("{name}.onnx")).to_string_lossy().into_owned()
}

fn expected() -> BTreeMap<String, Expected> {
    let text = std::fs::read_to_string(folder().join("expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn scores(model: &RecurrentModel, inputs: &[f32]) -> Vec<f64> {
    let steps = inputs.len() / model.channels();
    let prepared = model.prepare(Sequences { inputs, lengths: &[], steps }).unwrap();
    model.forward(&prepared, &Watch::silent()).unwrap()
}

/// What the end of a file makes of scores.
fn ended(name: &str, scores: &[f64]) -> Vec<f64> {
    let sum: f64 = scores.iter().map(|s| s.exp()).sum();
    match name {
        "gru_softmax" => scores.iter().map(|s| s.exp() / sum).collect(),
        "gru_one" => vec![scores[1]],
        _ => scores.to_vec(),
    }
}

#[test]
fn files_with_cells_give_what_onnx_runtime_gives_and_are_written_as_they_were_read() {
    let all = expected();
    assert!(all.len() >= 19, "{} files", all.len());
    let dir = tempfile::tempdir().unwrap();
    for (name, expected) in &all {
        let model = import::open_sequences(&path(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(model.channels(), expected.channels, "{name}");
        let again = dir.path().join(format!("{name}.onnx"));
        std::fs::write(&again, export::recurrent(&model).unwrap()).unwrap();
        let again = import::open_sequences(&again.to_string_lossy()).unwrap();
        let own = RecurrentModel::from_bytes(&model.to_bytes(), name).unwrap();
        assert_eq!(own, model, "{name}");
        for (inputs, outputs) in expected.inputs.iter().zip(&expected.outputs) {
            let found = ended(name, &scores(&model, inputs));
            assert_eq!(found.len(), outputs.len(), "{name}");
            let near = found.iter().zip(outputs).all(|(a, b)| (a - b).abs() < 1e-4);
            assert!(near, "{name}: {found:?} where {outputs:?} is right");
            let written = ended(name, &scores(&again, inputs));
            assert!(found.iter().zip(&written).all(|(a, b)| (a - b).abs() < 1e-6), "{name}");
        }
    }
}

/// A run of a file on waves; the lines of its report.
fn run(model: &str, settings: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    let command = format!(
        "run cryptornn --set model={} --set dataset=waves --images 24 --set sequence.steps=4 {settings}",
        path(model)
    );
    right(dir.path(), &command)
}

#[test]
fn cells_from_onnx_run_encrypted_without_wrong_outputs() {
    let polynomials =
        "--set activation.method=minimax --set activation.degree=5 --set activation.interval=4";
    for (model, settings) in [
        ("rnn_waves", format!("{polynomials} --set sequence.strategy=refresh")),
        ("gru_waves", format!("{polynomials} --set sequence.strategy=refresh")),
        ("lstm_waves", format!("{polynomials} --set sequence.strategy=refresh")),
        ("lstm_waves", format!("{polynomials} --set sequence.strategy=levelled")),
        ("gru_waves", "--set sequence.strategy=client_aided".into()),
        ("lstm_waves", "--set sequence.strategy=client_aided".into()),
    ] {
        let told = run(model, &settings);
        let line = |name: &str| told.lines().find(|l| l.starts_with(name)).unwrap_or("").to_owned();
        let wrong = line("wrong outputs").replace("wrong outputs", "");
        assert!(wrong.trim_start().starts_with("0 "), "{model} {settings}: {told}");
        assert!(line("agreement").contains("24 of 24"), "{model} {settings}: {told}");
    }
}

#[test]
fn what_is_no_network_of_sequences_here_is_refused_with_a_next_step() {
    let refused_at = |name: &str| {
        let text =
            import::open_sequences(&path(&format!("refused/{name}"))).unwrap_err().to_string();
        assert!(!text.contains('\n'), "{text}");
        text
    };
    let told = refused_at("both_ways");
    assert!(told.contains("goes bidirectional; cells that go forward are read"), "{told}");
    assert!(refused_at("middle").contains("another step than the last"));
    assert!(refused_at("deep").contains("ends with one dense layer"));
    let dir = tempfile::tempdir().unwrap();
    let layers = format!("run digits --set model={}", path("gru"));
    assert!(refused(dir.path(), &layers).contains("is a network of sequences"));
    let with = |settings: &str| {
        let path = path("lstm_waves");
        refused(
            dir.path(),
            &format!("run cryptornn --set model={path} --set dataset=waves {settings}"),
        )
    };
    let told = with("--set sequence.strategy=levelled");
    assert!(told.contains("gate input of recurrent1 has sigmoid"), "{told}");
    assert!(told.contains("activation.method") && told.contains("client_aided"), "{told}");
    let method = "--set activation.method=minimax";
    let told = with(&format!("{method} --set activation.layers.1.degree=5"));
    assert!(told.contains("input, forget and output gates have different functions"), "{told}");
    let told = with(&format!("{method} --set activation.layers.6.degree=4"));
    assert!(told.contains("(input, forget, output, candidate, state)"), "{told}");
    #[cfg(feature = "tfhe")]
    {
        let told = with("--set sequence.strategy=bootstrap");
        assert!(told.contains("cells with gates") && told.contains("sequence.strategy"), "{told}");
    }
}

#[test]
fn cells_are_told_by_inspect() {
    let dir = tempfile::tempdir().unwrap();
    let told = right(dir.path(), &format!("inspect {}", path("lstm_two_state")));
    assert!(told.contains("LSTM, 5 units"), "{told}");
    let json = right(dir.path(), &format!("inspect {} --json", path("gru")));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&json["kind"], &json["layers"][0]["cell"]),
        (&"recurrent_network".into(), &"GRU".into())
    );
    let json = right(dir.path(), &format!("inspect {} --json", path("lstm")));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let gates = json["layers"][0]["gates"].as_array().unwrap();
    let names: Vec<&str> = gates.iter().filter_map(|gate| gate["name"].as_str()).collect();
    assert_eq!(names, ["input", "forget", "output", "candidate", "state"]);
}
