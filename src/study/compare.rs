//! One model and one dataset carried in several ways, by other schemes or polynomials, as one table.

use crate::table::{Cell, Column, Row, Study};
use circuit::{NoiseMeasure, StageKind};
use experiment::Experiment;
use inference::Session;
use progress::{Cancel, Cancelled, Watch};
use report::{Event, NetworksReport, RunReport, StageReport};
use scenario::{ActivationKind, RunError, Scenario, Setup};
use serde::{Deserialize, Serialize};

/// Version of the fields of [`CompareReport`].
pub const COMPARE_SCHEMA_VERSION: u32 = 2;

/// A way to run a scenario: changes to it, under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    pub name: String,
    /// Changes, `KEY=VALUE`.
    pub settings: Vec<String>,
}

/// What one way gave. Bytes and times are those of the whole run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CompareRow {
    pub name: String,
    /// The scheme by its name; empty in old files and of what could not run.
    #[serde(default)]
    pub scheme: String,
    /// Parameters in a few words.
    pub parameters: String,
    /// Why it could not run; the other fields mean nothing then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    pub images: usize,
    /// Share of samples classified as labelled: encrypted, by the original network, and by the reference
    /// that the ciphertexts stand for. NaN, in JSON `null`, where classes are not known.
    #[serde(with = "format::number::known")]
    pub accuracy: f64,
    #[serde(with = "format::number::known")]
    pub plain_accuracy: f64,
    #[serde(default, with = "format::number::known")]
    pub reference_accuracy: f64,
    /// Share of answers that are those of the reference network.
    pub agreement: f64,
    /// Until the first answer, also of a sample sent alone: a batch takes the same time however full
    /// it is.
    pub latency_secs: f64,
    pub images_per_sec: f64,
    pub keygen_secs: f64,
    pub upload_bytes: u64,
    pub download_bytes: u64,
    pub evaluation_key_bytes: u64,
    pub rounds: u64,
    pub wrong_outputs: u64,
    /// What is wrong with the answers, in one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// What `margin_bits` and `margins` measure: each scheme has its own quantity.
    #[serde(default)]
    pub noise: NoiseMeasure,
    /// Least measured margin of any stage, bits; of each scheme in its own meaning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin_bits: Option<f64>,
    /// Measured margin after each stage, bits, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub margins: Vec<(String, f64)>,
    /// Names of the stages that are activations, among those of `margins`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub activations: Vec<String>,
    /// What must be known of the run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    pub security_bits: u32,
    pub peak_memory_bytes: u64,
    /// Which networks were run; those of a way may be others than those of the next.
    #[serde(default)]
    pub networks: NetworksReport,
}

/// All ways of one scenario.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CompareReport {
    pub schema_version: u32,
    pub cryptoscope_version: String,
    pub scenario: String,
    pub model: String,
    pub dataset: String,
    pub seed: u64,
    pub threads: usize,
    /// What was compared, as it can be opened again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setup: Option<Box<Setup>>,
    pub rows: Vec<CompareRow>,
    /// Ways asked for and not run, because the comparison was stopped.
    #[serde(default)]
    pub rows_left: usize,
}

/// What a comparison tells while it goes on.
#[derive(Clone, Debug)]
pub enum CompareEvent {
    /// Row `row` of `of` is being run; `fraction` of it is done.
    Doing { row: usize, of: usize, name: String, fraction: f64 },
    /// A row is finished.
    Row(Box<CompareRow>),
}

/// The schemes that carry this scenario's model: BGV and CKKS with polynomials, TFHE with lookup
/// tables. Where the scenario has no polynomials, they are least-squares fits of degree 2 on the
/// interval that calibration samples take.
pub fn scheme_ways(base: &Session, cancel: &Cancel) -> Result<Vec<Way>, RunError> {
    let mut polynomial = vec!["activation.kind=polynomial".to_owned()];
    if base.scenario.activation.kind != ActivationKind::Polynomial
        || (base.scenario.activation.keeps_all()
            && !base.network.layers().iter().all(|l| l.op.is_polynomial()))
    {
        let watch = Watch::new(cancel.clone(), &|_| ());
        let raw = base.calibration_inputs();
        let layers = base.network.measure_activations(raw, &watch)?;
        let ends = layers.iter().flat_map(|l| [l.histogram.min(), l.histogram.max()]);
        let reach = ends.flatten().map(f64::abs).fold(1.0, f64::max);
        polynomial.push("activation.method=least_squares".to_owned());
        polynomial.push("activation.degree=2".to_owned());
        polynomial.push(format!("activation.interval={reach:.2}"));
    }
    let way = |name: &str, kind: &str, settings: &[String]| Way {
        name: name.to_owned(),
        settings: settings.iter().cloned().chain([format!("scheme.kind={kind}")]).collect(),
    };
    let table = ["activation.kind=lookup".to_owned()];
    Ok(vec![
        way("BGV", "bgv", &polynomial),
        way("CKKS", "ckks", &polynomial),
        way("TFHE", "tfhe", &table),
    ])
}

