//! Training: recipes, mini-batches, fine-tuning on the integer grid.

mod augment;
mod graph;
mod grid;
mod integers;
mod recipe;
mod trainer;

pub use augment::Augment;
pub use recipe::{Grid, Recipe, Scaling, Stage};
pub use trainer::{EpochRecord, IntegerCheck, TrainError, Trained, train};

#[cfg(test)]
mod tests;
