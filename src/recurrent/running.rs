//! From a recurrent scenario to its report.

use super::execute::{Setting, execute};
use super::levelled;
use super::session::SequenceSession;
use circuit::NoiseStrategy;
use progress::Cancel;
use report::{Event, RunReport};
use scenario::RunError;

impl SequenceSession {
    /// Runs the plaintext and the encrypted network side by side, telling `on_event` as it goes.
    pub fn run(
        &self,
        cancel: &Cancel,
        on_event: &(dyn Fn(Event) + Sync),
    ) -> Result<RunReport, RunError> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(self.threads()?)
            .build()
            .map_err(|e| RunError::Refused(format!("could not start worker threads: {e}")))?;
        let told = |event| match event {
            Event::Planned(plan) => on_event(Event::Planned(Box::new(self.told(&plan)))),
            other => on_event(other),
        };
        let report = match self.choice().strategy {
            NoiseStrategy::Bootstrap => self.run_tables(&pool, cancel, &told)?,
            _ => {
                let circuit = self.circuit(cancel)?;
                let strategy = |setting: &Setting| levelled::run(self, &circuit, setting);
                execute(self, &circuit.whole_plan(), &pool, cancel, &told, strategy)?
            }
        };
        let report = report.of(&self.scenario, &self.dataset, self.networks(), &self.notes);
        on_event(Event::Finished(Box::new(report.clone())));
        Ok(report)
    }
}
