//! Runs that are pinned, to lie over those that come later.

use super::run::RunView;
use circuit::NoiseMeasure;
use report::{RunReport, StageReport};

/// Runs that can be pinned at a time.
const MOST: usize = 2;

/// A run that is pinned.
#[derive(Clone, Debug)]
pub struct Pin {
    /// The scenario it is of.
    pub name: String,
    /// Of a run that is kept, what it is known by.
    pub kept: Option<u64>,
    pub report: RunReport,
}

impl Pin {
    /// Its stages.
    pub fn stages(&self) -> &[StageReport] {
        &self.report.stages
    }

    /// What its figures of noise are.
    pub fn measure(&self) -> NoiseMeasure {
        NoiseMeasure::of_name(&self.report.scheme.kind)
    }

    /// Whether its stages are those of these names: only then can it be drawn over them.
    pub fn has_stages<'a>(&self, names: impl ExactSizeIterator<Item = &'a str>) -> bool {
        let own = self.report.stages.iter().map(|stage| stage.name.as_str());
        names.len() == self.report.stages.len() && names.eq(own)
    }
}

/// The runs that are pinned, the oldest first.
#[derive(Clone, Debug, Default)]
pub struct Pins(Vec<Pin>);

impl Pins {
    /// What each of them is called, by its place.
    pub const NAMES: [&str; MOST] = ["pinned A", "pinned B"];

    /// The runs.
    pub fn all(&self) -> &[Pin] {
        &self.0
    }

    /// Whether there is room for another without taking one off.
    pub fn has_room(&self) -> bool {
        self.0.len() < MOST
    }

    /// Whether a kept run is pinned.
    pub fn has(&self, kept: u64) -> bool {
        self.0.iter().any(|pin| pin.kept == Some(kept))
    }

    /// Pins a run that is over; one that has no figures is not pinned. The oldest pin that gave way,
    /// where there was no room.
    pub fn pin(&mut self, run: &RunView) -> Option<Pin> {
        let report = run.report.as_deref()?;
        // Pinned again it is the newest.
        self.0.retain(|pin| pin.kept.is_none() || pin.kept != run.kept);
        let gone = if self.has_room() { None } else { Some(self.0.remove(0)) };
        let (name, report) = (run.scenario.name.clone(), report.clone());
        self.0.push(Pin { name, kept: run.kept, report });
        gone
    }

    /// Takes a pin off.
    pub fn unpin(&mut self, at: usize) -> Option<Pin> {
        (at < self.0.len()).then(|| self.0.remove(at))
    }

    /// Takes the pin of a kept run off.
    pub fn unpin_kept(&mut self, kept: u64) {
        self.0.retain(|pin| pin.kept != Some(kept));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scenario::Scenario;

    fn run(images: usize, kept: Option<u64>) -> RunView {
        let mut run = RunView::new(Scenario::open("digits").unwrap());
        run.end(Ok(Box::new(RunReport { images, ..RunReport::default() })));
        run.kept = kept;
        run
    }

    #[test]
    fn the_oldest_pin_gives_way_and_a_run_without_figures_is_none() {
        let mut pins = Pins::default();
        assert!(pins.pin(&RunView::new(Scenario::open("digits").unwrap())).is_none());
        assert!(pins.all().is_empty());
        let mut gone = Vec::new();
        for (images, kept) in [(1, Some(7)), (2, None), (3, None), (4, Some(8)), (5, Some(8))] {
            gone.extend(pins.pin(&run(images, kept)).map(|pin| pin.report.images));
        }
        assert_eq!(gone, [1, 2], "the one that is pinned twice takes its own place");
        let left: Vec<_> = pins.all().iter().map(|pin| pin.report.images).collect();
        assert_eq!(left, [3, 5]);
        assert!(pins.has(8) && !pins.has(7) && !pins.has_room());
        assert_eq!(pins.unpin(0).map(|pin| pin.report.images), Some(3));
        assert!(pins.unpin(7).is_none());
        pins.unpin_kept(8);
        assert!(pins.all().is_empty());
    }
}
