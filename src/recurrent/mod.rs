//! Recurrent networks on encrypted sequences: a protocol of client and server, step by step.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod bootstrapping;
mod client;
mod conversation;
mod execute;
mod forecast;
mod functions;
mod gate_ranges;
mod levelled;
mod link;
mod longest;
mod message;
mod meter;
mod observer;
mod offering;
mod planned;
mod progress;
mod reference;
mod running;
mod server;
mod session;
#[cfg(feature = "tfhe")]
mod tables;
mod talk;

pub use client::{Client, Follower};
pub use link::{ChannelLink, Link, LinkError};
pub use message::{Message, MessageKind, Place, SessionId};
pub use meter::{Meter, StepCost};
pub use offering::{Offering, ServedSequences};
pub use server::{Probe, Server};
pub use session::SequenceSession;
pub use talk::{Talk, TalkError};

#[cfg(test)]
mod tests;
