//! What every scheme must do: client and server share nothing but bytes, bytes that are not what they
//! should be are refused, every phase can be stopped, a seed repeats, noise is as predicted, and what goes
//! past the budget is told.

use cryptoscope::circuit::{Circuit, Plan, PlanBytes, Program, SchemeKind, StageKind};
use cryptoscope::engine::{
    Bfv, Bgv, Ckks, CkksOffered, Client, Crt, EngineError, Incoming, Levelled, ModulusAnswer, Noop,
    Offer, OfferedScheme, RealNoop, Scheme, Server, WireClock, combined,
};
use cryptoscope::experiment::Experiment;
use cryptoscope::inference::{Compiled, Session};
use cryptoscope::progress::{Cancel, Watch};
use cryptoscope::recurrent::{SequenceSession, ServedSequences};
use cryptoscope::ring::Seed;
use cryptoscope::scenario::{Scenario, Sources};
use cryptoscope::wire::{Message, WireError};

const OFFER: [u8; 32] = [3; 32];

/// Decrypted outputs of each plaintext modulus: a vector of slots per output.
type Outputs<V> = Vec<Vec<Vec<V>>>;

/// Whether they are right.
type IsRight<'a, V> = Box<dyn Fn(&Outputs<V>) -> bool + 'a>;

/// A scheme with everything that its two sides need, and what comes out: the check samples of its offer,
/// whose outputs the reference network gives.
struct Case<'a, S: Scheme> {
    parameters: Vec<S::Parameters>,
    program: &'a S::Program,
    /// A vector (a value per slot) per input.
    vectors: Vec<Vec<S::Value>>,
    /// Whether decrypted plaintext moduli are what the reference network gives.
    is_right: IsRight<'a, S::Value>,
    /// Sizes of keys and messages by the plan, where they are planned: there are no messages without
    /// encryption, and those of sequences are planned of their conversation.
    planned: Option<PlanBytes>,
    /// Whether there are keys, so that another client reads something else.
    has_keys: bool,
    /// Whether the program needs the evaluation keys at all.
    uses_keys: bool,
    /// Whether a seed repeats ciphertexts.
    repeats: bool,
}

/// A request: its parts.
type Parts = Vec<Vec<u8>>;

/// The client's messages: keys of each plaintext modulus, requests of each plaintext modulus.
type Sent = (Vec<Vec<u8>>, Vec<Parts>);

/// What a server makes of a request: nothing while parts are missing.
fn received<S: Scheme>(
    server: &Server<S>,
    modulus: usize,
    parts: &[Vec<u8>],
) -> Result<Option<S::Inputs>, EngineError> {
    let (mut incoming, mut inputs) = (Incoming::default(), None);
    for part in parts {
        assert!(inputs.is_none(), "more parts than it says");
        inputs = server.receive(modulus, 0, part, &mut incoming, &mut WireClock::default())?;
    }
    Ok(inputs)
}

