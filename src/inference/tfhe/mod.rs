//! What is known only of runs with lookup tables: their reference, and the measuring of noise.

mod measure;
mod reference;

pub(crate) use reference::Lookups;
