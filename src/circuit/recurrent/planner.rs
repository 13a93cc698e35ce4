//! The choice of parameters for a recurrent run: the fastest that are precise enough and secure, or
//! why there are none.

use super::arising::Arising;
use super::circuit::RecurrentCircuit;
use super::cost::{Cost, StepCosts, cost};
use super::forecast::{Forecast, Reach};
use super::network::{
    CellFunction, Functions, NEGLIGIBLE, RecurrentCell, RecurrentLayer, RecurrentNetwork,
};
use super::program::{
    ProgramOptions, chain_bits, depth, layer_levels, moduli, radius, weight_scale,
};
use super::sequences::Sequences;
use super::strategy::NoiseStrategy;
use super::traffic::NetworkModel;
use crate::request::PlanError;
use progress::Cancel;
use ring::MAX_MODULUS_BITS;
use scheme::ckks::{CkksModuli, MAX_CHAIN, Noise};
use scheme::security::{MIN_SECURITY_BITS, max_log2_qp, ring_degrees};
use std::sync::Arc;

/// Ring degrees that are tried.
const RING_DEGREES: std::ops::RangeInclusive<usize> = 2048..=65_536;

/// Bits of the primes that are dropped, and bits that weighted sums raise the scale by.
const SIGMA: std::ops::RangeInclusive<u32> = 18..=50;
const GAINS: [u32; 6] = [6, 8, 10, 12, 14, 16];

/// Precision a plan must have above the required, bits. Errors are followed to first order: where
/// they come back into the network through steep functions, some sequences have larger ones.
fn spare_bits(strategy: NoiseStrategy) -> f64 {
    match strategy {
        NoiseStrategy::ClientAided => 2.5,
        NoiseStrategy::Refresh => 2.0,
        NoiseStrategy::Levelled | NoiseStrategy::Bootstrap => 1.0,
    }
}

const LEAST_SPARE_BITS: f64 = 0.5;

/// Tries to meet the precision, at most, and steps of spare precision below which nothing else is tried,
/// bits.
const MOST_ATTEMPTS: usize = 8;
const LEAST_STEP_BITS: f64 = 0.1;

/// Room between the largest value expected and half of the modulus, bits.
const HEADROOM_BITS: f64 = 3.0;

/// Steps of a cycle that are tried, at most.
const MAX_CYCLE: usize = 64;

/// How much larger errors by rounding of weights may be on other sequences.
pub(super) const ROUNDING_SPARE: f64 = 1.5;

/// A recurrent run to be planned.
#[derive(Clone, Copy, Debug)]
pub struct RecurrentRequest<'a> {
    /// With a polynomial for every function, unless the strategy is [`NoiseStrategy::ClientAided`].
    pub network: &'a RecurrentNetwork,
    pub calibration: &'a Sequences,
    pub strategy: NoiseStrategy,
    /// Steps between refreshes; the planner chooses when left out.
    pub refresh_every: Option<usize>,
    pub steps: usize,
    pub sequences: usize,
    pub masked: bool,
    /// Decrypted outputs further than this from those of the network are wrong.
    pub error_bound: f64,
    pub ring_degree: Option<usize>,
    pub threads: usize,
    /// The connection that times are predicted for.
    pub connection: &'a NetworkModel,
    pub cancel: &'a Cancel,
}

/// Plans `request`.
///
/// # Errors
/// When nothing fits, with the reason and what would.
pub fn plan_recurrent(request: &RecurrentRequest) -> Result<RecurrentCircuit, PlanError> {
    check(request)?;
    let mut planner = Planner::new(request);
    let forecast = planner.forecast(request.steps);
    let roundings = planner.roundings(&forecast);
    match planner.fitting(&forecast, &roundings)? {
        Some(circuit) => Ok(circuit),
        None => Err(planner.refusal(&forecast, &roundings)?),
    }
}

/// The most steps that one chain carries at 128 bits of security under the bound of `request`, by
/// estimate: a plan of so many may still miss its precision by a little, or one of more keep it.
///
/// # Errors
/// When the work is cancelled.
pub fn estimated_chain(request: &RecurrentRequest) -> Result<usize, PlanError> {
    Planner::new(request).longest_chain()
}

/// No chain carries more steps than these, however small its primes.
pub fn conceivable_chain(request: &RecurrentRequest) -> usize {
    let planner = Planner::new(request);
    let levels = planner.levels();
    let most_levels = |n: usize| {
        let primes = (max_log2_qp(n).unwrap_or(0) / least_bits(n)) as usize;
        primes.min(MAX_CHAIN).saturating_sub(1)
    };
    let most = degrees().filter(|n| planner.is_tried(*n)).map(most_levels).max().unwrap_or(0);
    (1..=request.steps).take_while(|steps| depth(&levels, *steps) <= most).last().unwrap_or(0)
}

