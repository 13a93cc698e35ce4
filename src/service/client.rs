//! The client: keys, a request, and what the answer says.

use super::answers::Answers;
use super::error::ServiceError;
use super::head::Head;
use super::record::{Record, VERSION};
use super::samples::Samples;
use super::server::{ended, in_file, next};
use engine::{Client, Crt, Job, ModulusAnswer, Offer, Offered, Scheme, Slot, WireClock};
use progress::{Cancel, Step, Watch};
use ring::Seed;
use std::io::{Read, Write};
use std::ops::Range;
use wire::{Draft, Envelope, Kind, Malformed, Message};

/// The keys of a client.
pub struct KeyPair {
    /// The message with the secret: the client's own.
    pub secret: Vec<u8>,
    /// The messages for the server.
    pub evaluation: Vec<u8>,
}

/// New keys for an offer from `seed`, which must be as secret as the key.
///
/// # Errors
/// When the scheme fails, or the work is stopped.
pub fn keygen(
    offered: &Offered,
    seed: &Seed,
    cancel: &Cancel,
    progress: &(dyn Fn(f64) + Sync),
) -> Result<KeyPair, ServiceError> {
    let envelope =
        Envelope { kind: Kind::SecretKey, offer: offered.identity, batch: 0, modulus: 0 };
    let mut draft = Draft::new(&envelope);
    draft.body().extend_from_slice(&seed.to_bytes());
    let job = Keygen { offered, seed, cancel, progress };
    let evaluation = offered.offer.scheme.run_with(job)??;
    Ok(KeyPair { secret: draft.seal(), evaluation })
}

struct Keygen<'a> {
    offered: &'a Offered,
    seed: &'a Seed,
    cancel: &'a Cancel,
    progress: &'a (dyn Fn(f64) + Sync),
}

impl Job for Keygen<'_> {
    type Output = Result<Vec<u8>, ServiceError>;

    fn run<S: Scheme<Value: Slot>>(
        self,
        parameters: Vec<S::Parameters>,
    ) -> Result<Vec<u8>, ServiceError> {
        let told = |s: Step| (self.progress)(s.done as f64 / s.total.max(1) as f64);
        let watch = Watch::new(self.cancel.clone(), &told);
        Ok(client::<S>(self.offered, parameters, self.seed)?.evaluation_keys(&watch)?.concat())
    }
}

/// A client, which makes no more than its secret keys.
fn client<S: Scheme>(
    offered: &Offered,
    parameters: Vec<S::Parameters>,
    seed: &Seed,
) -> Result<Client<S>, ServiceError> {
    let (width, offer) = (offered.offer.encoding.width(), offered.identity);
    Ok(Client::<S>::new(parameters, width, offer, seed.clone())?)
}

/// The seed in the message of a secret key of this offer.
fn secret_of(offered: &Offered, bytes: &[u8]) -> Result<Seed, ServiceError> {
    let of_key = ServiceError::of("secret key");
    let message = Message::open(bytes).and_then(|m| m.expect(Kind::SecretKey, &offered.identity));
    let body = message.map_err(&of_key)?.body;
    let seed: [u8; 32] = body.try_into().map_err(|_| {
        let reason = format!("{} bytes where 32 are needed", body.len());
        of_key(Malformed::new("seed", reason).into())
    })?;
    Ok(Seed::from_bytes(seed))
}

/// Encrypts samples, message by message: one batch is in memory at a time. `randomness` is for the masks
/// and errors alone, and must not be used again.
///
/// # Errors
/// When a file is not what it should be, or the work is stopped.
pub fn encrypt(
    offered: &Offered,
    secret: &[u8],
    samples: &Samples,
    randomness: &Seed,
    request: &mut dyn Write,
    cancel: &Cancel,
    progress: &(dyn Fn(f64) + Sync),
) -> Result<Record, ServiceError> {
    let seed = secret_of(offered, secret)?;
    samples.fit(&offered.offer)?;
    let work = Encrypt { offered, seed, samples, randomness, request, cancel, progress };
    offered.offer.scheme.run_with(work)?
}

