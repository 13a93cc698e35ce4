//! Numbers in JSON: those that are finite as numbers, the others as the strings `"NaN"`, `"Infinity"`
//! and `"-Infinity"` (as in the JSON mapping of Protocol Buffers). JSON has no others, and `null`
//! would say that nothing is known. For `#[serde(with = "format::number")]`.

use serde::{Deserialize, Deserializer, Serializer, de::Error};

/// A number, or one of the three words.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Number(f64),
    Word(String),
}

impl Written {
    fn read<E: Error>(self) -> Result<f64, E> {
        match self {
            Self::Number(number) => Ok(number),
            Self::Word(word) => match word.as_str() {
                "NaN" => Ok(f64::NAN),
                "Infinity" => Ok(f64::INFINITY),
                "-Infinity" => Ok(f64::NEG_INFINITY),
                _ => Err(E::custom("a number, \"NaN\", \"Infinity\" or \"-Infinity\" is needed")),
            },
        }
    }
}

/// Writes `value`.
///
/// # Errors
/// Those of the writer.
pub fn serialize<S: Serializer>(value: &f64, to: S) -> Result<S::Ok, S::Error> {
    match *value {
        finite if finite.is_finite() => to.serialize_f64(finite),
        nan if nan.is_nan() => to.serialize_str("NaN"),
        positive if positive > 0.0 => to.serialize_str("Infinity"),
        _ => to.serialize_str("-Infinity"),
    }
}

/// Reads what [`serialize`] wrote; `null`, as reports had it before version 2, is no number.
///
/// # Errors
/// When it is something else.
pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    Option::<Written>::deserialize(from)?.map_or(Ok(f64::NAN), Written::read)
}

/// The same for numbers that may not be known: NaN is `null`, and `null` is NaN.
pub mod known {
    pub use super::deserialize;
    use serde::Serializer;

    /// Writes `value`.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn serialize<S: Serializer>(value: &f64, to: S) -> Result<S::Ok, S::Error> {
        if value.is_nan() { to.serialize_none() } else { super::serialize(value, to) }
    }
}

/// The same for numbers that may be absent.
pub mod option {
    use super::Written;
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes `value`, absent as `null`.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn serialize<S: Serializer>(value: &Option<f64>, to: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => super::serialize(value, to),
            None => to.serialize_none(),
        }
    }

    /// Reads what [`serialize`] wrote.
    ///
    /// # Errors
    /// When it is something else.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
        Option::<Written>::deserialize(from)?.map(Written::read).transpose()
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    #[derive(Debug, Serialize, Deserialize)]
    struct Both {
        #[serde(with = "super")]
        one: f64,
        #[serde(default, with = "super::option")]
        other: Option<f64>,
    }

    #[derive(Debug, Serialize, Deserialize)]
    struct Accuracy {
        #[serde(with = "super::known")]
        share: f64,
    }

    #[test]
    fn what_is_no_number_is_a_word_and_never_null() {
        let written = |one, other| serde_json::to_string(&Both { one, other }).expect("text");
        let text = written(f64::NAN, Some(f64::NEG_INFINITY));
        assert_eq!(text, r#"{"one":"NaN","other":"-Infinity"}"#);
        let read: Both = serde_json::from_str(&text).expect("reads");
        assert!(read.one.is_nan());
        assert_eq!(read.other, Some(f64::NEG_INFINITY));
        let text = written(1.5, None);
        assert_eq!(text, r#"{"one":1.5,"other":null}"#);
        let read: Both = serde_json::from_str(&text).expect("reads");
        assert_eq!((read.one, read.other), (1.5, None));
    }

    #[test]
    fn what_is_not_known_is_null() {
        let text = serde_json::to_string(&Accuracy { share: f64::NAN }).expect("text");
        assert_eq!(text, r#"{"share":null}"#);
        let read: Accuracy = serde_json::from_str(&text).expect("reads");
        assert!(read.share.is_nan());
        assert_eq!(
            serde_json::to_string(&Accuracy { share: 0.5 }).expect("text"),
            r#"{"share":0.5}"#
        );
        assert!(serde_json::from_str::<Accuracy>("{}").is_err());
    }

    #[test]
    fn other_words_are_refused_and_old_reports_open() {
        assert!(serde_json::from_str::<Both>(r#"{"one":"many"}"#).is_err());
        let old: Both = serde_json::from_str(r#"{"one":null}"#).expect("reads");
        assert!(old.one.is_nan());
    }
}
