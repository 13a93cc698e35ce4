//! Networks of sums and lookup tables under TFHE: a sample to a message.

mod program;
mod scheme;
mod server;
mod steps;
mod together;

pub use program::{ServedTables, TablesOffered};
pub use scheme::{TableProbe, TableWork, Tables};
pub use steps::{OUTPUT_BITS, ServedSteps};
