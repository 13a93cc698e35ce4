//! A sweep as it is drawn: what is chosen for it, and the rows as they come.

use super::origin::{Origin, Results};
use super::task::TaskStatus;
use activation::Method;
use format::Share;
use scenario::Scenario;
use study::{SweepEvent, SweepReport, SweepRow};
use worker::Failure;

/// What is chosen in the tab Sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepChoice {
    pub methods: Vec<Method>,
    /// Lowest and highest degree.
    pub degrees: (usize, usize),
    /// Each network is also trained on for so many epochs.
    pub fine_tune: bool,
    pub epochs: usize,
    /// Each network is also run encrypted.
    pub encrypted: bool,
    /// Horizontal axis of the second plot.
    pub axis: SweepAxis,
    /// Column the table is sorted by, and whether from the top down; as swept when `None`.
    pub sorted: Option<(usize, bool)>,
}

impl Default for SweepChoice {
    fn default() -> Self {
        Self {
            methods: vec![Method::Minimax, Method::LeastSquares, Method::ChebyshevInterpolation],
            degrees: (2, 7),
            fine_tune: false,
            epochs: 4,
            encrypted: false,
            axis: SweepAxis::Latency,
            sorted: None,
        }
    }
}

/// What accuracy is drawn against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SweepAxis {
    Degree,
    Depth,
    Error,
    Latency,
}

impl SweepAxis {
    /// The axes of the second plot.
    pub const COSTS: [Self; 3] = [Self::Latency, Self::Error, Self::Depth];

    /// Name of the axis.
    pub fn name(self) -> &'static str {
        match self {
            Self::Degree => "degree",
            Self::Depth => "depth",
            Self::Error => "largest error",
            Self::Latency => "time of all samples",
        }
    }

    /// Whether it is drawn as a logarithm.
    pub fn is_logarithmic(self) -> bool {
        matches!(self, Self::Error | Self::Latency)
    }

    /// Where a row lies on it: measured latency where there is one, predicted otherwise.
    pub fn position(self, row: &SweepRow) -> Option<f64> {
        let value = match self {
            Self::Degree => row.degree as f64,
            Self::Depth => row.fit.as_ref()?.depth as f64,
            Self::Error => row.fit.as_ref()?.error_max,
            Self::Latency => {
                let measured = row.encrypted.map(|r| r.latency_secs);
                measured.or(row.predicted.map(|c| c.latency_secs))?
            }
        };
        let position = if self.is_logarithmic() { value.log10() } else { value };
        position.is_finite().then_some(position)
    }
}

/// Everything the tab Sweep shows.
#[derive(Clone, Debug, Default)]
pub struct SweepView {
    pub choice: SweepChoice,
    pub status: TaskStatus,
    /// The setup that the rows are of.
    pub origin: Option<Origin>,
    /// Accuracy of the exact network of the newest sweep.
    pub exact_accuracy: Option<f64>,
    /// Samples that accuracies are taken on.
    pub images: usize,
    pub rows: Vec<SweepRow>,
    /// Rows there will be.
    pub of: usize,
    /// What is being done, and the share of the whole that is done.
    pub doing: Option<(String, f64)>,
    pub report: Option<Box<SweepReport>>,
    /// Row under the pointer, in the table or in a plot.
    pub hovered: Option<usize>,
}

impl SweepView {
    /// Forgets the rows: a new sweep begins.
    pub fn begin(&mut self, scenario: &Scenario) {
        self.clear();
        self.status = TaskStatus::Running;
        self.origin = Some(Origin::new(Results::Sweep, scenario));
    }

    /// Forgets the rows.
    pub fn clear(&mut self) {
        *self = Self { choice: self.choice.clone(), ..Self::default() };
    }

    /// Takes in what the sweep tells.
    pub fn take(&mut self, event: SweepEvent) {
        match event {
            SweepEvent::Started { exact_accuracy, rows, images } => {
                self.exact_accuracy = Some(exact_accuracy);
                (self.of, self.images) = (rows, images);
            }
            SweepEvent::Doing { row, of, what, fraction } => {
                let whole = (row as f64 + fraction) / of.max(1) as f64;
                self.doing = Some((format!("row {} of {of}, {what}", row + 1), whole));
            }
            SweepEvent::Row { index, row } => match self.rows.get_mut(index) {
                Some(known) => *known = *row,
                None => self.rows.push(*row),
            },
        }
    }

