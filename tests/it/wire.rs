//! What every scheme must do: client and server share nothing but bytes, and bytes that are not what they
//! should be are refused.

use cryptoscope::circuit::{Circuit, Plan, Program, RealCircuit, SchemeKind, StageKind};
use cryptoscope::engine::{
    Bfv, Bgv, Ckks, CkksOffered, Client, Crt, EngineError, Noop, RealNoop, Scheme, Server,
    WireClock, combined, read_reals,
};
use cryptoscope::inference::{Compiled, Session};
use cryptoscope::progress::{Cancel, Watch};
use cryptoscope::ring::Seed;
use cryptoscope::scenario::{Scenario, Sources};
use cryptoscope::wire::{Message, WireError};
use std::sync::Arc;

const OFFER: [u8; 32] = [3; 32];

/// Whether outputs of each plaintext modulus, a vector of slots per output, are right.
type IsRight<'a, V> = Box<dyn Fn(&[Vec<Vec<V>>]) -> bool + 'a>;

/// A scheme with everything that its two sides need, and what comes out.
struct Case<'a, S: Scheme> {
    plan: &'a Plan,
    parameters: Vec<S::Parameters>,
    program: &'a S::Program,
    /// Inputs, sample after sample, and their width.
    inputs: Vec<S::Value>,
    width: usize,
    /// Whether decrypted plaintext moduli are what the reference network gives.
    is_right: IsRight<'a, S::Value>,
    /// Whether there are keys, so that another client reads something else.
    has_keys: bool,
    /// Whether the program needs the evaluation keys at all.
    uses_keys: bool,
    /// Whether a seed repeats ciphertexts.
    repeats: bool,
}

/// The client's messages: keys of each plaintext modulus, requests of each plaintext modulus.
type Sent = (Vec<Vec<u8>>, Vec<Vec<u8>>);

