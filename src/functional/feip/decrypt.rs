//! Decryption of inner products: many rows with many ciphertexts.

use super::keys::check_rows;
use super::{CiphertextSet, FeipError, FunctionKey};
use crate::group::{DlogTable, RowSums, Rows, StoredSum, key_digit_bits, key_digits};
use progress::Cancel;
use rayon::prelude::*;
use ring::kernels::octet::OCTET;

/// Inner products that are still in the exponent: `<x, y> G`.
pub struct Products {
    rows: usize,
    count: usize,
    /// Of eight ciphertexts at a time one octet for each row.
    sums: Vec<StoredSum>,
}

impl std::fmt::Debug for Products {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Products")
            .field("rows", &self.rows)
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

impl CiphertextSet {
    /// The products of every ciphertext with every row, whose keys are `keys`, in the exponent.
    ///
    /// # Errors
    /// When lengths do not fit, a weight is too large, or `cancel` is set.
    pub fn products(
        &self,
        rows: &[Vec<i32>],
        keys: &[FunctionKey],
        cancel: &Cancel,
    ) -> Result<Products, FeipError> {
        check_rows(rows, self.len)?;
        if keys.len() != rows.len() {
            return Err(FeipError::Keys { keys: keys.len(), rows: rows.len() });
        }
        let key_bits = key_digit_bits(rows.len());
        let keys: Vec<Vec<i8>> =
            keys.iter().map(|key| key_digits(key.scalar().as_bytes(), key_bits)).collect();
        let plan = Rows::new(rows, self.len);
        let mut sums = vec![StoredSum::BLANK; self.groups.len() * rows.len()];
        if !rows.is_empty() {
            let jobs = sums.par_chunks_mut(rows.len()).zip(&self.groups);
            jobs.try_for_each(|(out, group)| {
                cancel.check()?;
                if let Some((base, points)) = group.split_first() {
                    let (rows, keys) = (&plan, &*keys);
                    self.kernel.run_octets(RowSums { rows, points, base, keys, key_bits, out });
                }
                Ok::<_, FeipError>(())
            })?;
        }
        Ok(Products { rows: rows.len(), count: self.count, sums })
    }
}

impl Products {
    /// The inner products, `[ciphertext][row]`, each in `-bound..=bound`.
    ///
    /// # Errors
    /// When one is outside, as it is with a key that belongs to another row, or `cancel` is set.
    pub fn decrypt(
        &self,
        table: &DlogTable,
        bound: u64,
        cancel: &Cancel,
    ) -> Result<Vec<i64>, FeipError> {
        let found = table.solve(&self.sums, self.sums.len() * OCTET, bound, cancel);
        // What was given up counts as not found: the stop comes first.
        cancel.check()?;
        let found = found?;
        let mut values = vec![0; self.count * self.rows];
        let groups = found.chunks(self.rows.max(1) * OCTET);
        for (values, group) in values.chunks_mut(self.rows.max(1) * OCTET).zip(groups) {
            for (lane, values) in values.chunks_mut(self.rows.max(1)).enumerate() {
                for (value, octet) in values.iter_mut().zip(group.chunks(OCTET)) {
                    *value = octet.get(lane).copied().unwrap_or(0);
                }
            }
        }
        Ok(values)
    }
}
