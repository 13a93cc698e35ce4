//! A scenario: everything a run needs to be repeated.

use super::activation_request::{ActivationKind, ActivationRequest};
use super::error::RunError;
use crate::training_request::TrainingRequest;
use circuit::{NoiseStrategy, SchemeKind};
use network::train::{Purpose, Recipe, Stage};
use ring::Seed;
use serde::{Deserialize, Serialize};

/// Which scheme to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SchemeSelector {
    /// The planner chooses.
    #[default]
    Auto,
    Bgv,
    Bfv,
    Ckks,
    /// Lookup tables.
    Tfhe,
}

impl SchemeSelector {
    pub const ALL: [Self; 5] = [Self::Auto, Self::Bgv, Self::Bfv, Self::Ckks, Self::Tfhe];

    /// The scheme; `None` where the planner chooses.
    pub fn scheme(self) -> Option<SchemeKind> {
        match self {
            Self::Auto => None,
            Self::Bgv => Some(SchemeKind::Bgv),
            Self::Bfv => Some(SchemeKind::Bfv),
            Self::Ckks => Some(SchemeKind::Ckks),
            Self::Tfhe => Some(SchemeKind::Tfhe),
        }
    }

    /// What is said of it where it is chosen.
    pub fn about(self) -> &'static str {
        match self {
            Self::Auto => "The planner chooses",
            Self::Bgv => "Exact integers, batched; our own",
            Self::Bfv => "Exact integers through the fhe crate: a second opinion",
            Self::Ckks => "Approximate real numbers, polynomials of any degree; our own",
            Self::Tfhe => "Lookup tables, one sample at a time, through the tfhe crate",
        }
    }
}

/// Scheme and parameters; what is left out the planner chooses.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SchemeRequest {
    pub kind: SchemeSelector,
    /// Ring degree N: 2048, 4096, 8192, 16384 or 32768; with CKKS 4096 to 65536.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ring_degree: Option<usize>,
    /// Number of primes in the ciphertext modulus.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prime_count: Option<usize>,
    /// Bits of each prime, 30 to 50.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prime_bits: Option<u32>,
    /// Bits of each plaintext modulus.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plaintext_bits: Option<u32>,
    /// Bits of an input, 2 to 12; the model's own grid when this and `weight_bits` are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_bits: Option<u32>,
    /// Bits of a weight with its sign, 2 to 12.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight_bits: Option<u32>,
    /// Bits of precision that outputs must have (CKKS): errors below `2^-precision_bits`. When left
    /// out, errors that change the answers of no more than one sample in a thousand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision_bits: Option<u32>,
    /// Dimension n of bootstrapped ciphertexts (TFHE), 440 to 1200.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lwe_dimension: Option<usize>,
    /// Run even when the predicted margin says that decryption will fail, to see it fail.
    /// Never loosens the security check.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub past_budget: bool,
    /// Run even when the predicted memory is not free.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub past_memory: bool,
}

/// How a recurrent network is run on encrypted sequences.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SequenceRequest {
    #[serde(alias = "remedy")]
    pub strategy: NoiseStrategy,
    /// Steps between refreshes; the planner chooses when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_every: Option<usize>,
    /// The last so many steps of every sequence; all when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<usize>,
    /// The connection that the planner chooses for: same rack, same city, broadband, mobile.
    pub connection: String,
}

impl Default for SequenceRequest {
    fn default() -> Self {
        let connection = "same city".to_owned();
        Self { strategy: NoiseStrategy::default(), refresh_every: None, steps: None, connection }
    }
}

/// Settings under their names of earlier versions, and of today.
const RENAMED: [(&str, &str); 1] = [("sequence.remedy", "sequence.strategy")];

/// A runnable scenario, built in or from a `.json` file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Short name.
    pub name: String,
    /// One sentence for people.
    #[serde(default)]
    pub description: String,
    /// Built-in model name or path of a model file.
    pub model: String,
    /// Built-in dataset name, or path of a file or folder.
    pub dataset: String,
    #[serde(default, deserialize_with = "file::fields")]
    pub activation: ActivationRequest,
    #[serde(default, deserialize_with = "file::fields")]
    pub scheme: SchemeRequest,
    /// For recurrent networks.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "file::fields_or_none"
    )]
    pub sequence: Option<SequenceRequest>,
    /// Settings of a training on encrypted data (CryptoNN), where the scenario is one.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "file::fields_or_none"
    )]
    pub training: Option<TrainingRequest>,
    /// Seed of everything that is random, keys and encryption included; 0 takes fresh randomness
    /// from the operating system.
    #[serde(default)]
    pub seed: u64,
    /// Samples of the test split to run; all when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub images: Option<usize>,
    /// Worker threads; one per core when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threads: Option<usize>,
    /// What the window shows of itself, of [`crate::PARTS`]; everything when left out. No run depends on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub show: Vec<String>,
}

