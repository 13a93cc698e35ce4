//! A recurrent network with its parameters, scales and levels: what both sides need to run it.

use super::network::{CellFunction, RecurrentCell, RecurrentNetwork, StepSums};
use super::strategy::NoiseStrategy;
use crate::real::{CkksFunction, RealFunction};
use crate::request::PlanError;
use ring::{LinearMap, Row};
use scheme::ckks::{CkksError, CkksModuli, CkksParameters, Scale, SegmentOp, round_weights};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Numbers that fix a program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProgramOptions {
    pub strategy: NoiseStrategy,
    pub n: usize,
    /// Bits of the primes that functions drop, and of the scale they begin at.
    pub sigma: u32,
    /// Bits by which weighted sums raise the scale: weights are rounded to multiples of about `2^-gain`.
    pub gain: u32,
    /// Bits of the primes that are never dropped.
    pub base: Vec<u32>,
    /// Steps from one fresh state to the next.
    pub cycle: usize,
    pub steps: usize,
    /// Whether sequences have different lengths: biases then come in with the inputs.
    pub masked: bool,
}

impl ProgramOptions {
    /// Whether the functions are polynomials on ciphertexts.
    pub(super) fn has_polynomials(&self) -> bool {
        matches!(self.strategy, NoiseStrategy::Levelled | NoiseStrategy::Refresh)
    }
}

/// Weighted sums with rounded weights.
#[derive(Clone, Debug)]
pub struct SumsMap {
    /// Of the inputs, and where sequences begin later of the mask behind them; with the biases.
    pub input: SegmentOp,
    /// Of the state.
    pub recurrent: SegmentOp,
}

/// The sums of a layer.
#[derive(Clone, Debug)]
pub enum LayerMaps {
    /// One sum for each unit.
    Elman { sums: SumsMap },
    Gru {
        /// Update, then reset.
        gates: SumsMap,
        /// `w x + bias`, and `u h + inner` (with the mask behind the state where there is one).
        candidate: SumsMap,
    },
    Lstm {
        /// Input, forget, then output.
        gates: SumsMap,
        candidate: SumsMap,
    },
}

/// Values of one scale that a layer hands from step to step as ciphertexts.
#[derive(Clone, Debug, PartialEq)]
pub struct Carried {
    /// Ciphertexts.
    pub units: usize,
    pub scale: Scale,
    /// Levels below that of the layer's sums at which they are used first.
    pub below: usize,
}

/// A program. All inputs and states are at one scale; every layer drops a fixed number of levels.
#[derive(Clone, Debug)]
pub struct RecurrentProgram {
    pub choice: ProgramOptions,
    pub parameters: CkksParameters,
    /// What ciphertexts stand for.
    pub network: Arc<RecurrentNetwork>,
    /// The network they carry: `network`, or with masks and polynomials one whose states are moved.
    pub reference: RecurrentNetwork,
    /// By how much the states of each layer are less than those of `network`.
    pub constants: Vec<f64>,
    /// Mask ciphertexts behind the inputs of a step: whether a sequence has begun, and where that is
    /// needed whether it had before the step.
    pub masks: usize,
    /// Scale of inputs and states.
    pub scale: Scale,
    pub layers: Vec<LayerMaps>,
    pub head: SegmentOp,
}

/// Levels that a layer of this strategy takes in a step.
pub fn layer_levels(cell: &RecurrentCell, strategy: NoiseStrategy) -> usize {
    let of = |f: &CellFunction| f.polynomial.as_ref().map_or(0, RealFunction::levels);
    match (strategy, cell) {
        (
            NoiseStrategy::Levelled | NoiseStrategy::Refresh,
            RecurrentCell::Elman { function, .. },
        ) => of(function),
        // Two products besides: with the reset gate and with the update gate.
        (
            NoiseStrategy::Levelled | NoiseStrategy::Refresh,
            RecurrentCell::Gru { squash, function, .. },
        ) => of(squash) + of(function) + 2,
        // The same: into the state of the cells, and with the output gate.
        (NoiseStrategy::Levelled | NoiseStrategy::Refresh, RecurrentCell::Lstm { state, .. }) => {
            before_cells(cell) + of(state) + 2
        }
        _ => 0,
    }
}

/// Levels between the sums of an LSTM and the products that make the state of its cells.
pub(super) fn before_cells(cell: &RecurrentCell) -> usize {
    let of = |f: &CellFunction| f.polynomial.as_ref().map_or(0, RealFunction::levels);
    match cell {
        RecurrentCell::Lstm { squash, function, .. } => of(squash).max(of(function)),
        RecurrentCell::Elman { .. } | RecurrentCell::Gru { .. } => 0,
    }
}

