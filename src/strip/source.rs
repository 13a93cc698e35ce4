//! What the strip is made from.

use circuit::{NoiseMeasure, Plan, StageKind, StagePlan};
use network::Network;
use report::StageReport;
use view::RunView;

/// What the strip is made from: predictions, measurements, and the network that both are of.
#[derive(Clone, Copy, Default)]
pub struct Source<'a> {
    pub plan: Option<&'a Plan>,
    pub run: Option<&'a RunView>,
    pub network: Option<&'a Network>,
}

impl<'a> Source<'a> {
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

    pub(crate) fn name(&self, i: usize) -> &'a str {
        let measured = self.measured(i).map(|s| s.name.as_str());
        measured.or(self.planned(i).map(|s| s.name.as_str())).unwrap_or_default()
    }

    pub(crate) fn kind(&self, i: usize) -> Option<StageKind> {
        self.measured(i).map(|s| s.kind).or(self.planned(i).map(|s| s.kind))
    }

    pub(crate) fn bytes(&self, i: usize) -> Option<u64> {
        let measured = self.measured(i).map(|s| s.ciphertext_bytes);
        measured.or(self.planned(i).map(|s| s.ciphertext_bytes))
    }

    pub(crate) fn ciphertexts(&self, i: usize) -> Option<usize> {
        self.measured(i).map(|s| s.ciphertexts).or(self.planned(i).map(|s| s.ciphertexts))
    }

    /// Names of the layers that stage `i` computes; none of what encryption adds.
    pub(crate) fn layers(&self, i: usize) -> Vec<String> {
        let planned = self.planned(i).map(|s| s.layers.clone()).unwrap_or_default();
        match self.kind(i) {
            None | Some(StageKind::Input | StageKind::Switch | StageKind::KeySwitch) => Vec::new(),
            // A plan of an older version does not say; the name of the stage does.
            Some(_) if planned.is_empty() => self.name(i).split(" + ").map(str::to_owned).collect(),
            Some(_) => planned,
        }
    }

    pub(crate) fn measure(&self) -> NoiseMeasure {
        self.plan.map_or(NoiseMeasure::Margin, |p| NoiseMeasure::of(p.scheme))
    }

    /// Samples, of the run where there is one.
    pub(crate) fn samples(&self) -> Option<usize> {
        let report = self.run.and_then(|r| r.report.as_deref());
        report.map(|r| r.images).or(self.plan.map(|p| p.images)).filter(|n| *n > 0)
    }

    /// Values of a sample, and of its answer.
    pub(crate) fn values(&self) -> Option<(usize, usize)> {
        let known = self.network.map(|n| (n.input().len(), n.classes()));
        known.or_else(|| Some((self.ciphertexts(0)?, self.ciphertexts(self.len() - 1)?)))
    }
}
