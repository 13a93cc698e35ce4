//! The strip as it is drawn: places from left to right, and what belongs to each.

use crate::source::Source;
use circuit::NoiseMeasure;
use report::Phase;
use std::ops::Range;
use view::{RunView, Status};

/// A place of the strip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The client, before it sends.
    Input,
    /// A layer at the server, by its number.
    Layer(usize),
    /// The client, with the answers.
    Output,
}

/// What is left of the noise that may be there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Battery {
    /// Of what fresh ciphertexts have, 0 to 1.
    pub share: f64,
    /// In the unit of the measure.
    pub bits: f64,
    /// Measured with the key, or predicted.
    pub is_measured: bool,
}

/// One box at the server: a layer, or layers that are computed as one.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerBox {
    /// The name that is shown.
    pub name: String,
    /// The layers of the network in it.
    pub layers: Vec<String>,
    /// Shape of a sample behind it, where the network is known.
    pub shape: Option<String>,
    /// The stages that belong to it: its own, and what encryption adds behind it.
    pub stages: Range<usize>,
    /// Bytes of the ciphertexts behind it.
    pub bytes: Option<u64>,
    pub battery: Option<Battery>,
    /// Something in it decrypted wrongly.
    pub is_wrong: bool,
}

/// The whole strip.
#[derive(Clone, Debug, PartialEq)]
pub struct Strip {
    pub measure: NoiseMeasure,
    /// Shape of a sample, or how many values it has.
    pub input: String,
    /// What comes back, in words.
    pub output: String,
    /// Stages of the client: encryption, and what follows it before the first layer.
    pub input_stages: Range<usize>,
    /// Bytes of the ciphertexts that the first layer takes.
    pub input_bytes: Option<u64>,
    pub layers: Vec<LayerBox>,
    /// Bytes that cross, both ways, of all samples.
    pub upload: Option<u64>,
    pub download: Option<u64>,
    /// Samples that are told of.
    pub samples: Option<usize>,
    /// Right answers after decryption; nothing when anything decrypted wrongly.
    pub accuracy: Option<String>,
    /// Where the run is.
    pub running: Option<Place>,
    pub is_wrong: bool,
    /// Nothing was measured yet.
    pub is_predicted: bool,
}

impl Strip {
    /// The strip of a plan and its run; `None` where there is neither, and for sequences: every stage of
    /// theirs is a whole step.
    pub fn of(source: &Source<'_>) -> Option<Self> {
        let sequence = source.plan.is_some_and(|p| p.sequence.is_some());
        if source.is_empty() || sequence {
            return None;
        }
        let (input_stages, layers) = grouped(source);
        let layers: Vec<_> = layers.into_iter().map(|group| layer(source, group)).collect();
        let report = source.run.and_then(|r| r.report.as_deref());
        let bytes = |measured: fn(&report::BytesReport) -> u64,
                     planned: fn(&circuit::PlanBytes) -> u64| {
            report.map(|r| measured(&r.bytes)).or(source.plan.map(|p| planned(&p.bytes)))
        };
        let is_wrong = source.run.is_some_and(RunView::is_wrong);
        let right = source.run.map(RunView::counts).filter(|c| c.seen > 0 && !is_wrong);
        let values = source.values();
        let mut strip = Self {
            measure: source.measure(),
            input: match (source.network, values) {
                (Some(network), _) => network.input().to_string(),
                (None, Some((inputs, _))) => format!("{} values", format::count(inputs as u64)),
                (None, None) => String::new(),
            },
            output: values
                .map_or_else(String::new, |(_, n)| format!("{} numbers", format::count(n as u64))),
            input_bytes: input_stages.clone().next_back().and_then(|i| source.bytes(i)),
            input_stages,
            layers,
            upload: bytes(|b| b.upload, |b| b.upload),
            download: bytes(|b| b.download, |b| b.download),
            samples: source.samples(),
            accuracy: right.filter(|c| !c.unlabelled).map(|c| c.encrypted().text()),
            running: None,
            is_wrong,
            is_predicted: (0..source.len()).all(|i| source.measured(i).is_none()),
        };
        strip.running = source.run.and_then(|run| strip.now(run));
        Some(strip)
    }

    /// The place of a stage.
    pub fn place_of(&self, stage: usize) -> Option<Place> {
        if self.input_stages.contains(&stage) {
            return Some(Place::Input);
        }
        self.layers.iter().position(|l| l.stages.contains(&stage)).map(Place::Layer)
    }

    /// The layer of a name.
    pub fn find(&self, name: &str) -> Option<&LayerBox> {
        self.layers.iter().find(|l| l.name == name)
    }

    /// The bytes between a layer and the next.
    pub fn bytes_before(&self, layer: usize) -> Option<u64> {
        match layer.checked_sub(1) {
            None => self.input_bytes,
            Some(before) => self.layers.get(before).and_then(|l| l.bytes),
        }
    }

    /// Where a run is that goes on.
    fn now(&self, run: &RunView) -> Option<Place> {
        let progress = run.progress.filter(|_| run.status == Status::Running)?;
        match progress.phase {
            Phase::Plain | Phase::Keygen => None,
            Phase::Encrypt => Some(Place::Input),
            Phase::Decrypt => Some(Place::Output),
            Phase::Evaluate => {
                let first = self.layers.first().map_or(0, |l| l.stages.start);
                // The stage behind the one that was told of last; behind the last a batch begins anew.
                let next = run.newest_stage.map_or(first, |last| (last + 1).max(first));
                self.place_of(next).or_else(|| self.place_of(first))
            }
        }
    }
}

/// Stages and the names of the layers in them.
type Group = (Range<usize>, Vec<String>);

/// The stages of the input, and those of each layer: what encryption adds belongs to the layer before.
fn grouped(source: &Source<'_>) -> (Range<usize>, Vec<Group>) {
    let mut input = 0..0;
    let mut groups: Vec<Group> = Vec::new();
    for i in 0..source.len() {
        let layers = source.layers(i);
        match groups.last_mut() {
            // A layer may take several stages.
            Some((stages, before)) if layers.is_empty() || *before == layers => stages.end = i + 1,
            None if layers.is_empty() => input.end = i + 1,
            _ => groups.push((i..i + 1, layers)),
        }
    }
    (input, groups)
}

fn layer(source: &Source<'_>, (stages, layers): Group) -> LayerBox {
    let last = stages.end - 1;
    let shape = layers.last().and_then(|name| {
        let network = source.network?;
        let at = network.layers().iter().position(|l| l.name == *name)?;
        Some(network.shapes().get(at)?.to_string())
    });
    LayerBox {
        name: layers.join(" + "),
        layers,
        shape,
        bytes: source.bytes(last),
        battery: battery(source, last),
        is_wrong: stages.clone().any(|i| source.measured(i).is_some_and(|s| s.wrong_values > 0)),
        stages,
    }
}

/// What is left after stage `i`, as a share of what there is at first.
fn battery(source: &Source<'_>, i: usize) -> Option<Battery> {
    let measured = |i: usize| source.measured(i)?.margin_bits_measured;
    let predicted = |i: usize| source.planned(i).map(|s| s.margin_bits);
    let bits = measured(i).or_else(|| predicted(i)).filter(|b| !b.is_nan())?;
    let full = measured(0).or_else(|| predicted(0)).filter(|b| *b > 0.0)?;
    let share = if bits >= full { 1.0 } else { (bits / full).max(0.0) };
    Some(Battery { share, bits, is_measured: measured(i).is_some() })
}
