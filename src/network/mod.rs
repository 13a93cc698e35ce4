//! Networks: layers, shapes, plaintext inference, training, files, and the built-in architectures.

mod layer;
mod model;

pub use layer::{Layer, Op, Padding};
pub use model::{
    InputQuantiser, Network, NetworkError, Normalisation, Provenance, Quantisation, WeightQuantiser,
};
