//! What a server offers: everything that a client needs to encrypt, to read the answer and to hold it
//! against what is promised, and nothing of the model's weights.

use super::ckks::CkksOffered;
use super::encoding::Encoding;
use super::levelled::{LevelledKnown, LevelledOffered};
use circuit::Program;
use data::Shape;
use network::Identity;
use network::recurrent::{SequenceEncoding, Shorter};
use ring::{Basis, Modulus};
use scheme::bfv::BfvParameters;
use scheme::bgv::BgvParameters;
use scheme::ckks::{CkksModuli, CkksParameters, Scale};
use serde::{Deserialize, Serialize};
use wire::{Draft, Envelope, Kind, Malformed, Message, WireError};

/// Version of the layout.
const VERSION: u32 = 2;
/// Longest offer, bytes.
const MAX_BYTES: usize = 64 << 20;

/// Why there is no client for an offer.
#[derive(Debug, thiserror::Error)]
pub enum OfferError {
    #[error(transparent)]
    Wire(#[from] WireError),
    #[error("its parameters: {0}")]
    Parameters(String),
    #[error("it is of version {found}; this program reads version {VERSION}")]
    Version { found: u32 },
    #[error("{0}")]
    Content(String),
}

/// Parameters that both sides compute with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum OfferedScheme {
    Bgv {
        ring_degree: usize,
        primes: Vec<u64>,
        plaintext_moduli: Vec<u64>,
    },
    Bfv {
        ring_degree: usize,
        primes: Vec<u64>,
        plaintext_moduli: Vec<u64>,
    },
    Ckks {
        ring_degree: usize,
        moduli: CkksModuli,
        input_scale: Scale,
    },
    /// A recurrent network on one modulus chain of CKKS.
    Levelled(LevelledOffered),
    #[cfg(feature = "tfhe")]
    Tfhe(super::TablesOffered),
}

impl OfferedScheme {
    /// What people call it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Bgv { .. } => "BGV",
            Self::Bfv { .. } => "BFV",
            Self::Ckks { .. } => "CKKS",
            Self::Levelled(_) => "CKKS, one modulus chain for all steps",
            #[cfg(feature = "tfhe")]
            Self::Tfhe(_) => "TFHE",
        }
    }
}

/// A sample of the server's, and what the reference network gives it: clients put it into spare slots, to
/// see that they read the right numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Raw values; of a sequence, of the steps that it has.
    pub input: Vec<f32>,
    /// Outputs in the units of the original network.
    pub outputs: Vec<f64>,
    /// How far decrypted outputs may lie from them: 0 of exact schemes, the error bound of CKKS and of
    /// sequences; of other lookup tables, where noise moves a lookup to an adjacent bin now and then, half the gap between the
    /// two largest outputs.
    pub tolerance: f64,
}

/// The offer. It holds no weight; a word embedding that the client applies is public preprocessing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offer {
    pub version: u32,
    /// What the server calls it.
    pub name: String,
    /// Name of the model.
    pub model: String,
    pub scheme: OfferedScheme,
    /// Shape of a sample.
    pub shape: Shape,
    /// Names of its values, in order; may be empty.
    pub features: Vec<String>,
    pub encoding: Encoding,
    /// What each output stands for.
    pub classes: Vec<String>,
    /// An integer output times this is in the units of the original network; 1 of real outputs.
    pub output_scale: f64,
    /// Largest error of an output, in its units; absent of exact schemes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_bound: Option<f64>,
    /// Share of samples that the encrypted network is promised to classify as the reference network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promised_agreement: Option<f64>,
    /// Predicted margin of the outputs, bits.
    pub margin_bits: f64,
    /// What the model was trained on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset: Option<Identity>,
    /// The path or name of the data of the server's scenario.
    pub data: String,
    pub checks: Vec<Check>,
}

