//! What goes in: datasets, and one reader per format.

mod dataset;

pub use dataset::{Dataset, DatasetError, Shape, Split};