struct Encrypt<'a> {
    offered: &'a Offered,
    seed: Seed,
    samples: &'a Samples,
    randomness: &'a Seed,
    request: &'a mut dyn Write,
    cancel: &'a Cancel,
    progress: &'a (dyn Fn(f64) + Sync),
}

/// How samples and check samples lie in the batches of a request.
pub(super) struct Layout {
    /// Samples of each batch.
    pub batch_samples: usize,
    /// Check samples of each batch.
    pub checks: usize,
    pub batches: usize,
}

impl Layout {
    /// Of a request with so many samples.
    fn of(offer: &Offer, samples: usize) -> Self {
        let (slots, checks) = (offer.slots(), offer.checks.len());
        if slots == 1 {
            // A batch is a sample: those that are checked come after all others.
            return Self { batch_samples: 1, checks: 0, batches: samples + checks };
        }
        let batch_samples = slots - checks;
        Self { batch_samples, checks, batches: samples.div_ceil(batch_samples) }
    }

    /// Which check samples a batch has.
    fn checks_of(&self, offer: &Offer, samples: usize, batch: usize) -> Range<usize> {
        match batch.checked_sub(samples).filter(|_| self.batch_samples == 1) {
            Some(extra) => extra..(extra + 1).min(offer.checks.len()),
            None => 0..self.checks,
        }
    }
}

impl Job for Encrypt<'_> {
    type Output = Result<Record, ServiceError>;

    fn run<S: Scheme<Value: Slot>>(
        self,
        parameters: Vec<S::Parameters>,
    ) -> Result<Record, ServiceError> {
        let Self { offered, samples, .. } = self;
        let offer = &offered.offer;
        let moduli = parameters.len();
        let client = client::<S>(offered, parameters, &self.seed)?;
        let client = client.with_randomness(self.randomness.derive("request", 0));
        let layout = Layout::of(offer, samples.count);
        let id: String = self
            .randomness
            .derive("name", 0)
            .to_bytes()
            .iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let head = Head { id: id.clone(), batches: layout.batches, moduli };
        let io = |e: std::io::Error| ServiceError::of("request")(e.into());
        self.request.write_all(&head.seal(Kind::Request, offered.identity)).map_err(io)?;
        let all = (layout.batches * moduli) as f64;
        for (at, (batch, modulus)) in head.messages().enumerate() {
            let first = batch * layout.batch_samples;
            let checks = layout.checks_of(offer, samples.count, batch);
            let checks = offer.checks.get(checks).unwrap_or_default();
            let vectors = samples.vectors(offer, first..first + layout.batch_samples, checks)?;
            let slots = |vector: Vec<f64>| vector.into_iter().map(S::Value::of).collect();
            let vectors: Vec<Vec<S::Value>> = vectors.into_iter().map(slots).collect();
            let told = |s: Step| {
                (self.progress)((at as f64 + s.done as f64 / s.total.max(1) as f64) / all);
            };
            let watch = Watch::new(self.cancel.clone(), &told);
            let encrypted = client.encrypt_vectors(modulus, batch, &vectors, &watch)?;
            let request = &mut *self.request;
            client.send(modulus, batch, encrypted, &mut WireClock::default(), |part| {
                request.write_all(part).map_err(io)
            })?;
        }
        Ok(Record {
            version: VERSION,
            id,
            offer: hexadecimal(&offered.identity),
            data: samples.name.clone(),
            samples: samples.count,
            batch_samples: layout.batch_samples,
            checks: layout.checks,
            known: samples.known.clone(),
        })
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Decrypts an answer; `record_of` finds the record of the request with a name.
///
/// # Errors
/// When a file is not what it should be, or the work is stopped.
pub fn decrypt(
    offered: &Offered,
    secret: &[u8],
    answer: &mut dyn Read,
    record_of: &dyn Fn(&str) -> Result<Record, ServiceError>,
    cancel: &Cancel,
    progress: &(dyn Fn(f64) + Sync),
) -> Result<Answers, ServiceError> {
    let seed = secret_of(offered, secret)?;
    let job = Decrypt { offered, seed, answer, record_of, cancel, progress };
    offered.offer.scheme.run_with(job)?
}

struct Decrypt<'a> {
    offered: &'a Offered,
    seed: Seed,
    answer: &'a mut dyn Read,
    record_of: &'a dyn Fn(&str) -> Result<Record, ServiceError>,
    cancel: &'a Cancel,
    progress: &'a (dyn Fn(f64) + Sync),
}

