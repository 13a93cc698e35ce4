//! A sweep as it is drawn: what is chosen for it, and the rows of all sweeps as they come.

mod axis;
mod choice;
mod row;

pub use axis::SweepAxis;
pub use choice::SweepChoice;
pub use row::SweptRow;

use super::origin::{Origin, Results};
use super::task::TaskStatus;
use super::time_left::time_left;
use activation::Method;
use format::Share;
use scenario::Scenario;
use std::sync::Arc;
use std::time::{Duration, Instant};
use study::{Row as _, SweepEvent, SweepReport, SweepRow};
use worker::Failure;

/// Everything the tab Sweep shows.
#[derive(Clone, Debug, Default)]
pub struct SweepView {
    pub choice: SweepChoice,
    pub status: TaskStatus,
    /// The setup that the newest rows are of.
    pub origin: Option<Origin>,
    /// Accuracy of the exact network of the newest sweep.
    pub exact_accuracy: Option<f64>,
    /// Samples that accuracies are taken on.
    pub images: usize,
    /// The rows of this sweep and of those before that can be held against them.
    pub rows: Vec<SweptRow>,
    /// Rows there will be of this sweep.
    pub of: usize,
    /// What is being done, and the share of the whole that is done.
    pub doing: Option<(String, f64)>,
    /// All rows as a table.
    pub report: Option<Box<SweepReport>>,
    /// Row under the pointer, in the table or in a plot.
    pub hovered: Option<usize>,
    /// The setup and the start of the sweep that is on, or was last.
    pub(crate) scenario: Option<Arc<Scenario>>,
    pub(crate) began: Option<Instant>,
    /// How many sweeps there were.
    pub(crate) sweeps: usize,
    /// The rows before this sweep.
    pub(crate) before: Vec<SweptRow>,
}

impl SweepView {
    /// A new sweep begins. Rows of the same model, data and samples stay.
    pub fn begin(&mut self, scenario: &Scenario) {
        if self.origin.as_ref().is_some_and(|of| !comparable(&of.setup.scenario, scenario)) {
            self.clear();
        }
        self.before.clone_from(&self.rows);
        self.scenario = Some(Arc::new(scenario.clone()));
        (self.sweeps, self.began) = (self.sweeps + 1, Some(Instant::now()));
        (self.report, self.hovered, self.of) = (None, None, 0);
        self.status = TaskStatus::Running;
        self.origin = Some(Origin::new(Results::Sweep, scenario));
    }

    /// Forgets the rows.
    pub fn clear(&mut self) {
        let (choice, sweeps) = (self.choice.clone(), self.sweeps);
        *self = Self { choice, sweeps, ..Self::default() };
    }

