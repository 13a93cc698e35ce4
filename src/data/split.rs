//! The training and test split of data that come without one: shuffled, stratified, repeatable.

use super::dataset::Split;
use super::guess::Guess;
use format::excerpt;

/// One sample in this many goes to the test part.
const TEST_SHARE: usize = 5;

/// Seed of every split that is not asked to be another.
pub const SPLIT_SEED: u64 = 1;

/// SplitMix64: state += 0x9e3779b97f4a7c15, then two xor-shift-multiply rounds.
///
/// Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators",
/// <https://doi.org/10.1145/2660193.2660195>, with the constants of its Java 8 implementation. Not for secrets.
pub(super) struct SplitMix64(pub u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `bound`, by the high word of a 64x64-bit product (bias below `bound / 2^64`).
    fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }

    /// Uniform in `[0, 1)`, of 53 bits.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Of mean 0 and variance 1 (Box and Muller 1958).
    pub fn normal(&mut self) -> f64 {
        let (a, b) = (1.0 - self.unit(), self.unit());
        (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
    }
}

/// Splits samples 4:1 into training and test part, the same way every time for the same `seed`.
///
/// All samples are shuffled (Fisher-Yates from the last to the second). In that order the first
/// `round(n / 5)` samples of each class, and at least one of a class that has two, make the test
/// part and the others the training part; both keep the shuffled order, so that the first few
/// samples of a part are not all of one class.
///
/// Samples change places in their own memory; `len` is the number of values of each.
pub(super) fn stratified(all: Split, len: usize, seed: u64) -> (Split, Split) {
    let mut train = all;
    let mut sources = shuffled(train.len(), seed);
    let mut quota = Quota::of(&train.labels);
    // Those for training to the front, those for testing behind them.
    let (mut trained, mut tests) = (0, Vec::with_capacity(quota.all()));
    for at in 0..sources.len() {
        let sample = sources[at];
        if quota.takes(train.labels[sample as usize]) {
            tests.push(sample);
        } else {
            sources[trained] = sample;
            trained += 1;
        }
    }
    sources[trained..].copy_from_slice(&tests);
    drop(tests);
    rearrange(&mut train, len, &mut sources);
    drop(sources);
    let labels = train.labels.split_off(trained);
    let inputs = train.inputs.split_off(trained * len);
    (train, Split { inputs, labels, lengths: Vec::new() })
}

/// Puts sample `sources[i]` in the place of sample `i`, cycle by cycle; `sources` becomes 0, 1, 2, ...
fn rearrange(part: &mut Split, len: usize, sources: &mut [u32]) {
    for first in 0..sources.len() {
        if sources[first] as usize == first {
            continue;
        }
        let label = part.labels[first];
        let values = part.inputs[first * len..(first + 1) * len].to_vec();
        let mut to = first;
        loop {
            let from = std::mem::replace(&mut sources[to], to as u32) as usize;
            if from == first {
                break;
            }
            part.labels[to] = part.labels[from];
            part.inputs.copy_within(from * len..(from + 1) * len, to * len);
            to = from;
        }
        part.labels[to] = label;
        part.inputs[to * len..(to + 1) * len].copy_from_slice(&values);
    }
}

/// What a person is told of a split.
pub(super) fn split_guess(labels: &[u16], classes: &[String], seed: u64) -> Vec<Guess> {
    let mut counts = vec![0usize; classes.len()];
    for label in labels {
        if let Some(count) = counts.get_mut(usize::from(*label)) {
            *count += 1;
        }
    }
    let split = format!("a fifth of each class, chosen by seed {seed}, is the test part");
    let mut guesses = vec![Guess::new(split, "seed=NUMBER")];
    let single: Vec<&String> =
        counts.iter().zip(classes).filter(|(n, _)| **n == 1).map(|(_, name)| name).collect();
    if let Some(first) = single.first() {
        let which = match single.len() {
            1 => format!("the class {} has one sample", excerpt(first)),
            n => format!("{n} classes, {} among them, have one sample each", excerpt(first)),
        };
        guesses.push(Guess::note(format!("{which}, which is trained on and not tested")));
    }
    guesses
}

