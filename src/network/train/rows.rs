//! The rows of a network that a person writes: `conv 8 3x3, relu, dense 32, relu, dense classes`.

use super::cells::Cells;
use super::purpose::{OwnError, Purpose};
use super::recipes::{batch_norm, dense, layer};
use super::row::{Row, RowInput, RowShape, split_rows};
use crate::{Layer, Op, Padding};
use activation::Activation;
use data::Shape;

/// Most rows of a network.
const MAX_ROWS: usize = 64;
/// Most weights of a network.
const MAX_WEIGHTS: usize = 1 << 26;

/// Why there are no residual rows in a network for tables.
const NO_TABLES: &str =
    "skip connections do not run on lookup tables; make the network for bgv or ckks";

/// Why there are no cells in a network of other samples.
const NO_SEQUENCES: &str =
    "is for sequences; tables and pictures have rows such as dense N, conv N KxK and relu";

/// Row by row what comes of `rows` on samples as `of` says, or what is wrong with one; `None` behind that,
/// where no shape is known.
pub fn check_rows(
    rows: &[String],
    of: RowInput,
    purpose: Purpose,
) -> Vec<Option<Result<RowShape, String>>> {
    if of.is_sequence() {
        let mut cells = Cells::new(of, purpose);
        return checked(rows, of.classes, |row, next| cells.add(row, next));
    }
    let mut all = Building::new(of.shape);
    checked(rows, of.classes, |row, next| all.add_written(row, next, purpose))
}

/// What `add` says of each row that can be read, with the next one.
fn checked(
    rows: &[String],
    classes: usize,
    mut add: impl FnMut(&Row, Option<&Row>) -> Result<RowShape, String>,
) -> Vec<Option<Result<RowShape, String>>> {
    let read: Vec<_> = rows.iter().map(|text| Row::read(text.trim(), classes)).collect();
    let mut sound = true;
    let mut checked = Vec::with_capacity(rows.len());
    for (at, this) in read.iter().enumerate() {
        let last = at + 1 == read.len();
        let result = this.clone().and_then(|this| {
            if at >= MAX_ROWS {
                return Err(format!("one row too many; 1 to {MAX_ROWS} are possible"));
            }
            if last && this != Row::Dense(classes) {
                return Err("the last row must be: dense classes".into());
            }
            if !sound {
                return Ok(None);
            }
            let next = read.get(at + 1).and_then(|next| next.as_ref().ok());
            add(&this, next).map(Some)
        });
        sound &= result.is_ok();
        checked.push(result.transpose());
    }
    checked
}

/// The layers of a network of these rows.
pub(super) fn layers(rows: &str, of: RowInput, purpose: Purpose) -> Result<Vec<Layer>, OwnError> {
    let mut all = Building::new(of.shape);
    let example = "dense 16, relu, dense classes";
    built(rows, of.classes, example, |row, next| all.add_written(row, next, purpose))?;
    Ok(all.layers)
}

/// The cells of a network of these rows.
pub(super) fn cells(rows: &str, of: RowInput, purpose: Purpose) -> Result<Cells, OwnError> {
    let mut all = Cells::new(of, purpose);
    built(rows, of.classes, "gru 16, dense classes", |row, next| all.add(row, next))?;
    Ok(all)
}

/// Gives each row with the next one to `add`, and names the first that does not fit.
fn built(
    rows: &str,
    classes: usize,
    example: &str,
    mut add: impl FnMut(&Row, Option<&Row>) -> Result<RowShape, String>,
) -> Result<(), OwnError> {
    let texts = split_rows(rows);
    let whole = |reason: String| OwnError { setting: "layers", row: format::excerpt(rows), reason };
    if texts.is_empty() || texts.len() > MAX_ROWS {
        return Err(whole(format!(
            "{} rows; 1 to {MAX_ROWS} are possible, as in: {example}",
            texts.len()
        )));
    }
    let mut read = Vec::new();
    for text in &texts {
        let fail =
            |reason: String| OwnError { setting: "layers", row: format::excerpt(text), reason };
        read.push(Row::read(text, classes).map_err(fail)?);
    }
    if read.last() != Some(&Row::Dense(classes)) {
        return Err(whole("the last row must be: dense classes".into()));
    }
    for (at, (row, text)) in read.iter().zip(&texts).enumerate() {
        let fail =
            |reason: String| OwnError { setting: "layers", row: format::excerpt(text), reason };
        add(row, read.get(at + 1)).map_err(fail)?;
    }
    Ok(())
}

