//! Polynomials as a person types and reads them: a formula in x, or coefficients from the constant on.

use super::limit::MAX_DEGREE;
use super::polynomial::Polynomial;
use std::fmt::{Display, Formatter};
use std::str::FromStr;

/// Why a text is no polynomial that can stand in for a function, in one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolynomialTextError {
    #[error(
        "nothing is typed: write 0.5 + 0.25x - 0.01x^3, or coefficients as 0.5, 0.25, 0, -0.01"
    )]
    Empty,
    #[error("{found:?} at place {place}: {expected}")]
    Unexpected { found: char, place: usize, expected: &'static str },
    #[error("{0} at the end is missing")]
    Unfinished(&'static str),
    #[error("{0:?} is no number: coefficients are numbers with commas between, the constant first")]
    NoNumber(String),
    #[error("there is no x in it: a constant stands in for no function")]
    Constant,
    #[error("degree {0}; 1 to {MAX_DEGREE} are possible")]
    Degree(usize),
    #[error("a coefficient is too large for a number of 64 bits")]
    TooLarge,
}

const A_TERM: &str = "a number or x is expected";
const A_SIGN: &str = "+ or - is expected between terms";
const A_POWER: &str = "a whole number is expected after ^";
const NO_COMMA: &str = "decimals have a point, as 0.25x";

impl Polynomial {
    /// The same where it can stand in for a function.
    ///
    /// # Errors
    /// When it is constant, of a degree over [`MAX_DEGREE`], or has coefficients that are no finite
    /// numbers.
    pub fn checked(self) -> Result<Self, PolynomialTextError> {
        match self.degree() {
            _ if self.coefficients().iter().any(|c| !c.is_finite()) => {
                Err(PolynomialTextError::TooLarge)
            }
            0 => Err(PolynomialTextError::Constant),
            1..=MAX_DEGREE => Ok(self),
            degree => Err(PolynomialTextError::Degree(degree)),
        }
    }
}

impl FromStr for Polynomial {
    type Err = PolynomialTextError;

    /// Reads `0.5 + 0.25x - 0.01x^3`, or `0.5, 0.25, 0, -0.01`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.trim().is_empty() {
            return Err(PolynomialTextError::Empty);
        }
        let coefficients = if text.contains(['x', 'X']) {
            Formula { text: text.chars().collect(), at: 0 }.terms()?
        } else if text.contains([',', ';']) {
            text.split([',', ';']).map(coefficient).collect::<Result<_, _>>()?
        } else {
            coefficient(text).map_err(|_| PolynomialTextError::Constant)?;
            return Err(PolynomialTextError::Constant);
        };
        Self::new(coefficients).checked()
    }
}

fn coefficient(text: &str) -> Result<f64, PolynomialTextError> {
    let text = text.trim();
    let number = text.replace('−', "-").parse::<f64>();
    number.map_err(|_| PolynomialTextError::NoNumber(text.to_owned()))
}

/// A formula that is read from left to right.
struct Formula {
    text: Vec<char>,
    at: usize,
}

impl Formula {
    fn terms(mut self) -> Result<Vec<f64>, PolynomialTextError> {
        let mut coefficients = Vec::new();
        while self.peek().is_some() {
            let sign = match self.peek() {
                Some('+') => 1.0,
                Some('-' | '−') => -1.0,
                _ if self.at == self.blanks() => 1.0,
                _ => return Err(self.unexpected(A_SIGN)),
            };
            if matches!(self.peek(), Some('+' | '-' | '−')) {
                self.at += 1;
            }
            let (factor, power) = self.term()?;
            if power > MAX_DEGREE {
                return Err(PolynomialTextError::Degree(power));
            }
            coefficients.resize(coefficients.len().max(power + 1), 0.0);
            if let Some(sum) = coefficients.get_mut(power) {
                *sum += sign * factor;
            }
        }
        Ok(coefficients)
    }

    /// A number, a power of x, or their product.
    fn term(&mut self) -> Result<(f64, usize), PolynomialTextError> {
        let factor = self.number()?;
        let times = factor.is_some() && matches!(self.peek(), Some('*' | '·' | '×'));
        self.at += usize::from(times);
        let is_x = matches!(self.peek(), Some('x' | 'X'));
        if !is_x && (factor.is_none() || times) {
            return Err(self.unexpected(A_TERM));
        }
        self.at += usize::from(is_x);
        let power = if is_x { self.power()? } else { 0 };
        Ok((factor.unwrap_or(1.0), power))
    }

    /// The power behind an x, 1 where there is none.
    fn power(&mut self) -> Result<usize, PolynomialTextError> {
        let superscript = |c: char| "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().position(|s| s == c);
        let raised = |c: &&char| superscript(**c).is_some();
        let digits = self.text[self.at..].iter().take_while(raised).count();
        if digits > 0 {
            let of = self.text[self.at..self.at + digits].iter().filter_map(|c| superscript(*c));
            let power = of.fold(0_usize, |all, digit| all.saturating_mul(10).saturating_add(digit));
            self.at += digits;
            return Ok(power);
        }
        if self.peek() != Some('^') {
            return Ok(1);
        }
        self.at += 1;
        self.peek();
        let digits = self.text[self.at..].iter().take_while(|c| c.is_ascii_digit()).count();
        if digits == 0 {
            return Err(self.unexpected(A_POWER));
        }
        let power: String = self.text[self.at..self.at + digits].iter().collect();
        self.at += digits;
        Ok(power.parse().unwrap_or(usize::MAX))
    }

