//! Recurrent networks on one modulus chain: all steps in one message, the answer in another.

mod offered;
mod scheme;
mod served;
mod step;

pub use offered::{FirstState, LevelledKnown, LevelledOffered};
pub use scheme::{Levelled, LevelledInputs};
pub use served::ServedChain;
pub use step::Stepper;