/// Primes that are 1 modulo 4N have at least so many bits.
fn least_bits(n: usize) -> u32 {
    (4 * n).ilog2() + 4
}

fn check(request: &RecurrentRequest) -> Result<(), PlanError> {
    let out = |what, given: String, allowed: String| PlanError::OutOfRange { what, given, allowed };
    if let Some(n) = request.ring_degree.filter(|n| !degrees().any(|d| d == *n)) {
        let allowed: Vec<String> = degrees().map(|n| n.to_string()).collect();
        return Err(out("scheme.ring_degree", n.to_string(), allowed.join(", ")));
    }
    let polynomials = matches!(request.strategy, NoiseStrategy::Levelled | NoiseStrategy::Refresh);
    let is_moved = |f: &CellFunction| f.eval(0.0, Functions::Polynomial).abs() > NEGLIGIBLE;
    let moved = |layer: &RecurrentLayer| match &layer.cell {
        RecurrentCell::Elman { .. } => false,
        RecurrentCell::Gru { function, .. } => is_moved(function),
        RecurrentCell::Lstm { function, state, .. } => is_moved(function) || is_moved(state),
    };
    if request.masked && polynomials && request.network.layers.iter().any(moved) {
        return Err(PlanError::DoesNotFit {
            reason: "sequences of different lengths need functions of candidate and cell state that are 0 at 0"
                .into(),
            nearest:
                "use an odd polynomial for the candidate, and for the state of an LSTM, or sequence.strategy=client_aided"
                    .into(),
        });
    }
    let most = MAX_CYCLE.min(request.steps.max(1));
    match request.refresh_every {
        Some(k) if !(1..=most).contains(&k) => {
            Err(out("sequence.refresh_every", k.to_string(), format!("1 to {most}")))
        }
        _ => Ok(()),
    }
}

fn degrees() -> impl Iterator<Item = usize> {
    ring_degrees().filter(|n| RING_DEGREES.contains(n))
}

/// The largest of so many errors of this variance.
pub(super) fn largest(variance: f64, count: usize) -> f64 {
    if variance > 0.0 { (-Noise { variance }.max_bits(count.max(1))).exp2() } else { 0.0 }
}

/// What a choice costs and needs.
pub(super) struct Candidate {
    pub choice: ProgramOptions,
    pub moduli: CkksModuli,
    /// Over the connection of the request, all batches, by typical costs.
    typical_secs: f64,
}

/// The search for parameters.
pub(super) struct Planner<'a> {
    pub request: &'a RecurrentRequest<'a>,
    pub network: Arc<RecurrentNetwork>,
    pub functions: Functions,
    spare_bits: f64,
}

impl<'a> Planner<'a> {
    fn new(request: &'a RecurrentRequest<'a>) -> Self {
        let exact = request.strategy == NoiseStrategy::ClientAided;
        Self {
            request,
            network: Arc::new(request.network.clone()),
            functions: if exact { Functions::Exact } else { Functions::Polynomial },
            spare_bits: spare_bits(request.strategy),
        }
    }

    fn forecast(&self, steps: usize) -> Forecast {
        Forecast::new(&self.network, self.functions, self.request.calibration, steps)
    }

    pub fn levels(&self) -> Vec<usize> {
        let strategy = self.request.strategy;
        self.network.layers.iter().map(|l| layer_levels(&l.cell, strategy)).collect()
    }

    /// What rounding the weights does with so much gain.
    pub fn rounding(&self, forecast: &Forecast, gain: u32) -> Reach {
        let scale = |layer: usize| match self.network.layers.get(layer) {
            Some(layer) if self.functions == Functions::Polynomial => {
                let widest = layer.functions_of_sums().into_iter().map(radius);
                let widest = widest.fold(1e-9, f64::max);
                weight_scale(gain, widest)
            }
            _ => f64::from(gain).exp2(),
        };
        forecast.rounding(&self.network, &scale)
    }

    fn arising(&self, forecast: &Forecast, n: usize, bits: (u32, u32)) -> Arising {
        Arising::estimated(&self.network, forecast, n, bits)
    }

    /// The largest error of an output.
    pub fn error(&self, forecast: &Forecast, rounding: &Reach, arising: Arising) -> f64 {
        let count = self.request.sequences * self.network.classes();
        let noise = arising.state * forecast.state_noise.outputs
            + arising.cell * forecast.cell_noise.outputs
            + arising.input * forecast.input_noise.outputs;
        ROUNDING_SPARE * rounding.largest_output + largest(noise, count)
    }

