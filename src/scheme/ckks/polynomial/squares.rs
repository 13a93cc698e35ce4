//! Degrees 2 and 4 in one and two levels.

use super::super::noise::{Noise, largest_error};
use super::super::{Ciphertext, CkksError, CkksParameters, EvaluationKeys, Scale};
use super::precision::{PolynomialInput, PolynomialPrecision};
use progress::Watch;

/// A polynomial of degree 2 or 4 made of squares:
/// `factor (x + shift)^2 + offset`, or `factor (((x + shift)^2 + inner)^2 + slope (x + shift)) + offset`.
///
/// Every polynomial of these degrees can be written so (completing the square; for degree 4
/// Knuth, TAOCP vol. 2, 4.6.4). The leading coefficient goes into the scale of the result instead of
/// a multiplication, which saves a level: the scale comes out divided by it, and in a network the
/// next weighted sum brings it back. A leading coefficient that is small beside the others makes
/// large constants, and with them noise: see [`SquarePolynomial::predict`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SquarePolynomial {
    shift: f64,
    /// `inner` and `slope`.
    second: Option<(f64, f64)>,
    factor: f64,
    offset: f64,
}

impl SquarePolynomial {
    /// Of `c[0] + c[1] x + ... + c[d] x^d`, d being 2 or 4 and `c[d]` not 0.
    ///
    /// # Errors
    /// For other degrees, and when a constant is not a finite number.
    pub fn new(c: &[f64]) -> Result<Self, CkksError> {
        let unfit = |reason: &str| CkksError::Polynomial { reason: reason.to_owned() };
        let made = match *c {
            [c0, c1, c2] => {
                let shift = c1 / (2.0 * c2);
                Self { shift, second: None, factor: c2, offset: c0 - c2 * shift * shift }
            }
            [c0, c1, c2, c3, c4] => {
                // In z = x + shift there is no cube: z^4 + b z^2 + slope z + rest.
                let (c0, c1, c2, c3) = (c0 / c4, c1 / c4, c2 / c4, c3 / c4);
                let s = c3 / 4.0;
                let b = c2 - 6.0 * s * s;
                let slope = c1 - 2.0 * c2 * s + 8.0 * s.powi(3);
                let rest = c0 - c1 * s + c2 * s * s - 3.0 * s.powi(4);
                let inner = b / 2.0;
                let offset = c4 * (rest - inner * inner);
                Self { shift: s, second: Some((inner, slope)), factor: c4, offset }
            }
            _ => return Err(unfit("squares make degrees 2 and 4")),
        };
        let (inner, slope) = made.second.unwrap_or_default();
        let all = [made.shift, inner, slope, made.factor, made.offset];
        if made.factor == 0.0 || !all.iter().all(|x| x.is_finite()) {
            return Err(unfit("its leading coefficient is too small for squares"));
        }
        Ok(made)
    }

    /// Squarings, each with a relinearisation and a rescaling.
    pub fn squarings(&self) -> usize {
        1 + usize::from(self.second.is_some())
    }

    /// The value at `x`.
    pub fn eval(&self, x: f64) -> f64 {
        let z = x + self.shift;
        let power = match self.second {
            None => z * z,
            Some((inner, slope)) => (z * z + inner).powi(2) + slope * z,
        };
        self.factor * power + self.offset
    }

    /// The scale of the results for inputs at `level` and `scale`, each squaring dropping `drop`
    /// primes.
    pub fn scale_after(
        &self,
        parameters: &CkksParameters,
        level: usize,
        scale: &Scale,
        drop: usize,
    ) -> Result<Scale, CkksError> {
        let factor = Scale::of(self.factor.abs());
        let unfit = || CkksError::Scale { scale: format!("divided by {}", self.factor) };
        let scales = self.scales(parameters, level, scale, drop)?;
        Ok(scales[scales.len() - 1].over(&factor.ok_or_else(unfit)?))
    }

    /// Scales after each squaring.
    fn scales(
        &self,
        parameters: &CkksParameters,
        level: usize,
        scale: &Scale,
        drop: usize,
    ) -> Result<Vec<Scale>, CkksError> {
        let needed = self.squarings() * drop + 1;
        if level < needed {
            return Err(CkksError::Level { what: "squares", needed, left: level });
        }
        let mut scale = scale.clone();
        let after = |step: usize| {
            let top = level - step * drop;
            let dropped = (top - drop..top).map(|j| parameters.prime(j));
            scale = scale.squared().over_integers(dropped);
            scale.clone()
        };
        Ok((0..self.squarings()).map(after).collect())
    }

