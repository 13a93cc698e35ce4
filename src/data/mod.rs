//! What goes in: datasets, and one reader per format.

mod built_in;
mod class_names;
mod csv;
mod csv_options;
mod dataset;
mod digest;
mod error;
pub mod fetch;
mod files;
mod folder;
mod idx;
mod images;
mod inspect;
mod mnist;
mod open;
mod public;
mod rearrange;
mod regular;
mod sequences;
mod source;
mod split;

pub use built_in::{NAMED, Named};
pub use csv_options::{Column, CsvOptions, Header};
pub use dataset::{Dataset, DatasetError, Shape, Split};
pub use digest::Digest;
pub use error::DataError;
pub use files::{files, is_named, path_of};
pub use folder::default_data_dir;
pub use inspect::{ClassCount, Description, inspect};
pub use mnist::{RemoteFile, mnist_files};
pub use open::{open, open_csv};
pub use regular::open_regular;
pub use split::SPLIT_SEED;
