//! The integer network without clipping, in double precision: what clipped samples are held against.

use super::integer::IntegerNetwork;
use super::integer_layer::IntegerLayer;
use network::{Clipped, argmax};
use rayon::prelude::*;

impl IntegerNetwork {
    /// Inputs of raw samples that lie outside the grid, and which samples have such, each with the
    /// factor of its own.
    pub fn input_clipping(&self, raw: &[f32]) -> (Clipped, Vec<(usize, f64)>) {
        let ends = (f64::from(self.input.min), f64::from(self.input.max));
        let of = |(index, sample): (usize, &[f32])| {
            let mut clipped = Clipped::of("");
            for (at, x) in sample.iter().enumerate() {
                clipped.see(self.input_level(at, *x), ends);
            }
            clipped.samples = u64::from(clipped.any());
            (clipped, index)
        };
        let all: Vec<(Clipped, usize)> =
            raw.par_chunks(self.inputs.max(1)).enumerate().map(of).collect();
        let mut clipped = Clipped::of("");
        all.iter().for_each(|(one, _)| clipped.merge(one));
        let with = all.into_iter().filter(|(one, _)| one.any());
        (clipped, with.map(|(one, index)| (index, one.factor)).collect())
    }

    /// How far raw value `x` at position `at` lies from the middle of the grid: 1 at its ends.
    pub fn input_factor(&self, at: usize, x: f32) -> f64 {
        let mut seen = Clipped::of("");
        let ends = (f64::from(self.input.min), f64::from(self.input.max));
        seen.see(self.input_level(at, x), ends);
        seen.factor
    }

    /// The class of a raw sample with nothing cut off, neither inputs nor weights; `None` where an
    /// output is no number. Up to the rounding of doubles.
    pub fn unclipped_class(&self, sample: &[f32]) -> Option<usize> {
        let mut x: Vec<f64> =
            sample.iter().enumerate().map(|(at, x)| self.input_level(at, *x)).collect();
        let mut wide = self.wide.iter().peekable();
        for (at, layer) in self.layers.iter().enumerate() {
            x = match layer {
                IntegerLayer::Square { acts_on, .. } => {
                    x.iter_mut().take(*acts_on).for_each(|v| *v *= *v);
                    x
                }
                IntegerLayer::Linear { rows, bias, .. } => {
                    let mut sums = Vec::with_capacity(rows.len());
                    for (index, (row, bias)) in rows.iter().zip(bias).enumerate() {
                        let mut sum = *bias as f64;
                        for (term, (column, weight)) in
                            row.columns.iter().zip(&row.weights).enumerate()
                        {
                            let own =
                                wide.next_if(|w| (w.layer, w.row, w.term) == (at, index, term));
                            let weight = own.map_or(f64::from(*weight), |w| w.level);
                            sum += weight * x.get(*column as usize).copied().unwrap_or_default();
                        }
                        sums.push(sum);
                    }
                    sums
                }
            };
        }
        x.iter().all(|v| v.is_finite()).then(|| argmax(&x))
    }

    /// What an input would be on the grid if that had no end.
    fn input_level(&self, at: usize, x: f32) -> f64 {
        let of = |values: &[f32]| match values {
            [one] => f64::from(*one),
            all => all.get(at).copied().map_or(1.0, f64::from),
        };
        let normalisation = &self.normalisation;
        let x = (f64::from(x) - of(&normalisation.offset)) / of(&normalisation.scale);
        (x / f64::from(self.input.step)).round()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use activation::Activation;
    use data::Shape;
    use network::{
        InputQuantiser, Layer, Network, Normalisation, Op, Quantisation, WeightQuantiser,
    };

    /// Two classes: `x^2` and `4 x` for a weight of 4, in a grid of inputs up to 10 and of weights up to
    /// `most`.
    fn network(most: i32) -> IntegerNetwork {
        let dense = |inputs, outputs, weight: &[f32]| Op::Dense {
            inputs,
            outputs,
            weight: weight.to_vec(),
            bias: Vec::new(),
        };
        let layers = vec![
            // (x, x + 1) squared: x^2 and x^2 + 2 x + 1.
            Layer {
                name: "first".into(),
                op: Op::Dense {
                    inputs: 1,
                    outputs: 2,
                    weight: vec![1.0, 1.0],
                    bias: vec![0.0, 1.0],
                },
            },
            Layer { name: "square".into(), op: Op::Activation(Activation::Square) },
            // The first class is x^2, the second 4 (x^2 + 2 x + 1) - 4 x^2 = 8 x + 4.
            Layer { name: "last".into(), op: dense(2, 2, &[1.0, 0.0, -4.0, 4.0]) },
        ];
        let grid = |max| WeightQuantiser { step: 1.0, max };
        let quantisation = Quantisation {
            input: InputQuantiser { step: 1.0, min: -10, max: 10 },
            weights: vec![grid(4), grid(most)],
            tables: Vec::new(),
        };
        let normalisation = Normalisation { offset: vec![0.0], scale: vec![1.0] };
        let input = Shape::Flat { len: 1 };
        let network =
            Network::new("n", input, normalisation, layers, Some(quantisation), Default::default());
        IntegerNetwork::new(&network.expect("fits"), None, &[]).expect("lowers")
    }

    #[test]
    fn clipped_inputs_are_counted_and_answered_as_without_clipping() {
        let network = network(4);
        assert!(network.clipped_weights().is_empty());
        let raw = [1.0, 10.0, -30.0, 20.0, 3e38];
        let (clipped, samples) = network.input_clipping(&raw);
        assert_eq!((clipped.values, clipped.samples, clipped.of), (3, 3, 5));
        let indices: Vec<usize> = samples.iter().map(|(index, _)| *index).collect();
        assert_eq!((indices, samples[0].1), (vec![2, 3, 4], 3.0));
        assert!(clipped.factor > 1e37);
        // 400 > 164 without clipping; at 10, 100 < 164 - 80 + 4 is false too: x = 8 ties nearest.
        assert_eq!(network.unclipped_class(&raw[3..4]), Some(0));
        assert_eq!(network.unclipped_class(&[8.0]), Some(1));
        assert_eq!(network.unclipped_class(&raw[2..3]), Some(0));
        // 3e38 squared is finite in doubles, its fourth power would be too.
        assert_eq!(network.unclipped_class(&raw[4..5]), Some(0));
    }

    #[test]
    fn clipped_weights_are_counted_and_undone() {
        let network = network(2);
        let [clipped] = network.clipped_weights() else { panic!("one layer") };
        assert_eq!((clipped.layer.as_str(), clipped.values), ("last", 2));
        assert_eq!(clipped.factor, 2.0);
        // With weights of 2 it would be 4 x + 2 = 26 < 36; with those of the model 52 > 36.
        assert_eq!(network.unclipped_class(&[6.0]), Some(1));
        let watch = progress::Watch::silent();
        let cut = network.evaluate(&network.quantise_inputs(&[6.0]), &[], &watch).expect("runs");
        assert_eq!(argmax(&cut.outputs), 0);
    }
}
