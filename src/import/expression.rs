//! What nodes do to each value by itself, put together as one expression of that value, and the
//! activation that it is.

use activation::{Activation, Polynomial};

/// Most operations of one expression.
const MAX_SIZE: usize = 400;
/// Highest degree of a polynomial that is recognised as one.
const MAX_DEGREE: usize = 32;
/// Where an expression is held against known functions: from -8 to 8.
const POINTS: i32 = 400;
const HALF_WIDTH: f64 = 8.0;
/// How far it may be from a known function there. GELU by tanh is 5e-4 from the exact one.
const TOLERANCE: f64 = 1e-3;
/// Where what is cut off at both ends has its least and largest value.
const CUT_OFF: f64 = 1e12;
/// Further out, where it is finite: what is cut off there is no ReLU.
const FAR: [f64; 10] = [12.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1e4, 1e6, 1e9];

/// A function of one value.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// The value itself.
    X,
    Number(f64),
    Sum(Box<Self>, Box<Self>),
    Product(Box<Self>, Box<Self>),
    Quotient(Box<Self>, Box<Self>),
    Power(Box<Self>, Box<Self>),
    Of(Function, Box<Self>),
}

/// A function that nodes name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Function {
    Relu,
    LeakyRelu(f64),
    Sigmoid,
    Tanh,
    Softplus,
    Gelu,
    Erf,
    Exp,
    Log,
    Sqrt,
    Abs,
    Sign,
    /// Cut off at these ends.
    Clip(f64, f64),
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum Meaning {
    /// `slope x + constant`.
    Affine {
        slope: f64,
        constant: f64,
    },
    Activation(Activation),
}

impl Expression {
    /// The sum of two; `None` when it gets too long.
    pub fn plus(self, other: Self) -> Option<Self> {
        Self::Sum(Box::new(self), Box::new(other)).bounded()
    }

    /// The product of two; `None` when it gets too long.
    pub fn times(self, other: Self) -> Option<Self> {
        Self::Product(Box::new(self), Box::new(other)).bounded()
    }

    /// The quotient of two; `None` when it gets too long.
    pub fn over(self, other: Self) -> Option<Self> {
        Self::Quotient(Box::new(self), Box::new(other)).bounded()
    }

    /// One to the power of the other; `None` when it gets too long.
    pub fn power(self, other: Self) -> Option<Self> {
        Self::Power(Box::new(self), Box::new(other)).bounded()
    }

    /// `function` of it; `None` when it gets too long.
    pub fn under(self, function: Function) -> Option<Self> {
        Self::Of(function, Box::new(self)).bounded()
    }

    /// A function, and what is done to its values: times a number, or plus one. `None` for anything else.
    pub fn function_and_line(&self) -> Option<(Self, Self)> {
        let x = || Box::new(Self::X);
        Some(match self {
            Self::Sum(a, b) if matches!(**b, Self::Number(_)) => {
                ((**a).clone(), Self::Sum(x(), b.clone()))
            }
            Self::Sum(b, a) if matches!(**b, Self::Number(_)) => {
                ((**a).clone(), Self::Sum(x(), b.clone()))
            }
            Self::Product(a, b) if matches!(**b, Self::Number(_)) => {
                ((**a).clone(), Self::Product(x(), b.clone()))
            }
            Self::Product(b, a) if matches!(**b, Self::Number(_)) => {
                ((**a).clone(), Self::Product(x(), b.clone()))
            }
            _ => return None,
        })
    }

    fn bounded(self) -> Option<Self> {
        (self.size() <= MAX_SIZE).then_some(self)
    }

    fn size(&self) -> usize {
        match self {
            Self::X | Self::Number(_) => 1,
            Self::Sum(a, b) | Self::Product(a, b) | Self::Quotient(a, b) | Self::Power(a, b) => {
                1 + a.size() + b.size()
            }
            Self::Of(_, a) => 1 + a.size(),
        }
    }

    /// Its value at `x`.
    pub fn at(&self, x: f64) -> f64 {
        match self {
            Self::X => x,
            Self::Number(v) => *v,
            Self::Sum(a, b) => a.at(x) + b.at(x),
            Self::Product(a, b) => a.at(x) * b.at(x),
            Self::Quotient(a, b) => a.at(x) / b.at(x),
            Self::Power(a, b) => a.at(x).powf(b.at(x)),
            Self::Of(function, a) => function.at(a.at(x)),
        }
    }

    /// Its coefficients, lowest first, where it is a polynomial of low degree.
    fn coefficients(&self) -> Option<Vec<f64>> {
        Some(match self {
            Self::X => vec![0.0, 1.0],
            Self::Number(v) => vec![*v],
            Self::Sum(a, b) => {
                let (mut a, b) = (a.coefficients()?, b.coefficients()?);
                a.resize(a.len().max(b.len()), 0.0);
                a.iter_mut().zip(&b).for_each(|(a, b)| *a += b);
                a
            }
            Self::Product(a, b) => product(&a.coefficients()?, &b.coefficients()?)?,
            Self::Quotient(a, b) => {
                let [divisor] = b.coefficients()?[..] else { return None };
                a.coefficients()?.iter().map(|c| c / divisor).collect()
            }
            Self::Power(a, b) => {
                let [power] = b.coefficients()?[..] else { return None };
                if power < 0.0 || power.fract() != 0.0 || power > MAX_DEGREE as f64 {
                    return None;
                }
                let a = a.coefficients()?;
                (0..power as usize).try_fold(vec![1.0], |all, _| product(&all, &a))?
            }
            Self::Of(..) => return None,
        })
    }

