//! One polynomial, sampled for the plots.

use activation::{
    Activation, Approximation, ApproximationError, ErrorMeasures, Fitted, Histogram, OutsideError,
};

/// Places at which the curves are sampled inside the interval, and beyond each end of it.
const INSIDE: usize = 800;
const OUTSIDE: usize = 120;
/// How much denser they lie towards the ends, where polynomials are steepest: 0 evenly, 1 like
/// Chebyshev nodes (so dense that neighbours would meet in one pixel).
const DENSER: f64 = 0.6;
/// What is shown beyond each end of the interval, as a share of its half-width.
const BEYOND: f64 = 0.25;
/// At most so much, where measured values lie there.
const FAR_BEYOND: f64 = 1.0;
/// Distances beyond the ends for which the error is told.
pub const TOLD_BEYOND: [f64; 3] = [0.1, 0.5, 1.0];

/// A polynomial with everything that is drawn of it.
#[derive(Debug)]
pub struct LabCurve {
    pub fitted: Fitted,
    pub errors: ErrorMeasures,
    pub outside: Vec<OutsideError>,
    /// The part of the axis that is shown.
    pub view: (f64, f64),
    /// Function, polynomial and their difference: `(x, y)`.
    pub function: Vec<[f64; 2]>,
    pub polynomial: Vec<[f64; 2]>,
    pub error: Vec<[f64; 2]>,
}

impl LabCurve {
    /// Finds the polynomial and samples it.
    pub fn new(
        request: &Approximation,
        measured: Option<&Histogram>,
    ) -> Result<Self, ApproximationError> {
        let fitted = request.fit(measured)?;
        let errors = fitted.errors(measured);
        let outside = fitted.outside_errors(&TOLD_BEYOND);
        let view = view(request.interval, measured);
        let (low, high) = request.interval;
        let inside = |i: usize| {
            let even = 2.0 * i as f64 / INSIDE as f64 - 1.0;
            let dense = -(std::f64::consts::PI * i as f64 / INSIDE as f64).cos();
            let t = (1.0 - DENSER) * even + DENSER * dense;
            0.5 * (low + high) + 0.5 * (high - low) * t
        };
        let beside = |from: f64, to: f64| {
            (0..OUTSIDE).map(move |i| from + (to - from) * i as f64 / OUTSIDE as f64)
        };
        let mut places: Vec<f64> = (0..=INSIDE).map(inside).collect();
        places.extend(beside(view.0, low).chain(beside(view.1, high)));
        // The ends of the interval and a kink are met exactly, a jump from both sides.
        let edge =
            if request.function == Activation::Sign { 1e-9 * (view.1 - view.0) } else { 0.0 };
        let apart = |x: &f64| x.abs() > 1e-4 * (view.1 - view.0);
        places.retain(apart);
        places.extend([low, high, -edge, 0.0, edge]);
        places.retain(|x| (view.0..=view.1).contains(x));
        places.sort_by(f64::total_cmp);
        places.dedup();
        let sample = |f: &dyn Fn(f64) -> f64| -> Vec<[f64; 2]> {
            places.iter().map(|x| [*x, f(*x)]).filter(|p| p[1].is_finite()).collect()
        };
        let function = sample(&|x| request.function.eval_f64(x));
        let polynomial = sample(&|x| fitted.eval(x));
        let error = sample(&|x| fitted.error_at(x));
        Ok(Self { errors, outside, view, function, polynomial, error, fitted })
    }

    /// Lowest and highest value to show: those of the function, and of the polynomial on the interval.
    pub fn value_range(&self) -> (f64, f64) {
        let (low, high) = self.fitted.request().interval;
        let inside = self.polynomial.iter().filter(|p| (low..=high).contains(&p[0]));
        range(self.function.iter().chain(inside).map(|p| p[1]))
    }

    /// The same of the error, with 0 in the middle.
    pub fn error_range(&self) -> (f64, f64) {
        let most = if self.errors.max.is_finite() { self.errors.max } else { 1.0 };
        let most = most.max(1e-15) * 1.25;
        (-most, most)
    }
}

fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) =
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    if !(low.is_finite() && high.is_finite()) {
        return (-1.0, 1.0);
    }
    let air = (0.06 * (high - low)).max(1e-9);
    (low - air, high + air)
}

fn view((low, high): (f64, f64), measured: Option<&Histogram>) -> (f64, f64) {
    let half = 0.5 * (high - low);
    let reach = |outside: f64| outside.max(BEYOND * half).min(FAR_BEYOND * half);
    let (min, max) = measured.and_then(|m| Some((m.min()?, m.max()?))).unwrap_or((low, high));
    (low - reach((low - min) * 1.05), high + reach((max - high) * 1.05))
}

#[cfg(test)]
mod tests {
    use super::*;
    use activation::{Activation, Method};

    #[test]
    fn the_view_holds_the_interval_and_what_was_measured() {
        let measured = Histogram::of(&[-4.0, 3.0]);
        assert_eq!(view((-2.0, 2.0), None), (-2.5, 2.5));
        let (low, high) = view((-2.0, 2.0), Some(&measured));
        assert_eq!((low, high), (-4.0, 3.05));
        let narrow = view((-100.0, 100.0), Some(&measured));
        assert_eq!(narrow, (-125.0, 125.0));
    }

    #[test]
    fn samples_meet_kinks_and_ends() {
        let request = Approximation::new(Activation::Relu, Method::Minimax, 6, (-3.0, 2.0));
        let curve = LabCurve::new(&request, None).expect("fits");
        for x in [-3.0, 0.0, 2.0] {
            assert!(curve.function.iter().any(|p| p[0] == x), "{x}");
        }
        let most = curve.error.iter().filter(|p| (-3.0..=2.0).contains(&p[0]));
        let most = most.map(|p| p[1].abs()).fold(0.0, f64::max);
        assert!(most <= curve.errors.max * (1.0 + 1e-6) && most > 0.99 * curve.errors.max);
        assert!(curve.error_range().1 > most);
    }
}