/// Layers, and the shape after them.
struct Building {
    layers: Vec<Layer>,
    shape: Shape,
    weights: usize,
}

impl Building {
    fn new(input: Shape) -> Self {
        Self { layers: Vec::new(), shape: input, weights: 0 }
    }

    /// A row as it was written, before `next`: a function becomes a square where it must, and a linear
    /// row before a function is normalised.
    fn add_written(
        &mut self,
        row: &Row,
        next: Option<&Row>,
        purpose: Purpose,
    ) -> Result<RowShape, String> {
        let first = self.layers.len();
        let written = match (row, purpose) {
            (Row::Function(_), Purpose::Integers) => Row::Function(Activation::Square),
            _ => row.clone(),
        };
        match (&written, next) {
            (Row::Residual { outputs, kernel, stride }, Some(Row::Function(function))) => {
                let between = match purpose {
                    Purpose::Integers => Row::Function(Activation::Square),
                    _ => Row::Function(function.clone()),
                };
                self.residual((*outputs, *kernel, *stride), &between)?;
                if purpose == Purpose::Tables {
                    return Err(NO_TABLES.into());
                }
            }
            (Row::Residual { .. }, _) => {
                return Err("a function must follow it: it stands between its layers, too".into());
            }
            _ => self.add(&written)?,
        }
        let own = self.layers.get(first..).unwrap_or_default();
        let inside = matches!(row, Row::Residual { .. });
        let stays = |l: &&Layer| !(inside && matches!(l.op, Op::BatchNorm { .. }));
        let parameters = own.iter().filter(stays).map(|l| l.op.parameters()).sum();
        let macs = own.iter().map(|l| l.op.macs(self.shape)).sum();
        let linear = matches!(row, Row::Dense(_) | Row::Conv { .. });
        if linear && matches!(next, Some(Row::Function(_))) {
            self.add(&Row::Norm)?;
        }
        Ok(RowShape { shape: self.shape, parameters, macs })
    }

    fn add(&mut self, row: &Row) -> Result<(), String> {
        match row {
            Row::Dense(outputs) => {
                self.flatten();
                let inputs = self.shape.len();
                self.weighs(inputs.checked_mul(*outputs))?;
                let name = self.name("dense");
                self.layers.push(dense(&name, inputs, *outputs));
                self.shape = Shape::Flat { len: *outputs };
            }
            Row::Conv { outputs, kernel, stride, same } => {
                let Shape::Image { channels, .. } = self.shape else {
                    return Err(self.no_picture());
                };
                let of = |k: usize| if *same { (k / 2, (k - 1) / 2) } else { (0, 0) };
                let ((bottom, top), (right, left)) = (of(kernel.0), of(kernel.1));
                let padding = Padding { top, bottom, left, right };
                let weights =
                    outputs.checked_mul(channels).and_then(|n| n.checked_mul(kernel.0 * kernel.1));
                self.weighs(weights)?;
                let op = Op::Conv2d {
                    in_channels: channels,
                    out_channels: *outputs,
                    kernel: *kernel,
                    stride: (*stride, *stride),
                    padding,
                    weight: vec![0.0; weights.unwrap_or_default()],
                    bias: vec![0.0; *outputs],
                };
                self.push("conv", op)?;
            }
            Row::Pool(_) if !matches!(self.shape, Shape::Image { .. }) => {
                return Err(self.no_picture());
            }
            Row::Pool(size) => {
                let (kernel, stride) = ((*size, *size), (*size, *size));
                self.push("pool", Op::AvgPool { kernel, stride, padding: Padding::default() })?;
            }
            Row::Norm => {
                let features = match self.shape {
                    Shape::Image { channels, .. } => channels,
                    other => other.len(),
                };
                let name = self.name("norm");
                self.layers.push(batch_norm(&name, features));
            }
            // Made of other rows: see `residual`.
            Row::Flatten | Row::Residual { .. } => self.flatten(),
            Row::Embed(_) | Row::Cells(..) => {
                return Err(NO_SEQUENCES.into());
            }
            Row::Function(activation) => {
                self.push("activation", Op::Activation(activation.clone()))?;
            }
        }
        Ok(())
    }