/// An offer as it came, with its identity.
#[derive(Clone, Debug, PartialEq)]
pub struct Offered {
    pub offer: Offer,
    /// BLAKE3 of its message: what all that belongs to it names.
    pub identity: [u8; 32],
    /// The message.
    pub bytes: Vec<u8>,
}

impl Offer {
    /// The version that this program writes.
    pub const VERSION: u32 = VERSION;

    /// The message, and the identity that it gives the offer.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn seal(self) -> Result<Offered, OfferError> {
        let text = serde_json::to_vec(&self).map_err(|e| OfferError::Content(e.to_string()))?;
        let envelope = Envelope { kind: Kind::Offer, offer: [0; 32], batch: 0, modulus: 0 };
        let mut draft = Draft::new(&envelope);
        draft.body().extend_from_slice(&text);
        Offered::read(draft.seal())
    }

    /// Samples of one message, those that are checked among them.
    pub fn slots(&self) -> usize {
        match &self.scheme {
            OfferedScheme::Bgv { ring_degree, .. }
            | OfferedScheme::Bfv { ring_degree, .. }
            | OfferedScheme::Ckks { ring_degree, .. } => *ring_degree,
            OfferedScheme::Levelled(offered) => offered.ring_degree,
            // As many messages as samples.
            #[cfg(feature = "tfhe")]
            OfferedScheme::Tfhe(_) => 1,
        }
    }

    fn fault(&self) -> Option<String> {
        let inputs = self.shape.len();
        if let Some(fault) = self.encoding.fault(self.shape) {
            return Some(fault);
        }
        if let Some(fault) = self.scheme.fault(&self.encoding) {
            return Some(fault);
        }
        let named = self.encoding.sequences().map_or(inputs, |sequences| sequences.channels);
        if !self.features.is_empty() && self.features.len() != named {
            return Some(format!("{} names of {named} values", self.features.len()));
        }
        if self.classes.len() < 2 || !self.output_scale.is_finite() || self.output_scale <= 0.0 {
            return Some(format!(
                "{} classes and outputs in units of {}",
                self.classes.len(),
                self.output_scale
            ));
        }
        let fits = |check: &Check| {
            self.encoding.steps_of(check.input.len(), self.shape).is_some()
                && check.outputs.len() == self.classes.len()
                && check.input.iter().all(|x| x.is_finite())
                && check.outputs.iter().all(|y| y.is_finite())
                && check.tolerance.is_finite()
                && check.tolerance >= 0.0
        };
        if self.checks.is_empty() || !self.checks.iter().all(fits) {
            return Some("no check sample, or one of another shape".into());
        }
        let slots = self.slots();
        if slots > 1 && self.checks.len() >= slots {
            return Some("no room for samples beside those that are checked".into());
        }
        let bounded = self.error_bound.is_none_or(|bound| bound.is_finite() && bound >= 0.0);
        (!bounded).then(|| "an error bound that is none".into())
    }
}

impl Offered {
    /// Reads a message; nothing in it is trusted.
    ///
    /// # Errors
    /// When it is no offer, was changed, or cannot be right.
    pub fn read(bytes: Vec<u8>) -> Result<Self, OfferError> {
        let message = Message::open(&bytes)?.expect(Kind::Offer, &[0; 32])?;
        if message.body.len() > MAX_BYTES {
            let reason = format!("{} bytes; an offer has at most {MAX_BYTES}", message.body.len());
            return Err(WireError::from(Malformed::new("offer", reason)).into());
        }
        let content = |e: serde_json::Error| OfferError::Content(format!("its content: {e}"));
        // The version first: of another one nothing else can be read.
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let Version { version } = serde_json::from_slice(message.body).map_err(content)?;
        if version != VERSION {
            return Err(OfferError::Version { found: version });
        }
        let offer: Offer = serde_json::from_slice(message.body).map_err(content)?;
        if let Some(fault) = offer.fault() {
            return Err(OfferError::Content(fault));
        }
        let identity = message.digest;
        Ok(Self { offer, identity, bytes })
    }
}

