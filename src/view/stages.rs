//! The stages of a plan and of a run beside each other.

use super::run::RunView;
use circuit::{Plan, StageKind, StagePlan};
use report::StageReport;
use std::ops::Range;

/// Predictions and measurements, stage by stage.
#[derive(Clone, Copy, Default)]
pub struct Stages<'a> {
    pub plan: Option<&'a Plan>,
    pub run: Option<&'a RunView>,
}

/// Stages that belong together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    pub stages: Range<usize>,
    /// The layers that they compute, by name.
    pub layers: Vec<String>,
    /// Layers with a group of their own that they compute a part of.
    pub parts_of: Vec<String>,
}

impl Group {
    /// The layers in words.
    pub fn name(&self) -> String {
        self.layers.join(" + ")
    }

    /// Layers that are `alone` in a group of their own do not name another.
    fn name_others(&mut self, alone: &[String]) {
        let computed = std::mem::take(&mut self.layers);
        let shared = |name: &String| computed.len() > 1 && alone.contains(name);
        (self.parts_of, self.layers) = computed.iter().cloned().partition(shared);
        if self.layers.is_empty() {
            (self.parts_of, self.layers) = (Vec::new(), computed);
        }
    }
}

impl<'a> Stages<'a> {
    /// Number of stages.
    pub fn len(&self) -> usize {
        self.plan.map_or(0, |p| p.stages.len()).max(self.run.map_or(0, |r| r.stages.len()))
    }

    /// Whether nothing is known yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Prediction for stage `i`.
    pub fn planned(&self, i: usize) -> Option<&'a StagePlan> {
        self.plan?.stages.get(i)
    }

    /// What was measured in stage `i`.
    pub fn measured(&self, i: usize) -> Option<&'a StageReport> {
        self.run?.stages.get(i)?.as_ref()
    }

    /// Name of stage `i`.
    pub fn name(&self, i: usize) -> &'a str {
        let measured = self.measured(i).map(|s| s.name.as_str());
        measured.or(self.planned(i).map(|s| s.name.as_str())).unwrap_or_default()
    }

    /// Kind of stage `i`.
    pub fn kind(&self, i: usize) -> Option<StageKind> {
        self.measured(i).map(|s| s.kind).or(self.planned(i).map(|s| s.kind))
    }

    /// Names of the layers that stage `i` computes; none of what encryption adds.
    pub fn layers(&self, i: usize) -> Vec<String> {
        let planned = self.planned(i).map(|s| s.layers.clone()).unwrap_or_default();
        match self.kind(i) {
            None | Some(StageKind::Input | StageKind::Switch | StageKind::KeySwitch) => Vec::new(),
            // A plan of an older version does not say; the name of the stage does.
            Some(_) if planned.is_empty() => self.name(i).split(" + ").map(str::to_owned).collect(),
            Some(_) => planned,
        }
    }

    /// The stages of the input, and those of each layer. What encryption adds belongs to the layer before
    /// it; but a key switch is the first half of reading the table behind it.
    pub fn groups(&self) -> (Range<usize>, Vec<Group>) {
        // Every stage of a sequence is a whole step, and computes all layers.
        let steps = self.plan.is_some_and(|p| p.sequence.is_some());
        let mut input = 0..0;
        let mut groups: Vec<Group> = Vec::new();
        let mut begun = None;
        for i in 0..self.len() {
            let layers = self.layers(i);
            if self.kind(i) == Some(StageKind::KeySwitch) && !self.layers(i + 1).is_empty() {
                begun = Some(i);
                continue;
            }
            let begin = begun.take().unwrap_or(i);
            match groups.last_mut() {
                // A layer may take several stages.
                Some(before) if layers.is_empty() || (!steps && before.layers == layers) => {
                    before.stages.end = i + 1;
                }
                None if layers.is_empty() => input.end = i + 1,
                _ => groups.push(Group { stages: begin..i + 1, layers, ..Group::default() }),
            }
        }
        // A stage may compute parts of its neighbours: the factors of a polynomial go into the sums beside it.
        let alone = groups.iter().filter_map(|group| match &group.layers[..] {
            [layer] => Some(layer.clone()),
            _ => None,
        });
        let alone: Vec<String> = alone.collect();
        groups.iter_mut().for_each(|group| group.name_others(&alone));
        (input, groups)
    }
}
