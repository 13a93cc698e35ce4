//! The program of a server, in a file of its own.

use super::error::ServiceError;
use circuit::{
    BfvLayer, BfvProgram, BgvProgram, CircuitStep, CkksProgram, CkksStep, Plan, Program,
    RecurrentProgram,
};
use engine::{Offer, Offered, OfferedScheme, ServedChain};
use inference::{Compiled, Session};
use progress::Cancel;
use recurrent::{Offering, SequenceSession, ServedSequences};
use scenario::{Scenario, Sources};
use serde::{Deserialize, Serialize};
use wire::{Draft, Envelope, Kind, Message};

/// A program with the weights, as it is written.
#[derive(Serialize, Deserialize)]
enum Steps {
    Bgv(Vec<CircuitStep>),
    Bfv(Vec<BfvLayer>),
    Ckks(Vec<CkksStep>),
    Levelled(ServedChain),
    #[cfg(feature = "tfhe")]
    Tables(engine::ServedTables),
    #[cfg(feature = "tfhe")]
    Bootstrapped(engine::ServedSteps),
}

#[derive(Serialize, Deserialize)]
struct Written {
    steps: Steps,
    /// Predicted seconds of each stage.
    stage_secs: Vec<f64>,
}

/// A program that can be run.
pub(super) enum Served {
    Exact(Program),
    Ckks(CkksProgram),
    Levelled(Box<RecurrentProgram>),
    #[cfg(feature = "tfhe")]
    Tables(engine::ServedTables),
    #[cfg(feature = "tfhe")]
    Bootstrapped(engine::ServedSteps),
}

/// What a server has of a scenario: an offer for everybody, and a program of its own.
pub struct Publication {
    pub plan: Plan,
    pub offered: Offered,
    /// The message with the program.
    pub program: Vec<u8>,
}

/// What a server of `scenario` publishes, and keeps.
///
/// # Errors
/// When the scenario cannot be planned, or needs more than one round.
pub fn publish(
    scenario: &Scenario,
    sources: &Sources,
    cancel: &Cancel,
) -> Result<Publication, ServiceError> {
    match scenario.sequence {
        Some(_) => sequences(&SequenceSession::open(scenario, sources)?, cancel),
        None => samples(&Session::open(scenario, sources)?, cancel),
    }
}

fn samples(session: &Session, cancel: &Cancel) -> Result<Publication, ServiceError> {
    let plan = session.plan()?;
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
    published(plan, offered, steps)
}

fn sequences(session: &SequenceSession, cancel: &Cancel) -> Result<Publication, ServiceError> {
    let Offering { plan, offered, program } = session.offering(cancel)?;
    let steps = match program {
        ServedSequences::Levelled(chain) => Steps::Levelled(chain),
        #[cfg(feature = "tfhe")]
        ServedSequences::Tables(steps) => Steps::Bootstrapped(steps),
    };
    published(plan, offered, steps)
}

fn published(plan: Plan, offered: Offered, steps: Steps) -> Result<Publication, ServiceError> {
    let stage_secs = plan.stages.iter().map(|s| s.secs).collect();
    let envelope = Envelope { kind: Kind::Program, offer: offered.identity, batch: 0, modulus: 0 };
    let mut draft = Draft::new(&envelope);
    let body = postcard::to_stdvec(&Written { steps, stage_secs })
        .map_err(|e| ServiceError::Refused(format!("program: {e}")))?;
    draft.body().extend(body);
    Ok(Publication { plan, offered, program: draft.seal() })
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
    let Written { steps, stage_secs } = postcard::from_bytes(message.body).map_err(|e| {
        let reason = format::one_line(&e);
        ServiceError::Refused(format!("{file}: its program cannot be read: {reason}"))
    })?;
    let Offer { scheme, .. } = &offered.offer;
    let served = match (steps, scheme) {
        (Steps::Bgv(steps), OfferedScheme::Bgv { ring_degree, primes, plaintext_moduli }) => {
            let parameters = OfferedScheme::bgv(*ring_degree, primes, plaintext_moduli)?;
            Served::Exact(Program::Bgv(BgvProgram { parameters, steps }))
        }
        (Steps::Bfv(layers), OfferedScheme::Bfv { ring_degree, primes, plaintext_moduli }) => {
            let parameters = OfferedScheme::bfv(*ring_degree, primes, plaintext_moduli)?;
            Served::Exact(Program::Bfv(BfvProgram { parameters, layers }))
        }
        (Steps::Ckks(steps), OfferedScheme::Ckks { ring_degree, moduli, input_scale }) => {
            let known = OfferedScheme::ckks(*ring_degree, moduli, input_scale)?;
            let (parameters, input_scale) = (known.parameters, known.input_scale);
            Served::Ckks(CkksProgram { parameters, input_scale, steps })
        }
        (Steps::Levelled(chain), OfferedScheme::Levelled(known)) => {
            let program = chain.compiled(known).map_err(|e| {
                ServiceError::Refused(format!("{file}: its program cannot be compiled: {e}"))
            })?;
            Served::Levelled(Box::new(program))
        }
        #[cfg(feature = "tfhe")]
        (Steps::Tables(tables), OfferedScheme::Tfhe(_)) => Served::Tables(tables),
        #[cfg(feature = "tfhe")]
        (Steps::Bootstrapped(steps), OfferedScheme::Tfhe(_)) => Served::Bootstrapped(steps),
        _ => {
            return Err(ServiceError::Refused(format!(
                "{file}: it is a program of another scheme than its offer; publish both again"
            )));
        }
    };
    Ok((served, stage_secs))
}
