//! Every remedy that fits, side by side.

use super::report::EndToEnd;
use super::session::SequenceSession;
use crate::circuit::Remedy;
use crate::progress::{Cancel, Watch};
use crate::run::{Event, RunError, RunReport, Scenario};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Version of the JSON layout of [`RemedyComparison`].
pub const COMPARISON_SCHEMA_VERSION: u32 = 1;

/// Sequences that are run with bootstrapping, at most.
const BOOTSTRAPPED: usize = 20;

/// One remedy with one activation, run; or why it does not fit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RemedyRow {
    pub remedy: Remedy,
    /// Steps between refreshes.
    pub refresh_every: usize,
    /// Steps that were run: the last ones, where the chain is too short for all.
    pub steps: usize,
    /// "exact, by the client", or the polynomial's method and degree.
    pub activation: String,
    pub sequences: usize,
    pub plain_accuracy: f64,
    pub accuracy: f64,
    pub agreement: f64,
    pub wrong_outputs: u64,
    pub max_abs_error: f64,
    pub security_bits: u32,
    pub ring_degree: usize,
    /// Both sides' work on one sequence alone, on its way not counted.
    pub latency_secs: f64,
    /// In batches, on its way not counted.
    pub sequences_per_sec: f64,
    pub upload_bytes: u64,
    pub download_bytes: u64,
    pub key_bytes: u64,
    pub rounds: u64,
    pub client_secs: f64,
    pub server_secs: f64,
    /// Of one sequence alone.
    pub end_to_end: Vec<EndToEnd>,
    pub reveals: String,
    /// Why nothing was run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
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
}

impl RemedyComparison {
    /// Whether every row that was run decrypted rightly.
    pub fn is_right(&self) -> bool {
        self.rows.iter().all(|r| r.wrong_outputs == 0)
    }
}

/// What is compared: a remedy, steps between refreshes, steps of the sequences.
type Setting = (Remedy, Option<usize>, Option<usize>);

impl SequenceSession {
    /// Runs every remedy that fits, one after the other; `on_row` is told of each as it is there.
    /// Where one chain is too short for all steps it is run on the last ones that fit.
    ///
    /// # Errors
    /// When the work is cancelled, or the scenario cannot be run at all.
    pub fn compare(
        &self,
        cancel: &Cancel,
        watch: &Watch,
        on_row: &mut dyn FnMut(&RemedyRow),
    ) -> Result<RemedyComparison, RunError> {
        let choice = self.choice();
        let mut settings: Vec<Setting> = vec![(Remedy::OneChain, None, choice.steps)];
        settings.push((Remedy::Refresh, choice.refresh_every, choice.steps));
        if choice.refresh_every != Some(1) {
            settings.push((Remedy::Refresh, Some(1), choice.steps));
        }
        settings.push((Remedy::Client, None, choice.steps));
        if cfg!(feature = "tfhe") {
            settings.push((Remedy::Bootstrap, None, choice.steps));
        }
        let mut rows: Vec<RemedyRow> = Vec::new();
        let total = settings.len() as u64;
        let mut waiting = settings.into_iter().rev().collect::<Vec<Setting>>();
        while let Some(setting) = waiting.pop() {
            watch.step(setting.0.name(), total.saturating_sub(waiting.len() as u64 + 1), total)?;
            let row = self.row(setting, cancel, watch)?;
            if setting.0 == Remedy::OneChain
                && row.refused.is_some()
                && setting.2 == choice.steps
                && let Some(longest) = self.longest_chain(cancel)?
            {
                waiting.push((Remedy::OneChain, None, Some(longest)));
            }
            let twice = |r: &RemedyRow| {
                r.remedy == row.remedy
                    && r.refresh_every == row.refresh_every
                    && r.steps == row.steps
            };
            if row.refused.is_some() || !rows.iter().any(twice) {
                on_row(&row);
                rows.push(row);
            }
        }
        Ok(RemedyComparison {
            schema_version: COMPARISON_SCHEMA_VERSION,
            scenario: self.scenario.name.clone(),
            model: self.model.name().to_owned(),
            dataset: self.dataset.name().to_owned(),
            threads: self.threads()?,
            rows,
        })
    }

