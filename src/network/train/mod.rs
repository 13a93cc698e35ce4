//! Training: recipes, mini-batches, fine-tuning on the integer grid.

mod augment;
mod built_in;
mod curve;
mod fine_tune;
mod graph;
mod grid;
mod integers;
mod ops;
mod own;
mod purpose;
mod reading;
mod recipe;
mod recipes;
mod recurrent;
mod rows;
mod scaling;
mod table_recipes;
mod tail;
mod trainer;

pub use augment::Augment;
pub use fine_tune::FineTuning;
pub(super) use grid::best_step;
pub use own::{PRESETS, own_recipe};
pub use purpose::{OwnError, Purpose};
pub use recipe::{Grid, Recipe, Scaling, Stage, TableGrid};
pub use recurrent::{
    RecurrentOptions, RecurrentRecipe, RecurrentStage, RecurrentTrained, RecurrentTraining,
    StepPolynomials,
};
pub use rows::{RowShape, check_rows, split_rows};
pub use tail::{Tail, TailForward, TailGradients};
pub use trainer::{
    EpochRecord, IntegerCheck, TableCheck, TrainError, TrainEvent, Trained, Training, train,
};

#[cfg(test)]
mod tests;
