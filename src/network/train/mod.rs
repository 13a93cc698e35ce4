//! Training: recipes, mini-batches, fine-tuning on the integer grid.

mod augment;
mod built_in;
mod cells;
mod checks;
mod curve;
mod epoch;
mod error;
mod fine_tune;
mod fresh;
mod graph;
mod grid;
mod integers;
mod mix;
mod ops;
mod own;
mod own_training;
mod patience;
mod purpose;
mod reading;
mod recipe;
mod recipes;
mod recurrent;
mod row;
mod rows;
mod scaling;
mod stages;
mod table_recipes;
mod tail;
mod trainer;

pub use augment::Augment;
pub use checks::{IntegerCheck, TableCheck};
pub use epoch::{EpochRecord, TrainEvent};
pub use error::TrainError;
pub use fine_tune::FineTuning;
pub(super) use grid::best_step;
pub use own::{OwnRecipe, PRESETS, own_recipe, preset};
pub use own_training::{OwnTraining, TrainedModel};
pub use purpose::{OwnError, Purpose};
pub use recipe::{Grid, Recipe, Scaling, Stage, TableGrid};
pub use recurrent::{
    RecurrentOptions, RecurrentRecipe, RecurrentStage, RecurrentTrained, RecurrentTraining,
    StepPolynomials,
};
pub use row::{RowInput, RowShape, split_rows};
pub use rows::check_rows;
pub use tail::{Tail, TailForward, TailGradients};
pub use trainer::{Trained, Training, train};

#[cfg(test)]
mod tests;
