//! How errors travel from step to step: followed at calibration sequences, each kind by itself.

use super::network::{Functions, RecurrentNetwork, product};
use super::sequences::Sequences;
use ring::{Seed, SeedStream};

/// Sequences that errors are followed at, at most.
const SEQUENCES: usize = 96;

/// Arguments of functions that are kept.
const POINTS: usize = 256;

/// Size of the errors that are followed: small enough for everything to be linear in them.
const SMALL: f64 = 1e-5;

/// What errors of one kind do.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Reach {
    /// Mean square of the error of a state after each step, the largest of all layers.
    pub steps: Vec<f64>,
    /// Largest error of a state after each step.
    pub largest_steps: Vec<f64>,
    /// Mean square of the error of an output.
    pub outputs: f64,
    /// Largest error of an output at these sequences.
    pub largest_output: f64,
}

/// The states of the cells of an LSTM on calibration sequences; of other layers empty.
#[derive(Clone, Debug, Default)]
pub(super) struct Cells {
    pub largest: f64,
    pub mean_square: f64,
    /// Some of them.
    pub points: Vec<f64>,
    seen: usize,
}

impl Cells {
    fn see(&mut self, values: &[f64], kept: impl Iterator<Item = f64>) {
        self.largest = values.iter().fold(self.largest, |m, c| m.max(c.abs()));
        let squares =
            self.mean_square * self.seen as f64 + values.iter().map(|c| c * c).sum::<f64>();
        self.seen += values.len();
        self.mean_square = squares / self.seen.max(1) as f64;
        self.points.extend(kept);
    }
}

/// What is known of a network on its data, whatever the parameters.
#[derive(Clone, Debug)]
pub(super) struct Forecast {
    /// Largest magnitude of the sums, and of the states, of each layer.
    pub sums: Vec<f64>,
    pub states: Vec<f64>,
    /// By layer.
    pub cells: Vec<Cells>,
    pub outputs: f64,
    /// After each step: the largest magnitude of a mean over sequences of a state, and the largest
    /// standard deviation, of the top layer.
    pub moments: Vec<(f64, f64)>,
    /// Largest magnitude of a state of the top layer in slots without a sequence, by steps since it
    /// was 0.
    pub idle: Vec<f64>,
    /// The same of a state of cells, of any layer.
    pub idle_cells: Vec<f64>,
    /// By layer: some arguments of each of its functions of sums.
    pub points: Vec<Vec<Vec<f64>>>,
    /// Errors of unit variance in every state after every step.
    pub state_noise: Reach,
    /// The same in every state of cells.
    pub cell_noise: Reach,
    /// The same in every input of every step.
    pub input_noise: Reach,
    pub functions: Functions,
    sequences: Sequences,
}

/// Where errors come in.
struct Injection {
    /// Deviations in states, in states of cells, and in inputs.
    state: f64,
    cell: f64,
    input: f64,
    stream: SeedStream,
    spare: Option<f64>,
}

impl Injection {
    fn new([state, cell, input]: [f64; 3], stream: u64) -> Self {
        Self { state, cell, input, stream: Seed::from_number(stream).stream(0), spare: None }
    }

