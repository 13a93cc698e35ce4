//! From a plan to its offer and to its report.

#[cfg(feature = "tfhe")]
use super::execute::execute_tables;
use super::execute::{execute_integers, execute_reals};
use super::offering;
use super::session::{Compiled, Session};
use circuit::Circuit;
use engine::{Ckks, CkksOffered, ExactJob, Offered, Scheme, with_program};
use progress::Cancel;
use report::{Event, RunReport};
use scenario::RunError;

impl Session {
    /// What a server of this session tells its clients.
    ///
    /// # Errors
    /// When the reference network fails.
    pub fn offer(&self, compiled: &Compiled) -> Result<Offered, RunError> {
        match compiled {
            Compiled::Integer(circuit) => offering::integers(self, circuit),
            Compiled::Real(circuit) => offering::reals(self, circuit),
            #[cfg(feature = "tfhe")]
            Compiled::Tables(circuit) => offering::tables(self, circuit),
        }
    }

    /// Runs the plaintext and the encrypted network side by side, telling `on_event` as it goes.
    pub fn run(
        &self,
        cancel: &Cancel,
        on_event: &(dyn Fn(Event) + Sync),
    ) -> Result<RunReport, RunError> {
        let compiled = self.within_memory(self.compiled(cancel)?, cancel)?;
        on_event(Event::Planned(Box::new(self.told(compiled.plan()))));
        let report = self.carried_out(&compiled, cancel, on_event)?;
        let networks = self.networks(&compiled)?;
        let report = report.of(&self.scenario, &self.dataset, networks, &self.notes);
        on_event(Event::Finished(Box::new(report.clone())));
        Ok(report)
    }

    /// Runs what was compiled; the report says nothing of where networks and data come from.
    pub(crate) fn carried_out(
        &self,
        compiled: &Compiled,
        cancel: &Cancel,
        on_event: &(dyn Fn(Event) + Sync),
    ) -> Result<RunReport, RunError> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(compiled.plan().threads)
            .build()
            .map_err(|e| RunError::Refused(format!("could not start worker threads: {e}")))?;
        pool.install(|| match compiled {
            #[cfg(feature = "tfhe")]
            Compiled::Tables(circuit) => execute_tables(self, circuit, cancel, on_event),
            Compiled::Real(circuit) => {
                let program = &circuit.program;
                let offered = CkksOffered {
                    parameters: program.parameters.clone(),
                    input_scale: program.input_scale.clone(),
                };
                execute_reals::<Ckks>(self, circuit, offered, program, cancel, on_event)
            }
            Compiled::Integer(circuit) => with_program(
                &circuit.program,
                Integers { session: self, circuit, cancel, on_event },
            ),
        })
    }
}

/// A run on integers.
struct Integers<'a> {
    session: &'a Session,
    circuit: &'a Circuit,
    cancel: &'a Cancel,
    on_event: &'a (dyn Fn(Event) + Sync),
}

impl ExactJob for Integers<'_> {
    type Output = Result<RunReport, RunError>;

    fn run<S: Scheme<Value = i64>>(
        self,
        parameters: Vec<S::Parameters>,
        program: &S::Program,
    ) -> Result<RunReport, RunError> {
        let Self { session, circuit, cancel, on_event } = self;
        execute_integers::<S>(session, circuit, parameters, program, cancel, on_event)
    }
}