    /// Predicts the error of [`EvaluationKeys::evaluate_squares`], as
    /// [`CkksParameters::predict_polynomial`] does; points are messages, of any size.
    pub fn predict(
        &self,
        parameters: &CkksParameters,
        input: &PolynomialInput,
        drop: usize,
    ) -> Result<PolynomialPrecision, CkksError> {
        let scales = self.scales(parameters, input.level, &input.scale, drop)?;
        let added = |step: usize| {
            let level = input.level - step * drop;
            let variance = parameters.switch_and_rescale_variance(level, drop);
            Noise::of_phase(variance, &scales[step])
        };
        let mut margin_bits = f64::INFINITY;
        let mut fits = |value: f64, scale: &Scale, level: usize| {
            let room = parameters.log2_q(level) - 1.0 - scale.log2() - value.abs().log2();
            margin_bits = f64::min(margin_bits, room);
        };
        let at_point = |x: &f64| {
            let z = x + self.shift;
            fits(z * z, &input.scale.squared(), input.level);
            fits(z * z, &scales[0], input.level - drop);
            match self.second {
                None => input.noise.times(2.0 * z).plus(added(0)),
                Some((inner, slope)) => {
                    let u = z * z + inner;
                    let level = input.level - drop;
                    fits(u * u + slope * z, &scales[0].squared(), level);
                    fits(u * u + slope * z, &scales[1], level - drop);
                    let first = input.noise.times(4.0 * z * u + slope);
                    first.plus(added(0).times(2.0 * u)).plus(added(1))
                }
            }
            .times(self.factor)
        };
        let kinds: Vec<Noise> = input.points.iter().map(at_point).collect();
        let last = scales[scales.len() - 1].log2() - self.factor.abs().log2();
        let level = input.level - self.squarings() * drop;
        let largest = input.points.iter().fold(0f64, |m, x| m.max(self.eval(*x).abs()));
        let room = parameters.log2_q(level) - 1.0 - last - largest.log2();
        let sum: f64 = kinds.iter().map(|n| n.variance).sum();
        Ok(PolynomialPrecision {
            noise: Noise { variance: sum / kinds.len().max(1) as f64 },
            max_error: largest_error(&kinds, parameters.degree()),
            margin_bits: margin_bits.min(room),
        })
    }
}

impl EvaluationKeys {
    /// The polynomial of every ciphertext in `inputs`, in parallel: they must have two components and one
    /// level, of which each squaring divides by the last `drop` primes. See
    /// [`SquarePolynomial::scale_after`] for the scale of the results. `what` names each squaring to
    /// `watch`.
    pub fn evaluate_squares(
        &self,
        parameters: &CkksParameters,
        polynomial: &SquarePolynomial,
        inputs: Vec<Ciphertext>,
        drop: usize,
        watch: &Watch,
        what: &str,
    ) -> Result<Vec<Ciphertext>, CkksError> {
        let shift = |x: Ciphertext| parameters.add_constant(x, polynomial.shift);
        let inputs = inputs.into_iter().map(shift).collect::<Result<Vec<_>, _>>()?;
        let squares = inputs.iter().map(|z| parameters.square(z)).collect::<Result<_, _>>()?;
        let mut values = self.relinearise_and_rescale(parameters, squares, drop, watch, what)?;
        if let Some((inner, slope)) = polynomial.second {
            let second = |(square, z): (Ciphertext, &Ciphertext)| {
                let u = parameters.add_constant(square, inner)?;
                let scale = u.scale.squared();
                let linear = parameters.weighted_sum(&[z], &[slope], &scale)?;
                parameters.add_products(linear, &[(&u, &u)])
            };
            let sums = values.into_iter().zip(&inputs).map(second).collect::<Result<_, _>>()?;
            values = self.relinearise_and_rescale(parameters, sums, drop, watch, what)?;
        }
        let finish = |x: Ciphertext| {
            let x = parameters.rescale_message(x, polynomial.factor)?;
            parameters.add_constant(x, polynomial.offset)
        };
        values.into_iter().map(finish).collect()
    }
}
