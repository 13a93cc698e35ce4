//! What a program costs, predicted: seconds on both sides, bytes, memory.

use super::network::{RecurrentCell, RecurrentNetwork};
use super::program::{ProgramOptions, before_cells, depth, layer_levels};
use super::strategy::NoiseStrategy;
use crate::cost::UnitCosts;
use crate::cost_table::CostTable;
use crate::real::RealFunction;
use progress::Watch;
use ring::Seed;
use scheme::ckks::{CkksError, CkksModuli, CkksParameters, PolynomialPlan, Scale, SecretKey};
use std::hint::black_box;
use std::sync::OnceLock;
use std::time::Instant;

/// Seconds and bytes of one batch.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Cost {
    /// By step.
    pub server_secs: Vec<f64>,
    pub client_secs: Vec<f64>,
    pub up_bytes: Vec<u64>,
    pub down_bytes: Vec<u64>,
    pub rounds: u64,
    pub keygen_secs: f64,
    pub key_bytes: u64,
    pub memory_bytes: u64,
}

impl Cost {
    pub fn secs(&self) -> f64 {
        self.server_secs.iter().chain(&self.client_secs).sum()
    }
}

/// Costs that the times of steps are made of.
#[derive(Clone, Copy)]
pub(super) struct StepCosts {
    unit: UnitCosts,
    /// What a step takes for each second of its transforms and products: memory that is met for the first
    /// time, sums of two segments, residues gathered.
    overhead: f64,
}

impl StepCosts {
    /// What choices are made with; steps with N from 8192 to 16384 on the machine this was written on.
    pub fn typical() -> Self {
        Self { unit: CostTable::typical().unit, overhead: 2.4 }
    }

    /// What times are predicted with: units that are kept, and a step that is tried at the first call (some
    /// 150 ms).
    pub fn of_this_machine() -> Self {
        static OVERHEAD: OnceLock<f64> = OnceLock::new();
        let unit = CostTable::of_this_machine().unit;
        let tried = || trial(unit).unwrap_or(Self::typical().overhead);
        Self { unit, overhead: *OVERHEAD.get_or_init(tried) }
    }
}

/// The ratio of measured to predicted seconds of a step on one thread: values encrypted, squared, switched
/// and decrypted.
fn trial(costs: UnitCosts) -> Option<f64> {
    const N: usize = 8192;
    const VALUES: usize = 4;
    let moduli = CkksModuli::find(N, &[45, 40, 40, 40], &[45], 1)?;
    let p = CkksParameters::new(N, &moduli).ok()?;
    let (seed, watch) = (Seed::from_number(0), Watch::silent());
    let secret = SecretKey::generate(&p, &seed);
    let keys = secret.evaluation_keys(&p, &[], &seed);
    let (scale, level) = (Scale::power_of_two(40), p.levels());
    let vectors = vec![vec![0.5; N]; VALUES];
    let step = || -> Result<f64, CkksError> {
        let started = Instant::now();
        let batch = secret.encrypt(&p, &vectors, &scale, level, &seed, &watch, "")?;
        let values = (0..VALUES).filter_map(|i| batch.ciphertext(&p, i));
        let squares = values.map(|c| p.square(&c)).collect::<Result<Vec<_>, _>>()?;
        for value in keys.relinearise_and_rescale(&p, squares, 1, &watch, "")? {
            black_box(secret.decrypt(&p, &value));
        }
        Ok(started.elapsed().as_secs_f64())
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().ok()?;
    // The fastest: what else the machine does is no work of the step.
    let steps = pool.install(|| (0..8).map(|_| step()).collect::<Result<Vec<_>, _>>());
    let secs = steps.ok()?.into_iter().fold(f64::INFINITY, f64::min);
    let (n, transform) = (N as f64, costs.transform(N));
    let prices = Prices { costs, n, transform, moduli: &moduli, threads: 1.0 };
    let square = 4.0 * n * level as f64 * costs.dot;
    let each = prices.encrypt(level) + square + prices.switch(level) + prices.decrypt(level - 1);
    Some((secs / (VALUES as f64 * each)).clamp(1.0, 10.0))
}

/// Prices of one ring degree.
struct Prices<'a> {
    costs: UnitCosts,
    n: f64,
    transform: f64,
    moduli: &'a CkksModuli,
    threads: f64,
}

