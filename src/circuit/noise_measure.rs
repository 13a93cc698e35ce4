//! What is told of noise, scheme by scheme: three quantities that never share an axis.

use super::SchemeKind;
use serde::{Deserialize, Serialize};

/// The quantity behind fields named `margin_bits`; larger is safer in each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoiseMeasure {
    /// Bits by which noise may still grow: `log2(q/2) - log2(max |phase|)` (BGV, BFV).
    #[default]
    Margin,
    /// Bits of precision above the required: `log2(allowed error) - log2(largest error)` (CKKS).
    Precision,
    /// `-log2` of the probability that a table lookup fails (TFHE).
    Failure,
}

impl NoiseMeasure {
    /// That of a scheme.
    pub fn of(scheme: SchemeKind) -> Self {
        match scheme {
            SchemeKind::Ckks => Self::Precision,
            SchemeKind::Tfhe => Self::Failure,
            _ => Self::Margin,
        }
    }

    /// That of a scheme by the name a report has for it.
    pub fn of_name(scheme: &str) -> Self {
        match scheme.to_ascii_lowercase().as_str() {
            "ckks" => Self::Precision,
            "tfhe" => Self::Failure,
            _ => Self::Margin,
        }
    }

    /// Its name in the field.
    pub fn name(self) -> &'static str {
        match self {
            Self::Margin => "noise margin",
            Self::Precision => "spare precision",
            Self::Failure => "failure probability",
        }
    }

    /// The name as a title, with the unit.
    pub fn title(self) -> &'static str {
        match self {
            Self::Margin => "Noise margin, bits",
            Self::Precision => "Spare precision, bits",
            Self::Failure => "Failure probability",
        }
    }

    /// A value with its unit: `12.3 bits`, or `2^−40.1`.
    pub fn text(self, bits: f64) -> String {
        match self {
            Self::Margin | Self::Precision => format::bits(bits).replace('-', "−"),
            Self::Failure => self.short(bits),
        }
    }

    /// The same where the unit stands elsewhere: `12.3`, or `2^−40.1`.
    pub fn short(self, bits: f64) -> String {
        let text = match self {
            _ if bits.is_nan() => return "—".to_owned(),
            Self::Margin | Self::Precision if bits.is_infinite() => return "—".to_owned(),
            Self::Margin | Self::Precision => format!("{bits:.1}"),
            Self::Failure if bits == f64::INFINITY => "0".to_owned(),
            // A probability is at most one.
            Self::Failure => format!("2^{:.1}", -bits.max(0.0)).replace("2^-0.0", "1"),
        };
        text.replace('-', "−")
    }

    /// What the value 0 means, where it means anything.
    pub fn at_zero(self) -> Option<&'static str> {
        match self {
            Self::Margin => Some("decryption fails below 0"),
            Self::Precision => Some("required precision"),
            Self::Failure => None,
        }
    }

    /// How it is defined, for whoever asks.
    pub fn definition(self) -> &'static str {
        match self {
            Self::Margin => {
                "How often the noise of a ciphertext may still double before decryption fails, at 0 bits. Noise margin = log2(q/2) − log2(max |phase|), where the phase is what the secret key makes of the ciphertext before it is rounded (BFV: t times it, modulo q)."
            }
            Self::Precision => {
                "How much more precise values are than the outputs require, in bits. Below 0 errors are larger than allowed; nothing fails at once. Spare precision = log2(allowed error) − log2(largest error)."
            }
            Self::Failure => {
                "Probability that a table lookup takes a wrong bin that is not adjacent, given the noise so far, as a power of two: 2^−40 is one in a million million. Bootstrapping makes the noise new at every table."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scheme_has_a_name_and_a_unit_of_its_own() {
        let of = |scheme, bits| {
            let measure = NoiseMeasure::of(scheme);
            (measure.name(), measure.text(bits), measure.at_zero().is_some())
        };
        assert_eq!(of(SchemeKind::Bgv, 27.04), ("noise margin", "27.0 bits".into(), true));
        assert_eq!(of(SchemeKind::Ckks, -0.7), ("spare precision", "−0.7 bits".into(), true));
        assert_eq!(of(SchemeKind::Tfhe, 40.12), ("failure probability", "2^−40.1".into(), false));
        assert_eq!(NoiseMeasure::Failure.short(f64::INFINITY), "0");
        assert_eq!(NoiseMeasure::Failure.short(-3.0), "1");
        for scheme in SchemeKind::ALL {
            assert_eq!(NoiseMeasure::of_name(scheme.name()), NoiseMeasure::of(scheme));
        }
    }
}
