//! What a recurrent run showed, beside the figures that every run has.

use circuit::{NetworkModel, NoiseStrategy};
use serde::{Deserialize, Serialize};

/// One step: predicted and measured. Traffic and seconds are those of all batches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SequenceStep {
    /// From 0.
    pub step: usize,
    /// Bits of precision left above the required: `log2(allowed error) - log2(largest error)`.
    #[serde(with = "format::number")]
    pub margin_bits_predicted: f64,
    #[serde(default, with = "format::number::option")]
    pub margin_bits_measured: Option<f64>,
    /// Room of the state in its modulus, `log2(q/2) - log2(max |phase|)`: what strategies give back.
    #[serde(with = "format::number")]
    pub budget_bits_predicted: f64,
    #[serde(default, with = "format::number::option")]
    pub budget_bits_measured: Option<f64>,
    /// Largest error of a state.
    #[serde(with = "format::number")]
    pub max_abs_error_predicted: f64,
    #[serde(default, with = "format::number::option")]
    pub max_abs_error: Option<f64>,
    /// Measured values further off than four times what leaves a margin.
    pub wrong_values: u64,
    /// Whether the client made the state fresh after the step.
    pub refreshed: bool,
    pub up_bytes: u64,
    pub down_bytes: u64,
    pub client_secs: f64,
    pub server_secs: f64,
    pub client_secs_predicted: f64,
    pub server_secs_predicted: f64,
}

/// The hidden state of one sequence over time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SequenceTrace {
    /// Index in the test split.
    pub index: usize,
    #[serde(default)]
    pub label: Option<u16>,
    /// Steps of padding in front.
    pub begins: usize,
    /// By step, the values of each channel as they are encrypted.
    pub inputs: Vec<Vec<f64>>,
    /// Which units of the top layer.
    pub units: Vec<usize>,
    /// By step and unit: in the network that ciphertexts stand for.
    pub plain: Vec<Vec<f64>>,
    /// By step and unit: decrypted.
    pub encrypted: Vec<Vec<f64>>,
}

/// A step as it was just measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StepSeen {
    pub step: SequenceStep,
    /// Decrypted values of the units of some of [`SequenceReport::traces`], by their place.
    pub states: Vec<(usize, Vec<f64>)>,
}

/// The time from end to end over one connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EndToEnd {
    pub connection: NetworkModel,
    /// Client, server, and everything on the way, nothing overlapping.
    pub secs: f64,
}

/// A recurrent run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SequenceReport {
    #[serde(rename = "remedy")]
    pub strategy: NoiseStrategy,
    /// Who learns what beyond the answer.
    pub reveals: String,
    /// "Elman" or "GRU", and units by layer.
    pub cell: String,
    pub hidden: Vec<usize>,
    pub channels: usize,
    pub steps: usize,
    pub sequences: usize,
    pub batches: usize,
    /// Whether sequences have different lengths.
    pub masked: bool,
    /// Steps from one fresh state to the next; that of the whole sequence without refreshing.
    pub refresh_every: usize,
    pub levels_per_step: usize,
    /// The most steps that one chain carries at 128 bits; 0 where it does not matter.
    pub longest_chain: usize,
    pub per_step: Vec<SequenceStep>,
    pub traces: Vec<SequenceTrace>,
    /// How often one side waited for the other.
    pub rounds: u64,
    pub upload_bytes: u64,
    pub download_bytes: u64,
    pub key_bytes: u64,
    /// Busy seconds of each side, keys and messages included.
    pub client_secs: f64,
    pub server_secs: f64,
    /// Of these the work on the keys, which are made and sent once.
    #[serde(default)]
    pub client_key_secs: f64,
    #[serde(default)]
    pub server_key_secs: f64,
    /// Wall seconds of one batch, and of one step of it, without the keys.
    pub batch_secs: f64,
    pub step_secs: f64,
    /// Batches full or not: sequences of this run over its time without the keys.
    pub sequences_per_sec: f64,
    /// By connection, from near to far.
    pub end_to_end: Vec<EndToEnd>,
}

impl SequenceReport {
    /// Takes in a step that was measured.
    pub fn see(&mut self, seen: &StepSeen) {
        let at = seen.step.step;
        if let Some(step) = self.per_step.get_mut(at) {
            *step = seen.step;
        }
        for (trace, values) in &seen.states {
            let Some(trace) = self.traces.get_mut(*trace) else { continue };
            if trace.encrypted.len() <= at {
                trace.encrypted.resize(at + 1, Vec::new());
            }
            trace.encrypted[at].clone_from(values);
        }
    }

    /// Busy seconds of both sides without the keys.
    pub fn work_secs(&self) -> f64 {
        self.client_secs + self.server_secs - self.client_key_secs - self.server_key_secs
    }

    /// The time over `connection`.
    pub fn end_to_end_secs(&self, connection: &NetworkModel) -> f64 {
        let up = self.upload_bytes + self.key_bytes;
        let way = connection.transfer_secs(self.rounds, up, self.download_bytes);
        self.client_secs + self.server_secs + way
    }

    /// Fills in the time over each preset.
    pub fn with_presets(mut self) -> Self {
        let of = |connection: NetworkModel| EndToEnd {
            secs: self.end_to_end_secs(&connection),
            connection,
        };
        self.end_to_end = NetworkModel::presets().into_iter().map(of).collect();
        self
    }
}
