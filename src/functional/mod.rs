//! Functional encryption on ristretto255: inner products (`feip`) and basic operations (`febo`), and the
//! curve arithmetic under them (`group`).

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod febo;
pub mod feip;
pub mod group;
