//! The network of sums and tables, checked.

use super::linear::Linear;
use super::lookup::{MAX_BITS, Table};
use crate::{ForwardError, InputEncoding, InputQuantiser, Normalisation, SimplifyError};
use data::Shape;
use progress::Cancelled;

/// Largest magnitude of a level or an input.
const MAX_VALUE: i32 = 1 << 16;
/// Sums must stay below this magnitude.
const MAX_SUM: i128 = 1 << 62;

/// How raw values become integers: `clamp(round(x / step), low, high)` of the normalised value x.
#[derive(Clone, Debug, PartialEq)]
pub struct InputGrid {
    pub normalisation: Normalisation,
    pub step: f64,
    pub low: i32,
    pub high: i32,
}

/// One layer.
#[derive(Clone, Debug, PartialEq)]
pub enum TableLayer {
    Linear(Linear),
    Table(Table),
}

/// Weighted sums and lookup tables in turn, on integers; the last layer's sums are the scores of the
/// classes.
#[derive(Clone, Debug, PartialEq)]
pub struct TableNetwork {
    name: String,
    input: Shape,
    classes: usize,
    grid: InputGrid,
    layers: Vec<TableLayer>,
    /// Whether training knew the ranges of the tables.
    trained_ranges: bool,
    /// Whether training knew the grid of inputs.
    trained_grid: bool,
}

/// Why there is no such network.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    #[error("lookup tables for {network}: {reason}")]
    Network { network: String, reason: String },
    #[error("lookup tables for {network}, layer {layer}: {reason}")]
    Layer { network: String, layer: String, reason: String },
    #[error(transparent)]
    Simplify(#[from] SimplifyError),
    #[error(transparent)]
    Forward(#[from] ForwardError),
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl TableNetwork {
    /// A network, checked: layers alternate, starting and ending with sums; each takes what the one
    /// before gives; tables have 1 to 6 bits, one level per step, and a step of at least one unit; and
    /// no sum can leave 62 bits.
    pub fn new(
        name: impl Into<String>,
        input: Shape,
        grid: InputGrid,
        layers: Vec<TableLayer>,
    ) -> Result<Self, TableError> {
        let classes = match layers.last() {
            Some(TableLayer::Linear(last)) => last.rows(),
            _ => 0,
        };
        let network = Self {
            name: name.into(),
            input,
            classes,
            grid,
            layers,
            trained_ranges: false,
            trained_grid: false,
        };
        network.check()?;
        Ok(network)
    }

    fn check(&self) -> Result<(), TableError> {
        let network = || self.name.clone();
        let whole = |reason: String| TableError::Network { network: network(), reason };
        let (low, high) = (self.grid.low, self.grid.high);
        if !(low < high && -MAX_VALUE <= low && high <= MAX_VALUE && self.grid.step > 0.0) {
            return Err(whole(format!(
                "inputs from {low} to {high} in steps of {}; an ascending range within ±{MAX_VALUE} and a positive step are needed",
                self.grid.step
            )));
        }
        if self.classes < 2 {
            return Err(whole(format!(
                "{} scores; the last layer must be a sum for each of at least 2 classes",
                self.classes
            )));
        }
        let mut values = self.input.len();
        let (mut low, mut high) = (low, high);
        for (index, layer) in self.layers.iter().enumerate() {
            let fail = |reason: String| TableError::Layer {
                network: network(),
                layer: layer.name().to_owned(),
                reason,
            };
            match layer {
                TableLayer::Linear(linear) => {
                    if index % 2 != 0 {
                        return Err(fail("sums follow sums; a table is needed between".into()));
                    }
                    if linear.input.len() != values || linear.output.len() != linear.rows() {
                        return Err(fail(format!(
                            "takes {} values and gives {} sums as {}; it is given {values} values",
                            linear.input.len(),
                            linear.rows(),
                            linear.output
                        )));
                    }
                    let terms = linear.iter().flat_map(|(terms, _)| terms);
                    if terms.into_iter().any(|t| t.index as usize >= values) {
                        return Err(fail(format!("reads an input beyond the {values} there are")));
                    }
                    let bound = linear.bound(low.into(), high.into());
                    if bound >= MAX_SUM {
                        return Err(fail(
                            "a sum could have more than 62 bits; use fewer weight or input bits"
                                .into(),
                        ));
                    }
                    values = linear.rows();
                }
                TableLayer::Table(table) => {
                    if index % 2 == 0 {
                        return Err(fail(
                            "a table follows a table; sums are needed between".into(),
                        ));
                    }
                    check_table(table, values).map_err(fail)?;
                    values = table.outputs();
                    let bounds = table.functions.iter().map(|f| f.bounds());
                    (low, high) = bounds.fold((0, 0), |(l, h), (a, b)| (l.min(a), h.max(b)));
                }
            }
        }
        Ok(())
    }

    /// The same network, whose training knew the ranges of its tables.
    #[must_use]
    pub(super) fn with_trained_ranges(self) -> Self {
        Self { trained_ranges: true, ..self }
    }

    /// The same network, whose training knew the grid of inputs.
    #[must_use]
    pub(super) fn with_trained_grid(self) -> Self {
        Self { trained_grid: true, ..self }
    }

    /// Whether training knew the grid of inputs: cutting off outliers was then part of it.
    pub fn has_trained_grid(&self) -> bool {
        self.trained_grid
    }

    /// Whether training knew the ranges of the tables: sums beyond them are then part of what was
    /// trained.
    pub fn has_trained_ranges(&self) -> bool {
        self.trained_ranges
    }

    /// Short name, that of the network it comes from.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Shape of one sample.
    pub fn input(&self) -> Shape {
        self.input
    }

    /// Number of scores.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// How raw values become integers.
    pub fn grid(&self) -> &InputGrid {
        &self.grid
    }

    /// Sums and tables in turn.
    pub fn layers(&self) -> &[TableLayer] {
        &self.layers
    }

    /// The layers of sums, in order.
    pub fn linears(&self) -> impl Iterator<Item = &Linear> {
        self.layers.iter().filter_map(|l| match l {
            TableLayer::Linear(linear) => Some(linear),
            TableLayer::Table(_) => None,
        })
    }

    /// The tables, in order.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.layers.iter().filter_map(|l| match l {
            TableLayer::Table(table) => Some(table),
            TableLayer::Linear(_) => None,
        })
    }

    /// Table lookups of one sample: programmable bootstrappings, where each does one value.
    pub fn lookups(&self) -> usize {
        self.tables().map(|t| t.values).sum()
    }

    /// Real value of one unit of a score.
    pub fn score_scale(&self) -> f64 {
        self.linears().last().map_or(1.0, |l| l.scale)
    }
}

