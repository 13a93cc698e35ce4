//! Client and server of one round: schemes behind one trait, messages in bytes, and the offer that both
//! begin with.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod bfv;
mod bgv;
mod ckks;
mod client;
mod crt;
mod encoding;
mod evaluator;
mod levelled;
mod look;
mod noop;
mod offer;
mod offer_error;
mod offered_scheme;
mod request;
mod scheme;
mod server;
mod share;
#[cfg(feature = "tfhe")]
mod tables;
mod wire_clock;

pub use bfv::Bfv;
pub use bgv::Bgv;
pub use ckks::{Ckks, CkksOffered};
pub use client::{Client, ModulusAnswer, combined, read_reals};
pub use crt::Crt;
pub use encoding::Encoding;
pub use levelled::{
    FirstState, Levelled, LevelledInputs, LevelledKnown, LevelledOffered, ServedChain, Stepper,
};
pub use look::{Flipped, Look, Looked, look};
pub use noop::{NoKeys, NoSecret, Noop, Plain, PlainCircuit, RealNoop};
pub use offer::{Check, Offer, Offered};
pub use offer_error::OfferError;
pub use offered_scheme::{ExactJob, Job, OfferedScheme, Slot, with_program};
pub use request::Incoming;
pub use scheme::{Decrypted, EngineError, Evaluated, Evaluation, Measured, OnWire, Probed, Scheme};
pub use server::Server;
#[cfg(feature = "tfhe")]
pub use tables::{
    OUTPUT_BITS, ServedSteps, ServedTables, TableProbe, TableWork, Tables, TablesOffered,
};
pub use wire_clock::WireClock;
