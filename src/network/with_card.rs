//! Networks with their cards.

use super::card::{ModelCard, Role, Start, on_one_line, role_of};
use super::layer::Op;
use super::model::{Network, NetworkError};
use super::provenance::{MAX_TEXT_BYTES, Provenance};
use data::Dataset;

impl Network {
    /// What its outputs and inputs are called, and which networks belong to it.
    pub fn card(&self) -> &ModelCard {
        &self.card
    }

    /// The same network with another card.
    ///
    /// # Errors
    /// When the card has names for another number of outputs or inputs.
    pub fn with_card(self, card: ModelCard) -> Result<Self, NetworkError> {
        card.check(self.classes(), self.input().len(), 0)
            .map_err(|reason| NetworkError::Whole { network: self.name().to_owned(), reason })?;
        Ok(self.carrying(card))
    }

    /// The same network as trained on `dataset` from fresh weights.
    ///
    /// # Errors
    /// When the dataset has names for another number of classes or values.
    pub fn trained_on(self, dataset: &Dataset) -> Result<Self, NetworkError> {
        let name = on_one_line(dataset.name(), MAX_TEXT_BYTES);
        let provenance = Provenance { dataset: name, ..self.provenance().clone() };
        self.with_card(ModelCard::trained(dataset, None))?.with_provenance(provenance)
    }

    /// The same with the card of a network of as many inputs and outputs.
    pub(super) fn carrying(mut self, card: ModelCard) -> Self {
        self.card = card;
        self
    }

    /// What it is by its activations.
    pub fn role(&self) -> Role {
        if self.quantisation().is_some_and(|q| !q.tables.is_empty()) {
            return Role::Table;
        }
        role_of(self.layers().iter().filter_map(|layer| match &layer.op {
            Op::Activation(activation) => Some(activation),
            _ => None,
        }))
    }

    /// This network as the start of a training.
    pub(super) fn as_start(&self) -> Start<'_> {
        let (digest, role) = (self.digest(), self.role());
        Start { name: self.name(), digest, role, card: &self.card }
    }
}
