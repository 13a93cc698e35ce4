//! A circuit with its parameters: everything both sides need to run it.

use super::integer::{IntegerLayer, IntegerNetwork};
use super::plan::Plan;
use crate::ring::{LinearMap, Tap};
use crate::scheme::bgv::{BgvError, BgvParameters, Segment, SegmentOp};
use std::ops::Range;
use std::sync::Arc;

/// An integer network cut into segments, with one BGV parameter set per plaintext modulus.
#[derive(Clone, Debug)]
pub struct Circuit {
    pub plan: Plan,
    pub network: Arc<IntegerNetwork>,
    /// One per plaintext modulus; they differ in nothing else.
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
    /// Puts a circuit together. `drops` has one number per key switch, `noisiest` the values to
    /// measure after each layer, `switch_noisiest` those after each key switch.
    pub(super) fn new(
        plan: Plan,
        network: Arc<IntegerNetwork>,
        drops: &[usize],
        noisiest: &[Vec<usize>],
        switch_noisiest: &[Vec<usize>],
    ) -> Result<Self, BgvError> {
        let prime_bits =
            plan.primes.iter().map(|q| 64 - q.leading_zeros()).max().unwrap_or_default();
        let parameters = plan
            .plaintext_moduli
            .iter()
            .map(|t| BgvParameters::new(plan.ring_degree, &plan.primes, *t))
            .collect::<Result<Vec<_>, _>>()?;
        let mut width = network.inputs();
        let mut steps = Vec::new();
        for (at, layers) in cut(network.layers()).into_iter().enumerate() {
            let mut ops = Vec::new();
            for layer in &network.layers()[layers.clone()] {
                ops.push(match layer {
                    IntegerLayer::Square { .. } => SegmentOp::Square,
                    IntegerLayer::Linear { rows, bias, .. } => {
                        let map = LinearMap::new(width, rows, prime_bits).ok_or_else(|| {
                            BgvError::Primes {
                                primes: plan.primes.clone(),
                                step: 2 * plan.ring_degree,
                            }
                        })?;
                        width = rows.len();
                        SegmentOp::Linear { map: Arc::new(map), bias: bias.clone() }
                    }
                });
            }
            let taps = layers
                .clone()
                .enumerate()
                .flat_map(|(op, layer)| noisiest[layer].iter().map(move |&index| Tap { op, index }))
                .collect();
            let switch_taps = switch_noisiest.get(at).cloned().unwrap_or_default();
            let drop = drops.get(at).copied();
            steps.push(CircuitStep { layers, segment: Segment { ops }, taps, drop, switch_taps });
        }
        Ok(Self { plan, network, parameters, steps })
    }
}