    /// The layers of a residual row with the function `between`.
    fn residual(
        &mut self,
        (outputs, kernel, stride): (usize, Option<(usize, usize)>, usize),
        between: &Row,
    ) -> Result<(), String> {
        if kernel.is_none() {
            self.flatten();
        }
        let (start, before) = (self.layers.last().map(|l| l.name.clone()), self.shape);
        let linear = |kernel: Option<(usize, usize)>, stride: usize| match kernel {
            Some(kernel) => Row::Conv { outputs, kernel, stride, same: true },
            None => Row::Dense(outputs),
        };
        self.add(&linear(kernel, stride))?;
        self.add(&Row::Norm)?;
        self.add(between)?;
        self.add(&linear(kernel, 1))?;
        self.add(&Row::Norm)?;
        let (end, after) = (self.layers.last().map(|l| l.name.clone()), self.shape);
        let from = if before == after {
            start
        } else {
            let name = self.name("branch");
            self.layers.push(layer(&name, Op::Branch { from: start }));
            self.shape = before;
            self.add(&linear(kernel.map(|_| (1, 1)), stride))?;
            self.add(&Row::Norm)?;
            end
        };
        if self.shape != after {
            return Err(format!("gives {after} beside {}", self.shape));
        }
        let name = self.name("sum");
        self.layers.push(layer(&name, Op::Add { from }));
        Ok(())
    }

    fn weighs(&mut self, weights: Option<usize>) -> Result<(), String> {
        let all = weights.and_then(|w| w.checked_add(self.weights));
        self.weights = all.filter(|all| *all <= MAX_WEIGHTS).ok_or_else(|| {
            format!("makes more than {MAX_WEIGHTS} weights; use fewer outputs, strides or pooling")
        })?;
        Ok(())
    }

    fn no_picture(&self) -> String {
        format!(
            "takes a picture, but is given {}; rows for tables are dense and functions; pixels in columns are made pictures by ?shape=HEIGHTxWIDTH behind the path",
            self.shape
        )
    }

    fn flatten(&mut self) {
        if matches!(self.shape, Shape::Image { .. }) {
            let name = self.name("flatten");
            self.layers.push(layer(&name, Op::Flatten));
            self.shape = Shape::Flat { len: self.shape.len() };
        }
    }

    fn name(&self, kind: &str) -> String {
        let same = |l: &&Layer| l.name.strip_prefix(kind).is_some_and(|n| n.parse::<u32>().is_ok());
        format!("{kind}{}", self.layers.iter().filter(same).count() + 1)
    }

