//! A row of a sweep, with the setup it was made with.

use scenario::Scenario;
use std::ops::Deref;
use std::sync::Arc;
use study::SweepRow;

/// A row, with the setup it was made with; read as the row itself.
#[derive(Clone, Debug, PartialEq)]
pub struct SweptRow {
    pub row: SweepRow,
    pub scenario: Arc<Scenario>,
    /// Which sweep made it, counted from 1.
    pub sweep: usize,
}

impl Deref for SweptRow {
    type Target = SweepRow;

    fn deref(&self) -> &SweepRow {
        &self.row
    }
}

impl SweptRow {
    /// Whether it is about the same polynomials in the same setup, but for the activation there.
    pub fn is(&self, row: &SweepRow, scenario: &Scenario) -> bool {
        self.row.is_of_choice(row) && same(&self.scenario, scenario)
    }

    /// Whether it is on one line with `other`: only degrees differ.
    pub fn is_of_series(&self, other: &Self) -> bool {
        let of = |row: &Self| (row.method, row.interval, row.function.clone(), row.own.clone());
        of(self) == of(other) && self.is_of_setup(other)
    }

    /// Whether it was made with the same setup as `other`, but for the activation there.
    pub fn is_of_setup(&self, other: &Self) -> bool {
        same(&self.scenario, &other.scenario)
    }

    /// The setup with the polynomials of the row.
    ///
    /// # Errors
    /// Why no setup has them, in one line.
    pub fn setup(&self) -> Result<Scenario, &'static str> {
        let activation = self.row.activation()?;
        Ok(Scenario { activation, ..Scenario::clone(&self.scenario) })
    }
}

/// Whether two setups are the same but for their activation.
fn same(a: &Scenario, b: &Scenario) -> bool {
    let of = |s: &Scenario| Scenario { activation: Default::default(), ..s.clone() };
    std::ptr::eq(a, b) || of(a) == of(b)
}
