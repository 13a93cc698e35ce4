//! A circuit with its parameters: everything both sides need to run it.

use super::integer::IntegerNetwork;
use super::integer_layer::IntegerLayer;
use super::plan::Plan;
use ring::{Basis, Kernel, LinearMap, Modulus, Probe};
use scheme::bfv::{BfvError, BfvParameters};
use scheme::bgv::{BgvError, BgvParameters, Segment, SegmentOp};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::Arc;

/// An integer network with what its scheme needs to run it. A branch is one plaintext modulus.
#[derive(Clone, Debug)]
pub struct Circuit {
    pub plan: Plan,
    pub network: Arc<IntegerNetwork>,
    /// Plaintext moduli, one per branch.
    pub moduli: Vec<Modulus>,
    pub program: Program,
    /// Values to be measured, in the order of the stages.
    pub probes: Vec<StageProbe>,
    /// Encrypt, evaluate and decrypt by typical costs, to be held against those of other schemes.
    pub typical_secs: f64,
}

/// The program of a circuit, by scheme.
#[derive(Clone, Debug)]
pub enum Program {
    Bgv(BgvProgram),
    Bfv(BfvProgram),
}

/// A value to be measured: ciphertext `index` after a stage of the plan, which holds value `index`
/// after a layer of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StageProbe {
    pub stage: usize,
    pub layer: usize,
    pub index: usize,
}

/// Ciphertexts measured after each stage: the ones predicted to be noisiest.
pub(super) const MEASURED: usize = 3;

/// A network cut into BGV segments.
#[derive(Clone, Debug)]
pub struct BgvProgram {
    /// One per branch; they differ in nothing but the plaintext modulus.
    pub parameters: Vec<BgvParameters>,
    pub steps: Vec<CircuitStep>,
}

/// A network as BFV runs it: layer by layer, each square relinearised at once.
#[derive(Clone, Debug)]
pub struct BfvProgram {
    /// One per branch; they differ in nothing but the plaintext modulus.
    pub parameters: Vec<BfvParameters>,
    pub layers: Vec<BfvLayer>,
}

/// A layer of the network, and the values to measure after it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BfvLayer {
    pub op: BfvOp,
    pub probes: Vec<usize>,
}

/// What a layer does to the messages.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum BfvOp {
    /// Weighted sums plus an integer each.
    Linear { map: Arc<LinearMap>, bias: Vec<i128> },
    /// Squares, relinearised.
    Square,
    /// The same of the first so many; the others are carried as they are.
    SquareFirst(usize),
}

/// A segment, and the key switch that follows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CircuitStep {
    /// Layers of the network in this segment.
    pub layers: Range<usize>,
    pub segment: Segment,
    /// Values to be measured: probes of the segment, by layer of the network.
    pub probes: Vec<Probe>,
    /// Primes to drop after relinearisation; `None` after the last segment, which is not
    /// relinearised.
    pub drop: Option<usize>,
    /// Outputs of the key switch to be measured.
    pub switch_probes: Vec<usize>,
}

/// Which values have a third component after `layer`, which has squares of the secret: all that a square
/// goes into. `third` are those before it.
pub(super) fn thirds(layer: &IntegerLayer, third: &[bool]) -> Vec<bool> {
    match layer {
        IntegerLayer::Square { acts_on, .. } => {
            third.iter().enumerate().map(|(at, third)| *third || at < *acts_on).collect()
        }
        IntegerLayer::Linear { rows, .. } => {
            let of = |column: &u32| third.get(*column as usize).copied().unwrap_or(false);
            rows.iter().map(|row| row.columns.iter().any(of)).collect()
        }
    }
}

/// How many values a square of `width` values acts on, where it carries others.
fn carrying(layer: &IntegerLayer, width: usize) -> Option<usize> {
    match layer {
        IntegerLayer::Square { acts_on, .. } => Some(*acts_on).filter(|count| *count < width),
        IntegerLayer::Linear { .. } => None,
    }
}

/// Layers of each segment: a new one begins at every square but the first.
pub fn segments(layers: &[IntegerLayer]) -> Vec<Range<usize>> {
    let mut starts = vec![0];
    let mut squared = false;
    for (at, layer) in layers.iter().enumerate() {
        if matches!(layer, IntegerLayer::Square { .. }) {
            if squared {
                starts.push(at);
            }
            squared = true;
        }
    }
    let ends = starts.iter().skip(1).copied().chain([layers.len()]);
    starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect()
}

impl Circuit {
    /// Name of the arithmetic kernel that weighted sums run on.
    pub fn kernel(&self) -> &'static str {
        let kernel = match &self.program {
            Program::Bgv(p) => p.parameters.first().map(BgvParameters::kernel),
            Program::Bfv(p) => p.parameters.first().map(BfvParameters::kernel),
        };
        kernel.map_or("", Kernel::name)
    }
}

