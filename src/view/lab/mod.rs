//! The activation laboratory: what is explored in the tab Activation.

mod costs;
mod curve;
mod export;
mod request;

pub use costs::{Costs, OfDegree};
pub use curve::{LabCurve, TOLD_BEYOND};
pub use export::{coefficients_csv, curves_csv};
pub use request::{LabRequest, TOP_DEGREE};

use activation::{Activation, Approximation, DEFAULT_PARTS, Histogram, Method, Polynomial};
use inference::{ActivationData, PolynomialCheck};
use network::{Approximations, IntervalRule, LayerInputs};
use scenario::{LayerInterval, LayerRequest, LayerRequests};
use std::sync::Arc;
use std::time::Instant;

/// Smallest and largest half-width of the slider.
pub const HALF_WIDTHS: std::ops::RangeInclusive<f64> = 0.25..=500.0;
/// Measured intervals hold all measured inputs of the layer and are this much wider.
const MARGIN: f64 = 0.1;
/// Measured half-widths are handed over to the millionth: what binary fractions leave of them says
/// nothing.
const MILLION: f64 = 1e6;
/// Curves that are kept.
const MOST_KEPT: usize = 96;

/// How far the check of the polynomial network is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checked {
    /// The newest figures.
    pub check: Option<PolynomialCheck>,
    /// Why there are none, one line.
    pub failure: Option<String>,
    /// Newer figures are on their way.
    pub pending: bool,
    /// What the figures are of.
    pub of: Option<Approximations>,
}

type Kept = (usize, Approximation, Result<Arc<LabCurve>, String>);

/// Everything the tab shows.
#[derive(Debug, Default)]
pub struct Lab {
    pub choice: LabRequest,
    /// What goes into the activation layers of the loaded model.
    pub data: Option<Arc<ActivationData>>,
    /// The polynomial of the shown layer, or why there is none.
    pub curve: Option<Result<Arc<LabCurve>, String>>,
    pub checked: Checked,
    /// The function of the steps of a recurrent network, where the setup has one: nothing is measured
    /// then.
    pub recurrent: Option<Activation>,
    /// Accuracy of the model with the chosen function itself.
    pub exact: Option<(Activation, f64)>,
    /// What polynomials would cost encrypted.
    pub costs: Costs,
    /// The degrees are walked through; since when the present one is shown.
    pub playing: Option<Instant>,
    /// Place under the pointer, in any of the plots.
    pub hovered: Option<f64>,
    /// Curves found before, by layer and request.
    kept: Vec<Kept>,
}

impl Lab {
    /// The shown layer, once measured.
    pub fn layer(&self) -> Option<&LayerInputs> {
        let layers = &self.data.as_ref()?.layers;
        layers.get(self.choice.layer).or(layers.first())
    }

    /// The measured inputs of the shown layer.
    pub fn histogram(&self) -> Option<&Histogram> {
        self.layer().map(|l| &l.histogram).filter(|h| h.total() > 0)
    }

    /// The function approximated in the shown layer.
    pub fn function(&self) -> Activation {
        let own = self.layer().map(|l| l.function.clone()).or(self.recurrent.clone());
        self.choice.function.clone().or(own).unwrap_or(Activation::Relu)
    }

    /// The interval of the shown layer.
    pub fn interval(&self) -> (f64, f64) {
        let measured = || self.histogram()?.symmetric_interval(1.0, MARGIN);
        let measured = if self.choice.measured { measured() } else { None };
        measured.unwrap_or(self.choice.interval)
    }

    /// What is asked of the method for the shown layer.
    pub fn request(&self) -> Approximation {
        let LabRequest { method, degree, parts, .. } = self.choice;
        Approximation::new(self.function(), method, degree, self.interval())
            .with_parts(parts)
            .with_own(self.choice.coefficients())
    }

    /// What is asked for the whole network.
    pub fn approximations(&self) -> Approximations {
        let LabRequest { method, degree, parts, measured, interval, .. } = self.choice;
        Approximations {
            function: self.choice.function.clone(),
            method,
            degree,
            parts,
            own: self.choice.coefficients(),
            interval: if measured {
                IntervalRule::Measured { quantile: 1.0, margin: MARGIN }
            } else {
                IntervalRule::Given(interval)
            },
            layers: Vec::new(),
        }
    }

