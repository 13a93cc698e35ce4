//! What the tab Sequence shows beside the run: one row per remedy that was run, and the connection
//! that times are told for.

use crate::circuit::{NetworkModel, Remedy};
use crate::run::sequence::SequenceReport;
use crate::run::{RunReport, Scenario};
use serde::Serialize;

/// What a run with one remedy showed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RemedyRow {
    pub remedy: Remedy,
    /// Steps from one fresh state to the next.
    pub refresh_every: usize,
    pub accuracy: f64,
    /// Accuracy of the original network in the clear.
    pub plain_accuracy: f64,
    pub wrong_outputs: u64,
    pub margin_bits: Option<f64>,
    /// Wall seconds of one batch from its encryption to its answer, without the way.
    pub latency_secs: f64,
    pub sequences_per_sec: f64,
    pub sequences: usize,
    pub upload_bytes: u64,
    pub download_bytes: u64,
    pub key_bytes: u64,
    pub rounds: u64,
    pub client_secs: f64,
    pub server_secs: f64,
    pub reveals: String,
    #[serde(skip)]
    report: SequenceReport,
}

impl RemedyRow {
    /// The row of a finished run; `None` when it was not one on sequences.
    pub fn of(report: &RunReport) -> Option<Self> {
        let s = report.sequence.as_deref()?;
        let measured = s.per_step.iter().filter_map(|step| step.margin_bits_measured);
        Some(Self {
            remedy: s.remedy,
            refresh_every: s.refresh_every,
            accuracy: report.encrypted.accuracy,
            plain_accuracy: report.plain.accuracy,
            wrong_outputs: report.encrypted.wrong_outputs,
            margin_bits: measured.reduce(f64::min),
            latency_secs: s.batch_secs,
            sequences_per_sec: s.sequences_per_sec,
            sequences: s.sequences,
            upload_bytes: s.upload_bytes,
            download_bytes: s.download_bytes,
            key_bytes: s.key_bytes,
            rounds: s.rounds,
            client_secs: s.client_secs,
            server_secs: s.server_secs,
            reveals: s.reveals.clone(),
            report: s.clone(),
        })
    }

    /// Seconds from end to end over `connection`, nothing overlapping.
    pub fn end_to_end_secs(&self, connection: &NetworkModel) -> f64 {
        self.report.end_to_end_secs(connection)
    }
}

/// A remedy that could not be run, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    pub remedy: Remedy,
    pub reason: String,
}

/// What a person chose, and what runs gave.
#[derive(Clone, Debug)]
pub struct SequenceView {
    /// In the order of their first run.
    pub rows: Vec<RemedyRow>,
    pub refusals: Vec<Refusal>,
    pub connection: NetworkModel,
    /// Column the table is sorted by, and whether the largest comes first.
    pub sorted: Option<(usize, bool)>,
    /// Which of the traced sequences is drawn.
    pub trace: usize,
    /// Remedies still to be run, the next one last.
    pub pending: Vec<Remedy>,
    /// Model, dataset and the rest that rows belong to.
    pub(super) of: Option<Scenario>,
}

impl Default for SequenceView {
    fn default() -> Self {
        let [_, connection, ..] = NetworkModel::presets();
        Self {
            rows: Vec::new(),
            refusals: Vec::new(),
            connection,
            sorted: None,
            trace: 0,
            pending: Vec::new(),
            of: None,
        }
    }
}

impl SequenceView {
    /// Rows of another setup are no longer comparable: they go when a run of one begins.
    pub fn begin(&mut self, scenario: &Scenario) {
        let same_but_remedy = Scenario { sequence: None, ..scenario.clone() };
        if self.of.as_ref() != Some(&same_but_remedy) {
            self.rows.clear();
            self.refusals.clear();
            self.trace = 0;
            self.of = Some(same_but_remedy);
        }
    }

    /// Takes over what a person chose; rows that came meanwhile stay.
    pub fn choose(&mut self, chosen: Self) {
        self.connection = chosen.connection;
        self.sorted = chosen.sorted;
        self.trace = chosen.trace;
    }

    /// Takes in a finished run: its row replaces an older one of the same remedy.
    pub fn take(&mut self, report: &RunReport) {
        let Some(row) = RemedyRow::of(report) else { return };
        self.refusals.retain(|r| r.remedy != row.remedy);
        match self.rows.iter_mut().find(|r| r.remedy == row.remedy) {
            Some(old) => *old = row,
            None => self.rows.push(row),
        }
    }

    /// Takes in why a remedy could not be run.
    pub fn refuse(&mut self, remedy: Remedy, reason: String) {
        self.rows.retain(|r| r.remedy != remedy);
        self.refusals.retain(|r| r.remedy != remedy);
        self.refusals.push(Refusal { remedy, reason });
    }

