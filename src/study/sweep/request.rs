//! What a sweep is asked for.

use activation::{Activation, MAX_DEGREE, Method};
use inference::TrainOptions;
use network::{Approximations, IntervalRule};
use scenario::RunError;

/// Most rows of a sweep.
const MAX_ROWS: usize = 1000;

/// Which polynomials are compared, and how far.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepRequest {
    pub methods: Vec<Method>,
    pub degrees: Vec<usize>,
    pub intervals: Vec<IntervalRule>,
    /// Polynomials in a composition.
    pub parts: usize,
    /// The function that is approximated; that of each layer itself when left out.
    pub function: Option<Activation>,
    /// Each network is also trained on with its polynomials inside.
    pub fine_tune: Option<TrainOptions>,
    /// Each network is also run encrypted.
    pub encrypted: bool,
}

impl SweepRequest {
    /// The polynomials of each row: methods in the order given, degrees within a method, intervals
    /// within a degree. Methods that have no degree to choose come once.
    ///
    /// # Errors
    /// When nothing is asked for, too much, or a degree that no method has.
    pub fn rows(&self) -> Result<Vec<Approximations>, RunError> {
        let mut rows = Vec::new();
        for &method in &self.methods {
            let first = self.degrees.get(..1).unwrap_or_default();
            for &degree in if method.uses_degree() { &self.degrees } else { first } {
                for &interval in &self.intervals {
                    let function = self.function.clone();
                    rows.push(Approximations {
                        function,
                        method,
                        degree,
                        parts: self.parts,
                        interval,
                        layers: Vec::new(),
                    });
                }
            }
        }
        if let Some(degree) = self.degrees.iter().find(|d| !(1..=MAX_DEGREE).contains(*d)) {
            return Err(RunError::Refused(format!(
                "degree {degree} is asked for; 1 to {MAX_DEGREE} are possible"
            )));
        }
        if rows.is_empty() || rows.len() > MAX_ROWS {
            return Err(RunError::Refused(format!(
                "a sweep of {} methods, {} degrees and {} intervals has {} rows; 1 to {MAX_ROWS} are possible",
                self.methods.len(),
                self.degrees.len(),
                self.intervals.len(),
                rows.len()
            )));
        }
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_what_is_asked_for_and_not_more() {
        let request = SweepRequest {
            methods: vec![Method::Minimax, Method::Square],
            degrees: vec![2, 3],
            intervals: vec![IntervalRule::Given((-1.0, 1.0)), IntervalRule::Given((-2.0, 2.0))],
            parts: 2,
            function: None,
            fine_tune: None,
            encrypted: false,
        };
        let rows = request.rows().expect("possible");
        let found: Vec<_> = rows.iter().map(|r| (r.method, r.degree)).collect();
        let minimax = [2, 2, 3, 3].map(|d| (Method::Minimax, d));
        assert_eq!(found, [&minimax[..], &[(Method::Square, 2); 2]].concat());
        let none = SweepRequest { degrees: vec![], ..request.clone() };
        assert!(none.rows().is_err());
        let high = SweepRequest { degrees: vec![2, 10_000], ..request };
        assert!(high.rows().unwrap_err().to_string().starts_with("degree 10000"));
    }
}