impl BgvProgram {
    /// The program of `network`, one parameter set per branch. `drops` has one number per key switch, `noisiest` the values to measure after each layer, `switch_noisiest` those after each
    /// key switch.
    pub(super) fn new(
        parameters: Vec<BgvParameters>,
        network: &IntegerNetwork,
        drops: &[usize],
        noisiest: &[Vec<usize>],
        switch_noisiest: &[Vec<usize>],
    ) -> Result<Self, BgvError> {
        let primes = parameters.first().map_or(Vec::new(), |p| values(p.basis()));
        let step = 2 * parameters.first().map_or(0, BgvParameters::degree);
        let unfit = || BgvError::Primes { primes: primes.clone(), step };
        let mut maps = linear_maps(network, &primes).ok_or_else(unfit)?.into_iter();
        let mut steps = Vec::new();
        let widths = network.widths();
        for (at, layers) in segments(network.layers()).into_iter().enumerate() {
            let ops = maps.by_ref().take(layers.len()).zip(&network.layers()[layers.clone()]);
            let ops = ops.zip(&widths[layers.clone()]);
            let ops = ops.map(|((map, layer), width)| match (map, layer) {
                (Some(map), IntegerLayer::Linear { bias, .. }) => {
                    SegmentOp::Linear { map, bias: bias.clone() }
                }
                (_, layer) => match carrying(layer, *width) {
                    Some(count) => SegmentOp::SquareFirst { count },
                    None => SegmentOp::Square,
                },
            });
            let ops = ops.collect();
            let probes = layers
                .clone()
                .enumerate()
                .flat_map(|(op, layer)| {
                    noisiest[layer].iter().map(move |&index| Probe { op, index })
                })
                .collect();
            let switch_probes = switch_noisiest.get(at).cloned().unwrap_or_default();
            let drop = drops.get(at).copied();
            steps.push(CircuitStep {
                layers,
                segment: Segment { ops },
                probes,
                drop,
                switch_probes,
            });
        }
        Ok(Self { parameters, steps })
    }

    /// The values that the steps measure.
    pub(super) fn probes(&self) -> Vec<StageProbe> {
        let mut probes = Vec::new();
        let mut stage = 1;
        for step in &self.steps {
            probes.extend(step.probes.iter().map(|probe| StageProbe {
                stage: stage + probe.op,
                layer: step.layers.start + probe.op,
                index: probe.index,
            }));
            stage += step.layers.len();
            if step.drop.is_some() {
                let layer = step.layers.end - 1;
                probes.extend(step.switch_probes.iter().map(|&index| StageProbe {
                    stage,
                    layer,
                    index,
                }));
                stage += 1;
            }
        }
        probes
    }
}

impl BfvProgram {
    /// The program of `network`, one parameter set per branch; `noisiest` are the values to measure
    /// after each layer.
    pub(super) fn new(
        parameters: Vec<BfvParameters>,
        network: &IntegerNetwork,
        noisiest: &[Vec<usize>],
    ) -> Result<Self, BfvError> {
        let primes = parameters.first().map_or(Vec::new(), |p| values(p.basis()));
        let step = 2 * parameters.first().map_or(0, BfvParameters::degree);
        let maps =
            linear_maps(network, &primes).ok_or(BfvError::Primes { primes, step })?.into_iter();
        let widths = network.widths();
        let layers = maps.zip(network.layers()).zip(&widths).zip(noisiest);
        let layers = layers.map(|(((map, layer), width), probes)| {
            let op = match (map, layer) {
                (Some(map), IntegerLayer::Linear { bias, .. }) => {
                    BfvOp::Linear { map, bias: bias.clone() }
                }
                (_, layer) => carrying(layer, *width).map_or(BfvOp::Square, BfvOp::SquareFirst),
            };
            BfvLayer { op, probes: probes.clone() }
        });
        Ok(Self { layers: layers.collect(), parameters })
    }

    /// The values that the layers measure; each layer is a stage, after that of the inputs.
    pub(super) fn probes(&self) -> Vec<StageProbe> {
        let of = |(layer, l): (usize, &BfvLayer)| {
            let probes =
                l.probes.iter().map(move |&index| StageProbe { stage: layer + 1, layer, index });
            probes.collect::<Vec<_>>()
        };
        self.layers.iter().enumerate().flat_map(of).collect()
    }
}

fn values(basis: &Basis) -> Vec<u64> {
    (0..basis.primes()).map(|j| basis.modulus(j).value()).collect()
}

/// The compiled map of each linear layer, `None` for squares; `None` altogether when a map does not
/// fit the layer before it or the primes.
pub(super) fn linear_maps(
    network: &IntegerNetwork,
    primes: &[u64],
) -> Option<Vec<Option<Arc<LinearMap>>>> {
    let prime_bits = primes.iter().map(|q| 64 - q.leading_zeros()).max()?;
    let mut width = network.inputs();
    let map = |layer: &IntegerLayer| match layer {
        IntegerLayer::Square { .. } => Some(None),
        IntegerLayer::Linear { rows, .. } => {
            let map = LinearMap::new(width, rows, prime_bits)?;
            width = rows.len();
            Some(Some(Arc::new(map)))
        }
    };
    network.layers().iter().map(map).collect()
}