    /// The smallest primes, and a gain for them, that are precise enough at degree `n`.
    fn smallest(&self, forecast: &Forecast, roundings: &[Reach], n: usize) -> Option<(u32, u32)> {
        let bound = self.request.error_bound / self.spare_bits.exp2();
        let least = least_bits(n);
        let of = |(gain, rounding): (&u32, &Reach)| {
            let precise = |sigma: u32| {
                sigma > gain + 6
                    && self.error(forecast, rounding, self.arising(forecast, n, (sigma, *gain)))
                        <= bound
            };
            let sigma = SIGMA.clone().find(|s| *s >= least && precise(*s))?;
            Some((sigma, *gain))
        };
        GAINS.iter().zip(roundings).filter_map(of).min()
    }

    /// Primes that are never dropped.
    fn base(
        &self,
        forecast: &Forecast,
        n: usize,
        (sigma, gain): (u32, u32),
        cycle: usize,
    ) -> Vec<u32> {
        let bits = |x: f64| x.max(1.0).log2();
        let scale = f64::from(sigma) - f64::from(gain);
        let states = forecast.states.iter().copied().fold(0.0, f64::max);
        let outputs = scale + f64::from(gain) + bits(forecast.outputs);
        let mut needed = outputs.max(scale + bits(states));
        if self.functions == Functions::Exact {
            let sums = forecast.sums.iter().copied().fold(0.0, f64::max);
            needed = needed.max(scale + f64::from(gain) + bits(sums));
        } else {
            // Masks keep slots without a sequence at 0; in others cells go on counting until they are fresh.
            let idle = forecast.idle_cells.get(cycle.saturating_sub(1)).copied().unwrap_or(0.0);
            let idle = if self.request.masked { 0.0 } else { idle };
            for (layer, cells) in self.network.layers.iter().zip(&forecast.cells) {
                let Some(function) = layer.function_of_cells() else { continue };
                let share = cells.largest.max(idle) / radius(function);
                needed = needed.max(f64::from(sigma) + bits(share));
            }
        }
        let least = least_bits(n);
        let needed = ((needed + 1.0 + HEADROOM_BITS).ceil() as u32).max(least);
        let count = needed.div_ceil(MAX_MODULUS_BITS);
        (0..count).map(|i| ((needed + i) / count).max(least)).collect()
    }

    fn choice(
        &self,
        forecast: &Forecast,
        n: usize,
        (sigma, gain): (u32, u32),
        steps: usize,
        cycle: usize,
    ) -> ProgramOptions {
        let base = self.base(forecast, n, (sigma, gain), cycle);
        let (strategy, masked) = (self.request.strategy, self.request.masked);
        ProgramOptions { strategy, n, sigma, gain, base, cycle, steps, masked }
    }

    fn is_tried(&self, n: usize) -> bool {
        self.request.ring_degree.is_none_or(|fixed| fixed == n)
    }

    fn roundings(&self, forecast: &Forecast) -> Vec<Reach> {
        GAINS.iter().map(|gain| self.rounding(forecast, *gain)).collect()
    }

    /// The fastest circuit whose outputs are precise enough; `None` where there is none.
    fn fitting(
        &mut self,
        forecast: &Forecast,
        roundings: &[Reach],
    ) -> Result<Option<RecurrentCircuit>, PlanError> {
        let request = self.request;
        let mut best: Option<RecurrentCircuit> = None;
        // Spare precision of the estimate that gave too little, and that nothing has.
        let (mut too_little, mut too_much) = (0.0, f64::INFINITY);
        for _ in 0..MOST_ATTEMPTS {
            request.cancel.check()?;
            let Some(found) = self.search(forecast, roundings)? else {
                too_much = self.spare_bits;
                if too_much - too_little < LEAST_STEP_BITS {
                    break;
                }
                self.spare_bits = 0.5 * (too_little + too_much);
                continue;
            };
            let circuit = self.compile(forecast, &found)?;
            let margin = (request.error_bound / circuit.sequence.max_error).log2();
            let spare = spare_bits(request.strategy);
            if margin >= spare {
                return Ok(Some(circuit));
            }
            too_little = self.spare_bits;
            let next = self.spare_bits + (spare - margin).clamp(0.1, 8.0);
            best = best
                .filter(|b| b.sequence.max_error <= circuit.sequence.max_error)
                .or(Some(circuit));
            if too_much - too_little < LEAST_STEP_BITS {
                break;
            }
            self.spare_bits = next.min(0.5 * (too_little + too_much));
        }
        let enough = |c: &RecurrentCircuit| {
            c.sequence.max_error * LEAST_SPARE_BITS.exp2() <= request.error_bound
        };
        Ok(best.filter(enough))
    }

