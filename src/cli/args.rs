//! What can be typed.

use bench::Workload;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use data::fetch::{PublicSet, SETS};
use std::convert::Infallible;
use std::path::PathBuf;

/// See what encryption does to a neural network.
#[derive(Debug, Parser)]
#[command(
    name = "cryptoscope",
    version,
    about,
    after_help = "Without a command the window opens.\n\
        Exit status: 0 ran, and every answer is right; 1 ran, and something decrypted wrongly, agreed \
        less often than promised, or was changed by values that were cut off; 2 could not run; 130 \
        stopped."
)]
pub(super) struct Cli {
    /// Folder of the larger datasets [or the variable CRYPTOSCOPE_DATA]
    #[arg(long, global = true, value_name = "DIR", value_parser = path)]
    pub data: Option<PathBuf>,
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// A path that was typed, of any bytes.
fn path(text: &str) -> Result<PathBuf, Infallible> {
    Ok(file::as_path(text))
}

#[derive(Debug, Args)]
pub(super) struct WindowArgs {
    /// Scenario that the window opens with: a built-in name or a .json file
    #[arg(long, value_name = "NAME")]
    pub scenario: Option<String>,
    /// What draws the window [default: wgpu]
    #[arg(long, value_name = "NAME")]
    pub renderer: Option<Renderer>,
    /// Changes a field of the window's scenario, as in activation.degree=2; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub settings: Vec<String>,
}

/// What draws the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Renderer {
    /// Vulkan, Metal or DirectX.
    #[default]
    Wgpu,
    /// OpenGL.
    Glow,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the built-in scenarios and datasets
    Scenarios,
    /// Show parameters, predicted noise, sizes and times; no keys are made
    Plan(PlanArgs),
    /// Run the plaintext and the encrypted network side by side
    Run(RunArgs),
    /// Compare polynomials in the place of the activations: accuracy, error, depth, predicted cost
    Sweep(SweepArgs),
    /// Run one model under every scheme that carries it, or a recurrent one with every strategy
    Compare(CompareArgs),
    /// Train the model of a scenario: again from its recipe, or with a polynomial as activation
    Train(TrainArgs),
    /// Measure how long each part takes, its outputs checked: one JSON line per measurement
    Bench(BenchArgs),
    /// Tell what a file holds: model, dataset, scenario, report, checkpoint, keys, requests, answers
    Inspect(InspectArgs),
    /// Write a model as a file that other programs read
    Export(ExportArgs),
    /// Write a saved report as a page of HTML, to print or hand in
    Report(ReportArgs),
    /// Download a public dataset, checked against its checksums
    Fetch(FetchArgs),
    /// Server: make the offer (public) and the program (with the weights) of a scenario
    Publish(PublishArgs),
    /// Client: make a secret key and evaluation keys for an offer
    Keygen(KeygenArgs),
    /// Client: encrypt samples for the server of an offer
    Encrypt(EncryptArgs),
    /// Server: answer a request without reading it
    Evaluate(EvaluateArgs),
    /// Client: decrypt an answer, and hold its check samples against the offer
    Decrypt(DecryptArgs),
}

#[derive(Debug, Args)]
pub(super) struct PublishArgs {
    #[command(flatten)]
    pub scenario: ScenarioArgs,
    #[command(flatten)]
    pub size: SizeArgs,
    /// Folder for offer.cso and program.csp; it is made
    #[arg(long, value_name = "DIR", value_parser = path)]
    pub out: PathBuf,
    /// Replace files that are there
    #[arg(long)]
    pub force: bool,
}

#[derive(Debug, Args)]
pub(super) struct KeygenArgs {
    /// The offer of a server (offer.cso)
    #[arg(value_parser = path)]
    pub offer: PathBuf,
    /// Folder for secret.key and evaluation.keys; it is made
    #[arg(long, value_name = "DIR", value_parser = path)]
    pub out: PathBuf,
    /// Make the key from this number, for tests: whoever knows it has the key [default: fresh randomness]
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,
    /// Replace files that are there
    #[arg(long)]
    pub force: bool,
}

#[derive(Debug, Args)]
pub(super) struct EncryptArgs {
    /// The offer of a server (offer.cso)
    #[arg(value_parser = path)]
    pub offer: PathBuf,
    /// Folder with the keys of this offer
    #[arg(long, value_name = "DIR", value_parser = path)]
    pub keys: PathBuf,
    /// Dataset: every row of a table in its order, of other data the test part
    #[arg(required_unless_present = "test_split", conflicts_with = "test_split")]
    pub dataset: Option<String>,
    /// Take the test part of the data that the offer names
    #[arg(long)]
    pub test_split: bool,
    /// Only the first samples
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub images: Option<u32>,
    /// Write the request here
    #[arg(long, value_name = "REQUEST", value_parser = path)]
    pub out: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    pub force: bool,
}

