//! Recurrent networks on encrypted sequences: a protocol of client and server, step by step.

mod client;
mod compare;
mod conversation;
mod execute;
mod forecast;
mod gate_ranges;
mod link;
mod longest;
mod message;
mod meter;
mod observer;
mod planned;
mod progress;
mod remedy_row;
mod report;
mod server;
mod session;
mod step;
#[cfg(feature = "tfhe")]
mod tables;
mod talk;

pub use client::{Client, Follower};
pub use compare::{RemedyEvent, RemedyRequest};
pub use link::{ChannelLink, Link, LinkError};
pub use message::{Message, MessageError, MessageKind, Place, SessionId};
pub use meter::{Meter, StepCost};
pub use remedy_row::{COMPARISON_SCHEMA_VERSION, OneSequence, RemedyComparison, RemedyRow};
pub use report::{EndToEnd, SequenceReport, SequenceStep, SequenceTrace, StepSeen};
pub use server::{Server, Tap};
pub use session::SequenceSession;
pub use talk::{Talk, TalkError};

#[cfg(test)]
mod tests;