    /// Forgets one row, where none is being made.
    pub fn remove(&mut self, index: usize) {
        if self.status == TaskStatus::Running || index >= self.rows.len() {
            return;
        }
        self.rows.remove(index);
        self.hovered = None;
        match &mut self.report {
            Some(_) if self.rows.is_empty() => self.clear(),
            Some(report) => report.rows = self.rows.iter().map(|row| row.row.clone()).collect(),
            None => {}
        }
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
            SweepEvent::Row { row, .. } => self.put(*row),
        }
    }

    /// A row of this sweep in the place of what was known of it.
    fn put(&mut self, mut row: SweepRow) {
        let Some(scenario) = self.scenario.clone() else { return };
        let known = self.rows.iter_mut().find(|known| known.is(&row, &scenario));
        if let Some(known) = &known {
            row.fill(known);
        }
        let row = SweptRow { row, scenario, sweep: self.sweeps };
        match known {
            Some(known) => *known = row,
            None => self.rows.push(row),
        }
    }

    /// The sweep is over.
    pub fn end(&mut self, result: Result<Box<SweepReport>, Failure>) {
        self.status = TaskStatus::with_left(&result, |report| report.rows_left);
        self.doing = None;
        let report = result.ok();
        // Without the row that was begun when the sweep was stopped: it is what it was before.
        let done = report.as_ref().map(|report| report.rows.as_slice()).unwrap_or_default();
        let before = std::mem::take(&mut self.before);
        let is_done = |row: &SweptRow| done.iter().any(|done| row.is_of_choice(done));
        let begun = |row: &SweptRow| row.sweep == self.sweeps && !is_done(row);
        let mut rows = std::mem::take(&mut self.rows);
        for row in rows.iter_mut().filter(|row| begun(row)) {
            if let Some(known) = before.iter().find(|known| known.is(row, &row.scenario)) {
                *row = known.clone();
            }
        }
        rows.retain(|row| !begun(row));
        self.rows = rows;
        for row in done {
            self.put(row.clone());
        }
        let rows: Vec<SweepRow> = self.rows.iter().map(|row| row.row.clone()).collect();
        let one_setup = self.rows.windows(2).all(|two| two[0].is_of_setup(&two[1]));
        self.report = report.filter(|_| !rows.is_empty()).map(|report| {
            let setup = report.setup.filter(|_| one_setup);
            Box::new(SweepReport { rows, setup, ..*report })
        });
    }

    /// The rows that the newest sweep made.
    pub fn newest(&self) -> impl Iterator<Item = &SweptRow> {
        self.rows.iter().filter(|row| row.sweep == self.sweeps)
    }

    /// How long the sweep will still take, where that is known.
    pub fn time_left(&self) -> Option<Duration> {
        let (_, done) = self.doing.as_ref()?;
        time_left(self.began?.elapsed(), *done)
    }

    /// The rows that are drawn as one line each, by the first of them, in the order they came.
    pub fn series(&self) -> Vec<&SweptRow> {
        let mut series: Vec<&SweptRow> = Vec::new();
        for row in &self.rows {
            if !series.iter().any(|first| first.is_of_series(row)) {
                series.push(row);
            }
        }
        series
    }

    /// What a series is called beside the others.
    pub fn series_name(&self, of: &SweptRow) -> String {
        let any = |differs: &dyn Fn(&SweptRow) -> bool| self.rows.iter().any(differs);
        let mut name = of.method.name().to_owned();
        if any(&|row| row.interval != of.interval) {
            name += &format!(" {}", of.interval_text());
        }
        if any(&|row| row.function != of.function) {
            let function = of.function.as_ref().map_or("own".to_owned(), |f| f.name());
            name += &format!(" {function}");
        }
        if any(&|row| !row.is_of_setup(of)) {
            let scheme = of.predicted.map_or("no scheme", |cost| cost.scheme.name());
            name += &format!(" {scheme}");
        }
        name
    }

    /// Positions and accuracies of the rows of a series along an axis: after training with the
    /// polynomials, or with them put in afterwards.
    pub fn line(&self, series: &SweptRow, axis: SweepAxis, trained: bool) -> Vec<[f64; 2]> {
        let rows = self.rows.iter().filter(|r| r.is_of_series(series));
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
        let cheap = |a: &[f64; 2], b: &[f64; 2]| match axis.is_gain() {
            true => b[0].total_cmp(&a[0]),
            false => a[0].total_cmp(&b[0]),
        };
        points.sort_by(|a, b| cheap(a, b).then(b[1].total_cmp(&a[1])));
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
        let Some((column, down)) = self.choice.sorted else {
            let place = |i: &usize| {
                let row = self.rows.get(*i)?;
                let series = self.rows.iter().position(|first| first.is_of_series(row));
                let method = Method::ALL.iter().position(|m| *m == row.method);
                Some((method, series, row.degree))
            };
            order.sort_by_key(place);
            return order;
        };
        let key = |i: &usize| self.rows.get(*i).and_then(|row| value(row, column));
        // What is not known stands last either way.
        order.sort_by(|a, b| match (key(a), key(b)) {
            (Some(a), Some(b)) if down => b.total_cmp(&a),
            (Some(a), Some(b)) => a.total_cmp(&b),
            (a, b) => b.is_some().cmp(&a.is_some()),
        });
        order
    }
}

/// Whether rows of two setups can be held against one another: the same model, data and samples.
fn comparable(a: &Scenario, b: &Scenario) -> bool {
    let of = |s: &Scenario| (s.model.clone(), s.dataset.clone(), s.images, s.seed);
    of(a) == of(b)
}

/// Columns of what is predicted, and those of the same as it was measured.
const MEASURED: [(&str, &str); 5] = [
    ("predicted_latency_secs", "latency_secs"),
    ("predicted_margin_bits", "margin_bits"),
    ("predicted_upload_bytes", "upload_bytes"),
    ("predicted_evaluation_key_bytes", "evaluation_key_bytes"),
    ("predicted_peak_memory_bytes", "peak_memory_bytes"),
];

/// The column that has what was measured of what `column` predicts.
pub fn measured_column(column: &str) -> Option<&'static str> {
    MEASURED.iter().find(|(predicted, _)| *predicted == column).map(|(_, measured)| *measured)
}

