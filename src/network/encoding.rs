//! From raw values to what is encrypted.

use super::model::{InputQuantiser, Normalisation};
use serde::{Deserialize, Serialize};

/// How raw values of samples become what a client encrypts: normalised, and on a grid where integers are
/// encrypted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputEncoding {
    /// Values of a sample.
    pub inputs: usize,
    pub normalisation: Normalisation,
    /// The grid of integers; `None` where real numbers are encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grid: Option<InputQuantiser>,
}

impl InputEncoding {
    /// What is wrong with it, where something is.
    pub fn fault(&self) -> Option<String> {
        let fits = |values: &[f32]| values.len() == 1 || values.len() == self.inputs;
        let Normalisation { offset, scale } = &self.normalisation;
        if self.inputs == 0 || !fits(offset) || !fits(scale) {
            return Some(format!(
                "{} offsets and {} scales for {} input values; one or one each is needed",
                offset.len(),
                scale.len(),
                self.inputs
            ));
        }
        let finite = offset.iter().chain(scale).all(|v| v.is_finite());
        if !finite || scale.contains(&0.0) {
            return Some("an offset or a scale is 0 or no finite number".into());
        }
        let grid = self.grid?;
        let right = grid.step.is_finite() && grid.step > 0.0 && grid.min < grid.max;
        (!right).then(|| format!("a grid of {} from {} to {}", grid.step, grid.min, grid.max))
    }

    /// Raw values of whole samples, normalised.
    pub fn normalised<'a>(&'a self, raw: &'a [f32]) -> impl Iterator<Item = f32> + 'a {
        let offset = self.normalisation.offset.iter().cycle();
        let scale = self.normalisation.scale.iter().cycle();
        raw.iter().zip(offset).zip(scale).map(|((x, offset), scale)| (x - offset) / scale)
    }

    /// Raw values of whole samples on the grid; without one rounded to integers.
    pub fn integers(&self, raw: &[f32]) -> Vec<i32> {
        let grid = self.grid.unwrap_or(InputQuantiser { step: 1.0, min: i32::MIN, max: i32::MAX });
        let on_grid = |x: f32| ((x / grid.step).round() as i32).clamp(grid.min, grid.max);
        self.normalised(raw).map(on_grid).collect()
    }

    /// Raw values of whole samples as real numbers.
    pub fn reals(&self, raw: &[f32]) -> Vec<f64> {
        self.normalised(raw).map(f64::from).collect()
    }
}
