//! What is shown, in plain words: a sentence each, with the numbers at hand.

mod compare;
mod data;
mod lab;
mod model;
mod run;
mod sample;
mod sequence;
mod sweep;
mod training;

pub use compare::compare_words;
pub use data::data_words;
pub use lab::lab_words;
pub use model::model_words;
pub use run::run_words;
pub use sample::sample_words;
pub use sequence::sequence_words;
pub use sweep::sweep_words;
pub use training::training_words;
