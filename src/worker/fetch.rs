//! The download of public datasets.

use super::board::Outlet;
use super::jobs::Busy;
use super::key::Key;
use super::update::Update;
use super::worker::Worker;
use data::fetch::{FetchError, PublicSet};
use progress::Watch;
use scenario::RunError;
use std::path::PathBuf;

impl Worker {
    /// Downloads a public set into its folder in `folder`, or goes on with what arrived before; checked
    /// by its checksums.
    ///
    /// # Errors
    /// When a sweep, training, comparison or download is on.
    pub fn fetch(&mut self, set: &'static PublicSet, folder: PathBuf) -> Result<(), Busy> {
        let work = move |out: &Outlet<Update>| {
            let report = |step: progress::Step| {
                // The length of an archive is not known before it is there.
                let total = if step.total == 0 { set.bytes() } else { step.total };
                let share = step.done as f64 / total.max(1) as f64;
                out.send(Update::Fetching(step.what, share.min(1.0)));
            };
            let watch = Watch::new(out.cancel().clone(), &report);
            match set.fetch(&folder, &[], &watch) {
                Ok(_) => Ok(folder),
                Err(FetchError::Cancelled(cancelled)) => Err(RunError::Cancelled(cancelled)),
                Err(error) => Err(RunError::Refused(error.to_string())),
            }
        };
        self.jobs.start(Key::Task, work, Update::Fetched)
    }
}
