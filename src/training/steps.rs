//! The secure part of a step, on plain integers or on ciphertexts.

use crate::batches::Batches;
use crate::error::CryptonnError;
use rayon::prelude::*;

/// The three computations of a step that touch what is encrypted. All integers are exact, so whoever
/// implements this gives the same ones.
pub trait SecureSteps {
    /// `[sample * windows + window][unit]`: the vectors of the forward pass times the rows.
    ///
    /// # Errors
    /// When keys are refused, messages are not what they should be, or the work is stopped.
    fn products(&mut self, batch: usize, rows: &[Vec<i32>]) -> Result<Vec<i64>, CryptonnError>;

    /// `[sample][class]`: outputs in fixed point minus labels.
    ///
    /// # Errors
    /// As [`SecureSteps::products`].
    fn differences(&mut self, batch: usize, outputs: &[i64]) -> Result<Vec<i64>, CryptonnError>;

    /// `[unit][position]`: the rows, `[unit][sample * windows + window]`, times the vectors of the
    /// forward pass.
    ///
    /// # Errors
    /// As [`SecureSteps::products`].
    fn gradients(&mut self, batch: usize, deltas: &[Vec<i32>]) -> Result<Vec<i64>, CryptonnError>;
}

/// On plain integers.
#[derive(Debug)]
pub struct PlainSteps<'a> {
    batches: &'a Batches,
}

impl<'a> PlainSteps<'a> {
    pub fn new(batches: &'a Batches) -> Self {
        Self { batches }
    }
}

impl SecureSteps for PlainSteps<'_> {
    fn products(&mut self, batch: usize, rows: &[Vec<i32>]) -> Result<Vec<i64>, CryptonnError> {
        let vectors = self.batches.forward(batch);
        let of_vector =
            |vector: &Vec<i32>| rows.iter().map(|row| dot(vector, row)).collect::<Vec<i64>>();
        Ok(vectors.par_iter().flat_map_iter(of_vector).collect())
    }

    fn differences(&mut self, batch: usize, outputs: &[i64]) -> Result<Vec<i64>, CryptonnError> {
        let labels = self.batches.labels(batch);
        Ok(outputs.iter().zip(labels).map(|(a, y)| a - i64::from(y)).collect())
    }

    fn gradients(&mut self, batch: usize, deltas: &[Vec<i32>]) -> Result<Vec<i64>, CryptonnError> {
        let vectors = self.batches.forward(batch);
        let width = self.batches.encoding().vector_len;
        let of_row = |row: &Vec<i32>| {
            let mut sums = vec![0_i64; width];
            for (&delta, vector) in row.iter().zip(&vectors).filter(|(delta, _)| **delta != 0) {
                for (sum, &x) in sums.iter_mut().zip(vector) {
                    *sum += i64::from(delta) * i64::from(x);
                }
            }
            sums
        };
        Ok(deltas.par_iter().flat_map_iter(of_row).collect())
    }
}

fn dot(x: &[i32], y: &[i32]) -> i64 {
    x.iter().zip(y).map(|(x, y)| i64::from(*x) * i64::from(*y)).sum()
}
