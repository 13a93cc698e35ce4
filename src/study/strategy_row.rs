//! A strategy in figures, and the table of all of them.

use crate::table::{Cell, Column, Row, Study, exact};
use circuit::{NetworkModel, NoiseMeasure, NoiseStrategy};
use network::Role;
use report::{EndToEnd, NetworkReport, RunReport, SequenceReport};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Version of the JSON layout of [`StrategyComparison`].
pub const COMPARISON_SCHEMA_VERSION: u32 = 2;

/// What one sequence alone takes once the server has the keys.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OneSequence {
    pub client_secs: f64,
    pub server_secs: f64,
    pub upload_bytes: u64,
    pub download_bytes: u64,
    /// How often one side waits for the other.
    pub rounds: u64,
    /// The keys, made and sent once.
    pub key_secs: f64,
    pub key_bytes: u64,
    /// Whether a sequence was run alone with the parameters that are best for one; otherwise these
    /// are figures of a batch, which takes the same however full it is.
    pub alone: bool,
}

impl OneSequence {
    /// Per batch of a run.
    pub fn of(sequence: &SequenceReport, alone: bool) -> Self {
        let batches = sequence.batches.max(1) as u64;
        let share = |all: f64, keys: f64| (all - keys).max(0.0) / batches as f64;
        Self {
            client_secs: share(sequence.client_secs, sequence.client_key_secs),
            server_secs: share(sequence.server_secs, sequence.server_key_secs),
            upload_bytes: sequence.upload_bytes / batches,
            download_bytes: sequence.download_bytes / batches,
            rounds: sequence.rounds / batches,
            key_secs: sequence.client_key_secs + sequence.server_key_secs,
            key_bytes: sequence.key_bytes,
            alone,
        }
    }

    /// Work of both sides.
    pub fn latency_secs(&self) -> f64 {
        self.client_secs + self.server_secs
    }

    /// The time over `connection`, keys included, nothing overlapping.
    pub fn end_to_end_secs(&self, connection: &NetworkModel) -> f64 {
        let up = self.upload_bytes + self.key_bytes;
        let way = connection.transfer_secs(self.rounds, up, self.download_bytes);
        self.latency_secs() + self.key_secs + way
    }
}

/// One strategy with one activation, run; or why it does not fit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StrategyRow {
    #[serde(rename = "remedy")]
    pub strategy: NoiseStrategy,
    /// Steps between refreshes.
    pub refresh_every: usize,
    /// Steps that were run: the last ones, where not all were.
    pub steps: usize,
    /// Steps that the sequences have.
    pub all_steps: usize,
    /// The most steps that one chain carries at 128 bits; 0 where it does not matter.
    pub longest_chain: usize,
    /// "exact, by the client", or the polynomial's method and degree.
    pub activation: String,
    pub sequences: usize,
    /// Of the original network in the clear, and of the network that ciphertexts stand for; NaN, in JSON
    /// `null`, where classes are not known.
    #[serde(with = "format::number::known")]
    pub plain_accuracy: f64,
    #[serde(rename = "carried_accuracy", with = "format::number::known")]
    pub reference_accuracy: f64,
    #[serde(with = "format::number::known")]
    pub accuracy: f64,
    pub agreement: f64,
    /// Decrypted outputs and states beyond their bounds.
    pub wrong_outputs: u64,
    /// What is wrong with the answers of the batch, or of one sequence alone, in one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    #[serde(with = "format::number")]
    pub max_abs_error: f64,
    /// Least measured margin of any step; of CKKS in bits of precision, of TFHE `-log2` of the
    /// probability of a wrong lookup.
    pub margin_bits: Option<f64>,
    /// What must be known of the run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    pub security_bits: u32,
    pub ring_degree: usize,
    /// Work of both sides on one sequence alone, without the way and the keys.
    pub latency_secs: f64,
    /// In batches, without the way.
    pub sequences_per_sec: f64,
    /// Of all sequences.
    pub upload_bytes: u64,
    pub download_bytes: u64,
    pub key_bytes: u64,
    pub rounds: u64,
    pub client_secs: f64,
    pub server_secs: f64,
    pub one_sequence: OneSequence,
    /// Of one sequence alone, keys included.
    pub end_to_end: Vec<EndToEnd>,
    /// The network that was encrypted: one with exact functions, or with polynomials.
    #[serde(default)]
    pub network: NetworkReport,
    pub reveals: String,
    /// Where fewer steps or sequences were run than there are, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Why nothing was run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// Step by step.
    #[serde(skip)]
    pub sequence: Option<Arc<SequenceReport>>,
}

