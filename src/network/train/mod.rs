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
mod reading;
mod recipe;
mod recipes;
mod recurrent;
mod scaling;
mod table_recipes;
mod tail;
mod trainer;

pub use augment::Augment;
pub use fine_tune::FineTuning;
pub(super) use grid::best_step;
pub use own::{OwnError, PRESETS, Purpose, RowShape, check_rows, own_recipe, split_rows};
pub use recipe::{Grid, Recipe, Scaling, Stage, TableGrid};
pub use recurrent::{
    CellKind, RecurrentOptions, RecurrentRecipe, RecurrentStage, RecurrentTrained,
    RecurrentTraining, StepPolynomials,
};
pub use tail::{Tail, TailForward, TailGradients};
pub use trainer::{
    EpochRecord, IntegerCheck, TableCheck, TrainError, TrainEvent, Trained, Training, train,
};

#[cfg(test)]
mod tests;