/// Why a scenario cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    #[error(
        "no scenario {name}: built in are {known}; anything else must be the path of a scenario file, or - for standard input"
    )]
    Unknown { name: String, known: String },
    #[error("scenario file {path}: {cause}")]
    Read { path: String, cause: String },
    #[error("scenario file {path}: longer than a scenario may be; at most {max} bytes are read")]
    TooLarge { path: String, max: u64 },
    #[error("scenario {from}: {reason}")]
    Parse { from: String, reason: String },
    #[error("setting {setting}: {reason}")]
    Setting { setting: String, reason: String },
}

impl Scenario {
    /// The scenarios that come with the program; the first is the default.
    pub fn built_in() -> Vec<Self> {
        let make = |name: &str, description: &str, model: &str, dataset: &str| Self {
            name: name.into(),
            description: description.into(),
            model: model.into(),
            dataset: dataset.into(),
            activation: ActivationRequest::default(),
            scheme: SchemeRequest::default(),
            sequence: None,
            training: None,
            seed: 0,
            images: None,
            threads: None,
            show: Vec::new(),
        };
        vec![
            make(
                "digits",
                "Handwritten digits, 8x8: a small network with square activations, in an instant",
                "digits",
                "digits",
            ),
            make(
                "digits-relu",
                "Which polynomial in the place of ReLU? A small network where degree 2 hurts and higher degrees heal, in an instant",
                "digits-relu",
                "digits",
            )
            .with_activation("least_squares", 2, 8.0),
            make(
                "hospital",
                "Crypto-Nets: the hospital encrypts its measurements, a third party predicts, only the hospital reads the answer",
                "hospital",
                "breast_cancer",
            ),
            make(
                "cryptonets",
                "CryptoNets on MNIST: one image per slot, thousands at once, exact integers",
                "cryptonets",
                "mnist",
            ),
            Self {
                scheme: SchemeRequest { kind: SchemeSelector::Ckks, ..SchemeRequest::default() },
                ..make(
                    "cryptodl",
                    "CryptoDL on MNIST: two convolutions and two dense layers, trained with polynomials in the place of ReLU",
                    "cryptodl",
                    "mnist",
                )
            },
            make(
                "cryptodl-relu",
                "CryptoDL before training with polynomials: a deeper network with ReLU, for comparing what may take its place",
                "cryptodl-relu",
                "mnist",
            )
            .with_activation("least_squares", 2, 5.0),
            make(
                "mnist-mlp",
                "The network of FHE-DiNN on MNIST, 784 to 100 to 10, with lookup tables in the place of ReLU",
                "mnist-mlp",
                "mnist",
            )
            .with_tables(),
            make(
                "deep",
                "Ten hidden layers on handwritten digits: deeper than polynomials go, flat noise with lookup tables",
                "deep",
                "digits",
            )
            .with_tables(),
            make(
                "cryptornn",
                "CryptoRNN on waveforms that the program makes: four shapes under noise, one recurrent layer",
                "cryptornn",
                "waves",
            )
            .with_sequences(),
            make(
                "cryptornn-power",
                "CryptoRNN on a day of electricity in Italy: summer or winter",
                "cryptornn-power",
                "ItalyPowerDemand",
            )
            .with_sequences(),
            make(
                "cryptornn-ecg",
                "CryptoRNN on heartbeats: normal, or an infarction; four measurements a step",
                "cryptornn-ecg",
                "ECG200?frame=4",
            )
            .with_sequences(),
            make(
                "cryptornn-vowels",
                "CryptoRNN on spoken vowels of different lengths: which of nine speakers",
                "cryptornn-vowels",
                "JapaneseVowels",
            )
            .with_sequences(),
            make(
                "cryptornn-sentiment",
                "CryptoRNN on sentences: good or bad; words are looked up before they are encrypted",
                "cryptornn-sentiment",
                "sentiment",
            )
            .with_sequences(),
            make(
                "cryptornn-mnist-rows",
                "CryptoRNN on MNIST, each image read row by row",
                "cryptornn-mnist-rows",
                "mnist-rows",
            )
            .with_sequences(),
            make(
                "cryptonn",
                "CryptoNN: a network is trained on encrypted digits, and what the trainer learns from them",
                "cryptonn",
                "digits",
            )
            .with_training(TrainingRequest::default()),
            make(
                "cryptonn-hospital",
                "CryptoNN on breast cancer: trained on measurements the trainer cannot read",
                "cryptonn-hospital",
                "breast_cancer",
            )
            .with_training(TrainingRequest::default()),
            make(
                "cryptonn-mnist",
                "CryptoNN on MNIST: 784-128-32-10; also with model=cryptonn-mnist-32, and cryptonn-lenet with its first convolution encrypted",
                "cryptonn-mnist",
                "mnist",
            )
            .with_training(TrainingRequest { epochs: 1, ..TrainingRequest::default() }),
        ]
    }

