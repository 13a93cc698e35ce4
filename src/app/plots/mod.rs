//! The four live plots. Three of them share the stage axis and the stage under the pointer.

mod activation;
mod answers;
mod compare;
mod cryptonn;
mod cryptonn_figure;
mod leak;
mod noise;
mod sequence;
mod stages;
mod sweep;
mod tables;
mod training;

pub use activation::{activation_svg, linked};
pub use answers::answers;
pub use compare::{compare, compare_svg};
pub use cryptonn::cryptonn;
pub use cryptonn_figure::cryptonn_svg;
pub use leak::leak;
pub use noise::{noise, places as noise_places};
pub use sequence::{
    StepFigure, sequence_input, sequence_state, sequence_steps, strategies_compared, strategies_svg,
};
pub use stages::{Curves, latency, margin, measured_how, size};
pub use sweep::{sweep, sweep_svg};
pub use tables::tables;
pub use training::training;
