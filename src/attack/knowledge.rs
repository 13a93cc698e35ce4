//! What is known of one mini-batch after some steps, as linear equations.

use super::background::Background;
use super::bounded::EXACT;
use super::equations::{Equations, Orthogonal};
use super::settings::{LeakOptions, LeakSources};
use crate::view::{ServerStep, ServerView};
use progress::{Cancel, Cancelled};
use std::collections::HashSet;

/// The equations about the samples of one mini-batch.
pub struct Knowledge<'a> {
    pub view: &'a ServerView,
    /// The training samples, by index.
    pub samples: &'a [usize],
    /// Steps with this mini-batch that were seen.
    pub uses: usize,
    /// Weight rows with the product of every sample, in the order they came.
    pub products: Vec<Row<'a>>,
    /// Delta rows with the gradient of every input.
    pub gradients: Vec<Row<'a>>,
    /// What is known of similar samples.
    pub background: Option<&'a Background>,
}

/// One row that a key was given for, and what was decrypted with it.
pub struct Row<'a> {
    pub coefficients: &'a [i32],
    pub values: Vec<f64>,
}

impl<'a> Knowledge<'a> {
    /// What `view` holds of the mini-batch up to and without step `seen`, under `settings`; `None`
    /// when the mini-batch is not in it.
    pub fn of(
        view: &'a ServerView,
        batch: usize,
        seen: usize,
        settings: &LeakOptions,
        background: Option<&'a Background>,
    ) -> Option<Self> {
        let of_batch = || view.steps.iter().filter(move |s| s.batch == batch);
        let samples = &of_batch().next()?.samples;
        let steps: Vec<&ServerStep> = of_batch().filter(|s| s.step < seen).collect();
        let most = settings.most_rows.unwrap_or(usize::MAX);
        let mut products = Distinct::new(most);
        let mut gradients = Distinct::new(most);
        for step in &steps {
            let units = settings.units.unwrap_or(usize::MAX).min(step.weights.len());
            let windows = view.encoding.windows.len().max(1);
            for (unit, row) in step.weights.iter().enumerate().take(units) {
                let of = |sample: &'a Vec<i64>, window: usize| {
                    sample.get(window * step.weights.len() + unit).map_or(0.0, |z| *z as f64)
                };
                products.push(row, || {
                    step.products
                        .iter()
                        .flat_map(|sample| (0..windows).map(move |w| of(sample, w)))
                        .collect()
                });
            }
            if settings.sources == LeakSources::ProductsAndGradients {
                for (row, values) in step.delta_rows.iter().zip(&step.gradients).take(units) {
                    gradients.push(row, || values.iter().map(|g| *g as f64).collect());
                }
            }
        }
        let (products, gradients) = (products.rows, gradients.rows);
        let background = background.filter(|_| settings.similar);
        Some(Self { view, samples, uses: steps.len(), products, gradients, background })
    }

    /// The products as equations over the inputs of a sample, one side per sample.
    ///
    /// # Errors
    /// When `cancel` is set.
    pub fn product_equations(&self, cancel: &Cancel) -> Result<Orthogonal, Cancelled> {
        let sides = self.samples.len();
        let mut equations = equations(&self.products, self.view.encoding.input_len, sides);
        // What is only likely is believed as little as its standard deviation of 1 says.
        let weight = EXACT;
        for (row, value) in self.background.iter().flat_map(|b| b.equations()) {
            equations
                .push(row.iter().map(|v| v * weight), std::iter::repeat_n(value * weight, sides));
        }
        equations.orthogonal(cancel)
    }

    /// The gradients as equations over the samples, one side per input.
    ///
    /// # Errors
    /// When `cancel` is set.
    pub fn gradient_equations(&self, cancel: &Cancel) -> Result<Orthogonal, Cancelled> {
        equations(&self.gradients, self.samples.len(), self.view.encoding.input_len)
            .orthogonal(cancel)
    }

    /// Rows of both kinds: with the same count the same is known.
    pub fn rows(&self) -> usize {
        self.products.len() + self.gradients.len()
    }
}

fn equations(rows: &[Row<'_>], unknowns: usize, sides: usize) -> Equations {
    let mut equations = Equations::new(unknowns, sides);
    for row in rows {
        equations.push(row.coefficients.iter().map(|c| f64::from(*c)), row.values.iter().copied());
    }
    equations
}

/// The first distinct rows, up to a limit: what an authority with that limit gives keys for.
struct Distinct<'a> {
    known: HashSet<&'a [i32]>,
    rows: Vec<Row<'a>>,
    most: usize,
}

impl<'a> Distinct<'a> {
    fn new(most: usize) -> Self {
        Self { known: HashSet::new(), rows: Vec::new(), most }
    }

    fn push(&mut self, coefficients: &'a [i32], values: impl FnOnce() -> Vec<f64>) {
        // A row of zeros says nothing, and so does one that was there.
        if self.rows.len() < self.most
            && coefficients.iter().any(|c| *c != 0)
            && self.known.insert(coefficients)
        {
            self.rows.push(Row { coefficients, values: values() });
        }
    }
}
