//! The program of a server, in a file of its own.

use super::error::ServiceError;
use circuit::{BfvLayer, BfvProgram, BgvProgram, CircuitStep, CkksProgram, CkksStep, Program};
use engine::{Offer, Offered, OfferedScheme};
use inference::{Compiled, Session};
use progress::Cancel;
use serde::{Deserialize, Serialize};
use wire::{Draft, Envelope, Kind, Message};

/// A program with the weights, as it is written.
#[derive(Serialize, Deserialize)]
enum Steps {
    Bgv(Vec<CircuitStep>),
    Bfv(Vec<BfvLayer>),
    Ckks(Vec<CkksStep>),
    #[cfg(feature = "tfhe")]
    Tables(engine::ServedTables),
}

#[derive(Serialize, Deserialize)]
struct Written {
    steps: Steps,
    /// Predicted seconds of each stage.
    stage_secs: Vec<f64>,
}

/// A program that can be run.
pub(super) enum Served {
    Bgv(BgvProgram),
    Bfv(BfvProgram),
    Ckks(CkksProgram),
    #[cfg(feature = "tfhe")]
    Tables(engine::ServedTables),
}

/// The offer of a session, and the message with its program.
///
/// # Errors
/// When the session cannot be planned, or needs more than one round.
pub fn publish(session: &Session, cancel: &Cancel) -> Result<(Offered, Vec<u8>), ServiceError> {
    let compiled = session.compiled(cancel)?;
    let offered = session.offer(&compiled)?;
    let steps = match &compiled {
        Compiled::Integer(circuit) => match &circuit.program {
            Program::Bgv(program) => Steps::Bgv(program.steps.clone()),
            Program::Bfv(program) => Steps::Bfv(program.layers.clone()),
        },
        Compiled::Real(circuit) => Steps::Ckks(circuit.program.steps.clone()),
        #[cfg(feature = "tfhe")]
        Compiled::Tables(circuit) => Steps::Tables(engine::ServedTables::of(circuit)),
    };
    let stage_secs = compiled.plan().stages.iter().map(|s| s.secs).collect();
    let envelope = Envelope { kind: Kind::Program, offer: offered.identity, batch: 0, branch: 0 };
    let mut draft = Draft::new(&envelope);
    let body = postcard::to_stdvec(&Written { steps, stage_secs })
        .map_err(|e| ServiceError::Refused(format!("program: {e}")))?;
    draft.body().extend(body);
    Ok((offered, draft.seal()))
}

/// The program in a message, for this offer, and the predicted seconds of its stages.
///
/// # Errors
/// When it is another message, was changed, or does not go with the offer.
pub(super) fn open(
    offered: &Offered,
    bytes: &[u8],
    file: &str,
) -> Result<(Served, Vec<f64>), ServiceError> {
    let message = Message::open(bytes).and_then(|m| m.expect(Kind::Program, &offered.identity));
    let message = message.map_err(ServiceError::of(file))?;
    let Written { steps, stage_secs } = postcard::from_bytes(message.body)
        .map_err(|e| ServiceError::Refused(format!("{file}: its program cannot be read: {e}")))?;
    let Offer { scheme, .. } = &offered.offer;
    let served = match (steps, scheme) {
        (Steps::Bgv(steps), OfferedScheme::Bgv { ring_degree, primes, plaintext_moduli }) => {
            let parameters = OfferedScheme::bgv(*ring_degree, primes, plaintext_moduli)?;
            Served::Bgv(BgvProgram { parameters, steps })
        }
        (Steps::Bfv(layers), OfferedScheme::Bfv { ring_degree, primes, plaintext_moduli }) => {
            let parameters = OfferedScheme::bfv(*ring_degree, primes, plaintext_moduli)?;
            Served::Bfv(BfvProgram { parameters, layers })
        }
        (Steps::Ckks(steps), OfferedScheme::Ckks { ring_degree, moduli, input_scale }) => {
            let known = OfferedScheme::ckks(*ring_degree, moduli, input_scale)?;
            let (parameters, input_scale) = (known.parameters, known.input_scale);
            Served::Ckks(CkksProgram { parameters, input_scale, steps })
        }
        #[cfg(feature = "tfhe")]
        (Steps::Tables(tables), OfferedScheme::Tfhe(_)) => Served::Tables(tables),
        _ => {
            return Err(ServiceError::Refused(format!(
                "{file}: it is a program of another scheme than its offer; publish both again"
            )));
        }
    };
    Ok((served, stage_secs))
}