    /// A number without its sign, where one begins.
    fn number(&mut self) -> Result<Option<f64>, PolynomialTextError> {
        if !self.peek().is_some_and(|c| c.is_ascii_digit() || c == '.') {
            return Ok(None);
        }
        let rest = &self.text[self.at..];
        let mut length = rest.iter().take_while(|c| c.is_ascii_digit() || **c == '.').count();
        if matches!(rest.get(length), Some('e' | 'E')) {
            let signed = usize::from(matches!(rest.get(length + 1), Some('+' | '-' | '−')));
            let from = length + 1 + signed;
            let digits = rest.iter().skip(from).take_while(|c| c.is_ascii_digit()).count();
            length = if digits > 0 { from + digits } else { length };
        }
        let text: String = rest.iter().take(length).collect();
        self.at += length;
        coefficient(&text).map(Some)
    }

    /// The next character that is no blank.
    fn peek(&mut self) -> Option<char> {
        self.at += self.text[self.at..].iter().take_while(|c| c.is_whitespace()).count();
        self.text.get(self.at).copied()
    }

    /// Blanks that the formula begins with.
    fn blanks(&self) -> usize {
        self.text.iter().take_while(|c| c.is_whitespace()).count()
    }

    fn unexpected(&mut self, expected: &'static str) -> PolynomialTextError {
        match self.peek() {
            None => PolynomialTextError::Unfinished("a number or x"),
            Some(',') => {
                let place = self.at + 1;
                PolynomialTextError::Unexpected { found: ',', place, expected: NO_COMMA }
            }
            Some(found) => PolynomialTextError::Unexpected { found, place: self.at + 1, expected },
        }
    }
}

impl Display for Polynomial {
    /// `0.5 + 0.25x - 0.01x^3`: what [`FromStr`] reads as the same polynomial.
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let terms = self.coefficients().iter().enumerate().filter(|(_, c)| **c != 0.0);
        let mut any = false;
        for (power, coefficient) in terms {
            let sign = match (any, *coefficient < 0.0) {
                (false, false) => "",
                (false, true) => "-",
                (true, false) => " + ",
                (true, true) => " - ",
            };
            any = true;
            let size = coefficient.abs();
            let number = match size {
                1.0 if power > 0 => String::new(),
                1e-4..1e7 => size.to_string(),
                _ => format!("{size:e}"),
            };
            let x = match power {
                0 => String::new(),
                1 => "x".to_owned(),
                _ => format!("x^{power}"),
            };
            write!(f, "{sign}{number}{x}")?;
        }
        if any { Ok(()) } else { f.write_str("0") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<f64> {
        let read: Polynomial = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
        read.coefficients().to_vec()
    }

    #[test]
    fn formulas_and_lists_are_the_same_polynomial() {
        let wanted = [0.5, 0.25, 0.0, -0.01];
        for text in [
            "0.5 + 0.25x - 0.01x^3",
            "0.5+.25 * x−1e-2x³",
            " -0.01 X ^3 + 0.25x+0.5",
            "0.5, 0.25, 0, -0.01",
            "0.5; 0.25; 0; −1E-2; 0",
            "0.5 + 0.2x + 0.05x - 0.01·x^3",
        ] {
            assert_eq!(read(text), wanted, "{text}");
        }
        assert_eq!(read("x"), [0.0, 1.0]);
        assert_eq!(read("-x^2 + 2"), [2.0, 0.0, -1.0]);
        assert_eq!(read("x¹²").len(), 13);
    }

    #[test]
    fn what_is_no_polynomial_is_told_in_one_line() {
        for (text, told) in [
            ("", "nothing is typed"),
            ("0.5", "there is no x"),
            ("one", "there is no x"),
            ("3, 0, 0", "there is no x"),
            ("0x + 1", "there is no x"),
            ("1, two, 3", "\"two\" is no number"),
            ("1 + 2y + x", "'y' at place 6: + or - is expected"),
            ("0,5x", "',' at place 2: decimals have a point"),
            ("x +", "a number or x at the end is missing"),
            ("x^ + 1", "'+' at place 4: a whole number is expected after ^"),
            ("x^64", "degree 64; 1 to 63 are possible"),
            ("x^99999999999999999999999", "degree"),
            ("(x + 1)x", "'(' at place 1: a number or x is expected"),
            ("2 3x", "'3' at place 3: + or - is expected"),
            ("1e999x", "a coefficient is too large"),
            ("1.2.3x", "\"1.2.3\" is no number"),
        ] {
            let error = text.parse::<Polynomial>().expect_err(text).to_string();
            assert!(error.starts_with(told) && !error.contains('\n'), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_shown_is_read_as_the_same() {
        assert_eq!(
            Polynomial::new(vec![0.5, 0.25, 0.0, -0.01]).to_string(),
            "0.5 + 0.25x - 0.01x^3"
        );
        assert_eq!(Polynomial::new(vec![0.0, -1.0, 1.0]).to_string(), "-x + x^2");
        for coefficients in [
            vec![1.0 / 3.0, -2.867e-9, 1.5e300],
            vec![0.0, 1e-300, -123_456_789.125],
            vec![-0.1, 0.0, 0.0, 7.0],
        ] {
            assert_eq!(read(&Polynomial::new(coefficients.clone()).to_string()), coefficients);
        }
    }
}
