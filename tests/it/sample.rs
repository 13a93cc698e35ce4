//! Random datasets and networks, the same every time.

use cryptoscope::activation::Activation;
pub use cryptoscope::data::Shape;
use cryptoscope::data::{Dataset, Split};
use cryptoscope::network::{
    InputQuantiser, Layer, Network, Normalisation, Op, Quantisation, WeightQuantiser,
};
use cryptoscope::ring::Seed;

/// `samples` test samples of `width` integers up to `max`, in two classes.
pub fn random_dataset(seed: u64, width: usize, max: u64, samples: usize) -> Dataset {
    let mut stream = Seed::from_number(seed).stream(0);
    let mut split = |count: usize| Split {
        inputs: (0..count * width).map(|_| (stream.next_u64() % (max + 1)) as f32).collect(),
        labels: (0..count).map(|i| (i % 2) as u16).collect(),
        lengths: Vec::new(),
    };
    let classes = vec!["a".to_owned(), "b".to_owned()];
    let (train, test) = (split(4 * samples), split(samples));
    Dataset::new("random", "a seed", Shape::Flat { len: width }, classes, Vec::new(), train, test)
        .expect("it fits together")
}

/// Dense layers of `width` values and `depth` activations between them, then two outputs; weights
/// of 4 bits for inputs up to `input_max`.
pub fn random_network(
    seed: u64,
    depth: usize,
    width: usize,
    input_max: u64,
    activation: &Activation,
) -> Network {
    let mut stream = Seed::from_number(seed).stream(1);
    let mut layers = Vec::new();
    for i in 0..=depth {
        let outputs = if i == depth { 2 } else { width };
        let weight = (0..width * outputs).map(|_| (stream.next_u64() % 15) as f32 - 7.0).collect();
        let bias = (0..outputs).map(|_| (stream.next_u64() % 100) as f32).collect();
        let op = Op::Dense { inputs: width, outputs, weight, bias };
        layers.push(Layer { name: format!("dense{i}"), op });
        if i < depth {
            layers.push(Layer { name: format!("act{i}"), op: Op::Activation(activation.clone()) });
        }
    }
    let quantisation = Quantisation {
        input: InputQuantiser { step: 1.0, min: 0, max: input_max as i32 },
        weights: vec![WeightQuantiser { step: 1.0, max: 7 }; depth + 1],
        tables: Vec::new(),
    };
    let normalisation = Normalisation { offset: vec![0.0], scale: vec![1.0] };
    let input = Shape::Flat { len: width };
    Network::new("random", input, normalisation, layers, Some(quantisation), Default::default())
        .expect("it fits together")
}

/// Dense layers of `width` values and `depth` activations between them, then two outputs; weights
/// such that inputs of activations stay in about [-5, 5].
pub fn real_network(seed: u64, depth: usize, width: usize, activation: &Activation) -> Network {
    let mut stream = Seed::from_number(seed).stream(2);
    let mut unit = || (stream.next_u64() >> 40) as f32 / (1u64 << 23) as f32 - 1.0;
    let mut layers = Vec::new();
    for i in 0..=depth {
        let outputs = if i == depth { 2 } else { width };
        let spread = 2.0 / (width as f32).sqrt();
        let weight = (0..width * outputs).map(|_| spread * unit()).collect();
        let bias = (0..outputs).map(|_| 0.3 * unit()).collect();
        let op = Op::Dense { inputs: width, outputs, weight, bias };
        layers.push(Layer { name: format!("dense{i}"), op });
        if i < depth {
            layers.push(Layer { name: format!("act{i}"), op: Op::Activation(activation.clone()) });
        }
    }
    let normalisation = Normalisation { offset: vec![1.5], scale: vec![1.5] };
    let input = Shape::Flat { len: width };
    Network::new("random", input, normalisation, layers, None, Default::default())
        .expect("it fits together")
}
