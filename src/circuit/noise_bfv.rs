//! Predicted BFV noise.
//!
//! What is followed is `e = t phase - q m`, t times the noise, so that the margin is
//! `log2(q/2) - log2(max |e|)` as for BGV; and in the same way, at points of the canonical embedding
//! (see [`super::noise`]). A square multiplies it by `2 t (c0 + c1 s) / q` (Fan and Vercauteren, eprint
//! 2012/144, section 4; the average case in Biasioli, Marcolla, Calderini and Mono, eprint 2023/600),
//! where `c0 / q` and `c1 / q` are uniform in (-1/2, 1/2); it follows the secret at each point, which
//! all ciphertexts share. What is left out (squares of the noise, rounding after the product) is
//! smaller by more than the margin or by `log2 t`.
//!
//! The `fhe` crate reads the digits of a key switch and the rests of an encoded message as integers in
//! `[0, q_i)` and `[0, t)`, not centred. The mean is a polynomial of equal coefficients that all
//! ciphertexts share, so it does not average out in weighted sums; at a root z of `X^N + 1` it is
//! `1 / (1 - z)` times the width, all of it at the few roots nearest to 1. Those are followed
//! apart from the others, which are drawn at random.

use super::integer_layer::IntegerLayer;
use super::noise::{
    Forecast, Gaussian, Noise, Ring, StageNoise, Values, Variances, log2_peak,
    standard_deviation_log2,
};
use ring::Seed;
use scheme::bfv::VARIANCE;
use std::f64::consts::PI;

/// Variance of a uniform number from an interval of width 1, about its middle and about its end.
const CENTRED: f64 = 1.0 / 12.0;
const FROM_ZERO: f64 = 1.0 / 3.0;

/// Roots nearest to 1 (of one half plane) that are followed apart: they have 95 % of the mean.
const NEAR_ROOTS: usize = 4;
/// Points followed at each of them.
const NEAR_POINTS: usize = 16;
/// Largest coefficient of a sum of a few slow waves over its standard deviation, about.
const SLOW_PEAK: f64 = 1.7;

/// Forecast by independent variances: fast, for searches.
pub fn estimate(layers: &[IntegerLayer], inputs: usize, ring: Ring) -> Forecast {
    let (n, t) = (ring.n as f64, ring.t as f64);
    let digits: f64 = ring.primes.iter().map(|q| (*q as f64).powi(2) * FROM_ZERO).sum();
    let mut noise = Variances::new(ring.n, t * t * (VARIANCE + FROM_ZERO), inputs);
    let mut stages = vec![noise.standard_deviations_log2()];
    for layer in layers {
        match layer {
            IntegerLayer::Linear { .. } => noise.sum(layer, |b| rest(b, ring)),
            IntegerLayer::Square { acts_on, .. } => {
                noise.spread_constants(*acts_on);
                noise.multiply(*acts_on, 4.0 * t * t * n * CENTRED * (1.0 + n * VARIANCE));
                noise.add(*acts_on, digits * n * VARIANCE * t * t);
            }
        }
        stages.push(noise.standard_deviations_log2());
    }
    forecast(ring, stages)
}

/// Forecast by `samples` random points and those near 1; the same for the same arguments.
pub fn simulate(layers: &[IntegerLayer], inputs: usize, ring: Ring, samples: usize) -> Forecast {
    let mut points = Points::fresh(inputs, ring, samples);
    let mut stages = vec![points.standard_deviations_log2()];
    for layer in layers {
        match layer {
            IntegerLayer::Linear { .. } => points.values.linear(layer, |b| rest(b, ring)),
            IntegerLayer::Square { acts_on, .. } => points.square(*acts_on),
        }
        stages.push(points.standard_deviations_log2());
    }
    forecast(ring, stages)
}

/// What encoding a bias adds to `e`: the rest of `q b` modulo t, in `(-t, 0]`.
fn rest(bias: i128, ring: Ring) -> f64 {
    let t = i128::from(ring.t);
    let q = ring.primes.iter().fold(1, |q, p| q * i128::from(p % ring.t) % t);
    let rest = q * bias.rem_euclid(t) % t;
    -(rest as f64)
}

fn forecast(ring: Ring, stages: Vec<Vec<f64>>) -> Forecast {
    let level = ring.primes.len();
    let mut stages = stages
        .into_iter()
        .map(|standard_deviations_log2| StageNoise { level, standard_deviations_log2 });
    let input = stages.next().unwrap_or(StageNoise { level, standard_deviations_log2: Vec::new() });
    Forecast { input, layers: stages.collect(), switches: Vec::new(), drops: Vec::new() }
}

/// Noise at points: first those near 1, root after root, then random ones.
struct Points<'a> {
    ring: Ring<'a>,
    near: usize,
    points: usize,
    values: Values,
    random: Gaussian,
    /// `1 / (1 - z)` at each point z.
    mean: (Vec<f64>, Vec<f64>),
    secret: (Vec<f64>, Vec<f64>),
    /// The key error of each digit at each point.
    key_errors: Vec<(Vec<f64>, Vec<f64>)>,
}

