//! Recurrent networks of integers: one lookup table for every unit and step, evaluated by
//! programmable bootstrapping, so that noise is the same in every step.

use super::network::{CellFunction, Functions, RecurrentCell, RecurrentNetwork};
use super::rounding::Moments;
use super::sequences::Sequences;
use crate::request::PlanError;
use crate::table::{
    FAILURE_BITS, MOST_MARGIN_BITS, best_pbs, lookup_cost, typical_rotation_cost,
    typical_switch_cost,
};
use network::argmax;
use network::recurrent::SequenceGrid;
use progress::{Cancelled, Watch};
use rayon::prelude::*;
use ring::Seed;
use scheme::tfhe::{Decomposition, LookupPolynomial, NoiseModel, TfheParameters, both_tails};

/// Levels of an input on either side of the middle.
pub(super) const INPUT_LEVELS: f64 = 1008.0;

/// Levels of a state that are tried: the fewer, the more sums a level is, and the finer are weights,
/// which are whole numbers; but the more they multiply the noise of what tables gave.
const STATE_LEVELS: [i64; 3] = [512, 1024, 2048];

/// Half of the sums that a table tells apart.
pub(super) const RANGE: i64 = 1 << 16;

/// How much further than on calibration sequences sums may reach.
const REACH: f64 = 1.1;

/// A lookup whose state is further off than this share of the largest state must have probability
/// `2^-FAILURE_BITS` at most.
const FAILURE_SHARE: f64 = 0.125;

/// Margins that are tried, until answers stay as they are: twice the bits are 0.7 of the noise.
const MARGINS_BITS: [f64; 3] = [FAILURE_BITS, 2.0 * FAILURE_BITS, 4.0 * FAILURE_BITS];

/// Share of the answers on calibration sequences that rounding and noise may change.
pub const CHANGED_ANSWERS: f64 = 0.005;

/// A recurrent network with one layer of Elman cells, quantised.
#[derive(Clone, Debug)]
pub struct TableRecurrent {
    pub channels: usize,
    pub hidden: usize,
    pub classes: usize,
    /// What one unit of an input, of a state level, of a sum, and of a score stand for.
    pub input_step: f64,
    pub state_step: f64,
    pub sum_step: f64,
    pub score_step: f64,
    /// Levels of a state on either side of the middle.
    state_levels: i64,
    /// What the table looks up.
    pub(super) function: CellFunction,
    /// Row-major.
    pub w: Vec<i32>,
    pub u: Vec<i32>,
    pub bias: Vec<i64>,
    pub head: Vec<i32>,
    pub head_bias: Vec<f64>,
    /// Level of each sum from `-RANGE` to `RANGE - 1`.
    levels: Vec<i64>,
    /// Half the sum of first and last level.
    middle: f64,
}

/// A network of tables with parameters, and its predicted noise.
#[derive(Clone, Debug)]
pub struct TableRecurrentCircuit {
    pub network: TableRecurrent,
    pub parameters: TfheParameters,
    /// Predicted standard deviation of the lookup of each unit, in units of the sum: in the first step of a
    /// sequence, and in later ones.
    pub first_standard_deviations: Vec<f64>,
    pub standard_deviations: Vec<f64>,
    /// `-log2` of the probability that a lookup is more than an eighth of the largest state off.
    pub margin_bits: f64,
    /// Share of the answers on calibration sequences that rounding and predicted noise leave as they
    /// are.
    pub agreement: f64,
    /// Decrypted outputs further than this from the network of integers are wrong.
    pub error_bound: f64,
    /// Mean square of the errors that noise makes in a state, by step, on calibration sequences.
    pub state_errors: Vec<f64>,
    /// Predicted seconds of one lookup with its key switch on one thread of this machine.
    pub lookup_secs: f64,
}

