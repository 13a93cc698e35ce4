//! Training of recurrent networks by back-propagation through time.

mod graph;
mod recipe;
mod recipes;
mod trainer;

pub use recipe::{RecurrentRecipe, RecurrentStage, StepPolynomials};
pub use trainer::{RecurrentTrained, RecurrentTraining};

#[cfg(test)]
mod tests;
