//! The layers of a network behind one of them, trained by whoever computes that one elsewhere.

use super::TrainError;
use super::graph::{Forward, Graph};
use crate::{Layer, Network, NetworkError, Normalisation, Provenance};
use candle_core::{D, Device, Tensor, Var};

/// Everything behind one layer, as a differentiable graph.
pub struct Tail {
    graph: Graph,
    /// Index of that layer.
    at: usize,
    width: usize,
    classes: usize,
}

/// A mini-batch on its way through the layers.
pub struct TailForward {
    input: Var,
    forward: Forward,
    samples: usize,
    /// Shares of the classes, `[samples][classes]`: the softmax of the outputs.
    pub shares: Vec<f32>,
}

/// Gradients of a mini-batch.
pub struct TailGradients {
    /// With respect to what that layer gave, `[samples][width]`.
    pub input: Vec<f32>,
    /// With respect to the parameters, in the order of [`Tail::parameters`].
    pub parameters: Vec<Vec<f32>>,
}

impl Tail {
    /// The layers of `network` behind layer `at`.
    ///
    /// # Errors
    /// When there is none, or one of them takes values from before them.
    pub fn new(network: &Network, at: usize) -> Result<Self, TrainError> {
        let input = network.shapes().get(at).copied().unwrap_or(network.input());
        let reaching = network.places().iter().skip(at + 1).flatten().any(|place| *place <= at + 1);
        if reaching {
            return Err(TrainError::Network(NetworkError::Whole {
                network: network.name().to_owned(),
                reason: "a skip connection begins before the layer that is computed on ciphertexts; begin it behind that".into(),
            }));
        }
        let layers = network.layers().get(at + 1..).unwrap_or_default().to_vec();
        let plain = Normalisation { offset: vec![0.0], scale: vec![1.0] };
        let tail = Network::new(network.name(), input, plain, layers, None, Provenance::default())?;
        let graph = Graph::new(&tail, None, &[])?;
        Ok(Self { graph, at, width: input.len(), classes: tail.classes() })
    }

    /// Values that the layer gives.
    pub fn width(&self) -> usize {
        self.width
    }

    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Sends what the layer gave, `[samples][width]`, through the layers.
    ///
    /// # Errors
    /// When the values are no whole number of samples.
    pub fn forward(&mut self, values: &[f32]) -> Result<TailForward, TrainError> {
        let samples = values.len() / self.width.max(1);
        let input = Var::from_slice(values, (samples, self.width), &Device::Cpu)?;
        let forward = self.graph.forward(input.as_tensor().clone())?;
        let shares = candle_nn::ops::softmax(&forward.outputs.detach(), D::Minus1)?;
        let shares = shares.flatten_all()?.to_vec1()?;
        Ok(TailForward { input, forward, samples, shares })
    }

    /// Gradients of the loss whose derivative with respect to the outputs is `differences`,
    /// `[samples][classes]` (for the cross-entropy: shares minus labels).
    ///
    /// # Errors
    /// When there are not as many differences as outputs.
    pub fn backward(
        &self,
        pass: &TailForward,
        differences: &[f32],
    ) -> Result<TailGradients, TrainError> {
        let shape = (pass.samples, self.classes);
        let differences = Tensor::from_slice(differences, shape, &Device::Cpu)?;
        let gradients = (&pass.forward.outputs * differences)?.sum_all()?.backward()?;
        let of = |var: &Var| -> Result<Vec<f32>, TrainError> {
            match gradients.get(var) {
                Some(gradient) => Ok(gradient.flatten_all()?.to_vec1()?),
                None => Ok(vec![0.0; var.elem_count()]),
            }
        };
        let parameters = self.graph.variables().iter().map(of).collect::<Result<_, _>>()?;
        Ok(TailGradients { input: of(&pass.input)?, parameters })
    }

    /// What is trained, tensor by tensor.
    ///
    /// # Errors
    /// When the memory of a tensor cannot be read.
    pub fn parameters(&self) -> Result<Vec<Vec<f32>>, TrainError> {
        let variables = self.graph.variables();
        variables.iter().map(|v| Ok(v.flatten_all()?.to_vec1()?)).collect()
    }

    /// Sets what [`Tail::parameters`] gives.
    ///
    /// # Errors
    /// When lengths differ.
    pub fn set_parameters(&mut self, values: &[Vec<f32>]) -> Result<(), TrainError> {
        for (variable, values) in self.graph.variables().iter().zip(values) {
            variable.set(&Tensor::from_slice(values, variable.shape().clone(), &Device::Cpu)?)?;
        }
        Ok(())
    }

    /// The network whose layers behind are these and whose layer before them is `before`.
    ///
    /// # Errors
    /// When the layers do not fit together.
    pub fn network(&self, like: &Network, before: Layer) -> Result<Network, TrainError> {
        let (front, behind) = like.layers().split_at(like.layers().len().min(self.at + 1));
        let ops = self.graph.ops(behind)?;
        let named = behind.iter().zip(ops);
        let rest = named.map(|(layer, op)| Layer { name: layer.name.clone(), op });
        let front = front.iter().take(self.at).cloned();
        let layers = front.chain(std::iter::once(before)).chain(rest);
        Ok(like.with_layers(layers.collect(), None)?)
    }
}