    /// What a column sorts by, and the order of the rows.
    pub fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        if let Some((column, falling)) = self.sorted {
            let key = |at: &usize| self.rows.get(*at).map_or(f64::NAN, |r| self.key(r, column));
            order.sort_by(|a, b| key(a).total_cmp(&key(b)));
            if falling {
                order.reverse();
            }
        }
        order
    }

    fn key(&self, row: &RemedyRow, column: usize) -> f64 {
        match column {
            0 => Remedy::ALL.iter().position(|r| *r == row.remedy).unwrap_or(0) as f64,
            1 => row.accuracy,
            2 => row.latency_secs,
            3 => row.sequences_per_sec,
            4 => (row.upload_bytes + row.download_bytes) as f64,
            5 => row.rounds as f64,
            6 => row.client_secs,
            7 => row.server_secs,
            8 => row.end_to_end_secs(&self.connection),
            _ => row.margin_bits.unwrap_or(f64::NEG_INFINITY),
        }
    }

    /// The table as CSV, units in the column names.
    pub fn to_csv(&self) -> Result<Vec<u8>, csv::Error> {
        let mut out = csv::Writer::from_writer(Vec::new());
        out.write_record([
            "remedy",
            "refresh_every",
            "sequences",
            "accuracy",
            "plain_accuracy",
            "wrong_outputs",
            "margin_bits_least",
            "latency_secs",
            "sequences_per_sec",
            "upload_bytes",
            "download_bytes",
            "key_bytes",
            "rounds",
            "client_secs",
            "server_secs",
            "connection",
            "end_to_end_secs",
            "reveals",
        ])?;
        for row in self.order().iter().filter_map(|at| self.rows.get(*at)) {
            out.write_record([
                row.remedy.id().to_owned(),
                row.refresh_every.to_string(),
                row.sequences.to_string(),
                row.accuracy.to_string(),
                row.plain_accuracy.to_string(),
                row.wrong_outputs.to_string(),
                row.margin_bits.map_or(String::new(), |m| m.to_string()),
                row.latency_secs.to_string(),
                row.sequences_per_sec.to_string(),
                row.upload_bytes.to_string(),
                row.download_bytes.to_string(),
                row.key_bytes.to_string(),
                row.rounds.to_string(),
                row.client_secs.to_string(),
                row.server_secs.to_string(),
                self.connection.name.clone(),
                row.end_to_end_secs(&self.connection).to_string(),
                row.reveals.clone(),
            ])?;
        }
        out.into_inner().map_err(|e| e.into_error().into())
    }

    /// The table as JSON, with the connection that times are told for.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let rows: Vec<serde_json::Value> = self
            .order()
            .iter()
            .filter_map(|at| self.rows.get(*at))
            .map(|row| {
                let mut value = serde_json::to_value(row)?;
                value["end_to_end_secs"] = row.end_to_end_secs(&self.connection).into();
                Ok(value)
            })
            .collect::<Result<_, serde_json::Error>>()?;
        let refused: Vec<_> = self
            .refusals
            .iter()
            .map(|r| serde_json::json!({ "remedy": r.remedy, "reason": r.reason }))
            .collect();
        serde_json::to_vec_pretty(&serde_json::json!({
            "connection": self.connection,
            "remedies": rows,
            "refused": refused,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::EncryptedReport;

    fn report(remedy: Remedy, accuracy: f64, rounds: u64) -> RunReport {
        let sequence =
            SequenceReport { remedy, rounds, client_secs: 1.0, ..SequenceReport::default() };
        RunReport {
            encrypted: EncryptedReport { accuracy, ..EncryptedReport::default() },
            sequence: Some(Box::new(sequence)),
            ..RunReport::default()
        }
    }

    #[test]
    fn rows_are_replaced_sorted_and_saved() {
        let mut view = SequenceView::default();
        view.take(&report(Remedy::Refresh, 0.9, 10));
        view.take(&report(Remedy::OneChain, 0.8, 1));
        view.take(&report(Remedy::Refresh, 0.95, 12));
        assert_eq!(view.rows.len(), 2);
        view.sorted = Some((1, false));
        assert_eq!(view.order(), [1, 0]);
        view.sorted = Some((5, true));
        assert_eq!(view.order(), [0, 1]);
        let text = String::from_utf8(view.to_csv().unwrap()).unwrap();
        assert!(text.lines().nth(1).unwrap().starts_with("refresh,0,0,0.95,"), "{text}");
        // Twelve round trips of 5 ms, and a second of work.
        let json: serde_json::Value = serde_json::from_slice(&view.to_json().unwrap()).unwrap();
        let secs = json["remedies"][0]["end_to_end_secs"].as_f64().unwrap();
        assert!((secs - 1.06).abs() < 1e-9, "{secs}");
        view.refuse(Remedy::OneChain, "too long".into());
        assert_eq!((view.rows.len(), view.refusals.len()), (1, 1));
        view.take(&report(Remedy::OneChain, 0.8, 1));
        assert!(view.refusals.is_empty());
    }

    #[test]
    fn rows_of_another_setup_go() {
        let mut view = SequenceView::default();
        let scenario = Scenario::open("digits").unwrap();
        view.begin(&scenario);
        view.take(&report(Remedy::Refresh, 0.9, 10));
        let other_remedy = Scenario { sequence: Some(Default::default()), ..scenario.clone() };
        view.begin(&other_remedy);
        assert_eq!(view.rows.len(), 1);
        view.begin(&Scenario { seed: 7, ..scenario });
        assert!(view.rows.is_empty());
    }
}
