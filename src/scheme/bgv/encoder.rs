//! Integers in slots: one value per slot, arithmetic slot by slot modulo t.

use super::BgvParameters;

impl BgvParameters {
    /// The plaintext polynomial with `values` in its slots (missing ones are 0), coefficients modulo
    /// t. At most N values.
    pub fn encode(&self, values: &[i64], coefficients: &mut [u64]) {
        let (given, missing) = coefficients.split_at_mut(values.len());
        self.kernel().reduce_signed(self.t(), values, given);
        missing.fill(0);
        self.slots().inverse(coefficients);
    }

    /// The slots of a plaintext polynomial with coefficients modulo t, each times `factor`, centred.
    pub(super) fn decode(&self, mut coefficients: Vec<u64>, factor: u64) -> Vec<i64> {
        let t = self.t();
        self.kernel().mul_scalar(t, &mut coefficients, factor);
        self.slots().forward(&mut coefficients);
        coefficients.into_iter().map(|w| t.center(w)).collect()
    }
}
