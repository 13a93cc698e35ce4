//! Files of the user: results are put in place whole or not at all, and never over what they are made
//! from; what is wrong with them is told in plain words.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod advice;
mod aside;
mod fields;
mod json;
mod name;
mod output;
mod unfinished;
mod uses;

pub use advice::advice;
pub use aside::{Aside, remove_abandoned};
pub use fields::{fields, fields_or_none};
pub use json::{reason, reason_in};
pub use name::{as_path, as_text};
pub use output::{OutputError, OutputFile, write_whole};
pub use unfinished::remove_unfinished;
pub use uses::Uses;