impl StrategyRow {
    /// The row of a run on sequences; `alone` is a run of one of them, where there was such.
    pub fn of(report: &RunReport, alone: Option<&RunReport>) -> Option<Self> {
        let sequence = report.sequence.as_deref()?;
        let single = alone.and_then(|a| a.sequence.as_deref());
        let one = OneSequence::of(
            single.unwrap_or(sequence),
            single.is_some() || sequence.sequences == 1,
        );
        let measured = sequence.per_step.iter().filter_map(|step| step.margin_bits_measured);
        let mut row = Self {
            strategy: sequence.strategy,
            refresh_every: sequence.refresh_every,
            steps: sequence.steps,
            all_steps: sequence.steps,
            longest_chain: sequence.longest_chain,
            activation: activation(report),
            sequences: sequence.sequences,
            plain_accuracy: report.plain.accuracy_of_all(),
            reference_accuracy: report.plain.integer_accuracy,
            accuracy: report.encrypted.accuracy,
            agreement: report.encrypted.agreement,
            wrong_outputs: wrong(report) + alone.map_or(0, wrong),
            fault: fault(report, alone),
            max_abs_error: report.encrypted.max_abs_error,
            margin_bits: measured.reduce(f64::min),
            warnings: report.warnings.iter().map(|w| w.message.clone()).collect(),
            security_bits: report.scheme.security_bits,
            ring_degree: report.scheme.ring_degree,
            latency_secs: one.latency_secs(),
            sequences_per_sec: sequence.sequences_per_sec,
            upload_bytes: sequence.upload_bytes,
            download_bytes: sequence.download_bytes,
            key_bytes: sequence.key_bytes,
            rounds: sequence.rounds,
            client_secs: sequence.client_secs,
            server_secs: sequence.server_secs,
            one_sequence: one,
            reveals: sequence.reveals.clone(),
            network: report.networks.encrypted.clone(),
            sequence: Some(Arc::new(sequence.clone())),
            ..Self::default()
        };
        row.tell_times(&[]);
        Some(row)
    }

    /// The row of a strategy that cannot be run.
    pub fn refused(
        strategy: NoiseStrategy,
        activation: String,
        steps: usize,
        reason: String,
    ) -> Self {
        let reveals = strategy.reveals().to_owned();
        let refused = Some(reason);
        Self { strategy, activation, steps, all_steps: steps, reveals, refused, ..Self::default() }
    }

    /// Fills in the time over each preset and over `others`.
    pub fn tell_times(&mut self, others: &[NetworkModel]) {
        let presets = NetworkModel::presets();
        let others = others.iter().filter(|o| !presets.contains(o)).cloned();
        let of = |connection: NetworkModel| EndToEnd {
            secs: self.one_sequence.end_to_end_secs(&connection),
            connection,
        };
        self.end_to_end = presets.iter().cloned().chain(others).map(of).collect();
    }

    /// Seconds from end to end of one sequence over `connection`.
    pub fn end_to_end_secs(&self, connection: &NetworkModel) -> f64 {
        self.one_sequence.end_to_end_secs(connection)
    }

    /// The strategy in words, with what was chosen for it.
    pub fn name(&self) -> String {
        let name = self.strategy.name();
        match self.strategy {
            NoiseStrategy::Refresh if self.refused.is_none() => {
                format!("{name} every {}", self.refresh_every)
            }
            _ => name.to_owned(),
        }
    }

    /// The same with its activation.
    fn told(&self) -> String {
        match self.activation.as_str() {
            "" => self.name(),
            activation => format!("{}, {activation}", self.name()),
        }
    }

