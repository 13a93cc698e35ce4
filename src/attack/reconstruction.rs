//! What the server makes out of a mini-batch.

/// A mini-batch as the server makes it out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reconstruction {
    /// The training samples, by index.
    pub samples: Vec<usize>,
    /// Their inputs in the integers of the encoding, sample after sample.
    pub values: Vec<f64>,
    /// Steps with this mini-batch that were seen.
    pub uses: usize,
    /// Rows whose products, and rows whose gradients were used.
    pub rows: (usize, usize),
    /// Share of the inputs that the equations alone determine: independent equations by unknowns.
    pub known_share: f64,
    /// Samples of which every product is met exactly when their values are rounded, while the
    /// equations leave nothing open: the server has them, and knows that it has.
    pub certain: usize,
}
