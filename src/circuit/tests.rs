//! What tests of the planner share.

use super::{Constraints, IntegerNetwork, Request, SchemeKind};
use activation::Activation;
use data::Shape;
use network::{InputQuantiser, Layer, Network, Normalisation, Op, Quantisation, WeightQuantiser};
use ring::Seed;
use std::sync::Arc;

/// A random network of `depth` squares between dense layers of `width` values, with 4-bit weights.
pub fn integer_network(depth: usize, width: usize) -> Arc<IntegerNetwork> {
    let mut stream = Seed::from_number(depth as u64 * 1000 + width as u64).stream(0);
    let mut layers = Vec::new();
    for i in 0..=depth {
        let weight = (0..width * width).map(|_| (stream.next_u64() % 15) as f32 - 7.0).collect();
        let op = Op::Dense { inputs: width, outputs: width, weight, bias: vec![1.0; width] };
        layers.push(Layer { name: format!("dense{i}"), op });
        if i < depth {
            layers
                .push(Layer { name: format!("square{i}"), op: Op::Activation(Activation::Square) });
        }
    }
    let quantisation = Quantisation {
        input: InputQuantiser { step: 1.0, min: -3, max: 3 },
        weights: vec![WeightQuantiser { step: 1.0, max: 7 }; depth + 1],
        tables: Vec::new(),
    };
    let normalisation = Normalisation { offset: vec![0.0], scale: vec![1.0] };
    let input = Shape::Flat { len: width };
    let network = Network::new(
        "random",
        input,
        normalisation,
        layers,
        Some(quantisation),
        Default::default(),
    );
    Arc::new(IntegerNetwork::new(&network.unwrap(), None, &[]).unwrap())
}

/// A request whose outputs reach `output_bits` bits on calibration data.
pub fn request(
    network: &Arc<IntegerNetwork>,
    output_bits: f64,
    constraints: Constraints,
) -> Request<'_> {
    let calibrated = vec![(output_bits - 1.0).exp2(); network.layers().len()];
    Request {
        scheme: SchemeKind::Bgv,
        network,
        calibrated: Vec::leak(calibrated),
        images: 100,
        threads: 2,
        constraints,
    }
}
