//! What the server of an encrypted training has seen: everything it could keep.

use serde::{Deserialize, Serialize};

/// How the integers inside ciphertexts stand for real inputs; public.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct InputEncoding {
    /// Values of one sample.
    pub input_len: usize,
    /// Width of an image with one channel; 0 for a table.
    pub image_width: usize,
    /// An input `x` is encrypted as `round(x * scale)`.
    pub scale: f64,
    /// Least and greatest encoded input, before noise.
    pub range: (i32, i32),
    /// Standard deviation of the clients' noise, in integers; 0 without.
    pub noise: f64,
    /// How far noise takes what is encrypted out of that range; 0 without noise.
    pub beyond: i32,
    /// Length of the vectors that are encrypted for the products: `input_len` for a dense first layer,
    /// the size of a window for a convolution.
    pub vector_len: usize,
    /// For a convolution: of each window (row by row) the position in the sample of each of its values;
    /// `None` is padding. Empty for a dense first layer.
    pub windows: Vec<Vec<Option<usize>>>,
}

impl InputEncoding {
    /// Least and greatest integer that is encrypted.
    pub fn reach(&self) -> (i32, i32) {
        (self.range.0 - self.beyond, self.range.1 + self.beyond)
    }
}

/// What the server saw in one step of training, on one mini-batch. All integers are exact.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ServerStep {
    /// Step since the start of training, from 0.
    pub step: usize,
    /// Epoch, from 0.
    pub epoch: usize,
    /// Which mini-batch the clients had cut; the same number holds the same samples in every epoch.
    pub batch: usize,
    /// Of each slot of the mini-batch the index of its training sample. The server knows them as
    /// numbers of ciphertexts only.
    pub samples: Vec<usize>,
    /// The rows it asked keys for in the forward pass: `[unit][vector_len]`.
    pub weights: Vec<Vec<i32>>,
    /// What it decrypted with them, `[sample][window * units + unit]` (one window where the first
    /// layer is dense): `sum_k weights[unit][k] * input[k]`.
    pub products: Vec<Vec<i64>>,
    /// Its outputs `A` in fixed point: `[sample][class]`.
    pub outputs: Vec<Vec<i64>>,
    /// What it decrypted of the labels: `A - Y`, `[sample][class]`.
    pub output_differences: Vec<Vec<i64>>,
    /// The rows it asked keys for in the backward pass: `[unit][sample * windows + window]`.
    pub delta_rows: Vec<Vec<i32>>,
    /// What it decrypted with them: `[unit][vector_len]`,
    /// `sum_s delta_rows[unit][s] * input_s[k]`.
    pub gradients: Vec<Vec<i64>>,
}

/// Everything the server has seen of the mini-batches that are recorded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ServerView {
    pub encoding: InputEncoding,
    /// Fixed-point one of outputs and labels.
    pub label_scale: i64,
    pub steps: Vec<ServerStep>,
}
