//! Networks in a manifest with arrays beside it: the layers of an ONNX file, written in every order and
//! format that is read, are the same network.

use crate::five::typed;
use cryptoscope::import;
use cryptoscope::network::{Network, Op};
use cryptoscope::progress::Watch;
use safetensors::tensor::{Dtype, TensorView};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// An array: its axes, and its values, the last axis fastest.
type Array = (Vec<usize>, Vec<f32>);

/// What an array is written as.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Csv,
    Npy,
    Tensors,
}

fn onnx(name: &str) -> Network {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/onnx");
    import::load(folder.join(name)).unwrap()
}

/// The axes of `array` in another order, value by value.
fn turned((dims, values): &Array, order: &[usize]) -> Array {
    let new: Vec<usize> = order.iter().map(|axis| dims[*axis]).collect();
    let strides: Vec<usize> = (0..dims.len()).map(|a| dims[a + 1..].iter().product()).collect();
    let mut out = Vec::new();
    for mut at in 0..values.len() {
        let mut index = vec![0; new.len()];
        for axis in (0..new.len()).rev() {
            index[axis] = at % new[axis];
            at /= new[axis];
        }
        out.push(
            values[index.iter().zip(order).map(|(i, axis)| i * strides[*axis]).sum::<usize>()],
        );
    }
    (new, out)
}

/// The manifest of `network` and its arrays. `keras`: axes of weights as Keras has them.
fn manifest(network: &Network, kind: Kind, keras: bool) -> (Value, BTreeMap<String, Array>) {
    let ending = match kind {
        Kind::Csv => ".csv",
        Kind::Npy => ".npy",
        Kind::Tensors => "",
    };
    let mut arrays = BTreeMap::new();
    let mut keep = |name: String, array: Array| {
        let name = name + ending;
        arrays.insert(name.clone(), array);
        name
    };
    let mut layers = Vec::new();
    for layer in network.layers() {
        let name = &layer.name;
        let vector = |values: &[f32]| (vec![values.len()], values.to_vec());
        let op = match &layer.op {
            Op::Dense { inputs, outputs, weight, bias } => {
                let weight = (vec![*outputs, *inputs], weight.clone());
                let weight = if keras { turned(&weight, &[1, 0]) } else { weight };
                let order = if keras { "in_out" } else { "out_in" };
                json!({ "dense": {
                    "weight": keep(format!("{name}.weight"), weight),
                    "bias": keep(format!("{name}.bias"), vector(bias)),
                    "order": order,
                }})
            }
            Op::Conv2d { in_channels, out_channels, kernel, stride, padding, weight, bias } => {
                let all = vec![*out_channels, *in_channels, kernel.0, kernel.1];
                let weight = (all, weight.clone());
                let weight = match (keras, kind) {
                    (true, _) => turned(&weight, &[2, 3, 1, 0]),
                    (false, Kind::Csv) => {
                        (vec![*out_channels, in_channels * kernel.0 * kernel.1], weight.1)
                    }
                    (false, _) => weight,
                };
                json!({ "conv2d": {
                    "weight": keep(format!("{name}.weight"), weight),
                    "bias": keep(format!("{name}.bias"), vector(bias)),
                    "order": if keras { "hwio" } else { "oihw" },
                    "kernel": [kernel.0, kernel.1],
                    "stride": [stride.0, stride.1],
                    "padding": [padding.top, padding.bottom, padding.left, padding.right],
                }})
            }
            Op::BatchNorm { gamma, beta, mean, variance, epsilon } => json!({ "batch_norm": {
                "gamma": keep(format!("{name}.gamma"), vector(gamma)),
                "beta": keep(format!("{name}.beta"), vector(beta)),
                "mean": keep(format!("{name}.mean"), vector(mean)),
                "variance": keep(format!("{name}.variance"), vector(variance)),
                "epsilon": epsilon,
            }}),
            Op::AvgPool { kernel, stride, .. } => json!({ "avg_pool": {
                "kernel": [kernel.0, kernel.1], "stride": [stride.0, stride.1] }}),
            Op::Flatten => json!("flatten"),
            Op::Branch { from } => json!({ "branch": { "from": from } }),
            Op::Add { from } => json!({ "add": { "from": from } }),
            Op::Activation(function) => json!({ "activation": function.name().to_lowercase() }),
            other => panic!("{other:?} is in none of the files used here"),
        };
        layers.push(json!({ "name": name, "op": op }));
    }
    let scale = &network.normalisation().scale;
    let offset = &network.normalisation().offset;
    let input = match network.input() {
        cryptoscope::data::Shape::Image { channels, height, width } => {
            vec![channels, height, width]
        }
        shape => vec![shape.len()],
    };
    let mut manifest = json!({
        "name": "brought", "input": input, "offset": offset, "scale": scale,
        "classes": network.card().classes, "layers": layers,
    });
    if kind == Kind::Tensors {
        manifest["tensors"] = json!("weights.safetensors");
    }
    (manifest, arrays)
}

