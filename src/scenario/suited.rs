//! The setup for a model that was opened.

use super::activation_request::{ActivationKind, ActivationRequest, KEEP};
use super::scenario::{Scenario, SchemeRequest, SchemeSelector, SequenceRequest};
use circuit::NoiseStrategy;
use network::recurrent::RecurrentModel;
use network::{ModelCard, Network, Role};

/// What stands in the place of a function that is no polynomial, where nothing was chosen.
const USUAL_METHOD: &str = "least_squares";

impl Scenario {
    /// The setup with `network`, which lies at `model`: scheme and activation are those that it was
    /// trained for. Where the data of the setup do not `fit`, those that it was trained on are taken, if
    /// their name leads to them.
    pub fn suited(&self, model: &str, network: &Network, fit: bool) -> Self {
        let mut made = self.with_model(model, network.name(), network.card(), fit);
        (made.sequence, made.training) = (None, None);
        let keep = ActivationRequest { method: KEEP.to_owned(), ..ActivationRequest::default() };
        let (scheme, activation) = match network.role() {
            Role::Table => {
                let kind = ActivationKind::Lookup;
                (SchemeSelector::Tfhe, ActivationRequest { kind, ..keep })
            }
            Role::Polynomial => (SchemeSelector::Auto, keep),
            Role::Exact => {
                let method = match self.activation.method.as_str() {
                    KEEP => USUAL_METHOD,
                    chosen => chosen,
                };
                let activation = ActivationRequest {
                    method: method.to_owned(),
                    kind: ActivationKind::Polynomial,
                    ..self.activation.clone()
                };
                (SchemeSelector::Ckks, activation)
            }
        };
        (made.activation, made.scheme) =
            (activation, SchemeRequest { kind: scheme, ..SchemeRequest::default() });
        made
    }

    /// The same with a network of sequences: where its functions are no polynomials the client computes
    /// them, which changes nothing in what it answers.
    pub fn suited_to_sequences(&self, model: &str, network: &RecurrentModel, fit: bool) -> Self {
        let mut made = self.with_model(model, network.name(), network.card(), fit);
        made.training = None;
        let strategy = match network.role() {
            Role::Polynomial => NoiseStrategy::default(),
            Role::Exact | Role::Table => NoiseStrategy::ClientAided,
        };
        made.sequence =
            Some(SequenceRequest { strategy, ..made.sequence.clone().unwrap_or_default() });
        made.activation =
            ActivationRequest { method: KEEP.to_owned(), ..ActivationRequest::default() };
        made.scheme = SchemeRequest { kind: SchemeSelector::Ckks, ..SchemeRequest::default() };
        made
    }

    /// The same setup with another model, and with its data where those of the setup do not `fit` and the
    /// name of its own leads to them.
    fn with_model(&self, model: &str, name: &str, card: &ModelCard, fit: bool) -> Self {
        let mut made = Self { model: model.to_owned(), ..self.clone() };
        let known = card.dataset.as_ref().map(|d| d.name.as_str());
        let known =
            known.filter(|name| !fit && (data::is_named(name) || data::path_of(name).is_some()));
        if let Some(known) = known {
            made.dataset = known.to_owned();
            made.name = name.to_owned();
            made.description = format!("The model {name} on {known}");
        }
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_brings_what_it_was_made_for() {
        let setup = Scenario::open("cryptornn").unwrap();
        let of = |name: &str, fit| setup.suited("m", &network::open(name).unwrap(), fit);
        let hospital = of("hospital", false);
        assert_eq!((hospital.dataset.as_str(), hospital.model.as_str()), ("breast_cancer", "m"));
        assert_eq!((hospital.sequence, hospital.activation.method.as_str()), (None, KEEP));
        assert_eq!((hospital.name.as_str(), setup.name.as_str()), ("hospital", "cryptornn"));
        assert_eq!(of("hospital", true).dataset, setup.dataset, "data that fit stay");
        let digits = Scenario::open("digits").unwrap();
        let cells = |name: &str| {
            let model = network::recurrent::open(name).unwrap();
            digits.suited_to_sequences("m", &model, false)
        };
        let waves = cells("cryptornn");
        assert_eq!((waves.dataset.as_str(), waves.model.as_str()), ("waves", "m"));
        assert_eq!(waves.sequence.unwrap().strategy, NoiseStrategy::default());
        for name in ["cryptornn-gru-tanh", "cryptornn-lstm-tanh"] {
            assert_eq!(cells(name).sequence.unwrap().strategy, NoiseStrategy::ClientAided);
        }
        assert_eq!(cells("cryptornn-lstm").sequence.unwrap().strategy, NoiseStrategy::default());
        let tables = of("digits-table", false);
        assert_eq!(tables.scheme.kind, SchemeSelector::Tfhe);
        assert_eq!(tables.activation.kind, ActivationKind::Lookup);
        let exact = Scenario::open("digits").unwrap();
        let exact = exact.suited("m", &network::open("cryptodl-relu").unwrap(), true);
        assert_eq!(exact.scheme.kind, SchemeSelector::Ckks);
        assert_eq!(
            (exact.activation.method.as_str(), exact.activation.degree),
            ("least_squares", 2)
        );
    }
}
