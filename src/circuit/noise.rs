//! Predicted BGV noise.
//!
//! Average case, in the canonical embedding (Costache, Curtis, Hales, Murphy, Ogilvie, Player,
//! eprint 2022/162, section 3): the value of an error polynomial at a primitive 2N-th root of unity
//! is close to a complex Gaussian of variance N times that of a coefficient, and ring operations act
//! value by value. So noise is followed at random points through the very network that will run:
//! weighted sums and squares as they are, fresh errors, key-switching errors and rounding added
//! where they arise. What ciphertexts share (inputs, the secret, the key errors) is shared by the
//! samples too, which closed formulas that assume independence cannot say; they are kept as the fast
//! variant that searches use.
//!
//! A phase holds the message, too. Slots that are all alike are a constant polynomial: biases are
//! followed as that, apart from what is random. They count where nothing else is left, as after
//! weights that are all 0.

use super::compiled::thirds;
use super::integer_layer::IntegerLayer;
use ring::{ERROR_VARIANCE, Modulus, Seed, SeedStream};

/// Variance of a coefficient of the uniform ternary secret.
const SECRET_VARIANCE: f64 = 2.0 / 3.0;

/// Noise of all ciphertexts after a stage.
#[derive(Clone, Debug, PartialEq)]
pub struct StageNoise {
    /// Primes left.
    pub level: usize,
    /// `log2` of the standard deviation of a phase coefficient, per ciphertext.
    pub standard_deviations_log2: Vec<f64>,
}

impl StageNoise {
    /// The largest standard deviation.
    pub fn worst_log2(&self) -> f64 {
        self.standard_deviations_log2.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    }

    /// The `count` noisiest ciphertexts, noisiest first.
    pub fn noisiest(&self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.standard_deviations_log2.len()).collect();
        order.sort_by(|a, b| {
            self.standard_deviations_log2[*b].total_cmp(&self.standard_deviations_log2[*a])
        });
        order.truncate(count);
        order
    }
}

/// `log2` of the expected largest of N centred Gaussians of standard deviation 1, in absolute value:
/// `sqrt(2 ln 2N)`.
pub fn log2_peak(n: usize) -> f64 {
    (2.0 * (2.0 * n as f64).ln()).sqrt().log2()
}

/// Noise of a whole circuit.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    pub input: StageNoise,
    /// After each layer, before any key switch that follows it.
    pub layers: Vec<StageNoise>,
    /// After each key switch.
    pub switches: Vec<StageNoise>,
    /// Primes dropped at each key switch.
    pub drops: Vec<usize>,
}

/// What noise depends on besides the network.
#[derive(Clone, Copy, Debug)]
pub struct Ring<'a> {
    pub n: usize,
    /// The largest plaintext modulus.
    pub t: u64,
    /// All of them.
    pub moduli: &'a [u64],
    pub primes: &'a [u64],
}

/// The factors that messages have modulo each plaintext modulus: those of dropped primes.
struct Factors(Vec<(Modulus, u64)>);

impl Factors {
    fn new(ring: Ring) -> Self {
        Self(ring.moduli.iter().filter_map(|t| Some((Modulus::new(*t)?, 1))).collect())
    }

    /// What phases of carried messages are multiplied with at a square, at most.
    fn square(&mut self) -> f64 {
        let mut most = 1.0f64;
        for (t, factor) in &mut self.0 {
            most = most.max(t.center(*factor).unsigned_abs() as f64);
            *factor = t.mul(*factor, *factor);
        }
        most
    }

    fn drop_prime(&mut self, prime: u64) {
        for (t, factor) in &mut self.0 {
            *factor = t.mul(*factor, t.inv(t.reduce(prime)).unwrap_or(1));
        }
    }
}