    fn share(&self, fraction: f64) -> Cell {
        Cell::share(fraction, self.sequences)
    }

    /// What its margins measure.
    pub fn noise(&self) -> NoiseMeasure {
        match self.strategy {
            NoiseStrategy::Bootstrap => NoiseMeasure::Failure,
            _ => NoiseMeasure::Precision,
        }
    }

    /// Bytes of a sequence both ways, in a batch as full as it was.
    pub fn bytes_per_sequence(&self) -> f64 {
        (self.upload_bytes + self.download_bytes) as f64 / self.sequences.max(1) as f64
    }

    /// Whether not all steps, or not all sequences, were run.
    pub fn is_partial(&self) -> bool {
        self.steps < self.all_steps || self.note.is_some()
    }

    /// Whether it is the same thing run again: strategy, activation and, where chosen by hand, steps.
    pub fn replaces(&self, other: &Self) -> bool {
        self.strategy == other.strategy
            && (self.activation == other.activation
                || self.refused.is_some()
                || other.refused.is_some())
            && (self.strategy != NoiseStrategy::Refresh
                || self.refresh_every == other.refresh_every)
    }
}

fn fault(report: &RunReport, alone: Option<&RunReport>) -> Option<String> {
    let alone = || Some(format!("one sequence alone: {}", alone?.wrong_text()?));
    report.wrong_text().map(str::to_owned).or_else(alone)
}

fn wrong(report: &RunReport) -> u64 {
    report.encrypted.wrong_outputs + report.stages.iter().map(|s| s.wrong_values).sum::<u64>()
}

fn activation(report: &RunReport) -> String {
    let choice = &report.activation;
    let own = report.networks.original.form == Role::Polynomial.name();
    let function = if own { "the model's polynomial" } else { "exact" };
    // A model that has polynomials already keeps them, whatever method is named.
    let kept =
        report.warnings.iter().any(|w| w.message.starts_with("activation.method is not used"));
    match choice.kind.as_str() {
        "client" => format!("{function}, by the client"),
        "lookup" => format!("{function}, by a table"),
        _ if choice.method == "keep" || kept => format!("trained, degree {}", choice.degree),
        method => {
            let known = choice.method.parse::<activation::Method>();
            let name = known.map_or(method, |m| m.name());
            format!("{name}, degree {}", choice.degree)
        }
    }
}

/// The strategies for one scenario.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StrategyComparison {
    pub schema_version: u32,
    pub scenario: String,
    pub model: String,
    pub dataset: String,
    pub threads: usize,
    pub rows: Vec<StrategyRow>,
    /// Rows asked for and not run, because the comparison was stopped.
    #[serde(default)]
    pub rows_left: usize,
}

