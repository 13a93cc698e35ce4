//! Public datasets from the network: resumed, checked, and put in place whole or not at all.

mod archive;
mod download;
mod error;
mod file;
mod patience;
mod remote;
mod set;
mod transfer;

pub use archive::archived;
pub use download::{Fetched, files};
pub use error::FetchError;
pub use patience::Patience;
pub use remote::RemoteFile;
pub use set::{PublicSet, SETS};