impl<S: Scheme> Case<'_, S> {
    fn client_of(&self, offer: [u8; 32], seed: u64) -> Client<S> {
        let (parameters, seed) = (self.parameters.clone(), Seed::from_number(seed));
        Client::<S>::new(parameters, self.vectors.len(), offer, seed).expect("secrets")
    }

    fn client(&self, seed: u64) -> Client<S> {
        self.client_of(OFFER, seed)
    }

    fn keys(&self, client: &Client<S>) -> Vec<Vec<u8>> {
        client.evaluation_keys(&Watch::silent()).expect("keys")
    }

    fn requests(&self, client: &Client<S>) -> Vec<Parts> {
        let moduli = 0..self.parameters.len();
        let watch = Watch::silent();
        moduli
            .map(|modulus| {
                let found =
                    client.encrypt_vectors(modulus, 0, &self.vectors, &watch).expect("encrypted");
                let mut parts = Parts::new();
                let sent = client.send(modulus, 0, found, &mut WireClock::default(), |part| {
                    parts.push(part.to_vec());
                    Ok::<(), EngineError>(())
                });
                sent.expect("sent");
                parts
            })
            .collect()
    }

    fn server(&self, keys: &[Vec<u8>]) -> Server<'_, S> {
        let watch = Watch::silent();
        let keys = Server::<S>::receive_keys(&self.parameters, &OFFER, keys, &watch);
        Server::new(self.parameters.clone(), self.program, &[], OFFER, keys.expect("keys"))
    }

    fn answers(&self, server: &Server<S>, requests: &[Parts]) -> Vec<Vec<u8>> {
        let each = requests.iter().enumerate();
        each.map(|(modulus, request)| {
            let mut clock = WireClock::default();
            let inputs = received(server, modulus, request).expect("received").expect("whole");
            let watch = Watch::silent();
            let found =
                server.evaluate(modulus, inputs, false, &watch, &|_| ()).expect("evaluated");
            assert!(found.probes.is_empty(), "no taps but in analysis");
            server.send(modulus, 0, &found.outputs, &mut clock)
        })
        .collect()
    }

    fn read(&self, client: &Client<S>, answers: &[Vec<u8>]) -> Outputs<S::Value> {
        let each = answers.iter().enumerate();
        each.map(|(modulus, answer)| {
            let outputs = client.receive(modulus, 0, answer, &mut WireClock::default());
            client.decrypt(modulus, &outputs.expect("received")).expect("decrypted").vectors
        })
        .collect()
    }

    /// The whole of it.
    fn hold(&self) {
        let client = self.client(5);
        let (keys, requests) = (self.keys(&client), self.requests(&client));
        let server = self.server(&keys);
        let answers = self.answers(&server, &requests);
        assert!((self.is_right)(&self.read(&client, &answers)));

        if let Some(bytes) = &self.planned {
            let len = |all: &[Vec<u8>]| all.iter().map(|m| m.len() as u64).sum::<u64>();
            assert_eq!(len(&keys), bytes.evaluation_keys, "keys as planned");
            assert_eq!(len(&requests.concat()), bytes.upload, "upload as planned");
            assert_eq!(len(&answers), bytes.download, "download as planned");
        }
        if self.has_keys {
            // Another client's secret reads nothing.
            let other = self.client(6);
            assert!(!(self.is_right)(&self.read(&other, &answers)));
            // And a server with another client's keys gives nothing to read, where it needs keys.
            let foreign = self.server(&self.keys(&other));
            let read = self.read(&client, &self.answers(&foreign, &requests));
            assert_eq!((self.is_right)(&read), !self.uses_keys);
        }
        if self.repeats {
            let again = self.client(5);
            assert!(self.keys(&again) == keys && self.requests(&again) == requests);
        }
        self.stop(&client, &server, &keys, &requests);
        self.refuse(&client, &server, &(keys, requests), &answers);
    }

    /// Keys, encryption and evaluation stop when asked; decryption is over at once.
    fn stop(&self, client: &Client<S>, server: &Server<S>, keys: &[Vec<u8>], requests: &[Parts]) {
        let cancel = Cancel::default();
        cancel.cancel();
        let watch = Watch::new(cancel, &|_| ());
        let stopped = |error: Option<EngineError>| matches!(error, Some(EngineError::Cancelled(_)));
        assert!(stopped(client.evaluation_keys(&watch).err()));
        assert!(stopped(Server::<S>::receive_keys(&self.parameters, &OFFER, keys, &watch).err()));
        assert!(stopped(client.encrypt_vectors(0, 0, &self.vectors, &watch).err()));
        let inputs = received(server, 0, &requests[0]).expect("received").expect("whole");
        assert!(stopped(server.evaluate(0, inputs, false, &watch, &|_| ()).err()));
    }

    /// Bytes that were cut, changed, or are of something else.
    fn refuse(
        &self,
        client: &Client<S>,
        server: &Server<S>,
        (keys, requests): &Sent,
        answers: &[Vec<u8>],
    ) {
        let clock = || WireClock::default();
        let (parts, answer) = (&requests[0], &answers[0]);
        let request = &parts[0];
        let by_server = |bytes: &[u8]| received(server, 0, &[bytes.to_vec()]).is_err();
        let by_client = |bytes: &[u8]| client.receive(0, 0, bytes, &mut clock()).is_err();
        assert!(by_server(answer) && by_server(&keys[0]) && by_client(request));
        let of_another = server.receive(0, 1, request, &mut Incoming::default(), &mut clock());
        assert!(of_another.is_err(), "of another batch");
        if let [first, second, rest @ ..] = &parts[..] {
            let one_missing = &parts[..parts.len() - 1];
            assert!(matches!(received(server, 0, one_missing), Ok(None)), "a part is missing");
            let swapped = [&[second.clone(), first.clone()], rest].concat();
            let repeated = [first.clone(), first.clone()];
            let skipped = [std::slice::from_ref(first), rest].concat();
            assert!(
                received(server, 0, &swapped).is_err() && received(server, 0, &repeated).is_err()
            );
            assert!(rest.is_empty() || received(server, 0, &skipped).is_err());
            // With another randomness, in its place.
            let other =
                client.encrypt_vectors(0, 1, &self.vectors, &Watch::silent()).expect("encrypted");
            let mut foreign = Parts::new();
            let sent = client.send(0, 0, other, &mut clock(), |part| {
                foreign.push(part.to_vec());
                Ok::<(), EngineError>(())
            });
            sent.expect("sent");
            let mixed = [&[first.clone(), foreign[1].clone()], rest].concat();
            assert!(received(server, 0, &mixed).is_err(), "of two batches");
        }
        for (bytes, refused) in
            [(request, &by_server as &dyn Fn(&[u8]) -> bool), (answer, &by_client)]
        {
            assert!(refused(&[]) && refused(b"PK\x03\x04") && refused(&bytes[..bytes.len() - 1]));
            assert!(refused(&[&bytes[..], &[0]].concat()));
            for at in [0, 5, 9, 45, 60, 70, 100, bytes.len() / 2, bytes.len() - 1] {
                let mut changed = bytes.clone();
                changed[at] ^= 0x10;
                assert!(refused(&changed), "byte {at}");
            }
        }
        // Of another offer, although every byte is right.
        let foreign = &self.requests(&self.client_of([4; 32], 5))[0];
        let found = received(server, 0, foreign).err();
        assert!(matches!(found, Some(EngineError::Wire(WireError::Offer { .. }))));
        assert!(Message::open(&foreign[0]).is_ok());
    }
}

