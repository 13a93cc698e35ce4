//! Public datasets that are not there: downloaded, or looked for in another folder.

use super::app::App;
use std::path::PathBuf;
use view::TaskStatus;
use worker::Failure;

impl App {
    /// Looks for public datasets in `folder` from now on.
    pub(super) fn look_in(&mut self, folder: PathBuf) {
        self.worker.look_in(folder.clone());
        self.state.data_folder = Some(folder);
        self.replan();
    }

    /// Downloads the dataset of the setup.
    pub(super) fn download(&mut self) {
        let folder = self.state.data_folder.clone();
        let Some((set, folder)) = self.state.missing_set().zip(folder) else { return };
        let asked = self.worker.fetch(set, folder);
        if self.has_begun(asked) {
            self.state.download.begin();
        }
    }

    /// A download is over: the setup is planned anew where its files are there now.
    pub(super) fn take_fetched(&mut self, result: Result<PathBuf, Failure>) {
        self.state.download.status = TaskStatus::of(&result);
        match result {
            Ok(folder) => {
                self.state.notifications.info("Downloaded, and its checksums are right");
                self.look_in(folder);
            }
            Err(Failure::Cancelled) => {
                self.state.notifications.info("Stopped; what has arrived is continued next time");
            }
            Err(failure) => {
                self.state.notifications.error(format!("The download did not finish: {failure}"));
            }
        }
    }
}
