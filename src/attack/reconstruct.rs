//! From what the server has seen to the samples.

use super::background::Background;
use super::bounded::Bounded;
use super::equations::{Orthogonal, dot};
use super::knowledge::Knowledge;
use super::linear_program::least_magnitude;
use super::reconstruction::Reconstruction;
use super::settings::{AttackMethod, LeakOptions};
use super::windows;
use crate::view::ServerView;
use progress::{Cancel, Cancelled};

/// Reconstructs the samples of mini-batch `batch` from the steps before step `seen`; `None` when
/// the view has nothing of that mini-batch. `background` is used where the settings say so.
///
/// # Errors
/// When `cancel` is set.
pub fn reconstruct(
    view: &ServerView,
    batch: usize,
    seen: usize,
    settings: &LeakOptions,
    background: Option<&Background>,
    cancel: &Cancel,
) -> Result<Option<Reconstruction>, Cancelled> {
    let Some(known) = Knowledge::of(view, batch, seen, settings, background) else {
        return Ok(None);
    };
    of_knowledge(&known, settings, cancel).map(Some)
}

/// Reconstructs the samples that `known` is about.
pub(crate) fn of_knowledge(
    known: &Knowledge<'_>,
    settings: &LeakOptions,
    cancel: &Cancel,
) -> Result<Reconstruction, Cancelled> {
    if !known.view.encoding.windows.is_empty() {
        return windows::reconstruct(known, cancel);
    }
    let inputs = known.view.encoding.input_len;
    let batch = known.samples.len();
    let encoding = &known.view.encoding;
    let (low, high) = encoding.reach();
    let (low, high) = (f64::from(low), f64::from(high));
    let products = known.product_equations(cancel)?;
    let alone = settings.method == AttackMethod::LinearProgram;
    let gradients = if alone { Orthogonal::default() } else { known.gradient_equations(cancel)? };
    // Equations that are only likely determine nothing.
    let (a, b) = (products.rank().min(known.products.len()), gradients.rank());
    let independent = a * batch + b * inputs - a * b;
    let problem = Bounded { products: &products, gradients: &gradients, batch, inputs, low, high };
    let mut values = if alone && !settings.similar && a < inputs {
        let mut values = Vec::with_capacity(batch * inputs);
        for sample in 0..batch {
            cancel.check()?;
            values.extend(smallest(&products, sample, inputs, (low, high)));
        }
        values
    } else {
        problem.solve(cancel)?
    };
    // With noise the equations are about what was encrypted, which is not the sample.
    let exact = encoding.noise == 0.0 && (a == inputs || b == batch);
    let certain = if exact { verified(known, &values) } else { 0 };
    if let Some(background) = known.background.filter(|_| encoding.noise > 0.0) {
        background.denoise(&mut values, encoding.noise);
    }
    let (low, high) = (f64::from(encoding.range.0), f64::from(encoding.range.1));
    values.iter_mut().for_each(|v| *v = v.clamp(low, high));
    Ok(Reconstruction {
        samples: known.samples.to_vec(),
        values,
        uses: known.uses,
        rows: (known.products.len(), known.gradients.len()),
        known_share: independent as f64 / (batch * inputs).max(1) as f64,
        certain,
    })
}

/// The linear program of one sample. A range without 0 is moved to begin there.
fn smallest(
    products: &Orthogonal,
    sample: usize,
    inputs: usize,
    (low, high): (f64, f64),
) -> Vec<f64> {
    let rows = &products.directions;
    let moved = if low > 0.0 {
        low
    } else if high < 0.0 {
        high
    } else {
        0.0
    };
    let targets: Vec<f64> = rows
        .iter()
        .zip(&products.targets)
        .map(|(row, target)| target[sample] - moved * row.iter().sum::<f64>())
        .collect();
    let found = least_magnitude(rows, &targets, inputs, (low - moved, high - moved));
    found.into_iter().map(|v| v + moved).collect()
}

/// Samples whose rounded values meet every product exactly.
fn verified(known: &Knowledge<'_>, values: &[f64]) -> usize {
    let inputs = known.view.encoding.input_len;
    let rounded: Vec<f64> = values.iter().map(|v| v.round()).collect();
    let meets = |sample: usize, x: &[f64]| {
        known.products.iter().all(|row| {
            let weights: Vec<f64> = row.coefficients.iter().map(|w| f64::from(*w)).collect();
            row.values.get(sample).is_some_and(|z| dot(&weights, x) == *z)
        })
    };
    let samples = rounded.chunks_exact(inputs.max(1)).enumerate();
    samples.filter(|(sample, x)| !known.products.is_empty() && meets(*sample, x)).count()
}
