//! Predicted noise of a network under some parameters.

use network::table::{Linear, Table, TableLayer, TableNetwork};
use scheme::tfhe::{NoiseModel, TfheParameters, upper_tail};

/// Noise before and after one table. Variances are fractions of the torus squared; `mean` over the
/// sums of a layer, `worst` of the sum with the largest weights.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LookupForecast {
    pub sum_mean: f64,
    pub sum_worst: f64,
    pub key_switch: f64,
    pub modulus_switch: f64,
    /// Torus per unit of the sum.
    pub unit: f64,
    /// Probability that the worst sum is read more than one step off.
    pub failure: f64,
}

impl LookupForecast {
    /// Variance with which the table is read, mean over its sums.
    pub fn read_mean(&self) -> f64 {
        self.sum_mean + self.key_switch + self.modulus_switch
    }

    /// The same of the noisiest sum.
    pub fn read_worst(&self) -> f64 {
        self.sum_worst + self.key_switch + self.modulus_switch
    }

    /// Deviation of the noisiest sum in units of the sum.
    pub fn standard_deviation_in_units(&self) -> f64 {
        self.read_worst().sqrt() / self.unit
    }
}

/// Noise of a whole network.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Forecast {
    pub tables: Vec<LookupForecast>,
    /// Variance of what PBS gives.
    pub bootstrap: f64,
    /// Variance of a score, without packing: mean and worst.
    pub score_mean: f64,
    pub score_worst: f64,
}

/// Mean and largest squared norm of the rows.
fn norms(linear: &Linear) -> (f64, f64) {
    let rows = linear
        .iter()
        .map(|(terms, _)| terms.iter().map(|t| f64::from(t.weight).powi(2)).sum::<f64>());
    let (sum, most) = rows.fold((0.0, 0.0f64), |(s, m), norm| (s + norm, m.max(norm)));
    (sum / linear.rows().max(1) as f64, most)
}

/// `log2` of the number of functions, rounded up.
pub fn merged(table: &Table) -> u32 {
    table.functions.len().max(1).next_power_of_two().trailing_zeros()
}

/// Predicts the noise of `network`.
pub fn forecast(network: &TableNetwork, parameters: &TfheParameters) -> Forecast {
    let model = NoiseModel::new(parameters);
    let bootstrap = model.bootstrap();
    let mut all = Forecast { bootstrap, ..Forecast::default() };
    let mut value = model.fresh();
    let mut sums = (0.0, 0.0);
    for layer in network.layers() {
        match layer {
            TableLayer::Linear(linear) => {
                let (mean, most) = norms(linear);
                sums = (value * mean, value * most);
            }
            TableLayer::Table(table) => {
                let unit = 1.0 / (4.0 * table.range() as f64);
                let key_switch = if all.tables.is_empty() { 0.0 } else { model.key_switch() };
                let modulus_switch = model.modulus_switch(merged(table));
                let mut lookup = LookupForecast {
                    sum_mean: sums.0,
                    sum_worst: sums.1,
                    key_switch,
                    modulus_switch,
                    unit,
                    failure: 0.0,
                };
                lookup.failure = far(table, lookup.standard_deviation_in_units());
                all.tables.push(lookup);
                value = bootstrap;
            }
        }
    }
    (all.score_mean, all.score_worst) = sums;
    all
}

/// Probability that a sum half a unit from a step is read more than one step off.
pub fn far(table: &Table, standard_deviation: f64) -> f64 {
    let width = table.width as f64;
    upper_tail(width + 0.5, standard_deviation) + upper_tail(2.0 * width - 0.5, standard_deviation)
}

/// `-log2` of [`far`], also where that is too small for a double.
pub fn margin_bits(table: &Table, standard_deviation: f64) -> f64 {
    let p = far(table, standard_deviation);
    if p > 1e-290 {
        return -p.log2();
    }
    // erfc(x) ~ exp(-x^2) / (x sqrt(pi)).
    let x = (table.width as f64 + 0.5) / standard_deviation.max(1e-12) / std::f64::consts::SQRT_2;
    let ln = -x * x - (2.0 * x * std::f64::consts::PI.sqrt()).ln();
    -ln / std::f64::consts::LN_2
}
