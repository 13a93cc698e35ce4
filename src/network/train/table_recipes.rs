//! The recipes of the models for lookup tables: trained as usual with ReLU and batch normalisation,
//! then on integers, with the tables and the noise of encrypted sums inside.

use super::augment::Augment;
use super::recipe::{Grid, Recipe, Scaling, Stage, TableGrid};
use super::recipes::{batch_norm, dense, layer, relu, stage};
use crate::{InputQuantiser, Layer, Op};
use data::Shape;

/// Standard deviation of the noise that these models are trained with, as a share of the range. A
/// sum with 2^-8.5 of it is what a key switch and a modulus switch to 4096 leave; the models bear
/// more, so that cheaper parameters can be chosen.
pub(super) const NOISE: f64 = 1.0 / 64.0;

/// Half of what the larger networks are trained with: a hidden layer of 100 learns no more.
const SLIGHTLY_DISTORTED: Augment = Augment {
    share: 0.4,
    shift: 0.75,
    rotate_degrees: 5.0,
    scale: 0.05,
    shear: 0.05,
    elastic: 0.5,
};

/// The stage on integers with tables after `float`.
fn with_tables(float: &Stage, grid: Grid) -> Stage {
    Stage {
        name: "tables".into(),
        epochs: 40,
        learning_rate: 0.02,
        weight_decay: 0.02,
        simplify: true,
        range_penalty: 0.1,
        grid: Some(grid),
        ..float.clone()
    }
}

fn grid(input: InputQuantiser, layers: usize, weight_max: i32, bits: u32) -> Grid {
    Grid {
        input,
        weight_max: vec![weight_max; layers],
        step_factor: vec![1.0; layers],
        tables: Some(TableGrid { bits, noise: NOISE, room: 1.1 }),
    }
}

/// Dense layers of these widths with batch normalisation and ReLU between them.
fn perceptron(widths: &[usize]) -> Vec<Layer> {
    let mut layers = Vec::new();
    let last = widths.len().saturating_sub(2);
    for (i, pair) in widths.windows(2).enumerate() {
        let &[inputs, outputs] = pair else { continue };
        if i == last {
            layers.push(dense("output", inputs, outputs));
        } else {
            layers.push(dense(&format!("dense{}", i + 1), inputs, outputs));
            layers.push(batch_norm(&format!("norm{}", i + 1), outputs));
            layers.push(relu(&format!("relu{}", i + 1)));
        }
    }
    layers
}

fn on_images(side: usize, widths: &[usize]) -> (Shape, Vec<Layer>) {
    let mut layers = vec![layer("flatten", Op::Flatten)];
    layers.extend(perceptron(widths));
    (Shape::Image { channels: 1, height: side, width: side }, layers)
}

/// Handwritten digits, 64 to 32 to 10.
pub(super) fn digits_table() -> Recipe {
    let input = InputQuantiser { step: 1.0 / 16.0, min: 0, max: 16 };
    let float = Stage { weight_decay: 0.3, smoothing: 0.02, ..stage("float", 60, 32, 4e-3) };
    let tables = with_tables(&float, grid(input, 2, 7, 4));
    let (input, layers) = on_images(8, &[64, 32, 10]);
    Recipe {
        name: "digits-table".into(),
        dataset: "digits".into(),
        input,
        layers,
        scaling: Scaling::Divide(16.0),
        start: None,
        validation: 0,
        stages: vec![float, tables],
    }
}

/// Breast cancer, 30 to 8 to 2.
pub(super) fn hospital_table() -> Recipe {
    let input = InputQuantiser { step: 0.125, min: -20, max: 20 };
    let float = Stage { weight_decay: 1.0, smoothing: 0.1, ..stage("float", 60, 32, 3e-3) };
    let tables = with_tables(&float, grid(input, 2, 7, 4));
    Recipe {
        name: "hospital-table".into(),
        dataset: "breast_cancer".into(),
        input: Shape::Flat { len: 30 },
        layers: perceptron(&[30, 8, 2]),
        scaling: Scaling::Standardise,
        start: None,
        validation: 0,
        stages: vec![float, tables],
    }
}

/// MNIST, 784 to 100 to 10: the network of FHE-DiNN (Bourse et al., eprint 2017/1114), with ReLU.
pub(super) fn mnist_mlp() -> Recipe {
    let input = InputQuantiser { step: 1.0 / 7.0, min: 0, max: 7 };
    let float =
        Stage { augment: SLIGHTLY_DISTORTED, weight_decay: 0.05, ..stage("float", 14, 128, 3e-3) };
    let mut grid = grid(input, 2, 7, 5);
    if let Some(tables) = &mut grid.tables {
        tables.room = 1.0;
    }
    let tables = Stage { epochs: 12, ..with_tables(&float, grid) };
    let (input, layers) = on_images(28, &[784, 100, 10]);
    Recipe {
        name: "mnist-mlp".into(),
        dataset: "mnist".into(),
        input,
        layers,
        scaling: Scaling::Divide(255.0),
        start: None,
        validation: 5000,
        stages: vec![float, tables],
    }
}

/// Handwritten digits through ten activation layers of 16 units: deeper than polynomials go.
pub(super) fn deep() -> Recipe {
    let input = InputQuantiser { step: 1.0 / 16.0, min: 0, max: 16 };
    let mut widths = vec![64];
    widths.extend([16; 10]);
    widths.push(10);
    let float = Stage { weight_decay: 0.3, smoothing: 0.05, ..stage("float", 80, 32, 3e-3) };
    // A flip is carried on by every later layer: finer tables make it smaller.
    let tables = Stage { epochs: 60, ..with_tables(&float, grid(input, 11, 7, 5)) };
    let (input, layers) = on_images(8, &widths);
    Recipe {
        name: "deep".into(),
        dataset: "digits".into(),
        input,
        layers,
        scaling: Scaling::Divide(16.0),
        start: None,
        validation: 0,
        stages: vec![float, tables],
    }
}
