//! Scales and primes of a program, in bits, before any prime is chosen.

use super::blocks::Block;
use super::forecast::{Forecast, Reach, Spread, WEIGHT_BITS, has_idle_sums, weight_scale};
use super::network::{RealLayer, RealNetwork};
use ring::{ERROR_VARIANCE, MAX_MODULUS_BITS};

/// Room between the largest phase expected and half of the modulus, bits.
pub(super) const HEADROOM_BITS: f64 = 2.5;

/// What a schedule is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub n: usize,
    /// Bits of the scale that values are squared at, and of polynomials.
    pub scale_bits: u32,
    /// Bits by which inputs are encrypted at a larger scale than that.
    pub input_bits: i32,
    /// Bits of the weights of each layer, sign not counted.
    pub weight_bits: Vec<u32>,
}

/// Levels and scales, by block.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Schedule {
    pub choice: Choice,
    /// Bits of the primes of the chain, first to last; rescaling drops from the end.
    pub chain: Vec<u32>,
    /// `log2` of the scale of the values that enter each block, and of the outputs.
    pub entries: Vec<f64>,
    /// Primes that each block drops.
    pub drops: Vec<Vec<u32>>,
    /// `log2` of the scale that the weights of each linear layer are rounded at.
    pub weights: Vec<f64>,
    /// `log2` of the scale after each block before anything is dropped.
    pub raised: Vec<f64>,
}

/// What is known of a network, whatever the parameters.
#[derive(Debug)]
pub(super) struct Shape<'a> {
    pub network: &'a RealNetwork,
    pub blocks: Vec<Block>,
    /// `log2` of the largest magnitude after each layer, the inputs first; 0 or more.
    pub ranges: Vec<f64>,
    /// `log2` of the scale of weights of [`WEIGHT_BITS`] bits of each linear layer.
    weights: Vec<f64>,
    /// Of each layer whether some of its sums are of nothing but zeros.
    idle: Vec<bool>,
}

impl<'a> Shape<'a> {
    pub fn new(network: &'a RealNetwork, blocks: Vec<Block>, forecast: &Forecast) -> Self {
        let bits = |x: f64| x.max(1.0).log2();
        let ranges = std::iter::once(forecast.largest_input).chain(forecast.largest.clone());
        let weights = network.layers().iter().map(|layer| match layer {
            RealLayer::Linear { rows, .. } => weight_scale(rows, WEIGHT_BITS).log2(),
            _ => 0.0,
        });
        let ranges = ranges.map(bits).collect();
        let idle = network.layers().iter().map(has_idle_sums).collect();
        Self { network, blocks, ranges, weights: weights.collect(), idle }
    }

    /// `log2` of the scale that weights of layer `at` are rounded at.
    pub fn weight_log2(&self, at: usize, bits: u32) -> f64 {
        match self.network.layers()[at] {
            RealLayer::Linear { .. } => {
                let top = |bits: u32| (f64::from(bits).exp2() - 1.0).log2();
                self.weights[at] + top(bits) - top(WEIGHT_BITS)
            }
            _ => 0.0,
        }
    }

    /// Bits by which the scale grows from the entry of a segment to its square, or to its end
    /// without one.
    fn growth(&self, block: &Block, bits: &[u32]) -> f64 {
        let Block::Segment { layers, .. } = block else { return 0.0 };
        let before = layers
            .clone()
            .take_while(|at| !matches!(self.network.layers()[*at], RealLayer::Square { .. }));
        before.map(|at| self.weight_log2(at, bits[at])).sum()
    }

    /// The scale wanted where block `at` begins; where the network ends, any.
    fn wanted(&self, at: usize, choice: &Choice) -> f64 {
        let sigma = f64::from(choice.scale_bits);
        let radius = |at: usize| match self.blocks.get(at) {
            Some(Block::Polynomial { layer }) => self.radii(*layer).first().copied(),
            _ => None,
        };
        match self.blocks.get(at) {
            None => sigma,
            Some(Block::Polynomial { .. }) => sigma - radius(at).unwrap_or(0.0),
            Some(block @ Block::Segment { squares: true, .. }) => {
                sigma - self.growth(block, &choice.weight_bits)
            }
            Some(block) => match radius(at + 1) {
                Some(radius) => sigma - self.growth(block, &choice.weight_bits) - radius,
                None => sigma,
            },
        }
    }

    /// Whether inputs may have any scale: polynomials need theirs to be right.
    pub fn is_input_scale_free(&self) -> bool {
        match self.blocks.first() {
            Some(Block::Segment { squares: false, .. }) => !self.is_polynomial(1),
            _ => !self.is_polynomial(0),
        }
    }

    fn is_polynomial(&self, at: usize) -> bool {
        matches!(self.blocks.get(at), Some(Block::Polynomial { .. }))
    }