impl<'a> Points<'a> {
    fn fresh(inputs: usize, ring: Ring<'a>, samples: usize) -> Self {
        let n = ring.n as f64;
        let mut random = Gaussian::new(Seed::from_number(0x0062_6676).stream(0));
        let near = NEAR_ROOTS * NEAR_POINTS;
        let points = near + samples;
        // 1 / (1 - z) = 1/2 + i/2 cot(angle / 2) for z on the unit circle.
        let others = ring.n / 2 - NEAR_ROOTS;
        let root = |point: usize| match point.checked_sub(near) {
            None => point / NEAR_POINTS,
            // Roots spread evenly: what the mean has left there is little.
            Some(at) => NEAR_ROOTS + (2 * at + 1) * others / (2 * samples.max(1)),
        };
        let cot = |point| 0.5 / (PI * (2 * root(point) + 1) as f64 / (2.0 * n)).tan();
        let mean = (vec![0.5; points], (0..points).map(cot).collect::<Vec<f64>>());
        let errors = n * (VARIANCE + CENTRED);
        let (re, im) = (0..inputs)
            .map(|_| {
                let (mut re, mut im) = random.complex(points, errors);
                re.iter_mut().zip(&mean.0).for_each(|(x, m)| *x -= m);
                im.iter_mut().zip(&mean.1).for_each(|(y, m)| *y -= m);
                (re, im)
            })
            .unzip();
        let constants = vec![0.0; inputs];
        let values = Values { log2_scale: (ring.t as f64).log2(), re, im, constants };
        let secret = random.complex(points, n * VARIANCE);
        let key_errors = ring.primes.iter().map(|_| random.complex(points, n * VARIANCE)).collect();
        Self { ring, near, points, values, random, mean, secret, key_errors }
    }

    /// A product of each of the first ciphertexts with itself, and its key switch.
    fn square(&mut self, acts_on: usize) {
        let (n, log2_t) = (self.ring.n as f64, (self.ring.t as f64).log2());
        let grown = 1.0 + log2_t;
        self.values.log2_scale += grown;
        // Times something random they are no constants any more.
        self.values.constants.iter_mut().take(acts_on).for_each(|c| *c = 0.0);
        let Values { re, im, constants, .. } = &mut self.values;
        let carried = re.iter_mut().skip(acts_on).chain(im.iter_mut().skip(acts_on)).flatten();
        carried.chain(constants).for_each(|x| *x *= (-grown).exp2());
        for (re, im) in self.values.re.iter_mut().zip(&mut self.values.im).take(acts_on) {
            let (ax, ay) = self.random.complex(self.points, n * CENTRED);
            let (bx, by) = self.random.complex(self.points, n * CENTRED);
            for k in 0..self.points {
                let (sx, sy) = (self.secret.0[k], self.secret.1[k]);
                let kx = ax[k] + bx[k] * sx - by[k] * sy;
                let ky = ay[k] + bx[k] * sy + by[k] * sx;
                (re[k], im[k]) = (re[k] * kx - im[k] * ky, re[k] * ky + im[k] * kx);
            }
        }
        self.values.rescale();
        for (key, q) in self.key_errors.iter().zip(self.ring.primes) {
            let factor = ((*q as f64).log2() + log2_t - self.values.log2_scale).exp2();
            for (re, im) in self.values.re.iter_mut().zip(&mut self.values.im).take(acts_on) {
                let (dx, dy) = self.random.complex(self.points, n * CENTRED);
                for k in 0..self.points {
                    let (x, y) = (dx[k] + self.mean.0[k], dy[k] + self.mean.1[k]);
                    re[k] += factor * (x * key.0[k] - y * key.1[k]);
                    im[k] += factor * (x * key.1[k] + y * key.0[k]);
                }
            }
        }
        self.values.rescale();
    }

    /// Deviations that give the expected largest coefficient when multiplied by the peak of N
    /// independent ones: slow waves have a lower peak.
    fn standard_deviations_log2(&self) -> Vec<f64> {
        let n = self.ring.n as f64;
        let peak = log2_peak(self.ring.n).exp2();
        let one = |re: &[f64], im: &[f64], constant: f64| {
            let sum = |range: std::ops::Range<usize>| -> f64 {
                range.map(|k| (re[k] - constant).powi(2) + im[k] * im[k]).sum()
            };
            let roots = n / 2.0;
            let near = sum(0..self.near) / NEAR_POINTS as f64 / (roots * n);
            let random = sum(self.near..self.points) / (self.points - self.near).max(1) as f64 / n;
            let standard_deviation = random.sqrt() + near.sqrt() * SLOW_PEAK / peak;
            standard_deviation_log2(
                self.ring.n,
                standard_deviation,
                constant,
                self.values.log2_scale,
            )
        };
        let Values { re, im, constants, .. } = &self.values;
        re.iter().zip(im).zip(constants).map(|((re, im), c)| one(re, im, *c)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::integer_network;
    use ring::ntt_primes;

    #[test]
    fn both_forecasts_start_alike_and_stay_close() {
        let network = integer_network(2, 16);
        let n = 8192;
        let primes = ntt_primes(40, n, 5, &[]);
        let ring = Ring { n, t: ntt_primes(30, n, 1, &[])[0], moduli: &[], primes: &primes };
        let fast = estimate(network.layers(), 16, ring);
        let full = simulate(network.layers(), 16, ring, 256);
        assert!((fast.input.worst_log2() - full.input.worst_log2()).abs() < 0.3);
        for (a, b) in fast.layers.iter().zip(&full.layers) {
            assert!((a.worst_log2() - b.worst_log2()).abs() < 3.0, "{a:?} {b:?}");
        }
        assert_eq!(full, simulate(network.layers(), 16, ring, 256));
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
}
