//! Lookup tables as a scheme: a batch is one sample, a slot its only one.

use super::program::{ServedTables, TablesOffered};
use crate::scheme::{Decrypted, EngineError, Evaluated, Evaluation, Measured, OnWire, Scheme};
use progress::Watch;
use ring::Seed;
use scheme::tfhe::{
    CompressedKeys, PackedLwes, SecretKey, SeededLwes, ServerKeys, Switched, TfheError,
    TfheParameters,
};
use std::marker::PhantomData;

/// Runs lookup tables with TFHE: `P` is what the server has, of which clients have no place:
///
/// ```compile_fail,E0308
/// use cryptoscope_engine::{Client, ServedTables, Tables};
/// use ring::Seed;
/// fn leak(program: ServedTables, seed: Seed) {
///     let _ = Client::<Tables>::new(vec![program], 1, [0; 32], seed);
/// }
/// ```
///
/// nor, where tables are those of sequences:
///
/// ```compile_fail,E0308
/// use cryptoscope_engine::{Client, ServedSteps, Tables};
/// use ring::Seed;
/// fn leak(program: ServedSteps, seed: Seed) {
///     let _ = Client::<Tables<ServedSteps>>::new(vec![program], 1, [0; 32], seed);
/// }
/// ```
///
/// as servers have none for a secret:
///
/// ```compile_fail,E0308
/// use cryptoscope_engine::{ServedTables, Server, Tables, TablesOffered};
/// use scheme::tfhe::{SecretKey, TfheParameters};
/// use std::sync::Arc;
/// fn leak(
///     known: (TfheParameters, TablesOffered),
///     program: &ServedTables,
///     secret: SecretKey,
/// ) -> Server<'_, Tables> {
///     Server::new(vec![known], program, &[], [0; 32], vec![Arc::new(secret)])
/// }
/// ```
pub struct Tables<P = ServedTables>(PhantomData<P>);

/// The weights and tables of a network, and how a sample goes through them.
pub trait TableWork: Sized + Sync + 'static {
    /// Evaluates an encrypted sample.
    ///
    /// # Errors
    /// When it is no sample of this network, or the work is stopped.
    fn evaluate(
        &self,
        parameters: &TfheParameters,
        keys: &ServerKeys,
        sent: &SeededLwes,
        following: &Evaluation,
    ) -> Result<Evaluated<Tables<Self>>, TfheError>;
}

/// A ciphertext from the middle, to be measured by the client.
#[derive(Clone, Debug)]
pub enum TableProbe {
    /// An input, a sum, a sum after its key switch, or what a table gave.
    Lwe(Vec<u32>),
    /// A sum whose modulus was switched: what a table is read with.
    Switched(Switched),
}

/// Parameters, and what they were made of.
type Known = (TfheParameters, TablesOffered);

impl From<TfheError> for EngineError {
    fn from(error: TfheError) -> Self {
        match error {
            TfheError::Cancelled(c) => Self::Cancelled(c),
            other => Self::Scheme { scheme: "TFHE", reason: other.to_string() },
        }
    }
}

impl<P: TableWork> Scheme for Tables<P> {
    type Value = f64;
    type Parameters = Known;
    type Program = P;
    type Secret = SecretKey;
    type Keys = ServerKeys;
    type Inputs = SeededLwes;
    type Outputs = PackedLwes;
    type Ciphertext = TableProbe;

    fn secret((parameters, _): &Known, seed: &Seed) -> Result<SecretKey, EngineError> {
        Ok(SecretKey::generate(parameters, seed))
    }

    fn evaluation_keys(
        (parameters, offered): &Known,
        secret: &SecretKey,
        seed: &Seed,
        watch: &Watch,
    ) -> Result<Vec<u8>, EngineError> {
        Ok(secret.server_keys(parameters, offered.switches, seed, watch)?.to_bytes(parameters))
    }

    fn read_keys(
        (parameters, _): &Known,
        bytes: &[u8],
        watch: &Watch,
    ) -> Result<ServerKeys, EngineError> {
        Ok(CompressedKeys::from_bytes(parameters, bytes)?.expand(parameters, watch)?)
    }

    /// Of integers: a slot is a number of input units.
    fn encrypt(
        (parameters, offered): &Known,
        secret: &SecretKey,
        vectors: &[Vec<f64>],
        seed: &Seed,
        watch: &Watch,
    ) -> Result<SeededLwes, EngineError> {
        watch.check()?;
        let integer = |v: &Vec<f64>| v.first().copied().unwrap_or(0.0) as i32;
        let message = |v| (integer(v) as u32).wrapping_mul(offered.input_unit);
        let messages: Vec<u32> = vectors.iter().map(message).collect();
        Ok(secret.encrypt(parameters, &messages, seed))
    }

    /// None: the server expands them all at once, and its probes have them.
    fn fresh(_: &Known, _: &SeededLwes, _: usize) -> Option<TableProbe> {
        None
    }

    fn evaluate(
        (parameters, _): &Known,
        program: &P,
        keys: &ServerKeys,
        inputs: SeededLwes,
        following: &Evaluation,
    ) -> Result<Evaluated<Self>, EngineError> {
        Ok(program.evaluate(parameters, keys, &inputs, following)?)
    }

    /// Scores in their units, with noise. How large that was is known of many samples only.
    fn decrypt(
        (_, offered): &Known,
        secret: &SecretKey,
        outputs: &PackedLwes,
    ) -> Result<Decrypted<f64>, EngineError> {
        let unit = f64::from(offered.score_unit);
        let score = |phase: &u32| vec![f64::from(*phase as i32) / unit];
        let phases = secret.phases(&outputs.expand())?;
        Ok((phases.iter().map(score).collect(), f64::INFINITY))
    }

    /// Message plus noise, in units of `2^-32` of the torus: 0 to `2^32 - 1`; of a ciphertext whose
    /// modulus was switched also the position that its table is read at, `-N` to `N - 1`.
    fn measure(
        (parameters, _): &Known,
        secret: &SecretKey,
        ciphertext: &TableProbe,
    ) -> Result<Measured<f64>, EngineError> {
        let values = match ciphertext {
            TableProbe::Lwe(words) => vec![f64::from(secret.phase(words)?)],
            TableProbe::Switched(switched) => {
                let phase = secret.phase(&switched.centred())?;
                let bits = (2 * parameters.polynomial_size).trailing_zeros();
                vec![f64::from(phase), f64::from(phase as i32 >> (32 - bits))]
            }
        };
        Ok(Measured { values, margin_bits: f64::INFINITY })
    }
}

impl OnWire<Known> for SeededLwes {
    fn write(&self, (parameters, _): &Known, out: &mut Vec<u8>) {
        out.extend(self.to_bytes(parameters));
    }

    fn read((parameters, _): &Known, bytes: &[u8]) -> Result<Self, EngineError> {
        Ok(Self::from_bytes(parameters, bytes)?)
    }
}

impl OnWire<Known> for PackedLwes {
    fn write(&self, (parameters, _): &Known, out: &mut Vec<u8>) {
        out.extend(self.to_bytes(parameters));
    }

    fn read((parameters, _): &Known, bytes: &[u8]) -> Result<Self, EngineError> {
        Ok(Self::from_bytes(parameters, bytes)?)
    }
}