    /// A normal number, by the polar method of Box and Muller.
    fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        let mut unit = || ((self.stream.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
        let radius = (-2.0 * unit().ln()).sqrt();
        let (sin, cos) = (std::f64::consts::TAU * unit()).sin_cos();
        self.spare = Some(radius * sin);
        radius * cos
    }

    fn disturb(&mut self, values: &mut [f64], standard_deviation: f64) {
        if standard_deviation > 0.0 {
            values.iter_mut().for_each(|v| *v += standard_deviation * self.normal());
        }
    }
}

/// Shown of each layer and step: the arguments of its functions of sums, and its states of cells.
type See<'a> = &'a mut dyn FnMut(usize, usize, &[&[f64]], &[f64]);

/// All states, step after step and layer after layer, and the outputs, value-major.
struct Trace {
    states: Vec<Vec<Vec<f64>>>,
    outputs: Vec<f64>,
}

impl Forecast {
    /// Follows errors at `sequences`, which are extended or cut to `steps` steps.
    pub fn new(
        network: &RecurrentNetwork,
        functions: Functions,
        sequences: &Sequences,
        steps: usize,
    ) -> Self {
        let sequences = sequences.slice(0..SEQUENCES).with_steps(steps);
        let layers = network.layers.len();
        let (mut sums, mut points) = (vec![0.0; layers], vec![Vec::<Vec<f64>>::new(); layers]);
        let mut cells = vec![Cells::default(); layers];
        let some = |all: &[f64], step: usize| {
            let each = (all.len() * steps).div_ceil(POINTS).max(1);
            all.iter().skip(step % each).step_by(each).copied().collect::<Vec<f64>>()
        };
        let clean = run(network, functions, &sequences, None, &mut |layer, step, all, of_cells| {
            points[layer].resize_with(all.len(), Vec::new);
            for (kept, all) in points[layer].iter_mut().zip(all) {
                let largest = all.iter().fold(0f64, |m, z| m.max(z.abs()));
                sums[layer] = f64::max(sums[layer], largest);
                kept.extend(some(all, step));
            }
            cells[layer].see(of_cells, some(of_cells, step).into_iter());
        });
        let largest = |layer: usize| {
            let all = clean.states.iter().flat_map(|s| &s[layer]);
            all.fold(0f64, |m, h| m.max(h.abs()))
        };
        let states = (0..network.layers.len()).map(largest).collect();
        let samples = sequences.len().max(1);
        let moments = clean.states.iter().map(|s| moments(s.last(), samples)).collect();
        let outputs = clean.outputs.iter().fold(0f64, |m, y| m.max(y.abs()));
        let (idle, idle_cells) = idle(network, functions, steps).into_iter().unzip();
        let made = Self {
            idle,
            idle_cells,
            cells,
            sums,
            states,
            outputs,
            moments,
            points,
            state_noise: Reach::default(),
            cell_noise: Reach::default(),
            input_noise: Reach::default(),
            sequences,
            functions,
        };
        let unit = |deviations: [f64; 3]| {
            let mut injection = Injection::new(deviations, 1);
            let disturbed = made.run(network, Some(&mut injection));
            let mut reach = difference(&clean, &disturbed);
            let factor = (1.0 / SMALL).powi(2);
            reach.steps.iter_mut().for_each(|v| *v *= factor);
            reach.largest_steps.iter_mut().for_each(|v| *v /= SMALL);
            reach.outputs *= factor;
            reach.largest_output /= SMALL;
            reach
        };
        let has_cells = functions == Functions::Polynomial && network.has_cells();
        let cell_noise = if has_cells { unit([0.0, SMALL, 0.0]) } else { Reach::default() };
        let (state_noise, input_noise) = (unit([SMALL, 0.0, 0.0]), unit([0.0, 0.0, SMALL]));
        Self { state_noise, cell_noise, input_noise, ..made }
    }

    /// What rounding the weights of each layer (the head last) to multiples of `1 / scale` does.
    pub fn rounding(&self, network: &RecurrentNetwork, scale: &dyn Fn(usize) -> f64) -> Reach {
        let rounded = network.rounded(scale);
        difference(&self.run(network, None), &self.run(&rounded, None))
    }