/// A way to follow noise through a circuit.
pub(super) trait Noise {
    fn linear(&mut self, ring: Ring, layer: &IntegerLayer);
    /// The first `acts_on` are squared, the others multiplied by `carry`.
    fn square(&mut self, acts_on: usize, carry: f64);
    /// A key is switched where there is a `third` component.
    fn relinearise(&mut self, ring: Ring, level: usize, third: &[bool]);
    fn switch(&mut self, ring: Ring, dropped: u64);
    fn standard_deviations_log2(&self) -> Vec<f64>;
}

/// Forecast by independent variances: fast, for searches.
pub fn estimate(layers: &[IntegerLayer], inputs: usize, ring: Ring) -> Forecast {
    let fresh = fresh_variance(ring);
    follow(layers, ring, Variances::new(ring.n, fresh, inputs))
}

/// Forecast by `samples` random points; the same for the same arguments.
pub fn simulate(layers: &[IntegerLayer], inputs: usize, ring: Ring, samples: usize) -> Forecast {
    follow(layers, ring, Points::fresh(inputs, ring, samples))
}

fn fresh_variance(ring: Ring) -> f64 {
    (ring.t as f64).powi(2) * (ERROR_VARIANCE + 1.0 / 12.0)
}

fn rounding_variance(ring: Ring) -> f64 {
    (ring.t as f64).powi(2) / 12.0 * (1.0 + ring.n as f64 * SECRET_VARIANCE)
}

fn follow(layers: &[IntegerLayer], ring: Ring, mut noise: impl Noise) -> Forecast {
    let mut level = ring.primes.len();
    let stage = |noise: &dyn Noise, level| StageNoise {
        level,
        standard_deviations_log2: noise.standard_deviations_log2(),
    };
    let mut forecast = Forecast {
        input: stage(&noise, level),
        layers: Vec::new(),
        switches: Vec::new(),
        drops: Vec::new(),
    };
    let floor_log2 = rounding_variance(ring).log2() / 2.0;
    let mut squared = false;
    let mut factors = Factors::new(ring);
    let mut third = vec![false; forecast.input.standard_deviations_log2.len()];
    for layer in layers {
        if let IntegerLayer::Square { acts_on, .. } = layer {
            if squared {
                noise.relinearise(ring, level, &third);
                // A dropped prime pays when it takes more than half its bits off the noise: the next
                // square doubles the noise in bits, but the modulus is shorter by the prime.
                let mut dropped = 0;
                while level > 1 {
                    let before = worst(&noise.standard_deviations_log2());
                    let prime_log2 = (ring.primes[level - 1] as f64).log2();
                    if before - (before - prime_log2).max(floor_log2) <= prime_log2 / 2.0 {
                        break;
                    }
                    level -= 1;
                    noise.switch(ring, ring.primes[level]);
                    factors.drop_prime(ring.primes[level]);
                    dropped += 1;
                }
                forecast.drops.push(dropped);
                forecast.switches.push(stage(&noise, level));
            }
            squared = true;
            third.fill(false);
            noise.square(*acts_on, factors.square());
        } else {
            noise.linear(ring, layer);
        }
        third = thirds(layer, &third);
        forecast.layers.push(stage(&noise, level));
    }
    forecast
}

