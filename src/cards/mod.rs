//! Cards of the window: tables, figures and samples, drawn from what is handed over; what a person chose is
//! told back.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod coefficients;
mod confusion;
mod dataset;
mod gallery;
mod leak;
mod phases;
mod sample_shape;
mod samples;
mod stages;
mod training_plan;
mod training_sample;

pub use coefficients::coefficients;
pub use confusion::confusion;
pub use dataset::dataset;
pub use gallery::gallery;
pub use leak::{leak_figures, leak_words};
pub use phases::phases;
pub use stages::{StagesTold, stages, stages_height};
pub use training_plan::training_plan;
pub use training_sample::training_sample;