impl TableRecurrent {
    /// Quantises `network`, whose functions are taken exactly, with ranges from `calibration`.
    ///
    /// # Errors
    /// Unless it has one layer of Elman cells.
    fn new(
        network: &RecurrentNetwork,
        calibration: &Sequences,
        moments: &mut Option<Moments>,
        state_levels: i64,
    ) -> Result<Self, PlanError> {
        let [layer] = network.layers.as_slice() else {
            return Err(unfit("two layers"));
        };
        let RecurrentCell::Elman { sums, function } = &layer.cell else {
            return Err(unfit("cells with gates"));
        };
        let inputs = (0..calibration.len()).flat_map(|s| calibration.values(s));
        let largest_input = inputs.fold(1e-9, |m: f64, x| m.max(x.abs()));
        let (mut largest_sum, mut largest_state) = (1e-9f64, 1e-9f64);
        let found = std::sync::Mutex::new((&mut largest_sum, &mut largest_state));
        let outputs =
            network.evaluate(calibration, Functions::Exact, &Watch::silent(), &|view| {
                let largest = |all: &[f64]| all.iter().fold(0f64, |m, x| m.max(x.abs()));
                if let Ok(mut found) = found.lock() {
                    *found.0 = found.0.max(largest(view.sums));
                    *found.1 = found.1.max(largest(view.state));
                }
            })?;
        let largest_score = outputs.iter().fold(1e-9, |m: f64, y| m.max(y.abs()));
        let input_step = largest_input / INPUT_LEVELS;
        let state_step = largest_state / state_levels as f64;
        let sum_step = REACH * largest_sum / RANGE as f64;
        // Scores stay within half of the circle, of which a level is one part in 4 RANGE.
        let score_step = 1.2 * largest_score / (2 * RANGE) as f64 / 0.9;
        let integers = |values: &[f64], factor: f64| -> Vec<i32> {
            values.iter().map(|v| (v * factor).round() as i32).collect()
        };
        let level = |sum: i64| {
            let value = function.eval(sum as f64 * sum_step, Functions::Exact);
            let most = state_levels + 1;
            ((value / state_step).round() as i64).clamp(-most, most)
        };
        let levels: Vec<i64> = (-RANGE..RANGE).map(level).collect();
        let ends = levels.first().copied().unwrap_or(0) + levels.last().copied().unwrap_or(0);
        let moments = moments.get_or_insert_with(|| Moments::of(layer, calibration));
        let steps = [
            vec![sum_step / input_step; layer.inputs],
            vec![sum_step / state_step; layer.hidden],
            vec![sum_step],
        ];
        let steps = steps.concat();
        let (mut w, mut u, mut bias) = (Vec::new(), Vec::new(), Vec::new());
        let rows = sums.w.chunks(layer.inputs.max(1)).zip(sums.u.chunks(layer.hidden.max(1)));
        for ((row, back), b) in rows.zip(&sums.bias) {
            let weights = [row, back, std::slice::from_ref(b)].concat();
            let whole = moments.round(&weights, &steps);
            let (of_inputs, rest) = whole.split_at(layer.inputs);
            w.extend(of_inputs.iter().map(|v| *v as i32));
            u.extend(rest.iter().take(layer.hidden).map(|v| *v as i32));
            bias.extend(rest.last());
        }
        Ok(Self {
            channels: layer.inputs,
            hidden: layer.hidden,
            classes: network.classes(),
            input_step,
            state_step,
            sum_step,
            score_step,
            state_levels,
            function: function.clone(),
            w,
            u,
            bias,
            head: integers(&network.head, state_step / score_step),
            head_bias: network.head_bias.clone(),
            levels,
            middle: 0.5 * ends as f64,
        })
    }

    /// Largest magnitude of a state.
    pub fn largest_state(&self) -> f64 {
        self.state_levels as f64 * self.state_step
    }

    /// The level of a sum, beyond the range as the circle of bootstrapping goes on: half a turn away it
    /// is what is left of the sum of the first and the last level.
    pub fn level(&self, sum: f64) -> i64 {
        let at = (sum.round() as i64).saturating_add(RANGE).rem_euclid(4 * RANGE);
        let level = |at: i64| self.levels.get(at as usize).copied().unwrap_or(0);
        if at < 2 * RANGE {
            return level(at);
        }
        let ends = level(0) + level(2 * RANGE - 1);
        ends - level(at - 2 * RANGE)
    }

    /// The grid of inputs.
    pub fn grid(&self) -> SequenceGrid {
        SequenceGrid { step: self.input_step, most: 2.0 * INPUT_LEVELS }
    }

    /// Inputs of a step as integers.
    pub fn integers(&self, values: &[f64]) -> Vec<i64> {
        let grid = self.grid();
        values.iter().map(|x| grid.integer(*x)).collect()
    }

    /// Sums of a step; `state` is `None` before the first one.
    pub fn sums(&self, inputs: &[i64], state: Option<&[i64]>) -> Vec<i64> {
        let dot = |row: &[i32], x: &[i64]| -> i64 {
            row.iter().zip(x).map(|(w, x)| i64::from(*w) * x).sum()
        };
        (0..self.hidden)
            .map(|unit| {
                let w = &self.w[unit * self.channels..(unit + 1) * self.channels];
                let u = &self.u[unit * self.hidden..(unit + 1) * self.hidden];
                dot(w, inputs) + state.map_or(0, |h| dot(u, h)) + self.bias[unit]
            })
            .collect()
    }

