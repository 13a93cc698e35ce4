//! The one record of a run: what plots draw, the command line prints and exporters write.

use super::confusion::Confusion;
use super::sequence::SequenceReport;
use super::table_report::TableReport;
use activation::{Activation, Approximation};
use circuit::{Cause, StageKind, StagePlan, Warning};
use data::{Dataset, Digest};
use engine::WireClock;
use format::Share;
use network::{Clipped, RangeReport};
use scenario::{Scenario, Setup};
use serde::{Deserialize, Serialize};

/// Version of the JSON layout of [`RunReport`].
pub const SCHEMA_VERSION: u32 = 2;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ActivationReport {
    /// "polynomial", "lookup", or "client" where the client applies the functions.
    pub kind: String,
    /// How the polynomials were made: a method, "own" where the model has them, "by layer" where these
    /// differ; "exact" where nothing is approximated.
    pub method: String,
    /// The largest degree of a layer; 0 where nothing is approximated.
    pub degree: usize,
    /// The largest half-width of the interval of a layer; 0 where none has one.
    pub interval: f64,
    /// Bits of lookup tables; absent for polynomials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bits: Option<u32>,
    /// The polynomials that ran, layer by layer (of a recurrent network: gate by gate).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<LayerReport>,
}

/// The polynomial in the place of one activation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LayerReport {
    /// Name of the layer, or of the gate.
    pub layer: String,
    /// The function that is approximated.
    pub function: String,
    pub method: String,
    pub degree: usize,
    /// Where the polynomial is meant to be evaluated; absent where that is everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<(f64, f64)>,
}

/// Method where that of one layer is not that of another.
const BY_LAYER: &str = "by layer";

/// Method of a polynomial that the model has of its own.
const OWN: &str = "own";

impl ActivationReport {
    /// Of polynomials in the places of activations.
    pub fn polynomials(layers: Vec<LayerReport>) -> Self {
        let method = match layers.first() {
            None => "exact",
            Some(first) if layers.iter().all(|l| l.method == first.method) => &first.method,
            Some(_) => BY_LAYER,
        };
        let halves = layers.iter().filter_map(|l| l.interval).map(|(low, high)| 0.5 * (high - low));
        Self {
            kind: "polynomial".to_owned(),
            method: method.to_owned(),
            degree: layers.iter().map(|l| l.degree).max().unwrap_or(0),
            interval: halves.fold(0.0, f64::max),
            bits: None,
            layers,
        }
    }

    /// What a network has for activations, in words.
    pub fn form(&self) -> String {
        match self.method.as_str() {
            "exact" => "no activations".to_owned(),
            OWN => "its own polynomials".to_owned(),
            BY_LAYER => "polynomials chosen layer by layer".to_owned(),
            method => format!("polynomials of degree {} ({method})", self.degree),
        }
    }

    /// Of functions that are applied as they are: by lookup tables, or by the client.
    pub fn exact(kind: &str) -> Self {
        Self { kind: kind.to_owned(), method: "exact".to_owned(), ..Self::default() }
    }
}

impl LayerReport {
    pub fn of(layer: &str, wanted: &Approximation, degree: usize) -> Self {
        Self {
            layer: layer.to_owned(),
            function: wanted.function.name(),
            method: wanted.method.id().to_owned(),
            degree,
            interval: Some(wanted.interval),
        }
    }

    /// Of a polynomial that the model has of its own; `None` where `function` is none.
    pub fn own(layer: &str, function: &Activation) -> Option<Self> {
        Some(Self {
            layer: layer.to_owned(),
            function: function.name(),
            method: OWN.to_owned(),
            degree: function.degree()?,
            interval: function.interval(),
        })
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SchemeReport {
    pub kind: String,
    pub ring_degree: usize,
    pub log2_q: f64,
    pub log2_qp: f64,
    pub plaintext_bits: f64,
    pub plaintext_moduli: Vec<u64>,
    pub primes: Vec<u64>,
    pub security_bits: u32,
    pub security_table: String,
    /// Arithmetic kernel used ("avx512_ifma", "portable").
    pub kernel: String,
    /// Special primes of key switching (CKKS).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub special_primes: Vec<u64>,
    /// `log2` of the scale of values that are squared or go into polynomials (CKKS).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale_bits: Option<f64>,
}

/// The original float model with its original activation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlainReport {
    /// Share of samples classified as labelled; NaN, in JSON `null`, where labels are not known.
    #[serde(with = "format::number::known")]
    pub accuracy: f64,
    /// How many samples that is; absent in reports before version 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correct: Option<u64>,
    /// Samples whose outputs are no numbers: they are neither right nor wrong, and `accuracy` is of the
    /// others; not known where none are left.
    #[serde(default, skip_serializing_if = "is_none")]
    pub no_numbers: u64,
    /// Wall time of all samples together, seconds.
    pub latency_secs: f64,
    /// Accuracy of the reference network, which is what the ciphertexts stand for: the integer
    /// network, under CKKS the polynomial one, with lookup tables that of the tables.
    #[serde(with = "format::number::known")]
    pub integer_accuracy: f64,
    /// Samples that the reference network classifies as labelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_correct: Option<u64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_none(count: &u64) -> bool {
    *count == 0
}

impl PlainReport {
    /// The accuracy of all samples; not known where some have outputs that are no numbers.
    pub fn accuracy_of_all(&self) -> f64 {
        if self.no_numbers == 0 { self.accuracy } else { f64::NAN }
    }

