//! A polynomial that was found, and what it costs.

use super::chebyshev::ChebyshevSeries;
use super::composite::Composite;
use super::equioscillation::Equioscillation;
use super::function::Activation;
use super::polynomial::Polynomial;
use super::request::Approximation;

/// Highest degree that a network is given in powers of x.
const POWERS_UP_TO: usize = 3;

/// The basis in which the result is exact.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Form {
    Powers(Polynomial),
    Chebyshev(ChebyshevSeries),
    Composite(Composite),
}

/// A polynomial that stands in for a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    request: Approximation,
    form: Form,
    equioscillation: Option<Equioscillation>,
    gap: Option<f64>,
}

impl Fitted {
    pub(super) fn new(request: Approximation, form: Form) -> Self {
        Self { request, form, equioscillation: None, gap: None }
    }

    pub(super) fn with_equioscillation(self, found: Equioscillation) -> Self {
        Self { equioscillation: Some(found), ..self }
    }

    pub(super) fn with_gap(self, gap: f64) -> Self {
        Self { gap: Some(gap), ..self }
    }

    /// What was asked for.
    pub fn request(&self) -> &Approximation {
        &self.request
    }

    /// The value at `x`, inside the interval or outside, in the basis the method works in.
    pub fn eval(&self, x: f64) -> f64 {
        match &self.form {
            Form::Powers(p) => p.eval(x),
            Form::Chebyshev(series) => series.eval(x),
            Form::Composite(composite) => composite.eval(x),
        }
    }

    /// The degree reached: less than asked for where the symmetry of the function leaves the highest
    /// coefficients 0; of a composition that of the whole as one polynomial.
    pub fn degree(&self) -> usize {
        match &self.form {
            Form::Powers(p) => p.degree(),
            Form::Chebyshev(series) => series.degree(),
            Form::Composite(composite) => composite.degree(),
        }
    }

    /// Multiplications one after the other that an encrypted evaluation needs, those by coefficients
    /// included: `ceil(log2(degree + 1))` for each polynomial (Paterson and Stockmeyer, SIAM Journal
    /// on Computing 2 (1973), with the splitting of Bossuat et al., eprint 2020/1203, section 5),
    /// 1 for the plain square, and 1 more for a gate.
    pub fn multiplicative_depth(&self) -> usize {
        match &self.form {
            Form::Chebyshev(series) => depth_of_degree(series.degree()),
            Form::Powers(_) | Form::Composite(_) => depth_of(&self.activation()),
        }
    }

    /// The polynomial in the Chebyshev basis of the interval; `None` for a composition.
    ///
    /// A Taylor polynomial of high degree on a wide interval loses digits near 0 in this basis.
    pub fn chebyshev(&self) -> Option<ChebyshevSeries> {
        match &self.form {
            Form::Chebyshev(series) => Some(series.clone()),
            Form::Powers(p) => {
                let (low, high) = self.request.interval;
                let (centre, half) = (0.5 * (low + high), 0.5 * (high - low));
                let nodes = ChebyshevSeries::nodes(p.degree() + 1);
                let values: Vec<_> = nodes.iter().map(|t| p.eval(half * t + centre)).collect();
                let coefficients = ChebyshevSeries::from_node_values(&values);
                Some(ChebyshevSeries::new((low, high), coefficients))
            }
            Form::Composite(_) => None,
        }
    }

    /// The polynomial in powers of `x`; `None` for a composition. For tables: digits are lost as the
    /// degree rises.
    pub fn monomials(&self) -> Option<Polynomial> {
        match &self.form {
            Form::Chebyshev(series) => Some(series.to_polynomial()),
            Form::Powers(p) => Some(p.clone()),
            Form::Composite(_) => None,
        }
    }

    /// The composition, where it is one.
    pub fn composite(&self) -> Option<&Composite> {
        match &self.form {
            Form::Composite(composite) => Some(composite),
            _ => None,
        }
    }

    /// The activation to put into a network: in powers of `x` up to degree 3, above it in the
    /// Chebyshev basis.
    pub fn activation(&self) -> Activation {
        match &self.form {
            Form::Powers(p) if p.coefficients() == [0.0, 0.0, 1.0] => Activation::Square,
            Form::Powers(p) => Activation::Polynomial(p.clone()),
            Form::Chebyshev(series) if series.degree() <= POWERS_UP_TO => {
                Activation::Polynomial(series.to_polynomial())
            }
            Form::Chebyshev(series) => Activation::Chebyshev(series.clone()),
            Form::Composite(composite) => Activation::Composite(composite.clone()),
        }
    }

    /// Where the error of a minimax polynomial reaches its maximum, with alternating sign.
    pub fn equioscillation(&self) -> Option<&Equioscillation> {
        self.equioscillation.as_ref()
    }

    /// For approximations of the sign function: nearer to 0 than this, they do not hold.
    pub fn gap(&self) -> Option<f64> {
        self.gap
    }
}

/// The multiplicative depth of a polynomial, as [`Fitted::multiplicative_depth`] counts it; 0 of a
/// function that is none.
pub fn depth_of(function: &Activation) -> usize {
    let of = depth_of_degree;
    match function {
        Activation::Square => 1,
        Activation::Polynomial(p) if p.coefficients() == [0.0, 0.0, 1.0] => 1,
        Activation::Polynomial(p) => of(p.degree()),
        Activation::Chebyshev(series) => of(series.degree()),
        Activation::Composite(composite) => {
            let parts: usize = composite.parts.iter().map(|p| of(p.degree())).sum();
            parts + usize::from(composite.gate.is_some())
        }
        _ => 0,
    }
}

/// A quadratic is a square of a weighted sum and a constant.
fn depth_of_degree(degree: usize) -> usize {
    if degree == 2 {
        return 1;
    }
    (degree + 1).next_power_of_two().trailing_zeros() as usize
}