fn csv((dims, values): &Array) -> String {
    let columns = if dims.len() > 1 { dims[1] } else { 1 };
    let rows = values
        .chunks(columns)
        .map(|row| row.iter().map(f32::to_string).collect::<Vec<_>>().join(",") + "\n");
    rows.collect()
}

fn npy((dims, values): &Array) -> Vec<u8> {
    let mut shape = String::new();
    dims.iter().for_each(|d| _ = write!(shape, "{d}, "));
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({shape}), }}");
    let header = format!("{header:<117}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    values.iter().for_each(|v| bytes.extend(v.to_le_bytes()));
    bytes
}

fn write(folder: &Path, kind: Kind, (manifest, arrays): &(Value, BTreeMap<String, Array>)) {
    std::fs::write(folder.join("network.json"), manifest.to_string()).unwrap();
    if kind == Kind::Tensors {
        // As doubles, which is another type than the program's own files have.
        let bytes: Vec<(&String, &Array, Vec<u8>)> = arrays
            .iter()
            .map(|(name, a)| {
                (name, a, a.1.iter().flat_map(|v| f64::from(*v).to_le_bytes()).collect())
            })
            .collect();
        let views = bytes.iter().map(|(name, array, bytes)| {
            (name.as_str(), TensorView::new(Dtype::F64, array.0.clone(), bytes).unwrap())
        });
        let file = safetensors::serialize(views, None).unwrap();
        std::fs::write(folder.join("weights.safetensors"), file).unwrap();
        return;
    }
    for (name, array) in arrays {
        match kind {
            Kind::Npy => std::fs::write(folder.join(name), npy(array)).unwrap(),
            _ => std::fs::write(folder.join(name), csv(array)).unwrap(),
        }
    }
}

#[test]
fn the_layers_of_an_onnx_file_are_the_same_network_as_a_manifest_in_every_order_and_format() {
    for file in ["mlp_opset17.onnx", "cnn_opset17.onnx", "residual_projection.onnx"] {
        let network = onnx(file);
        let values: Vec<f32> = (0..network.input().len()).map(|i| (i * 37 % 19) as f32).collect();
        let right = network.forward_batch(&values, &Watch::silent()).unwrap();
        for kind in [Kind::Csv, Kind::Npy, Kind::Tensors] {
            // Four axes are no table.
            for keras in [false, true].into_iter().filter(|keras| !keras || kind != Kind::Csv) {
                let folder = tempfile::tempdir().unwrap();
                write(folder.path(), kind, &manifest(&network, kind, keras));
                for path in [folder.path().to_owned(), folder.path().join("network.json")] {
                    let read = import::load(&path).unwrap();
                    let found = read.forward_batch(&values, &Watch::silent()).unwrap();
                    assert_eq!(found, right, "{file}, {kind:?}, keras {keras}");
                    assert_eq!(read.digest(), network.digest(), "{file}, {kind:?}");
                    assert_eq!(read.name(), "brought");
                }
            }
        }
    }
}

/// `w` of 3 outputs and 2 inputs; what the layer makes of (10, 1) is 10 a + b + bias.
fn small(more: &str) -> String {
    format!(
        r#"{{"input": [2], "layers": [{{"op": {{"dense": {{"weight": "w.csv", "bias": "b.csv"{more}}}}}}}]}}"#
    )
}