    fn push(&mut self, kind: &str, op: Op) -> Result<(), String> {
        self.shape = crate::model::output_shape(&op, self.shape)?;
        let name = self.name(kind);
        self.layers.push(layer(&name, op));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PICTURE: Shape = Shape::Image { channels: 1, height: 8, width: 8 };

    fn of(shape: Shape) -> RowInput {
        RowInput { shape, classes: 3, words: 0 }
    }

    fn kinds(rows: &str, input: Shape, purpose: Purpose) -> String {
        let layers = layers(rows, of(input), purpose).unwrap();
        layers.iter().map(|l| l.name.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn rows_become_layers_with_normalisation_between() {
        let rows = "conv 8 3x3 | relu | dense 32 | relu | dense classes";
        let found = kinds(rows, PICTURE, Purpose::Polynomials);
        let expected = "conv1 norm1 activation1 flatten1 dense1 norm2 activation2 dense2";
        assert_eq!(found, expected);
        let squares = layers(rows, of(PICTURE), Purpose::Integers).unwrap();
        assert!(squares.iter().all(|l| l.op.is_polynomial()));
        let same =
            layers("conv 4 3x3 same, dense classes", of(PICTURE), Purpose::Integers).unwrap();
        assert!(matches!(&same[2].op, Op::Dense { inputs: 256, .. }));
    }

    #[test]
    fn every_row_tells_its_shape_or_its_fault() {
        let told = |text: &str, purpose| {
            let rows: Vec<String> = split_rows(text).into_iter().map(str::to_owned).collect();
            check_rows(&rows, of(PICTURE), purpose)
        };
        let gives = |len, parameters, macs| {
            Some(Ok(RowShape { shape: Shape::Flat { len }, parameters, macs }))
        };
        // 8 kernels of 9 weights and a bias, at 6x6 places; 288 inputs to 4 outputs; 4 to 3.
        let rows = told("conv 8 3x3, relu, dense 4, relu, dense classes", Purpose::Tables);
        let map = Shape::Image { channels: 8, height: 6, width: 6 };
        assert_eq!(rows[0], Some(Ok(RowShape { shape: map, parameters: 80, macs: 72 * 36 })));
        assert_eq!(rows[2..], [gives(4, 1156, 1152), gives(4, 0, 0), gives(3, 15, 12)]);
        let rows = told("dense 4, pool 2, dense 5, dance, dense 3", Purpose::Integers);
        assert_eq!(rows[0], gives(4, 260, 256));
        assert!(matches!(&rows[1], Some(Err(e)) if e.contains("picture")), "{rows:?}");
        assert!(rows[2].is_none() && matches!(&rows[3], Some(Err(e)) if e.contains("not known")));
        assert!(rows[4].is_none());
        assert!(
            matches!(&told("relu", Purpose::Tables)[0], Some(Err(e)) if e.contains("last row"))
        );
    }

    #[test]
    fn residual_rows_are_blocks_with_a_skip() {
        let rows = "dense 6, relu, residual 6, relu, residual 4, relu, dense classes";
        let flat = Shape::Flat { len: 3 };
        assert_eq!(
            kinds(rows, flat, Purpose::Polynomials),
            "dense1 norm1 activation1 \
             dense2 norm2 activation2 dense3 norm3 sum1 activation3 \
             dense4 norm4 activation4 dense5 norm5 branch1 dense6 norm6 sum2 activation5 dense7"
        );
        let made = layers(rows, of(flat), Purpose::Integers).unwrap();
        let op = |name: &str| made.iter().find(|l| l.name == name).map(|l| l.op.clone());
        assert_eq!(op("sum1"), Some(Op::Add { from: Some("activation1".into()) }));
        assert_eq!(op("branch1"), Some(Op::Branch { from: Some("activation3".into()) }));
        assert_eq!(op("sum2"), Some(Op::Add { from: Some("norm5".into()) }));
        assert!(made.iter().all(|l| l.op.is_polynomial()));
        let rows = "residual 2 3x3 stride 2, tanh, dense classes";
        let made = layers(rows, of(PICTURE), Purpose::Polynomials).unwrap();
        let Op::Branch { from: None } = &made[5].op else { panic!("from the inputs") };
        assert!(matches!(&made[6].op, Op::Conv2d { kernel: (1, 1), stride: (2, 2), .. }));
        assert!(matches!(&made.last().unwrap().op, Op::Dense { inputs: 32, .. }));
    }

    #[test]
    fn rows_that_do_not_fit_are_refused_with_the_row() {
        let flat = Shape::Flat { len: 4 };
        for (rows, input, row, reason) in [
            ("", flat, "", "1 to 64 are possible"),
            ("dense 5", flat, "dense 5", "last row must be"),
            ("dance 5, dense classes", flat, "dance 5", "rows are: dense N"),
            ("dense 0, dense classes", flat, "dense 0", "no number from 1"),
            ("conv 8 3x3, dense classes", flat, "conv 8 3x3", "takes a picture"),
            ("conv 8 9x9, dense classes", PICTURE, "conv 8 9x9", "larger than the padded"),
            ("conv 8 3x3 stride 0, dense classes", PICTURE, "stride 0", "no number"),
            ("residual 4, dense classes", flat, "residual 4", "a function must follow"),
            ("pool 2, dense classes", flat, "pool 2", "takes a picture"),
            ("conv 8 3x3, dense classes", flat, "conv 8 3x3", "?shape=HEIGHTxWIDTH"),
            ("residual 4 3x3, relu, dense classes", flat, "residual 4 3x3", "takes a picture"),
            ("residual 4 3x3 same, relu, dense classes", PICTURE, "same", "leave same out"),
            ("pool 9, dense classes", PICTURE, "pool 9", "larger than"),
            ("dense 8192, dense 8192, dense 8192, dense classes", flat, "dense 8192", "weights"),
        ] {
            let told = layers(rows, of(input), Purpose::Tables).unwrap_err();
            assert!(told.row.contains(row) && told.reason.contains(reason), "{rows}: {told}");
        }
    }
}