fn scenario(name: &str, settings: &[&str]) -> Scenario {
    let start = Scenario::open(name).expect("built in");
    settings.iter().fold(start, |s, setting| s.with_setting(setting).expect("a setting"))
}

fn session(name: &str, settings: &[&str]) -> Session {
    Session::open(&scenario(name, settings), &Sources::default()).expect("opens")
}

fn compiled(session: &Session) -> (Compiled, Offer) {
    let compiled = session.compiled(&Cancel::default()).expect("planned");
    let offer = session.offer(&compiled).expect("offered").offer;
    (compiled, offer)
}

/// The check samples of an offer: of schemes with slots all of them at once.
fn check_vectors(offer: &Offer) -> Vec<Vec<f64>> {
    let checks = &offer.checks[..offer.checks.len().min(offer.slots())];
    let raw: Vec<f32> = checks.iter().flat_map(|c| c.input.clone()).collect();
    let lengths = match offer.encoding.sequences() {
        Some(sequences) => vec![sequences.steps as u16; checks.len()],
        None => Vec::new(),
    };
    offer.encoding.vectors(&raw, &lengths).expect("fit the offer")
}

/// Whether outputs (a vector of slots per output) in the units of the offer are those of its checks.
fn checks_hold(offer: &Offer, outputs: &[Vec<f64>]) -> bool {
    let checks = offer.checks.iter().take(offer.slots()).enumerate();
    let near = |(slot, check): (usize, &cryptoscope::engine::Check)| {
        let pairs = outputs.iter().zip(&check.outputs);
        pairs.map(|(out, right)| out[slot] - right).all(|off| off.abs() <= check.tolerance)
    };
    outputs.len() == offer.classes.len() && checks.into_iter().all(near)
}

fn integer_case<'a, S: Scheme<Value = i64>>(
    (circuit, offer): (&'a Circuit, &'a Offer),
    parameters: Vec<S::Parameters>,
    program: &'a S::Program,
    has_keys: bool,
    repeats: bool,
) -> Case<'a, S> {
    let crt = Crt::new(&circuit.moduli);
    let is_right = move |moduli: &Outputs<i64>| {
        let of =
            |vectors: &Vec<Vec<i64>>| ModulusAnswer { vectors: vectors.clone(), margin_bits: 0.0 };
        let moduli: Vec<_> = moduli.iter().map(of).collect();
        let (samples, classes) = (offer.checks.len(), offer.classes.len());
        let all = combined(&crt, &moduli, samples);
        let output = |class: usize| {
            let of = all.iter().skip(class).step_by(classes);
            of.map(|y| *y as f64 * offer.output_scale).collect()
        };
        checks_hold(offer, &(0..classes).map(output).collect::<Vec<Vec<f64>>>())
    };
    let integers = |v: Vec<f64>| v.into_iter().map(|x| x as i64).collect();
    Case {
        parameters,
        program,
        vectors: check_vectors(offer).into_iter().map(integers).collect(),
        is_right: Box::new(is_right),
        planned: has_keys.then_some(circuit.plan.bytes),
        has_keys,
        // Our schemes leave the last square as it is; BFV relinearises every one.
        uses_keys: has_keys && circuit.plan.scheme == SchemeKind::Bfv,
        repeats,
    }
}