#[test]
fn a_manifest_written_by_hand_gives_what_is_worked_out_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("b.csv"), "0.5\n0.25\n-1\n").unwrap();
    for (weights, what) in
        [("1,2\n3,4\n5,6\n", "outputs first"), ("1 3 5\n2 4 6\n", "inputs first")]
    {
        std::fs::write(at("w.csv"), weights).unwrap();
        std::fs::write(at("network.json"), small("")).unwrap();
        let network = import::load(folder.path()).unwrap();
        let found = network.forward_batch(&[10.0, 1.0], &Watch::silent()).unwrap();
        assert_eq!(found, [12.5, 34.25, 55.0], "{what}");
    }
    let notes = import::load(folder.path()).unwrap().card().notes.join("; ");
    assert!(notes.contains("offset and scale") && notes.contains("classes"), "{notes}");
}

#[test]
fn a_manifest_that_does_not_fit_is_refused_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("w.csv"), "1,2\n3,4\n5,6\n").unwrap();
    std::fs::write(at("square.csv"), "1,2\n3,4\n").unwrap();
    std::fs::write(at("b.csv"), "0.5\n0.25\n-1\n").unwrap();
    std::fs::write(at("short.csv"), "0.5\n").unwrap();
    std::fs::write(at("infinite.npy"), npy(&(vec![3, 2], vec![f32::INFINITY; 6]))).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("/etc/passwd", at("link.csv")).unwrap();
    let small = small("");
    for (text, reason) in [
        (
            small.replace("[2]", "[4]"),
            "layer 1 (layer1): weights of 3 x 2; the layer before gives 4",
        ),
        (small.replace("[2]", "[2, 3]"), "input has 2 numbers"),
        (small.replace("[2]", "[0]"), "1 to 16777216 values"),
        (small.replace("w.csv", "square.csv"), "which axis are the inputs?"),
        (small.replace("b.csv", "short.csv"), "array short.csv is 1 x 1; 3 values are needed"),
        (small.replace("w.csv", "absent.csv"), "array absent.csv: No such file"),
        (small.replace("w.csv", "../w.csv"), "only files in the folder of the model"),
        (small.replace("w.csv", "/etc/passwd"), "only files in the folder of the model"),
        #[cfg(unix)]
        (small.replace("w.csv", "link.csv"), "leads elsewhere by a link"),
        (small.replace("w.csv", "infinite.npy"), "not finite"),
        (small.replace("w.csv", "network.json"), "no finite number"),
        (small.replace("dense", "lstm"), "layers.1.op is lstm; dense, conv2d,"),
        (small.replace("\"bias\"", "\"bais\""), "there is no field bais"),
        (small.replace("\"input\"", "\"tensors\": \"w.csv\", \"input\""), "no .safetensors file"),
        (small.replace("]}", ", {\"op\": {\"add\": {\"from\": \"x\"}}}]}"), "no layer before it"),
        (small[..small.len() - 9].to_owned(), "no manifest of a network: the file ends too early"),
    ] {
        std::fs::write(at("network.json"), &text).unwrap();
        let told = import::load(folder.path()).unwrap_err().to_string();
        assert!(told.contains(reason) && !told.contains('\n'), "{text}: {told}");
        assert!(told.contains("network.json"), "{told}");
    }
}

#[test]
fn a_manifest_runs_encrypted_is_inspected_and_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let network = onnx("residual_digits_identity.onnx");
    write(folder.path(), Kind::Tensors, &manifest(&network, Kind::Tensors, false));
    let model = folder.path().display().to_string();
    let words =
        |text: &str| text.split(' ').map(|w| w.replace("MODEL", &model)).collect::<Vec<_>>();
    let run = "run digits --seed 3 --images 40 --set model=MODEL --set scheme.kind=ckks";
    let (status, out, err) = typed(&words(run));
    assert_eq!(status, 0, "{out}{err}");
    assert!(out.contains("wrong outputs       0"), "{out}");
    let (status, out, _) = typed(&words("inspect MODEL"));
    assert!(status == 0 && out.contains("brought"), "{out}");
    let whole = std::fs::read(folder.path().join("weights.safetensors")).unwrap();
    let over = format!("{run} --report MODEL/weights.safetensors");
    let (status, _, err) = typed(&words(&over));
    assert!(status == 2 && err.contains("weights of the model"), "{err}");
    assert_eq!(std::fs::read(folder.path().join("weights.safetensors")).unwrap(), whole);
    // A network in the place of a scenario.
    let (status, _, err) = typed(&words("run MODEL/network.json"));
    assert!(status == 2 && err.contains("use it as the model"), "{err}");
}
