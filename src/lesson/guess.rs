//! What somebody guessed, and what was true.

use crate::step::{Kind, Prediction};
use crate::unit::Unit;
use crate::value::Value;

/// What somebody guesses.
#[derive(Clone, Debug, PartialEq)]
pub enum Guess {
    Number(f64),
    Curve(Vec<f64>),
    /// The place, counted from 0, and the value there.
    Point(usize, f64),
}

impl Guess {
    /// Where the guess lies before a hand moved it: in the middle of the axis.
    pub fn first(asked: &Prediction, places: usize) -> Self {
        let middle = match asked.is_logarithmic() {
            true => (asked.from * asked.to).sqrt(),
            false => 0.5 * (asked.from + asked.to),
        };
        match asked.kind {
            Kind::Number => Self::Number(middle),
            Kind::Curve => Self::Curve(vec![middle; places]),
            Kind::Point => Self::Point(places / 2, middle),
        }
    }
}

/// What guesses that are near are.
pub const NEAR: &str = "within a factor of 2, 10 points or 10 bits";
const NEAR_SHARE: f64 = 0.1;
const NEAR_BITS: f64 = 10.0;

/// A guess beside the truth.
#[derive(Clone, Debug, PartialEq)]
pub struct Guessed {
    pub label: String,
    pub unit: Unit,
    pub places: Vec<String>,
    pub guess: Guess,
    pub truth: Option<Value>,
}

impl Guessed {
    /// The guess in words.
    pub fn guess_text(&self) -> String {
        let place = |at: usize| self.places.get(at).map_or("?", String::as_str);
        match &self.guess {
            Guess::Number(number) => self.unit.text(*number),
            Guess::Curve(values) => {
                let named = values.iter().enumerate();
                let texts = named.map(|(at, y)| format!("{} {}", place(at), self.unit.text(*y)));
                texts.collect::<Vec<_>>().join(", ")
            }
            Guess::Point(at, y) => format!("{} at {}", self.unit.text(*y), place(*at)),
        }
    }

    /// The truth in words.
    pub fn truth_text(&self) -> String {
        let told = self.truth.as_ref().map(|truth| truth.text(self.unit));
        told.unwrap_or_else(|| format::NOT_KNOWN.to_owned())
    }

    /// How far off the guess was, in words: a ratio where numbers are told in times, bytes or seconds, a
    /// difference otherwise.
    pub fn off(&self) -> Option<String> {
        let told = |guess: f64, truth: f64| match self.unit {
            Unit::Times | Unit::Bytes | Unit::Seconds if guess > 0.0 && truth > 0.0 => {
                let ratio = (guess / truth).max(truth / guess);
                if ratio < 1.05 {
                    return "right on it".to_owned();
                }
                let side = if guess > truth { "too much" } else { "too little" };
                format!("{ratio:.1} times {side}")
            }
            Unit::Share => format!("{:+.1} points", 100.0 * (guess - truth)),
            unit => {
                let side = if guess < truth { "−" } else { "+" };
                format!("{side}{}", unit.text((guess - truth).abs()))
            }
        };
        let (guess, truth, place) = self.furthest()?;
        let told = told(guess, truth);
        Some(match (&self.guess, place) {
            (Guess::Curve(_), Some(place)) => format!("furthest off: {told} at {place}"),
            (_, Some(place)) => format!("{told} at {place}"),
            (_, None) => told,
        })
    }

    /// Guess and truth, with the place on a curve: where they are furthest apart.
    fn furthest(&self) -> Option<(f64, f64, Option<&str>)> {
        match (&self.guess, self.truth.as_ref()?) {
            (Guess::Number(guess), Value::Number(truth)) => Some((*guess, *truth, None)),
            (Guess::Curve(values), Value::Curve(truth)) => {
                let pairs = values.iter().zip(truth);
                let worst =
                    pairs.max_by(|a, b| (a.0 - a.1.1).abs().total_cmp(&(b.0 - b.1.1).abs()));
                worst.map(|(g, (name, y))| (*g, *y, Some(name.as_str())))
            }
            (Guess::Point(at, guess), Value::Curve(truth)) => {
                let name = self.places.get(*at)?;
                let (_, y) = truth.iter().find(|(n, _)| n == name)?;
                Some((*guess, *y, Some(name.as_str())))
            }
            _ => None,
        }
    }

    /// Whether the guess was near, as [`NEAR`] says; on a curve everywhere.
    pub fn is_near(&self) -> bool {
        self.furthest().is_some_and(|(guess, truth, _)| match self.unit {
            Unit::Share => (guess - truth).abs() <= NEAR_SHARE,
            Unit::Bits => (guess - truth).abs() <= NEAR_BITS,
            _ => (0.5 * truth..=2.0 * truth).contains(&guess),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(unit: Unit, guess: Guess, truth: Value) -> bool {
        let places = ["a", "b"].map(str::to_owned).to_vec();
        Guessed { label: "l".into(), unit, places, guess, truth: Some(truth) }.is_near()
    }

    #[test]
    fn near_is_a_ratio_or_a_difference_as_the_unit_has_it() {
        let number = |unit, guess, truth| near(unit, Guess::Number(guess), Value::Number(truth));
        assert!(number(Unit::Times, 50.0, 100.0) && !number(Unit::Times, 49.0, 100.0));
        assert!(number(Unit::Seconds, 4.0, 2.0) && !number(Unit::Seconds, 4.1, 2.0));
        assert!(number(Unit::Share, 0.85, 0.94) && !number(Unit::Share, 0.5, 0.94));
        assert!(number(Unit::Bits, -8.0, 0.0) && !number(Unit::Bits, -11.0, 0.0));
        let curve = |y: f64| Value::Curve(vec![("a".into(), 50.0), ("b".into(), y)]);
        assert!(near(Unit::Bits, Guess::Curve(vec![45.0, 20.0]), curve(25.0)));
        assert!(!near(Unit::Bits, Guess::Curve(vec![45.0, 20.0]), curve(35.0)));
    }
}