    /// The same session with another remedy.
    fn with_setting(&self, (remedy, refresh_every, steps): Setting) -> Result<Self, RunError> {
        let mut choice = self.choice();
        (choice.remedy, choice.refresh_every, choice.steps) = (remedy, refresh_every, steps);
        let scenario = Scenario { sequence: Some(choice), ..self.scenario.clone() };
        Self::with(&scenario, Arc::clone(&self.dataset), Arc::clone(&self.model))
    }

    /// The longest chain, where it is shorter than the sequences: the bound on errors depends on the
    /// steps, so lengths are tried.
    fn longest_chain(&self, cancel: &Cancel) -> Result<Option<usize>, RunError> {
        let all = self.choice().steps.unwrap_or_else(|| self.all_steps());
        let (mut low, mut high) = (0, all);
        while low + 1 < high {
            cancel.check()?;
            let middle = (low + high) / 2;
            let tried = self.with_setting((Remedy::OneChain, None, Some(middle)))?.circuit(cancel);
            match tried {
                Ok(_) => low = middle,
                Err(RunError::Cancelled(c)) => return Err(c.into()),
                Err(_) => high = middle,
            }
        }
        Ok((low > 0).then_some(low))
    }

    fn row(&self, setting: Setting, cancel: &Cancel, watch: &Watch) -> Result<RemedyRow, RunError> {
        let mut session = self.with_setting(setting)?;
        if setting.0 == Remedy::Bootstrap {
            // One sequence at a time: some of them tell enough.
            let images = session.images()?.min(BOOTSTRAPPED);
            session.scenario.images = Some(images);
        }
        let name = setting.0.name();
        let follow = |event| {
            if let Event::Progress { done, total, .. } = event {
                // Whoever wants to stop sets the flag, which the run looks at.
                watch.step(name, done, total).ok();
            }
        };
        let report = match session.run(cancel, &follow) {
            Ok(report) => report,
            Err(RunError::Cancelled(c)) => return Err(c.into()),
            Err(error) => {
                return Ok(RemedyRow {
                    remedy: setting.0,
                    refresh_every: setting.1.unwrap_or(0),
                    steps: setting.2.unwrap_or_else(|| self.all_steps()),
                    reveals: setting.0.reveals().to_owned(),
                    refused: Some(error.to_string()),
                    ..RemedyRow::default()
                });
            }
        };
        // One sequence alone, with parameters of its own.
        let mut alone = session.clone();
        alone.scenario.images = Some(1);
        let alone =
            Self::with(&alone.scenario, Arc::clone(&self.dataset), Arc::clone(&self.model))?;
        let alone = alone.run(cancel, &|_| ())?;
        Ok(row_of(&report, &alone))
    }
}

fn row_of(report: &RunReport, alone: &RunReport) -> RemedyRow {
    let sequence = report.sequence.as_deref().cloned().unwrap_or_default();
    let single = alone.sequence.as_deref().cloned().unwrap_or_default();
    let activation = match report.activation.kind.as_str() {
        "client" => "exact, by the client".to_owned(),
        "lookup" => "exact, by a table".to_owned(),
        _ if report.activation.method == "keep" => {
            format!("the model's own, degree {}", report.activation.degree)
        }
        _ => format!("{}, degree {}", report.activation.method, report.activation.degree),
    };
    RemedyRow {
        remedy: sequence.remedy,
        refresh_every: sequence.refresh_every,
        steps: sequence.steps,
        activation,
        sequences: sequence.sequences,
        plain_accuracy: report.plain.accuracy,
        accuracy: report.encrypted.accuracy,
        agreement: report.encrypted.agreement,
        wrong_outputs: report.encrypted.wrong_outputs + alone.encrypted.wrong_outputs,
        max_abs_error: report.encrypted.max_abs_error,
        security_bits: report.scheme.security_bits,
        ring_degree: report.scheme.ring_degree,
        latency_secs: single.client_secs + single.server_secs,
        sequences_per_sec: sequence.sequences_per_sec,
        upload_bytes: sequence.upload_bytes,
        download_bytes: sequence.download_bytes,
        key_bytes: sequence.key_bytes,
        rounds: sequence.rounds,
        client_secs: sequence.client_secs,
        server_secs: sequence.server_secs,
        end_to_end: single.end_to_end,
        reveals: sequence.reveals,
        refused: None,
    }
}
