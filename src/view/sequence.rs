//! What the tab Sequence shows beside the run: one row per strategy that was run, and the connection
//! that times are told for.

use super::origin::{Origin, Results};
use activation::Method;
use circuit::{NetworkModel, NoiseStrategy};
use report::{RunReport, SequenceReport};
use scenario::Scenario;
use std::sync::Arc;
use study::{
    COMPARISON_SCHEMA_VERSION, StrategyComparison, StrategyEvent, StrategyRequest, StrategyRow,
};

/// A comparison that goes on.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparing {
    /// What is being run.
    pub name: String,
    pub row: usize,
    pub of: usize,
}

impl Comparing {
    /// Share of all rows that is done when `fraction` of the present one is.
    pub fn whole(&self, fraction: f64) -> f64 {
        (self.row as f64 + fraction) / self.of.max(1) as f64
    }
}

/// What a person chose, and what runs gave.
#[derive(Clone, Debug)]
pub struct SequenceView {
    /// In the order of their first run; those that could not be run too.
    pub rows: Vec<StrategyRow>,
    pub connection: NetworkModel,
    /// Column the table is sorted by, and whether the largest comes first.
    pub sorted: Option<(usize, bool)>,
    /// Which of the traced sequences is drawn.
    pub trace: usize,
    /// The row whose steps are drawn; the newest run when left out.
    pub shown: Option<usize>,
    /// What a comparison runs.
    pub request: StrategyRequest,
    pub comparing: Option<Comparing>,
    /// Steps of the setup as they are foretold.
    pub forecast: Option<Arc<SequenceReport>>,
    /// The setup that rows belong to, whatever the strategy.
    pub origin: Option<Origin>,
}

impl Default for SequenceView {
    fn default() -> Self {
        let [_, connection, ..] = NetworkModel::presets();
        Self {
            rows: Vec::new(),
            connection,
            sorted: None,
            trace: 0,
            shown: None,
            request: StrategyRequest::default(),
            comparing: None,
            forecast: None,
            origin: None,
        }
    }
}

impl SequenceView {
    /// Rows of another setup are no longer comparable: they go when a run of one begins.
    pub fn begin(&mut self, scenario: &Scenario) {
        self.shown = None;
        if self.origin.as_ref().is_none_or(|origin| !origin.is(scenario)) {
            self.clear();
        }
        // The newest run is that of the newest times.
        self.origin = Some(Origin::new(Results::Sequence, scenario));
    }

    /// Forgets the rows.
    pub fn clear(&mut self) {
        self.rows.clear();
        (self.trace, self.shown, self.origin) = (0, None, None);
    }

    /// Takes over what a person chose; rows that came meanwhile stay.
    pub fn choose(&mut self, chosen: Self) {
        self.connection = chosen.connection;
        self.sorted = chosen.sorted;
        self.trace = chosen.trace;
        self.shown = chosen.shown;
        self.request = chosen.request;
    }

    /// Takes in a finished run.
    pub fn take(&mut self, report: &RunReport) {
        if let Some(row) = StrategyRow::of(report, None) {
            self.take_row(row);
        }
    }

    /// Takes in a row: it replaces an older one of the same strategy.
    pub fn take_row(&mut self, row: StrategyRow) {
        self.rows.retain(|r| r.refused.is_none() || r.strategy != row.strategy);
        match self.rows.iter_mut().find(|r| row.replaces(r)) {
            Some(old) => *old = row,
            None => self.rows.push(row),
        }
    }

    /// Takes in why a strategy could not be run.
    pub fn refuse(&mut self, strategy: NoiseStrategy, reason: String) {
        self.take_row(StrategyRow::refused(strategy, String::new(), 0, reason));
    }

    /// Takes in how a comparison goes on.
    pub fn follow(&mut self, event: &StrategyEvent) {
        match event {
            StrategyEvent::Begin { row, of, name, .. } => {
                self.comparing = Some(Comparing { name: name.clone(), row: *row, of: *of });
            }
            StrategyEvent::Row { row, .. } => self.take_row((**row).clone()),
            StrategyEvent::Run(_) => {}
        }
    }

    /// Rows that were run.
    pub fn ran(&self) -> impl Iterator<Item = (usize, &StrategyRow)> {
        self.rows.iter().enumerate().filter(|(_, r)| r.refused.is_none())
    }

    /// Whether a method is compared.
    pub fn compares(&self, method: Method) -> bool {
        self.request.activations.contains(&method)
    }

