//! What goes in: datasets, and one reader per format.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod built_in;
mod cifar;
mod class_names;
mod csv;
mod dataset;
mod decode;
mod digest;
mod error;
mod facts;
pub mod fetch;
mod files;
mod folder;
mod foreign;
mod guess;
mod idx;
mod images;
mod inside;
mod inspect;
mod matrix;
mod mnist;
mod numpy;
mod open;
mod options;
mod parts;
mod pictures;
mod public;
mod rearrange;
mod regular;
mod sequences;
mod sketch;
mod source;
mod split;
mod words;

pub use built_in::{NAMED, Named};
pub use class_names::{alike_class, alike_words};
pub use csv::{Column, Comments, CsvOptions, Header, Incomplete, Missing, OneHot};
pub use dataset::{Dataset, DatasetError, Shape, Split};
pub use digest::Digest;
pub use error::DataError;
pub use facts::{ClassFacts, Facts, ValueFacts};
pub use files::{files, is_named, path_of};
pub use folder::default_data_dir;
pub use foreign::foreign;
pub use guess::Guess;
pub use inside::inside;
pub use inspect::{ClassCount, Description, inspect};
pub use matrix::Matrix;
pub use open::{open, open_csv, open_whole};
pub use pictures::picture;
pub use regular::open_regular;
pub use sketch::{Seen, Sketch, Values};
pub use split::SPLIT_SEED;
