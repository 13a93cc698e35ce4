//! What integers stand for: the unit of each value of an integer network, and weights that fit them.
//!
//! A chain has one unit for all values of a stage: `integer times unit = value`. Carried values keep
//! theirs while those beside them are squared, so a sum with them takes weights as large as their unit
//! is in the unit of the sum. That is many bits, and so nearly exact; where it is few, the unit of the
//! sum is divided by a whole number, which is exact for all other weights.

use super::affine::LowerError;
use super::affine_row::AffineRow;
use super::stage_name::StageName;
use network::{Clipped, WeightQuantiser};
use ring::Row;

/// The largest weight of a carried value in a sum is at least this: rounding it costs half of one.
const LEAST_LEVEL: f64 = 64.0;
/// Bits of a weight, sign not counted.
const MAX_WEIGHT_BITS: i32 = 30;
/// Largest factor between the unit of a carried value and that of the squares beside it which a sum takes
/// as it is: beyond, carried values are brought half of the way before the square.
const WIDE: f64 = 65_536.0;

/// The unit of each value: first `sums` of one unit, then those that are carried.
pub(super) struct Units {
    all: Vec<f64>,
    sums: usize,
}

/// A linear layer of integers.
pub(super) struct Sums {
    pub rows: Vec<Row>,
    pub bias: Vec<i128>,
    /// Sign counted.
    pub weight_bits: u32,
    pub clipped: Clipped,
    /// Weights that were cut off: row, term, and what they would be on a grid without end.
    pub cut: Vec<(usize, usize, f64)>,
}

impl Units {
    /// Of `count` values of one unit.
    pub fn new(unit: f64, count: usize) -> Self {
        Self { all: vec![unit; count], sums: count }
    }

    /// That of the first value, which is that of all that are not carried.
    pub fn first(&self) -> f64 {
        self.all.first().copied().unwrap_or(1.0)
    }

    /// The first `count` values are squared.
    pub fn square(&mut self, count: usize) {
        self.all.iter_mut().take(count).for_each(|unit| *unit *= *unit);
        self.sums = count;
    }

    /// The rows of `stage` on integers, the last `carried` of them for values that are carried: weights on
    /// `grid`, or of `bits` bits up to the largest.
    ///
    /// # Errors
    /// When a carried value needs a weight of more than [`MAX_WEIGHT_BITS`] bits.
    pub fn sums(
        &mut self,
        stage: &StageName,
        rows: Vec<AffineRow>,
        carried: usize,
        grid: Option<WeightQuantiser>,
        bits: u32,
    ) -> Result<Sums, LowerError> {
        let mut rows = rows;
        let beside = rows.split_off(rows.len().saturating_sub(carried));
        let (mut sums, unit) = self.of_one_unit(stage, &rows, grid, bits)?;
        let mut all = vec![unit; rows.len()];
        let made: Vec<AffineRow> =
            beside.iter().filter(|row| row.copied().is_none()).cloned().collect();
        let (made, made_unit) = self.of_one_unit(stage, &made, None, bits)?;
        let mut made_rows = made.rows.into_iter().zip(made.bias);
        for row in beside {
            let (row, bias, unit) = match row.copied() {
                Some(column) => {
                    let own = self.all.get(column as usize).copied().unwrap_or(unit);
                    let factor = ahead(own, unit);
                    let weights = vec![factor as i32];
                    (Row { columns: row.columns, weights }, 0, own / factor)
                }
                None => match made_rows.next() {
                    Some((row, bias)) => (row, bias, made_unit),
                    None => continue,
                },
            };
            sums.rows.push(row);
            sums.bias.push(bias);
            all.push(unit);
        }
        sums.weight_bits = sums.weight_bits.max(made.weight_bits);
        self.sums = all.len() - carried;
        self.all = all;
        Ok(sums)
    }