impl Row for StrategyRow {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::asked("remedy", "Strategy", |r| Some(Cell::number(r.strategy.id(), r.told()))),
        Column::found("refresh_every", "", |r| Some(Cell::count(r.refresh_every as u64))),
        Column::asked("steps", "Steps", |r| {
            let of_all = || format!("{} of {}", r.steps, r.all_steps);
            let text = if r.steps < r.all_steps { of_all() } else { r.steps.to_string() };
            Some(Cell::number(r.steps, text))
        }),
        Column::asked("all_steps", "", |r| Some(Cell::count(r.all_steps as u64))),
        Column::found("longest_chain", "", |r| Some(Cell::count(r.longest_chain as u64))),
        Column::asked("activation", "", |r| Some(Cell::words(&r.activation))),
        Column::found("sequences", "Sequences", |r| Some(Cell::count(r.sequences as u64))),
        Column::found("plain_accuracy", "Original", |r| Some(r.share(r.plain_accuracy))),
        Column::found("carried_accuracy", "Reference", |r| Some(r.share(r.reference_accuracy))),
        Column::found("accuracy", "Encrypted", |r| Some(r.share(r.accuracy))),
        Column::found("agreement", "Agree", |r| Some(r.share(r.agreement))),
        Column::found("wrong_outputs", "Wrong", |r| Some(Cell::count(r.wrong_outputs))),
        Column::found("max_abs_error", "", |r| Some(Cell::words(r.max_abs_error.to_string()))),
        Column::found("margin_bits", "Noise", |r| {
            let margin = r.margin_bits?;
            Some(Cell::number(margin, r.noise().text(margin)))
        }),
        Column::found("security_bits", "", |r| Some(Cell::count(r.security_bits.into()))),
        Column::found("ring_degree", "", |r| Some(Cell::words(r.ring_degree.to_string()))),
        Column::found("latency_secs", "Alone", |r| Some(Cell::secs(r.latency_secs))),
        Column::found("sequences_per_sec", "Sequences/s", |r| {
            Some(Cell::number(r.sequences_per_sec, format!("{:.1}", r.sequences_per_sec)))
        }),
        Column::found("upload_bytes", "", |r| Some(Cell::bytes(r.upload_bytes))),
        Column::found("download_bytes", "", |r| Some(Cell::bytes(r.download_bytes))),
        Column::found("key_bytes", "", |r| Some(Cell::bytes(r.key_bytes))),
        Column::found("rounds", "", |r| Some(Cell::count(r.rounds))),
        Column::found("client_secs", "", |r| Some(Cell::secs(r.client_secs))),
        Column::found("server_secs", "", |r| Some(Cell::secs(r.server_secs))),
        Column::found("one_client_secs", "Client", |r| {
            Some(Cell::secs(r.one_sequence.client_secs))
        }),
        Column::found("one_server_secs", "", |r| Some(Cell::secs(r.one_sequence.server_secs))),
        Column::found("one_upload_bytes", "Up", |r| Some(Cell::bytes(r.one_sequence.upload_bytes))),
        Column::found("one_download_bytes", "Down", |r| {
            Some(Cell::bytes(r.one_sequence.download_bytes))
        }),
        Column::found("one_rounds", "Rounds", |r| Some(Cell::count(r.one_sequence.rounds))),
        Column::found("one_alone", "", |r| Some(Cell::words(r.one_sequence.alone.to_string()))),
        Column::found("key_secs", "", |r| Some(Cell::secs(r.one_sequence.key_secs))),
        Column::found("bytes_per_sequence", "Bytes each", |r| {
            let bytes = r.bytes_per_sequence();
            Some(Cell::number(format!("{bytes:.0}"), format::bytes(bytes as u64)))
        }),
        Column::asked("reveals", "", |r| Some(Cell::words(&r.reveals))),
        Column::asked("note", "", |r| r.note.clone().map(Cell::words)),
        Column::asked("refused", "", |r| r.refused.clone().map(Cell::words)),
    ];

    fn name(&self) -> String {
        self.told()
    }

    fn refusal(&self) -> Option<&str> {
        self.refused.as_deref()
    }

    fn is_right(&self) -> bool {
        self.wrong_outputs == 0 && self.fault.is_none()
    }
}

impl Study for StrategyComparison {
    type Row = StrategyRow;

    fn rows(&self) -> &[StrategyRow] {
        &self.rows
    }

    fn rows_left(&self) -> usize {
        self.rows_left
    }

    /// With a column more for each connection.
    fn to_csv(&self) -> String {
        let longest = self.rows.iter().max_by_key(|r| r.end_to_end.len());
        let ways = longest.map_or(&[][..], |r| &r.end_to_end);
        let names: Vec<String> =
            ways.iter().map(|w| format!("end_to_end_secs {}", w.connection.name)).collect();
        let head: Vec<&str> = StrategyRow::COLUMNS
            .iter()
            .map(|c| c.id)
            .chain(names.iter().map(String::as_str))
            .collect();
        let line = |row: &StrategyRow| {
            let of = |way: &EndToEnd| {
                let same = |e: &&EndToEnd| e.connection.name == way.connection.name;
                row.end_to_end.iter().find(same).map_or(String::new(), |e| e.secs.to_string())
            };
            exact(row).into_iter().chain(ways.iter().map(of)).collect::<Vec<String>>()
        };
        format::csv_table(&head, self.rows.iter().map(line))
    }
}

