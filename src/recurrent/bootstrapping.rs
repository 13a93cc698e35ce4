//! The strategy that needs no client, where tables are part of the build.

#[cfg(feature = "tfhe")]
use super::execute::{Setting, execute};
#[cfg(feature = "tfhe")]
use super::forecast::TRACES;
use super::session::SequenceSession;
use circuit::Plan;
#[cfg(feature = "tfhe")]
use circuit::Sequences;
use progress::Cancel;
use report::{Event, RunReport, SequenceReport};
use scenario::RunError;

impl SequenceSession {
    #[cfg(feature = "tfhe")]
    pub(crate) fn run_tables(
        &self,
        pool: &rayon::ThreadPool,
        cancel: &Cancel,
        on_event: &(dyn Fn(Event) + Sync),
    ) -> Result<RunReport, RunError> {
        let circuit = self.tables(cancel)?;
        let strategy = |setting: &Setting| crate::tables::run(self, &circuit, setting);
        execute(self, &self.plan_of_tables(cancel)?, pool, cancel, on_event, strategy)
    }

    /// Parameters and predictions of bootstrapping.
    #[cfg(feature = "tfhe")]
    pub(crate) fn plan_of_tables(&self, cancel: &Cancel) -> Result<Plan, RunError> {
        let steps = self.choice().steps.unwrap_or_else(|| self.all_steps());
        let circuit = self.tables(cancel)?;
        let (images, threads) = (self.images()?, self.threads()?);
        let connection = self.connection()?;
        let mut plan = crate::tables::planned_tables(&circuit, steps, images, threads, &connection);
        plan.warnings.extend(self.remarks(plan.bytes.peak_memory)?);
        Ok(plan)
    }

    /// What is foretold of bootstrapping.
    #[cfg(feature = "tfhe")]
    pub(crate) fn forecast_of_tables(&self, cancel: &Cancel) -> Result<SequenceReport, RunError> {
        let circuit = self.tables(cancel)?;
        let (samples, test) = (self.images()?, self.dataset.test());
        let prepared = self.prepared(self.reference(), test, samples.min(TRACES))?;
        let refused = || RunError::Refused("the test split has no sequences".into());
        let some = Sequences::prepared(&prepared).ok_or_else(refused)?;
        let expected = crate::tables::expectations(&circuit, &some);
        let labels = self.dataset.test_labels();
        Ok(crate::tables::forecast_tables(&circuit, &some, &expected, labels, samples))
    }

    #[cfg(not(feature = "tfhe"))]
    pub(crate) fn forecast_of_tables(&self, _: &Cancel) -> Result<SequenceReport, RunError> {
        Err(without_tables())
    }

    #[cfg(not(feature = "tfhe"))]
    pub(crate) fn plan_of_tables(&self, _: &Cancel) -> Result<Plan, RunError> {
        Err(without_tables())
    }

    #[cfg(not(feature = "tfhe"))]
    pub(crate) fn run_tables(
        &self,
        _: &rayon::ThreadPool,
        _: &Cancel,
        _: &(dyn Fn(Event) + Sync),
    ) -> Result<RunReport, RunError> {
        Err(without_tables())
    }
}

/// Why a build without tables cannot bootstrap.
#[cfg(not(feature = "tfhe"))]
fn without_tables() -> RunError {
    RunError::Refused(
        "bootstrapping was left out of this build (Cargo feature tfhe); set sequence.strategy to refresh or client_aided".into(),
    )
}