    /// The half-width that the setup would take over: of a symmetric interval, where a polynomial was
    /// found for the function that the model really has, of as many parts as setups have.
    pub fn usable_interval(&self) -> Option<f64> {
        let chosen = self.choice.function.as_ref();
        let LabRequest { method, parts, .. } = self.choice;
        if method == Method::CompositeMinimax && parts != DEFAULT_PARTS {
            return None;
        }
        if let Some(own) = &self.recurrent {
            let (low, high) = self.interval();
            let fits = chosen.is_none_or(|c| c == own) && low == -high;
            return (fits && matches!(self.curve, Some(Ok(_)))).then_some(high);
        }
        let layers = &self.data.as_ref()?.layers;
        let mut exact = layers.iter().map(|l| &l.function).filter(|f| !f.is_polynomial());
        let any = exact.clone().next().is_some();
        let same = exact.all(|f| chosen.is_none_or(|c| c == f));
        let (low, high) = self.interval();
        (any && same && low == -high && matches!(self.curve, Some(Ok(_)))).then_some(high)
    }

    /// What the setup takes over layer by layer: where each layer has the interval of its own inputs,
    /// these intervals, and layers that are polynomials already as they are.
    pub fn layer_choices(&self) -> LayerRequests {
        let layers = self.data.as_ref().map_or(&[][..], |data| &data.layers);
        if !self.choice.measured || layers.len() < 2 {
            return LayerRequests::Same;
        }
        let own = |layer: &LayerInputs| {
            if self.choice.function.is_none() && layer.function.is_polynomial() {
                return LayerRequest { method: Some("keep".to_owned()), ..LayerRequest::default() };
            }
            let (_, half) =
                layer.histogram.symmetric_interval(1.0, MARGIN).unwrap_or(self.choice.interval);
            let half = rounded(half, self.choice.measured);
            LayerRequest {
                interval: Some(LayerInterval::HalfWidth(half)),
                ..LayerRequest::default()
            }
        };
        LayerRequests::All(layers.iter().map(own).collect())
    }

    /// The polynomial of the shown layer as a person would type it: with few digits.
    pub fn as_typed(&self) -> Option<Polynomial> {
        let powers = self.curve.as_ref()?.as_ref().ok()?.fitted.monomials()?;
        let short = |c: &f64| format!("{c:.4e}").parse().unwrap_or(*c);
        Polynomial::new(powers.coefficients().iter().map(short).collect()).checked().ok()
    }

    /// Whether the figures of the check are of another choice than the present one.
    pub fn is_stale(&self) -> bool {
        self.checked.check.is_some() && self.checked.of.as_ref() != Some(&self.approximations())
    }

    /// Whether all activations of the model are polynomials as it was trained.
    pub fn has_polynomials_only(&self) -> bool {
        self.data.as_ref().is_some_and(|data| {
            !data.layers.is_empty() && data.layers.iter().all(|l| l.function.is_polynomial())
        })
    }

    /// Looks at the function of a recurrent network, or no longer at one.
    pub fn take_recurrent(&mut self, own: Option<Activation>, half: f64) {
        if self.recurrent != own {
            self.recurrent = own;
            if self.recurrent.is_some() {
                self.choice.function = None;
                self.choice.interval = (-half, half);
            }
            self.kept.clear();
            self.refresh();
        }
    }

    /// Takes over what was measured of a newly loaded model.
    pub fn take_data(&mut self, data: Arc<ActivationData>) {
        if self.data.as_ref().is_some_and(|known| Arc::ptr_eq(known, &data)) {
            return;
        }
        self.choice.layer = self.choice.layer.min(data.layers.len().saturating_sub(1));
        self.data = Some(data);
        self.kept.clear();
        self.refresh();
    }

    /// Forgets the model.
    pub fn forget_data(&mut self) {
        let Self { choice, recurrent, .. } = std::mem::take(self);
        (self.choice, self.recurrent) = (choice, recurrent);
    }