    /// The sweep is over.
    pub fn end(&mut self, result: Result<Box<SweepReport>, Failure>) {
        self.status = TaskStatus::with_left(&result, |report| report.rows_left);
        self.doing = None;
        self.report = result.ok().filter(|report| !report.rows.is_empty());
        if let Some(report) = &self.report {
            // Without the row that was begun when the sweep was stopped.
            self.rows.clone_from(&report.rows);
        }
    }

    /// The methods that have rows, in the order they came.
    pub fn methods(&self) -> Vec<Method> {
        let mut methods = Vec::new();
        for row in &self.rows {
            if !methods.contains(&row.method) {
                methods.push(row.method);
            }
        }
        methods
    }

    /// Positions and accuracies of the rows of a method along an axis: after training with the
    /// polynomials, or with them put in afterwards.
    pub fn line(&self, method: Method, axis: SweepAxis, trained: bool) -> Vec<[f64; 2]> {
        let rows = self.rows.iter().filter(|r| r.method == method);
        let mut points: Vec<[f64; 2]> = rows
            .filter_map(|r| {
                let found = if trained { r.trained } else { r.replaced };
                Some([axis.position(r)?, found?.accuracy])
            })
            .filter(|point| !point[1].is_nan())
            .collect();
        points.sort_by(|a, b| a[0].total_cmp(&b[0]));
        points
    }

    /// Share of the samples behind an accuracy.
    pub fn share(&self, accuracy: f64) -> Share {
        Share::of_fraction(accuracy, self.images)
    }

    /// The rows that no other beats in both accuracy and cost, from cheap to dear.
    pub fn front(&self, axis: SweepAxis) -> Vec<[f64; 2]> {
        let rows = self.rows.iter();
        let mut points: Vec<[f64; 2]> =
            rows.filter_map(|r| Some([axis.position(r)?, r.accuracy()?])).collect();
        points.retain(|point| !point[1].is_nan());
        points.sort_by(|a, b| a[0].total_cmp(&b[0]).then(b[1].total_cmp(&a[1])));
        let mut best = f64::NEG_INFINITY;
        points.retain(|p| {
            let better = p[1] > best;
            best = best.max(p[1]);
            better
        });
        points
    }

    /// Indices of the rows in the order of the table.
    pub fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        if let Some((column, down)) = self.choice.sorted {
            let key = |i: &usize| self.rows.get(*i).and_then(|r| column_value(r, column));
            // What is not known stands last either way.
            order.sort_by(|a, b| match (key(a), key(b)) {
                (Some(a), Some(b)) if down => b.total_cmp(&a),
                (Some(a), Some(b)) => a.total_cmp(&b),
                (a, b) => b.is_some().cmp(&a.is_some()),
            });
        }
        order
    }
}

/// What the table is sorted by in a column.
fn column_value(row: &SweepRow, column: usize) -> Option<f64> {
    match column {
        0 => Method::ALL.iter().position(|m| *m == row.method).map(|at| at as f64),
        1 => Some(row.degree as f64),
        2 => row.fit.as_ref().map(|f| f.depth as f64),
        3 => row.fit.as_ref().map(|f| f.error_max),
        4 => row.replaced.map(|a| a.accuracy),
        5 => row.replaced.map(|a| a.samples_outside),
        6 => row.trained.map(|a| a.accuracy),
        // What was measured, else what is predicted.
        7 => {
            let measured = row.encrypted.map(|r| r.latency_secs);
            measured.or(row.predicted.map(|c| c.latency_secs))
        }
        8 => {
            let measured = row.encrypted.and_then(|r| r.margin_bits);
            measured.or(row.predicted.map(|c| c.margin_bits))
        }
        9 => row.predicted.map(|c| c.upload_bytes as f64),
        10 => row.encrypted.map(|r| r.accuracy),
        _ => None,
    }
}
