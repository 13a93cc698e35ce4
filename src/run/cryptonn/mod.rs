//! CryptoNN: training on data that the trainer cannot read, with functional encryption
//! (Xu, Joshi and Li, ICDCS 2019, arXiv 1904.07303).

mod event;
pub mod leak;
mod view;

pub use event::{CryptonnEvent, DlogRange, EpochFigures, PhaseSecs, SideBySide, Traffic};
pub use view::{InputEncoding, ServerStep, ServerView};
