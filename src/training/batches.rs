//! The clients' data in fixed point, cut into mini-batches and windows.

use crate::architecture::first_linear;
use crate::error::CryptonnError;
use attack::InputEncoding;
use data::{Dataset, Shape};
use network::{Clipped, Network, Op, Windows};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use ring::{Seed, SeedStream};
use scenario::TrainingRequest;

/// Normalised inputs beyond this are cut off.
pub(crate) const LARGEST_INPUT: f64 = 10.0;

/// Encoded samples and how they are grouped. Mini-batches stay as they are for the whole training: what
/// is encrypted for the backward pass runs along a mini-batch.
#[derive(Clone, Debug)]
pub struct Batches {
    encoding: InputEncoding,
    label_scale: i32,
    classes: usize,
    /// What is encrypted, `[sample][input_len]`.
    inputs: Vec<i32>,
    /// The same before noise; empty where there is none.
    truth: Vec<i32>,
    labels: Vec<u16>,
    /// Samples of each mini-batch.
    batches: Vec<Vec<usize>>,
    batch_len: usize,
    /// Inputs that were cut off.
    clipped: Clipped,
}

impl Batches {
    /// Encodes the training samples for the first layer of `network`.
    ///
    /// # Errors
    /// When the first layer is neither dense nor a convolution of one channel, or fewer samples than
    /// asked for are there.
    pub fn new(
        network: &Network,
        dataset: &Dataset,
        choice: &TrainingRequest,
        seed: u64,
    ) -> Result<Self, CryptonnError> {
        let needed = dataset.needs_classes("training");
        needed.map_err(|e| CryptonnError::Impossible(e.to_string()))?;
        let split = dataset.train();
        let samples = choice.samples.unwrap_or(split.len());
        if samples == 0 || samples > split.len() {
            return Err(CryptonnError::Impossible(format!(
                "training.samples is {samples}; dataset {} has {} training samples",
                dataset.name(),
                split.len()
            )));
        }
        let len = network.input().len();
        let raw = split.inputs.get(..samples * len).unwrap_or_default();
        let normalised = network.normalise(raw);
        let inputs = encode(&normalised, choice);
        let (least, greatest) =
            inputs.iter().fold((0, 0), |(low, high), &x| (x.min(low), x.max(high)));
        let windows = windows(network)?;
        let width = match network.input() {
            Shape::Image { channels: 1, width, .. } => width,
            _ => 0,
        };
        let encoding = InputEncoding {
            input_len: len,
            image_width: width,
            scale: choice.input_scale(),
            range: (least, greatest),
            vector_len: windows.first().map_or(len, Vec::len),
            windows,
            noise: 0.0,
            beyond: 0,
        };
        let mut order: Vec<usize> = (0..samples).collect();
        order.shuffle(&mut StdRng::seed_from_u64(seed));
        Ok(Self {
            encoding,
            label_scale: choice.output_scale() as i32,
            classes: dataset.classes().len(),
            inputs,
            truth: Vec::new(),
            labels: split.labels.get(..samples).unwrap_or_default().to_vec(),
            batches: order.chunks(choice.batch).map(<[usize]>::to_vec).collect(),
            batch_len: choice.batch.min(samples),
            clipped: clipped(&normalised, len),
        })
    }

    /// Adds the clients' noise to every input, normally distributed and cut off at the largest input
    /// that can be encrypted. `secret` is theirs: whoever has it can take the noise away again.
    pub fn with_noise(mut self, choice: &TrainingRequest, secret: &Seed) -> Self {
        if choice.noise == 0.0 {
            return self;
        }
        let standard_deviation = choice.noise * choice.input_scale();
        let limit = (LARGEST_INPUT * choice.input_scale()) as i32;
        let mut stream = secret.derive("noise on inputs", 0).stream(0);
        self.encoding.noise = standard_deviation;
        let (low, high) = self.encoding.range;
        self.truth = self.inputs.clone();
        for value in &mut self.inputs {
            let noise = (standard_deviation * normal(&mut stream)).round_ties_even() as i32;
            *value = value.saturating_add(noise).clamp(-limit, limit);
            self.encoding.beyond = self.encoding.beyond.max(low - *value).max(*value - high);
        }
        self
    }

    /// Inputs further than ten standard deviations from the mean, which were cut off there.
    pub fn clipped(&self) -> &Clipped {
        &self.clipped
    }

    pub fn encoding(&self) -> &InputEncoding {
        &self.encoding
    }

    /// Mini-batches.
    pub fn count(&self) -> usize {
        self.batches.len()
    }

    /// Largest number of samples in a mini-batch.
    pub fn batch_len(&self) -> usize {
        self.batch_len
    }

    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Training samples in all.
    pub fn samples(&self) -> usize {
        self.labels.len()
    }

    /// Largest magnitude of an encoded input.
    pub fn max_input(&self) -> i32 {
        let (least, greatest) = self.encoding.reach();
        least.abs().max(greatest.abs())
    }

    /// Windows of a sample: 1 where the first layer is dense.
    pub fn windows(&self) -> usize {
        self.encoding.windows.len().max(1)
    }