#[test]
fn bgv_crosses_in_bytes() {
    // Two plaintext moduli: two requests to a batch. Large ciphertexts: requests in several parts.
    for (name, setting) in [
        ("hospital", "images=1"),
        ("hospital", "scheme.plaintext_bits=20"),
        ("digits", "scheme.ring_degree=32768"),
    ] {
        let session = session(name, &["scheme.kind=bgv", setting]);
        let (Compiled::Integer(circuit), offer) = compiled(&session) else {
            panic!("planned for BGV")
        };
        let Program::Bgv(program) = &circuit.program else { panic!("planned for BGV") };
        let (parameters, of) = (program.parameters.clone(), (&*circuit, &offer));
        let case = integer_case::<Bgv>(of, parameters, program, true, true);
        assert_eq!(case.requests(&case.client(5))[0].len() > 1, name == "digits");
        case.hold();
        integer_case::<Noop>(of, circuit.moduli.clone(), &circuit, false, true).hold();
    }
}

#[test]
fn bfv_crosses_in_bytes() {
    let (Compiled::Integer(circuit), offer) = compiled(&session("hospital", &["scheme.kind=bfv"]))
    else {
        panic!("planned for BFV")
    };
    let Program::Bfv(program) = &circuit.program else { panic!("planned for BFV") };
    let (parameters, of) = (program.parameters.clone(), (&*circuit, &offer));
    // Its masks are those of its library, seeded by the system.
    integer_case::<Bfv>(of, parameters, program, true, false).hold();
}

fn real_case<'a, S: Scheme<Value = f64>>(
    offer: &'a Offer,
    planned: Option<&Plan>,
    parameters: S::Parameters,
    program: &'a S::Program,
    uses_keys: bool,
) -> Case<'a, S> {
    let is_right = move |moduli: &Outputs<f64>| {
        let scaled = |out: &Vec<f64>| out.iter().map(|y| y * offer.output_scale).collect();
        checks_hold(offer, &moduli[0].iter().map(scaled).collect::<Vec<Vec<f64>>>())
    };
    Case {
        parameters: vec![parameters],
        program,
        vectors: check_vectors(offer),
        is_right: Box::new(is_right),
        planned: planned.map(|plan| plan.bytes),
        has_keys: true,
        uses_keys,
        repeats: true,
    }
}

#[test]
fn ckks_crosses_in_bytes() {
    let cubic = ["activation.method=minimax", "activation.degree=3", "activation.interval=8"];
    let parts = ["scheme.ring_degree=32768"];
    for (name, settings) in
        [("hospital", &[][..]), ("cryptonn-hospital", &cubic), ("digits", &parts)]
    {
        let session = session(name, &[settings, &["scheme.kind=ckks"]].concat());
        let (Compiled::Real(circuit), offer) = compiled(&session) else {
            panic!("planned for CKKS")
        };
        let program = &circuit.program;
        let offered = CkksOffered {
            parameters: program.parameters.clone(),
            input_scale: program.input_scale.clone(),
        };
        let plan = &circuit.plan;
        let uses_keys = plan.stages.iter().any(|s| s.kind == StageKind::Polynomial);
        real_case::<Ckks>(&offer, Some(plan), offered, program, uses_keys).hold();
        let mut plain = real_case::<RealNoop>(&offer, None, (), &circuit, false);
        plain.has_keys = false;
        plain.hold();
    }
}

#[cfg(feature = "tfhe")]
const LOOKUP: [&str; 3] = ["activation.kind=lookup", "activation.bits=3", "images=1"];

#[cfg(feature = "tfhe")]
#[test]
fn lookup_tables_cross_in_bytes() {
    use cryptoscope::engine::{ServedTables, Tables, TablesOffered};
    let (Compiled::Tables(circuit), offer) = compiled(&session("hospital", &LOOKUP)) else {
        panic!("planned for TFHE")
    };
    let known = (circuit.parameters.clone(), TablesOffered::of(&circuit));
    let program = ServedTables::of(&circuit);
    real_case::<Tables>(&offer, Some(&circuit.plan), known, &program, true).hold();
}

