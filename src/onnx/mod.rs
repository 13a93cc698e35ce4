//! ONNX files, read with every size checked, and written: messages, tensors (weights beside the file too),
//! and the parts of a graph that are constant, computed. What the graph means as a network is the business of
//! the room `network`.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod attributes;
mod constant;
mod error;
mod external;
mod graph;
mod messages;
mod scan;
mod tensor;
mod write;

pub use attributes::Attributes;
pub use constant::{Folding, sliced, spread, transposed};
pub use error::OnnxError;
pub use graph::{Input, Model, Node, beside, looks_like, read, read_bytes};
pub use tensor::{Tensor, Values};
pub use write::{Graph, Setting};
