//! Training of recurrent networks by back-propagation through time.

mod fresh;
mod graph;
mod options;
mod recipe;
mod recipes;
mod trainer;

pub use options::RecurrentOptions;
pub use recipe::{RecurrentRecipe, RecurrentStage, StepPolynomials};
pub use trainer::{RecurrentTrained, RecurrentTraining};

#[cfg(test)]
mod tests;
