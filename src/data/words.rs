//! The words of a dataset of sentences.

/// Every word of a dataset of sentences, those too that its own vocabulary leaves out: another
/// vocabulary can be laid over the same sentences.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Words {
    /// The words; the first stands for padding.
    pub all: Vec<String>,
    /// For each value of [`Split::inputs`](crate::Split::inputs) the index of its word, as a number.
    pub train: Vec<f32>,
    pub test: Vec<f32>,
}