/// What a row has in a column, as a number: as measured where it was.
fn value(row: &SweepRow, column: &str) -> Option<f64> {
    if column == "method" {
        return Method::ALL.iter().position(|m| *m == row.method).map(|at| at as f64);
    }
    let number = |id: &str| -> Option<f64> {
        SweepRow::columns(&[id]).first()?.cell(row)?.exact.parse().ok()
    };
    measured_column(column).and_then(number).or_else(|| number(column))
}

#[cfg(test)]
mod tests {
    use super::*;
    use network::{Approximations, IntervalRule};
    use study::SweepAccuracy;

    fn row(method: Method, degree: usize, accuracy: f64) -> SweepRow {
        let accuracy = SweepAccuracy { accuracy, agreement: accuracy, samples_outside: 0.0 };
        let choice = Approximations {
            function: None,
            method,
            degree,
            parts: 2,
            own: None,
            interval: IntervalRule::Given((-3.0, 3.0)),
            layers: Vec::new(),
        };
        let json = serde_json::json!({
            "method": choice.method, "degree": choice.degree, "interval": choice.interval,
            "original": 0.9,
        });
        let empty: SweepRow = serde_json::from_value(json).expect("a row");
        SweepRow { replaced: Some(accuracy), ..empty }
    }

    fn tell(view: &mut SweepView, row: SweepRow) {
        view.take(SweepEvent::Row { index: 0, row: Box::new(row) });
    }

    fn ended(rows: Vec<SweepRow>, rows_left: usize) -> Result<Box<SweepReport>, Failure> {
        Ok(Box::new(SweepReport { rows, rows_left, ..SweepReport::default() }))
    }

    fn accuracies(view: &SweepView) -> Vec<(usize, f64)> {
        let order = view.order().into_iter();
        let rows = order.filter_map(|at| view.rows.get(at));
        rows.filter_map(|row| Some((row.degree, row.replaced?.accuracy))).collect()
    }

    #[test]
    fn rows_of_before_stay_and_what_was_begun_only_is_what_it_was() {
        let digits = Scenario::open("digits-relu").expect("built in");
        let mut view = SweepView::default();
        view.begin(&digits);
        for degree in [4, 2] {
            tell(&mut view, row(Method::Minimax, degree, 0.5));
        }
        view.end(ended([4, 2].map(|d| row(Method::Minimax, d, 0.5)).to_vec(), 0));
        assert_eq!(accuracies(&view), [(2, 0.5), (4, 0.5)]);

        // Stopped in the second of three rows: the first is new, the second what it was.
        view.begin(&digits.with_setting("scheme.kind=auto").expect("a field"));
        tell(&mut view, row(Method::Minimax, 3, 0.7));
        tell(&mut view, row(Method::Minimax, 4, 0.8));
        assert_eq!(accuracies(&view), [(2, 0.5), (3, 0.7), (4, 0.8)]);
        view.end(ended(vec![row(Method::Minimax, 3, 0.7)], 2));
        assert_eq!(view.status, TaskStatus::Stopped);
        assert_eq!(accuracies(&view), [(2, 0.5), (3, 0.7), (4, 0.5)]);
        assert_eq!(view.newest().map(|row| row.degree).collect::<Vec<_>>(), [3]);
        assert_eq!(view.report.as_ref().map(|report| report.rows.len()), Some(3));

        // Another scheme is a line of its own.
        view.begin(&digits.with_setting("scheme.kind=bgv").expect("a field"));
        tell(&mut view, row(Method::Minimax, 2, 0.4));
        view.end(ended(vec![row(Method::Minimax, 2, 0.4)], 0));
        assert_eq!((view.rows.len(), view.series().len()), (4, 2));
        view.remove(3);
        view.remove(99);
        assert_eq!((view.rows.len(), view.series().len()), (3, 1));

        // Other samples cannot be held against these.
        view.begin(&digits.with_setting("images=7").expect("a field"));
        assert!(view.rows.is_empty());
    }

    #[test]
    fn rows_that_no_other_beats_are_counted_from_the_cheap_end() {
        let mut view = SweepView::default();
        view.begin(&Scenario::open("digits-relu").expect("built in"));
        for (degree, accuracy) in [(2, 0.5), (3, 0.4), (4, 0.9), (5, 0.9)] {
            tell(&mut view, row(Method::Minimax, degree, accuracy));
        }
        assert_eq!(view.front(SweepAxis::Degree), [[2.0, 0.5], [4.0, 0.9]]);
        view.choice.sorted = Some(("degree", true));
        assert_eq!(accuracies(&view).first(), Some(&(5, 0.9)));
        view.choice.sorted = Some(("accuracy", false));
        assert_eq!(accuracies(&view).first(), Some(&(3, 0.4)));
    }
}
