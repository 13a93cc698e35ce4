//! What the server of an encrypted training learns about the data it never sees.
//!
//! Functional encryption hides inputs and shows functions of them, and a training asks for many
//! functions. From what a [`ServerView`] holds, and from nothing else, this room
//! reconstructs the training samples: from the first-layer products and the gradients, which are
//! linear equations in the inputs, within the range that inputs are known to have. True samples are
//! used only to measure how well that went.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod background;
mod bounded;
mod curve;
mod equations;
mod knowledge;
mod labels;
mod linear_program;
mod measure;
#[cfg(test)]
mod plaintext;
mod reconstruct;
mod reconstruction;
mod report;
mod settings;
#[cfg(test)]
mod tests;
mod view;
mod windows;

pub use background::{Background, MOST_INPUTS as MOST_SIMILAR_INPUTS};
pub use curve::{LeakCurve, LeakPoint, curve};
pub use labels::{LabelLeak, labels};
pub use measure::{Pool, Score};
pub use reconstruct::reconstruct;
pub use reconstruction::Reconstruction;
pub use report::{LeakReport, report};
pub use settings::{AttackMethod, LeakOptions, LeakSources};
pub use view::{InputEncoding, ServerStep, ServerView};
