//! What a lesson can wait for, ask about and tell: the facts of the window by name.

use crate::unit::Unit;
use crate::value::Value;

/// A fact: what lessons call it, and what it is.
#[derive(Clone, Copy, Debug)]
pub struct FactSpec {
    pub name: &'static str,
    pub unit: Unit,
    /// Numbers at several places.
    pub is_curve: bool,
    pub about: &'static str,
}

const fn one(name: &'static str, unit: Unit, about: &'static str) -> FactSpec {
    FactSpec { name, unit, is_curve: false, about }
}

const fn curve(name: &'static str, unit: Unit, about: &'static str) -> FactSpec {
    FactSpec { name, unit, is_curve: true, about }
}

/// Facts of the setup begin with this; what follows is the key of a setting.
pub const SETUP: &str = "setup.";

/// All facts but those of the setup. Those of runs are of runs since the lesson began, of the setup as it
/// stands.
#[rustfmt::skip]
pub static FACTS: &[FactSpec] = &[
    one("tab", Unit::Word, "The tab that is looked at, as the bar has it"),
    one("eyes", Unit::Word, "Whose eyes the run is looked at with: Both, Client or Server"),
    one("layer", Unit::Word, "The layer whose card is open; none"),
    one("plan.status", Unit::Word, "pending, ready or refused"),
    one("plan.scheme", Unit::Word, "The scheme of the plan"),
    one("plan.ring_degree", Unit::Count, "N of the plan"),
    one("plan.modulus_bits", Unit::Bits, "log2 of the ciphertext modulus q"),
    one("plan.security", Unit::Bits, "Security of the parameters"),
    one("plan.margin", Unit::Bits, "The least margin that is predicted"),
    one("plan.seconds", Unit::Seconds, "Predicted time of encryption, evaluation and decryption"),
    one("plan.upload", Unit::Bytes, "Bytes that the client sends, keys aside"),
    one("run.status", Unit::Word, "none, running, right, wrong (values decrypted wrongly), stopped or failed"),
    one("run.samples", Unit::Count, "Samples of the run"),
    one("run.times_slower", Unit::Times, "Encrypted against the original in the clear, keys aside"),
    one("run.times_more_bytes", Unit::Times, "Ciphertexts up and down against the values in the clear"),
    one("run.seconds", Unit::Seconds, "Encryption, evaluation and decryption of all samples"),
    one("run.seconds_per_sample", Unit::Seconds, "The same over the number of samples"),
    one("run.upload", Unit::Bytes, "Bytes that the client sent, keys aside"),
    one("run.upload_per_sample", Unit::Bytes, "The same over the number of samples"),
    one("run.original", Unit::Share, "Accuracy of the original network"),
    one("run.reference", Unit::Share, "Accuracy of the reference: integers, polynomials or tables in the clear"),
    one("run.encrypted", Unit::Share, "Accuracy of the decrypted answers"),
    one("run.agreement", Unit::Share, "Share of the answers that encryption left as they were"),
    one("run.wrong_outputs", Unit::Count, "Values that decrypted wrongly"),
    one("run.margin", Unit::Bits, "The least margin that was measured"),
    curve("run.margins", Unit::Bits, "Margin after each stage; spare precision under CKKS"),
    one("look.encrypted", Unit::Count, "Ciphertexts of one value that were looked at"),
    one("look.flipped", Unit::Count, "1 where a bit of the ciphertext that is looked at was flipped"),
    one("look.drawn", Unit::Count, "Own samples that were answered"),
    one("lab.method", Unit::Word, "The method of the activation laboratory"),
    one("lab.degree", Unit::Count, "The degree there"),
    one("lab.accuracy", Unit::Share, "Accuracy with that polynomial, in the clear"),
    one("lab.exact", Unit::Share, "Accuracy with the function itself"),
    one("sweep.status", Unit::Word, "none, running or finished"),
    curve("sweep.accuracies", Unit::Share, "Accuracy at each degree, of the first method of the sweep"),
    one("compare.status", Unit::Word, "none, running or finished"),
    curve("compare.seconds", Unit::Seconds, "Time of one sample alone, for each scheme that ran"),
    one("training.status", Unit::Word, "Of an encrypted training: none, running or finished"),
    one("training.encrypted", Unit::Share, "Accuracy of the network trained on encrypted data"),
    one("training.plain", Unit::Share, "Accuracy of the same training in the clear"),
    one("leak.status", Unit::Word, "Of the reconstruction: none, pending or found"),
    one("leak.identified", Unit::Share, "Share of the samples of the mini-batch whose reconstruction is nearer to them than to any other"),
    one("leak.certain", Unit::Share, "Share of them that the server knows for certain"),
];

/// The fact of this name; of a setting a plain one.
pub fn fact_spec(name: &str) -> Option<FactSpec> {
    let of_setup = name.starts_with(SETUP).then(|| one("setup", Unit::Number, "A setting"));
    FACTS.iter().find(|spec| spec.name == name).copied().or(of_setup)
}

/// Where facts come from.
pub trait Facts {
    /// What it is now; `None` while it is not known.
    fn fact(&self, name: &str) -> Option<Value>;

    /// The places of a curve from left to right, known before the curve is.
    fn places(&self, name: &str) -> Vec<String>;
}
