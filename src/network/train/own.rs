//! The recipe for a network that a person writes as rows.

use super::augment::Augment;
use super::cells::Cells;
use super::error::TrainError;
use super::purpose::{OwnError, Purpose};
use super::recipe::{Grid, Recipe, Scaling, Stage, TableGrid, check_epochs};
use super::recipes::stage;
use super::recurrent::{RecurrentOptions, RecurrentRecipe, RecurrentStage};
use super::row::RowInput;
use super::rows::{cells, layers};
use super::table_recipes::NOISE;
use crate::{Approximations, InputQuantiser, IntervalRule, Layer, Op};
use activation::{DEFAULT_PARTS, Method};
use data::{Dataset, Shape};

/// Mini-batches that a stage takes, about: small datasets go round more often.
const STEPS: usize = 3000;
const BATCH: usize = 32;
/// The same of recurrent cells, and samples from which on mini-batches are as large.
const CELL_STEPS: usize = 1500;
const MANY: usize = 500;
/// Weights on the grid, and bits of tables.
const WEIGHT_MAX: i32 = 15;
const TABLE_BITS: u32 = 5;

/// Rows that everybody needs: for tables of numbers, pictures, sequences of numbers, and sentences.
pub const PRESETS: [(&str, [&str; 4]); 2] = [
    (
        "small",
        [
            "dense 16, relu, dense classes",
            "conv 8 3x3 stride 2, relu, dense classes",
            "elman 16, dense classes",
            "embed 16, elman 16, dense classes",
        ],
    ),
    (
        "medium",
        [
            "dense 64, relu, dense 32, relu, dense classes",
            "conv 8 3x3 stride 2, relu, conv 16 3x3 stride 2, relu, dense 64, relu, dense classes",
            "elman 32, dense classes",
            "embed 16, elman 32, dense classes",
        ],
    ),
];

/// The rows of the preset `at` of [`PRESETS`] for such samples; none where there is no such preset.
pub fn preset(at: usize, of: RowInput) -> &'static str {
    let kind = match of.shape {
        Shape::Flat { .. } => 0,
        Shape::Image { .. } => 1,
        Shape::Sequence { .. } if of.words == 0 => 2,
        Shape::Sequence { .. } => 3,
    };
    PRESETS.get(at).map_or("", |(_, rows)| rows[kind])
}

/// How a network of one's own is made.
#[derive(Clone, Debug, PartialEq)]
pub enum OwnRecipe {
    /// Of tables and pictures.
    Layers(Recipe),
    /// Of sequences.
    Sequences(RecurrentRecipe),
}

impl OwnRecipe {
    /// The recipe with `epochs` in every stage.
    ///
    /// # Errors
    /// When none or more than 1000 are asked for.
    pub fn with_epochs(self, epochs: usize) -> Result<Self, TrainError> {
        match self {
            Self::Layers(recipe) => recipe.with_epochs(epochs).map(Self::Layers),
            Self::Sequences(mut recipe) => {
                check_epochs(epochs)?;
                recipe.stages.iter_mut().for_each(|stage| stage.epochs = epochs);
                Ok(Self::Sequences(recipe))
            }
        }
    }
}

/// The recipe for a network of these rows on `dataset`.
///
/// Batch normalisation is put between a linear row and the function behind it, where none is written: it
/// becomes part of the linear row after training. For [`Purpose::Integers`] every function is a square.
/// Networks of sequences look words up in a table that is put in where no row has it.
///
/// # Errors
/// When a row cannot be read, or does not fit the shape that the rows before it give.
pub fn own_recipe(
    name: &str,
    rows: &str,
    dataset: &Dataset,
    purpose: Purpose,
) -> Result<OwnRecipe, OwnError> {
    let fail = |reason: String| OwnError { setting: "layers", row: format::excerpt(rows), reason };
    dataset.needs_classes("training").map_err(|e| fail(e.to_string()))?;
    let of = RowInput::of(dataset);
    Purpose::named(Some(purpose.name()), of)?;
    let known = PRESETS.iter().position(|(known, _)| *known == rows.trim());
    let rows = known.map_or(rows, |at| preset(at, of));
    if of.is_sequence() {
        let cells = cells(rows, of, purpose)?;
        let recipe = cell_recipe(name, &cells, dataset, purpose);
        return recipe.map(OwnRecipe::Sequences).map_err(|e| fail(e.to_string()));
    }
    let layers = layers(rows, of, purpose)?;
    Ok(OwnRecipe::Layers(layer_recipe(name, layers, dataset, purpose)))
}