/// Levels that `steps` steps from fresh states take.
pub fn depth(levels: &[usize], steps: usize) -> usize {
    entries(levels, steps).1
}

/// By step and layer how many levels are used up where its sums are made, and how many in all.
fn entries(levels: &[usize], steps: usize) -> (Vec<Vec<usize>>, usize) {
    let mut outs = vec![0; levels.len()];
    let mut all = Vec::with_capacity(steps);
    for _ in 0..steps {
        let mut below = 0;
        let mut of_step = Vec::with_capacity(levels.len());
        for (own, out) in levels.iter().zip(&mut outs) {
            let entry = below.max(*out);
            of_step.push(entry);
            *out = entry + own;
            below = *out;
        }
        all.push(of_step);
    }
    (all, outs.into_iter().max().unwrap_or(0))
}

impl RecurrentProgram {
    /// The program of `choice`, with at least 128 bits of security.
    ///
    /// # Errors
    /// When there are no such primes, or its weights cannot be rounded.
    pub fn new(network: &Arc<RecurrentNetwork>, choice: ProgramOptions) -> Result<Self, PlanError> {
        let moduli = moduli(network, &choice).ok_or_else(|| PlanError::DoesNotFit {
            reason: format!("no primes of {} bits at N = {}", choice.sigma, choice.n),
            nearest: "use a larger N".into(),
        })?;
        Self::with_moduli(network, choice, &moduli)
    }

    /// The same with these primes.
    ///
    /// # Errors
    /// When they are too few or not secure, or its weights cannot be rounded.
    pub fn with_moduli(
        network: &Arc<RecurrentNetwork>,
        choice: ProgramOptions,
        moduli: &CkksModuli,
    ) -> Result<Self, PlanError> {
        let due = chain_bits(network, &choice).len();
        if moduli.chain.len() != due {
            return Err(PlanError::DoesNotFit {
                reason: format!("a chain of {} primes where {due} are needed", moduli.chain.len()),
                nearest: "publish the scenario again".into(),
            });
        }
        let parameters = CkksParameters::new(choice.n, moduli)?;
        let prime_bits = moduli.chain.iter().map(|q| 64 - q.leading_zeros()).max().unwrap_or(50);
        let polynomials = choice.has_polynomials();
        let (reference, constants) = match choice.masked && polynomials {
            true => network.centred(),
            false => (network.as_ref().clone(), vec![0.0; network.layers.len()]),
        };
        let moved = constants.iter().any(|c| *c != 0.0);
        // A client that computes the states masks them itself.
        let masks = if choice.masked && polynomials { 1 + usize::from(moved) } else { 0 };
        let builder = Builder { choice: &choice, prime_bits, masks };
        let layers = reference.layers.iter().map(|layer| builder.layer(&layer.cell, layer.inputs));
        let layers = layers.collect::<Result<Vec<_>, _>>()?;
        let hidden = reference.layers.last().map_or(0, |l| l.hidden);
        let gain = Scale::power_of_two(choice.gain as i32);
        let rows = Rows { weights: &reference.head, bias: &reference.head_bias, late: &[] };
        let head = builder.op(&[rows], hidden, &gain, false)?;
        let scale = Scale::power_of_two(choice.sigma as i32 - choice.gain as i32);
        let network = Arc::clone(network);
        Ok(Self { choice, parameters, network, reference, constants, masks, scale, layers, head })
    }

    /// Levels each layer takes in a step.
    pub fn layer_levels(&self) -> Vec<usize> {
        let of = |l: &super::network::RecurrentLayer| layer_levels(&l.cell, self.choice.strategy);
        self.network.layers.iter().map(of).collect()
    }

    /// What `layer` hands from step to step: its state, and of an LSTM behind it that of its cells, where
    /// the client does not keep it.
    pub fn carried(&self, layer: usize) -> Vec<Carried> {
        let Some(layer) = self.network.layers.get(layer) else { return Vec::new() };
        let state = Carried { units: layer.hidden, scale: self.scale.clone(), below: 0 };
        let function = layer.function_of_cells().filter(|_| self.choice.has_polynomials());
        let cells = function.and_then(|function| {
            let scale = cell_scale(self.choice.sigma, function)?;
            Some(Carried { units: layer.hidden, scale, below: before_cells(&layer.cell) })
        });
        std::iter::once(state).chain(cells).collect()
    }