/// The split of [`stratified`]: each sample, shuffled, and whether it is for the test part.
pub(super) fn shuffled_test_part(
    labels: &[u16],
    seed: u64,
) -> impl Iterator<Item = (usize, bool)> + '_ {
    let mut quota = Quota::of(labels);
    shuffled(labels.len(), seed).into_iter().map(move |sample| {
        let sample = sample as usize;
        (sample, quota.takes(labels[sample]))
    })
}

/// Numbers below `count`, which fits in 32 bits as no file has more samples, shuffled.
fn shuffled(count: usize, seed: u64) -> Vec<u32> {
    let mut random = SplitMix64(seed);
    let mut order: Vec<u32> = (0..count as u32).collect();
    for i in (1..order.len()).rev() {
        order.swap(i, random.below(i + 1));
    }
    order
}

/// Samples of each class that are still to go to the test part.
struct Quota(Vec<usize>);

impl Quota {
    fn of(labels: &[u16]) -> Self {
        let classes = labels.iter().max().map_or(0, |&l| usize::from(l) + 1);
        let mut left = vec![0usize; classes];
        for &label in labels {
            left[usize::from(label)] += 1;
        }
        for count in &mut left {
            let share = (*count + TEST_SHARE / 2) / TEST_SHARE;
            *count = if *count >= 2 { share.max(1) } else { share };
        }
        Self(left)
    }

    fn all(&self) -> usize {
        self.0.iter().sum()
    }

    /// Whether a sample of the class `label` goes there.
    fn takes(&mut self, label: u16) -> bool {
        let left = &mut self.0[usize::from(label)];
        let takes = *left > 0;
        *left -= usize::from(takes);
        takes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splitmix64_gives_the_published_values() {
        // First outputs for seed 1234567, as in the reference C program by S. Vigna.
        let mut random = SplitMix64(1_234_567);
        assert_eq!(random.next(), 6_457_827_717_110_365_317);
        assert_eq!(random.next(), 3_203_168_211_198_807_973);
        assert_eq!(random.next(), 9_817_491_932_198_370_423);
    }

    #[test]
    fn a_fifth_of_each_class_is_for_testing_and_nothing_is_lost() {
        let labels: Vec<u16> = (0..100).map(|i| if i < 70 { 0 } else { 1 }).collect();
        let inputs: Vec<f32> = (0..100).map(|i| i as f32).collect();
        let all = || Split { inputs: inputs.clone(), labels: labels.clone(), lengths: vec![] };
        let (train, test) = stratified(all(), 1, SPLIT_SEED);
        assert_eq!(test.labels.iter().filter(|&&l| l == 0).count(), 14);
        assert_eq!(test.labels.iter().filter(|&&l| l == 1).count(), 6);
        let mut both: Vec<f32> = train.inputs.iter().chain(&test.inputs).copied().collect();
        both.sort_by(f32::total_cmp);
        assert_eq!(both, inputs);
        assert_eq!(stratified(all(), 1, SPLIT_SEED), (train, test.clone()));
        assert_ne!(stratified(all(), 1, 2).1, test);
    }

    #[test]
    fn samples_keep_their_values_and_the_shuffled_order() {
        let labels: Vec<u16> = (0..41).map(|i| i % 3).collect();
        let inputs = (0..41).flat_map(|i| [i as f32, -(i as f32)]).collect();
        let order: Vec<_> = shuffled_test_part(&labels, 5).collect();
        let (train, test) = stratified(Split { inputs, labels, lengths: vec![] }, 2, 5);
        for (part, tests) in [(train, false), (test, true)] {
            let samples: Vec<usize> =
                order.iter().filter(|(_, t)| *t == tests).map(|(sample, _)| *sample).collect();
            let expected: Vec<f32> =
                samples.iter().flat_map(|i| [*i as f32, -(*i as f32)]).collect();
            let labels: Vec<u16> = samples.iter().map(|i| (i % 3) as u16).collect();
            assert_eq!((part.inputs, part.labels), (expected, labels));
        }
    }

    #[test]
    fn a_class_of_two_is_on_both_sides() {
        let (inputs, labels) = (vec![0.0, 1.0, 2.0], vec![0, 0, 1]);
        let all = Split { inputs, labels, lengths: vec![] };
        let (train, test) = stratified(all, 1, 7);
        assert_eq!((train.len(), test.len()), (2, 1));
        assert_eq!(test.labels, [0]);
    }
}