    /// Outputs of a last state.
    pub fn outputs(&self, state: &[i64]) -> Vec<f64> {
        let rows = self.head.chunks(self.hidden.max(1)).zip(&self.head_bias);
        rows.map(|(row, bias)| {
            let score: i64 = row.iter().zip(state).map(|(v, h)| i64::from(*v) * h).sum();
            score as f64 * self.score_step + bias
        })
        .collect()
    }

    /// States after every step of sequence `index`, and its outputs; `noise` moves every sum.
    pub fn evaluate(
        &self,
        sequences: &Sequences,
        index: usize,
        noise: &mut dyn FnMut() -> f64,
    ) -> (Vec<Vec<i64>>, Vec<f64>) {
        let values = sequences.values(index);
        let begins = sequences.steps() - sequences.length(index);
        let mut states: Vec<Vec<i64>> = Vec::with_capacity(sequences.length(index));
        for row in values.chunks(self.channels.max(1)).skip(begins) {
            let sums = self.sums(&self.integers(row), states.last().map(Vec::as_slice));
            states.push(sums.iter().map(|a| self.level(*a as f64 + noise())).collect());
        }
        let outputs = self.outputs(states.last().map_or(&[][..], Vec::as_slice));
        (states, outputs)
    }

    /// Torus per unit of a sum and of a level, in units of `2^-32`.
    pub fn unit(&self) -> u32 {
        ((1u64 << 30) / RANGE as u64) as u32
    }

    /// The table for blind rotation.
    pub fn polynomial(&self, parameters: &TfheParameters) -> LookupPolynomial {
        let size = parameters.polynomial_size as f64;
        let unit = f64::from(self.unit());
        let entry = |position: i64| -> u32 {
            let sum = (position as f64 + 0.5) / size * (2 * RANGE) as f64;
            let level = self.level(sum) as f64 - self.middle;
            (level * unit).round() as i64 as u32
        };
        LookupPolynomial::new(parameters, &[&entry])
    }

    /// What is added to sum `unit`: the bias, and what levels are sent less than they are.
    pub fn constant(&self, unit: usize, has_state: bool) -> u32 {
        let u = &self.u[unit * self.hidden..(unit + 1) * self.hidden];
        let back: f64 = if has_state { u.iter().map(|u| f64::from(*u)).sum() } else { 0.0 };
        let sum = self.bias[unit] as f64 + back * self.middle;
        (sum * f64::from(self.unit())).round() as i64 as u32
    }

    /// What is added to the score of a class: its bias, and what levels are sent less than they are.
    pub fn score_constant(&self, class: usize) -> u32 {
        let row = self.head.get(class * self.hidden..(class + 1) * self.hidden).unwrap_or_default();
        let back: f64 = row.iter().map(|v| f64::from(*v)).sum::<f64>() * self.middle;
        let bias = self.head_bias.get(class).copied().unwrap_or(0.0) / self.score_step;
        ((back + bias) * f64::from(self.unit())).round() as i64 as u32
    }

    /// An output from the phase of a score.
    pub fn output(&self, phase: u32) -> f64 {
        f64::from(phase as i32) / f64::from(self.unit()) * self.score_step
    }

    /// A level from its phase.
    pub fn level_of(&self, phase: u32) -> f64 {
        f64::from(phase as i32) / f64::from(self.unit()) + self.middle
    }

    /// Deviations with which the sums of each unit are read, in units of the sum: in the first step of
    /// a sequence, which has no state yet, or later.
    fn standard_deviations(&self, parameters: &TfheParameters, has_state: bool) -> Vec<f64> {
        let model = NoiseModel::new(parameters);
        let square = |row: &[i32]| row.iter().map(|w| f64::from(*w).powi(2)).sum::<f64>();
        let rows = self.w.chunks(self.channels.max(1)).zip(self.u.chunks(self.hidden.max(1)));
        let of = |(w, u): (&[i32], &[i32])| {
            let inputs = square(w) * model.fresh() + model.modulus_switch(0);
            let state = square(u) * model.bootstrap() + model.key_switch();
            let variance = inputs + if has_state { state } else { 0.0 };
            variance.sqrt() * (4 * RANGE) as f64
        };
        rows.map(of).collect()
    }

