//! Client and server that share nothing but bytes.

use cryptoscope::circuit::Program;
use cryptoscope::progress::{Cancel, Watch};
use cryptoscope::ring::Seed;
use cryptoscope::run::{Backend, Bgv, Client, Scenario, Server, Session, Sources};
use cryptoscope::scheme::bgv::{Ciphertext, EvaluationKeys, FreshBatch};

#[test]
fn answers_are_the_same_when_every_message_crosses_as_bytes() {
    let scenario = Scenario::open("hospital").unwrap();
    let session = Session::open(&scenario, &Sources::default()).unwrap();
    let circuit = session.circuit(&Cancel::default()).unwrap();
    let Program::Bgv(program) = &circuit.program else {
        panic!("BGV is the choice for exact integers")
    };
    let backend = Bgv::new(&circuit, program);
    let parameters = &program.parameters[0];
    let watch = Watch::silent();
    let raw = &session.dataset.test().inputs;
    let inputs = circuit.network.quantise_inputs(raw);
    let expected = circuit.network.evaluate(&inputs, &[], &watch).unwrap();
    let samples = session.dataset.test().len();

    let (client, keys) = Client::new(&backend, Seed::from_number(5), &watch).unwrap();
    let encrypted = client.encrypt(0, 0, &inputs, &watch).unwrap();
    let (key_bytes, upload) = (keys[0].to_bytes(parameters), encrypted.to_bytes(parameters));
    assert_eq!(key_bytes.len() as u64, backend.key_bytes(0, &keys[0]));
    assert_eq!(upload.len() as u64, backend.input_bytes(0, &encrypted));
    assert_eq!(circuit.plan.bytes.evaluation_keys, key_bytes.len() as u64);
    assert_eq!(circuit.plan.bytes.upload, upload.len() as u64);

    let received = EvaluationKeys::from_bytes(parameters, &key_bytes).unwrap();
    let server = Server::new(&backend, vec![received]);
    let inputs = FreshBatch::from_bytes(parameters, &upload).unwrap();
    let evaluated = server.evaluate(0, inputs, false, &watch, &|_| ()).unwrap();
    assert!(evaluated.taps.is_empty(), "no taps but in analysis");
    let download = Ciphertext::many_to_bytes(parameters, &evaluated.outputs);
    assert_eq!(circuit.plan.bytes.download, download.len() as u64);

    let outputs = Ciphertext::many_from_bytes(parameters, &download).unwrap();
    let answer = client.decrypt(0, &outputs).unwrap();
    assert_eq!(client.combine(&[answer], samples).outputs, expected.outputs);

    // Another client's secret reads nothing.
    let (other, _) = Client::new(&backend, Seed::from_number(6), &watch).unwrap();
    let answer = other.decrypt(0, &outputs).unwrap();
    assert_ne!(other.combine(&[answer], samples).outputs, expected.outputs);
}
