//! What a server offers: everything that a client needs to encrypt, to read the answer and to hold it
//! against what is promised, and nothing of the model's weights.

use super::encoding::Encoding;
use super::offer_error::{OfferError, VERSION};
use super::offered_scheme::OfferedScheme;
use data::Shape;
use network::Identity;
use serde::{Deserialize, Serialize};
use wire::{Draft, Envelope, Kind, Malformed, Message, WireError};

/// Longest offer, bytes.
const MAX_BYTES: usize = 64 << 20;

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
        self.scheme.slots()
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
        let content = |e: serde_json::Error| {
            OfferError::Content(format!("its content: {}", format::one_line(&e)))
        };
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
