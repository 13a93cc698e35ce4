//! One background thread that opens, plans and runs scenarios, so that the window never waits.
//!
//! Requests go in through [`Worker`], [`Update`]s come out of [`Worker::drain`]. Every request gets a
//! job number; what a replaced or cancelled job still sends is dropped by that number.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod engine;
mod job;
mod leak;
mod outbox;
mod pause;
mod task;
mod thread;

pub use engine::{Engine, Loaded, LoadedSequence, SessionEngine, TRAINS};
pub use job::{Check, Failure, Job, Update};
pub use leak::{LeakRequest, LeakUpdate, LeakWorker};
pub use task::{Task, TaskRequest, TaskUpdate};
pub use thread::{Busy, Worker};