    /// The scale of a factor whose product at `level` keeps the other's scale: the prime that is dropped.
    pub fn prime_scale(&self, level: usize) -> Scale {
        let one = Scale::power_of_two(0);
        one.over(&one.over_integers([self.parameters.prime(level.saturating_sub(1))]))
    }

    /// Steps of the cycle that begins with `step`: the last one may be shorter.
    pub fn cycle_at(&self, step: usize) -> usize {
        self.choice.cycle.min(self.choice.steps - step.min(self.choice.steps))
    }

    /// By step of a cycle of `steps` and by layer: the level at which the sums are made.
    pub fn entry_levels(&self, steps: usize) -> Vec<Vec<usize>> {
        let (used, all) = entries(&self.layer_levels(), steps);
        let top = self.choice.base.len() + all;
        used.into_iter().map(|of_step| of_step.into_iter().map(|u| top - u).collect()).collect()
    }

    /// Values encrypted in every step: the channels and the masks.
    pub fn input_width(&self) -> usize {
        self.network.channels + self.masks
    }

    /// The function of a cell for sums at `scale` and `level`, with results at `result`.
    pub fn function(
        &self,
        function: &CellFunction,
        scale: &Scale,
        result: &Scale,
        level: usize,
    ) -> Result<CkksFunction, CkksError> {
        let missing = || CkksError::Polynomial {
            reason: format!("none stands in for {}", function.exact.name()),
        };
        let polynomial = function.polynomial.as_ref().ok_or_else(missing)?;
        let last = level.saturating_sub(polynomial.levels());
        let primes: Vec<u64> = (last..level).map(|j| self.parameters.prime(j)).collect();
        CkksFunction::new(polynomial, scale, result, &primes, self.choice.sigma)
    }

    /// The bytes that both sides hold against each other's before anything is computed.
    pub fn fingerprint_text(&self) -> String {
        let ProgramOptions { strategy, n, sigma, gain, base, cycle, steps, masked } = &self.choice;
        let cells: Vec<String> = self
            .network
            .layers
            .iter()
            .map(|l| format!("{}x{}x{}", l.inputs, l.hidden, l.sum_count()))
            .collect();
        let chain: Vec<u64> =
            (0..self.parameters.levels()).map(|j| self.parameters.prime(j)).collect();
        format!(
            "{} {n} {sigma} {gain} {base:?} {cycle} {steps} {masked} {} {chain:?}",
            strategy.id(),
            cells.join(" ")
        )
    }
}

/// The sizes of the chain of `choice`, first to last.
pub(super) fn chain_bits(network: &RecurrentNetwork, choice: &ProgramOptions) -> Vec<u32> {
    let levels: Vec<usize> =
        network.layers.iter().map(|l| layer_levels(&l.cell, choice.strategy)).collect();
    let mut chain = choice.base.clone();
    chain.resize(choice.base.len() + depth(&levels, choice.cycle), choice.sigma);
    chain
}

/// Its primes, where they are secure.
pub(super) fn moduli(network: &RecurrentNetwork, choice: &ProgramOptions) -> Option<CkksModuli> {
    let chain = chain_bits(network, choice);
    // Where nothing is multiplied no keys are switched.
    let switches = chain.len() > choice.base.len();
    let drop = if switches { choice.sigma } else { u32::MAX >> 1 };
    CkksModuli::fastest(choice.n, &chain, drop)
}

/// The radius of the first polynomial of a function; 1 without one.
pub(super) fn radius(function: &CellFunction) -> f64 {
    let polynomial = function.polynomial.as_ref();
    polynomial.and_then(|p| p.parts.first()).map_or(1.0, |part| part.radius())
}

/// The factor that raises a scale by `bits` once an interval of this radius is brought to [-1, 1]: weights
/// before a function are rounded at it, so that what they sum up to then has the scale `2^sigma`.
pub(super) fn weight_scale(bits: u32, radius: f64) -> f64 {
    f64::from(bits).exp2() / radius
}

/// The scale of the state of the cells of an LSTM that `function` is applied to: `2^sigma` once the
/// interval is brought to [-1, 1].
pub(super) fn cell_scale(sigma: u32, function: &CellFunction) -> Option<Scale> {
    Scale::of(weight_scale(sigma, radius(function)))
}

struct Builder<'a> {
    choice: &'a ProgramOptions,
    prime_bits: u32,
    masks: usize,
}

/// Rows of weights, and what is added to each.
struct Rows<'a> {
    weights: &'a [f64],
    bias: &'a [f64],
    /// Added from the second step of a sequence on; may be empty.
    late: &'a [f64],
}

