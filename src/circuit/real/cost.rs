//! What a program costs: seconds by predicted work, and bytes of memory.

use super::blocks::Block;
use super::network::RealLayer;
use super::program::{CkksProgram, CkksStep};
use super::schedule::{Schedule, Shape};
use super::stream::GROUP;
use crate::candidate::batches;
use crate::cost::{UnitCosts, word_secs};
use crate::cost_table::CostTable;
use ring::{Kernel, MAX_MODULUS_BITS, Modulus};
use scheme::ckks::{CkksModuli, PolynomialPlan, SegmentOp};

/// Where the time goes, all batches, seconds.
#[derive(Clone, Debug, Default)]
pub(super) struct Work {
    pub keygen: f64,
    pub encrypt: f64,
    /// Per layer.
    pub layers: Vec<f64>,
    /// Per block: the key switch after it.
    pub switches: Vec<f64>,
    pub decrypt: f64,
}

impl Work {
    /// The same with the weighted sums of `program` tried on this machine: how well a map fits the
    /// kernels depends on its shape.
    pub fn tried(
        &self,
        shape: &Shape,
        schedule: &Schedule,
        program: &CkksProgram,
        images: usize,
        threads: usize,
    ) -> Self {
        let mut work = self.clone();
        let costs = &CostTable::of_this_machine().unit;
        let n = schedule.choice.n;
        let scale = batches(images, n) as f64 / threads as f64;
        let Some(q) = Modulus::new(program.parameters.prime(0)) else { return work };
        let levels = schedule.levels();
        let blocks = program.steps.iter().filter(|s| !matches!(s, CkksStep::Carry { .. }));
        for (step, level) in blocks.zip(levels) {
            let CkksStep::Segment { layers, segment, .. } = step else { continue };
            let words = (n * level) as f64 * scale;
            let mut parts = 2.0;
            for (layer, op) in layers.clone().zip(&segment.ops) {
                let SegmentOp::Linear { map, .. } = op else {
                    parts = 3.0;
                    continue;
                };
                let mut secs = words * parts * word_secs(map, Kernel::best(), q);
                if layer == 0 {
                    secs += words * shape.network.inputs() as f64 * (costs.uniform + costs.copy);
                }
                if layer + 1 == layers.end {
                    secs += words * parts * map.outputs() as f64 * costs.first_touch;
                }
                work.layers[layer] = secs;
            }
        }
        work
    }

    /// Encrypt, evaluate and decrypt.
    pub fn total(&self) -> f64 {
        self.encrypt + self.evaluate() + self.decrypt
    }

    pub fn evaluate(&self) -> f64 {
        self.layers.iter().chain(&self.switches).sum()
    }
}

/// Transforms of one prime in a key switch with a division by `drop` primes.
fn switch_transforms(level: usize, drop: usize, moduli: &CkksModuli) -> f64 {
    let special = moduli.special.len();
    let digits = level.div_ceil(moduli.digit_primes);
    let raised = (level + special) * digits - level;
    let by = special + drop;
    let divided = if by == 0 { 0 } else { 2 * (by + level - drop) };
    (level + raised + divided) as f64
}

/// Seconds of a key switch at `level`.
fn switch_secs(n: usize, level: usize, drop: usize, moduli: &CkksModuli, costs: &UnitCosts) -> f64 {
    let digits = level.div_ceil(moduli.digit_primes) as f64;
    let words = (level + moduli.special.len()) as f64 * n as f64;
    // Digits written modulo every prime, and products with both halves of the key.
    let passes = digits * (2.0 + moduli.digit_primes as f64) + 4.0;
    let n = n as f64;
    switch_transforms(level, drop, moduli) * costs.ntt * n * n.log2() + words * passes * costs.dot
}

