//! The four live plots. Three of them share the stage axis and the stage under the pointer.

mod accuracy;
mod activation;
mod chart;
mod stages;
mod ticks;

pub use accuracy::accuracy;
pub use activation::linked;
pub use stages::{Curves, MARGIN_DEFINITION, latency, margin, size};
pub use ticks::{number_text, number_ticks};