impl<S: Scheme> Case<'_, S> {
    fn client(&self, seed: u64) -> (Client<S>, Vec<Vec<u8>>) {
        let (parameters, seed) = (self.parameters.clone(), Seed::from_number(seed));
        let made = Client::<S>::new(parameters, self.width, OFFER, seed, &Watch::silent());
        made.expect("keys")
    }

    fn requests(&self, client: &Client<S>) -> Vec<Vec<u8>> {
        let moduli = 0..self.parameters.len();
        let watch = Watch::silent();
        moduli
            .map(|modulus| {
                let found = client.encrypt(modulus, 0, &self.inputs, &watch).expect("encrypted");
                client.send(modulus, 0, &found, &mut WireClock::default())
            })
            .collect()
    }

    fn server(&self, keys: &[Vec<u8>]) -> Server<'_, S> {
        let watch = Watch::silent();
        let keys = Server::<S>::receive_keys(&self.parameters, &OFFER, keys, &watch);
        Server::new(self.parameters.clone(), self.program, &[], OFFER, keys.expect("keys"))
    }

    fn answers(&self, (keys, requests): &Sent) -> Vec<Vec<u8>> {
        let server = self.server(keys);
        let each = requests.iter().enumerate();
        each.map(|(modulus, request)| {
            let mut clock = WireClock::default();
            let inputs = server.receive(modulus, 0, request, &mut clock).expect("received");
            let watch = Watch::silent();
            let found =
                server.evaluate(modulus, inputs, false, &watch, &|_| ()).expect("evaluated");
            assert!(found.probes.is_empty(), "no taps but in analysis");
            server.send(modulus, 0, &found.outputs, &mut clock)
        })
        .collect()
    }

    fn read(&self, client: &Client<S>, answers: &[Vec<u8>]) -> Vec<Vec<Vec<S::Value>>> {
        let each = answers.iter().enumerate();
        each.map(|(modulus, answer)| {
            let outputs = client.receive(modulus, 0, answer, &mut WireClock::default());
            client.decrypt(modulus, &outputs.expect("received")).expect("decrypted").vectors
        })
        .collect()
    }

    /// The whole of it.
    fn hold(&self) {
        let (client, keys) = self.client(5);
        let sent = (keys, self.requests(&client));
        let answers = self.answers(&sent);
        assert!((self.is_right)(&self.read(&client, &answers)));

        if self.has_keys {
            let bytes = &self.plan.bytes;
            let len = |all: &[Vec<u8>]| all.iter().map(|m| m.len() as u64).sum::<u64>();
            assert_eq!(len(&sent.0), bytes.evaluation_keys, "keys as planned");
            assert_eq!(len(&sent.1), bytes.upload, "upload as planned");
            assert_eq!(len(&answers), bytes.download, "download as planned");
            // Another client's secret reads nothing.
            let (other, _) = self.client(6);
            assert!(!(self.is_right)(&self.read(&other, &answers)));
            // And a server with another client's keys gives nothing to read, where it needs keys.
            let foreign = (self.client(6).1, sent.1.clone());
            let is_right = (self.is_right)(&self.read(&client, &self.answers(&foreign)));
            assert_eq!(is_right, !self.uses_keys);
        }
        if self.repeats {
            let (again, keys) = self.client(5);
            assert!(keys == sent.0 && self.requests(&again) == sent.1, "a seed repeats");
        }
        self.stop();
        self.refuse(&client, &sent, &answers);
    }

    /// Encryption and evaluation stop when asked.
    fn stop(&self) {
        let cancel = Cancel::default();
        cancel.cancel();
        let watch = Watch::new(cancel, &|_| ());
        let (client, keys) = self.client(5);
        let stopped = client.encrypt(0, 0, &self.inputs, &watch);
        assert!(matches!(stopped.err(), Some(EngineError::Cancelled(_))));
        let request = &self.requests(&client)[0];
        let server = self.server(&keys);
        let inputs = server.receive(0, 0, request, &mut WireClock::default()).expect("received");
        let stopped = server.evaluate(0, inputs, false, &watch, &|_| ());
        assert!(matches!(stopped.err(), Some(EngineError::Cancelled(_))));
    }

    /// Bytes that were cut, changed, or are of something else.
    fn refuse(&self, client: &Client<S>, (keys, requests): &Sent, answers: &[Vec<u8>]) {
        let server = self.server(keys);
        let clock = || WireClock::default();
        let (request, answer) = (&requests[0], &answers[0]);
        let by_server = |bytes: &[u8]| server.receive(0, 0, bytes, &mut clock()).is_err();
        let by_client = |bytes: &[u8]| client.receive(0, 0, bytes, &mut clock()).is_err();
        assert!(by_server(answer) && by_server(&keys[0]) && by_client(request));
        assert!(server.receive(0, 1, request, &mut clock()).is_err(), "of another batch");
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
        let (parameters, seed) = (self.parameters.clone(), Seed::from_number(5));
        let other = Client::<S>::new(parameters, self.width, [4; 32], seed, &Watch::silent());
        let (other, _) = other.expect("keys");
        let foreign = &self.requests(&other)[0];
        let found = server.receive(0, 0, foreign, &mut clock()).err();
        assert!(matches!(found, Some(EngineError::Wire(WireError::Offer { .. }))));
        assert!(Message::open(foreign).is_ok());
    }
}

fn session(name: &str, settings: &[&str]) -> Session {
    let start = Scenario::open(name).expect("built in");
    let scenario =
        settings.iter().fold(start, |s, setting| s.with_setting(setting).expect("a setting"));
    Session::open(&scenario, &Sources::default()).expect("opens")
}

fn integers(settings: &[&str]) -> (Session, Arc<Circuit>) {
    let session = session("hospital", settings);
    let circuit = session.circuit(&Cancel::default()).expect("planned");
    (session, circuit)
}