impl Job for Decrypt<'_> {
    type Output = Result<Answers, ServiceError>;

    fn run<S: Scheme<Value: Slot>>(
        self,
        parameters: Vec<S::Parameters>,
    ) -> Result<Answers, ServiceError> {
        let Self { offered, .. } = self;
        let offer = &offered.offer;
        let of_answer = ServiceError::of("answer");
        let first = next(self.answer).map_err(&of_answer)?;
        let head = Head::open(&first, Kind::Answer, &offered.identity).map_err(&of_answer)?;
        let record = (self.record_of)(&head.id)?;
        let layout = Layout::of(offer, record.samples);
        let fits = record.version == VERSION
            && record.offer == hexadecimal(&offered.identity)
            && record.id == head.id
            && (head.batches, head.moduli) == (layout.batches, parameters.len())
            && (record.batch_samples, record.checks) == (layout.batch_samples, layout.checks)
            && record.known.as_ref().is_none_or(|known| known.len() == record.samples);
        if !fits {
            return Err(ServiceError::Refused(format!(
                "record of request {}: it is not of this offer and answer",
                head.id
            )));
        }
        let watch = Watch::new(self.cancel.clone(), &|_| ());
        let count = parameters.len();
        let client = client::<S>(offered, parameters, &self.seed)?;
        let moduli = offer.scheme.plaintext_moduli();
        let crt = Crt::new(&moduli);
        let mut answers = Answers::new(offer, &record);
        for batch in 0..head.batches {
            let mut found = Vec::with_capacity(count);
            for modulus in 0..count {
                watch.check()?;
                let bytes = next(self.answer).map_err(&of_answer)?;
                let outputs = client
                    .receive(modulus, batch, &bytes, &mut WireClock::default())
                    .map_err(|e| in_file("answer", e))?;
                found.push(client.decrypt(modulus, &outputs)?);
            }
            let outputs = |sample: usize| outputs_of(&found, &crt, !moduli.is_empty(), sample);
            let margin = found.iter().map(|b| b.margin_bits).fold(f64::INFINITY, f64::min);
            let here = layout
                .batch_samples
                .min(record.samples.saturating_sub(batch * layout.batch_samples));
            let checks = layout.checks_of(offer, record.samples, batch);
            answers.add(offer, margin, (here, checks), &outputs);
            (self.progress)((batch + 1) as f64 / head.batches as f64);
        }
        ended(self.answer).map_err(of_answer)?;
        Ok(answers)
    }
}

/// Outputs of one sample of a batch, in their own units.
fn outputs_of<V: Slot>(
    answers: &[ModulusAnswer<V>],
    crt: &Crt,
    exact: bool,
    sample: usize,
) -> Vec<f64> {
    let outputs = answers.first().map_or(0, |b| b.vectors.len());
    let slot = |modulus: &ModulusAnswer<V>, output: usize| {
        modulus.vectors.get(output).and_then(|v| v.get(sample)).copied()
    };
    let one = |output: usize| match exact {
        true => {
            let each = answers.iter().map(|b| slot(b, output).map_or(0, Slot::residue));
            crt.combine(&each.collect::<Vec<_>>()) as f64
        }
        false => answers.first().and_then(|b| slot(b, output)).map_or(f64::NAN, Slot::real),
    };
    (0..outputs).map(one).collect()
}
