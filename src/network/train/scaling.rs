//! Normalisation of raw values from the data that are trained on.

use crate::Normalisation;

/// Mean and standard deviation of each of `features` values over `rows`, which gives the same rows
/// every time. A feature whose values are all the same gets scale 1, whatever their size: there is no
/// threshold, so that a column in mol and one in nmol are trained alike.
pub(super) fn standardise<'a, R, I>(rows: R, features: usize) -> Normalisation
where
    R: Fn() -> I,
    I: Iterator<Item = &'a [f32]>,
{
    let count = rows().count().max(1) as f64;
    let mut mean = vec![0.0; features];
    let mut range = vec![(f32::INFINITY, f32::NEG_INFINITY); features];
    for row in rows() {
        mean.iter_mut().zip(row).for_each(|(m, x)| *m += f64::from(*x) / count);
        range.iter_mut().zip(row).for_each(|(r, x)| *r = (r.0.min(*x), r.1.max(*x)));
    }
    let mut variance = vec![0.0; features];
    for row in rows() {
        let around = row.iter().zip(&mean).map(|(x, m)| (f64::from(*x) - m).powi(2) / count);
        variance.iter_mut().zip(around).for_each(|(v, d)| *v += d);
    }
    let scale = |(v, (low, high)): (&f64, &(f32, f32))| {
        let scale = if low < high { v.sqrt() as f32 } else { 0.0 };
        // Of the smallest numbers there are, the standard deviation may be no number any more.
        if scale > 0.0 { scale } else { 1.0 }
    };
    Normalisation {
        offset: mean.iter().map(|m| *m as f32).collect(),
        scale: variance.iter().zip(&range).map(scale).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[f32], features: usize) -> Normalisation {
        standardise(|| values.chunks(features), features)
    }

    #[test]
    fn the_unit_of_a_column_does_not_matter() {
        // 1 and 3, mean 2 and standard deviation 1, in units from the smallest to the largest.
        for unit in [1e-37f32, 1e-12, 1e-9, 1e-7, 1.0, 1e7, 1e37] {
            let found = of(&[unit, 3.0 * unit, unit, 3.0 * unit], 1);
            assert!((found.offset[0] / unit - 2.0).abs() < 1e-5, "{unit}: {found:?}");
            assert!((found.scale[0] / unit - 1.0).abs() < 1e-5, "{unit}: {found:?}");
        }
    }

    #[test]
    fn a_constant_stays_as_it_is() {
        // The mean of three times 0.1 is not 0.1 in every arithmetic.
        let found = of(&[0.1, 7.0, 0.1, 8.0, 0.1, 9.0], 2);
        assert_eq!(found.scale[0], 1.0);
        assert!((found.scale[1] - (2.0f32 / 3.0).sqrt()).abs() < 1e-6);
        // A large offset: one unit in the last place is a difference.
        let found = of(&[16_777_214.0, 16_777_216.0], 1);
        assert_eq!((found.offset[0], found.scale[0]), (16_777_215.0, 1.0));
    }
}
