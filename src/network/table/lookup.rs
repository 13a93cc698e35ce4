//! A table that reads a sum in steps.

use activation::Activation;

/// Most bits of a table's input.
pub const MAX_BITS: u32 = 6;

/// One function of a table: what each step gives.
#[derive(Clone, Debug, PartialEq)]
pub struct LookUp {
    /// The function it stands for.
    pub function: Activation,
    /// Output of each of the `2^bits` steps, in units of `step`.
    pub levels: Vec<i32>,
    /// Real value of one unit of a level.
    pub step: f64,
}

/// Lookup tables applied to every value of a layer by itself.
///
/// The range `[-R, R)` is cut into `2^bits` steps of `width` units. The sum `a` lies in the middle of
/// its unit: a sum read with an error e is in step `floor((a + 1/2 + e + R) / width)`, so that an error
/// below half a unit never matters.
///
/// Beyond the range a table goes on as the circle of programmable bootstrapping makes it: with `c` the
/// sum of its first and last level, `f(a + 2R) = c - f(a)`. A function that is flat at both ends stays
/// flat there for a while; ReLU saturates up to `2R`, and sign is right everywhere below `2R`.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Name of the activation layer it comes from.
    pub name: String,
    /// Number of values it is applied to.
    pub values: usize,
    /// Bits of the step number, 1 to [`MAX_BITS`].
    pub bits: u32,
    /// Units of the sum in a step.
    pub width: i64,
    /// Real value of one unit of the sum.
    pub input_scale: f64,
    /// The functions; outputs are those of the first for all values, then those of the second, and so on.
    pub functions: Vec<LookUp>,
}

impl LookUp {
    /// The levels of `function` read at the middle of every step, in units that make the largest
    /// `largest`. `width` and `scale` are those of the table.
    pub fn sample(function: &Activation, bits: u32, width: i64, scale: f64, largest: i32) -> Self {
        let values: Vec<f64> = centres(bits, width).map(|x| function.eval_f64(x * scale)).collect();
        let most = values.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
        let step = if most > 0.0 { most / f64::from(largest.max(1)) } else { 1.0 };
        Self::of_values(function, &values, step)
    }

    /// The same with a given unit.
    pub fn with_step(function: &Activation, bits: u32, width: i64, scale: f64, step: f64) -> Self {
        let values: Vec<f64> = centres(bits, width).map(|x| function.eval_f64(x * scale)).collect();
        Self::of_values(function, &values, step)
    }

    fn of_values(function: &Activation, values: &[f64], step: f64) -> Self {
        let levels = values.iter().map(|v| (v / step).round() as i32).collect();
        Self { function: function.clone(), levels, step }
    }

    /// Sum of the first and the last level: what a sum and the one half a turn away give together.
    pub fn ends(&self) -> i32 {
        let first = self.levels.first().copied().unwrap_or(0);
        first.saturating_add(self.levels.last().copied().unwrap_or(0))
    }

    /// Output of the step with this number, which may lie beyond the range.
    pub fn at(&self, step: i64) -> i32 {
        let steps = (self.levels.len() as i64).max(1);
        let folded = step.rem_euclid(2 * steps);
        let level = |i: i64| self.levels.get(i as usize).copied().unwrap_or(0);
        if folded < steps { level(folded) } else { self.ends() - level(folded - steps) }
    }

    /// Smallest and largest output, in the range and beyond.
    pub fn bounds(&self) -> (i32, i32) {
        let least = self.levels.iter().copied().min().unwrap_or(0);
        let most = self.levels.iter().copied().max().unwrap_or(0);
        (least.min(self.ends() - most), most.max(self.ends() - least))
    }
}

/// The middle of every step, in units of the sum.
fn centres(bits: u32, width: i64) -> impl Iterator<Item = f64> {
    let half = 1i64 << (bits - 1);
    (-half..half).map(move |i| (i as f64 + 0.5) * width as f64 - 0.5)
}

impl Table {
    /// Number of steps.
    pub fn steps(&self) -> usize {
        1 << self.bits
    }

    /// R: the table reads sums in `[-R, R)`.
    pub fn range(&self) -> i64 {
        self.width << (self.bits - 1)
    }

    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.values * self.functions.len()
    }

    /// Number of the step that the sum lies in, from 0; outside `0..steps` beyond the range.
    pub fn step_of(&self, sum: i64) -> i64 {
        (sum + self.range()).div_euclid(self.width)
    }

    /// The same for a sum read with an error, in units of the sum.
    pub fn step_with_error(&self, sum: i64, error: f64) -> i64 {
        ((sum as f64 + 0.5 + error + self.range() as f64) / self.width as f64).floor() as i64
    }

    /// Whether the sum lies in the range.
    pub fn contains(&self, sum: i64) -> bool {
        (-self.range()..self.range()).contains(&sum)
    }

    /// Whether two steps give the same outputs.
    pub fn same(&self, a: i64, b: i64) -> bool {
        self.functions.iter().all(|f| f.at(a) == f.at(b))
    }

    /// Distance of the sum to the nearest step downwards and upwards where an output changes, in
    /// units of the sum, each at least 1/2; `None` where there is none within a turn.
    pub fn distances(&self, sum: i64) -> (Option<f64>, Option<f64>) {
        let step = self.step_of(sum);
        let turn = 2 * self.steps() as i64;
        let middle = sum as f64 + 0.5;
        let edge = |k: i64| (k * self.width - self.range()) as f64;
        let down = (0..turn).map(|i| step - i).find(|k| !self.same(*k, k - 1));
        let up = (1..=turn).map(|i| step + i).find(|k| !self.same(*k, k - 1));
        (down.map(|k| middle - edge(k)), up.map(|k| edge(k) - middle))
    }

    /// Probability that the sum, read with a normal error of standard deviation `standard_deviation` (in units
    /// of the sum), is read across the nearest step where an output changes.
    pub fn flip_probability(&self, sum: i64, standard_deviation: f64) -> f64 {
        if standard_deviation <= 0.0 {
            return 0.0;
        }
        let tail = |d: Option<f64>| {
            d.map_or(0.0, |d| {
                0.5 * libm::erfc(d / standard_deviation * std::f64::consts::FRAC_1_SQRT_2)
            })
        };
        let (down, up) = self.distances(sum);
        tail(down) + tail(up)
    }

    /// Probability that a normal error moves the worst possible sum by more than one step.
    pub fn far_probability(&self, standard_deviation: f64) -> f64 {
        if standard_deviation <= 0.0 {
            return 0.0;
        }
        // The worst sum lies half a unit from a step; more than one step off is a full width away.
        let near = self.width as f64 + 0.5;
        let far = (2 * self.width) as f64 - 0.5;
        let tail =
            |d: f64| 0.5 * libm::erfc(d / standard_deviation * std::f64::consts::FRAC_1_SQRT_2);
        tail(near) + tail(far)
    }
}