impl Builder<'_> {
    fn layer(&self, cell: &RecurrentCell, inputs: usize) -> Result<LayerMaps, PlanError> {
        let scale_for = |function: &CellFunction| {
            let radius = match self.choice.strategy {
                NoiseStrategy::ClientAided => 1.0,
                _ => radius(function),
            };
            let factor = weight_scale(self.choice.gain, radius);
            Scale::of(factor).ok_or_else(|| CkksError::Scale { scale: factor.to_string() })
        };
        match cell {
            RecurrentCell::Elman { sums, function } => {
                let scale = scale_for(function)?;
                Ok(LayerMaps::Elman { sums: self.sums(&[sums], inputs, &scale, None)? })
            }
            RecurrentCell::Lstm { input, forget, output, candidate, squash, function, .. } => {
                let gates = [input, forget, output];
                Ok(LayerMaps::Lstm {
                    gates: self.sums(&gates, inputs, &scale_for(squash)?, None)?,
                    candidate: self.sums(&[candidate], inputs, &scale_for(function)?, None)?,
                })
            }
            RecurrentCell::Gru { update, reset, candidate, inner, squash, function } => {
                let gates = self.sums(&[update, reset], inputs, &scale_for(squash)?, None)?;
                let scale = scale_for(function)?;
                let candidate = self.sums(&[candidate], inputs, &scale, Some(inner))?;
                Ok(LayerMaps::Gru { gates, candidate })
            }
        }
    }

    fn sums<'a>(
        &self,
        all: &[&'a StepSums],
        inputs: usize,
        scale: &Scale,
        inner: Option<&Vec<f64>>,
    ) -> Result<SumsMap, PlanError> {
        let hidden = all.first().map_or(0, |s| s.bias.len());
        let none = vec![0.0; hidden];
        // What belongs to the state before is added where the state is multiplied.
        let apart = inner.is_some();
        let late = |s: &'a StepSums, here: bool| if here { s.late.as_slice() } else { &[] };
        let of_input =
            all.iter().map(|s| Rows { weights: &s.w, bias: &s.bias, late: late(s, !apart) });
        let of_input: Vec<_> = of_input.collect();
        let bias = inner.map_or(none.as_slice(), Vec::as_slice);
        let of_state = all.iter().map(|s| Rows { weights: &s.u, bias, late: late(s, apart) });
        let of_state: Vec<_> = of_state.collect();
        Ok(SumsMap {
            input: self.op(&of_input, inputs, scale, true)?,
            recurrent: self.op(&of_state, hidden, scale, apart)?,
        })
    }

    /// Rows of several matrices. Where there are masks and the values to be multiplied are followed
    /// by them, biases are weights of the masks.
    fn op(
        &self,
        matrices: &[Rows],
        columns: usize,
        scale: &Scale,
        with_masks: bool,
    ) -> Result<SegmentOp, PlanError> {
        let masks = if with_masks { self.masks } else { 0 };
        let width = columns + masks;
        let list: Arc<[u32]> = (0..width as u32).collect();
        let (mut rows, mut constants) = (Vec::new(), Vec::new());
        for matrix in matrices {
            for (at, row) in matrix.weights.chunks(columns.max(1)).enumerate() {
                let bias = matrix.bias.get(at).copied().unwrap_or(0.0);
                let late = matrix.late.get(at).copied().unwrap_or(0.0);
                let mut weights = row.to_vec();
                weights.extend([bias, late].into_iter().take(masks));
                constants.push(if masks > 0 { 0.0 } else { bias });
                let weights = round_weights(&weights, scale)?;
                rows.push(Row { columns: Arc::clone(&list), weights });
            }
        }
        let map = LinearMap::new(width, &rows, self.prime_bits);
        let map = map.ok_or(CkksError::Segment { inputs: width, components: 2 })?;
        Ok(SegmentOp::Linear { map: Arc::new(map), weight_scale: scale.clone(), bias: constants })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upper_layers_begin_as_soon_as_the_lower_one_is_ready() {
        assert_eq!(entries(&[2], 3), (vec![vec![0], vec![2], vec![4]], 6));
        // The second layer is one step behind, not as deep as two layers in a row.
        assert_eq!(entries(&[2, 2], 3).1, 8);
        assert_eq!(entries(&[2, 2], 2).0, [[0, 2], [2, 4]]);
        assert_eq!(entries(&[0, 0], 5).1, 0);
        assert_eq!(depth(&[3, 2], 4), 14);
    }
}