impl Prices<'_> {
    /// A relinearisation with the division by one prime at `level`.
    fn switch(&self, level: usize) -> f64 {
        let special = self.moduli.special.len();
        let digits = level.div_ceil(self.moduli.digit_primes);
        let raised = (level + special) * digits - level;
        let transforms = (level + raised + 2 * (special + level)) as f64;
        let words = (level + special) as f64 * self.n;
        let passes = digits as f64 * (2.0 + self.moduli.digit_primes as f64) + 4.0;
        transforms * self.transform + words * passes * self.costs.dot
    }

    fn function(&self, function: &RealFunction, level: usize) -> f64 {
        let mut level = level;
        let mut secs = 0.0;
        for part in &function.parts {
            let Ok(plan) = PolynomialPlan::of(&part.coefficients) else { continue };
            let cost = plan.cost();
            let here = level.saturating_sub(cost.levels / 3).max(1);
            secs += cost.relinearisations as f64 * self.switch(here)
                + cost.rescalings as f64 * (2 * here) as f64 * self.transform
                + self.n
                    * here as f64
                    * self.costs.dot
                    * (4 * cost.products + 2 * part.degree()) as f64;
            level = level.saturating_sub(cost.levels).max(1);
        }
        if function.gate.is_some() { secs + self.switch(level) } else { secs }
    }

    fn encrypt(&self, level: usize) -> f64 {
        self.n * (level as f64 + 1.0) * self.costs.encrypt + 2.0 * self.transform
    }

    fn decrypt(&self, level: usize) -> f64 {
        let level = level as f64;
        level * (self.transform + 2.0 * self.n * self.costs.dot)
            + level * level * self.n * self.costs.decode
            + 2.0 * self.transform
    }

    /// Packing or unpacking, and hashing, of so many bytes.
    fn wire(&self, bytes: u64) -> f64 {
        const SECS_PER_BYTE: f64 = 0.7e-9;
        bytes as f64 * SECS_PER_BYTE
    }
}

/// Bytes of one polynomial with the first `level` primes.
fn poly_bytes(n: usize, moduli: &CkksModuli, level: usize) -> u64 {
    let bits: u32 = moduli.chain.iter().take(level).map(|q| 64 - q.leading_zeros()).sum();
    u64::from(bits) * n as u64 / 8
}

/// Bytes of a message beside its residues.
const OVERHEAD_BYTES: u64 = 200;

