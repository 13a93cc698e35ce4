//! Errors that arise with each value of a step.

use super::forecast::{Cells, Forecast};
use super::network::{CellFunction, Functions, RecurrentLayer, RecurrentNetwork};
use super::program::{Carried, RecurrentProgram, radius, weight_scale};
use crate::real::CkksPart;
use crate::request::PlanError;
use ring::ERROR_VARIANCE;
use scheme::ckks::{Noise, PolynomialInput, Scale};

/// Errors that arise in a polynomial beside that of its last rescaling.
const POLYNOMIAL_STEPS: f64 = 6.0;

/// Variances that arise with each state, each state of cells and each input, in units of messages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arising {
    pub state: f64,
    pub cell: f64,
    pub input: f64,
}

/// A function on ciphertexts whose errors are followed.
struct Applied<'a> {
    function: &'a CellFunction,
    /// Of what it is applied to.
    scale: Scale,
    /// Some of what it is applied to.
    points: &'a [f64],
}

impl Arising {
    /// By estimate, at degree `n`.
    pub fn estimated(
        network: &RecurrentNetwork,
        forecast: &Forecast,
        n: usize,
        (sigma, gain): (u32, u32),
    ) -> Self {
        let (fresh, rescaled) = variances(n);
        let at = |variance: f64, bits: f64| variance * (-2.0 * bits).exp2();
        let scale = f64::from(sigma) - f64::from(gain);
        let input = at(fresh, scale);
        if forecast.functions == Functions::Exact {
            return Self { state: input, cell: 0.0, input };
        }
        let sums = network.layers.iter().flat_map(RecurrentLayer::functions).map(|f| {
            let parts = f.polynomial.as_ref().map_or(&[][..], |p| &p.parts);
            parts.iter().flat_map(|p| &p.coefficients).map(|c| c.abs()).sum::<f64>()
        });
        let sum = sums.fold(0.0, f64::max);
        let inside = POLYNOMIAL_STEPS * at(rescaled, f64::from(sigma)) * sum * sum;
        let cells = network.layers.iter().zip(&forecast.cells).filter_map(|(layer, cells)| {
            let scale = f64::from(sigma) - radius(layer.function_of_cells()?).log2();
            Some(at(fresh, scale) + at(rescaled, scale) + inside * in_products(cells))
        });
        let cell = cells.fold(0.0, f64::max);
        Self { state: input + at(rescaled, scale) + inside, cell, input }
    }

    /// With the exact scales and primes of a program.
    ///
    /// # Errors
    /// When a polynomial has no plan at these scales.
    pub fn exact(forecast: &Forecast, program: &RecurrentProgram) -> Result<Self, PlanError> {
        let (choice, network) = (&program.choice, program.network.as_ref());
        let input = Noise::fresh(&program.parameters, &program.scale).variance;
        if forecast.functions == Functions::Exact {
            return Ok(Self { state: input, cell: 0.0, input });
        }
        let estimate = Self::estimated(network, forecast, choice.n, (choice.sigma, choice.gain));
        let (mut state, mut cell) = (0f64, 0f64);
        for (at, layer) in network.layers.iter().enumerate() {
            let (points, cells) = (&forecast.points[at], &forecast.cells[at]);
            let carried = program.carried(at);
            let of_cells = layer.function_of_cells().zip(carried.get(1));
            let of_cells = of_cells.map(|(function, Carried { scale, .. })| Applied {
                function,
                scale: scale.clone(),
                points: &cells.points,
            });
            let of_sums = layer.functions_of_sums().into_iter().zip(points);
            let of_sums =
                of_sums.map(|(function, points)| Applied::to_sums(function, program, points));
            for applied in of_sums.chain(of_cells) {
                let found = applied.variance(program, &program.scale)?;
                state = state.max(found.unwrap_or(estimate.state));
            }
            if let Some(carried) = carried.get(1) {
                let found = into_cells(layer, program, carried, (points, cells))?;
                cell = cell.max(found.unwrap_or(estimate.cell));
            }
        }
        Ok(Self { state: state + input, cell, input })
    }
}

/// The variance that arises in a state of the cells of an LSTM, a fresh encryption included; `None` where
/// it has polynomials of polynomials.
fn into_cells(
    layer: &RecurrentLayer,
    program: &RecurrentProgram,
    carried: &Carried,
    (points, cells): (&[Vec<f64>], &Cells),
) -> Result<Option<f64>, PlanError> {
    let p = &program.parameters;
    // Gates have the scale of the prime that their product drops, the candidate that of the cells.
    let level = p.levels().saturating_sub(carried.below);
    let gate_scale = program.prime_scale(level);
    let mut factors = 0f64;
    let results = [&gate_scale, &carried.scale];
    let functions = layer.functions_of_sums().into_iter().zip(points);
    for ((function, points), result) in functions.zip(results) {
        let applied = Applied::to_sums(function, program, points);
        let Some(variance) = applied.variance(program, result)? else { return Ok(None) };
        factors = factors.max(variance);
    }
    let own = p.fresh_variance() + p.switch_and_rescale_variance(level, 1);
    let own = Noise::of_phase(own, &carried.scale).variance;
    Ok(Some(own + factors * in_products(cells)))
}

/// By how much variances of gates and candidate, the factors of `f c + i g`, are larger in the sum: gates
/// and candidate are at most 1.
fn in_products(cells: &Cells) -> f64 {
    cells.mean_square + 2.0
}

impl<'a> Applied<'a> {
    fn to_sums(function: &'a CellFunction, program: &RecurrentProgram, points: &'a [f64]) -> Self {
        let factor = Scale::of(weight_scale(program.choice.gain, radius(function)));
        let factor = factor.unwrap_or_else(|| Scale::power_of_two(0));
        Self { function, scale: program.scale.times(&factor), points }
    }

    /// The variance of its results at the scale `result`; `None` of a polynomial of polynomials.
    fn variance(
        &self,
        program: &RecurrentProgram,
        result: &Scale,
    ) -> Result<Option<f64>, PlanError> {
        let p = &program.parameters;
        let parts = self.function.polynomial.as_ref().map_or(&[][..], |p| &p.parts);
        let [part] = parts else { return Ok(None) };
        let level = p.levels();
        let radius = Scale::of(part.radius()).unwrap_or_else(|| Scale::power_of_two(0));
        let made = program.function(self.function, &self.scale, result, level)?;
        let Some(compiled) = made.parts.first() else { return Ok(None) };
        let input = PolynomialInput {
            level,
            scale: self.scale.times(&radius),
            noise: Noise { variance: 0.0 },
            points: self.points.iter().map(|z| compiled.interval.to_unit(*z)).collect(),
        };
        let CkksPart { plan, coefficients, scale, .. } = compiled;
        Ok(Some(p.predict_polynomial(plan, coefficients, &input, scale)?.noise.variance))
    }
}

/// Variances of a slot at scale 1: of a fresh ciphertext, and of a rescaled one.
fn variances(n: usize) -> (f64, f64) {
    let slot = |coefficient: f64| (2 * n - 1) as f64 * coefficient;
    let rounding = slot(1.0 / 12.0);
    (slot(ERROR_VARIANCE) + rounding, 1.25 * rounding * (1.0 + slot(2.0 / 3.0)))
}
