//! Networks of small integers for lookup tables: weighted sums of integers, and between them tables
//! that read a sum in steps.
//!
//! This is what programmable bootstrapping evaluates (Chillotti, Gama, Georgieva and Izabachène,
//! eprint 2018/421; Bourse et al., "FHE-DiNN", eprint 2017/1114): a sum lies on a circle, a table says
//! what each part of the circle gives.

mod evaluate;
mod linear;
mod lookup;
mod model;
mod quantise;
mod simulate;
mod statistics;
#[cfg(test)]
mod tests;
mod unclipped;

pub use evaluate::TableRun;
pub use linear::{Linear, Term};
pub use lookup::{LookUp, MAX_BITS, Table};
pub use model::{InputGrid, TableError, TableLayer, TableNetwork};
pub use quantise::TableOptions;
pub use simulate::{FlipCounts, Noise, Simulation};
pub use statistics::Accumulators;
pub use unclipped::Unclipped;