#[derive(Debug, Args)]
pub(super) struct EvaluateArgs {
    /// Folder with offer.cso and program.csp
    #[arg(value_parser = path)]
    pub service: PathBuf,
    /// Keys of the client (evaluation.keys)
    #[arg(long, value_name = "FILE", value_parser = path)]
    pub evaluation_keys: PathBuf,
    /// Request of the client
    #[arg(value_parser = path)]
    pub request: PathBuf,
    /// Worker threads [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=256))]
    pub threads: Option<u32>,
    /// Write the answer here
    #[arg(long, value_name = "ANSWER", value_parser = path)]
    pub out: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    pub force: bool,
}

#[derive(Debug, Args)]
pub(super) struct DecryptArgs {
    /// The offer of a server (offer.cso)
    #[arg(value_parser = path)]
    pub offer: PathBuf,
    /// Folder with the keys of this offer
    #[arg(long, value_name = "DIR", value_parser = path)]
    pub keys: PathBuf,
    /// Answer of the server
    #[arg(value_parser = path)]
    pub answer: PathBuf,
    /// Write a row for each sample here
    #[arg(long, value_name = "FILE.csv", value_parser = path)]
    pub out: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    pub force: bool,
}

/// A scenario and changes to it.
#[derive(Debug, Args)]
pub(super) struct ScenarioArgs {
    /// Built-in name or .json file
    pub scenario: String,
    /// Changes a field, as in activation.degree=2, model=net.safetensors; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub settings: Vec<String>,
    /// Seed of everything random; 0 takes fresh randomness
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    pub seed: Option<u64>,
}

/// How much to run, and with what.
#[derive(Debug, Args)]
pub(super) struct SizeArgs {
    /// Test samples to run [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), allow_negative_numbers = true)]
    pub images: Option<u32>,
    /// Worker threads [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=256), allow_negative_numbers = true)]
    pub threads: Option<u32>,
}

#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    #[command(flatten)]
    pub scenario: ScenarioArgs,
    #[command(flatten)]
    pub size: SizeArgs,
    /// Print the plan as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    pub scenario: ScenarioArgs,
    #[command(flatten)]
    pub size: SizeArgs,
    /// Write the report here, as JSON
    #[arg(long, value_name = "FILE.json", value_parser = path)]
    pub report: Option<PathBuf>,
    /// Write the answers here, a row for each sample: classes and scores of the three networks
    #[arg(long, value_name = "FILE.csv", value_parser = path)]
    pub answers: Option<PathBuf>,
    /// Print how often samples of each class are given each class, by network
    #[arg(long)]
    pub confusion: bool,
}

#[derive(Debug, Args)]
pub(super) struct SweepArgs {
    #[command(flatten)]
    pub scenario: ScenarioArgs,
    #[command(flatten)]
    pub size: SizeArgs,
    /// Degrees, as in 2..9 or 2,3,7
    #[arg(long, value_name = "LIST", default_value = "2..7", allow_negative_numbers = true)]
    pub degrees: String,
    /// Approximation methods by id, as in chebyshev,minimax; or all
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "minimax,least_squares"
    )]
    pub methods: Vec<String>,
    /// Half-widths l of the interval [-l, l], or measured for one per layer from the data, as in
    /// 3,5,measured [default: that of the scenario]
    #[arg(long, value_name = "LIST", allow_negative_numbers = true)]
    pub intervals: Option<String>,
    /// Functions to approximate in the place of every activation, as in relu or relu,tanh [default: each
    /// layer's own]
    #[arg(long, value_name = "LIST")]
    pub function: Option<String>,
    /// Also train each network on for so many epochs with its polynomials inside
    #[arg(long, value_name = "EPOCHS", num_args = 0..=1, default_missing_value = "4", allow_negative_numbers = true)]
    pub fine_tune: Option<usize>,
    /// Also run each network encrypted
    #[arg(long)]
    pub encrypted: bool,
    /// Write the rows here: a .csv or a .json file
    #[arg(long, value_name = "FILE", value_parser = path)]
    pub report: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(mut_arg("scenario", |arg| arg.required(false).default_value("").hide_default_value(true)))]
pub(super) struct TrainArgs {
    #[command(flatten)]
    pub scenario: ScenarioArgs,
    /// Rows of a network of your own, for --dataset, as in "conv 8 3x3, relu, dense classes", or "gru 16,
    /// dense classes" for sequences; small or medium
    #[arg(long, value_name = "ROWS", requires = "dataset")]
    pub layers: Option<String>,
    /// The data of a network of your own: a file, a folder or a built-in name
    #[arg(long, value_name = "DATA", requires = "layers")]
    pub dataset: Option<String>,
    /// What a network of your own is for: bgv (integers), ckks (polynomials), tfhe (lookup tables), and of
    /// sequences client_aided (functions computed by the client) [default: bgv; of sequences ckks]
    #[arg(long = "for", value_name = "SCHEME", requires = "layers")]
    pub purpose: Option<String>,
    /// Write the model here
    #[arg(long, value_name = "MODEL.safetensors", value_parser = path)]
    pub out: Option<PathBuf>,
    /// Epochs of training with a polynomial (activation.method other than keep), 8 by default; of
    /// training on encrypted data as the scenario says
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub epochs: Option<usize>,
    /// Learning rate at its start [default: 0.002, or as the scenario says]
    #[arg(long, value_name = "R", allow_negative_numbers = true)]
    pub learning_rate: Option<f64>,
    /// Write where a training on encrypted data stands here: after each epoch, every minute, and when it is
    /// stopped
    #[arg(long, value_name = "FILE", value_parser = path)]
    pub checkpoint: Option<PathBuf>,
    /// Go on with a training on encrypted data from such a file, with its settings
    #[arg(long, value_name = "FILE", value_parser = path)]
    pub resume: Option<PathBuf>,
    /// Write the report of a training on encrypted data here, as JSON
    #[arg(long, value_name = "FILE.json", value_parser = path)]
    pub report: Option<PathBuf>,
    /// Price of activation inputs outside of the interval of the polynomial [default: 1]
    #[arg(long, value_name = "W", allow_negative_numbers = true)]
    pub range_penalty: Option<f64>,
    /// Start from fresh weights, not from those of the exact network
    #[arg(long)]
    pub from_scratch: bool,
    /// End each stage of the training of a network of your own after so many epochs without a better
    /// accuracy on held-out samples, and keep the best epoch
    #[arg(long, value_name = "N", requires = "layers", allow_negative_numbers = true)]
    pub patience: Option<usize>,
    /// Training samples to hold out and show accuracies on [default: a tenth, 5000 at most; none for a recipe]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub validation: Option<usize>,
}

