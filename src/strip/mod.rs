//! The strip over a run: what client and server hold, layer by layer, and who of them sees what.
//!
//! `model` says what is shown, from the plan, the run and the network; the other files draw it. What a
//! person does with it is told back: nothing here changes the state of the window.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod boxes;
mod card;
mod details;
mod draw;
mod figures;
mod formula;
mod hidden;
mod layer;
mod line;
mod look;
mod model;
mod perspective;
mod pipe;
mod source;
mod switch;
mod text;

pub use card::card;
pub use details::Details;
pub use draw::{Told, show};
pub use figures::{Figure, Tone, figures, times_bytes, times_slower};
pub use hidden::Hidden;
pub use look::Look;
pub use model::{Battery, LayerBox, Place, Strip};
pub use perspective::Perspective;
pub use source::Source;
pub use switch::switch;
