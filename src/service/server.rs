//! The server: a request becomes an answer.

use super::error::ServiceError;
use super::head::Head;
use super::program::{Served, open};
use engine::{
    Ckks, CkksOffered, ExactJob, Incoming, Levelled, Offered, OfferedScheme, Scheme, Server,
    WireClock,
};
use progress::{Cancel, Step, Watch};
use std::io::{Read, Write};
use wire::{Kind, Malformed, Message, WireError};

/// Everything that a server has.
struct Work<'a> {
    offered: &'a Offered,
    stage_secs: &'a [f64],
    keys: &'a mut dyn Read,
    request: &'a mut dyn Read,
    answer: &'a mut dyn Write,
    cancel: &'a Cancel,
    progress: &'a (dyn Fn(f64) + Sync),
}

/// Evaluates a request, message by message: one batch is in memory at a time. Gives the number of batches.
///
/// # Errors
/// When a file is not what it should be, or the work is stopped.
pub fn evaluate(
    offered: &Offered,
    program: &[u8],
    (keys, request): (&mut dyn Read, &mut dyn Read),
    answer: &mut dyn Write,
    cancel: &Cancel,
    progress: &(dyn Fn(f64) + Sync),
) -> Result<usize, ServiceError> {
    let (served, stage_secs) = open(offered, program, "program")?;
    let stage_secs = stage_secs.as_slice();
    let work = Work { offered, stage_secs, keys, request, answer, cancel, progress };
    match &served {
        Served::Exact(program) => engine::with_program(program, work),
        Served::Ckks(program) => {
            let (parameters, input_scale) =
                (program.parameters.clone(), program.input_scale.clone());
            work.serve::<Ckks>(vec![CkksOffered { parameters, input_scale }], program)
        }
        Served::Levelled(program) => {
            let OfferedScheme::Levelled(known) = &offered.offer.scheme else {
                return Err(foreign());
            };
            work.serve::<Levelled>(vec![OfferedScheme::levelled(known)?], program)
        }
        #[cfg(feature = "tfhe")]
        Served::Tables(tables) => {
            work.serve::<engine::Tables>(vec![tables_of(&offered.offer.scheme)?], tables)
        }
        #[cfg(feature = "tfhe")]
        Served::Bootstrapped(steps) => {
            let known = vec![tables_of(&offered.offer.scheme)?];
            work.serve::<engine::Tables<engine::ServedSteps>>(known, steps)
        }
    }
}

fn foreign() -> ServiceError {
    ServiceError::Refused("program: not of its offer".into())
}

/// Parameters of lookup tables, and what they are made of.
#[cfg(feature = "tfhe")]
fn tables_of(
    scheme: &OfferedScheme,
) -> Result<<engine::Tables as Scheme>::Parameters, ServiceError> {
    let OfferedScheme::Tfhe(known) = scheme else { return Err(foreign()) };
    let made = known.parameters();
    let parameters = made.map_err(|e| ServiceError::Refused(format!("offer: {e}")))?;
    Ok((parameters, known.clone()))
}

impl ExactJob for Work<'_> {
    type Output = Result<usize, ServiceError>;

    fn run<S: Scheme<Value = i64>>(
        self,
        parameters: Vec<S::Parameters>,
        program: &S::Program,
    ) -> Result<usize, ServiceError> {
        self.serve::<S>(parameters, program)
    }
}

impl Work<'_> {
    fn serve<S: Scheme>(
        self,
        parameters: Vec<S::Parameters>,
        program: &S::Program,
    ) -> Result<usize, ServiceError> {
        let identity = self.offered.identity;
        let told = |_: Step| (self.progress)(0.0);
        let watch = Watch::new(self.cancel.clone(), &told);
        let mut messages = Vec::new();
        for _ in 0..parameters.len() {
            messages.extend(Message::next(self.keys).map_err(ServiceError::of("evaluation keys"))?);
        }
        let keys = Server::<S>::receive_keys(&parameters, &identity, &messages, &watch)
            .map_err(|e| in_file("evaluation keys", e))?;
        drop(messages);
        ended(self.keys).map_err(ServiceError::of("evaluation keys"))?;
        let moduli = parameters.len();
        let server = Server::<S>::new(parameters, program, self.stage_secs, identity, keys);

        let of_request = ServiceError::of("request");
        let first = next(self.request).map_err(&of_request)?;
        let head = Head::open(&first, Kind::Request, &identity).map_err(&of_request)?;
        if head.moduli != moduli {
            let reason = format!(
                "{} messages to a batch where the offer has {moduli} plaintext moduli",
                head.moduli
            );
            return Err(of_request(Malformed::new("head", reason).into()));
        }
        let io = |e: std::io::Error| ServiceError::of("answer")(e.into());
        self.answer.write_all(&head.seal(Kind::Answer, identity)).map_err(io)?;
        let all = (head.batches * moduli) as f64;
        let watch = Watch::new(self.cancel.clone(), &|_| ());
        for (at, (batch, modulus)) in head.messages().enumerate() {
            let (mut incoming, mut clock) = (Incoming::default(), WireClock::default());
            let inputs = loop {
                watch.check()?;
                let part = next(self.request).map_err(&of_request)?;
                let received = server.receive(modulus, batch, &part, &mut incoming, &mut clock);
                if let Some(inputs) = received.map_err(|e| in_file("request", e))? {
                    break inputs;
                }
            };
            let within = |part: f64| (self.progress)((at as f64 + part) / all);
            let found = server.evaluate(modulus, inputs, false, &watch, &within)?;
            let message = server.send(modulus, batch, &found.outputs, &mut clock);
            self.answer.write_all(&message).map_err(io)?;
        }
        ended(self.request).map_err(of_request)?;
        Ok(head.batches)
    }
}

/// The next message, which must come.
pub(super) fn next(stream: &mut dyn Read) -> Result<Vec<u8>, WireError> {
    let needed = wire::ENVELOPE_BYTES as u64;
    Message::next(stream)?.ok_or(WireError::Short { found: 0, needed })
}

/// Nothing may follow.
pub(super) fn ended(stream: &mut dyn Read) -> Result<(), WireError> {
    let mut one = [0];
    match stream.read(&mut one)? {
        0 => Ok(()),
        _ => Err(Malformed::new("end", "more messages than it says").into()),
    }
}

/// An error of a message, with the file that it is in.
pub(super) fn in_file(file: &str, error: engine::EngineError) -> ServiceError {
    match error {
        engine::EngineError::Wire(source) => ServiceError::of(file)(source),
        engine::EngineError::Scheme { scheme, reason } => {
            ServiceError::Refused(format!("{file}: {scheme}: {reason}"))
        }
        other => other.into(),
    }
}
