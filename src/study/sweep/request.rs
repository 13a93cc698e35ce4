//! What a sweep is asked for.

use activation::{Activation, MAX_DEGREE, Method, Polynomial};
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
    /// The coefficients of the method that takes them.
    pub own: Option<Polynomial>,
    /// The functions that are approximated; `None` is that of each layer itself.
    pub functions: Vec<Option<Activation>>,
    /// Every other degree comes first, for all methods; those between come after.
    pub coarse_first: bool,
    /// Each network is also trained on with its polynomials inside.
    pub fine_tune: Option<TrainOptions>,
    /// Each network is also run encrypted.
    pub encrypted: bool,
}

impl SweepRequest {
    /// The polynomials of each row, in the order they are made: functions in the order given, methods
    /// within a function, degrees within a method, intervals within a degree. Methods that have no
    /// degree to choose come once.
    ///
    /// # Errors
    /// When nothing is asked for, too much, or a degree that no method has.
    pub fn rows(&self) -> Result<Vec<Approximations>, RunError> {
        let mut rows = Vec::new();
        let step = if self.coarse_first { 2 } else { 1 };
        for from in 0..step {
            let degrees: Vec<usize> =
                self.degrees.iter().copied().skip(from).step_by(step).collect();
            for function in &self.functions {
                for &method in &self.methods {
                    let first = if from == 0 { degrees.get(..1) } else { None };
                    let fitted = method.uses_degree();
                    for &degree in if fitted { &degrees } else { first.unwrap_or_default() } {
                        rows.extend(self.intervals.iter().map(|interval| Approximations {
                            function: function.clone(),
                            method,
                            degree: self.degree_of(method, degree),
                            parts: self.parts,
                            own: self.own.clone().filter(|_| method.takes_coefficients()),
                            interval: *interval,
                            layers: Vec::new(),
                        }));
                    }
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

    /// The degree of a row: of coefficients that are given it is theirs.
    fn degree_of(&self, method: Method, asked: usize) -> usize {
        let own = self.own.as_ref().filter(|_| method.takes_coefficients());
        own.map_or(asked, Polynomial::degree)
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
            own: None,
            functions: vec![None],
            coarse_first: false,
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

    #[test]
    fn every_other_degree_of_all_methods_comes_first() {
        let request = SweepRequest {
            methods: vec![Method::Minimax, Method::Own, Method::LeastSquares],
            degrees: vec![2, 3, 4, 5, 6],
            intervals: vec![IntervalRule::Given((-1.0, 1.0))],
            parts: 2,
            own: Some("x + x^3".parse().expect("a polynomial")),
            functions: vec![Some(Activation::Tanh), None],
            coarse_first: true,
            fine_tune: None,
            encrypted: false,
        };
        let rows = request.rows().expect("possible");
        let of = |function: Option<Activation>| -> Vec<(Method, usize)> {
            let rows = rows.iter().filter(|row| row.function == function);
            rows.map(|row| (row.method, row.degree)).collect()
        };
        let fitted = |method, degrees: &[usize]| -> Vec<(Method, usize)> {
            degrees.iter().map(|degree| (method, *degree)).collect()
        };
        let wanted = [
            fitted(Method::Minimax, &[2, 4, 6]),
            fitted(Method::Own, &[3]),
            fitted(Method::LeastSquares, &[2, 4, 6]),
            fitted(Method::Minimax, &[3, 5]),
            fitted(Method::LeastSquares, &[3, 5]),
        ]
        .concat();
        assert_eq!(of(Some(Activation::Tanh)), wanted);
        assert_eq!(of(None), wanted);
        assert!(rows[..7].iter().all(|row| row.function.is_some()));
        let with_own = rows.iter().filter(|row| row.own.is_some());
        assert!(with_own.clone().all(|row| row.method == Method::Own) && with_own.count() == 2);
    }
}