fn offered(settings: &[&str]) -> (Offer, ServedSequences) {
    let scenario = scenario("cryptornn", settings);
    let session = SequenceSession::open(&scenario, &Sources::default()).expect("opens");
    let made = session.offering(&Cancel::default()).expect("offered");
    (made.offered.offer, made.program)
}

#[test]
fn levelled_sequences_cross_in_bytes() {
    let (offer, program) = offered(&["sequence.strategy=levelled", "sequence.steps=3"]);
    let (OfferedScheme::Levelled(levelled), ServedSequences::Levelled(chain)) =
        (&offer.scheme, program)
    else {
        panic!("planned on one chain")
    };
    let program = chain.compiled(levelled).expect("compiles");
    let known = levelled.known().expect("secure");
    real_case::<Levelled>(&offer, None, known, &program, true).hold();
}

#[cfg(feature = "tfhe")]
#[test]
fn bootstrapped_sequences_cross_in_bytes() {
    use cryptoscope::engine::{ServedSteps, Tables};
    let (offer, program) =
        offered(&["sequence.strategy=bootstrap", "sequence.steps=2", "images=2"]);
    let (OfferedScheme::Tfhe(tables), ServedSequences::Tables(program)) = (&offer.scheme, program)
    else {
        panic!("planned for TFHE")
    };
    let known = (tables.parameters().expect("secure"), tables.clone());
    real_case::<Tables<ServedSteps>>(&offer, None, known, &program, true).hold();
}

/// A scenario, its settings, and those that take it past its budget.
type Told = (&'static str, Vec<&'static str>, Option<Vec<&'static str>>);

/// A scenario of each scheme, and what takes it past its budget: nothing does with sequences, whose
/// parameters are not set by hand.
fn every_scheme() -> Vec<Told> {
    let forced = Some(vec!["scheme.prime_count=1", "scheme.past_budget=true"]);
    let bfv = ["scheme.prime_bits=36", "scheme.prime_count=2", "scheme.past_budget=true"];
    let mut all = vec![
        ("digits", vec!["scheme.kind=bgv", "images=200"], forced.clone()),
        ("digits", vec!["scheme.kind=bfv", "images=200"], Some(bfv.to_vec())),
        ("digits", vec!["scheme.kind=ckks", "images=200"], forced),
        ("cryptornn", vec!["sequence.strategy=levelled", "sequence.steps=2", "images=20"], None),
    ];
    if cfg!(feature = "tfhe") {
        let few = vec!["activation.kind=lookup", "activation.bits=3", "images=3"];
        let noisy = vec![
            "activation.bits=6",
            "scheme.lwe_dimension=440",
            "scheme.ring_degree=512",
            "scheme.past_budget=true",
        ];
        all.push(("hospital", few, Some(noisy)));
        let steps = vec!["sequence.strategy=bootstrap", "sequence.steps=2", "images=8"];
        all.push(("cryptornn", steps, None));
    }
    all
}

#[test]
fn noise_is_as_predicted_and_what_goes_past_the_budget_is_told() {
    let run = |name: &str, settings: &[&str]| {
        let scenario = scenario(name, &[settings, &["seed=5"]].concat());
        let experiment = Experiment::open(&scenario, &Sources::default()).expect("opens");
        experiment.run(&Cancel::default(), &|_| ()).expect("runs")
    };
    for (name, settings, past) in every_scheme() {
        let report = run(name, &settings);
        assert!(report.is_right(), "{settings:?}");
        let kinds: Vec<&str> = report.warnings.iter().map(|w| w.kind.as_str()).collect();
        for surprise in ["margin_not_as_predicted", "noise_not_as_predicted"] {
            assert!(!kinds.contains(&surprise), "{settings:?}: {kinds:?}");
        }
        let measured = report.stages.iter().filter(|s| s.margin_bits_measured.is_some()).count();
        assert!(measured > 0, "{settings:?}");
        let Some(past) = past else { continue };
        let report = run(name, &[settings.clone(), past].concat());
        let kinds: Vec<&str> = report.warnings.iter().map(|w| w.kind.as_str()).collect();
        assert!(!report.is_right() && kinds.contains(&"past_budget"), "{settings:?}: {kinds:?}");
    }
}