    /// Finds the polynomial for what is chosen.
    pub fn refresh(&mut self) {
        let request = self.request();
        let layer = self.choice.layer;
        let known = self.kept.iter().find(|(l, r, _)| *l == layer && *r == request);
        if let Some((_, _, known)) = known {
            self.curve = Some(known.clone());
            return;
        }
        let curve = LabCurve::new(&request, self.histogram()).map(Arc::new);
        let curve = curve.map_err(|e| e.to_string());
        if self.kept.len() == MOST_KEPT {
            self.kept.drain(..1);
        }
        self.kept.push((layer, request, curve.clone()));
        self.curve = Some(curve);
    }
}

/// A half-width as the setup takes it: as a person would type it, or as it was measured.
pub fn rounded(half: f64, measured: bool) -> f64 {
    let digits = if measured { MILLION } else { 100.0 };
    (half * digits).round() / digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_layer_hands_over_the_interval_of_its_own_inputs() {
        let layer = |name: &str, function: Activation, most: f32| LayerInputs {
            layer: name.into(),
            function,
            histogram: Histogram::of(&[-most, 0.5 * most]),
            sample: Vec::new(),
        };
        let layers = vec![
            layer("relu1", Activation::Relu, 2.0),
            layer("square1", Activation::Square, 9.0),
            layer("relu2", Activation::Relu, 5.0),
        ];
        let data = ActivationData { layers, ..ActivationData::default() };
        let mut lab = Lab::default();
        lab.take_data(Arc::new(data));
        let LayerRequests::All(all) = lab.layer_choices() else { panic!("one for each layer") };
        let half = |at: usize| all[at].interval.map(|i| i.ends().1);
        // A tenth wider than the largest input, to a bin of the histogram.
        assert!(half(0).is_some_and(|l| (l - 2.2).abs() < 0.1), "{all:?}");
        assert!(half(2).is_some_and(|l| (l - 5.5).abs() < 0.25), "{all:?}");
        assert_eq!(half(1), None);
        assert_eq!(all[1].method.as_deref(), Some("keep"));
        lab.choice.set_half_width(3.0);
        assert_eq!(lab.layer_choices(), LayerRequests::Same);
    }

    #[test]
    fn a_network_of_squares_is_not_taken_for_one_of_relu() {
        let histogram = Histogram::of(&[-1.0, 1.0]);
        let layers = vec![LayerInputs {
            layer: "square1".into(),
            function: Activation::Square,
            histogram,
            sample: Vec::new(),
        }];
        let mut lab = Lab::default();
        lab.take_data(Arc::new(ActivationData { layers, ..ActivationData::default() }));
        assert!(lab.choice.function.is_none() && lab.has_polynomials_only());
        assert_eq!(lab.function(), Activation::Square);
    }

    #[test]
    fn what_setups_do_not_have_is_not_handed_over() {
        let layers = vec![LayerInputs {
            layer: "relu1".into(),
            function: Activation::Relu,
            histogram: Histogram::of(&[-1.0, 1.0]),
            sample: Vec::new(),
        }];
        let mut lab = Lab::default();
        lab.take_data(Arc::new(ActivationData { layers, ..ActivationData::default() }));
        assert!(lab.usable_interval().is_some());
        lab.choice.method = Method::CompositeMinimax;
        lab.refresh();
        assert!(lab.usable_interval().is_some());
        lab.choice.parts = DEFAULT_PARTS + 1;
        lab.refresh();
        assert_eq!(lab.usable_interval(), None);
        assert_eq!((rounded(4.403_204_82, true), rounded(4.403_204_82, false)), (4.403_205, 4.4));
    }

    #[test]
    fn a_curve_is_found_once() {
        let mut lab = Lab::default();
        lab.refresh();
        let first = lab.curve.clone().expect("made").expect("fits");
        lab.choice.step_degree(1);
        lab.refresh();
        lab.choice.step_degree(-1);
        lab.refresh();
        let again = lab.curve.clone().expect("made").expect("fits");
        assert!(Arc::ptr_eq(&first, &again));
        lab.choice.method = Method::Taylor;
        lab.refresh();
        assert!(lab.curve.expect("made").is_err());
    }
}
