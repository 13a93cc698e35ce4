//! Which networks a run is about, by name and content.

use super::session::{Compiled, Session};
use circuit::Plan;
use report::{ActivationReport, NetworkReport, NetworksReport};
use scenario::{ActivationKind, RunError, with_notes};

impl Session {
    /// The networks of the plan: which one is the original, which one the ciphertexts stand for.
    ///
    /// # Errors
    /// When there is no plan.
    pub fn networks(&self, compiled: &Compiled) -> Result<NetworksReport, RunError> {
        let scheme = compiled.plan().scheme.name();
        let choice = &self.scenario.activation;
        let own = NetworkReport::of(&self.network);
        let polynomials = ActivationReport::polynomials(self.layer_reports()).form();
        let reference = match compiled {
            Compiled::Integer(_) if choice.kind == ActivationKind::Polynomial => {
                own.with_form(format!("integers, {polynomials}"))
            }
            Compiled::Integer(_) => own.with_form("integers"),
            Compiled::Real(_) => own.with_form(polynomials),
            #[cfg(feature = "tfhe")]
            Compiled::Tables(circuit) => {
                let bits = circuit.network.tables().map(|t| t.bits).max().unwrap_or(0);
                let trained = self.trained_tables()?;
                let how = if trained.is_some() { "trained with them" } else { "quantised now" };
                let basis = trained.as_ref().map_or(own, |(network, _)| NetworkReport::of(network));
                basis.with_form(format!("integers, lookup tables of {bits} bits ({how})"))
            }
        };
        Ok(NetworksReport::new(NetworkReport::of(&self.original), reference, scheme))
    }

    /// The plan with what must be said of model and data before it.
    pub fn told(&self, plan: &Plan) -> Plan {
        with_notes(plan, &self.notes)
    }
}
