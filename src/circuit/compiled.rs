//! A circuit with its parameters: everything both sides need to run it.

use super::integer::{IntegerLayer, IntegerNetwork};
use super::plan::Plan;
use crate::ring::{Kernel, LinearMap, Modulus, Tap};
use crate::scheme::bgv::{BgvError, BgvParameters, Segment, SegmentOp};
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
    pub taps: Vec<StageTap>,
}

/// The program of a circuit, by scheme.
#[derive(Clone, Debug)]
pub enum Program {
    Bgv(BgvProgram),
}

/// A value to be measured: ciphertext `index` after a stage of the plan, which holds value `index`
/// after a layer of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StageTap {
    pub stage: usize,
    pub layer: usize,
    pub index: usize,
}

/// A network cut into BGV segments.
#[derive(Clone, Debug)]
pub struct BgvProgram {
    /// One per branch; they differ in nothing but the plaintext modulus.
    pub parameters: Vec<BgvParameters>,
    pub steps: Vec<CircuitStep>,
}

/// A segment, and the key switch that follows it.
#[derive(Clone, Debug)]
pub struct CircuitStep {
    /// Layers of the network in this segment.
    pub layers: Range<usize>,
    pub segment: Segment,
    /// Values to be measured: taps of the segment, by layer of the network.
    pub taps: Vec<Tap>,
    /// Primes to drop after relinearisation; `None` after the last segment, which is not
    /// relinearised.
    pub drop: Option<usize>,
    /// Outputs of the key switch to be measured.
    pub switch_taps: Vec<usize>,
}

/// Layers of each segment: a new one begins at every square but the first.
pub fn cut(layers: &[IntegerLayer]) -> Vec<Range<usize>> {
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
        };
        kernel.map_or("", Kernel::name)
    }
}

impl BgvProgram {
    /// The program of `network` with the parameters of `plan`. `drops` has one number per key
    /// switch, `noisiest` the values to measure after each layer, `switch_noisiest` those after each
    /// key switch.
    pub(super) fn new(
        plan: &Plan,
        network: &IntegerNetwork,
        drops: &[usize],
        noisiest: &[Vec<usize>],
        switch_noisiest: &[Vec<usize>],
    ) -> Result<Self, BgvError> {
        let parameters = plan
            .plaintext_moduli
            .iter()
            .map(|t| BgvParameters::new(plan.ring_degree, &plan.primes, *t))
            .collect::<Result<Vec<_>, _>>()?;
        let unfit = || BgvError::Primes { primes: plan.primes.clone(), step: 2 * plan.ring_degree };
        let mut maps = linear_maps(network, &plan.primes).ok_or_else(unfit)?.into_iter();
        let mut steps = Vec::new();
        for (at, layers) in cut(network.layers()).into_iter().enumerate() {
            let ops = maps.by_ref().take(layers.len()).zip(&network.layers()[layers.clone()]);
            let ops = ops.map(|(map, layer)| match (map, layer) {
                (Some(map), IntegerLayer::Linear { bias, .. }) => {
                    SegmentOp::Linear { map, bias: bias.clone() }
                }
                _ => SegmentOp::Square,
            });
            let ops = ops.collect();
            let taps = layers
                .clone()
                .enumerate()
                .flat_map(|(op, layer)| noisiest[layer].iter().map(move |&index| Tap { op, index }))
                .collect();
            let switch_taps = switch_noisiest.get(at).cloned().unwrap_or_default();
            let drop = drops.get(at).copied();
            steps.push(CircuitStep { layers, segment: Segment { ops }, taps, drop, switch_taps });
        }
        Ok(Self { parameters, steps })
    }

    /// The values that the steps measure.
    pub(super) fn taps(&self) -> Vec<StageTap> {
        let mut taps = Vec::new();
        let mut stage = 1;
        for step in &self.steps {
            taps.extend(step.taps.iter().map(|tap| StageTap {
                stage: stage + tap.op,
                layer: step.layers.start + tap.op,
                index: tap.index,
            }));
            stage += step.layers.len();
            if step.drop.is_some() {
                let layer = step.layers.end - 1;
                taps.extend(step.switch_taps.iter().map(|&index| StageTap { stage, layer, index }));
                stage += 1;
            }
        }
        taps
    }
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
