//! The recipe for a network that a person writes as rows.

use super::augment::Augment;
use super::purpose::{OwnError, Purpose};
use super::recipe::{Grid, Recipe, Scaling, Stage, TableGrid};
use super::recipes::stage;
use super::rows::layers;
use super::table_recipes::NOISE;
use crate::{Approximations, InputQuantiser, IntervalRule, Op};
use activation::{DEFAULT_PARTS, Method};
use data::{Dataset, Shape};

/// Mini-batches that a stage takes, about: small datasets go round more often.
const STEPS: usize = 3000;
const BATCH: usize = 32;
/// Weights on the grid, and bits of tables.
const WEIGHT_MAX: i32 = 15;
const TABLE_BITS: u32 = 5;

/// Rows that everybody needs, for tables of numbers and for pictures.
pub const PRESETS: [(&str, [&str; 2]); 2] = [
    ("small", ["dense 16, relu, dense classes", "conv 8 3x3 stride 2, relu, dense classes"]),
    (
        "medium",
        [
            "dense 64, relu, dense 32, relu, dense classes",
            "conv 8 3x3 stride 2, relu, conv 16 3x3 stride 2, relu, dense 64, relu, dense classes",
        ],
    ),
];

/// The recipe for a network of these rows on `dataset`.
///
/// Batch normalisation is put between a linear row and the function behind it, where none is written: it
/// becomes part of the linear row after training. For [`Purpose::Integers`] every function is a square.
///
/// # Errors
/// When a row cannot be read, or does not fit the shape that the rows before it give.
pub fn own_recipe(
    name: &str,
    rows: &str,
    dataset: &Dataset,
    purpose: Purpose,
) -> Result<Recipe, OwnError> {
    dataset
        .needs_classes("training")
        .map_err(|e| OwnError { row: format::excerpt(rows), reason: e.to_string() })?;
    let picture = matches!(dataset.shape(), Shape::Image { .. });
    let preset = PRESETS.iter().find(|(known, _)| *known == rows.trim());
    let rows = preset.map_or(rows, |(_, rows)| rows[usize::from(picture)]);
    let layers = layers(rows, dataset.shape(), dataset.classes().len(), purpose)?;
    let linear =
        layers.iter().filter(|l| matches!(l.op, Op::Dense { .. } | Op::Conv2d { .. })).count();
    let (scaling, input) = scaling(dataset);
    let train = dataset.train().len().max(1);
    let epochs = (STEPS * BATCH / train).clamp(4, 200);
    let float = Stage {
        weight_decay: 0.1,
        smoothing: 0.02,
        augment: Augment::NONE,
        ..stage("float", epochs, BATCH, 3e-3)
    };
    let tables = TableGrid { bits: TABLE_BITS, noise: NOISE, room: 1.1 };
    let on_grid = |name: &str, tables: Option<TableGrid>| Stage {
        name: name.into(),
        learning_rate: 0.02,
        weight_decay: 0.02,
        simplify: true,
        range_penalty: if tables.is_some() { 0.1 } else { 0.0 },
        grid: Some(Grid {
            input,
            weight_max: vec![if tables.is_some() { 7 } else { WEIGHT_MAX }; linear],
            step_factor: vec![1.0; linear],
            tables,
        }),
        ..float.clone()
    };
    let curved = layers.iter().any(|l| !l.op.is_polynomial());
    let second = match purpose {
        Purpose::Integers => Some(on_grid("integers", None)),
        Purpose::Tables => Some(on_grid("tables", Some(tables))),
        Purpose::Polynomials if curved => Some(Stage {
            name: "polynomials".into(),
            approximations: Some(Approximations {
                function: None,
                method: Method::LeastSquares,
                degree: 2,
                parts: DEFAULT_PARTS,
                interval: IntervalRule::Measured { quantile: 0.99, margin: 0.25 },
                layers: Vec::new(),
            }),
            range_penalty: 1.0,
            ..float.clone()
        }),
        Purpose::Polynomials => None,
    };
    Ok(Recipe {
        name: name.to_owned(),
        dataset: dataset.name().to_owned(),
        input: dataset.shape(),
        layers,
        scaling,
        start: None,
        validation: (train / 10).clamp(usize::from(train > 1), 5000),
        stages: std::iter::once(float).chain(second).collect(),
    })
}

/// How values of the dataset become inputs, and the grid of these: pictures are divided by their largest
/// value, tables brought to mean 0 and standard deviation 1.
fn scaling(dataset: &Dataset) -> (Scaling, InputQuantiser) {
    if !matches!(dataset.shape(), Shape::Image { .. }) {
        return (Scaling::Standardise, InputQuantiser { step: 0.125, min: -20, max: 20 });
    }
    let most = dataset.train().inputs.iter().fold(0.0_f32, |m, v| m.max(v.abs()));
    let least = dataset.train().inputs.iter().fold(0.0_f32, |m, v| m.min(*v));
    let by = [1.0, 16.0, 255.0].into_iter().find(|b| most <= *b).unwrap_or(most);
    let min = if least < 0.0 { -15 } else { 0 };
    (Scaling::Divide(by), InputQuantiser { step: 1.0 / 15.0, min, max: 15 })
}
