//! The strip as it is drawn: places from left to right, and what belongs to each.

use crate::hidden::Hidden;
use crate::source::Source;
use circuit::NoiseMeasure;
use report::Phase;
use std::ops::Range;
use view::{Group, RunView, Status};

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
    /// Layers with a box of their own that its stage computes a part of.
    pub parts_of: Vec<String>,
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
    /// Right answers after decryption, or how many agree where nobody knows which are right; nothing when
    /// anything decrypted wrongly.
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
        let (input_stages, layers) = source.groups();
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
            accuracy: right.map(|c| match c.unlabelled {
                true => c.agreement_text(),
                false => c.encrypted().text(),
            }),
            running: None,
            is_wrong,
            is_predicted: (0..source.len()).all(|i| source.measured(i).is_none()),
        };
        strip.running = source.run.and_then(|run| strip.now(run));
        Some(strip)
    }

    /// Takes off what is `hidden`.
    pub fn hide(&mut self, source: &Source<'_>, hidden: Hidden) {
        let hides_bytes = |stages: &Range<usize>| {
            let measured = stages.clone().next_back().and_then(|i| source.measured(i));
            hidden.bytes || hidden.predictions && measured.is_none()
        };
        let over = source.run.is_some_and(|run| run.report.is_some());
        if hidden.bytes || hidden.predictions && !over {
            (self.upload, self.download) = (None, None);
        }
        self.input_bytes = self.input_bytes.filter(|_| !hides_bytes(&self.input_stages));
        for layer in &mut self.layers {
            layer.bytes = layer.bytes.filter(|_| !hides_bytes(&layer.stages));
            layer.battery = layer.battery.filter(|b| b.is_measured || !hidden.predictions);
        }
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

/// The box of a group.
fn layer(source: &Source<'_>, group: Group) -> LayerBox {
    let name = group.name();
    let Group { stages, layers, parts_of } = group;
    let last = stages.end - 1;
    let shape = layers.last().and_then(|name| {
        let network = source.network?;
        let at = network.layers().iter().position(|l| l.name == *name)?;
        Some(network.shapes().get(at)?.to_string())
    });
    LayerBox {
        name,
        layers,
        parts_of,
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

#[cfg(test)]
mod tests {
    use super::*;
    use circuit::{Plan, StageKind};
    use experiment::Experiment;
    use network::Network;
    use progress::Cancel;
    use report::{Event, StageReport};
    use scenario::{Scenario, Sources};
    use std::sync::Arc;
    use view::Stages;

    fn planned(name: &str, settings: &[&str]) -> (Plan, Arc<Network>) {
        let set = |s: Scenario, text: &&str| s.with_setting(text).unwrap();
        let scenario = settings.iter().fold(Scenario::open(name).unwrap(), set);
        let experiment = Experiment::open(&scenario, &Sources::default()).unwrap();
        let plan = experiment.plan(&Cancel::default()).unwrap();
        (plan, Arc::new(network::open(&scenario.model).unwrap()))
    }

    fn strip(plan: &Plan, network: &Network) -> Strip {
        Strip::of(&Source {
            stages: Stages { plan: Some(plan), run: None },
            network: Some(network),
        })
        .unwrap()
    }

    /// Every stage has one place, and they stand in their order.
    fn is_whole(strip: &Strip, plan: &Plan) {
        let mut next = strip.input_stages.end;
        assert_eq!(strip.input_stages.start, 0);
        for layer in &strip.layers {
            assert_eq!(layer.stages.start, next, "{}", layer.name);
            next = layer.stages.end;
        }
        assert_eq!(next, plan.stages.len());
    }

    #[test]
    fn digits_has_a_box_for_each_layer_under_every_scheme() {
        let exact = ["conv", "square", "output"];
        for scheme in ["bgv", "bfv", "ckks"] {
            let (plan, network) = planned("digits", &[&format!("scheme.kind={scheme}")]);
            let strip = strip(&plan, &network);
            is_whole(&strip, &plan);
            let names: Vec<_> = strip.layers.iter().map(|l| l.name.as_str()).collect();
            assert_eq!(names, exact, "{scheme}");
            let shapes: Vec<_> = strip.layers.iter().map(|l| l.shape.clone().unwrap()).collect();
            assert_eq!((shapes[0].as_str(), shapes[2].as_str()), ("8x6x6", "10"));
            assert_eq!((strip.input.as_str(), strip.output.as_str()), ("1x8x8", "10 numbers"));
            assert_eq!(strip.upload, Some(plan.bytes.upload));
            assert_eq!(strip.input_bytes, Some(plan.stages[0].ciphertext_bytes));
            for layer in &strip.layers {
                let battery = layer.battery.unwrap();
                let last = plan.stages[layer.stages.end - 1].margin_bits;
                let share = (last / plan.stages[0].margin_bits).min(1.0);
                assert!((battery.share - share).abs() < 1e-9 && !battery.is_measured);
            }
        }
    }

    /// Each of the layers of `deep` has a box.
    fn is_deep(strip: &Strip) {
        let names: Vec<_> = strip.layers.iter().map(|l| l.name.as_str()).collect();
        assert_eq!(names[..4], ["dense1", "relu1", "dense2", "relu2"]);
        assert_eq!((names.len(), names[20]), (21, "output"));
    }

    #[test]
    fn relinearisation_and_shared_stages_belong_to_the_layer_before() {
        let polynomial = ["activation.kind=polynomial", "activation.method=least_squares"];
        let (plan, network) = planned("deep", &polynomial);
        assert!(plan.stages.iter().any(|s| s.layers.is_empty() && s.kind != StageKind::Input));
        let strip = strip(&plan, &network);
        is_whole(&strip, &plan);
        is_deep(&strip);
        // Completing the squares puts a part of each polynomial into the sums beside it.
        assert_eq!(strip.layers[2].parts_of, ["relu1", "relu2"]);
    }

    #[cfg(feature = "tfhe")]
    #[test]
    fn a_key_switch_belongs_to_the_table_that_is_read_with_it() {
        let (plan, network) = planned("deep", &[]);
        let strip = strip(&plan, &network);
        is_whole(&strip, &plan);
        is_deep(&strip);
        let at = plan.stages.iter().position(|s| s.name == "relu2 key switch").unwrap();
        assert_eq!(strip.place_of(at), Some(Place::Layer(3)));
    }

    #[test]
    fn sequences_have_no_strip() {
        let scenario = Scenario::open("cryptornn").unwrap();
        let experiment = Experiment::open(&scenario, &Sources::default()).unwrap();
        let plan = experiment.plan(&Cancel::default()).unwrap();
        let source = Source { stages: Stages { plan: Some(&plan), run: None }, network: None };
        assert_eq!(Strip::of(&source), None);
        assert_eq!(Strip::of(&Source::default()), None);
    }

    #[test]
    fn what_was_measured_counts_more_than_what_was_predicted() {
        let (plan, network) = planned("digits", &["scheme.kind=bgv"]);
        let mut run = RunView::new(Scenario::open("digits").unwrap());
        run.take(Event::Planned(Box::new(plan.clone())));
        for (at, phase) in [(None, Phase::Encrypt), (Some(0), Phase::Evaluate)] {
            if let Some(index) = at {
                let mut stage = StageReport::planned(&plan.stages[index], 359);
                stage.margin_bits_measured = Some(2.0 * plan.stages[2].margin_bits);
                run.take(Event::Stage { index, stage: Box::new(stage) });
            }
            let (done, total, fraction, eta_secs) = (1, 4, 0.25, 1.0);
            run.take(Event::Progress { phase, done, total, fraction, eta_secs });
            let source = Source {
                stages: Stages { plan: Some(&plan), run: Some(&run) },
                network: Some(&network),
            };
            let strip = Strip::of(&source).unwrap();
            assert_eq!(strip.is_predicted, at.is_none());
            let place = if at.is_none() { Place::Input } else { Place::Layer(0) };
            assert_eq!(strip.running, Some(place));
            if at.is_some() {
                assert!((strip.layers[1].battery.unwrap().share - 0.5).abs() < 1e-9);
            }
        }
        // Behind the last stage a batch begins anew.
        for (newest, place) in [(1, 1), (2, 2), (3, 0)] {
            run.newest_stage = Some(newest);
            let source =
                Source { stages: Stages { plan: Some(&plan), run: Some(&run) }, network: None };
            assert_eq!(Strip::of(&source).unwrap().running, Some(Place::Layer(place)));
        }
    }

    #[test]
    fn what_is_predicted_can_be_hidden_and_what_was_measured_stays() {
        let (plan, network) = planned("digits", &["scheme.kind=bgv"]);
        let mut run = RunView::new(Scenario::open("digits").unwrap());
        run.take(Event::Planned(Box::new(plan.clone())));
        let mut stage = StageReport::planned(&plan.stages[1], 359);
        stage.margin_bits_measured = Some(30.0);
        run.take(Event::Stage { index: 1, stage: Box::new(stage) });
        let source = Source {
            stages: Stages { plan: Some(&plan), run: Some(&run) },
            network: Some(&network),
        };
        let whole = Strip::of(&source).unwrap();
        let mut strip = whole.clone();
        strip.hide(&source, Hidden { predictions: true, bytes: false });
        assert_eq!((strip.upload, strip.input_bytes), (None, None));
        assert_eq!((strip.layers[0].bytes, strip.layers[2].bytes), (whole.layers[0].bytes, None));
        assert_eq!(strip.layers[0].battery.map(|b| b.bits), Some(30.0));
        assert_eq!(strip.layers[2].battery, None);
        let mut strip = whole;
        strip.hide(&source, Hidden { predictions: false, bytes: true });
        assert!(strip.layers.iter().all(|l| l.bytes.is_none() && l.battery.is_some()));
    }
}
