//! ONNX files that public exporters wrote (`generate.py` makes them), against what ONNX Runtime gives.

mod export;
mod oracle;
mod sequences;

use crate::five::typed;
use cryptoscope::data::Shape;
use cryptoscope::import;
use cryptoscope::network::{Network, Op, argmax};
use cryptoscope::progress::Watch;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Largest difference of an output, relative to outputs above 1.
const TOLERANCE: f64 = 1e-4;

#[derive(serde::Deserialize)]
struct Expected {
    /// What the outputs are: scores, or what was made of them.
    end: String,
    inputs: Vec<Vec<f32>>,
    outputs: Vec<Vec<f64>>,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/onnx")
}

fn expected() -> BTreeMap<String, Expected> {
    let text = std::fs::read_to_string(folder().join("expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Raw values that become `x` by the normalisation of the network, where that is not part of the graph.
fn raw(name: &str, network: &Network, x: &[f32]) -> Vec<f32> {
    let names = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    match network.input() {
        _ if name == "names.onnx" => x.iter().zip(names).map(|(x, o)| 2.0 * x + o).collect(),
        Shape::Image { channels, height, width }
            if name == "channels_last.onnx" || name.starts_with("keras") =>
        {
            let plane = height * width;
            let stored = |at: usize| 255.0 * x[at % plane * channels + at / plane];
            (0..x.len()).map(stored).collect()
        }
        Shape::Image { .. } => {
            let scale = if name.contains("digits") { 16.0 } else { 255.0 };
            x.iter().map(|x| scale * x).collect()
        }
        _ => x.to_vec(),
    }
}

/// What the graph makes of the scores.
fn ended(end: &str, scores: &[f64]) -> Vec<f64> {
    let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = scores.iter().map(|s| (s - largest).exp()).sum();
    let logistic = |s: f64| 1.0 / (1.0 + (-s).exp());
    match end {
        "softmax" => scores.iter().map(|s| (s - largest).exp() / sum).collect(),
        "log_softmax" => scores.iter().map(|s| s - largest - sum.ln()).collect(),
        "sigmoid" => vec![logistic(scores[1])],
        "yes" => vec![logistic(scores[0]), logistic(scores[1])],
        _ => scores.to_vec(),
    }
}

#[test]
fn files_of_public_exporters_give_what_onnx_runtime_gives() {
    let all = expected();
    assert!(all.len() >= 40, "{} files", all.len());
    let mut wrong = Vec::new();
    for (name, expected) in &all {
        let network = match import::load(folder().join(name)) {
            Ok(network) => network,
            Err(error) => {
                wrong.push(format!("{name}: {error}"));
                continue;
            }
        };
        for (x, outputs) in expected.inputs.iter().zip(&expected.outputs) {
            let raw = raw(name, &network, x);
            let scores = network.forward_batch(&raw, &Watch::silent()).unwrap();
            let scores: Vec<f64> = scores.iter().map(|s| f64::from(*s)).collect();
            if expected.end == "probabilities" {
                // One against the rest, or all together: only the order is the same.
                let (found, right) = (argmax(&scores), argmax(outputs));
                if found != right {
                    wrong.push(format!("{name}: class {found} where {right} is right"));
                }
                continue;
            }
            let found = ended(&expected.end, &scores);
            let near = |(a, b): (&f64, &f64)| (a - b).abs() <= TOLERANCE * b.abs().max(1.0);
            if found.len() != outputs.len() || !found.iter().zip(outputs).all(near) {
                wrong.push(format!("{name}: {found:?} where {outputs:?} is right"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn names_and_normalisation_come_from_the_metadata() {
    let network = import::load(folder().join("names.onnx")).unwrap();
    assert_eq!(network.card().classes, ["red", "green", "blue"]);
    assert_eq!(network.normalisation().offset, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    assert!(network.normalisation().scale.iter().all(|s| *s == 2.0));
}

#[test]
fn what_is_left_out_or_assumed_is_said() {
    let notes = |name: &str| import::load(folder().join(name)).unwrap().card().notes.join("; ");
    assert!(notes("softmax.onnx").contains("Softmax at the end is left out"));
    assert!(notes("one_output.onnx").contains("two classes"));
    assert!(notes("cnn_opset17.onnx").contains("divided by 255"));
    assert!(notes("mlp_opset17.onnx").starts_with("the file names no classes"));
}

#[test]
fn a_file_without_its_weights_beside_it_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("beside.onnx");
    std::fs::copy(folder().join("beside.onnx"), &path).unwrap();
    let told = import::load(&path).unwrap_err().to_string();
    assert!(told.contains("beside.onnx.data beside the model") && !told.contains('\n'), "{told}");
}

#[test]
fn what_is_no_network_here_is_refused_with_the_node_and_a_next_step() {
    for (name, reason) in [
        ("gated", "multiplies or divides what different layers give"),
        ("lstm", "is a network of sequences"),
        ("dilated", "dilated kernel"),
        ("two_inputs", "has 2 inputs"),
        ("divided_by_zero", "divides by 0"),
        ("reshape", "the shape -5 x 6"),
        ("layer_norm", "node "),
    ] {
        let told = import::load(folder().join(format!("refused/{name}.onnx"))).unwrap_err();
        let told = told.to_string();
        assert!(told.contains(reason) && !told.contains('\n'), "{name}: {told}");
        assert!(told.len() < 600, "{name}: {told}");
    }
}

#[test]
fn damaged_files_are_read_or_refused_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("damaged.onnx");
    // A fixed sequence of numbers: the same damage every time.
    let mut state = 1_u64;
    let mut next = |below: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let (mut opened, mut refused) = (0, 0);
    for name in expected().keys() {
        let whole = std::fs::read(folder().join(name)).unwrap();
        for round in 0..24 {
            let mut bytes = whole.clone();
            match round % 4 {
                0 => bytes.truncate(next(whole.len())),
                1 => bytes[next(whole.len())] ^= 1 << next(8),
                2 => {
                    let at = next(whole.len());
                    bytes.splice(at..at, std::iter::repeat_n(0xff, 1 + next(9)));
                }
                _ => {
                    let (from, to) = (next(whole.len()), next(whole.len()));
                    bytes.drain(from.min(to)..from.max(to));
                }
            }
            std::fs::write(&path, &bytes).unwrap();
            match import::load(&path) {
                Ok(_) => opened += 1,
                Err(error) => {
                    assert!(!error.to_string().contains('\n'), "{name}: {error}");
                    refused += 1;
                }
            }
        }
    }
    assert!(opened > 0 && refused > 500, "{opened} opened, {refused} refused");
}

/// A table of six columns and three classes.
fn table() -> String {
    let mut state = 7_u64;
    let mut text = "a,b,c,d,e,f,class\n".to_owned();
    for row in 0..90 {
        for _ in 0..6 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            text += &format!("{:.3},", (state >> 40) as f64 / f64::from(1 << 23) - 1.0);
        }
        text += ["red\n", "green\n", "blue\n"][row % 3];
    }
    text
}

#[test]
fn networks_from_onnx_run_encrypted_as_their_reference() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("table.csv");
    std::fs::write(&data, table()).unwrap();
    for (name, method, scheme) in [
        ("mlp_opset7", "least_squares", "ckks"),
        ("mlp_dynamo23", "minimax", "ckks"),
        ("softmax", "least_squares", "ckks"),
        ("names", "least_squares", "ckks"),
        ("batch_norm_1d", "least_squares", "ckks"),
        ("silu", "least_squares", "ckks"),
        ("gelu", "least_squares", "ckks"),
        ("polynomial", "keep", "ckks"),
        ("cubic", "keep", "ckks"),
        ("square", "keep", "ckks"),
        ("square", "keep", "bgv"),
        ("keras_mlp", "least_squares", "ckks"),
        ("keras_opset11", "minimax", "ckks"),
        ("keras_leaky", "least_squares", "ckks"),
        ("relu6", "least_squares", "ckks"),
        ("relu6_dynamo18", "minimax", "ckks"),
        ("hard_sigmoid", "least_squares", "ckks"),
        ("hard_tanh", "minimax", "ckks"),
        ("residual_dense", "least_squares", "ckks"),
        ("residual_dense_dynamo", "minimax", "ckks"),
        ("residual_before", "least_squares", "ckks"),
        ("residual_joined", "minimax", "ckks"),
        ("residual_square", "keep", "ckks"),
        ("residual_square", "keep", "bgv"),
        ("residual_before_square", "keep", "ckks"),
        ("residual_before_square", "keep", "bgv"),
        ("residual_joined_square", "keep", "bgv"),
        ("residual_digits_identity", "keep", "bgv"),
        ("residual_digits_identity", "keep", "ckks"),
        ("residual_digits_projection", "keep", "ckks"),
        ("residual_digits_projection", "keep", "bgv"),
        ("pool_digits", "keep", "ckks"),
        ("pool_digits", "keep", "bgv"),
    ] {
        let model = folder().join(format!("{name}.onnx"));
        let settings = [
            format!("dataset={}", data.display()),
            format!("model={}", model.display()),
            format!("scheme.kind={scheme}"),
            format!("activation.method={method}"),
            "activation.interval=6".to_owned(),
        ];
        let mut words = vec!["run".to_owned(), "digits".into(), "--seed".into(), "3".into()];
        let used = if method == "keep" { &settings[..4] } else { &settings[..] };
        // Those of pictures are run on the digits.
        let used = if name.contains("digits") { &used[1..] } else { used };
        let few = ["scheme.input_bits=2".to_owned(), "scheme.weight_bits=2".to_owned()];
        let small = name.contains("digits") && scheme == "bgv";
        words.extend(few.iter().filter(|_| small).flat_map(|s| ["--set".to_owned(), s.clone()]));
        words.extend(used.iter().flat_map(|s| ["--set".to_owned(), s.clone()]));
        let (status, out, err) = typed(&words);
        assert_eq!(status, 0, "{name} under {scheme}: {out}{err}");
        assert!(out.contains("wrong outputs       0"), "{name}: {out}");
    }
}

#[test]
fn a_max_pool_is_refused_with_the_way_out_and_trained_on_with_means() {
    let dir = tempfile::tempdir().unwrap();
    let made = dir.path().join("means.safetensors");
    let model = format!("model={}", folder().join("max_pool.onnx").display());
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let method = ["--set", "activation.method=least_squares"].map(str::to_owned);
    for scheme in ["auto", "ckks", "tfhe"] {
        let scheme = format!("scheme.kind={scheme}");
        let mut run = words("run digits --set");
        run.extend([model.clone(), "--set".into(), scheme.clone()]);
        let tables = scheme.ends_with("tfhe");
        let how = if tables { "activation.kind=lookup" } else { "activation.method=least_squares" };
        run.extend(["--set".to_owned(), how.to_owned()]);
        let (status, _, err) = typed(&run);
        assert!(status == 2 && err.lines().count() == 1, "{scheme}: {err}");
        assert!(err.contains("pool1") && err.contains("means in its place"), "{scheme}: {err}");
    }
    let mut train = words("train digits --epochs 2 --seed 1 --out");
    train.extend([made.display().to_string(), "--set".into(), model]);
    train.extend(method);
    let (status, out, err) = typed(&train);
    assert_eq!(status, 0, "{out}{err}");
    let network = import::load(&made).unwrap();
    let has = |is: fn(&Op) -> bool| network.layers().iter().any(|l| is(&l.op));
    assert!(
        has(|op| matches!(op, Op::AvgPool { .. })) && !has(|op| matches!(op, Op::MaxPool { .. }))
    );
    let mut run = words("run digits --images 64 --seed 3 --set scheme.kind=ckks --set");
    run.push(format!("model={}", made.display()));
    let (status, out, err) = typed(&run);
    assert_eq!(status, 0, "{out}{err}");
    assert!(out.contains("wrong outputs       0"), "{out}");
}