fn check_table(table: &Table, values: usize) -> Result<(), String> {
    if !(1..=MAX_BITS).contains(&table.bits) {
        return Err(format!("{} bits; 1 to {MAX_BITS} are possible", table.bits));
    }
    if table.values != values {
        return Err(format!("reads {} values but is given {values}", table.values));
    }
    if table.width < 1 || table.width > 1 << 50 {
        return Err(format!("steps of {} units; 1 to 2^50 are possible", table.width));
    }
    if table.functions.is_empty() {
        return Err("has no function".into());
    }
    for f in &table.functions {
        if f.levels.len() != table.steps() {
            return Err(format!("{} levels for {} steps", f.levels.len(), table.steps()));
        }
        let finite = f.step.is_finite() && f.step > 0.0;
        if !finite || f.levels.iter().any(|l| l.abs() > MAX_VALUE) {
            return Err(format!("levels must lie within ±{MAX_VALUE} and have a positive unit"));
        }
        if f.step != table.functions[0].step {
            return Err("its functions must have levels of the same unit".into());
        }
    }
    Ok(())
}

impl TableLayer {
    /// Name of the layer it comes from.
    pub fn name(&self) -> &str {
        match self {
            Self::Linear(linear) => &linear.name,
            Self::Table(table) => &table.name,
        }
    }
}

impl InputGrid {
    /// What value `at` of a sample would be on the grid if that had no end.
    pub(super) fn level(&self, at: usize, x: f32) -> f64 {
        let of =
            |values: &[f32]| values.get(at % values.len().max(1)).copied().map_or(1.0, f64::from);
        let normal =
            (f64::from(x) - of(&self.normalisation.offset)) / of(&self.normalisation.scale);
        (normal / self.step).round()
    }

    /// Raw values of samples as integers; `raw` starts at the first value of a sample.
    pub fn integers(&self, raw: &[f32]) -> Vec<i32> {
        self.encoding(raw.len()).integers(raw)
    }

    /// How a client makes inputs of raw values, `inputs` to a sample.
    pub fn encoding(&self, inputs: usize) -> InputEncoding {
        let grid = InputQuantiser { step: self.step as f32, min: self.low, max: self.high };
        InputEncoding { inputs, normalisation: self.normalisation.clone(), grid: Some(grid) }
    }
}
