//! Number-theoretic transforms.

use super::harness::{BenchError, Harness, demand};
use super::measurement::Measurement;
use ring::{Ntt, Seed, ntt_primes};

/// Transforms of one repetition: long enough for the clock, few enough for the second-level cache.
const TRANSFORMS: usize = 8;

/// Evaluations that are computed the slow way.
const CHECKED: usize = 3;

/// Bits of the prime.
const PRIME_BITS: u32 = 48;

/// One polynomial and the transform of its prime.
pub struct Transforms {
    ntt: Ntt,
    n: usize,
    coefficients: Vec<u64>,
}

impl Transforms {
    /// A random polynomial of degree below `n`, a power of two from 32 on.
    pub fn new(n: usize, seed: u64) -> Result<Self, BenchError> {
        let prime = ntt_primes(PRIME_BITS, n, 1, &[]).first().copied();
        let ntt = prime.and_then(|q| Ntt::new(n, q));
        let ntt = ntt.ok_or_else(|| BenchError::Refused(format!("no transform of length {n}")))?;
        let mut stream = Seed::from_number(seed).derive("bench transform", n as u64).stream(0);
        let q = ntt.modulus();
        let coefficients = (0..n).map(|_| q.reduce(stream.next_u64())).collect();
        Ok(Self { ntt, n, coefficients })
    }

    /// The polynomial.
    pub fn coefficients(&self) -> &[u64] {
        &self.coefficients
    }

    /// The transform.
    pub fn ntt(&self) -> &Ntt {
        &self.ntt
    }

    /// Whether `evaluations` are those of the polynomial: some of them by Horner's rule, all of them
    /// by the way back.
    pub fn check(&self, evaluations: &[u64]) -> Result<(), BenchError> {
        let what = "ntt";
        let q = self.ntt.modulus();
        // The transform of X gives the points themselves.
        let mut points = vec![0; self.n];
        points[1] = 1;
        self.ntt.forward(&mut points);
        for k in (0..CHECKED).map(|i| i * (self.n - 1) / (CHECKED - 1)) {
            let horner = |acc, c: &u64| q.add(q.mul(acc, points[k]), *c);
            let expected = self.coefficients.iter().rev().fold(0, horner);
            demand(evaluations[k] == expected, what, || {
                format!("evaluation {k} is {}, not {expected}", evaluations[k])
            })?;
            let unit_root = q.pow(points[k], self.n as u64) == q.value() - 1;
            demand(unit_root, what, || format!("point {k} is no root of X^{} + 1", self.n))?;
        }
        let mut back = evaluations.to_vec();
        self.ntt.inverse(&mut back);
        demand(back == self.coefficients, what, || "the way back leads elsewhere".into())
    }
}

pub(crate) fn measure(harness: &mut Harness) -> Result<(), BenchError> {
    for n in [4096, 8192, 16_384] {
        let transforms = Transforms::new(n, harness.options.seed)?;
        let mut evaluations = transforms.coefficients.clone();
        transforms.ntt.forward(&mut evaluations);
        transforms.check(&evaluations)?;
        for (direction, start, end) in [
            ("forward", &transforms.coefficients, &evaluations),
            ("inverse", &evaluations, &transforms.coefficients),
        ] {
            let what = format!("ntt {direction}");
            let rows = || vec![start.clone(); TRANSFORMS];
            let (timing, rows) = harness.time(&what, rows, |mut rows| {
                for row in &mut rows {
                    match direction {
                        "forward" => transforms.ntt.forward(row),
                        _ => transforms.ntt.inverse(row),
                    }
                }
                Ok(rows)
            })?;
            demand(rows.iter().all(|r| r == end), &what, || "a row differs".into())?;
            let measurement = Measurement::new(&what, &timing, TRANSFORMS as f64, "transforms")
                .with("ring_degree", n)
                .with("prime_bits", PRIME_BITS)
                .checked_by("evaluations by Horner's rule, and the way back");
            let measurement = Measurement { threads: 1, ..measurement };
            harness.emit_run(measurement)?;
        }
    }
    Ok(())
}

/// Seconds of one forward transform, in degree `n`.
pub(crate) fn transform_secs(harness: &Harness, n: usize) -> Result<f64, BenchError> {
    let transforms = Transforms::new(n, harness.options.seed)?;
    let rows = || vec![transforms.coefficients.clone(); TRANSFORMS];
    let (timing, _) = harness.time("ntt forward", rows, |mut rows| {
        rows.iter_mut().for_each(|row| transforms.ntt.forward(row));
        Ok(rows)
    })?;
    Ok(timing.quantile(0.25) / TRANSFORMS as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_evaluation_is_found() {
        let transforms = Transforms::new(1024, 1).unwrap();
        let mut evaluations = transforms.coefficients.clone();
        transforms.ntt.forward(&mut evaluations);
        transforms.check(&evaluations).unwrap();
        for at in [0, 5, 1023] {
            let mut damaged = evaluations.clone();
            damaged[at] ^= 1;
            assert!(matches!(transforms.check(&damaged), Err(BenchError::Wrong { .. })));
        }
    }
}
