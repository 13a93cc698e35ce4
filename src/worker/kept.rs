//! What is done with the runs that are kept: background jobs, one after the other.

use super::board::Outlet;
use super::key::Key;
use super::reading::Reading;
use super::shelf::{KeptRun, Shelf};
use super::update::Update;
use super::worker::Worker;
use report::{Recording, RunReport};
use scenario::RunError;
use std::path::PathBuf;
use std::sync::Arc;

/// What is changed of the kept runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptChange {
    Pin(u64, bool),
    Forget(u64),
    ForgetAll,
}

type Out<'a> = &'a Outlet<Update>;

impl Worker {
    /// Lists the kept runs, after what else was asked of them.
    pub fn list_kept(&mut self, shelf: Shelf) {
        self.of_kept(move |_: Out<'_>| Ok(listed(&shelf)));
    }

    /// Keeps a run.
    pub fn keep_run(&mut self, shelf: Shelf, id: u64, report: RunReport, told: Arc<Recording>) {
        self.of_kept(move |_: Out<'_>| {
            shelf.keep(id, &report, &told).map_err(RunError::Refused)?;
            Ok(listed(&shelf))
        });
    }

    /// Pins or forgets kept runs.
    pub fn change_kept(&mut self, shelf: Shelf, change: KeptChange) {
        self.of_kept(move |_: Out<'_>| {
            match change {
                KeptChange::Pin(id, pinned) => {
                    shelf.pin(id, pinned).map_err(RunError::Refused)?;
                }
                KeptChange::Forget(id) => shelf.forget(id),
                KeptChange::ForgetAll => shelf.forget_all(),
            }
            Ok(listed(&shelf))
        });
    }

    /// Reads a kept run.
    pub fn open_kept(&mut self, shelf: Shelf, id: u64, reading: Reading) {
        let work = move |_: Out<'_>| shelf.open(id).map(Box::new).map_err(RunError::Refused);
        let end = move |result| Update::ReportOpened(reading, result);
        self.jobs.start(Key::Kept, work, end).ok();
    }

    /// Copies the report of a kept run to `path`.
    pub fn export_kept(&mut self, shelf: Shelf, id: u64, path: PathBuf) {
        let work = move |_: Out<'_>| {
            let bytes = shelf.bytes(id).map_err(RunError::Refused)?;
            let told = |error| RunError::Refused(format!("{error}; choose another place"));
            file::write_whole(&path, &bytes).map_err(told)?;
            Ok(path)
        };
        self.jobs.start(Key::Kept, work, Update::Saved).ok();
    }

    fn of_kept(
        &mut self,
        work: impl FnOnce(Out<'_>) -> Result<Vec<KeptRun>, RunError> + Send + 'static,
    ) {
        // All of them are done, one after the other: none is refused.
        self.jobs.start(Key::Kept, work, Update::KeptRuns).ok();
    }
}

/// What is kept, without what is too old.
fn listed(shelf: &Shelf) -> Vec<KeptRun> {
    shelf.forget_old(Shelf::new_id());
    shelf.list()
}