/// Runs every way in turn on the same model and samples.
///
/// # Errors
/// When a setting means nothing. A way that cannot run is a row with its refusal; when the work is
/// stopped, rows that are finished stay.
pub fn compare(
    base: &Experiment,
    ways: &[Way],
    cancel: &Cancel,
    on_event: &mut dyn FnMut(CompareEvent),
) -> Result<CompareReport, RunError> {
    let mut report = CompareReport {
        schema_version: COMPARE_SCHEMA_VERSION,
        cryptoscope_version: env!("CARGO_PKG_VERSION").to_owned(),
        scenario: base.scenario().name.clone(),
        model: base.model().to_owned(),
        dataset: base.dataset().name().to_owned(),
        seed: base.scenario().seed,
        threads: base.threads()?,
        setup: Some(Box::new(Setup::of(base.scenario()))),
        ..CompareReport::default()
    };
    for (row, way) in ways.iter().enumerate() {
        let session = base.with(&way.of(base.scenario())?)?;
        let (told, tell) = std::sync::mpsc::channel();
        let doing = |fraction| CompareEvent::Doing {
            row,
            of: ways.len(),
            name: way.name.clone(),
            fraction,
        };
        on_event(doing(0.0));
        // Events come from the threads of the run.
        let ran = std::thread::scope(|scope| {
            let run = scope.spawn(|| {
                let told = told;
                session.run(cancel, &|event| {
                    if let Event::Progress { fraction, .. } = event {
                        told.send(fraction).ok();
                    }
                })
            });
            tell.iter().for_each(|fraction| on_event(doing(fraction)));
            run.join()
                .unwrap_or_else(|_| Err(RunError::Refused("the run ended without a report".into())))
        });
        let made = match ran {
            Ok(run) => CompareRow::new(&way.name, &run),
            Err(RunError::Cancelled(Cancelled)) => {
                report.rows_left = ways.len() - row;
                return Ok(report);
            }
            Err(refused) => CompareRow {
                name: way.name.clone(),
                refusal: Some(refused.to_string()),
                ..CompareRow::default()
            },
        };
        on_event(CompareEvent::Row(Box::new(made.clone())));
        report.rows.push(made);
    }
    Ok(report)
}

impl Way {
    /// The scenario with its changes.
    fn of(&self, scenario: &Scenario) -> Result<Scenario, RunError> {
        let changed =
            self.settings.iter().try_fold(scenario.clone(), |s, text| s.with_setting(text));
        changed.map_err(|e| RunError::Refused(format!("{}: {e}", self.name)))
    }
}

impl CompareRow {
    /// What a run gave.
    pub fn new(name: &str, run: &RunReport) -> Self {
        // Only lookups can fail where there are tables; other stages say what they would do to one.
        let counts = |s: &&StageReport| run.tables.is_none() || s.kind == StageKind::Lookup;
        let stages = run.stages.iter().filter(counts);
        let measured = stages.filter_map(|s| Some((s, s.margin_bits_measured?)));
        let margins: Vec<(String, f64)> = measured.map(|(s, m)| (s.name.clone(), m)).collect();
        let is_activation = |kind: StageKind| {
            matches!(kind, StageKind::Square | StageKind::Polynomial | StageKind::Lookup)
        };
        let activations = run.stages.iter().filter(|s| is_activation(s.kind));
        let parameters = match &run.tables {
            Some(t) => format!(
                "n {}, k {}, N {}, tables of {} bits",
                t.lwe_dimension, t.glwe_dimension, t.polynomial_size, t.bits
            ),
            None => format!("N {}, log2 q {:.0}", run.scheme.ring_degree, run.scheme.log2_q),
        };
        let encrypted = &run.encrypted;
        Self {
            name: name.to_owned(),
            scheme: run.scheme.kind.clone(),
            parameters,
            refusal: None,
            images: run.images,
            accuracy: encrypted.accuracy,
            plain_accuracy: run.plain.accuracy_of_all(),
            reference_accuracy: run.plain.integer_accuracy,
            agreement: encrypted.agreement,
            latency_secs: encrypted.total_secs / run.bytes.rounds.max(1) as f64,
            images_per_sec: encrypted.images_per_sec,
            keygen_secs: encrypted.keygen_secs,
            upload_bytes: run.bytes.upload,
            download_bytes: run.bytes.download,
            evaluation_key_bytes: run.bytes.evaluation_keys,
            rounds: run.bytes.rounds,
            fault: run.wrong_text().map(str::to_owned),
            wrong_outputs: encrypted.wrong_outputs
                + run.stages.iter().map(|s| s.wrong_values).sum::<u64>(),
            noise: NoiseMeasure::of_name(&run.scheme.kind),
            activations: activations.map(|s| s.name.clone()).collect(),
            warnings: run.warnings.iter().map(|w| w.message.clone()).collect(),
            margin_bits: margins.iter().map(|(_, m)| *m).reduce(f64::min),
            margins,
            security_bits: run.scheme.security_bits,
            peak_memory_bytes: run.peak_memory_bytes,
            networks: run.networks.clone(),
        }
    }
}