    /// A scenario of a training on encrypted data; what comes of it runs under CKKS.
    fn with_training(self, training: TrainingRequest) -> Self {
        let scheme = SchemeRequest { kind: SchemeSelector::Ckks, ..SchemeRequest::default() };
        let training = Some(training);
        Self { training, scheme, ..self.with_activation("least_squares", 2, 5.0) }
    }

    /// The scenario of a recurrent network, with the degree and interval that its models were
    /// trained for.
    fn with_sequences(mut self) -> Self {
        self.sequence = Some(SequenceRequest::default());
        self.activation.degree = 3;
        self.activation.interval = 2.5;
        self.scheme.kind = SchemeSelector::Ckks;
        self
    }

    fn with_activation(mut self, method: &str, degree: usize, interval: f64) -> Self {
        self.activation =
            ActivationRequest { method: method.into(), degree, interval, ..self.activation };
        self
    }

    fn with_tables(mut self) -> Self {
        self.activation.kind = ActivationKind::Lookup;
        self
    }

    /// A model on its dataset, with the defaults of everything else.
    fn of_model(model: &str, dataset: &str) -> Self {
        Self {
            name: model.into(),
            description: format!("The model {model} on {dataset}"),
            model: model.into(),
            dataset: dataset.into(),
            activation: ActivationRequest::default(),
            scheme: SchemeRequest::default(),
            sequence: None,
            training: None,
            seed: 0,
            images: None,
            threads: None,
            show: Vec::new(),
        }
    }

    /// A network of one's own on its data, with the scheme that it was made for, or the strategy where it
    /// is one of `sequences`; its activations stay.
    pub fn of_own(
        name: &str,
        model: &str,
        dataset: &str,
        purpose: Purpose,
        sequences: bool,
    ) -> Self {
        let mut made = Self { name: name.into(), ..Self::of_model(model, dataset) };
        made.description = format!("A network of your own on {dataset}");
        if sequences {
            let strategy = match purpose {
                Purpose::Tables => NoiseStrategy::Bootstrap,
                Purpose::ClientAided => NoiseStrategy::ClientAided,
                Purpose::Polynomials | Purpose::Integers => NoiseStrategy::default(),
            };
            made = made.with_sequences();
            made.sequence = Some(SequenceRequest { strategy, ..SequenceRequest::default() });
            return made;
        }
        made.activation.method = "keep".into();
        (made.scheme.kind, made.activation.kind) = match purpose {
            Purpose::Integers => (SchemeSelector::Bgv, ActivationKind::Polynomial),
            Purpose::Tables => (SchemeSelector::Tfhe, ActivationKind::Lookup),
            Purpose::Polynomials | Purpose::ClientAided => {
                (SchemeSelector::Ckks, ActivationKind::Polynomial)
            }
        };
        made
    }

    /// A built-in scenario by name, or a built-in model on its dataset.
    pub fn built_in_named(name: &str) -> Option<Self> {
        if let Some(found) = Self::built_in().into_iter().find(|s| s.name == name) {
            return Some(found);
        }
        let recipe = Recipe::built_in(name)?;
        let made = Self::of_model(&recipe.name, &recipe.dataset);
        let tables = |s: &Stage| s.grid.as_ref().is_some_and(|g| g.tables.is_some());
        let with_tables = recipe.stages.iter().any(tables);
        Some(if with_tables { made.with_tables() } else { made })
    }

