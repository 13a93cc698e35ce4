//! Which networks a run is about, by name and content.

use super::report::{NetworkReport, NetworksReport};
use network::Network;
use network::recurrent::RecurrentModel;

impl NetworkReport {
    pub fn of(network: &Network) -> Self {
        Self {
            name: network.name().to_owned(),
            digest: network.digest().to_string(),
            form: network.role().name().to_owned(),
        }
    }

    pub fn of_recurrent(model: &RecurrentModel) -> Self {
        Self {
            name: model.name().to_owned(),
            digest: model.digest().to_string(),
            form: model.role().name().to_owned(),
        }
    }

    pub fn with_form(self, form: impl Into<String>) -> Self {
        Self { form: form.into(), ..self }
    }
}

impl NetworksReport {
    /// The reference is what ciphertexts of `scheme` stand for.
    pub fn new(original: NetworkReport, reference: NetworkReport, scheme: &str) -> Self {
        let encrypted = reference.clone().with_form(format!("{}, under {scheme}", reference.form));
        Self { original, reference, encrypted }
    }
}