fn worst(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

/// A bias as an integer near 0 modulo `t`.
pub(super) fn near_zero(bias: i128, t: u64) -> f64 {
    let t = i128::from(t);
    let rest = bias.rem_euclid(t);
    (if rest > t / 2 { rest - t } else { rest }) as f64
}

/// Sums of constants by the weights of `layer`, and what `own` gives each of them.
fn summed(layer: &IntegerLayer, constants: &[f64], own: impl Fn(i128) -> f64) -> Vec<f64> {
    let IntegerLayer::Linear { rows, bias, .. } = layer else { return constants.to_vec() };
    let sum = |row: &ring::Row| -> f64 {
        let pairs = row.columns.iter().zip(&row.weights);
        pairs.map(|(c, w)| f64::from(*w) * constants[*c as usize]).sum()
    };
    rows.iter().zip(bias).map(|(row, b)| sum(row) + own(*b)).collect()
}

/// `log2` of the standard deviation that has the largest coefficient of a polynomial of random coefficients of
/// standard deviation `random` and a constant, all times `2^log2_scale`; a phase is 1 or more.
pub(super) fn standard_deviation_log2(
    n: usize,
    random: f64,
    constant: f64,
    log2_scale: f64,
) -> f64 {
    let peak = log2_peak(n);
    let log2 = (random + constant.abs() / peak.exp2()).log2() + log2_scale;
    log2.max(-peak)
}

/// Independent variances, times `4^log2_scale`, and constants, times `2^log2_scale`.
pub(super) struct Variances {
    n: f64,
    log2_scale: f64,
    values: Vec<f64>,
    constants: Vec<f64>,
}

impl Variances {
    /// `count` variances `fresh` in degree `n`.
    pub(super) fn new(n: usize, fresh: f64, count: usize) -> Self {
        let constants = vec![0.0; count];
        Self { n: n as f64, log2_scale: 0.0, values: vec![fresh; count], constants }
    }

    /// The first `count` times `factor`.
    pub(super) fn multiply(&mut self, count: usize, factor: f64) {
        self.log2_scale += factor.log2() / 2.0;
        self.values.iter_mut().skip(count).for_each(|v| *v /= factor);
        self.constants.iter_mut().skip(count).for_each(|c| *c /= factor.sqrt());
    }

    /// Keeps the numbers far from overflow.
    fn rescale(&mut self) {
        let square = |c: &f64| c * c;
        let all = self.values.iter().copied().chain(self.constants.iter().map(square));
        let largest = all.fold(1.0, f64::max).log2().floor() / 2.0;
        self.log2_scale += largest;
        let factor = (-largest).exp2();
        self.values.iter_mut().for_each(|v| *v *= factor * factor);
        self.constants.iter_mut().for_each(|c| *c *= factor);
    }

    /// Weighted sums; `own` gives what a bias adds to the constant.
    pub(super) fn sum(&mut self, layer: &IntegerLayer, own: impl Fn(i128) -> f64) {
        let IntegerLayer::Linear { rows, .. } = layer else { return };
        let sum = |r: &ring::Row| {
            let pairs = r.columns.iter().zip(&r.weights);
            pairs.map(|(c, w)| f64::from(*w).powi(2) * self.values[*c as usize]).sum()
        };
        self.values = rows.iter().map(sum).collect();
        let unit = (-self.log2_scale).exp2();
        self.constants = summed(layer, &self.constants, |b| own(b) * unit);
        self.rescale();
    }

    /// The constants of the first `count` become part of what is random.
    pub(super) fn spread_constants(&mut self, count: usize) {
        for (v, c) in self.values.iter_mut().zip(&mut self.constants).take(count) {
            *v += std::mem::take(c).powi(2) / self.n;
        }
    }

    /// `variance` added to the first `count`.
    pub(super) fn add(&mut self, count: usize, variance: f64) {
        let variance = (variance.log2() - 2.0 * self.log2_scale).exp2();
        self.values.iter_mut().take(count).for_each(|v| *v += variance);
    }

    fn add_where(&mut self, some: &[bool], variance: f64) {
        let variance = (variance.log2() - 2.0 * self.log2_scale).exp2();
        let all = self.values.iter_mut().zip(some).filter(|(_, some)| **some);
        all.for_each(|(v, _)| *v += variance);
    }
}

impl Noise for Variances {
    fn linear(&mut self, ring: Ring, layer: &IntegerLayer) {
        self.sum(layer, |b| near_zero(b, ring.t));
    }

    fn square(&mut self, acts_on: usize, carry: f64) {
        let n = self.n;
        let carry = (carry.log2() - self.log2_scale).exp2();
        self.values.iter_mut().skip(acts_on).for_each(|v| *v *= carry * carry);
        self.constants.iter_mut().skip(acts_on).for_each(|c| *c *= carry);
        for (v, c) in self.values.iter_mut().zip(&mut self.constants).take(acts_on) {
            *v = 2.0 * n * *v * *v + 4.0 * *c * *c * *v;
            *c *= *c;
        }
        self.log2_scale *= 2.0;
        self.rescale();
    }

    fn relinearise(&mut self, ring: Ring, level: usize, third: &[bool]) {
        let digits: f64 = ring.primes[..level].iter().map(|q| (*q as f64).powi(2) / 12.0).sum();
        self.add_where(third, digits * ring.n as f64 * ERROR_VARIANCE * (ring.t as f64).powi(2));
        self.rescale();
    }

    fn switch(&mut self, ring: Ring, dropped: u64) {
        self.log2_scale -= (dropped as f64).log2();
        self.add(usize::MAX, rounding_variance(ring));
        self.rescale();
    }

    fn standard_deviations_log2(&self) -> Vec<f64> {
        let (n, scale) = (self.n as usize, self.log2_scale);
        let both = self.values.iter().zip(&self.constants);
        both.map(|(v, c)| standard_deviation_log2(n, v.sqrt(), *c, scale)).collect()
    }
}

/// Noise at random points.
struct Points {
    n: f64,
    samples: usize,
    values: Values,
    random: Gaussian,
    /// The secret at each sample.
    secret: (Vec<f64>, Vec<f64>),
    /// The key error of each digit at each sample.
    key_errors: Vec<(Vec<f64>, Vec<f64>)>,
}

impl Points {
    fn fresh(inputs: usize, ring: Ring, samples: usize) -> Self {
        let n = ring.n as f64;
        let mut random = Gaussian::new(Seed::from_number(0x0063_7279_7074_6f73).stream(0));
        let log2_scale = fresh_variance(ring).log2() / 2.0;
        let (re, im) = (0..inputs).map(|_| random.complex(samples, n)).unzip();
        let values = Values { log2_scale, re, im, constants: vec![0.0; inputs] };
        let secret = random.complex(samples, n * SECRET_VARIANCE);
        let key_errors =
            ring.primes.iter().map(|_| random.complex(samples, n * ERROR_VARIANCE)).collect();
        Self { n, samples, values, random, secret, key_errors }
    }
}

impl Noise for Points {
    fn linear(&mut self, ring: Ring, layer: &IntegerLayer) {
        self.values.linear(layer, |b| near_zero(b, ring.t));
    }

    fn square(&mut self, acts_on: usize, carry: f64) {
        let Values { re, im, constants, log2_scale } = &mut self.values;
        let carry = (carry.log2() - *log2_scale).exp2();
        for (re, im) in re.iter_mut().zip(im.iter_mut()).take(acts_on) {
            for (x, y) in re.iter_mut().zip(im) {
                (*x, *y) = (*x * *x - *y * *y, 2.0 * *x * *y);
            }
        }
        constants.iter_mut().take(acts_on).for_each(|c| *c *= *c);
        re.iter_mut().skip(acts_on).flatten().for_each(|x| *x *= carry);
        im.iter_mut().skip(acts_on).flatten().for_each(|y| *y *= carry);
        constants.iter_mut().skip(acts_on).for_each(|c| *c *= carry);
        self.values.log2_scale *= 2.0;
        self.values.rescale();
    }

    fn relinearise(&mut self, ring: Ring, level: usize, third: &[bool]) {
        for (digit, q) in ring.primes[..level].iter().enumerate() {
            let log2 = (*q as f64).log2() + (ring.t as f64).log2() - self.values.log2_scale;
            let factor = log2.exp2() / 12f64.sqrt();
            let key = &self.key_errors[digit];
            let all = self.values.re.iter_mut().zip(&mut self.values.im).zip(third);
            for ((re, im), _) in all.filter(|(_, third)| **third) {
                let (dx, dy) = self.random.complex(self.samples, self.n);
                for k in 0..self.samples {
                    re[k] += factor * (dx[k] * key.0[k] - dy[k] * key.1[k]);
                    im[k] += factor * (dx[k] * key.1[k] + dy[k] * key.0[k]);
                }
            }
        }
        self.values.rescale();
    }

    fn switch(&mut self, ring: Ring, dropped: u64) {
        self.values.log2_scale -= (dropped as f64).log2();
        let factor = ((ring.t as f64).log2() - self.values.log2_scale).exp2() / 12f64.sqrt();
        for (re, im) in self.values.re.iter_mut().zip(&mut self.values.im) {
            let (ax, ay) = self.random.complex(self.samples, self.n);
            let (bx, by) = self.random.complex(self.samples, self.n);
            for k in 0..self.samples {
                let (sx, sy) = (self.secret.0[k], self.secret.1[k]);
                re[k] += factor * (ax[k] + bx[k] * sx - by[k] * sy);
                im[k] += factor * (ay[k] + bx[k] * sy + by[k] * sx);
            }
        }
        self.values.rescale();
    }

    fn standard_deviations_log2(&self) -> Vec<f64> {
        let per_point = self.samples as f64 * self.n;
        let square_sum = |v: &[f64], c: f64| v.iter().map(|x| (x - c).powi(2)).sum::<f64>();
        let Values { re, im, constants, log2_scale } = &self.values;
        re.iter()
            .zip(im)
            .zip(constants)
            .map(|((re, im), c)| {
                let random = ((square_sum(re, *c) + square_sum(im, 0.0)) / per_point).sqrt();
                standard_deviation_log2(self.n as usize, random, *c, *log2_scale)
            })
            .collect()
    }
}

/// Values at points, times `2^log2_scale`: `[ciphertext][point]`, real and imaginary, and of each the
/// constant that is part of it.
pub(super) struct Values {
    pub(super) log2_scale: f64,
    pub(super) re: Vec<Vec<f64>>,
    pub(super) im: Vec<Vec<f64>>,
    pub(super) constants: Vec<f64>,
}

impl Values {
    /// Weighted sums; `own` gives what a bias adds to the constant. Squares are left to the scheme.
    pub(super) fn linear(&mut self, layer: &IntegerLayer, own: impl Fn(i128) -> f64) {
        let IntegerLayer::Linear { rows, .. } = layer else { return };
        let apply = |values: &[Vec<f64>]| -> Vec<Vec<f64>> {
            rows.iter()
                .map(|row| {
                    let mut sums = vec![0.0; values.first().map_or(0, Vec::len)];
                    for (c, w) in row.columns.iter().zip(&row.weights) {
                        let w = f64::from(*w);
                        sums.iter_mut().zip(&values[*c as usize]).for_each(|(s, x)| *s += w * x);
                    }
                    sums
                })
                .collect()
        };
        (self.re, self.im) = (apply(&self.re), apply(&self.im));
        let unit = (-self.log2_scale).exp2();
        let before = summed(layer, &self.constants, |_| 0.0);
        self.constants = summed(layer, &self.constants, |b| own(b) * unit);
        for ((re, c), before) in self.re.iter_mut().zip(&self.constants).zip(before) {
            re.iter_mut().for_each(|x| *x += c - before);
        }
        self.rescale();
    }

    /// Keeps the numbers far from overflow.
    pub(super) fn rescale(&mut self) {
        let largest =
            self.re.iter().chain(&self.im).flatten().fold(1.0, |acc: f64, x| acc.max(x.abs()));
        let shift = largest.log2().floor();
        self.log2_scale += shift;
        let factor = (-shift).exp2();
        self.re.iter_mut().chain(&mut self.im).flatten().for_each(|x| *x *= factor);
        self.constants.iter_mut().for_each(|c| *c *= factor);
    }
}

/// Gaussian numbers by the polar method of Box and Muller.
pub(super) struct Gaussian(SeedStream);

impl Gaussian {
    pub(super) fn new(stream: SeedStream) -> Self {
        Self(stream)
    }

    /// Complex Gaussians of variance `variance` (both parts together).
    pub(super) fn complex(&mut self, count: usize, variance: f64) -> (Vec<f64>, Vec<f64>) {
        let unit = |word: u64| ((word >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
        (0..count)
            .map(|_| {
                let radius = (-variance * unit(self.0.next_u64()).ln()).sqrt();
                let (sin, cos) = (std::f64::consts::TAU * unit(self.0.next_u64())).sin_cos();
                (radius * cos, radius * sin)
            })
            .unzip()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::integer_network;
    use ring::{Row, ntt_primes};

    #[test]
    fn both_forecasts_start_alike_and_stay_close() {
        let network = integer_network(2, 16);
        let n = 8192;
        let primes = ntt_primes(48, n, 4, &[]);
        let ring = Ring { n, t: ntt_primes(35, n, 1, &[])[0], moduli: &[], primes: &primes };
        let fast = estimate(network.layers(), 16, ring);
        let full = simulate(network.layers(), 16, ring, 256);
        assert_eq!(fast.drops, full.drops);
        assert!((fast.input.worst_log2() - full.input.worst_log2()).abs() < 0.3);
        let stages = |f: &Forecast| {
            f.layers.iter().chain(&f.switches).map(StageNoise::worst_log2).collect::<Vec<_>>()
        };
        for (a, b) in stages(&fast).iter().zip(stages(&full)) {
            assert!((a - b).abs() < 3.0, "{a} {b}");
        }
    }

    #[test]
    fn forecasts_are_repeatable() {
        let network = integer_network(1, 8);
        let primes = ntt_primes(48, 4096, 2, &[]);
        let ring = Ring { n: 4096, t: 65_537, moduli: &[], primes: &primes };
        assert_eq!(
            simulate(network.layers(), 8, ring, 32),
            simulate(network.layers(), 8, ring, 32)
        );
    }

    #[test]
    fn large_moduli_do_not_overflow() {
        let network = integer_network(4, 4);
        let primes = ntt_primes(50, 32_768, 16, &[]);
        let ring =
            Ring { n: 32_768, t: ntt_primes(49, 32_768, 1, &[])[0], moduli: &[], primes: &primes };
        for forecast in
            [estimate(network.layers(), 4, ring), simulate(network.layers(), 4, ring, 16)]
        {
            assert!(forecast.layers.iter().all(|s| s.worst_log2().is_finite()));
        }
    }

    #[test]
    fn what_is_left_after_weights_of_nothing_is_the_bias() {
        let row = |weight| Row { columns: [0, 1].into(), weights: vec![weight; 2] };
        let layer = |weights: [i32; 2], bias: [i128; 2]| IntegerLayer::Linear {
            name: "sums".into(),
            rows: weights.map(row).to_vec(),
            bias: bias.to_vec(),
            weight_bits: 2,
        };
        let layers = [
            layer([0, 0], [1000, 0]),
            IntegerLayer::Square { name: "square".into(), acts_on: 2 },
            layer([1, 0], [65_537 + 5, 7]),
        ];
        let n = 4096;
        let primes = ntt_primes(48, n, 2, &[]);
        let ring = Ring { n, t: 65_537, moduli: &[], primes: &primes };
        let peak = log2_peak(n);
        for forecast in [estimate(&layers, 2, ring), simulate(&layers, 2, ring, 64)] {
            let largest: Vec<f64> = forecast
                .layers
                .iter()
                .flat_map(|s| s.standard_deviations_log2.iter().map(|d| (d + peak).exp2()))
                .collect();
            // A phase of 0 counts as 1.
            let expected = [1000.0, 1.0, 1e6, 1.0, 1e6 + 5.0, 7.0];
            for (found, expected) in largest.iter().zip(expected) {
                assert!((found / expected - 1.0f64).abs() < 1e-6, "{largest:?}");
            }
        }
    }

    #[test]
    fn the_noisiest_come_first() {
        let stage = StageNoise { level: 1, standard_deviations_log2: vec![3.0, 9.0, 5.0] };
        assert_eq!(stage.noisiest(2), [1, 2]);
        assert_eq!(stage.worst_log2(), 9.0);
    }
}
