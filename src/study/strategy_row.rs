//! A remedy in figures, and the table of all of them.

use circuit::{NetworkModel, Remedy};
use network::Role;
use report::{EndToEnd, NetworkReport, RunReport, SequenceReport};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Version of the JSON layout of [`RemedyComparison`].
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

/// One remedy with one activation, run; or why it does not fit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RemedyRow {
    pub remedy: Remedy,
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
    /// Of the original network in the clear, and of the network that ciphertexts stand for.
    pub plain_accuracy: f64,
    pub carried_accuracy: f64,
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
    /// probability of a wrong reading.
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

impl RemedyRow {
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
            remedy: sequence.remedy,
            refresh_every: sequence.refresh_every,
            steps: sequence.steps,
            all_steps: sequence.steps,
            longest_chain: sequence.longest_chain,
            activation: activation(report),
            sequences: sequence.sequences,
            plain_accuracy: report.plain.accuracy,
            carried_accuracy: report.plain.integer_accuracy,
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

    /// The row of a remedy that cannot be run.
    pub fn refused(remedy: Remedy, activation: String, steps: usize, reason: String) -> Self {
        let reveals = remedy.reveals().to_owned();
        let refused = Some(reason);
        Self { remedy, activation, steps, all_steps: steps, reveals, refused, ..Self::default() }
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

    /// The remedy in words, with what was chosen for it.
    pub fn name(&self) -> String {
        let name = self.remedy.name();
        match self.remedy {
            Remedy::Refresh if self.refused.is_none() => {
                format!("{name} every {}", self.refresh_every)
            }
            _ => name.to_owned(),
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

    /// Whether it is the same thing run again: remedy, activation and, where chosen by hand, steps.
    pub fn replaces(&self, other: &Self) -> bool {
        self.remedy == other.remedy
            && (self.activation == other.activation
                || self.refused.is_some()
                || other.refused.is_some())
            && (self.remedy != Remedy::Refresh || self.refresh_every == other.refresh_every)
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

/// The remedies for one scenario.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RemedyComparison {
    pub schema_version: u32,
    pub scenario: String,
    pub model: String,
    pub dataset: String,
    pub threads: usize,
    pub rows: Vec<RemedyRow>,
    /// Rows asked for and not run, because the comparison was stopped.
    #[serde(default)]
    pub rows_left: usize,
}

/// Head of the CSV, before the connections.
const HEAD: [&str; 35] = [
    "remedy",
    "refresh_every",
    "steps",
    "all_steps",
    "longest_chain",
    "activation",
    "sequences",
    "plain_accuracy",
    "carried_accuracy",
    "accuracy",
    "agreement",
    "wrong_outputs",
    "max_abs_error",
    "margin_bits",
    "security_bits",
    "ring_degree",
    "latency_secs",
    "sequences_per_sec",
    "upload_bytes",
    "download_bytes",
    "key_bytes",
    "rounds",
    "client_secs",
    "server_secs",
    "one_client_secs",
    "one_server_secs",
    "one_upload_bytes",
    "one_download_bytes",
    "one_rounds",
    "one_alone",
    "key_secs",
    "bytes_per_sequence",
    "reveals",
    "note",
    "refused",
];

impl RemedyComparison {
    /// Whether every row that was run decrypted rightly.
    pub fn is_right(&self) -> bool {
        self.rows.iter().all(|r| r.wrong_outputs == 0 && r.fault.is_none())
    }

    /// As JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// One line per row, units in the names of columns; figures of what was not run are empty.
    pub fn to_csv(&self) -> String {
        let longest = self.rows.iter().max_by_key(|r| r.end_to_end.len());
        let ways = longest.map_or(&[][..], |r| &r.end_to_end);
        let names: Vec<String> =
            ways.iter().map(|w| format!("end_to_end_secs {}", w.connection.name)).collect();
        let head: Vec<&str> = HEAD.into_iter().chain(names.iter().map(String::as_str)).collect();
        let line = |row: &RemedyRow| {
            let of = |way: &EndToEnd| {
                let same = |e: &&EndToEnd| e.connection.name == way.connection.name;
                row.end_to_end.iter().find(same).map_or(String::new(), |e| e.secs.to_string())
            };
            cells(row).into_iter().chain(ways.iter().map(of)).collect::<Vec<String>>()
        };
        format::csv_table(&head, self.rows.iter().map(line))
    }
}

fn cells(row: &RemedyRow) -> [String; HEAD.len()] {
    let ran = row.refused.is_none();
    let of = |text: String| if ran { text } else { String::new() };
    let one = &row.one_sequence;
    [
        row.remedy.id().to_owned(),
        of(row.refresh_every.to_string()),
        row.steps.to_string(),
        row.all_steps.to_string(),
        of(row.longest_chain.to_string()),
        row.activation.clone(),
        of(row.sequences.to_string()),
        of(row.plain_accuracy.to_string()),
        of(row.carried_accuracy.to_string()),
        of(row.accuracy.to_string()),
        of(row.agreement.to_string()),
        of(row.wrong_outputs.to_string()),
        of(row.max_abs_error.to_string()),
        row.margin_bits.map_or(String::new(), |m| m.to_string()),
        of(row.security_bits.to_string()),
        of(row.ring_degree.to_string()),
        of(row.latency_secs.to_string()),
        of(row.sequences_per_sec.to_string()),
        of(row.upload_bytes.to_string()),
        of(row.download_bytes.to_string()),
        of(row.key_bytes.to_string()),
        of(row.rounds.to_string()),
        of(row.client_secs.to_string()),
        of(row.server_secs.to_string()),
        of(one.client_secs.to_string()),
        of(one.server_secs.to_string()),
        of(one.upload_bytes.to_string()),
        of(one.download_bytes.to_string()),
        of(one.rounds.to_string()),
        of(one.alone.to_string()),
        of(one.key_secs.to_string()),
        of(format!("{:.0}", row.bytes_per_sequence())),
        row.reveals.clone(),
        row.note.clone().unwrap_or_default(),
        row.refused.clone().unwrap_or_default(),
    ]
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

    fn row(remedy: Remedy) -> RemedyRow {
        let sequence = SequenceReport {
            remedy,
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
        RemedyRow::of(&report, None).unwrap()
    }

    #[test]
    fn figures_of_one_sequence_are_those_of_a_batch_without_keys() {
        let row = row(Remedy::Refresh);
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
        let mut ran = row(Remedy::Client);
        let by_hand = NetworkModel { name: "by hand".into(), ..NetworkModel::presets()[3].clone() };
        ran.tell_times(&[by_hand]);
        let refused = RemedyRow::refused(Remedy::OneChain, "-".into(), 8, "too long".into());
        let rows = vec![refused, ran];
        let comparison = RemedyComparison { rows, ..RemedyComparison::default() };
        let text = comparison.to_csv();
        let mut lines = csv::Reader::from_reader(text.as_bytes());
        let head = lines.headers().unwrap().clone();
        assert_eq!(head.iter().filter(|h| h.starts_with("end_to_end_secs")).count(), 5);
        let at = |name: &str| head.iter().position(|h| h == name).unwrap();
        let all: Vec<_> = lines.records().map(|r| r.unwrap()).collect();
        assert_eq!((&all[0][at("accuracy")], &all[0][at("refused")]), ("", "too long"));
        assert_eq!((&all[1][at("rounds")], &all[1][at("latency_secs")]), ("6", "2"));
        assert_eq!(all[1][at("end_to_end_secs mobile")], all[1][at("end_to_end_secs by hand")]);
        let back: RemedyComparison = serde_json::from_str(&comparison.to_json()).unwrap();
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
