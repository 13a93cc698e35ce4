//! What is chosen in the activation laboratory.

use activation::{Activation, DEFAULT_PARTS, MAX_PARTS, Method, Polynomial};
use scenario::{ActivationRequest, LayerRequests};

/// Highest degree of the slider.
pub const TOP_DEGREE: usize = 31;

/// What is chosen in the tab.
#[derive(Clone, Debug, PartialEq)]
pub struct LabRequest {
    /// The function that is approximated; that of each layer itself when `None`.
    pub function: Option<Activation>,
    pub method: Method,
    pub degree: usize,
    /// Polynomials in a composition.
    pub parts: usize,
    /// The coefficients of the method that takes them.
    pub own: Option<Polynomial>,
    /// Each layer has an interval of its own, from its measured inputs.
    pub measured: bool,
    /// The interval of all layers otherwise.
    pub interval: (f64, f64),
    /// The activation layer whose inputs are shown.
    pub layer: usize,
}

impl Default for LabRequest {
    fn default() -> Self {
        Self {
            function: None,
            method: Method::Minimax,
            degree: 7,
            parts: 2,
            own: None,
            measured: true,
            interval: (-5.0, 5.0),
            layer: 0,
        }
    }
}

impl LabRequest {
    /// One degree more or less.
    pub fn step_degree(&mut self, by: isize) {
        self.degree = self.degree.saturating_add_signed(by).clamp(1, TOP_DEGREE);
    }

    /// What the laboratory has when a scenario with `activation` is opened: the same approximation; what
    /// it had where activations are kept.
    pub fn following(&self, activation: &ActivationRequest) -> Self {
        let Ok(method) = activation.method.parse() else { return self.clone() };
        let whole = Self {
            function: None,
            method,
            degree: activation.degree,
            parts: DEFAULT_PARTS,
            own: activation.polynomial.clone(),
            measured: activation.layers != LayerRequests::Same,
            interval: (-activation.interval, activation.interval),
            layer: self.layer,
        };
        whole.clamped()
    }

    /// The next method that has an answer for `function`, or the one before.
    pub fn step_method(&mut self, by: isize, function: &Activation) {
        let apt: Vec<Method> =
            Method::ALL.into_iter().filter(|m| m.applies_to(function).is_ok()).collect();
        let at = apt.iter().position(|m| *m == self.method).unwrap_or(0) as isize;
        let next = (at + by).rem_euclid(apt.len().max(1) as isize) as usize;
        self.method = apt.get(next).copied().unwrap_or(self.method);
    }

    /// Coefficients of a person's own, where the method takes them.
    pub fn coefficients(&self) -> Option<Polynomial> {
        self.own.clone().filter(|_| self.method.takes_coefficients())
    }

    /// The same half-width on either side of 0 for all layers.
    pub fn set_half_width(&mut self, half: f64) {
        self.measured = false;
        self.interval = (-half, half);
    }

    /// Keeps every field in its range.
    pub fn clamped(mut self) -> Self {
        self.degree = self.degree.clamp(1, TOP_DEGREE);
        self.parts = self.parts.clamp(1, MAX_PARTS);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scenario::Scenario;

    #[test]
    fn methods_go_round_among_those_that_answer() {
        let mut choice = LabRequest::default();
        let mut seen = vec![choice.method];
        loop {
            choice.step_method(1, &Activation::Relu);
            if choice.method == seen[0] {
                break;
            }
            seen.push(choice.method);
        }
        assert!(!seen.contains(&Method::Taylor) && seen.contains(&Method::CompositeMinimax));
        choice.step_method(-1, &Activation::Relu);
        assert_eq!(choice.method, seen[seen.len() - 1]);
    }

    #[test]
    fn it_begins_with_what_the_scenario_says() {
        let own = LabRequest { degree: 9, ..LabRequest::default() };
        let relu = Scenario::open("digits-relu").unwrap();
        let choice = own.following(&relu.activation);
        assert_eq!((choice.method, choice.degree), (Method::LeastSquares, 2));
        assert_eq!((choice.measured, choice.interval), (false, (-8.0, 8.0)));
        let layers = r#"activation.layers=[{"interval": 3.0}]"#;
        assert!(own.following(&relu.with_setting(layers).unwrap().activation).measured);
        let kept = Scenario::open("digits").unwrap();
        assert_eq!(kept.activation.method, "keep");
        assert_eq!(own.following(&kept.activation), own);
    }

    #[test]
    fn degrees_stay_on_the_slider() {
        let mut choice = LabRequest { degree: 30, ..LabRequest::default() };
        choice.step_degree(5);
        assert_eq!(choice.degree, TOP_DEGREE);
        choice.step_degree(-100);
        assert_eq!(choice.degree, 1);
    }
}
