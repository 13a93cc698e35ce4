//! What many cases read: a table whose right answers are known by construction, a network made by hand
//! that answers them, models, and an interrupted training.

use cryptoscope::activation::Activation;
use cryptoscope::data::Shape;
use cryptoscope::network::{
    self, InputQuantiser, Layer, Network, Normalisation, Op, Quantisation, WeightQuantiser,
};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The class of a row: whether the first number is larger. Every fifth row is labelled otherwise, so
/// that right answers are no 100 %.
fn rows(apart: u32) -> Vec<(u32, u32, usize)> {
    let pairs = (0..16u32).flat_map(|a| (0..16u32).map(move |b| (a, b)));
    let pairs = pairs.filter(move |(a, b)| a.abs_diff(*b) >= apart);
    let labelled =
        pairs.enumerate().map(|(at, (a, b))| (a, b, usize::from(a > b) ^ usize::from(at % 5 == 0)));
    labelled.collect()
}

/// The table of pairs of numbers that are so far apart.
pub fn table(apart: u32) -> String {
    let rows =
        rows(apart).iter().map(|(a, b, class)| format!("{a},{b},{class}\n")).collect::<String>();
    format!("first,second,class\n{rows}")
}

/// A function of both numbers that grows with them, then which is larger: exact in integers of a few bits.
fn network(activation: Activation) -> Network {
    let dense = |name: &str, weight: [f32; 4]| Layer {
        name: name.into(),
        op: Op::Dense { inputs: 2, outputs: 2, weight: weight.into(), bias: vec![0.0; 2] },
    };
    Network::new(
        "larger",
        Shape::Flat { len: 2 },
        Normalisation { offset: vec![0.0], scale: vec![1.0] },
        vec![
            dense("apart", [1.0, 0.0, 0.0, 1.0]),
            Layer { name: "act".into(), op: Op::Activation(activation) },
            dense("larger", [-1.0, 1.0, 1.0, -1.0]),
        ],
        Some(Quantisation {
            input: InputQuantiser { step: 1.0, min: 0, max: 15 },
            weights: vec![WeightQuantiser { step: 1.0, max: 7 }; 2],
            tables: Vec::new(),
        }),
        Default::default(),
    )
    .expect("it fits together")
}

/// Share of the rows of the test part that the network made by hand answers as they are labelled, and
/// how many rows there are: by comparing two numbers.
pub fn known(table: &Path) -> (f64, usize) {
    let dataset = cryptoscope::data::open(table.to_str().expect("text"), None).expect("opens");
    let test = dataset.test();
    let class = |row: &[f32]| {
        dataset.classes().iter().position(|c| *c == usize::from(row[0] > row[1]).to_string())
    };
    let right = test
        .inputs
        .chunks(2)
        .zip(&test.labels)
        .filter(|(row, label)| class(row) == Some(usize::from(**label)));
    (right.count() as f64 / test.len() as f64, test.len())
}

/// The folder of what all cases read.
pub fn make() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("larger.csv"), table(1)).expect("written");
    std::fs::write(at("apart.csv"), table(5)).expect("written");
    network(Activation::Square).save(at("larger.safetensors")).expect("written");
    network(Activation::Relu).save(at("relu.safetensors")).expect("written");
    for name in ["hospital", "digits", "hospital-table"] {
        let model = network::open(name).expect("built in");
        model.save(at(&format!("{name}.safetensors"))).expect("written");
    }
    let steps = network::recurrent::open("cryptornn").expect("built in");
    steps.save(at("steps.safetensors")).expect("written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_cryptoscope"));
    command.args(TRAINING.split(' ')).arg("--checkpoint").arg(at("half.ckpt"));
    let done = command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("runs");
    assert!(done.success(), "the training that checkpoints are made from");
    folder
}

/// A short training on encrypted data.
pub const TRAINING: &str =
    "train cryptonn-hospital --seed 5 --epochs 1 --set training.samples=60 --set training.batch=20";

/// All files of a folder and what they hold.
pub fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = std::fs::read_dir(folder).expect("readable").flatten();
    entries.map(|e| (e.path(), std::fs::read(e.path()).expect("readable"))).collect()
}