    /// `log2` of the radius of each part of a polynomial layer.
    fn radii(&self, layer: usize) -> Vec<f64> {
        match &self.network.layers()[layer] {
            RealLayer::Polynomial { function, .. } => {
                function.parts.iter().map(|p| p.radius().log2()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Levels of a polynomial layer.
    pub fn levels(&self, layer: usize) -> usize {
        match &self.network.layers()[layer] {
            RealLayer::Polynomial { function, .. } => function.levels(),
            _ => 0,
        }
    }

    /// Scales and primes of `choice`.
    pub fn schedule(&self, choice: Choice) -> Schedule {
        let least = least_prime_bits(choice.n);
        let count = self.blocks.len();
        let mut entries = Vec::with_capacity(count + 1);
        let mut drops: Vec<Vec<u32>> = Vec::with_capacity(count);
        let mut raised = Vec::with_capacity(count);
        let layers = 0..self.network.layers().len();
        let mut weights: Vec<f64> =
            layers.map(|at| self.weight_log2(at, choice.weight_bits[at])).collect();
        let mut scale = self.wanted(0, &choice) + f64::from(choice.input_bits);
        for (at, block) in self.blocks.iter().enumerate() {
            entries.push(scale);
            let next = self.wanted(at + 1, &choice);
            match block {
                Block::Segment { layers, squares } => {
                    let mut out = scale;
                    for layer in layers.clone() {
                        match self.network.layers()[layer] {
                            RealLayer::Square { .. } => out *= 2.0,
                            _ => out += weights[layer],
                        }
                    }
                    let end = layers.end - 1;
                    let ends_linear =
                        matches!(self.network.layers()[end], RealLayer::Linear { .. });
                    if *squares && ends_linear && self.is_polynomial(at + 1) {
                        // Primes have whole bits; what is over is taken from the weights.
                        let over = (out - next).rem_euclid(1.0);
                        weights[end] -= over;
                        out -= over;
                    }
                    raised.push(out);
                    let last = at + 1 == count;
                    let dropped = if *squares && !last { (out - next).round() } else { 0.0 };
                    let primes = split(dropped, least, *squares && !last);
                    scale = out - primes.iter().map(|b| f64::from(*b)).sum::<f64>();
                    drops.push(primes);
                }
                Block::Polynomial { layer } => {
                    raised.push(2.0 * f64::from(choice.scale_bits) + 2.0);
                    drops.push(vec![choice.scale_bits.max(least); self.levels(*layer)]);
                    scale = next;
                }
            }
        }
        entries.push(scale);
        let base = self.base_bits(&entries, &raised, &drops);
        let mut chain = split(base, least, true);
        chain.extend(drops.iter().rev().flatten());
        Schedule { choice, chain, entries, drops, weights, raised }
    }

    /// Bits that must be left when everything that is dropped has been.
    fn base_bits(&self, entries: &[f64], raised: &[f64], drops: &[Vec<u32>]) -> f64 {
        let range_before = |block: &Block| match block {
            Block::Segment { layers, .. } => self.ranges[layers.start],
            Block::Polynomial { layer } => self.ranges[*layer],
        };
        let range_after = |block: &Block| match block {
            Block::Segment { layers, .. } => self.ranges[layers.end],
            Block::Polynomial { layer } => self.ranges[*layer + 1],
        };
        let mut left: f64 = drops.iter().flatten().map(|b| f64::from(*b)).sum();
        let mut base = 0.0f64;
        for (at, block) in self.blocks.iter().enumerate() {
            base = base.max(entries[at] + range_before(block) - left);
            let own: f64 = drops[at].iter().map(|b| f64::from(*b)).sum();
            match block {
                Block::Segment { .. } => base = base.max(raised[at] + range_after(block) - left),
                Block::Polynomial { .. } => {
                    // The last products of a polynomial, before their prime is dropped.
                    let last = drops[at].last().map_or(0.0, |b| f64::from(*b));
                    base = base.max(raised[at] - (left - own + last));
                }
            }
            left -= own;
            base = base.max(entries[at + 1] + range_after(block) - left);
        }
        (base + 1.0 + HEADROOM_BITS).ceil()
    }
}

/// The smallest size of prime that there are enough of, bits.
fn least_prime_bits(n: usize) -> u32 {
    (4 * n).ilog2() + 4
}

/// Primes of so many bits together, as few as possible; at least one where `needed`.
fn split(bits: f64, least: u32, needed: bool) -> Vec<u32> {
    if bits <= 0.0 && !needed {
        return Vec::new();
    }
    let bits = (bits.max(0.0) as u32).max(least);
    let count = bits.div_ceil(MAX_MODULUS_BITS);
    (0..count).map(|i| (bits + i) / count).map(|b| b.max(least)).collect()
}

/// Variance of a slot of a polynomial whose coefficients have this one.
fn slot(n: usize, coefficient: f64) -> f64 {
    (2 * n - 1) as f64 * coefficient
}

/// Errors of fresh ciphertexts, and of rescaled ones key switching included, at scale 1.
fn variances(n: usize) -> (f64, f64) {
    let rounding = slot(n, 1.0 / 12.0);
    (slot(n, ERROR_VARIANCE) + rounding, 1.25 * rounding * (1.0 + slot(n, 2.0 / 3.0)))
}

/// Errors of a polynomial beside those of one rescaling: those of its steps, and their growth.
const POLYNOMIAL_STEPS: f64 = 6.0;

impl Schedule {
    /// Variance of the noise that arises in the inputs, and after each block.
    pub fn arising(&self, shape: &Shape) -> Arising {
        let (fresh, rescaled) = variances(self.choice.n);
        let at = |variance: f64, scale: f64| variance * (-2.0 * scale).exp2();
        let layers = shape.network.layers();
        let mut noise = vec![0.0; layers.len() + 1];
        let mut carried = noise.clone();
        noise[0] = at(fresh, self.entries[0]);
        for (k, block) in shape.blocks.iter().enumerate() {
            let end = at(rescaled, self.entries[k + 1]);
            match block {
                Block::Segment { layers: range, .. } => {
                    let mut scale = self.entries[k];
                    for layer in range.clone() {
                        match layers[layer] {
                            RealLayer::Square { .. } => scale *= 2.0,
                            _ => scale += self.weights[layer],
                        }
                        if shape.idle[layer] {
                            noise[layer + 1] = at(1.0 / 12.0, scale);
                        }
                    }
                    if !self.drops[k].is_empty() {
                        noise[range.end] += end;
                    }
                }
                Block::Polynomial { layer } => {
                    let sum = coefficient_sum(&layers[*layer]);
                    let inside = at(rescaled, f64::from(self.choice.scale_bits));
                    noise[layer + 1] = end + POLYNOMIAL_STEPS * inside * sum * sum;
                    carried[layer + 1] = end;
                }
            }
        }
        let factor = |bits: &u32| (2.0 * (f64::from(WEIGHT_BITS) - f64::from(*bits))).exp2();
        Arising { noise, carried, rounding: self.choice.weight_bits.iter().map(factor).collect() }
    }

    /// The primes that are never dropped.
    pub fn base(&self) -> &[u32] {
        let dropped: usize = self.drops.iter().map(Vec::len).sum();
        &self.chain[..self.chain.len().saturating_sub(dropped)]
    }

    /// Adds primes to the base until there are `count`; `None` when there are more already.
    pub fn lengthen(&mut self, count: usize) -> Option<()> {
        let missing = count.checked_sub(self.chain.len())?;
        let widest = self.base().iter().copied().max()?;
        self.chain.splice(0..0, std::iter::repeat_n(widest, missing));
        Some(())
    }

    /// Takes a prime away: from the base, or where that has but one, from the last rescaling; `None`
    /// when what is left is needed: by polynomials, and by every square that something follows, whose
    /// product is only relinearised with a prime to drop.
    pub fn shorten(&mut self, shape: &Shape) -> Option<()> {
        if self.base().len() > 1 {
            self.chain.remove(0);
            return Some(());
        }
        let last = shape.blocks.len().saturating_sub(1);
        let dropping = shape.blocks.iter().zip(&mut self.drops).enumerate().rev();
        let spare = dropping.filter_map(|(at, (block, drop))| match block {
            Block::Segment { squares, .. } => {
                let needed = usize::from(*squares && at < last);
                (drop.len() > needed).then_some(drop)
            }
            Block::Polynomial { .. } => None,
        });
        let drop = spare.into_iter().next()?;
        let bits = drop.pop()?;
        let at = self.chain.iter().rposition(|b| *b == bits)?;
        self.chain.remove(at);
        Some(())
    }

    /// Primes left where each block begins, and after the last.
    pub fn levels(&self) -> Vec<usize> {
        let mut level = self.chain.len();
        let mut levels = vec![level];
        for drop in &self.drops {
            level -= drop.len().min(level);
            levels.push(level);
        }
        levels
    }
}

/// How much errors of powers are multiplied with: the root of the sum of squares of coefficients
/// that are multiplied with anything.
fn coefficient_sum(layer: &RealLayer) -> f64 {
    let RealLayer::Polynomial { function, .. } = layer else { return 0.0 };
    let of = |c: &[f64]| -> f64 {
        c.iter().skip(1).enumerate().map(|(i, c)| (c * (i + 1) as f64).powi(2)).sum()
    };
    function.parts.iter().map(|p| of(&p.coefficients).sqrt()).fold(0.0, f64::max)
}

/// Variances of errors as they arise, by place: after each layer, the inputs first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Arising {
    pub noise: Vec<f64>,
    /// After polynomials, of the values that are carried past them.
    pub carried: Vec<f64>,
    /// Of the weights of each layer, in units of what [`WEIGHT_BITS`] bits do.
    pub rounding: Vec<f64>,
}

/// Errors of a layer's values: what is close to normal (fresh noise, rounded weights), and what is a
/// sum of products of two normal variables (noise of key switching and rescaling times the secret).
#[derive(Clone, Debug, Default)]
pub(super) struct Arrived {
    normal: Spread,
    products: Spread,
}

impl Arrived {
    /// After layer `at` (0 for the inputs), of what arises up to layer `upto`; `with_own` counts in
    /// the noise that arises right there.
    pub fn new(
        forecast: &Forecast,
        weights: &[Reach],
        arising: &Arising,
        (at, upto, with_own): (usize, usize, bool),
    ) -> Self {
        let mut arrived = Self::default();
        let counts = |place: usize| place < upto || with_own || place == 0;
        for (place, variance) in arising.noise.iter().enumerate().take(upto + 1) {
            if let Some(spread) = forecast.noise[place].get(at).filter(|_| counts(place)) {
                let kind = if place == 0 { &mut arrived.normal } else { &mut arrived.products };
                kind.add(spread, *variance);
            }
        }
        for (place, variance) in arising.carried.iter().enumerate().take(upto + 1) {
            if let Some(spread) = forecast.carried[place].get(at).filter(|_| counts(place)) {
                arrived.products.add(spread, *variance);
            }
        }
        for (layer, factor) in arising.rounding.iter().enumerate().take(upto) {
            if let Some(spread) = weights[layer].get(at) {
                arrived.normal.add(spread, *factor);
            }
        }
        arrived
    }

    /// Variance of the error of each value.
    pub fn variances(&self) -> Vec<f64> {
        let mut all = self.normal.clone();
        all.add(&self.products, 1.0);
        all.values
    }

    /// The largest error of each value among so many slots.
    pub fn largest_of_each(&self, slots: usize) -> Vec<f64> {
        // How far the tail of a value is from its standard deviation is the same for all.
        let normal = self.normal.largest(slots, normal_tail);
        let products = self.products.largest(slots, product_tail);
        let width = self.normal.values.len().max(self.products.values.len());
        let at = |spread: &Spread, v: usize| spread.values.get(v).copied().unwrap_or(0.0);
        let one = |v: usize| {
            let squares =
                normal.powi(2) * at(&self.normal, v) + products.powi(2) * at(&self.products, v);
            squares.sqrt()
        };
        (0..width).map(one).collect()
    }

    /// The largest error of all values, each in so many slots.
    pub fn largest(&self, slots: usize) -> f64 {
        let width = self.normal.values.len().max(self.products.values.len()).max(1);
        self.largest_of_each(slots * width).into_iter().fold(0.0, f64::max)
    }
}

impl Spread {
    /// The largest of so many errors, in standard deviations of their value: `tail(y)` is the share of errors
    /// beyond y standard deviations of their sample.
    fn largest(&self, slots: usize, tail: fn(f64) -> f64) -> f64 {
        let mean = self.samples.iter().sum::<f64>() / self.samples.len().max(1) as f64;
        if mean <= 0.0 {
            return 0.0;
        }
        let mut kinds: Vec<f64> = self.samples.iter().map(|v| v / mean).collect();
        kinds.sort_by(|a, b| b.total_cmp(a));
        // The largest by themselves, others together.
        let mut groups = Vec::new();
        let (mut from, mut size) = (0, 1);
        while from < kinds.len() {
            let group = &kinds[from..kinds.len().min(from + size)];
            let mean = group.iter().sum::<f64>() / group.len() as f64;
            groups.push((mean.sqrt(), group.len() as f64 / kinds.len() as f64));
            (from, size) = (from + size, if from == 0 { 1 } else { 2 * size });
        }
        let beyond = |x: f64| -> f64 {
            let of = |(d, share): &(f64, f64)| if *d > 0.0 { share * tail(x / d) } else { 0.0 };
            slots as f64 * groups.iter().map(of).sum::<f64>()
        };
        // It falls from above 1 to below 1 between these.
        let (mut low, mut high) = (0.0, 64.0 * groups.first().map_or(1.0, |g| g.0));
        for _ in 0..28 {
            let middle = 0.5 * (low + high);
            if beyond(middle) > 1.0 { low = middle } else { high = middle }
        }
        high
    }
}

fn normal_tail(y: f64) -> f64 {
    libm::erfc(y * std::f64::consts::FRAC_1_SQRT_2)
}

/// Of a product of two independent normal variables, for large y.
fn product_tail(y: f64) -> f64 {
    ((2.0 / (std::f64::consts::PI * y)).sqrt() * (-y).exp()).min(1.0)
}
