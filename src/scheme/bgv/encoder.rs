//! Integers in slots: one value per slot, arithmetic slot by slot modulo t.

use super::BgvParameters;

impl BgvParameters {
    /// The plaintext polynomial with `values` in its slots (missing ones are 0), as centred
    /// coefficients in `(-t/2, t/2)`. At most N values.
    pub fn encode(&self, values: &[i64]) -> Vec<i64> {
        let t = self.t();
        let mut words = vec![0; self.degree()];
        for (word, value) in words.iter_mut().zip(values) {
            *word = t.reduce_signed(*value);
        }
        self.slots().inverse(&mut words);
        words.into_iter().map(|w| t.center(w)).collect()
    }

    /// The slots of a plaintext polynomial with coefficients modulo t, each times `factor`, centred.
    pub(super) fn decode(&self, mut coefficients: Vec<u64>, factor: u64) -> Vec<i64> {
        let t = self.t();
        self.kernel().mul_scalar(t, &mut coefficients, factor);
        self.slots().forward(&mut coefficients);
        coefficients.into_iter().map(|w| t.center(w)).collect()
    }
}
