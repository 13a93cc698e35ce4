//! The class of each sample, as arrays have it: numbers, one column of ones and zeros for each, texts.

use super::array::{Array, Values};

/// Most classes.
const MAX_CLASSES: f32 = 65_535.0;

/// The classes of samples.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Labels {
    Numbers(Vec<u16>),
    Texts(Vec<String>),
}

impl Labels {
    /// Reads `n` numbers or texts, as one axis or with axes of length 1, or `n x classes` numbers with
    /// a single 1 in each row.
    ///
    /// # Errors
    /// In one line, when it is neither.
    pub fn of(array: Array) -> Result<Self, String> {
        let axes = array.dims.iter().filter(|d| **d != 1).count();
        let one_axis = axes <= 1 || array.dims.len() == 1;
        match array.values {
            Values::Texts(texts) if one_axis => Ok(Self::Texts(texts)),
            // Classes such as -1 and 1 are names.
            Values::Numbers(values) if one_axis && signed(&values) => {
                Ok(Self::Texts(values.iter().map(f32::to_string).collect()))
            }
            Values::Numbers(values) if one_axis => whole(&values).map(Self::Numbers),
            Values::Numbers(values) if array.dims.len() == 2 => {
                one_hot(&values, array.dims.get(1).copied().unwrap_or(1)).map(Self::Numbers)
            }
            _ => Err(format!(
                "labels have {} axes; one number or text for each sample is needed",
                array.dims.len()
            )),
        }
    }

    /// Samples.
    pub fn len(&self) -> usize {
        match self {
            Self::Numbers(numbers) => numbers.len(),
            Self::Texts(texts) => texts.len(),
        }
    }
}

/// Whether all are small whole numbers, and some of them negative.
fn signed(values: &[f32]) -> bool {
    let small = |v: &f32| v.fract() == 0.0 && v.abs() < MAX_CLASSES;
    values.iter().all(small) && values.iter().any(|v| *v < 0.0)
}

fn whole(values: &[f32]) -> Result<Vec<u16>, String> {
    let label = |(at, value): (usize, &f32)| {
        let fits = value.fract() == 0.0 && (0.0..MAX_CLASSES).contains(value);
        fits.then_some(*value as u16).ok_or_else(|| {
            format!("label {value} of sample {at} is no class: whole numbers from 0 to 65534 are")
        })
    };
    values.iter().enumerate().map(label).collect()
}

fn one_hot(values: &[f32], classes: usize) -> Result<Vec<u16>, String> {
    let row = |(at, row): (usize, &[f32])| {
        let ones: Vec<usize> = (0..row.len()).filter(|c| row[*c] == 1.0).collect();
        let zeros = row.iter().filter(|v| **v == 0.0).count();
        match (&ones[..], zeros + 1 == row.len()) {
            ([one], true) => u16::try_from(*one).map_err(|_| "too many classes".to_owned()),
            _ => Err(format!(
                "sample {at} has {classes} labels, {} of them 1; one class for each sample is needed: a number, or a single 1 among zeros",
                ones.len()
            )),
        }
    };
    values.chunks(classes.max(1)).enumerate().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(dims: &[usize], values: &[f32]) -> Result<Labels, String> {
        Labels::of(Array { dims: dims.to_vec(), values: Values::Numbers(values.to_vec()) })
    }

    #[test]
    fn classes_are_read_in_each_form() {
        assert_eq!(numbers(&[3], &[2.0, 0.0, 1.0]), Ok(Labels::Numbers(vec![2, 0, 1])));
        assert_eq!(numbers(&[2, 1], &[2.0, 0.0]), Ok(Labels::Numbers(vec![2, 0])));
        let rows = [0.0, 0.0, 1.0, 1.0, 0.0, 0.0];
        assert_eq!(numbers(&[2, 3], &rows), Ok(Labels::Numbers(vec![2, 0])));
        let signs = ["-1", "1", "-1"].map(str::to_owned).to_vec();
        assert_eq!(numbers(&[3], &[-1.0, 1.0, -1.0]), Ok(Labels::Texts(signs)));
        for (dims, values, said) in [
            (&[2][..], &[0.5, 1.0][..], "label 0.5 of sample 0"),
            (&[1, 2], &[1.0, 1.0], "label"),
            (&[2, 2], &[1.0, 1.0, 0.0, 1.0], "sample 0 has 2 labels, 2 of them 1"),
            (&[1], &[f32::NAN], "label NaN"),
        ] {
            match numbers(dims, values) {
                Err(told) => assert!(told.contains(said), "{told}"),
                // Two numbers on axes 1 x 2 are two labels.
                Ok(read) => assert_eq!(read.len(), 2),
            }
        }
    }
}
