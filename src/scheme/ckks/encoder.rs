//! Real numbers in slots.

use super::{CkksError, CkksParameters, Scale};

impl CkksParameters {
    /// The plaintext polynomial with `values` in its slots (missing ones are 0) at `scale`, as
    /// integers below 2^61.
    ///
    /// Rounding moves a slot by an error of variance `(2N - 1) / 12` over the scale squared, and at
    /// most `(N - 1/2)` over the scale; the transform itself adds about `2^-52 log2 N` relative to
    /// the root mean square of the values.
    pub fn encode(&self, values: &[f64], scale: &Scale) -> Result<Vec<i64>, CkksError> {
        if values.len() > self.degree() {
            return Err(CkksError::Slots { count: values.len(), slots: self.degree() });
        }
        let factor = scale.value();
        let coefficients = self.encoder().coefficients(values);
        // NaN is not below the limit.
        if !coefficients.iter().all(|x| (x * factor).abs() < LIMIT) {
            return Err(CkksError::TooLarge { scale: scale.to_string() });
        }
        // Half away from zero; the conversion truncates.
        Ok(coefficients.iter().map(|x| (x * factor + 0.5f64.copysign(*x)) as i64).collect())
    }

    /// Slot values of a plaintext polynomial with these coefficients at `scale`.
    pub fn decode(&self, mut coefficients: Vec<f64>, scale: &Scale) -> Vec<f64> {
        let unscale = 1.0 / scale.value();
        coefficients.iter_mut().for_each(|x| *x *= unscale);
        self.encoder().slots(coefficients)
    }
}

/// What signed coefficients stay below.
const LIMIT: f64 = (1u64 << 61) as f64;
