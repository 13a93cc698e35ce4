//! What is chosen in the tab Sweep.

use super::axis::SweepAxis;
use crate::lab::{Lab, TOP_DEGREE};
use activation::Method;
use inference::TrainOptions;
use network::IntervalRule;
use study::{SweepRequest, degree_list, function_list, interval_list};

/// What is chosen in the tab Sweep. Lists stand as they were typed.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepChoice {
    pub methods: Vec<Method>,
    /// Degrees, as `2, 3, 5-7`.
    pub degrees: String,
    /// Intervals, as `3, measured`; that of the laboratory when empty.
    pub intervals: String,
    /// Functions, as `relu, tanh`; that of the laboratory when empty.
    pub functions: String,
    /// Every other degree comes first.
    pub coarse_first: bool,
    /// Each network is also trained on for so many epochs.
    pub fine_tune: bool,
    pub epochs: usize,
    /// Each network is also run encrypted.
    pub encrypted: bool,
    /// Horizontal axis of the second plot.
    pub axis: SweepAxis,
    /// Column the table is sorted by, and whether from the top down; by method and degree when `None`.
    pub sorted: Option<(&'static str, bool)>,
}

impl Default for SweepChoice {
    fn default() -> Self {
        Self {
            methods: vec![Method::Minimax, Method::LeastSquares, Method::ChebyshevInterpolation],
            degrees: "2-7".into(),
            intervals: String::new(),
            functions: String::new(),
            coarse_first: true,
            fine_tune: false,
            epochs: 4,
            encrypted: false,
            axis: SweepAxis::Latency,
            sorted: None,
        }
    }
}

impl SweepChoice {
    /// The degrees that are asked for.
    ///
    /// # Errors
    /// In one line what is wrong with the list.
    pub fn degrees(&self) -> Result<Vec<usize>, String> {
        degree_list(&self.degrees, TOP_DEGREE)
    }

    /// The intervals that are asked for; none where that of the laboratory is.
    ///
    /// # Errors
    /// In one line what is wrong with the list.
    pub fn intervals(&self) -> Result<Vec<IntervalRule>, String> {
        if self.intervals.trim().is_empty() {
            Ok(Vec::new())
        } else {
            interval_list(&self.intervals)
        }
    }

    /// The functions that are asked for; none where that of the laboratory is.
    ///
    /// # Errors
    /// In one line what is wrong with the list.
    pub fn functions(&self) -> Result<Vec<activation::Activation>, String> {
        if self.functions.trim().is_empty() {
            Ok(Vec::new())
        } else {
            function_list(&self.functions)
        }
    }

    /// The sweep that is asked for, with what the laboratory says of the rest.
    ///
    /// # Errors
    /// In one line what is wrong with a list, or that there is nothing to sweep.
    pub fn request(&self, lab: &Lab, training: TrainOptions) -> Result<SweepRequest, String> {
        let of_lab = lab.approximations();
        let intervals = self.intervals()?;
        let functions = self.functions()?;
        let request = SweepRequest {
            methods: self.methods.clone(),
            degrees: self.degrees()?,
            intervals: if intervals.is_empty() { vec![of_lab.interval] } else { intervals },
            parts: of_lab.parts,
            own: lab.choice.own.clone(),
            functions: match functions.is_empty() {
                true => vec![of_lab.function],
                false => functions.into_iter().map(Some).collect(),
            },
            coarse_first: self.coarse_first,
            fine_tune: self.fine_tune.then_some(TrainOptions { epochs: self.epochs, ..training }),
            encrypted: self.encrypted,
        };
        request.rows().map_err(|error| error.to_string())?;
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use activation::Activation;

    #[test]
    fn lists_become_rows_and_what_is_empty_is_that_of_the_laboratory() {
        let lab = Lab::default();
        let asked = |choice: &SweepChoice| choice.request(&lab, TrainOptions::default());
        let usual = asked(&SweepChoice::default()).expect("possible");
        assert_eq!(usual.degrees, [2, 3, 4, 5, 6, 7]);
        assert_eq!((usual.functions.as_slice(), usual.intervals.len()), (&[None][..], 1));
        let choice = SweepChoice {
            degrees: "3, 5-6".into(),
            intervals: "2, measured".into(),
            functions: "tanh, relu".into(),
            ..SweepChoice::default()
        };
        let request = asked(&choice).expect("possible");
        assert_eq!(request.rows().expect("possible").len(), 3 * 3 * 2 * 2);
        assert_eq!(request.functions, [Some(Activation::Tanh), Some(Activation::Relu)]);
        for (wrong, told) in [
            (SweepChoice { degrees: "0".into(), ..choice.clone() }, "no degree"),
            (SweepChoice { intervals: "x".into(), ..choice.clone() }, "no interval"),
            (SweepChoice { functions: "x".into(), ..choice.clone() }, "are possible"),
            (SweepChoice { methods: Vec::new(), ..choice }, "0 methods"),
        ] {
            assert!(asked(&wrong).expect_err("wrong").contains(told));
        }
    }
}
