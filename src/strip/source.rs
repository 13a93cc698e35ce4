//! What the strip is made from.

use circuit::NoiseMeasure;
use network::Network;
use std::ops::Deref;
use view::Stages;

/// What the strip is made from: predictions, measurements, and the network that both are of.
#[derive(Clone, Copy, Default)]
pub struct Source<'a> {
    pub stages: Stages<'a>,
    pub network: Option<&'a Network>,
}

impl<'a> Deref for Source<'a> {
    type Target = Stages<'a>;

    fn deref(&self) -> &Stages<'a> {
        &self.stages
    }
}

impl Source<'_> {
    pub(crate) fn bytes(&self, i: usize) -> Option<u64> {
        let measured = self.measured(i).map(|s| s.ciphertext_bytes);
        measured.or(self.planned(i).map(|s| s.ciphertext_bytes))
    }

    pub(crate) fn ciphertexts(&self, i: usize) -> Option<usize> {
        self.measured(i).map(|s| s.ciphertexts).or(self.planned(i).map(|s| s.ciphertexts))
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
