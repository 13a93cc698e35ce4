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
pub(super) fn stratified(inputs: &[f32], labels: &[u16], len: usize, seed: u64) -> (Split, Split) {
    let (mut train, mut test) = (Split::default(), Split::default());
    for (sample, tests) in shuffled_test_part(labels, seed) {
        let part = if tests { &mut test } else { &mut train };
        part.labels.push(labels[sample]);
        part.inputs.extend_from_slice(&inputs[sample * len..(sample + 1) * len]);
    }
    (train, test)
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
    let mut random = SplitMix64(seed);
    let mut order: Vec<usize> = (0..labels.len()).collect();
    for i in (1..order.len()).rev() {
        order.swap(i, random.below(i + 1));
    }
    let classes = labels.iter().max().map_or(0, |&l| usize::from(l) + 1);
    let mut left = vec![0usize; classes];
    for &label in labels {
        left[usize::from(label)] += 1;
    }
    for count in &mut left {
        let share = (*count + TEST_SHARE / 2) / TEST_SHARE;
        *count = if *count >= 2 { share.max(1) } else { share };
    }
    order.into_iter().map(move |sample| {
        let quota = &mut left[usize::from(labels[sample])];
        let tests = *quota > 0;
        *quota -= usize::from(tests);
        (sample, tests)
    })
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
        let (train, test) = stratified(&inputs, &labels, 1, SPLIT_SEED);
        assert_eq!(test.labels.iter().filter(|&&l| l == 0).count(), 14);
        assert_eq!(test.labels.iter().filter(|&&l| l == 1).count(), 6);
        let mut all: Vec<f32> = train.inputs.iter().chain(&test.inputs).copied().collect();
        all.sort_by(f32::total_cmp);
        assert_eq!(all, inputs);
        assert_eq!(stratified(&inputs, &labels, 1, SPLIT_SEED), (train, test.clone()));
        assert_ne!(stratified(&inputs, &labels, 1, 2).1, test);
    }

    #[test]
    fn a_class_of_two_is_on_both_sides() {
        let (train, test) = stratified(&[0.0, 1.0, 2.0], &[0, 0, 1], 1, 7);
        assert_eq!((train.len(), test.len()), (2, 1));
        assert_eq!(test.labels, [0]);
    }
}
