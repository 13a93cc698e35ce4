//! Background work for the window, which never waits: jobs go in through [`Worker`], [`Update`]s come
//! out of [`Jobs::drain`].

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod board;
mod cost;
mod costs;
mod desk;
mod engine;
mod failure;
mod fetch;
mod glance;
mod jobs;
mod kept;
mod key;
mod leak;
mod own;
mod reading;
mod shelf;
mod tasks;
mod update;
mod worker;

pub use board::{News, Outlet};
pub use cost::Cost;
pub use desk::Check;
pub use engine::{
    Engine, LayerAt, Loaded, LoadedData, LoadedSequence, LookAt, SessionEngine, TRAINS,
};
pub use failure::Failure;
pub use glance::{Glance, Seen};
pub use jobs::{Busy, Jobs};
pub use kept::KeptChange;
pub use key::Key;
pub use leak::{LeakRequest, LeakUpdate};
pub use reading::Reading;
pub use shelf::{KeptRun, MOST_KEPT, Shelf};
pub use update::Update;
pub use worker::Worker;

pub use experiment::OwnRequest;
pub use inference::{OwnAnswer, SeenLayer, SeenValue};
