//! Networks of sums and lookup tables under TFHE, sample by sample: client and server, which
//! exchange bytes, the executor, and the measuring of noise.

mod execute;
mod keys;
mod measure;

pub use execute::execute_tables;
pub use keys::{KeyShelf, TableKeys};