    /// The samples of a mini-batch.
    pub fn members(&self, batch: usize) -> &[usize] {
        self.batches.get(batch).map_or(&[], Vec::as_slice)
    }

    /// The encoded inputs of a sample before noise.
    pub fn truth(&self, sample: usize) -> &[i32] {
        let len = self.encoding.input_len;
        let all = if self.truth.is_empty() { &self.inputs } else { &self.truth };
        all.get(sample * len..(sample + 1) * len).unwrap_or_default()
    }

    /// The encoded inputs of a sample, as they are encrypted.
    pub fn sample(&self, sample: usize) -> &[i32] {
        let len = self.encoding.input_len;
        self.inputs.get(sample * len..(sample + 1) * len).unwrap_or_default()
    }

    /// What is encrypted for the forward pass: for each sample and window one vector.
    pub fn forward(&self, batch: usize) -> Vec<Vec<i32>> {
        let members = self.members(batch).iter();
        if self.encoding.windows.is_empty() {
            return members.map(|&s| self.sample(s).to_vec()).collect();
        }
        let vector = |sample: &[i32], window: &[Option<usize>]| -> Vec<i32> {
            window
                .iter()
                .map(|&at| at.and_then(|at| sample.get(at)).copied().unwrap_or(0))
                .collect()
        };
        let of_sample = |&s: &usize| {
            let sample = self.sample(s);
            self.encoding.windows.iter().map(move |window| vector(sample, window))
        };
        members.flat_map(of_sample).collect()
    }

    /// What is encrypted for the backward pass: parts of [`Batches::backward_len`] values in the
    /// sequence of samples and windows, each as one vector for each position. A last part that is
    /// too short is filled up with zeros.
    pub fn backward(&self, batch: usize) -> Vec<Vec<Vec<i32>>> {
        let forward = self.forward(batch);
        let len = self.backward_len();
        let part = |part: &[Vec<i32>]| {
            let column = |k: usize| {
                let mut column: Vec<i32> =
                    part.iter().map(|v| v.get(k).copied().unwrap_or(0)).collect();
                column.resize(len, 0);
                column
            };
            (0..self.encoding.vector_len).map(column).collect()
        };
        forward.chunks(len).map(part).collect()
    }

    /// Values of a vector of the backward pass: the samples of a mini-batch where the first layer is
    /// dense, the windows of one sample for a convolution.
    pub fn backward_len(&self) -> usize {
        match self.encoding.windows.len() {
            0 => self.batch_len,
            windows => windows,
        }
    }

    /// One-hot labels in fixed point, `[sample][class]`.
    pub fn labels(&self, batch: usize) -> Vec<i32> {
        let label = |&s: &usize| self.labels.get(s).copied().unwrap_or(0);
        let row =
            |label: u16| {
                (0..self.classes).map(move |class| {
                    if class == usize::from(label) { self.label_scale } else { 0 }
                })
            };
        self.members(batch).iter().map(label).flat_map(row).collect()
    }
}

/// A standard normal number (Box and Muller 1958).
fn normal(stream: &mut SeedStream) -> f64 {
    let mut unit = || (stream.next_u64() >> 11) as f64 * 0.5_f64.powi(53);
    let (u, v) = (unit(), unit());
    (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

/// Normalised inputs of samples of `len` values that [`encode`] cuts off.
fn clipped(normalised: &[f32], len: usize) -> Clipped {
    let mut all = Clipped::of("");
    for sample in normalised.chunks(len.max(1)) {
        let mut one = Clipped::of("");
        for x in sample {
            one.see(f64::from(*x), (-LARGEST_INPUT, LARGEST_INPUT));
        }
        one.samples = u64::from(one.any());
        all.merge(&one);
    }
    all
}

/// Normalised inputs in fixed point.
pub fn encode(normalised: &[f32], choice: &TrainingRequest) -> Vec<i32> {
    let scale = choice.input_scale();
    let one = |x: &f32| {
        (f64::from(*x).clamp(-LARGEST_INPUT, LARGEST_INPUT) * scale).round_ties_even() as i32
    };
    normalised.iter().map(one).collect()
}

/// Of each window of a first convolution the positions it reads; none for a dense layer.
fn windows(network: &Network) -> Result<Vec<Vec<Option<usize>>>, CryptonnError> {
    let (at, input) = (first_linear(network).unwrap_or(0), network.input());
    match network.layers().get(at).map(|layer| &layer.op) {
        Some(Op::Dense { .. }) => Ok(Vec::new()),
        Some(Op::Conv2d { in_channels: 1, kernel, stride, padding, .. }) => {
            let output = network.shapes().get(at).copied().unwrap_or(input);
            let windows = Windows::new(input, output, *kernel, *stride, *padding);
            let tap = |position: usize, k: usize| {
                let tap = *windows.taps.get(k * windows.positions + position)? as usize;
                (tap < windows.plane).then_some(tap)
            };
            let window = |position| (0..windows.area).map(|k| tap(position, k)).collect();
            Ok((0..windows.positions).map(window).collect())
        }
        _ => Err(CryptonnError::Impossible(format!(
            "network {} begins with neither a dense layer nor a convolution of one channel; only those can be trained on encrypted inputs",
            network.name()
        ))),
    }
}