    /// Rows on integers, and the unit of their sums.
    fn of_one_unit(
        &self,
        stage: &StageName,
        rows: &[AffineRow],
        grid: Option<WeightQuantiser>,
        bits: u32,
    ) -> Result<(Sums, f64), LowerError> {
        let mut sums = Sums {
            rows: Vec::with_capacity(rows.len()),
            bias: Vec::with_capacity(rows.len()),
            weight_bits: 0,
            clipped: Clipped::of(stage),
            cut: Vec::new(),
        };
        if rows.is_empty() {
            return Ok((sums, 1.0));
        }
        let base = self.first();
        let terms = || rows.iter().flat_map(|row| row.columns.iter().zip(&row.weights));
        let of = |column: u32| self.all.get(column as usize).copied().unwrap_or(base);
        let largest = |carried: bool| {
            let some = terms().filter(|(c, _)| self.is_carried(**c) == carried);
            some.fold(0.0, |most: f64, (c, w)| most.max((w * (of(*c) / base)).abs()))
        };
        let beside = largest(true);
        let grid = grid.unwrap_or_else(|| {
            let own = largest(false);
            weight_grid(if own > 0.0 { own } else { beside }, bits)
        });
        let step = f64::from(grid.step);
        let finer = match beside / step {
            level if level > 0.0 && level < LEAST_LEVEL => (LEAST_LEVEL / level).ceil(),
            _ => 1.0,
        };
        let unit = base * step / finer;
        let most = f64::from(grid.max);
        let top = (beside / step * finer).max(if beside > 0.0 { most * finer } else { 0.0 });
        if top >= f64::from(MAX_WEIGHT_BITS).exp2() {
            let bits = top.log2().ceil() as u32 + 1;
            let (layer, max) = (stage.to_string(), MAX_WEIGHT_BITS as u32 + 1);
            return Err(LowerError::CarriedTooFar { layer, bits, max });
        }
        for (at, row) in rows.iter().enumerate() {
            let mut weights = Vec::with_capacity(row.weights.len());
            for (term, (column, w)) in row.columns.iter().zip(&row.weights).enumerate() {
                weights.push(if !self.is_carried(*column) {
                    let level = (w / step).round();
                    if sums.clipped.see(level, (-most, most)) {
                        sums.cut.push((at, term, level * finer));
                    }
                    (level.clamp(-most, most) * finer) as i32
                } else {
                    (w * (of(*column) / base) / step * finer).round() as i32
                });
            }
            sums.rows.push(Row { columns: row.columns.clone(), weights });
            sums.bias.push((row.bias / unit).round() as i128);
        }
        let largest = (most * finer).max(top);
        sums.weight_bits = 33 - (largest as u32).leading_zeros();
        Ok((sums, unit))
    }

    fn is_carried(&self, column: u32) -> bool {
        column as usize >= self.sums
    }
}

/// What a carried value of unit `own` is multiplied with before values beside it of unit `unit` are
/// squared.
fn ahead(own: f64, unit: f64) -> f64 {
    let ahead = own / (unit * unit);
    if ahead > WIDE { ahead.sqrt().round().min(f64::from(MAX_WEIGHT_BITS).exp2()) } else { 1.0 }
}

fn weight_grid(largest: f64, bits: u32) -> WeightQuantiser {
    let max = (1i32 << (bits - 1)) - 1;
    let step = if largest > 0.0 { largest / f64::from(max) } else { 1.0 };
    WeightQuantiser { step: step as f32, max }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(terms: &[(u32, f64)], bias: f64) -> AffineRow {
        let (columns, weights): (Vec<u32>, Vec<f64>) = terms.iter().copied().unzip();
        AffineRow { columns: columns.into(), weights, bias }
    }

    #[test]
    fn a_sum_with_a_carried_value_is_what_it_is_in_real_numbers() {
        for start in [0.0625, 3.0, 1e-6] {
            let mut units = Units::new(start, 1);
            let name = StageName::from("a");
            let first = [row(&[(0, 0.75)], 0.25), row(&[(0, 1.0)], 0.0)];
            let one = units.sums(&name, first.to_vec(), 1, None, 6).expect("fits");
            assert_eq!(one.bias[1], 0);
            let x = 40.0;
            let mut values: Vec<f64> = one
                .rows
                .iter()
                .zip(&one.bias)
                .map(|(r, b)| x * f64::from(r.weights[0]) + *b as f64)
                .collect();
            let real: Vec<f64> = values.iter().zip(&units.all).map(|(v, u)| v * u).collect();
            assert!((real[1] / (x * start) - 1.0).abs() < 1e-12);
            values[0] *= values[0];
            units.square(1);
            let last = row(&[(0, -0.5), (1, 1.0)], 0.0);
            let two = units.sums(&name, vec![last], 0, None, 6).expect("fits");
            let sum: f64 =
                values.iter().zip(&two.rows[0].weights).map(|(v, w)| v * f64::from(*w)).sum();
            let expected = real[1] - 0.5 * real[0] * real[0];
            let found = sum * units.first();
            // Half of one in 64 parts of what is carried, and of the unit of a weight.
            let most = real[1].abs() / 128.0 + real[0] * real[0] * 0.5 / 31.0;
            assert!((found - expected).abs() <= most, "{start}: {found} {expected}");
        }
    }

    #[test]
    fn values_carried_too_far_are_refused_with_the_bits() {
        let mut units = Units::new(1.0, 2);
        units.square(1);
        units.all[0] = 1e-12;
        let sum = row(&[(0, 1.0), (1, 1.0)], 0.0);
        let error = units.sums(&StageName::from("add"), vec![sum], 0, None, 5).err().expect("wide");
        let told = error.to_string();
        assert!(told.contains("add") && told.contains("at most 31 bits"), "{told}");
    }
}
