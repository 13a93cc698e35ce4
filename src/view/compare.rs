//! A comparison of schemes as it is drawn: rows as they come.

use super::origin::{Origin, Results};
use super::task::TaskStatus;
use scenario::Scenario;
use study::{CompareEvent, CompareReport, CompareRow};
use worker::Failure;

/// What is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compared {
    /// The schemes that carry the model.
    #[default]
    Schemes,
    /// The present setup, and what is explored in the laboratory.
    Polynomials,
}

/// Everything the tab Compare shows.
#[derive(Clone, Debug, Default)]
pub struct CompareView {
    /// Polynomials are run even where the planner says that decryption will fail.
    pub past_budget: bool,
    /// What the rows are.
    pub of: Compared,
    pub status: TaskStatus,
    /// The setup that the rows are of.
    pub origin: Option<Origin>,
    pub rows: Vec<CompareRow>,
    /// What is being done, and the share of the whole that is done.
    pub doing: Option<(String, f64)>,
    pub report: Option<Box<CompareReport>>,
}

impl CompareView {
    /// Forgets the rows: a new comparison begins.
    pub fn begin(&mut self, scenario: &Scenario, of: Compared) {
        self.clear();
        self.of = of;
        self.status = TaskStatus::Running;
        self.origin = Some(Origin::new(Results::Compare, scenario));
    }

    /// Forgets the rows.
    pub fn clear(&mut self) {
        *self = Self { past_budget: self.past_budget, ..Self::default() };
    }

    /// Takes in what the comparison tells.
    pub fn take(&mut self, event: CompareEvent) {
        match event {
            CompareEvent::Doing { row, of, name, fraction } => {
                let whole = (row as f64 + fraction) / of.max(1) as f64;
                self.doing = Some((format!("{name}, {} of {of}", row + 1), whole));
            }
            CompareEvent::Row(row) => self.rows.push(*row),
        }
    }

    /// The comparison is over.
    pub fn end(&mut self, result: Result<Box<CompareReport>, Failure>) {
        self.status = TaskStatus::with_left(&result, |report| report.rows_left);
        self.doing = None;
        self.report = result.ok().filter(|report| !report.rows.is_empty());
    }
}