fn layer_recipe(name: &str, layers: Vec<Layer>, dataset: &Dataset, purpose: Purpose) -> Recipe {
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
                own: None,
                interval: IntervalRule::Measured { quantile: 0.99, margin: 0.25 },
                layers: Vec::new(),
            }),
            range_penalty: 1.0,
            ..float.clone()
        }),
        Purpose::Polynomials | Purpose::ClientAided => None,
    };
    Recipe {
        name: name.to_owned(),
        dataset: dataset.name().to_owned(),
        input: dataset.shape(),
        layers,
        scaling,
        start: None,
        validation: held_out(train),
        stages: std::iter::once(float).chain(second).collect(),
    }
}

/// The recipe of recurrent cells: first with their exact functions, and for CKKS then with polynomials
/// in their places.
fn cell_recipe(
    name: &str,
    cells: &Cells,
    dataset: &Dataset,
    purpose: Purpose,
) -> Result<RecurrentRecipe, TrainError> {
    let train = dataset.train().len().max(1);
    let usual = RecurrentStage {
        weight_decay: 0.1,
        noise: if cells.embedding.is_some() { 0.0 } else { 0.1 },
        dropout: if cells.embedding.is_some() { 0.3 } else { 0.0 },
        ..RecurrentStage::default()
    };
    // Pixels are of one unit: columns that are nearly always dark must not grow.
    let rows_of_pictures = dataset.name().ends_with("-rows");
    let divide = rows_of_pictures.then(|| largest(dataset));
    let like = RecurrentRecipe {
        name: name.to_owned(),
        dataset: dataset.name().to_owned(),
        hidden: Vec::new(),
        cell: cells.kind.unwrap_or_default(),
        embedding: cells.embedding,
        divide,
        start: None,
        validation: held_out(train),
        stages: vec![usual],
    };
    let batch = if train < MANY { BATCH / 2 } else { BATCH };
    let options = RecurrentOptions {
        cell: like.cell,
        epochs: (CELL_STEPS * batch / train).clamp(4, 200),
        batch,
        polynomials: purpose == Purpose::Polynomials,
        ..RecurrentOptions::default()
    };
    Ok(RecurrentRecipe { hidden: cells.hidden.clone(), ..options.recipe(name, &like)? })
}

/// Training samples that are held out of so many: a tenth.
fn held_out(train: usize) -> usize {
    (train / 10).clamp(usize::from(train > 1), 5000)
}

/// How values of the dataset become inputs, and the grid of these: pictures are divided by their largest
/// value, tables brought to mean 0 and standard deviation 1.
fn scaling(dataset: &Dataset) -> (Scaling, InputQuantiser) {
    if !matches!(dataset.shape(), Shape::Image { .. }) {
        return (Scaling::Standardise, InputQuantiser { step: 0.125, min: -20, max: 20 });
    }
    let least = dataset.train().inputs.iter().fold(0.0_f32, |m, v| m.min(*v));
    let min = if least < 0.0 { -15 } else { 0 };
    (Scaling::Divide(largest(dataset)), InputQuantiser { step: 1.0 / 15.0, min, max: 15 })
}

/// The largest value of pixels: 1, 16 or 255, or what is found.
fn largest(dataset: &Dataset) -> f32 {
    let most = dataset.train().inputs.iter().fold(0.0_f32, |m, v| m.max(v.abs()));
    [1.0, 16.0, 255.0].into_iter().find(|b| most <= *b).unwrap_or(most)
}
