//! A trained model as the network that ciphertexts stand for.

use super::network::{CellFunction, RecurrentCell, RecurrentLayer, RecurrentNetwork, StepSums};
use super::sequences::Sequences;
use crate::real::RealFunction;
use activation::Activation;
use network::NetworkError;
use network::recurrent::{Cell, Gate, Prepared, RecurrentModel};
use progress::{Cancelled, Watch};

/// How much wider than the calibrated arguments of a polynomial in powers of x its Chebyshev basis is.
const REACH: f64 = 1.25;

/// Sequences that reaches are measured on, at most.
const CALIBRATION: usize = 256;

/// Why a model cannot be carried.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LowerRecurrentError {
    #[error(
        "gate {gate} has {function}, which is no polynomial: choose activation.method, for example minimax, with a degree and an interval, or sequence.strategy=client_aided"
    )]
    NoPolynomial { gate: String, function: String },
    #[error("{gates} gates have different functions; give them the same polynomial")]
    Gates { gates: &'static str },
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl Sequences {
    /// Sequences as a model prepared them.
    pub fn prepared(prepared: &Prepared) -> Option<Self> {
        let width = prepared.steps * prepared.width;
        let real = |(sequence, begin): (&[f64], &usize)| {
            sequence.get(begin * prepared.width..).unwrap_or_default().to_vec()
        };
        let all: Vec<Vec<f64>> =
            prepared.values.chunks(width.max(1)).zip(&prepared.begins).map(real).collect();
        let made = Self::new(prepared.width, &all)?;
        Some(made.padded(prepared.steps))
    }
}

impl RecurrentNetwork {
    /// `model` with `approximations` in the place of its functions, one after the other (an empty list
    /// leaves all as they are). With `exact`, functions need not be polynomials, as a client or a
    /// table will compute them.
    pub fn lower(
        model: &RecurrentModel,
        approximations: &[Option<Activation>],
        exact: bool,
        calibration: &Prepared,
    ) -> Result<Self, LowerRecurrentError> {
        let reference = match approximations {
            [] => model.clone(),
            some => model.with_activations(some)?,
        };
        let some = calibration.part(0..CALIBRATION);
        let trace = reference.forward_traced(&some, &Watch::silent())?.trace.unwrap_or_default();
        let mut layers = Vec::with_capacity(model.layers().len());
        for (at, (layer, own)) in reference.layers().iter().zip(model.layers()).enumerate() {
            let reach = |function: usize| {
                let steps = trace.steps.iter().filter_map(|s| s.get(at)?.pre.get(function));
                let largest = steps.flatten().fold(0f64, |m, z| m.max(z.abs()));
                REACH * largest.max(1e-3)
            };
            let reaches: Vec<f64> = (0..layer.functions().len()).map(reach).collect();
            let function = |which: usize, reach: f64| {
                let (name, reference) = layer.functions()[which];
                let own = own.functions()[which].1;
                let polynomial = RealFunction::new(reference, reach);
                if polynomial.is_none() && !exact {
                    let gate = format!("{} of recurrent{}", name.id(), at + 1);
                    let function = reference.name();
                    return Err(LowerRecurrentError::NoPolynomial { gate, function });
                }
                Ok(CellFunction { exact: own.clone(), polynomial })
            };
            let cell = match &layer.cell {
                Cell::Elman(gate) => {
                    RecurrentCell::Elman { sums: sums(gate), function: function(0, reaches[0])? }
                }
                Cell::Gru { reset, update, candidate, candidate_shift } => {
                    if reset.activation != update.activation {
                        return Err(LowerRecurrentError::Gates { gates: "reset and update" });
                    }
                    RecurrentCell::Gru {
                        update: sums(update),
                        reset: sums(reset),
                        candidate: sums(candidate),
                        inner: wide(candidate_shift),
                        squash: function(1, reaches[0].max(reaches[1]))?,
                        function: function(2, reaches[2])?,
                    }
                }
                Cell::Lstm { input, forget, output, candidate, .. } => {
                    if input.activation != forget.activation
                        || input.activation != output.activation
                    {
                        let gates = "input, forget and output";
                        return Err(LowerRecurrentError::Gates { gates });
                    }
                    RecurrentCell::Lstm {
                        input: sums(input),
                        forget: sums(forget),
                        output: sums(output),
                        candidate: sums(candidate),
                        squash: function(0, reaches[0].max(reaches[1]).max(reaches[2]))?,
                        function: function(3, reaches[3])?,
                        state: function(4, reaches[4])?,
                    }
                }
            };
            layers.push(RecurrentLayer { inputs: layer.inputs, hidden: layer.hidden, cell });
        }
        let head = model.head();
        Ok(Self {
            channels: model.width(),
            layers,
            head: wide(&head.weight),
            head_bias: wide(&head.bias),
        })
    }
}

fn sums(gate: &Gate) -> StepSums {
    let late = Vec::new();
    StepSums { w: wide(&gate.input), u: wide(&gate.recurrent), bias: wide(&gate.bias), late }
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|v| f64::from(*v)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recurrent::Functions;
    use activation::Polynomial;
    use network::recurrent::{CellKind, Sequences as Raw};

    #[test]
    fn it_computes_what_the_model_does() {
        for (kind, layers) in CellKind::ALL.into_iter().flat_map(|kind| [(kind, 1), (kind, 2)]) {
            let model = RecurrentModel::random(3, 5, 4, layers, kind, 7);
            let inputs: Vec<f32> = (0..3 * 6 * 9).map(|i| (i as f32 * 0.37).sin()).collect();
            let lengths: Vec<u16> = (0..9).map(|i| 1 + i % 6).collect();
            let raw = Raw { inputs: &inputs, lengths: &lengths, steps: 6 };
            let prepared = model.prepare(raw).unwrap();
            let sequences = Sequences::prepared(&prepared).unwrap();
            assert_eq!((sequences.steps(), sequences.len()), (6, 9));
            let cubic = Activation::Polynomial(Polynomial::new(vec![0.1, 0.5, 0.0, -0.01]));
            let functions: usize = model.layers().iter().map(|l| l.functions().len()).sum();
            for approximations in [vec![], vec![Some(cubic.clone()); functions]] {
                let exact = approximations.is_empty();
                let network =
                    RecurrentNetwork::lower(&model, &approximations, exact, &prepared).unwrap();
                let functions = if exact { Functions::Exact } else { Functions::Polynomial };
                let watch = Watch::silent();
                let found = network.evaluate(&sequences, functions, &watch, &|_| ()).unwrap();
                let reference = match exact {
                    true => model.clone(),
                    false => model.with_activations(&approximations).unwrap(),
                };
                let expected = reference.forward(&prepared, &watch).unwrap();
                for (a, b) in found.iter().zip(&expected) {
                    assert!((a - b).abs() < 1e-9, "{layers} {kind:?}: {a} {b}");
                }
            }
            assert!(RecurrentNetwork::lower(&model, &[], false, &prepared).is_err());
        }
    }
}