    /// Levels that a lookup may be off: an eighth of the largest state.
    pub fn allowed_levels(&self) -> f64 {
        FAILURE_SHARE * self.state_levels as f64
    }

    /// `-log2` of the probability that a lookup of this standard deviation, in units of the sum, is more than
    /// an eighth of the largest state off, [`MOST_MARGIN_BITS`] at most: no function here is steeper
    /// than its argument.
    pub fn margin_bits(&self, standard_deviation: f64) -> f64 {
        let distance = FAILURE_SHARE * self.largest_state() / self.sum_step;
        let p = both_tails(distance, standard_deviation);
        if p > 1e-290 {
            return (-p.log2()).min(MOST_MARGIN_BITS);
        }
        // erfc(x) ~ exp(-x^2) / (x sqrt(pi)).
        let x = distance / standard_deviation.max(1e-12) / std::f64::consts::SQRT_2;
        let bits = (x * x + (x * std::f64::consts::PI.sqrt()).ln()) / std::f64::consts::LN_2;
        bits.min(MOST_MARGIN_BITS)
    }
}

fn largest(values: &[f64]) -> f64 {
    values.iter().copied().fold(0.0, f64::max)
}

impl TableRecurrentCircuit {
    /// Largest predicted standard deviation of a lookup, in units of the sum.
    pub fn standard_deviation(&self, has_state: bool) -> f64 {
        largest(if has_state { &self.standard_deviations } else { &self.first_standard_deviations })
    }
}

fn unfit(what: &str) -> PlanError {
    PlanError::DoesNotFit {
        reason: format!("bootstrapping carries one layer of Elman cells; this model has {what}"),
        nearest: "set sequence.strategy to refresh or client_aided".into(),
    }
}

/// The families whose tables tell enough sums apart, the fastest first.
const FAMILIES: [(usize, usize); 3] = [(2, 1024), (1, 2048), (1, 4096)];

/// Plans a network of tables: the fastest parameters that are secure and read well enough.
///
/// # Errors
/// When the network is none of tables, or no parameters fit.
pub fn plan_tables(
    network: &RecurrentNetwork,
    calibration: &Sequences,
    watch: &Watch,
) -> Result<TableRecurrentCircuit, PlanError> {
    let exact = network.evaluate(calibration, Functions::Exact, watch, &|_| ())?;
    let mut moments = None;
    let networks = STATE_LEVELS
        .map(|levels| TableRecurrent::new(network, calibration, &mut moments, levels))
        .into_iter()
        .collect::<Result<Vec<_>, _>>()?;
    let mut best: Option<TableRecurrentCircuit> = None;
    for margin_bits in MARGINS_BITS {
        let mut found: Option<(&TableRecurrent, Reading)> = None;
        for family in FAMILIES {
            // The finest weights whose noise can be borne.
            for network in &networks {
                let Some(made) = network.cheapest(family, margin_bits, watch)? else { continue };
                if found.as_ref().is_none_or(|(_, best)| made.0 < best.0) {
                    found = Some((network, made));
                }
                break;
            }
        }
        let Some((network, (_, parameters, standard_deviation))) = found else { continue };
        let disturbed = network.disturbed(calibration, &exact, standard_deviation, watch)?;
        if best.as_ref().is_none_or(|b| b.agreement < disturbed.agreement) {
            best = Some(TableRecurrentCircuit {
                margin_bits: network.margin_bits(standard_deviation),
                first_standard_deviations: network.standard_deviations(&parameters, false),
                standard_deviations: network.standard_deviations(&parameters, true),
                network: network.clone(),
                parameters,
                agreement: disturbed.agreement,
                error_bound: disturbed.error_bound,
                state_errors: disturbed.state_errors,
                lookup_secs: 0.0,
            });
        }
        if best.as_ref().is_some_and(|b| b.agreement >= 1.0 - CHANGED_ANSWERS) {
            break;
        }
    }
    if let Some(best) = &mut best {
        let cost = lookup_cost(&best.parameters);
        best.lookup_secs = cost.rotation + cost.key_switch;
    }
    best.ok_or_else(|| PlanError::DoesNotFit {
        reason: format!("no parameters read its sums with failures below 2^-{FAILURE_BITS}"),
        nearest: "use a network with smaller weights, or sequence.strategy=refresh or client_aided"
            .into(),
    })
}