impl Row for CompareRow {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::asked("name", "Scheme", |r: &Self| Some(Cell::words(&r.name)))
            .about("Its parameters stand beside"),
        Column::asked("parameters", "Parameters", |r: &Self| Some(Cell::words(&r.parameters))),
        Column::found("images", "", |r: &Self| Some(Cell::count(r.images as u64))),
        Column::found("accuracy", "Encrypted", |r: &Self| Some(Cell::share(r.accuracy, r.images)))
            .about("Share of samples that the decrypted answers classify as labelled"),
        Column::found("plain_accuracy", "Original", |r: &Self| {
            Some(Cell::share(r.plain_accuracy, r.images))
        })
        .about("Share of samples that the original network classifies as labelled, in the clear"),
        Column::found("agreement", "Agreement", |r: &Self| Some(Cell::share(r.agreement, r.images)))
            .about("Decrypted answers that are those of the reference network"),
        Column::found("latency_secs", "First answer", |r: &Self| Some(Cell::secs(r.latency_secs)))
            .about("Time until the first answer, also of a sample sent alone: a batch takes as long however full it is"),
        Column::found("images_per_sec", "Per sample", |r: &Self| {
            let secs = 1.0 / r.images_per_sec.max(1e-12);
            Some(Cell::number(r.images_per_sec, format::secs(secs)))
        })
        .about("Time of all samples over their number"),
        Column::found("keygen_secs", "", |r: &Self| Some(Cell::secs(r.keygen_secs))),
        Column::found("upload_bytes", "Upload", |r: &Self| Some(Cell::bytes(r.upload_bytes)))
            .about("Bytes from client to server, all samples"),
        Column::found("download_bytes", "Download", |r: &Self| Some(Cell::bytes(r.download_bytes)))
            .about("Bytes from server to client, all samples"),
        Column::found("evaluation_key_bytes", "Keys", |r: &Self| {
            Some(Cell::bytes(r.evaluation_key_bytes))
        })
        .about("Evaluation keys, sent to the server once"),
        Column::found("rounds", "Rounds", |r: &Self| Some(Cell::count(r.rounds))),
        Column::found("wrong_outputs", "Wrong", |r: &Self| Some(Cell::count(r.wrong_outputs))),
        Column::found("margin_bits", "Noise", |r: &Self| {
            let margin = r.margin_bits?;
            Some(Cell::number(margin, r.noise.short(margin)))
        })
        .about("The least that was measured: noise margin in bits (BGV, BFV), spare precision in bits (CKKS), failure probability (TFHE)"),
        Column::found("security_bits", "", |r: &Self| Some(Cell::count(r.security_bits.into()))),
        Column::found("peak_memory_bytes", "", |r: &Self| Some(Cell::bytes(r.peak_memory_bytes))),
        Column::asked("refusal", "", |r: &Self| r.refusal.clone().map(Cell::words)),
        Column::found("encrypted_network", "", |r: &Self| Some(Cell::words(&r.networks.encrypted.name))),
        Column::found("reference_accuracy", "Reference", |r: &Self| {
            Some(Cell::share(r.reference_accuracy, r.images))
        })
        .about("Share of samples that is classified as labelled by what the ciphertexts stand for, in the clear: integers, polynomials or tables"),
        Column::found("noise_measure", "", |r: &Self| Some(Cell::words(r.noise.name()))),
        Column::asked("fault", "", |r: &Self| r.fault.clone().map(Cell::words)),
        Column::asked("warnings", "", |r: &Self| Some(Cell::words(r.warnings.join("; ")))),
    ];

    fn name(&self) -> String {
        self.name.clone()
    }

    fn refusal(&self) -> Option<&str> {
        self.refusal.as_deref()
    }

    fn is_right(&self) -> bool {
        self.wrong_outputs == 0 && self.fault.is_none()
    }
}

impl Study for CompareReport {
    type Row = CompareRow;

    fn rows(&self) -> &[CompareRow] {
        &self.rows
    }

    fn rows_left(&self) -> usize {
        self.rows_left
    }
}
