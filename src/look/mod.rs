//! A sample looked at: drawn or set by hand, what the three networks say to it, and one of its values as
//! a ciphertext.
//!
//! `pad`, `ciphertext` and what they are made of say what is shown; the other files draw it. What a person
//! does is told back: nothing here changes the state of the window.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod answers;
mod bitmap;
mod centring;
mod ciphertext;
mod ciphertext_card;
mod hatching;
mod kept;
mod layer;
mod layer_card;
mod pad;
mod pad_card;
mod picture;
mod tools;

pub use answers::Answers;
pub use bitmap::Bitmap;
pub use centring::Centring;
pub use ciphertext::{Ciphertext, CiphertextEdit};
pub use ciphertext_card::{Eyes, ciphertext_card};
pub use kept::Kept;
pub use layer::LayerView;
pub use layer_card::layer_card;
pub use pad::{Pad, PadEdit, Tool};
pub use pad_card::{PadTold, pad_card};
pub use picture::picture;
