//! Recurrent networks: sequences in, one answer out.

mod cell_kind;
mod encoding;
mod file;
mod forward;
mod model;
mod random;
mod sequences;
mod zoo;

pub use cell_kind::CellKind;
pub use encoding::{SequenceEncoding, SequenceGrid, Shorter};
pub use forward::{Forward, StepValues, Trace};
pub use model::{
    Cell, Embedding, Gate, GateName, Head, RecurrentLayer, RecurrentModel, RecurrentParts,
};
pub use sequences::{Prepared, Sequences};
pub use zoo::{built_in_names, open};