    /// Places of the rows that were run, as they are sorted.
    pub fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = self.ran().map(|(at, _)| at).collect();
        if let Some((column, falling)) = self.sorted {
            let key = |at: &usize| self.rows.get(*at).map_or(f64::NAN, |r| self.key(r, column));
            order.sort_by(|a, b| key(a).total_cmp(&key(b)));
            if falling {
                order.reverse();
            }
        }
        order
    }

    fn key(&self, row: &StrategyRow, column: usize) -> f64 {
        let one = &row.one_sequence;
        match column {
            0 => NoiseStrategy::ALL.iter().position(|r| *r == row.strategy).unwrap_or(0) as f64,
            1 => self.rows.iter().position(|r| r.activation == row.activation).unwrap_or(0) as f64,
            2 => row.plain_accuracy,
            3 => row.reference_accuracy,
            4 => row.accuracy,
            5 => row.steps as f64,
            6 => row.sequences as f64,
            7 => row.end_to_end_secs(&self.connection),
            8 => row.latency_secs,
            9 => (one.upload_bytes + one.download_bytes) as f64,
            10 => one.rounds as f64,
            11 => one.client_secs,
            12 => row.sequences_per_sec,
            13 => row.bytes_per_sequence(),
            _ => row.margin_bits.unwrap_or(f64::NEG_INFINITY),
        }
    }

    /// The table as it is sorted, with times over the connection that is chosen.
    pub fn comparison(&self) -> StrategyComparison {
        let refused = self.rows.iter().enumerate().filter(|(_, r)| r.refused.is_some());
        let order = self.order().into_iter().chain(refused.map(|(at, _)| at));
        let rows = order.filter_map(|at| self.rows.get(at)).cloned().map(|mut row| {
            if row.refused.is_none() {
                row.tell_times(std::slice::from_ref(&self.connection));
            }
            row
        });
        let of = self.origin.as_ref().map(|origin| &origin.setup.scenario);
        StrategyComparison {
            schema_version: COMPARISON_SCHEMA_VERSION,
            scenario: of.map_or(String::new(), |s| s.name.clone()),
            model: of.map_or(String::new(), |s| s.model.clone()),
            dataset: of.map_or(String::new(), |s| s.dataset.clone()),
            threads: of.and_then(|s| s.threads).unwrap_or_else(rayon::current_num_threads),
            rows: rows.collect(),
            rows_left: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use report::EncryptedReport;

    fn report(strategy: NoiseStrategy, accuracy: f64, rounds: u64) -> RunReport {
        let sequence =
            SequenceReport { strategy, rounds, client_secs: 1.0, ..SequenceReport::default() };
        RunReport {
            encrypted: EncryptedReport { accuracy, ..EncryptedReport::default() },
            sequence: Some(Box::new(sequence)),
            ..RunReport::default()
        }
    }

    #[test]
    fn rows_are_replaced_sorted_and_saved() {
        let mut view = SequenceView::default();
        view.take(&report(NoiseStrategy::Refresh, 0.9, 10));
        view.take(&report(NoiseStrategy::Levelled, 0.8, 1));
        view.take(&report(NoiseStrategy::Refresh, 0.95, 12));
        assert_eq!(view.rows.len(), 2);
        view.sorted = Some((4, false));
        assert_eq!(view.order(), [1, 0]);
        view.sorted = Some((10, true));
        assert_eq!(view.order(), [0, 1]);
        let saved = view.comparison();
        assert_eq!(saved.rows[0].strategy, NoiseStrategy::Refresh);
        // Twelve round trips of 5 ms, and a second of work.
        let city = saved.rows[0].end_to_end.iter().find(|e| e.connection.name == "same city");
        assert!((city.unwrap().secs - 1.06).abs() < 1e-9);
        view.connection.name = "by hand".into();
        assert_eq!(view.comparison().rows[0].end_to_end.len(), 5);
        view.refuse(NoiseStrategy::Levelled, "too long".into());
        assert_eq!((view.rows.len(), view.order().len()), (2, 1));
        assert_eq!(view.comparison().rows[1].refused.as_deref(), Some("too long"));
        view.take(&report(NoiseStrategy::Levelled, 0.8, 1));
        assert_eq!(view.order().len(), 2);
    }

    #[test]
    fn rows_of_another_setup_go() {
        let mut view = SequenceView::default();
        let scenario = Scenario::open("digits").unwrap();
        view.begin(&scenario);
        view.take(&report(NoiseStrategy::Refresh, 0.9, 10));
        let other_strategy = Scenario { sequence: Some(Default::default()), ..scenario.clone() };
        view.begin(&other_strategy);
        assert_eq!(view.rows.len(), 1);
        view.begin(&Scenario { seed: 7, ..scenario });
        assert!(view.rows.is_empty());
    }
}
