//! What protects the samples, as it is drawn: the ways that were tried.

use super::origin::{Origin, Results};
use super::task::TaskStatus;
use scenario::Scenario;
use study::{MitigationEvent, MitigationReport, MitigationRow};
use worker::Failure;

/// The comparison of mitigations in the tab What the server learns.
#[derive(Clone, Debug, Default)]
pub struct MitigationView {
    pub status: TaskStatus,
    /// The setup whose training is compared.
    pub origin: Option<Origin>,
    /// Way at work: its name, its number, of how many, and the share of it that is done.
    pub doing: Option<(String, usize, usize, f64)>,
    pub rows: Vec<MitigationRow>,
    /// The rows that are finished, when there are any.
    pub report: Option<Box<MitigationReport>>,
}

impl MitigationView {
    /// A new comparison begins.
    pub fn begin(&mut self, scenario: &Scenario) {
        let origin = Some(Origin::new(Results::Mitigations, scenario));
        *self = Self { status: TaskStatus::Running, origin, ..Self::default() };
    }

    /// Share of the whole that is done.
    pub fn fraction(&self) -> f64 {
        match &self.doing {
            Some((_, row, of, fraction)) => (*row as f64 + fraction) / (*of).max(1) as f64,
            None => 0.0,
        }
    }

    /// Takes in what the comparison tells.
    pub fn take(&mut self, event: MitigationEvent) {
        match event {
            MitigationEvent::Doing { row, of, name, fraction } => {
                self.doing = Some((name, row, of, fraction));
            }
            MitigationEvent::Row(row) => self.rows.push(*row),
        }
    }

    /// The comparison is over; rows that came stay.
    pub fn end(&mut self, result: Result<Box<MitigationReport>, Failure>) {
        self.status = TaskStatus::with_left(&result, |report| report.rows_left);
        self.doing = None;
        self.report = result.ok().filter(|report| !report.rows.is_empty());
    }
}
