//! Networks of sums and lookup tables under TFHE: a sample to a message.

mod client;
mod program;
mod scheme;
mod server;
mod together;

pub use client::TableClient;
pub use program::{ServedTables, TablesOffered};
pub use scheme::Tables;
pub use server::{TableAnswer, TableServer, TableTap};
pub use together::{key_switched, read};