    /// The affine map or activation that it is; `None` when it is none that is known here.
    pub fn meaning(&self) -> Option<Meaning> {
        if let Some(mut coefficients) = self.coefficients() {
            while coefficients.len() > 2 && coefficients.last() == Some(&0.0) {
                coefficients.pop();
            }
            let finite = coefficients.iter().all(|c| c.is_finite());
            return finite.then_some(match coefficients[..] {
                [] => Meaning::Affine { slope: 0.0, constant: 0.0 },
                [constant] => Meaning::Affine { slope: 0.0, constant },
                [constant, slope] => Meaning::Affine { slope, constant },
                [0.0, 0.0, 1.0] => Meaning::Activation(Activation::Square),
                _ => Meaning::Activation(Activation::Polynomial(Polynomial::new(coefficients))),
            });
        }
        let slope = -self.at(-1.0);
        let (low, high) = (self.at(-CUT_OFF), self.at(CUT_OFF));
        let known = [
            Activation::Relu,
            Activation::Sigmoid,
            Activation::Tanh,
            Activation::Softplus,
            Activation::Silu,
            Activation::Gelu,
            Activation::Sign,
            Activation::LeakyRelu { slope },
            Activation::Clip { low, high },
        ];
        let near = |activation: &Activation| {
            let close = |x: f64| (self.at(x) - activation.eval_f64(x)).abs() <= TOLERANCE;
            let far = FAR.into_iter().flat_map(|x| [x, -x]).filter(|x| self.at(*x).is_finite());
            let step = HALF_WIDTH / f64::from(POINTS);
            (-POINTS..=POINTS).all(|i| close(step * f64::from(i))) && far.into_iter().all(close)
        };
        known.into_iter().find(near).map(Meaning::Activation)
    }
}

fn product(a: &[f64], b: &[f64]) -> Option<Vec<f64>> {
    let len = (a.len() + b.len()).checked_sub(1).filter(|len| *len <= MAX_DEGREE + 1)?;
    let mut all = vec![0.0; len];
    for (i, a) in a.iter().enumerate() {
        for (j, b) in b.iter().enumerate() {
            all[i + j] += a * b;
        }
    }
    Some(all)
}

impl Function {
    fn at(self, x: f64) -> f64 {
        match self {
            Self::Relu => x.max(0.0),
            Self::LeakyRelu(slope) => {
                if x < 0.0 {
                    slope * x
                } else {
                    x
                }
            }
            Self::Sigmoid => Activation::Sigmoid.eval_f64(x),
            Self::Tanh => x.tanh(),
            Self::Softplus => Activation::Softplus.eval_f64(x),
            Self::Gelu => Activation::Gelu.eval_f64(x),
            Self::Erf => libm::erf(x),
            Self::Exp => x.exp(),
            Self::Log => x.ln(),
            Self::Sqrt => x.sqrt(),
            Self::Abs => x.abs(),
            Self::Sign => Activation::Sign.eval_f64(x),
            Self::Clip(low, high) => {
                if x.is_nan() {
                    x
                } else {
                    x.max(low).min(high)
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Expression::{Number, X};

    #[test]
    fn polynomials_are_recognised_with_their_coefficients() {
        assert_eq!(X.times(X).unwrap().meaning(), Some(Meaning::Activation(Activation::Square)));
        let power = X.power(Number(2.0)).unwrap();
        assert_eq!(power.meaning(), Some(Meaning::Activation(Activation::Square)));
        // (x + 1)^2 / 4 - 0.5
        let square = X.plus(Number(1.0)).unwrap().power(Number(2.0)).unwrap();
        let all = square.over(Number(4.0)).unwrap().plus(Number(-0.5)).unwrap();
        let expected = Polynomial::new(vec![-0.25, 0.5, 0.25]);
        assert_eq!(all.meaning(), Some(Meaning::Activation(Activation::Polynomial(expected))));
        let affine = X.times(Number(3.0)).unwrap().plus(Number(2.0)).unwrap();
        assert_eq!(affine.meaning(), Some(Meaning::Affine { slope: 3.0, constant: 2.0 }));
    }

    #[test]
    fn functions_written_out_are_recognised() {
        let silu = X.times(X.under(Function::Sigmoid).unwrap()).unwrap();
        assert_eq!(silu.meaning(), Some(Meaning::Activation(Activation::Silu)));
        // x/2 (1 + erf(x / sqrt 2)), as exporters write GELU.
        let erf = X.over(Number(2f64.sqrt())).unwrap().under(Function::Erf).unwrap();
        let gelu = X.times(erf.plus(Number(1.0)).unwrap()).unwrap().times(Number(0.5)).unwrap();
        assert_eq!(gelu.meaning(), Some(Meaning::Activation(Activation::Gelu)));
        let leaky = X.under(Function::LeakyRelu(0.2)).unwrap();
        let Some(Meaning::Activation(Activation::LeakyRelu { slope })) = leaky.meaning() else {
            panic!("not recognised")
        };
        assert!((slope - 0.2).abs() < 1e-12);
        // Cut off, however far out.
        for end in [6.0, 10.0, 1000.0] {
            let cut = Activation::Clip { low: 0.0, high: end };
            let found = X.under(Function::Clip(0.0, end)).unwrap().meaning();
            assert_eq!(found, Some(Meaning::Activation(cut)));
        }
        let uncut = X.under(Function::Clip(0.0, f64::INFINITY)).unwrap();
        assert_eq!(uncut.meaning(), Some(Meaning::Activation(Activation::Relu)));
        assert_eq!(X.under(Function::Exp).unwrap().meaning(), None);
    }

    #[test]
    fn expressions_stay_short() {
        let mut all = X;
        let mut grown = 0;
        while let Some(next) = all.clone().times(all.clone()) {
            all = next;
            grown += 1;
        }
        assert!(grown < 10);
    }
}