/// Seconds of `schedule` by `costs`, for so many images and threads.
pub(super) fn work(
    shape: &Shape,
    schedule: &Schedule,
    moduli: &CkksModuli,
    costs: &UnitCosts,
    images: usize,
    threads: usize,
) -> Work {
    let size = schedule.choice.n;
    let n = size as f64;
    let transform = costs.transform(size);
    let network = shape.network;
    let levels = schedule.levels();
    let scale = batches(images, size) as f64 / threads as f64;
    let top = levels[0] as f64;
    let mut work = Work {
        keygen: (top + moduli.special.len() as f64)
            * (levels[0].div_ceil(moduli.digit_primes)) as f64
            * (transform + n * (costs.uniform + costs.dot + costs.error)),
        encrypt: scale
            * network.inputs() as f64
            * (n * (top + 1.0) * costs.encrypt + 2.0 * transform + n * top * costs.first_touch),
        ..Work::default()
    };
    let mut width = network.inputs();
    let mut parts = 2.0;
    let mut third = vec![false; width];
    for (at, block) in shape.blocks.iter().enumerate() {
        let level = levels[at];
        let words = n * level as f64 * scale;
        match block {
            Block::Segment { layers, .. } => {
                for layer in layers.clone() {
                    work.layers.push(match &network.layers()[layer] {
                        RealLayer::Linear { rows, .. } => {
                            let macs: usize = rows.iter().map(|r| r.weights.len()).sum();
                            let factor = mac_factor(schedule, schedule.choice.weight_bits[layer]);
                            let gather = match layer {
                                0 => width as f64 * (costs.uniform + 3.0 * costs.copy),
                                _ => 0.0,
                            };
                            width = rows.len();
                            words * (parts * macs as f64 * factor * costs.mac + gather)
                        }
                        other => {
                            parts = 3.0;
                            let squares = other.acts_on().unwrap_or(width);
                            let carried = (width - squares.min(width)) as f64;
                            words * (squares as f64 * costs.square + 2.0 * carried * costs.dot)
                        }
                    });
                    third = thirds(&network.layers()[layer], &third);
                }
                let written = words * parts * width as f64 * costs.first_touch;
                work.layers.last_mut().into_iter().for_each(|secs| *secs += written);
                let drop = schedule.drops[at].len();
                let switch = match drop {
                    0 => 0.0,
                    _ => {
                        // Carried values have nothing to relinearise.
                        let squares = third.iter().filter(|third| **third).count() as f64;
                        let carried = if parts > 2.0 { width as f64 - squares } else { 0.0 };
                        (width as f64 - carried) * switch_secs(size, level, drop, moduli, costs)
                            + carried * 2.0 * level as f64 * (transform + n * costs.dot)
                    }
                };
                work.switches.push(switch * scale);
                if drop > 0 {
                    parts = 2.0;
                    third.fill(false);
                }
            }
            Block::Polynomial { layer } => {
                let each = polynomial_secs(&network.layers()[*layer], size, level, moduli, costs);
                let first = network.layers()[*layer].acts_on().unwrap_or(width);
                let carried = (width - first.min(width)) as f64;
                let carry = 2.0 * (levels[at + 1] + 1) as f64 * (transform + 2.0 * n * costs.dot);
                work.layers.push((each * first as f64 + carry * carried) * scale);
                work.switches.push(0.0);
            }
        }
    }
    let last = levels.last().copied().unwrap_or(1) as f64;
    work.decrypt = scale
        * network.outputs() as f64
        * (last * (transform + parts * n * costs.dot)
            + last * last * n * costs.decode
            + 2.0 * transform);
    work
}

/// Which values have a third component after `layer`, given those that have one before.
fn thirds(layer: &RealLayer, third: &[bool]) -> Vec<bool> {
    match layer {
        RealLayer::Linear { rows, .. } => {
            let of = |column: &u32| third.get(*column as usize).copied().unwrap_or(false);
            rows.iter().map(|row| row.columns.iter().any(of)).collect()
        }
        other => {
            let first = other.acts_on().unwrap_or(0);
            third.iter().enumerate().map(|(at, third)| *third || at < first).collect()
        }
    }
}