#[derive(Debug, Args)]
pub(super) struct CompareArgs {
    #[command(flatten)]
    pub scenario: ScenarioArgs,
    #[command(flatten)]
    pub size: SizeArgs,
    /// Schemes, as in bgv,tfhe [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub schemes: Option<Vec<String>>,
    /// Of a recurrent scenario: polynomials in the place of the exact functions, a row each, by id
    /// as in minimax,taylor; or all
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub activations: Vec<String>,
    /// Of a recurrent scenario: seconds that a row may take by prediction, beyond which fewer steps
    /// or sequences are run and the row says so [default: 15]
    #[arg(long, value_name = "SECS", conflicts_with = "whole", allow_negative_numbers = true)]
    pub row_secs: Option<f64>,
    /// Of a recurrent scenario: every row on all steps and sequences, whatever it takes
    #[arg(long)]
    pub whole: bool,
    /// File for the table, .csv or .json
    #[arg(long, value_name = "FILE", value_parser = path)]
    pub report: Option<PathBuf>,
}

/// The workload that is no figure: unit costs.
pub(super) const COSTS: &str = "costs";

#[derive(Debug, Args)]
pub(super) struct BenchArgs {
    /// What to measure; costs: the unit costs that times are predicted with
    #[arg(value_parser = PossibleValuesParser::new(
        Workload::NAMED.iter().map(|(name, _)| *name).chain([COSTS]),
    ))]
    pub workload: String,
    /// With costs: keeps them in the cache folder of the user, in the place of those there
    #[arg(long)]
    pub save: bool,
    /// Worker threads [default: 1 for primitives, one per core for whole runs]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=256), allow_negative_numbers = true)]
    pub threads: Option<u32>,
    /// Timed repetitions, after one that is not timed [default: 11 for primitives, 5 for whole runs]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000), allow_negative_numbers = true)]
    pub repetitions: Option<u32>,
    /// Arithmetic kernel [default: the fastest of this processor, or CRYPTOSCOPE_KERNEL]
    #[arg(long, value_name = "NAME")]
    pub kernel: Option<String>,
    /// Seed of keys, inputs and weights
    #[arg(long, value_name = "S", default_value_t = 1, allow_negative_numbers = true)]
    pub seed: u64,
}

#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// The report of a run, as --report writes it
    #[arg(value_parser = path)]
    pub report: PathBuf,
    /// File for the page
    #[arg(long, value_name = "FILE", value_parser = path)]
    pub html: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// Model (.safetensors, .onnx) or built-in name
    pub model: String,
    /// ONNX file to write (operator set 17): what the network computes in floating point
    #[arg(long, value_name = "FILE")]
    pub onnx: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct InspectArgs {
    /// Model (.safetensors, .onnx), dataset (CSV, .npz, .npy, IDX, .ts, sentences, CIFAR, folders of pictures,
    /// of arrays and of IDX files), a built-in name, or whatever this program wrote; options behind a
    /// dataset's path, as in t.csv?header=no, say what it does not
    pub file: String,
    /// Tell it as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(super) struct FetchArgs {
    #[arg(value_parser = public_sets(), ignore_case = true)]
    pub set: &'static PublicSet,
    /// Address of a folder with the files, instead of the built-in ones; may be repeated
    #[arg(long = "mirror", value_name = "URL")]
    pub mirrors: Vec<String>,
}

/// The names of the datasets that can be downloaded, in whatever case.
fn public_sets() -> impl TypedValueParser<Value = &'static PublicSet> {
    let known = SETS.iter().map(|set| {
        let about = format!("{}, {}", format::bytes(set.bytes()), set.licence);
        PossibleValue::new(set.name).help(about)
    });
    PossibleValuesParser::new(known).try_map(|name| {
        SETS.iter().find(|set| set.name.eq_ignore_ascii_case(&name)).ok_or("no such set")
    })
}
