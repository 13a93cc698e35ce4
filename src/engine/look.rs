//! One ciphertext to be looked at: its words, its size, what it decrypts to, and what it decrypts to
//! when one bit of it was changed on the way.

use super::bfv::Bfv;
use super::bgv::Bgv;
use super::ckks::{Ckks, CkksOffered};
use super::client::Client;
use super::offered_scheme::Slot;
use super::scheme::{EngineError, Measured, OnWire, Scheme};
use super::wire_clock::WireClock;
use progress::Watch;
use scheme::bfv::BfvParameters;
use scheme::bgv::BgvParameters;
use wire::Malformed;

/// Bits from the end of a ciphertext that are tried, until one gives a message of the same form: a residue
/// must stay below its prime.
const TRIED_BITS: usize = 4096;

/// A scheme whose ciphertexts can be looked at word by word.
pub trait Look: Scheme<Value: Slot> {
    /// Ciphertext number `index`, as the server has it.
    fn ciphertext(
        parameters: &Self::Parameters,
        inputs: &Self::Inputs,
        index: usize,
    ) -> Option<Self::Ciphertext> {
        Self::fresh(parameters, inputs, index)
    }

    /// The words of its first polynomial modulo its first prime, or of a mask with its body; and what all
    /// of them are below.
    fn words(parameters: &Self::Parameters, ciphertext: &Self::Ciphertext) -> (Vec<u64>, u64);

    /// What its slots hold, in the units that are encrypted.
    fn values(_parameters: &Self::Parameters, measured: &Measured<Self::Value>) -> Vec<f64> {
        measured.values.iter().map(|value| value.real()).collect()
    }
}

impl Look for Bgv {
    fn words(parameters: &BgvParameters, ciphertext: &Self::Ciphertext) -> (Vec<u64>, u64) {
        (ciphertext.first_words().to_vec(), parameters.basis().modulus(0).value())
    }
}

impl Look for Bfv {
    fn words(parameters: &BfvParameters, ciphertext: &Self::Ciphertext) -> (Vec<u64>, u64) {
        let words = ciphertext.first_words(parameters).to_vec();
        (words, parameters.basis().modulus(0).value())
    }
}

impl Look for Ckks {
    fn words(offered: &CkksOffered, ciphertext: &Self::Ciphertext) -> (Vec<u64>, u64) {
        (ciphertext.first_words().to_vec(), offered.parameters.prime(0))
    }
}

#[cfg(feature = "tfhe")]
mod tables {
    use super::{Look, Measured};
    use crate::tables::{TableProbe, Tables, TablesOffered};
    use scheme::tfhe::{SeededLwes, TfheParameters};

    type Known = (TfheParameters, TablesOffered);

    impl Look for Tables {
        fn ciphertext((p, _): &Known, inputs: &SeededLwes, index: usize) -> Option<TableProbe> {
            Some(TableProbe::Lwe(inputs.expand(p).get(index)?.to_vec()))
        }

        fn words(_: &Known, ciphertext: &TableProbe) -> (Vec<u64>, u64) {
            let words = match ciphertext {
                TableProbe::Lwe(words) => words.iter().map(|w| u64::from(*w)).collect(),
                TableProbe::Switched(_) => Vec::new(),
            };
            (words, 1 << 32)
        }

        /// The phase, rounded to units of an input.
        fn values((_, offered): &Known, measured: &Measured<f64>) -> Vec<f64> {
            let unit = f64::from(offered.input_unit.max(1));
            let value = |phase: &f64| (f64::from(*phase as u32 as i32) / unit).round();
            measured.values.iter().take(1).map(value).collect()
        }
    }
}

/// What is seen of one ciphertext.
#[derive(Clone, Debug, PartialEq)]
pub struct Looked {
    /// See [`Look::words`].
    pub words: Vec<u64>,
    /// All words are below it.
    pub bound: u64,
    /// Bytes of the messages that it is sent in.
    pub bytes: u64,
    /// What it decrypts to, slot by slot, in the units that are encrypted.
    pub values: Vec<f64>,
    pub flipped: Flipped,
}

/// The same ciphertext with one bit changed on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct Flipped {
    /// Which bit, from the first of the message.
    pub bit: usize,
    /// Bits of the message.
    pub bits: usize,
    /// What it decrypts to: no answer.
    pub values: Vec<f64>,
}

/// Encrypts `vector`, a value for each slot, as a client encrypts one input of batch number `batch`, and
/// looks at it with the key; once more after a bit of it was flipped. Messages carry a digest that such a
/// change does not fit; it is left out here, as by somebody who makes it anew.
///
/// # Errors
/// When the scheme fails, or the work is stopped.
pub fn look<S: Look>(
    client: &Client<S>,
    parameters: &S::Parameters,
    batch: usize,
    vector: &[f64],
    watch: &Watch,
) -> Result<Looked, EngineError> {
    let vectors = [vector.iter().map(|v| S::Value::of(*v)).collect()];
    let inputs = client.encrypt_vectors(0, batch, &vectors, watch)?;
    let mut sent = Vec::new();
    inputs.write(parameters, &mut sent);
    let seen = |inputs: &S::Inputs| {
        let none = || Malformed::new("encrypted inputs", "no ciphertext in it");
        let ciphertext = S::ciphertext(parameters, inputs, 0).ok_or_else(none)?;
        let measured = client.measure(0, &ciphertext)?;
        let values = S::values(parameters, &measured);
        Ok::<_, EngineError>((S::words(parameters, &ciphertext), values))
    };
    let ((words, bound), values) = seen(&inputs)?;
    let (bit, changed) = changed::<S>(parameters, &mut sent)?;
    let (_, changed_values) = seen(&changed)?;
    let mut bytes = 0;
    client.send(0, batch, inputs, &mut WireClock::default(), |part| {
        bytes += part.len() as u64;
        Ok::<_, EngineError>(())
    })?;
    let bits = 8 * sent.len();
    let flipped = Flipped { bit, bits, values: changed_values };
    Ok(Looked { words, bound, bytes, values, flipped })
}

/// Flips the last bit of `sent` whose change leaves encrypted inputs; which one it is, and the inputs.
fn changed<S: Scheme>(
    parameters: &S::Parameters,
    sent: &mut [u8],
) -> Result<(usize, S::Inputs), EngineError> {
    let before = sent.to_vec();
    for bit in (0..8 * sent.len()).rev().take(TRIED_BITS) {
        let mask = 1 << (bit % 8);
        if let Some(byte) = sent.get_mut(bit / 8) {
            *byte ^= mask;
        }
        if let Ok(inputs) = S::Inputs::read(parameters, sent) {
            let mut again = Vec::new();
            inputs.write(parameters, &mut again);
            // Bits that fill up the last byte say nothing.
            if again != before {
                return Ok((bit, inputs));
            }
        }
        if let Some(byte) = sent.get_mut(bit / 8) {
            *byte ^= mask;
        }
    }
    Err(Malformed::new("encrypted inputs", "no bit of its end can be changed").into())
}
