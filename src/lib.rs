//! CryptoScope: see what encryption does to a neural network.
//!
//! One library, floors from the ground up; a room uses only rooms below it
//! (held by `tests/layering.rs`).

#![deny(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod file;
pub mod format;
pub mod progress;

pub mod data;

pub mod activation;

pub mod network;

pub mod ring;

pub mod scheme;

pub mod circuit;

pub mod run;

pub mod worker;

#[cfg(feature = "gui")]
pub mod app;

pub mod cli;
