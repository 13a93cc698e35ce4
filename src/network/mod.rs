//! Networks: layers, shapes, plaintext inference, training, files, and the built-in architectures.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod approximation;
mod beside;
mod blueprint;
mod card;
mod clipping;
mod describe;
mod encoding;
mod file;
mod forward;
mod layer;
mod measure;
mod model;
mod provenance;
pub mod recurrent;
mod rewrite;
mod simplify;
pub mod table;
pub mod train;

mod windows;
mod with_card;
mod zoo;

pub use approximation::{
    Approximations, IntervalRule, LayerApproximationError, LayerRule, RangeReport, RangedOutputs,
};
pub use beside::original_file;
pub use card::{Identity, ModelCard, Role, Twin};
pub use clipping::Clipped;
pub use encoding::InputEncoding;
pub use file::{ModelError, is_model_file};
pub use forward::{ForwardError, accuracy, argmax};
pub use layer::{Layer, MAX_POOL, Op, Padding};
pub use measure::LayerInputs;
pub use model::{
    InputQuantiser, Network, NetworkError, Normalisation, Quantisation, TableQuantiser,
    WeightQuantiser, shape_after,
};
pub use provenance::Provenance;
pub use simplify::SimplifyError;
pub use windows::Windows;
pub use zoo::{built_in_names, is_named, open};