    fn run(&self, network: &RecurrentNetwork, injection: Option<&mut Injection>) -> Trace {
        run(network, self.functions, &self.sequences, injection, &mut |_, _, _, _| ())
    }
}

/// By step, without any input: the largest magnitude of the top state, and of a state of cells so far.
fn idle(network: &RecurrentNetwork, functions: Functions, steps: usize) -> Vec<(f64, f64)> {
    let mut states: Vec<Vec<f64>> = network.layers.iter().map(|l| vec![0.0; l.carried()]).collect();
    let mut largest = 0f64;
    let step = |_| {
        let mut x = vec![0.0; network.channels];
        for (layer, state) in network.layers.iter().zip(&mut states) {
            let sums = layer.sums(&x, state, 1);
            *state = layer.finish(&sums, state, functions);
            x = layer.state(state, 1).to_vec();
            largest = layer.cells(state, 1).iter().fold(largest, |m, c| m.max(c.abs()));
        }
        (x.iter().fold(0f64, |m, h| m.max(h.abs())), largest)
    };
    (0..steps).map(step).collect()
}

/// Largest magnitude of a mean, and largest standard deviation, of values over their samples.
fn moments(values: Option<&Vec<f64>>, samples: usize) -> (f64, f64) {
    let of = |v: &[f64]| {
        let mean = v.iter().sum::<f64>() / v.len() as f64;
        let square = v.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / v.len() as f64;
        (mean.abs(), square.sqrt())
    };
    let all = values.map_or(&[][..], Vec::as_slice).chunks(samples).map(of);
    all.fold((0.0, 0.0), |m, v| (m.0.max(v.0), m.1.max(v.1)))
}

fn run(
    network: &RecurrentNetwork,
    functions: Functions,
    sequences: &Sequences,
    mut injection: Option<&mut Injection>,
    see: See,
) -> Trace {
    let samples = sequences.len();
    let mut states: Vec<Vec<f64>> =
        network.layers.iter().map(|l| vec![0.0; l.carried() * samples]).collect();
    let mut all = Vec::with_capacity(sequences.steps());
    for step in 0..sequences.steps() {
        let mut x = sequences.step(0, samples, step);
        if let Some(injection) = injection.as_deref_mut() {
            let standard_deviation = injection.input;
            injection.disturb(&mut x, standard_deviation);
        }
        let mut seen = Vec::with_capacity(network.layers.len());
        for (at, layer) in network.layers.iter().enumerate() {
            let sums = layer.sums(&x, &states[at], samples);
            let mut state = layer.finish(&sums, &states[at], functions);
            see(at, step, &layer.arguments(&sums, samples), layer.cells(&state, samples));
            for (k, value) in state.iter_mut().enumerate() {
                if !sequences.has_begun(k % samples, step) {
                    *value = 0.0;
                }
            }
            if let Some(injection) = injection.as_deref_mut() {
                let (of_state, of_cells) = (injection.state, injection.cell);
                let (state, cells) = state.split_at_mut(layer.hidden * samples);
                injection.disturb(state, of_state);
                injection.disturb(cells, of_cells);
            }
            x = layer.state(&state, samples).to_vec();
            seen.push(x.clone());
            states[at] = state;
        }
        all.push(seen);
    }
    let top = all.last().and_then(|s| s.last()).map_or(&[][..], Vec::as_slice);
    let outputs = product(&network.head, &network.head_bias, top, samples);
    Trace { states: all, outputs }
}

fn difference(a: &Trace, b: &Trace) -> Reach {
    let square = |a: &[f64], b: &[f64]| {
        a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).sum::<f64>() / a.len().max(1) as f64
    };
    let of_step = |(a, b): (&Vec<Vec<f64>>, &Vec<Vec<f64>>)| {
        a.iter().zip(b).map(|(x, y)| square(x, y)).fold(0.0, f64::max)
    };
    let largest_of = |(a, b): (&Vec<Vec<f64>>, &Vec<Vec<f64>>)| {
        let pairs = a.iter().flatten().zip(b.iter().flatten());
        pairs.fold(0f64, |m, (x, y)| m.max((x - y).abs()))
    };
    let largest = a.outputs.iter().zip(&b.outputs).fold(0f64, |m, (x, y)| m.max((x - y).abs()));
    Reach {
        steps: a.states.iter().zip(&b.states).map(of_step).collect(),
        largest_steps: a.states.iter().zip(&b.states).map(largest_of).collect(),
        outputs: square(&a.outputs, &b.outputs),
        largest_output: largest,
    }
}
