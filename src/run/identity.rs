//! Which networks a run is about, by name and content.

use super::activation_choice::ActivationKind;
use super::error::RunError;
use super::report::{ActivationReport, NetworkReport, NetworksReport};
use super::session::{Compiled, Session};
use circuit::{Cause, Plan, Warning};
use network::recurrent::RecurrentModel;
use network::{ModelCard, Network, Provenance, Role};

impl NetworkReport {
    pub(super) fn of(network: &Network) -> Self {
        Self {
            name: network.name().to_owned(),
            digest: network.digest().to_string(),
            form: network.role().name().to_owned(),
        }
    }

    pub(super) fn of_recurrent(model: &RecurrentModel) -> Self {
        Self {
            name: model.name().to_owned(),
            digest: model.digest().to_string(),
            form: model.role().name().to_owned(),
        }
    }

    pub(super) fn with_form(self, form: impl Into<String>) -> Self {
        Self { form: form.into(), ..self }
    }
}

impl NetworksReport {
    /// The reference is what ciphertexts of `scheme` stand for.
    pub(super) fn new(original: NetworkReport, reference: NetworkReport, scheme: &str) -> Self {
        let encrypted = reference.clone().with_form(format!("{}, under {scheme}", reference.form));
        Self { original, reference, encrypted }
    }
}

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

/// A plan with `notes` before its own warnings.
pub(super) fn with_notes(plan: &Plan, notes: &[String]) -> Plan {
    let mut told = plan.clone();
    told.warnings.splice(0..0, warnings(notes));
    told
}

fn warnings(notes: &[String]) -> impl Iterator<Item = Warning> + '_ {
    notes.iter().map(|note| Warning::from(Cause::Matching { note }))
}

/// What must be said of a model whose exact original cannot be used.
pub(super) fn missing_original(
    name: &str,
    card: &ModelCard,
    provenance: &Provenance,
    found: bool,
) -> Option<String> {
    if found {
        return None;
    }
    let own = "figures of the original network are those of the model itself";
    match (card.twin(Role::Exact), &provenance.original) {
        (Some(twin), _) => Some(format!(
            "model {} was trained from {} ({}), which is neither built in nor beside its file: {own}",
            format::excerpt(name),
            format::excerpt(&twin.name),
            twin.digest.short()
        )),
        (None, Some(original)) => Some(format!(
            "model {} names {} as its original but not its digest (an old file): it is not used, and {own}",
            format::excerpt(name),
            format::excerpt(original)
        )),
        (None, None) => None,
    }
}
