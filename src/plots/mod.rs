//! What the window plots: runs, answers, activations, sweeps, trainings, sequences. Everything that is
//! drawn is handed over; what a person does with it is told back.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod activation;
mod answers;
mod compare;
mod cryptonn;
mod cryptonn_figure;
mod curves;
mod degrees;
mod difference;
mod guess;
mod leak;
mod noise;
mod outcome;
mod sequence;
mod stages;
mod sweep;
mod tables;
mod training;

pub use activation::{Linked, activation_svg, linked};
pub use answers::{Answers, answers};
pub use compare::{compare, compare_svg};
pub use cryptonn::cryptonn;
pub use cryptonn_figure::cryptonn_svg;
pub use curves::Curves;
pub use degrees::{DegreeCell, degree_strip, degrees};
pub use difference::{Differences, difference};
pub use guess::GuessPlot;
pub use leak::leak;
pub use noise::{noise, places as noise_places};
pub use outcome::outcome;
pub use sequence::{
    StepFigure, sequence_input, sequence_state, sequence_steps, strategies_compared, strategies_svg,
};
pub use stages::{latency, margin, measured_how, size, stages_svg};
pub use sweep::{SweepPointer, sweep, sweep_svg};
pub use tables::tables;
pub use training::training;
