//! Waveforms with noise, made from a seed.

use super::super::dataset::Dataset;
use super::super::error::DataError;
use super::super::split::SplitMix64;
use super::series::{About, Series, dataset};
use std::f64::consts::TAU;

const STEPS: usize = 24;
const TRAIN: usize = 1024;
const TEST: usize = 512;
/// Standard deviation of the noise; amplitudes go from 0.7 to 1.3.
const NOISE: f64 = 0.15;

const CLASSES: [&str; 4] = ["sine", "square", "sawtooth", "pulse"];

/// Sines, squares, sawtooths and pulses of 1.5 to 3 periods, any phase and sign of slope as it
/// comes, with Gaussian noise; as many of each in either part.
pub(super) fn open(name: &str, seed: u64) -> Result<Dataset, DataError> {
    let mut random = SplitMix64(seed);
    let mut part = |samples: usize| {
        let mut series = Series::default();
        for sample in 0..samples {
            let class = sample % CLASSES.len();
            series.push(wave(class, &mut random), class as u16);
        }
        series
    };
    let (train, test) = (part(TRAIN), part(TEST));
    let source = format!("waveforms with noise, generated from seed {seed}");
    let classes = CLASSES.iter().map(|c| (*c).to_owned()).collect();
    dataset(About { name, source: &source, path: name, classes }, 1, &train, &test)
}

fn wave(class: usize, random: &mut SplitMix64) -> Vec<f32> {
    let periods = 1.5 + 1.5 * random.unit();
    let phase = random.unit();
    let amplitude = 0.7 + 0.6 * random.unit();
    (0..STEPS)
        .map(|step| {
            let t = (phase + periods * step as f64 / STEPS as f64).fract();
            let clean = match class {
                0 => (TAU * t).sin(),
                1 if t < 0.5 => 1.0,
                1 => -1.0,
                2 => 2.0 * t - 1.0,
                _ if t < 0.2 => 1.6,
                _ => -0.4,
            };
            (amplitude * clean + NOISE * random.normal()) as f32
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_waves() {
        let found = open("waves", 1).expect("made");
        assert_eq!((found.train().len(), found.test().len()), (TRAIN, TEST));
        assert_eq!(open("waves", 1).expect("made"), found);
        assert_ne!(open("waves", 2).expect("made").test(), found.test());
        for class in 0..4 {
            assert_eq!(found.test().labels.iter().filter(|l| **l == class).count(), TEST / 4);
        }
        assert_ne!(found.train().inputs[..STEPS], found.test().inputs[..STEPS]);
    }
}