/// Seconds of a lookup, parameters, standard deviation of a lookup.
type Reading = (f64, TfheParameters, f64);

/// What noise does on calibration sequences.
struct Disturbed {
    /// Share of answers that are those of the network that was quantised.
    agreement: f64,
    /// Outputs further off are wrong.
    error_bound: f64,
    /// Mean square of the error of a state, by step.
    state_errors: Vec<f64>,
}

impl TableRecurrent {
    /// The fastest parameters of a family that are secure and read well enough: seconds of a lookup,
    /// parameters, standard deviation of a lookup.
    fn cheapest(
        &self,
        family: (usize, usize),
        margin_bits: f64,
        watch: &Watch,
    ) -> Result<Option<Reading>, Cancelled> {
        let Some(pbs) = best_pbs(family) else { return Ok(None) };
        let mut best: Option<(f64, TfheParameters, f64)> = None;
        for dimension in (600..=1100).step_by(20) {
            watch.check()?;
            for (base_log, levels) in [(2, 6), (2, 7), (3, 4), (3, 5), (4, 3), (4, 4), (1, 12)] {
                let key_switch = Decomposition { base_log, levels };
                let Ok(made) = TfheParameters::secure(dimension, family, pbs, key_switch) else {
                    continue;
                };
                let secs =
                    dimension as f64 * typical_rotation_cost(family) + typical_switch_cost(&made);
                let standard_deviation = largest(&self.standard_deviations(&made, true));
                let fits = self.margin_bits(standard_deviation) >= margin_bits;
                if fits && best.as_ref().is_none_or(|b| secs < b.0) {
                    best = Some((secs, made, standard_deviation));
                }
            }
        }
        Ok(best)
    }

    /// What noise of this standard deviation does on calibration sequences, of which `exact` are the outputs
    /// of the network that was quantised.
    fn disturbed(
        &self,
        calibration: &Sequences,
        exact: &[f64],
        standard_deviation: f64,
        watch: &Watch,
    ) -> Result<Disturbed, Cancelled> {
        /// Sequences, how often each, and what is left for those that were not seen.
        const SEQUENCES: usize = 256;
        const DRAWS: usize = 2;
        const SPARE: f64 = 2.0;
        let count = calibration.len().min(SEQUENCES);
        let of = |k: usize| {
            watch.check()?;
            let index = k % count.max(1);
            let mut stream = Seed::from_number(k as u64).stream(0);
            let mut unit = || ((stream.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
            let mut noise = || {
                let radius = (-2.0 * unit().ln()).sqrt();
                standard_deviation * radius * (std::f64::consts::TAU * unit()).cos()
            };
            let (clean, expected) = self.evaluate(calibration, index, &mut || 0.0);
            let (noisy, found) = self.evaluate(calibration, index, &mut noise);
            let pairs = expected.iter().zip(&found);
            let largest = pairs.fold(0f64, |m, (a, b)| m.max((a - b).abs()));
            let begins = calibration.steps() - calibration.length(index);
            let mut squares = vec![0.0; calibration.steps()];
            for (step, (a, b)) in clean.iter().zip(&noisy).enumerate() {
                let sum: i64 = a.iter().zip(b).map(|(x, y)| (x - y).pow(2)).sum();
                let mean = sum as f64 / self.hidden.max(1) as f64;
                squares[begins + step] = mean * self.state_step.powi(2);
            }
            let outputs = index * self.classes..(index + 1) * self.classes;
            let right = exact.get(outputs).map(argmax);
            let same = right == Some(argmax(&found));
            Ok::<_, Cancelled>((largest, same, squares))
        };
        let all: Vec<(f64, bool, Vec<f64>)> =
            (0..count * DRAWS).into_par_iter().map(of).collect::<Result<_, _>>()?;
        let largest = all.iter().fold(0f64, |m, (e, ..)| m.max(*e));
        let same = all.iter().filter(|(_, same, _)| *same).count();
        let mut squares = vec![0.0; calibration.steps()];
        for (_, _, of_one) in &all {
            squares.iter_mut().zip(of_one).for_each(|(s, x)| *s += x / all.len().max(1) as f64);
        }
        // Noise of the scores themselves is small beside one level of one unit.
        let level = self.head.iter().map(|v| v.abs()).max().unwrap_or(1);
        let least = f64::from(level) * self.score_step;
        Ok(Disturbed {
            agreement: same as f64 / all.len().max(1) as f64,
            error_bound: SPARE * largest + least,
            state_errors: squares,
        })
    }
}
