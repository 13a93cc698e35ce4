//! What the plots over the stages and the table of stages show.

use circuit::{NoiseMeasure, StagePlan};
use egui_plot::PlotPoint;
use kit::{Pen, Unit, theme};
use report::StageReport;
use view::{Folding, Pin, Pins, Place, RunView, Stages};

/// What the plots and the table show: predictions of the setup, measurements of the newest run; of a run
/// that goes on both.
pub struct Curves<'a> {
    pub stages: Stages<'a>,
    /// The same with one place a layer, as far as nobody opened it.
    pub folding: Folding,
    /// The run belongs to an earlier setup.
    pub faded: bool,
    /// The plan belongs to the setup before; the one of this is being made.
    pub pending: bool,
    /// What is told of noise.
    pub measure: NoiseMeasure,
    /// Whether noise is seen at all: only with the key.
    pub sees_noise: bool,
    /// Somebody is about to guess what is predicted: it is not drawn.
    pub hides_predicted: bool,
    /// Runs whose lines stay over those of the present one, where they have the same stages.
    pub pinned: &'a [Pin],
}

impl Curves<'_> {
    /// What is predicted for a place, unless it is hidden.
    pub fn planned<'p>(&self, place: &'p Place) -> Option<&'p StagePlan> {
        place.planned.as_ref().filter(|_| !self.hides_predicted)
    }

    /// Samples that times are told for: those that are done while the run goes on.
    fn samples(&self) -> Option<(usize, usize)> {
        let of = self.stages.plan?.images;
        Some(((self.share() * of as f64).round() as usize, of))
    }

    /// Share of the samples of the plan that times are told for.
    fn share(&self) -> f64 {
        self.stages.run.map_or(1.0, RunView::measured_share)
    }

    /// What the times are of, in words.
    pub(super) fn of_samples(&self) -> String {
        match self.samples() {
            None => "Time of each stage".to_owned(),
            Some((done, of)) if done < of => format!(
                "Time of each stage, {} of {} samples so far",
                format::count(done as u64),
                format::count(of as u64)
            ),
            Some((_, 1)) => "Time of each stage, 1 sample".to_owned(),
            Some((_, of)) => {
                format!("Time of each stage, all {} samples", format::count(of as u64))
            }
        }
    }

    /// Predicted seconds of a place for the samples that times are told for.
    pub fn planned_secs(&self, place: &Place) -> Option<f64> {
        Some(self.planned(place)?.secs * self.share())
    }

    /// Whether a pinned run has the stages that are drawn: it is not drawn over others.
    pub fn can_draw(&self, pin: &Pin) -> bool {
        pin.has_stages((0..self.stages.len()).map(|i| self.stages.name(i)))
    }

    /// The curves of the pinned runs, with the markers of their places.
    pub(super) fn before(
        &self,
        t: &theme::Tokens,
        unit: Unit,
        value: impl Fn(&StageReport) -> Option<f64>,
    ) -> Vec<Drawn> {
        let pens = [Pen::Pinned; 2].into_iter().zip(Pins::NAMES);
        let pins = self.pinned.iter().zip(pens).filter(|(pin, _)| self.can_draw(pin));
        let curve = |(pin, (pen, name)): (&Pin, (Pen, &'static str))| {
            let points = self.points(unit, |place| value(&place.of_run(pin.stages())?));
            (name, t.text_weak, pen, points)
        };
        pins.map(curve).collect()
    }

    /// What a report tells of predictions, where its plan is gone.
    pub(super) fn told<'p>(&self, place: &'p Place) -> Option<&'p StageReport> {
        let shown = self.stages.plan.is_none() && !self.hides_predicted;
        place.measured.as_ref().filter(|_| shown)
    }

    /// The points of a curve over the places.
    pub(super) fn points(
        &self,
        unit: Unit,
        value: impl Fn(&Place) -> Option<f64>,
    ) -> Vec<PlotPoint> {
        let places = self.folding.places().into_iter().enumerate();
        places
            .filter_map(|(i, place)| Some(PlotPoint::new(i as f64, unit.position(value(place)?)?)))
            .collect()
    }

    /// The curves of the original network, the prediction and the encrypted one, in their fixed colours.
    pub(super) fn side_by_side(
        &self,
        t: &theme::Tokens,
        unit: Unit,
        plain: impl Fn(&StageReport) -> f64,
        predicted: impl Fn(&Place) -> Option<f64>,
        encrypted: impl Fn(&StageReport) -> f64,
    ) -> Vec<Drawn> {
        let measured = |of: &dyn Fn(&StageReport) -> f64| {
            self.points(unit, |place| place.measured.as_ref().map(of))
        };
        let before = self.before(t, unit, |stage| Some(encrypted(stage)));
        let mut curves = vec![
            ("original", t.original, Pen::Measured, measured(&plain)),
            ("predicted", t.encrypted, Pen::Predicted, self.points(unit, &predicted)),
            ("encrypted", t.encrypted, Pen::Measured, measured(&encrypted)),
        ];
        curves.extend(before);
        curves
    }
}

/// A curve: its name, colour, pen and points.
pub(super) type Drawn = (&'static str, egui::Color32, Pen, Vec<PlotPoint>);
