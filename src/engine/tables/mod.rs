//! Networks of sums and lookup tables under TFHE: a sample to a message.

mod client;
mod program;
mod scheme;
mod server;
mod steps;
mod together;

pub use client::TableClient;
pub use program::{ServedTables, TablesOffered};
pub use scheme::{TableWork, Tables};
pub use server::{TableAnswer, TableProbe, TableServer};
pub use steps::{OUTPUT_BITS, ServedSteps};