fn integer_case<'a, S: Scheme<Value = i64>>(
    session: &Session,
    circuit: &'a Circuit,
    parameters: Vec<S::Parameters>,
    program: &'a S::Program,
    has_keys: bool,
    repeats: bool,
) -> Case<'a, S> {
    let inputs = circuit.network.quantise_inputs(&session.dataset.test().inputs);
    let expected = circuit.network.evaluate(&inputs, &[], &Watch::silent()).expect("runs").outputs;
    let samples = session.dataset.test().len();
    let crt = Crt::new(&circuit.moduli);
    let is_right = move |moduli: &[Vec<Vec<i64>>]| {
        let of = |vectors: &Vec<Vec<i64>>| cryptoscope::engine::ModulusAnswer {
            vectors: vectors.clone(),
            margin_bits: 0.0,
        };
        let moduli: Vec<_> = moduli.iter().map(of).collect();
        combined(&crt, &moduli, samples) == expected
    };
    Case {
        plan: &circuit.plan,
        parameters,
        program,
        inputs: inputs.iter().map(|x| i64::from(*x)).collect(),
        width: circuit.network.inputs(),
        is_right: Box::new(is_right),
        has_keys,
        // Our schemes leave the last square as it is; BFV relinearises every one.
        uses_keys: has_keys && circuit.plan.scheme == SchemeKind::Bfv,
        repeats,
    }
}

#[test]
fn bgv_crosses_in_bytes() {
    // Two plaintext moduli: two messages to a batch.
    for settings in [&["scheme.kind=bgv"][..], &["scheme.kind=bgv", "scheme.plaintext_bits=20"]] {
        let (session, circuit) = integers(settings);
        let Program::Bgv(program) = &circuit.program else { panic!("planned for BGV") };
        let parameters = program.parameters.clone();
        integer_case::<Bgv>(&session, &circuit, parameters, program, true, true).hold();
    }
}

#[test]
fn bfv_crosses_in_bytes() {
    let (session, circuit) = integers(&["scheme.kind=bfv"]);
    let Program::Bfv(program) = &circuit.program else { panic!("planned for BFV") };
    let parameters = program.parameters.clone();
    // Its masks are those of its library, seeded by the system.
    integer_case::<Bfv>(&session, &circuit, parameters, program, true, false).hold();
}

#[test]
fn plain_integers_cross_in_bytes() {
    let (session, circuit) = integers(&["scheme.kind=bgv"]);
    integer_case::<Noop>(&session, &circuit, circuit.moduli.clone(), &circuit, false, true).hold();
}

fn real_case<'a, S: Scheme<Value = f64>>(
    session: &Session,
    circuit: &'a RealCircuit,
    parameters: S::Parameters,
    program: &'a S::Program,
    has_keys: bool,
) -> Case<'a, S> {
    let inputs = circuit.network.inputs_of(&session.dataset.test().inputs);
    let expected = circuit.network.evaluate(&inputs, &[], &Watch::silent()).expect("runs").outputs;
    let samples = session.dataset.test().len();
    let bound = circuit.plan.approximate.as_ref().map_or(0.0, |a| a.error_bound);
    let is_right = move |moduli: &[Vec<Vec<f64>>]| {
        let of = |vectors: &Vec<Vec<f64>>| cryptoscope::engine::ModulusAnswer {
            vectors: vectors.clone(),
            margin_bits: 0.0,
        };
        let moduli: Vec<_> = moduli.iter().map(of).collect();
        let found = read_reals(&moduli, samples);
        found.len() == expected.len()
            && found.iter().zip(&expected).all(|(a, b)| (a - b).abs() <= bound)
    };
    Case {
        plan: &circuit.plan,
        parameters: vec![parameters],
        program,
        inputs,
        width: circuit.network.inputs(),
        is_right: Box::new(is_right),
        has_keys,
        uses_keys: has_keys && circuit.plan.stages.iter().any(|s| s.kind == StageKind::Polynomial),
        repeats: true,
    }
}

#[test]
fn ckks_crosses_in_bytes() {
    let cubic = ["activation.method=minimax", "activation.degree=3", "activation.interval=8"];
    for (name, settings) in [("hospital", &[][..]), ("cryptonn-hospital", &cubic)] {
        let session = session(name, &[settings, &["scheme.kind=ckks"]].concat());
        let Ok(Compiled::Real(circuit)) = session.compiled(&Cancel::default()) else {
            panic!("planned for CKKS")
        };
        let program = &circuit.program;
        let offered = CkksOffered {
            parameters: program.parameters.clone(),
            input_scale: program.input_scale.clone(),
        };
        real_case::<Ckks>(&session, &circuit, offered, program, true).hold();
        real_case::<RealNoop>(&session, &circuit, (), &circuit, false).hold();
    }
}