impl OfferedScheme {
    /// Why it does not go with an encoding, where it does not.
    fn fault(&self, encoding: &Encoding) -> Option<String> {
        let of = |s: &SequenceEncoding| (s.shorter == Shorter::Shown, s.grid.is_some());
        let fits = match (self, encoding.sequences()) {
            (Self::Levelled(levelled), Some(sequences)) => {
                if let Some(fault) = levelled.fault(sequences.steps) {
                    return Some(fault);
                }
                of(sequences) == (false, false)
            }
            #[cfg(feature = "tfhe")]
            (Self::Tfhe(_), Some(sequences)) => of(sequences) == (true, true),
            (Self::Levelled(_), None) => false,
            (_, sequences) => sequences.is_none(),
        };
        (!fits).then(|| "an encoding that its scheme does not take".into())
    }

    /// That of a program on integers.
    pub fn exact(program: &Program, ring_degree: usize, plaintext_moduli: Vec<u64>) -> Self {
        let primes = |basis: Option<&Basis>| {
            let basis = basis.into_iter();
            basis.flat_map(|b| (0..b.primes()).map(move |j| b.modulus(j).value())).collect()
        };
        match program {
            Program::Bgv(program) => {
                let primes = primes(program.parameters.first().map(|p| p.basis()));
                Self::Bgv { ring_degree, primes, plaintext_moduli }
            }
            Program::Bfv(program) => {
                let primes = primes(program.parameters.first().map(|p| p.basis()));
                Self::Bfv { ring_degree, primes, plaintext_moduli }
            }
        }
    }

    /// Plaintext moduli of exact schemes; none of others.
    pub fn plaintext_moduli(&self) -> Vec<Modulus> {
        match self {
            Self::Bgv { plaintext_moduli, .. } | Self::Bfv { plaintext_moduli, .. } => {
                plaintext_moduli.iter().filter_map(|t| Modulus::new(*t)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Parameters of each plaintext modulus, where the scheme is BGV.
    ///
    /// # Errors
    /// When they are none, or have less than 128 bits of security.
    pub fn bgv(
        ring_degree: usize,
        primes: &[u64],
        moduli: &[u64],
    ) -> Result<Vec<BgvParameters>, OfferError> {
        let each = moduli.iter().map(|t| BgvParameters::new(ring_degree, primes, *t));
        let all = each.collect::<Result<Vec<_>, _>>();
        all.map_err(|e| OfferError::Parameters(e.to_string()))
    }

    /// The same, where it is BFV.
    ///
    /// # Errors
    /// As [`OfferedScheme::bgv`].
    pub fn bfv(
        ring_degree: usize,
        primes: &[u64],
        moduli: &[u64],
    ) -> Result<Vec<BfvParameters>, OfferError> {
        let each = moduli.iter().map(|t| BfvParameters::new(ring_degree, primes, *t));
        let all = each.collect::<Result<Vec<_>, _>>();
        all.map_err(|e| OfferError::Parameters(e.to_string()))
    }

    /// The same, where it is CKKS.
    ///
    /// # Errors
    /// As [`OfferedScheme::bgv`].
    pub fn ckks(
        ring_degree: usize,
        moduli: &CkksModuli,
        scale: &Scale,
    ) -> Result<CkksOffered, OfferError> {
        let parameters = CkksParameters::new(ring_degree, moduli);
        let parameters = parameters.map_err(|e| OfferError::Parameters(e.to_string()))?;
        Ok(CkksOffered { parameters, input_scale: scale.clone() })
    }

    /// The same, where it is a recurrent network on one chain.
    ///
    /// # Errors
    /// As [`OfferedScheme::bgv`].
    pub fn levelled(offered: &LevelledOffered) -> Result<LevelledKnown, OfferError> {
        offered.known().map_err(|e| OfferError::Parameters(e.to_string()))
    }
}