/// The cost of one batch by `costs`.
pub(super) fn cost(
    network: &RecurrentNetwork,
    choice: &ProgramOptions,
    moduli: &CkksModuli,
    costs: StepCosts,
    threads: usize,
) -> Cost {
    let StepCosts { unit: costs, overhead } = costs;
    let n = choice.n;
    let transform = costs.transform(n);
    let prices = Prices { costs, n: n as f64, transform, moduli, threads: threads.max(1) as f64 };
    let levels: Vec<usize> =
        network.layers.iter().map(|l| layer_levels(&l.cell, choice.strategy)).collect();
    let base = choice.base.len();
    let inputs = network.channels + usize::from(choice.masked);
    let hidden: usize = network.layers.iter().map(|l| l.hidden).sum();
    let polynomials = choice.has_polynomials();
    // What is sent of each state, in messages of so many ciphertexts and levels below that of the sums.
    let states = network.layers.iter().flat_map(|layer| {
        let cells = layer.function_of_cells().filter(|_| polynomials);
        let cells = cells.map(|_| (layer.hidden, before_cells(&layer.cell)));
        std::iter::once((layer.hidden, 0)).chain(cells)
    });
    let states: Vec<(usize, usize)> = states.collect();
    let carried: usize = states.iter().map(|(units, _)| units).sum();
    let mut all = Cost::default();
    for step in 0..choice.steps {
        let (first, at) = (step - step % choice.cycle, step % choice.cycle);
        let length = choice.cycle.min(choice.steps - first);
        let used: usize = at * levels.iter().copied().max().unwrap_or(0);
        let top = base + depth(&levels, length);
        let level = top.saturating_sub(used).max(base);
        let (mut client, mut server) = (inputs as f64 * prices.encrypt(level), 0.0);
        let mut up = OVERHEAD_BYTES + inputs as u64 * poly_bytes(n, moduli, level);
        let mut down = 0;
        let fresh = step > 0 && at == 0;
        if fresh && choice.strategy.is_interactive() {
            for (units, below) in &states {
                let level = level.saturating_sub(*below).max(base);
                client += *units as f64 * prices.encrypt(level);
                up += OVERHEAD_BYTES + *units as u64 * poly_bytes(n, moduli, level);
            }
        }
        for layer in &network.layers {
            let sums = layer.sum_count() * layer.hidden;
            let macs = sums * (layer.inputs + layer.hidden);
            let words = (2 * level * n) as f64;
            server += words * macs as f64 * costs.mac * 1.5;
            server += words * (2 * sums + layer.inputs) as f64 * costs.first_touch;
            let of = |f: &super::network::CellFunction| {
                f.polynomial.as_ref().map_or(0.0, |p| prices.function(p, level))
            };
            match (&layer.cell, choice.strategy) {
                (_, NoiseStrategy::ClientAided | NoiseStrategy::Bootstrap) => {
                    client += sums as f64 * prices.decrypt(base);
                    down += OVERHEAD_BYTES + 2 * sums as u64 * poly_bytes(n, moduli, base);
                }
                (RecurrentCell::Elman { function, .. }, _) => {
                    server += layer.hidden as f64 * of(function);
                }
                (RecurrentCell::Gru { squash, function, .. }, _) => {
                    let each = 2.0 * of(squash) + of(function) + 2.0 * prices.switch(level);
                    server += layer.hidden as f64 * each;
                }
                (RecurrentCell::Lstm { squash, function, state, .. }, _) => {
                    let functions = 3.0 * of(squash) + of(function) + of(state);
                    server += layer.hidden as f64 * (functions + 2.0 * prices.switch(level));
                }
            }
        }
        let last = step + 1 == choice.steps;
        if at + 1 == length && !last && choice.strategy == NoiseStrategy::Refresh {
            client += carried as f64 * prices.decrypt(base);
            down += states.len() as u64 * OVERHEAD_BYTES;
            down += 2 * carried as u64 * poly_bytes(n, moduli, base);
            all.rounds += 1;
        }
        if choice.strategy == NoiseStrategy::ClientAided {
            all.rounds += network.layers.len() as u64;
        }
        if last {
            let classes = network.classes();
            client += classes as f64 * prices.decrypt(base);
            down += OVERHEAD_BYTES + 2 * classes as u64 * poly_bytes(n, moduli, base);
            all.rounds += 1;
        }
        let wire = prices.wire(up + down);
        all.server_secs.push(overhead * (server / prices.threads + wire));
        all.client_secs.push(overhead * (client / prices.threads + wire));
        all.up_bytes.push(up);
        all.down_bytes.push(down);
    }
    let chain = moduli.chain.len();
    let digits = if chain > base { chain.div_ceil(moduli.digit_primes) } else { 0 };
    let primes = chain + moduli.special.len();
    let bits: u32 =
        moduli.chain.iter().chain(&moduli.special).map(|q| 64 - q.leading_zeros()).sum();
    all.key_bytes = digits as u64 * u64::from(bits) * n as u64 / 8 + OVERHEAD_BYTES;
    all.keygen_secs = (digits * primes) as f64 * (transform + n as f64 * costs.uniform);
    let values = (inputs + 5 * hidden + carried) * 2 * chain;
    let keys = 2 * digits * primes;
    all.memory_bytes = ((values + keys) * n * 8) as u64 + 2 * all.key_bytes + (200 << 20);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_can_be_tried_on_every_machine() {
        assert!(trial(CostTable::typical().unit).is_some());
    }
}
