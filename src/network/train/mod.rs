//! Training: recipes, mini-batches, fine-tuning on the integer grid.

mod augment;
mod built_in;
mod cells;
mod curve;
mod fine_tune;
mod graph;
mod grid;
mod integers;
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
mod table_recipes;
mod tail;
mod trainer;

pub use augment::Augment;
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
pub use trainer::{
    EpochRecord, IntegerCheck, TableCheck, TrainError, TrainEvent, Trained, Training, train,
};

#[cfg(test)]
mod tests;
