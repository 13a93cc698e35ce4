//! Values on an integer grid.

use crate::{InputQuantiser, WeightQuantiser};
use rayon::prelude::*;

/// Puts each value on the grid, in place.
pub(super) fn snap_inputs(values: &mut [f32], grid: &InputQuantiser) {
    let (min, max) = (grid.min as f32, grid.max as f32);
    values.iter_mut().for_each(|x| *x = (*x / grid.step).round().clamp(min, max) * grid.step);
}

/// The weights as integers.
pub(super) fn weight_integers(weights: &[f32], grid: &WeightQuantiser) -> Vec<f32> {
    let max = grid.max as f32;
    weights.iter().map(|w| (w / grid.step).round().clamp(-max, max)).collect()
}

/// The step with the least squared rounding error for integers up to `max`, found among 200 between
/// a twentieth of the plain choice (largest weight / `max`) and that choice.
pub(crate) fn best_step(weights: &[f32], max: i32) -> f32 {
    let largest = weights.iter().fold(0.0f32, |m, w| m.max(w.abs()));
    if largest == 0.0 {
        return 1.0;
    }
    let widest = largest / max as f32;
    let steps: Vec<f32> = (10..=200).map(|i| widest * i as f32 / 200.0).collect();
    let errors = steps.par_iter().map(|&step| {
        let grid = WeightQuantiser { step, max };
        let integers = weight_integers(weights, &grid);
        let off = weights.iter().zip(integers).map(|(w, n)| f64::from(w - n * step).powi(2));
        (off.sum::<f64>(), step)
    });
    errors.min_by(|a, b| a.0.total_cmp(&b.0)).map_or(widest, |(_, step)| step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_land_on_the_grid_and_within_its_range() {
        let mut values = [-9.0, -0.3, 0.0, 0.2, 0.26, 0.74, 9.0];
        snap_inputs(&mut values, &InputQuantiser { step: 0.5, min: -1, max: 3 });
        assert_eq!(values, [-0.5, -0.5, 0.0, 0.0, 0.5, 0.5, 1.5]);
    }

    #[test]
    fn weights_already_on_a_grid_are_found_without_error() {
        let weights: Vec<f32> = (-7..=7).map(|i| i as f32 * 0.25).collect();
        let step = best_step(&weights, 7);
        assert!((step - 0.25).abs() < 1e-6, "{step}");
        let grid = WeightQuantiser { step, max: 7 };
        assert_eq!(
            weight_integers(&weights, &grid),
            (-7..=7).map(|i| i as f32).collect::<Vec<_>>()
        );
    }

    #[test]
    fn the_best_step_clips_rare_large_weights() {
        let mut weights: Vec<f32> = (0..1000).map(|i| (i as f32 / 500.0 - 1.0) * 0.1).collect();
        weights.push(0.5);
        let step = best_step(&weights, 7);
        assert!(step < 0.9 * 0.5 / 7.0, "{step}");
        assert_eq!(best_step(&[0.0; 4], 7), 1.0);
    }
}