/// What was left out of a row: steps, sequences.
pub(crate) fn note(
    (steps, all_steps): (usize, usize),
    (sequences, all_sequences): (usize, usize),
    why: Option<String>,
) -> Option<String> {
    let mut parts = Vec::new();
    if steps < all_steps {
        parts.push(format!("the last {steps} of {all_steps} steps"));
    }
    if sequences < all_sequences {
        let (some, all) = (format::count(sequences as u64), format::count(all_sequences as u64));
        parts.push(format!("{some} of {all} sequences"));
    }
    if parts.is_empty() {
        return None;
    }
    let text = parts.join(", ");
    Some(why.map_or(text.clone(), |why| format!("{text}: {why}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(strategy: NoiseStrategy) -> StrategyRow {
        let sequence = SequenceReport {
            strategy,
            refresh_every: 3,
            sequences: 40,
            steps: 8,
            batches: 2,
            rounds: 6,
            upload_bytes: 8000,
            download_bytes: 2000,
            key_bytes: 1000,
            client_secs: 1.5,
            server_secs: 3.5,
            client_key_secs: 0.5,
            server_key_secs: 0.5,
            ..SequenceReport::default()
        };
        let report = RunReport { sequence: Some(Box::new(sequence)), ..RunReport::default() };
        StrategyRow::of(&report, None).unwrap()
    }

    #[test]
    fn figures_of_one_sequence_are_those_of_a_batch_without_keys() {
        let row = row(NoiseStrategy::Refresh);
        assert_eq!(row.name(), "refresh every 3");
        let one = &row.one_sequence;
        assert_eq!((one.client_secs, one.server_secs, one.rounds), (0.5, 1.5, 3));
        assert_eq!((one.upload_bytes, one.key_bytes, one.alone), (4000, 1000, false));
        assert_eq!(row.latency_secs, 2.0);
        let way = NetworkModel {
            name: "by hand".into(),
            round_trip_secs: 0.1,
            up_bits_per_sec: 8.0 * 5000.0,
            down_bits_per_sec: 8.0 * 1000.0,
        };
        // Work, keys, three round trips, a second each for what goes up and what comes down.
        assert!((row.end_to_end_secs(&way) - (2.0 + 1.0 + 0.3 + 1.0 + 1.0)).abs() < 1e-9);
    }

    #[test]
    fn every_column_is_filled_and_what_was_not_run_is_empty() {
        let mut ran = row(NoiseStrategy::ClientAided);
        let by_hand = NetworkModel { name: "by hand".into(), ..NetworkModel::presets()[3].clone() };
        ran.tell_times(&[by_hand]);
        let refused =
            StrategyRow::refused(NoiseStrategy::Levelled, "-".into(), 8, "too long".into());
        let rows = vec![refused, ran];
        let comparison = StrategyComparison { rows, ..StrategyComparison::default() };
        let text = comparison.to_csv();
        let mut lines = csv::Reader::from_reader(text.as_bytes());
        let head = lines.headers().unwrap().clone();
        assert_eq!(head.iter().filter(|h| h.starts_with("end_to_end_secs")).count(), 5);
        let at = |name: &str| head.iter().position(|h| h == name).unwrap();
        let all: Vec<_> = lines.records().map(|r| r.unwrap()).collect();
        assert_eq!((&all[0][at("accuracy")], &all[0][at("refused")]), ("", "too long"));
        assert_eq!((&all[1][at("rounds")], &all[1][at("latency_secs")]), ("6", "2"));
        assert_eq!(all[1][at("end_to_end_secs mobile")], all[1][at("end_to_end_secs by hand")]);
        let back: StrategyComparison = serde_json::from_str(&comparison.to_json()).unwrap();
        assert_eq!(back.rows[1].one_sequence, comparison.rows[1].one_sequence);
    }

    #[test]
    fn what_was_left_out_is_said() {
        assert_eq!(note((8, 8), (5, 5), None), None);
        let text = note((3, 8), (5, 5000), Some("more takes hours".into()));
        assert_eq!(
            text.as_deref(),
            Some("the last 3 of 8 steps, 5 of 5000 sequences: more takes hours")
        );
    }
}
