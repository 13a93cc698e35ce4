//! The download of public datasets.

use super::board::Outlet;
use super::jobs::Busy;
use super::key::Key;
use super::update::Update;
use super::worker::Worker;
use data::fetch::{self, FetchError};
use progress::Watch;
use scenario::RunError;
use std::path::PathBuf;

impl Worker {
    /// Downloads MNIST into `folder/mnist`, or goes on with what arrived before; checked by its
    /// checksums.
    ///
    /// # Errors
    /// When a sweep, training, comparison or download is on.
    pub fn fetch_mnist(&mut self, folder: PathBuf) -> Result<(), Busy> {
        let work = move |out: &Outlet<Update>| {
            let report = |step: progress::Step| {
                let share = step.done as f64 / step.total.max(1) as f64;
                out.send(Update::Fetching(step.what, share));
            };
            let watch = Watch::new(out.cancel().clone(), &report);
            match fetch::mnist(&folder.join("mnist"), &[], &watch) {
                Ok(_) => Ok(folder),
                Err(FetchError::Cancelled(cancelled)) => Err(RunError::Cancelled(cancelled)),
                Err(error) => Err(RunError::Refused(error.to_string())),
            }
        };
        self.jobs.start(Key::Task, work, Update::Fetched)
    }
}