    /// Right answers of the original network, of so many samples less those it has no answer to.
    pub fn share(&self, samples: usize) -> Share {
        let left = samples.saturating_sub(usize::try_from(self.no_numbers).unwrap_or(usize::MAX));
        Share::of_fraction(self.accuracy, left)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EncryptedReport {
    /// Share of samples classified as labelled; NaN, in JSON `null`, where labels are not known.
    #[serde(with = "format::number::known")]
    pub accuracy: f64,
    /// Samples classified as labelled; absent in reports before version 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correct: Option<u64>,
    /// Share of samples whose encrypted argmax equals that of the reference network.
    pub agreement: f64,
    /// How many that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreeing: Option<u64>,
    /// The agreement that the plan promised at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promised_agreement: Option<f64>,
    /// Whether the agreement is below that by more than chance: a binomial count as low has a
    /// probability under one in a million.
    #[serde(default)]
    pub agreement_below_promise: bool,
    /// Samples with values that were cut off, and another answer than without that.
    #[serde(default)]
    pub clipped_answers: u64,
    /// Decrypted values that differ from that network by more than `error_bound` (exact schemes: any
    /// difference).
    pub wrong_outputs: u64,
    /// NaN as soon as one error is.
    #[serde(with = "format::number")]
    pub max_abs_error: f64,
    /// The stated bound on errors of outputs; absent for exact schemes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_bound: Option<f64>,
    /// Largest error predicted for an output; absent for exact schemes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_abs_error_predicted: Option<f64>,
    pub keygen_secs: f64,
    pub encrypt_secs: f64,
    pub evaluate_secs: f64,
    pub decrypt_secs: f64,
    /// Writing ciphertexts as bytes, hashing these on both sides, and reading them; 0 in old reports.
    #[serde(default)]
    pub encode_secs: f64,
    #[serde(default)]
    pub hash_secs: f64,
    #[serde(default)]
    pub decode_secs: f64,
    /// All of the above but the keys.
    pub total_secs: f64,
    pub images_per_sec: f64,
}

impl EncryptedReport {
    /// Enters what messages took, and the sums over `samples`.
    pub fn timed(&mut self, samples: u64, clock: &WireClock) {
        self.encode_secs = clock.encode_secs;
        self.hash_secs = clock.hash_secs;
        self.decode_secs = clock.decode_secs;
        let work = self.encrypt_secs + self.evaluate_secs + self.decrypt_secs;
        self.total_secs = work + self.message_secs();
        self.images_per_sec = samples.max(1) as f64 / self.total_secs.max(1e-9);
    }

    /// Encoding, hashing and decoding.
    pub fn message_secs(&self) -> f64 {
        self.encode_secs + self.hash_secs + self.decode_secs
    }
}

/// What was measured in one stage, next to what was predicted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageReport {
    pub name: String,
    pub kind: StageKind,
    /// Wall time over all batches and plaintext moduli, seconds.
    pub secs: f64,
    /// Predicted wall time, seconds.
    pub secs_predicted: f64,
    /// Wall time of the same layer in the float network, all samples, seconds.
    pub plain_secs: f64,
    pub ciphertexts: usize,
    #[serde(rename = "parts")]
    pub components: usize,
    pub log2_q: f64,
    /// Bytes of all ciphertexts after the stage (one batch, one plaintext modulus).
    pub ciphertext_bytes: u64,
    /// Bytes the same values take in the clear as f32, one batch.
    pub plain_bytes: u64,
    #[serde(with = "format::number")]
    pub margin_bits_predicted: f64,
    /// Measured with the secret key on a sample of ciphertexts; absent when not measured.
    #[serde(default, with = "format::number::option")]
    pub margin_bits_measured: Option<f64>,
    /// Largest difference between decrypted sample ciphertexts and the network they stand for.
    #[serde(default, with = "format::number::option")]
    pub max_abs_error: Option<f64>,
    /// Largest difference predicted for them (CKKS).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_abs_error_predicted: Option<f64>,
    /// Decrypted sample values that differ from that network; under CKKS, by more than one bit
    /// past any margin.
    pub wrong_values: u64,
}

impl StageReport {
    /// A stage before it has run; a batch has `in_batch` samples.
    pub fn planned(stage: &StagePlan, in_batch: u64) -> Self {
        Self {
            name: stage.name.clone(),
            kind: stage.kind,
            secs: 0.0,
            secs_predicted: stage.secs,
            plain_secs: 0.0,
            ciphertexts: stage.ciphertexts,
            components: stage.components,
            log2_q: stage.log2_q,
            ciphertext_bytes: stage.ciphertext_bytes,
            plain_bytes: 4 * in_batch * stage.ciphertexts as u64,
            margin_bits_predicted: stage.margin_bits,
            margin_bits_measured: None,
            max_abs_error: None,
            max_abs_error_predicted: stage.max_error,
            wrong_values: 0,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BytesReport {
    pub upload: u64,
    pub download: u64,
    pub evaluation_keys: u64,
    pub rounds: u64,
}

/// Values that left their range and were cut off.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClipReport {
    /// "inputs" or "sums" (of a lookup table).
    pub what: String,
    /// Whether the network was trained with that range: then the reference network is what was
    /// trained, and nothing is lost.
    pub in_training: bool,
    #[serde(flatten)]
    pub clipped: Clipped,
}

/// A network by name and content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkReport {
    pub name: String,
    /// SHA-256 of what it computes, hexadecimal.
    pub digest: String,
    /// What became of it: exact activations, polynomials, integers, tables.
    pub form: String,
}

/// The networks of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworksReport {
    /// The float model with its exact activations.
    pub original: NetworkReport,
    /// What the ciphertexts stand for, in the clear.
    pub reference: NetworkReport,
    /// The reference network on ciphertexts.
    pub encrypted: NetworkReport,
}

/// Everything one run showed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunReport {
    pub schema_version: u32,
    pub cryptoscope_version: String,
    pub scenario: String,
    pub model: String,
    pub dataset: String,
    /// SHA-256 of the samples as the model takes them, hexadecimal; absent in old reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset_digest: Option<Digest>,
    /// Every setting that it was made with; absent in old reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setup: Option<Box<Setup>>,
    pub images: usize,
    pub classes: usize,
    pub class_names: Vec<String>,
    pub threads: usize,
    pub seed: u64,
    pub activation: ActivationReport,
    pub scheme: SchemeReport,
    pub plain: PlainReport,
    pub encrypted: EncryptedReport,
    pub stages: Vec<StageReport>,
    pub bytes: BytesReport,
    /// Peak resident memory of the process, bytes; 0 where the system does not tell.
    pub peak_memory_bytes: u64,
    /// Which networks were run; empty in old reports.
    #[serde(default)]
    pub networks: NetworksReport,
    pub warnings: Vec<Warning>,
    /// What was cut off at the ends of its range, and how far it reached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clipping: Vec<ClipReport>,
    /// How far inputs of approximated activations left the interval of their polynomial: of the
    /// polynomial network in the clear, on the same samples.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ranges: Vec<RangeReport>,
    /// Noise and readings of lookup tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tables: Option<TableReport>,
    /// How often samples of each class are given each class; absent without classes, of more than
    /// [`super::MOST_CLASSES`], and in old reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confusion: Option<Box<Confusion>>,
    /// Margins were measured with the secret key: not to be shared with a server.
    pub analysis_mode: bool,
    /// Step by step, for recurrent networks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<Box<SequenceReport>>,
    /// When the run began, seconds since 1970; absent in old reports, and where nothing was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began: Option<u64>,
}

impl RunReport {
    /// What it is of, said first how data and model were matched.
    pub fn of(
        self,
        scenario: &Scenario,
        dataset: &Dataset,
        networks: NetworksReport,
        notes: &[String],
    ) -> Self {
        let mut report = self;
        report.dataset_digest = Some(dataset.digest());
        report.setup = Some(Box::new(Setup::of(scenario)));
        report.networks = networks;
        report.say(notes);
        report
    }

    /// Says first how data and model were matched.
    fn say(&mut self, notes: &[String]) {
        let warning = |note: &String| Warning::from(Cause::Matching { note });
        self.warnings.splice(0..0, notes.iter().map(warning));
    }

    /// Whether every decrypted output agreed with its reference, as often as promised, the reference
    /// answers as the model does without clipping, and the original network gives numbers.
    pub fn is_right(&self) -> bool {
        self.wrong_text().is_none()
    }

    /// What is wrong, in one line; `None` when nothing is.
    pub fn wrong_text(&self) -> Option<&'static str> {
        let encrypted = &self.encrypted;
        if encrypted.wrong_outputs > 0 || self.stages.iter().any(|s| s.wrong_values > 0) {
            Some("some values decrypted wrongly; the encrypted answers are not to be trusted")
        } else if encrypted.agreement_below_promise {
            Some(
                "the encrypted answers agree with those of the reference network less often than promised",
            )
        } else if encrypted.clipped_answers > 0 {
            Some("values were cut off at the end of their range, and answers changed by it")
        } else if self.plain.no_numbers > 0 {
            Some("outputs of the original network are no numbers: its answers mean nothing there")
        } else {
            None
        }
    }
}
