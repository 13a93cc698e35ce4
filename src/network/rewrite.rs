//! Networks made from networks by changing one thing.

use super::card::on_one_line;
use super::layer::{Layer, Op};
use super::model::{Network, NetworkError, Normalisation, Quantisation};
use super::provenance::{MAX_TEXT_BYTES, Provenance};
use activation::Activation;

impl Network {
    /// The same network with `activation` in the place of every activation that is no polynomial.
    ///
    /// # Errors
    /// When the activation is not allowed in a network (coefficients not finite, degree too high).
    pub fn with_activation(&self, activation: &Activation) -> Result<Self, NetworkError> {
        let layers = self
            .layers()
            .iter()
            .map(|layer| match &layer.op {
                Op::Activation(old) if !old.is_polynomial() => {
                    Layer { name: layer.name.clone(), op: Op::Activation(activation.clone()) }
                }
                _ => layer.clone(),
            })
            .collect();
        self.with_layers(layers, self.quantisation().cloned())
    }

    /// The same network with `function` in the place of every activation, polynomials included.
    ///
    /// # Errors
    /// When the activation is not allowed in a network.
    pub fn with_function(&self, function: &Activation) -> Result<Self, NetworkError> {
        let layers = self.layers().iter().map(|layer| match &layer.op {
            Op::Activation(_) => {
                Layer { name: layer.name.clone(), op: Op::Activation(function.clone()) }
            }
            _ => layer.clone(),
        });
        self.with_layers(layers.collect(), None)
    }

    /// The same network with means in the place of max pools.
    ///
    /// # Errors
    /// Never for a checked network: both give values of one shape.
    pub fn with_mean_pools(&self) -> Result<Self, NetworkError> {
        if !self.layers().iter().any(|l| matches!(l.op, Op::MaxPool { .. })) {
            return Ok(self.clone());
        }
        let mean = |layer: &Layer| match layer.op {
            Op::MaxPool { kernel, stride, padding } => {
                Layer { name: layer.name.clone(), op: Op::AvgPool { kernel, stride, padding } }
            }
            _ => layer.clone(),
        };
        self.with_layers(self.layers().iter().map(mean).collect(), self.quantisation().cloned())
    }

    /// The network with its inputs taken as they are, already normalised.
    pub fn plain_inputs(&self) -> Result<Self, NetworkError> {
        let plain = Self::new(
            self.name(),
            self.input(),
            Normalisation { offset: vec![0.0], scale: vec![1.0] },
            self.layers().to_vec(),
            self.quantisation().cloned(),
            Provenance::default(),
        )?;
        Ok(plain.carrying(self.card.names()))
    }

    /// The same network with other layers and another integer grid. It has the names of its card, and
    /// no twins.
    pub fn with_layers(
        &self,
        layers: Vec<Layer>,
        quantisation: Option<Quantisation>,
    ) -> Result<Self, NetworkError> {
        let changed = Self::new(
            self.name(),
            self.input(),
            self.normalisation().clone(),
            layers,
            quantisation,
            self.provenance().clone(),
        )?;
        Ok(changed.carrying(self.card.names()))
    }

    /// The same network under another name.
    pub fn with_name(&self, name: &str) -> Result<Self, NetworkError> {
        let named = Self::new(
            name,
            self.input(),
            self.normalisation().clone(),
            self.layers().to_vec(),
            self.quantisation().cloned(),
            self.provenance().clone(),
        )?;
        Ok(named.carrying(self.card.clone()))
    }

    /// The same network as made by this command.
    ///
    /// # Errors
    /// Never: the parts fit as before.
    pub fn made_by(&self, command: &str) -> Result<Self, NetworkError> {
        let command = on_one_line(command, MAX_TEXT_BYTES);
        self.with_provenance(Provenance { command, ..self.provenance().clone() })
    }

    /// The same network under another origin.
    pub fn with_provenance(&self, provenance: Provenance) -> Result<Self, NetworkError> {
        let placed = Self::new(
            self.name(),
            self.input(),
            self.normalisation().clone(),
            self.layers().to_vec(),
            self.quantisation().cloned(),
            provenance,
        )?;
        Ok(placed.carrying(self.card.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Normalisation;
    use activation::Polynomial;
    use data::Shape;

    #[test]
    fn only_what_is_no_polynomial_is_replaced() {
        let layer =
            |name: &str, activation| Layer { name: name.into(), op: Op::Activation(activation) };
        let network = Network::new(
            "n",
            Shape::Flat { len: 3 },
            Normalisation { offset: vec![0.0], scale: vec![1.0] },
            vec![
                layer("a", Activation::Relu),
                layer("b", Activation::Square),
                layer("c", Activation::Tanh),
            ],
            None,
            Provenance::default(),
        )
        .expect("fits");
        let approximation = Activation::Polynomial(Polynomial::new(vec![1.0, 2.0]));
        let replaced = network.with_activation(&approximation).expect("fits");
        let ops: Vec<_> = replaced.layers().iter().map(|l| &l.op).collect();
        let expected = [&approximation, &Activation::Square, &approximation];
        assert!(ops.iter().zip(expected).all(|(op, a)| **op == Op::Activation(a.clone())));

        let broken = Activation::Polynomial(Polynomial::new(vec![f64::NAN]));
        assert!(network.with_activation(&broken).is_err());
    }
}