    /// The fastest candidate over the connection.
    fn search(
        &self,
        forecast: &Forecast,
        roundings: &[Reach],
    ) -> Result<Option<Candidate>, PlanError> {
        let request = self.request;
        let cycles: Vec<usize> = match (request.strategy, request.refresh_every) {
            (NoiseStrategy::Levelled, _) => vec![request.steps],
            (NoiseStrategy::Refresh, Some(every)) => vec![every],
            (NoiseStrategy::Refresh, None) => (1..=MAX_CYCLE.min(request.steps)).collect(),
            _ => vec![1],
        };
        let mut best: Option<Candidate> = None;
        for n in degrees().filter(|n| self.is_tried(*n)) {
            request.cancel.check()?;
            let Some(bits) = self.smallest(forecast, roundings, n) else { continue };
            for cycle in &cycles {
                let choice = self.choice(forecast, n, bits, request.steps, *cycle);
                if chain_bits(&self.network, &choice).iter().sum::<u32>()
                    > max_log2_qp(n).unwrap_or(0)
                {
                    break;
                }
                let Some(moduli) = moduli(&self.network, &choice) else { continue };
                let candidate = self.candidate(choice, moduli);
                if best.as_ref().is_none_or(|b| candidate.typical_secs < b.typical_secs) {
                    best = Some(candidate);
                }
            }
        }
        Ok(best)
    }

    fn candidate(&self, choice: ProgramOptions, moduli: CkksModuli) -> Candidate {
        let costs = StepCosts::typical();
        let cost = cost(&self.network, &choice, &moduli, costs, self.request.threads);
        let typical_secs = self.total_secs(&choice, &cost);
        Candidate { choice, moduli, typical_secs }
    }

    /// Seconds over the connection of the request, all batches.
    pub fn total_secs(&self, choice: &ProgramOptions, cost: &Cost) -> f64 {
        let request = self.request;
        let batches = request.sequences.div_ceil(choice.n).max(1) as u64;
        let (up, down) = (cost.up_bytes.iter().sum::<u64>(), cost.down_bytes.iter().sum::<u64>());
        let on_the_way =
            request.connection.transfer_secs(batches * cost.rounds, batches * up, batches * down)
                + request.connection.transfer_secs(0, cost.key_bytes, 0);
        batches as f64 * cost.secs() + cost.keygen_secs + on_the_way
    }

    fn longest_chain(&self) -> Result<usize, PlanError> {
        let fits = |steps: usize| -> Result<bool, PlanError> {
            self.request.cancel.check()?;
            let forecast = self.forecast(steps);
            let roundings = self.roundings(&forecast);
            Ok(degrees().filter(|n| self.is_tried(*n)).any(|n| {
                let Some(bits) = self.smallest(&forecast, &roundings, n) else { return false };
                let choice = self.choice(&forecast, n, bits, steps, steps);
                let moduli = moduli(&self.network, &choice);
                moduli.is_some_and(|m| m.chain.len() <= MAX_CHAIN)
            }))
        };
        let (mut low, mut high) = (0, MAX_CYCLE + 1);
        while low + 1 < high {
            let middle = (low + high) / 2;
            if fits(middle)? { low = middle } else { high = middle }
        }
        Ok(low)
    }

    /// The most bits of precision below the bound that outputs could have, if any.
    fn most_bits(
        &self,
        forecast: &Forecast,
        roundings: &[Reach],
    ) -> Result<Option<u32>, PlanError> {
        let high = -self.request.error_bound.log2().ceil().min(0.0) as u32;
        for bits in (0..high).rev() {
            let request =
                RecurrentRequest { error_bound: (-f64::from(bits)).exp2(), ..*self.request };
            if Planner::new(&request).fitting(forecast, roundings)?.is_some() {
                return Ok(Some(bits));
            }
        }
        Ok(None)
    }

    /// Why nothing fits.
    fn refusal(&self, forecast: &Forecast, roundings: &[Reach]) -> Result<PlanError, PlanError> {
        let request = self.request;
        let levels = self.levels();
        let precise = degrees()
            .filter(|n| self.is_tried(*n))
            .any(|n| self.smallest(forecast, roundings, n).is_some());
        if !precise {
            let ways = match self.most_bits(forecast, roundings)? {
                Some(bits) => format!("allow larger errors: scheme.precision_bits={bits} fits"),
                None => "train a network whose state forgets faster".to_owned(),
            };
            return Ok(PlanError::DoesNotFit {
                reason: format!(
                    "no scale gives {} steps outputs within {:.2e}",
                    request.steps, request.error_bound
                ),
                nearest: ways,
            });
        }
        let wanted = match request.strategy {
            NoiseStrategy::Levelled => request.steps,
            _ => request.refresh_every.unwrap_or(1),
        };
        let n = request.ring_degree.unwrap_or(*RING_DEGREES.end());
        let within = format!(
            "{} bits at {MIN_SECURITY_BITS} bits of security with N = {n}",
            max_log2_qp(n).unwrap_or(0)
        );
        Ok(PlanError::ChainTooLong {
            reason: format!(
                "one chain of {wanted} steps takes {} levels, more than the {within}",
                depth(&levels, wanted)
            ),
        })
    }
}
