//! A recurrent plan in the shape that every run has.

use super::session::SequenceSession;
use circuit::{NoiseStrategy, Plan, Warning};
use progress::Cancel;
use report::memory;
use scenario::{Carrier, Function, RunError, setting_use};

impl SequenceSession {
    /// A warning for every setting that is not used, and where so much memory is not free but was asked
    /// for all the same.
    ///
    /// # Errors
    /// When the memory is not free and was not asked for.
    pub(crate) fn remarks(&self, peak_memory: u64) -> Result<Vec<Warning>, RunError> {
        let strategy = self.choice().strategy;
        let functions = self.reference().layers().iter().flat_map(|l| l.functions());
        let functions =
            self.gate_names().into_iter().zip(functions).map(|(name, (_, function))| Function {
                name,
                is_polynomial: function.is_polynomial(),
            });
        let functions: Vec<Function> = functions.collect();
        let mut all = setting_use::unused(&self.scenario, Carrier::Sequence(strategy), &functions);
        let fits = |_| match strategy {
            NoiseStrategy::Levelled => {
                "set sequence.strategy to refresh or client_aided, or take fewer steps"
            }
            NoiseStrategy::Refresh => {
                "refresh more often (a smaller sequence.refresh_every), or take fewer steps"
            }
            NoiseStrategy::ClientAided | NoiseStrategy::Bootstrap => {
                "take fewer steps, or a smaller network"
            }
        };
        let past = self.scenario.scheme.past_memory;
        all.extend(memory::check(peak_memory, past, |free| fits(free).to_owned())?);
        Ok(all)
    }

    /// Parameters and predictions, a stage for every step, or why it cannot work and what would.
    ///
    /// # Errors
    /// As [`SequenceSession::circuit`].
    pub fn plan(&self, cancel: &Cancel) -> Result<Plan, RunError> {
        let plan = match self.choice().strategy {
            NoiseStrategy::Bootstrap => self.plan_of_tables(cancel)?,
            _ => self.circuit(cancel)?.whole_plan(),
        };
        Ok(self.told(&plan))
    }
}
