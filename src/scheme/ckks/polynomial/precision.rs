//! What precision a polynomial will have.

use super::super::noise::{Noise, largest_error};
use super::super::{CkksError, CkksParameters, Scale};
use super::evaluate::{Algebra, Evaluation};
use super::plan::PolynomialPlan;

/// What is known of the ciphertexts a polynomial is evaluated on.
#[derive(Clone, Debug, PartialEq)]
pub struct PolynomialInput {
    pub level: usize,
    pub scale: Scale,
    pub noise: Noise,
    /// Values in [-1, 1] that the messages have, as often as they have them: real ones, or a grid.
    pub points: Vec<f64>,
}

/// What is predicted of the results.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PolynomialPrecision {
    /// Over all points.
    pub noise: Noise,
    /// About the largest error among N slots that have these points as values.
    pub max_error: f64,
    /// The least, over all steps, of `log2(q/2)` less `log2` of the largest message times its scale:
    /// under 0 the phase may overflow.
    pub margin_bits: f64,
}

impl PolynomialPrecision {
    /// Bits of precision by the largest error: `-log2`.
    pub fn max_bits(&self) -> f64 {
        -self.max_error.log2()
    }
}

impl CkksParameters {
    /// Predicts the error of `evaluate_polynomial` with the same arguments: errors are followed to
    /// first order through every step, each rescaling and key switch as a source of its own, at every
    /// point; so an error that reaches a result by several ways is added before it is squared.
    ///
    /// # Errors
    /// Those of `evaluate_polynomial`.
    pub fn predict_polynomial(
        &self,
        plan: &PolynomialPlan,
        coefficients: &[f64],
        input: &PolynomialInput,
        scale: &Scale,
    ) -> Result<PolynomialPrecision, CkksError> {
        let coefficients = plan.fit(coefficients)?;
        let variances = vec![input.noise.variance, 1.0];
        let points = input.points.len();
        let mut predicted =
            Predicted { parameters: self, variances, margin_bits: f64::INFINITY, points };
        let x = Value {
            scale: input.scale.clone(),
            three_parts: false,
            values: input.points.clone(),
            errors: vec![vec![1.0; input.points.len()]],
        };
        let run = Evaluation { parameters: self, algebra: &mut predicted, powers: Vec::new() };
        let result = run.run(plan, &coefficients, x, input.level, scale)?;
        let variance = |point: usize| -> f64 {
            let errors = result.errors.iter().zip(&predicted.variances);
            errors.filter_map(|(e, v)| Some(e.get(point)?.powi(2) * v)).sum()
        };
        let kinds = (0..input.points.len()).map(|point| Noise { variance: variance(point) });
        let kinds: Vec<Noise> = kinds.collect();
        let sum: f64 = kinds.iter().map(|n| n.variance).sum();
        Ok(PolynomialPrecision {
            noise: Noise { variance: sum / kinds.len().max(1) as f64 },
            max_error: largest_error(&kinds, self.degree()),
            margin_bits: predicted.margin_bits,
        })
    }
}

/// Values at all points, and how much each source of errors moves them.
struct Value {
    scale: Scale,
    three_parts: bool,
    values: Vec<f64>,
    /// `[source][point]`; sources that are not there yet, or empty, move nothing.
    errors: Vec<Vec<f64>>,
}

/// Source of the rounding of constants, which is known and not random.
const CONSTANTS: usize = 1;

struct Predicted<'a> {
    parameters: &'a CkksParameters,
    /// Of each source: that of the input, 1 for the constants, and those of rescalings.
    variances: Vec<f64>,
    margin_bits: f64,
    points: usize,
}

impl Predicted<'_> {
    /// Notes that `value` has to fit the modulus at `level`.
    fn fits(&mut self, value: &Value, level: usize) {
        let largest = value.values.iter().fold(0f64, |m, v| m.max(v.abs()));
        let room = self.parameters.log2_q(level) - 1.0 - value.scale.log2() - largest.log2();
        self.margin_bits = self.margin_bits.min(room);
    }
}

impl Algebra for Predicted<'_> {
    type Value = Value;

    fn scale(&self, value: &Value) -> Scale {
        value.scale.clone()
    }

    fn sum(
        &mut self,
        terms: &[(f64, &Value)],
        constant: f64,
        scale: &Scale,
        _: usize,
    ) -> Result<Value, CkksError> {
        let points = self.points;
        let rounded = (constant * scale.value()).round() / scale.value();
        let mut sum = Value {
            scale: scale.clone(),
            three_parts: terms.iter().any(|(_, v)| v.three_parts),
            values: vec![constant; points],
            errors: vec![Vec::new(), vec![rounded - constant; points]],
        };
        for (weight, term) in terms {
            let ratio = scale.over(&term.scale).value();
            let rounded = (weight * ratio).round() / ratio;
            add(&mut sum.values, *weight, &term.values);
            add(&mut sum.errors[CONSTANTS], rounded - weight, &term.values);
            for (source, errors) in term.errors.iter().enumerate() {
                add(at(&mut sum.errors, source), *weight, errors);
            }
        }
        Ok(sum)
    }

    fn add_product(
        &mut self,
        mut sum: Value,
        times: usize,
        a: &Value,
        b: &Value,
    ) -> Result<Value, CkksError> {
        let product =
            |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).collect::<Vec<f64>>();
        let times = times as f64;
        add(&mut sum.values, times, &product(&a.values, &b.values));
        for (of, by) in [(a, b), (b, a)] {
            for (source, errors) in of.errors.iter().enumerate() {
                add(at(&mut sum.errors, source), times, &product(errors, &by.values));
            }
        }
        sum.three_parts = true;
        Ok(sum)
    }

    fn finish(&mut self, mut value: Value, level: usize) -> Result<Value, CkksError> {
        self.fits(&value, level);
        value.scale = value.scale.over_integers([self.parameters.prime(level - 1)]);
        let variance = match value.three_parts {
            true => self.parameters.switch_and_rescale_variance(level, 1),
            false => self.parameters.rescale_variance(2, 1),
        };
        let source = self.variances.len();
        self.variances.push(Noise::of_phase(variance, &value.scale).variance);
        *at(&mut value.errors, source) = vec![1.0; value.values.len()];
        value.three_parts = false;
        self.fits(&value, level - 1);
        Ok(value)
    }
}

fn at(errors: &mut Vec<Vec<f64>>, source: usize) -> &mut Vec<f64> {
    if errors.len() <= source {
        errors.resize_with(source + 1, Vec::new);
    }
    &mut errors[source]
}

/// `sum += weight x`, an empty sum being 0.
fn add(sum: &mut Vec<f64>, weight: f64, x: &[f64]) {
    if sum.len() < x.len() {
        sum.resize(x.len(), 0.0);
    }
    sum.iter_mut().zip(x).for_each(|(s, x)| *s += weight * x);
}