    /// The seed of everything random in a run: the scenario's, or fresh from the system where that is 0.
    /// What is encrypted with it takes part in every mask and error (see [`Seed::bound_to`]), so that
    /// runs on other data share none.
    pub fn randomness(&self) -> Result<Seed, RunError> {
        match self.seed {
            0 => fresh_randomness(),
            number => Ok(Seed::from_number(number)),
        }
    }

    /// The scenario as the `.json` text that [`Scenario::open`] reads.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// The scenario with one field changed: `key=value`, the key a dotted path
    /// (`activation.degree=2`, `scheme.kind=bfv`, `model=net.safetensors`).
    pub fn with_setting(&self, setting: &str) -> Result<Self, ScenarioError> {
        let fail = |reason: String| ScenarioError::Setting { setting: setting.to_owned(), reason };
        let (key, text) =
            setting.split_once('=').ok_or_else(|| fail("write KEY=VALUE".to_owned()))?;
        let mut json = serde_json::to_value(self).map_err(|e| fail(e.to_string()))?;
        let mut at = &mut json;
        let renamed = RENAMED.iter().find(|(old, _)| *old == key);
        for part in renamed.map_or(key, |(_, new)| new).split('.') {
            at = inside(at, part).map_err(&fail)?;
        }
        // Numbers and booleans as such, everything else as text; a name that looks like a number stays text.
        *at = match (&*at, serde_json::from_str::<serde_json::Value>(text)) {
            (serde_json::Value::String(_), _) | (_, Err(_)) => text.into(),
            (_, Ok(value)) => value,
        };
        serde_json::from_value(json).map_err(|e| fail(file::reason(key, &e.to_string())))
    }
}

/// The field `part` of a group, or that entry of a list, counted from 1; where nothing is yet, a group
/// is begun.
fn inside<'a>(
    at: &'a mut serde_json::Value,
    part: &str,
) -> Result<&'a mut serde_json::Value, String> {
    use serde_json::Value;
    if at.is_null() {
        *at = Value::Object(serde_json::Map::new());
    }
    match at {
        Value::Object(group) => Ok(group.entry(part).or_insert(Value::Null)),
        Value::Array(list) => {
            let entries = list.len();
            let number: usize = part.parse().unwrap_or(0);
            let entry = number.checked_sub(1).and_then(|at| list.get_mut(at));
            entry.ok_or_else(|| format!("{part} is no entry of the list; 1 to {entries} are"))
        }
        _ => Err(format!("{part} is not inside a group")),
    }
}

/// A seed of the operating system.
pub fn fresh_randomness() -> Result<Seed, RunError> {
    Seed::from_os().map_err(|e| RunError::Refused(format!("no randomness: {e}")))
}

impl Scenario {
    /// Whether training makes the model again from its recipe: where no polynomial takes the place of its
    /// activations.
    pub fn is_made_again(&self) -> bool {
        let choice = &self.activation;
        choice.kind == ActivationKind::Lookup || choice.keeps_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_scenarios_survive_a_round_trip() {
        for scenario in Scenario::built_in() {
            let back: Scenario = serde_json::from_str(&scenario.to_json()).unwrap();
            assert_eq!(back, scenario);
        }
    }

    #[test]
    fn settings_reach_nested_fields() {
        let s = Scenario::open("digits").unwrap();
        assert_eq!(s.with_setting("activation.degree=3").unwrap().activation.degree, 3);
        assert_eq!(s.with_setting("scheme.kind=bfv").unwrap().scheme.kind, SchemeSelector::Bfv);
        assert_eq!(
            s.with_setting("scheme.ring_degree=4096").unwrap().scheme.ring_degree,
            Some(4096)
        );
        assert_eq!(s.with_setting("model=7").unwrap().model, "7");
    }

    #[test]
    fn unknown_fields_are_errors_that_name_them() {
        let s = Scenario::open("digits").unwrap();
        for bad in ["scheme.colour=red", "nothing=1", "activation.degree=many", "activation"] {
            let text = s.with_setting(bad).unwrap_err().to_string();
            assert!(text.starts_with(&format!("setting {bad}: ")), "{text}");
        }
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let text = Scenario::open("digit").unwrap_err().to_string();
        assert!(text.contains("digits, digits-relu, hospital, cryptonets, cryptodl"), "{text}");
    }
}
