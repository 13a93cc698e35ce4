//! A row of a network that a person writes: `conv 8 3x3`, `relu`, `gru 16`.

use crate::recurrent::CellKind;
use activation::Activation;
use data::{Dataset, Shape};

/// Most outputs of a row.
const MAX_OUTPUTS: usize = 8192;

/// A row, read.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Row {
    Dense(usize),
    Conv {
        outputs: usize,
        kernel: (usize, usize),
        stride: usize,
        same: bool,
    },
    Pool(usize),
    Norm,
    Flatten,
    Function(Activation),
    /// Two linear rows with the function that follows between them, and a sum with what goes into the
    /// first, or a linear image of it where the shapes differ. Convolutions where there is a kernel.
    Residual {
        outputs: usize,
        kernel: Option<(usize, usize)>,
        stride: usize,
    },
    /// Values that each word is looked up as.
    Embed(usize),
    /// Recurrent cells, and how many.
    Cells(CellKind, usize),
}

/// What the first row is given, and what the last one must give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowInput {
    /// Of a sample.
    pub shape: Shape,
    pub classes: usize,
    /// Different words, where the steps of a sequence are words; 0 where they are numbers.
    pub words: usize,
}

impl RowInput {
    /// The samples and classes of a dataset.
    pub fn of(dataset: &Dataset) -> Self {
        let (classes, words) = (dataset.classes().len(), dataset.vocabulary().len());
        Self { shape: dataset.shape(), classes, words }
    }

    /// Whether samples are sequences, which take recurrent cells.
    pub fn is_sequence(self) -> bool {
        matches!(self.shape, Shape::Sequence { .. })
    }
}

/// The rows of a text: what stands between commas, bars, semicolons and ends of lines.
pub fn split_rows(text: &str) -> Vec<&str> {
    let rows = text.split([',', '|', '\n', ';']).map(str::trim);
    rows.filter(|row| !row.is_empty()).collect()
}

/// What comes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowShape {
    /// What the next row is given.
    pub shape: Shape,
    /// Weights and biases; a normalisation that is put in by itself becomes part of them.
    pub parameters: usize,
    /// Multiplications with a weight, for one sample.
    pub macs: usize,
}

impl Row {
    /// The row that a person wrote, for so many classes.
    ///
    /// # Errors
    /// When it cannot be read: why, and what can.
    pub fn read(text: &str, classes: usize) -> Result<Self, String> {
        let lower = text.to_ascii_lowercase();
        let words: Vec<&str> = lower.split_whitespace().collect();
        let number = |word: &str| match word {
            "classes" => Ok(classes),
            word => word.parse().ok().filter(|n| (1..=MAX_OUTPUTS).contains(n)).ok_or_else(|| {
                format!("{} is no number from 1 to {MAX_OUTPUTS}", format::excerpt(word))
            }),
        };
        let function = |activation| Ok(Self::Function(activation));
        match words[..] {
        ["dense", outputs] => Ok(Self::Dense(number(outputs)?)),
        ["conv", outputs, kernel, ref rest @ ..] => {
            let side = |word| number(word).and_then(|n| if n <= 64 { Ok(n) } else { Err(format!("a kernel of {n}; 1 to 64 are possible")) });
            let kernel = match kernel.split_once('x') {
                Some((down, across)) => (side(down)?, side(across)?),
                None => (side(kernel)?, side(kernel)?),
            };
            let mut row = (1, false);
            let mut rest = rest.iter();
            while let Some(word) = rest.next() {
                match *word {
                    "same" => row.1 = true,
                    "stride" => row.0 = number(rest.next().copied().unwrap_or_default())?,
                    other => return Err(format!("{} is not known; stride N and same are", format::excerpt(other))),
                }
            }
            Ok(Self::Conv { outputs: number(outputs)?, kernel, stride: row.0, same: row.1 })
        }
        ["residual", outputs] => {
            Ok(Self::Residual { outputs: number(outputs)?, kernel: None, stride: 1 })
        }
        ["residual", outputs, ref rest @ ..] => {
            let conv = format!("conv {outputs} {}", rest.join(" "));
            match Self::read(&conv, classes)? {
                Self::Conv { outputs, kernel, stride, same: false } => {
                    Ok(Self::Residual { outputs, kernel: Some(kernel), stride })
                }
                _ => Err("its size stays, or is divided by the stride: leave same out".into()),
            }
        }
        ["pool", size] => Ok(Self::Pool(number(size)?)),
        ["norm"] => Ok(Self::Norm),
        ["flatten"] => Ok(Self::Flatten),
        ["relu"] => function(Activation::Relu),
        ["leaky"] => function(Activation::LeakyRelu { slope: Activation::LEAKY_SLOPE }),
        ["sigmoid"] => function(Activation::Sigmoid),
        ["tanh"] => function(Activation::Tanh),
        ["softplus"] => function(Activation::Softplus),
        ["silu"] => function(Activation::Silu),
        ["gelu"] => function(Activation::Gelu),
        ["square"] => function(Activation::Square),
        ["embed", width] => Ok(Self::Embed(number(width)?)),
        [kind, cells] if let Some(kind) = CellKind::named(kind) => {
            Ok(Self::Cells(kind, number(cells)?))
        }
        _ => Err("not known; rows are: dense N, dense classes, conv N KxK [stride N] [same], residual N [KxK [stride N]], pool N, norm, flatten, and the functions relu, leaky, sigmoid, tanh, softplus, silu, gelu, square; of sequences: embed N, elman N, gru N, lstm N, dense classes".into()),
    }
    }
}
