//! Networks written as ONNX files: read again they compute the same, and what ONNX Runtime made of such
//! files (`check_exports.py`) is what the networks give.

use crate::five::{refused, right};
use cryptoscope::network::recurrent::{self, RecurrentModel, Sequences};
use cryptoscope::network::{self, Network, Op};
use cryptoscope::progress::Watch;
use cryptoscope::{export, import};
use std::collections::BTreeMap;

/// Largest difference of an output, relative to the largest output of the network.
const TOLERANCE: f64 = 1e-4;

/// Raw values from normalised ones.
fn raw(offset: &[f32], scale: &[f32], normalised: &[f32]) -> Vec<f32> {
    let of = |values: &[f32], at: usize| values[at % values.len()];
    let value = |(at, x): (usize, &f32)| x * of(scale, at) + of(offset, at);
    normalised.iter().enumerate().map(value).collect()
}

fn scores(network: &Network, normalised: &[f32]) -> Vec<f64> {
    let n = network.normalisation();
    let raw = raw(&n.offset, &n.scale, normalised);
    let outputs = network.forward_batch(&raw, &Watch::silent()).unwrap();
    outputs.into_iter().map(f64::from).collect()
}

fn sequence_scores(model: &RecurrentModel, normalised: &[f32], steps: usize) -> Vec<f64> {
    let n = model.normalisation();
    let inputs = raw(&n.offset, &n.scale, normalised);
    let prepared = model.prepare(Sequences { inputs: &inputs, lengths: &[], steps }).unwrap();
    model.forward(&prepared, &Watch::silent()).unwrap()
}

fn apart(one: &[f64], other: &[f64]) -> f64 {
    assert_eq!(one.len(), other.len());
    let largest = one.iter().fold(1.0_f64, |most, y| most.max(y.abs()));
    one.iter().zip(other).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) / largest
}

#[test]
fn networks_that_are_written_and_read_again_compute_the_same() {
    let dir = tempfile::tempdir().unwrap();
    for name in network::built_in_names() {
        let network = network::open(name).unwrap();
        let path = dir.path().join(format!("{name}.onnx"));
        std::fs::write(&path, export::layers(&network)).unwrap();
        let read = import::load(&path).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(read.input(), network.input(), "{name}");
        assert_eq!(read.card().classes, network.card().classes, "{name}");
        assert_eq!(read.card().features, network.card().features, "{name}");
        let samples = 3 * network.input().len();
        let inputs: Vec<f32> =
            (0..samples).map(|k| ((k * 37 + k / 11) % 101) as f32 / 100.0).collect();
        let apart = apart(&scores(&network, &inputs), &scores(&read, &inputs));
        assert!(apart < TOLERANCE, "{name}: {apart}");
    }
}

#[test]
fn factors_of_places_are_written_too() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["pool_uncounted.onnx", "pool_ceil.onnx", "by_place.onnx"] {
        let network = import::load(super::folder().join(name)).unwrap();
        assert!(network.layers().iter().any(|l| matches!(l.op, Op::Scale { .. })), "{name}");
        let path = dir.path().join(name);
        std::fs::write(&path, export::layers(&network)).unwrap();
        let read = import::load(&path).unwrap_or_else(|e| panic!("{name}: {e}"));
        let inputs: Vec<f32> = (0..network.input().len()).map(|k| (k * 37 % 101) as f32).collect();
        let apart = apart(&scores(&network, &inputs), &scores(&read, &inputs));
        assert!(apart < TOLERANCE, "{name}: {apart}");
    }
}

#[derive(serde::Deserialize)]
struct Checked {
    /// Normalised values of a sample, or of its steps.
    input: Vec<f32>,
    /// What ONNX Runtime gave.
    output: Vec<f64>,
}

#[test]
fn networks_give_what_onnx_runtime_gives_for_their_files() {
    let all: BTreeMap<String, Checked> =
        serde_json::from_str(include_str!("exported.json")).unwrap();
    assert!(all.len() >= 15, "{} networks", all.len());
    for (name, checked) in &all {
        let found = match recurrent::built_in_names().any(|n| n == name) {
            true => {
                let model = recurrent::open(name).unwrap();
                sequence_scores(&model, &checked.input, checked.input.len() / model.channels())
            }
            false => scores(&network::open(name).unwrap(), &checked.input),
        };
        let apart = apart(&checked.output, &found);
        assert!(apart < TOLERANCE, "{name}: {apart}");
    }
}

#[test]
fn export_writes_whole_files_and_tells_what_it_cannot_write() {
    let dir = tempfile::tempdir().unwrap();
    let told = right(dir.path(), "export hospital --onnx {}/net.onnx");
    assert!(told.contains("normalised values"), "{told}");
    let again = right(dir.path(), "inspect {}/net.onnx --json");
    let json: serde_json::Value = serde_json::from_str(&again).unwrap();
    assert_eq!((&json["kind"], &json["classes"]), (&"network".into(), &2.into()));
    assert_eq!(json["class_names"], serde_json::json!(["malignant", "benign"]));
    right(dir.path(), "export cryptornn-gru-tanh --onnx {}/gru.onnx");
    let told = refused(dir.path(), "export cryptornn --onnx {}/x.onnx");
    assert!(told.contains("export the network with the exact functions"), "{told}");
    assert!(!dir.path().join("x.onnx").exists());
    assert!(refused(dir.path(), "export nothing --onnx {}/x.onnx").contains("nothing"));
    assert!(refused(dir.path(), "export {}/net.onnx --onnx {}/net.onnx").contains("net.onnx"));
}
