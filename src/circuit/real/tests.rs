//! What tests of the real planner share.

use activation::{Activation, ChebyshevSeries, Polynomial};
use data::Shape;
use network::{Layer, Network, Normalisation, Op};
use ring::Seed;

/// A random network of `depth` polynomials of `degree` between dense layers of `width` values.
pub fn network(depth: usize, width: usize, degree: usize) -> Network {
    let mut stream = Seed::from_number((depth * 100 + width * 10 + degree) as u64).stream(0);
    let mut unit = || (stream.next_u64() >> 40) as f32 / (1u64 << 24) as f32 * 2.0 - 1.0;
    let mut layers = Vec::new();
    for i in 0..=depth {
        let outputs = if i == depth { 3 } else { width };
        let spread = (3.0 / width as f32).sqrt();
        let weight = (0..width * outputs).map(|_| spread * unit()).collect();
        let bias = (0..outputs).map(|_| 0.1 * unit()).collect();
        let op = Op::Dense { inputs: width, outputs, weight, bias };
        layers.push(Layer { name: format!("dense{i}"), op });
        if i < depth {
            let function = match degree {
                2 => Activation::Polynomial(Polynomial::new(vec![0.1, 0.5, 0.2])),
                3 => Activation::Polynomial(Polynomial::new(vec![0.0, 0.8, 0.0, -0.05])),
                _ => {
                    let c = |i: usize| 0.7 / (1.0 + i as f64).powi(2) * (-1f64).powi(i as i32 / 2);
                    let coefficients = (0..=degree).map(c).collect();
                    Activation::Chebyshev(ChebyshevSeries::new((-4.0, 4.0), coefficients))
                }
            };
            layers.push(Layer { name: format!("act{i}"), op: Op::Activation(function) });
        }
    }
    let normalisation = Normalisation { offset: vec![0.0], scale: vec![1.0] };
    let input = Shape::Flat { len: width };
    Network::new("random", input, normalisation, layers, None, Default::default()).unwrap()
}

/// Random samples of `width` values each.
pub fn samples(count: usize, width: usize) -> Vec<f32> {
    let mut stream = Seed::from_number(77).stream(0);
    (0..count * width)
        .map(|_| (stream.next_u64() >> 40) as f32 / (1u64 << 24) as f32 * 2.0 - 1.0)
        .collect()
}
