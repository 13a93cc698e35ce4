//! The training of a network that a person writes as rows.

use super::board::Outlet;
use super::jobs::Busy;
use super::key::Key;
use super::update::Update;
use super::worker::Worker;
use data::Dataset;
use experiment::OwnRequest;
use progress::Watch;
use std::sync::Arc;

impl Worker {
    /// Starts the training of a network of one's own on `dataset`.
    ///
    /// # Errors
    /// When a sweep, training or comparison is on.
    pub fn train_own(&mut self, dataset: Arc<Dataset>, request: OwnRequest) -> Result<(), Busy> {
        let work = move |out: &Outlet<Update>| {
            let watch = Watch::new(out.cancel().clone(), &|_| {});
            let mut on_event = |event| out.send(Update::Train(event));
            request.train(&dataset, &watch, &mut on_event).map(Arc::new)
        };
        self.jobs.start(Key::Task, work, Update::OwnTrainEnded)
    }
}