/// Seconds of a polynomial layer for one value.
fn polynomial_secs(
    layer: &RealLayer,
    n: usize,
    level: usize,
    moduli: &CkksModuli,
    costs: &UnitCosts,
) -> f64 {
    let RealLayer::Polynomial { function, .. } = layer else { return 0.0 };
    let mut level = level;
    let mut secs = 0.0;
    for part in &function.parts {
        let Ok(plan) = PolynomialPlan::of(&part.coefficients) else { continue };
        let cost = plan.cost();
        // Most products are made at the top, where they are dearest.
        let here = level.saturating_sub(cost.levels / 3).max(1);
        let each = switch_secs(n, here, 1, moduli, costs);
        let words = (n * here) as f64;
        secs += cost.relinearisations as f64 * each
            + cost.rescalings as f64 * (2 * here) as f64 * costs.transform(n)
            + words * costs.dot * (4 * cost.products + 2 * part.degree()) as f64;
        level = level.saturating_sub(cost.levels).max(1);
    }
    if function.gate.is_some() {
        secs += switch_secs(n, level, 1, moduli, costs);
    }
    secs
}

/// How much dearer a multiplication is than by the small weights of the unit cost.
fn mac_factor(schedule: &Schedule, weight: u32) -> f64 {
    let prime = schedule.chain.iter().copied().max().unwrap_or(MAX_MODULUS_BITS);
    match Kernel::best().name() {
        // Bytes of residues times bytes of weights.
        "amx_int8" | "avx2" => {
            let planes = f64::from(prime.div_ceil(8));
            planes / 6.0 * f64::from((weight + 1).div_ceil(8))
        }
        _ => f64::from((weight + 1).div_ceil(52u32.saturating_sub(prime).max(1))),
    }
}

/// Peak memory of a run, bytes: what each block reads and writes, the results of the block before it
/// dropped as soon as they are used.
pub(super) fn peak_memory(shape: &Shape, schedule: &Schedule, threads: usize) -> u64 {
    const PROGRAM: usize = 160 << 20;
    let word_bytes = 8 * schedule.choice.n;
    let levels = schedule.levels();
    let widths = shape.network.widths();
    let mut width = shape.network.inputs();
    // Fresh ciphertexts keep one of two parts.
    let mut held = width * levels[0] * word_bytes;
    let mut peak = held;
    let mut blocks = shape.blocks.iter().enumerate().peekable();
    while let Some((at, block)) = blocks.next() {
        let (end, squares) = match block {
            Block::Segment { layers, squares } => (layers.end, *squares),
            Block::Polynomial { layer } => (layer + 1, false),
        };
        width = widths.get(end - 1).copied().unwrap_or(width);
        let next = blocks.peek().map(|(_, next)| *next);
        let carries = |layer: usize| {
            let first = shape.network.layers()[layer].acts_on();
            first.is_some_and(|first| first < widths[layer])
        };
        let of_polynomial = |block: &Block| match block {
            Block::Polynomial { layer } => carries(*layer),
            Block::Segment { .. } => false,
        };
        // Beside what is carried all values are held.
        let whole = of_polynomial(block) || next.is_some_and(of_polynomial);
        let streamed = width > GROUP && !whole;
        match (block, next) {
            // Groups of values only; the polynomial keeps what they are computed from.
            (Block::Segment { squares: false, .. }, Some(Block::Polynomial { .. })) if streamed => {
                continue;
            }
            (Block::Polynomial { .. }, Some(Block::Segment { layers, .. })) if streamed => {
                let group = 2 * GROUP * 2 * levels[at] * word_bytes;
                let sums = widths.get(layers.start).copied().unwrap_or(0);
                let sums = sums * 2 * levels[at + 1] * word_bytes;
                peak = peak.max(held + group + sums);
                held = sums;
            }
            _ => {
                let parts = 2 + usize::from(squares);
                let out = width * parts * levels[at] * word_bytes;
                peak = peak.max(held + out);
                held = width * 2 * levels[at + 1] * word_bytes;
            }
        }
    }
    let widest = widths.iter().copied().max().unwrap_or(0).max(shape.network.inputs());
    (peak + threads * 2 * 3 * widest * 256 + PROGRAM) as u64
}
