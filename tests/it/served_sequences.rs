//! Client and server of sequences as processes that share nothing but files.

use crate::five::{
    DECRYPT, ENCRYPT, EVALUATE, KEYGEN, classes, damage_is_refused, encodings, files, five, holds,
    opened, predicted, refused, right, sources, typed, words,
};
use cryptoscope::network::recurrent::Shorter;
use cryptoscope::progress::Cancel;
use cryptoscope::recurrent::{SequenceSession, ServedSequences};
use cryptoscope::ring::Seed;
use serde_json::Value;
use std::path::Path;

const LEVELLED: &str = "cryptornn --set sequence.strategy=levelled --set sequence.steps=3";
#[cfg(feature = "tfhe")]
const BOOTSTRAPPED: &str = "cryptornn --set sequence.strategy=bootstrap --set sequence.steps=2";

/// The classes are those of `run`, and the scores as near as both may be to the reference.
fn agree(scenario: &str, images: usize) {
    let dir = tempfile::tempdir().expect("a folder");
    let rows = five(dir.path(), scenario, images);
    let run = predicted(scenario, images);
    assert_eq!(classes(&rows), run.classes, "{scenario}");
    for (row, outputs) in rows[1..].iter().zip(&run.outputs) {
        for (score, output) in row[2..].iter().zip(outputs) {
            let score: f64 = score.parse().expect("a number");
            let apart = (score - f64::from(*output)).abs();
            assert!(apart <= 2.0 * run.bound, "{scenario}: {score} {output} {}", run.bound);
        }
    }
}

#[test]
fn levelled_sequences_predict_what_a_run_predicts() {
    agree(LEVELLED, 40);
    // States before the first step are sent where gates multiply them.
    agree(&LEVELLED.replace("steps=3", "steps=1 --set model=cryptornn-gru"), 20);
    // Of an LSTM none is sent: what begins at 0 is left out.
    agree(&LEVELLED.replace("steps=3", "steps=2 --set model=cryptornn-lstm"), 20);
}

#[cfg(feature = "tfhe")]
#[test]
fn bootstrapped_steps_predict_what_a_run_predicts() {
    agree(BOOTSTRAPPED, 2);
}

/// Sequences of different lengths, and words, both of public sets.
#[test]
#[ignore = "needs the data folder (CRYPTOSCOPE_DATA)"]
fn lengths_and_words_predict_what_a_run_predicts() {
    // Some of these sentences have fewer than three words.
    let words = "cryptornn-sentiment --set sequence.strategy=levelled --set sequence.steps=3";
    agree(words, 200);
    let session = SequenceSession::open(&opened(words, 200), &sources()).expect("opens");
    let offer = session.offering(&Cancel::default()).expect("published").offered.offer;
    let encoding = offer.encoding.sequences().expect("of sequences");
    assert!(matches!(encoding.shorter, Shorter::Masked(_)), "{:?}", encoding.shorter);
    assert!(encoding.vocabulary.len() > 1000 && encoding.tokens() == encoding.vocabulary.len());
    #[cfg(feature = "tfhe")]
    agree(&words.replace("levelled", "bootstrap"), 2);
}

/// Numbers of a list somewhere in a program, a row of so many after the other.
fn rows(program: &Value, path: &str, width: usize) -> Vec<Vec<f64>> {
    let list = program.pointer(path).and_then(Value::as_array).expect("a list");
    let numbers: Vec<f64> = list.iter().map(|v| v.as_f64().expect("a number")).collect();
    numbers.chunks(width).map(<[f64]>::to_vec).collect()
}

/// The first weights of some rows of the program of a scenario, in every encoding.
fn weights(scenario: &str, images: usize) -> Vec<Vec<u8>> {
    let session = SequenceSession::open(&opened(scenario, images), &sources());
    let made = session.expect("opens").offering(&Cancel::default()).expect("published");
    let hidden = 8;
    let rows = match made.program {
        ServedSequences::Levelled(chain) => {
            let program = serde_json::to_value(&chain).expect("text");
            rows(&program, "/network/layers/0/cell/Elman/sums/u", hidden)
        }
        #[cfg(feature = "tfhe")]
        ServedSequences::Tables(steps) => {
            rows(&serde_json::to_value(&steps).expect("text"), "/u", hidden)
        }
    };
    let mut sought = Vec::new();
    for eight in rows.iter().take(6) {
        let whole = eight.iter().all(|w| w.fract() == 0.0);
        if whole {
            let integers: Vec<i32> = eight.iter().map(|w| *w as i32).collect();
            sought.push(integers.iter().flat_map(|w| varint((w << 1 ^ w >> 31) as u32)).collect());
        } else {
            sought.push(eight.iter().flat_map(|w| w.to_le_bytes()).collect());
        }
        let eight: Vec<f32> = eight.iter().map(|w| *w as f32).collect();
        let step = if whole { 1.0 } else { 1.0 / 64.0 };
        // Of small integers a few bytes are in every file.
        sought.extend(encodings(&eight, step).into_iter().filter(|part| part.len() >= 16));
    }
    sought
}

/// A number in as many bytes as it needs, seven bits each.
fn varint(mut number: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push((number & 0x7f | 0x80) as u8);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// Runs the five commands and looks for weights at the client and for the seeds of the secret at the
/// server; `parts` of the secret are looked for besides.
fn nothing_leaks(scenario: &str, images: usize, parts: &[Vec<u8>]) {
    let dir = tempfile::tempdir().expect("a folder");
    let at = dir.path();
    right(at, &format!("publish {scenario} --images {images} --out {{}}/service"));
    right(at, &format!("{KEYGEN} --seed 77"));
    right(at, &format!("{ENCRYPT} --images {images}"));
    right(at, EVALUATE);
    right(at, DECRYPT);
    let read = |name: &str| std::fs::read(at.join(name)).expect("a file");
    let sought = weights(scenario, images);
    let program = read("service/program.csp");
    assert!(sought.iter().any(|part| holds(&program, part)), "the search finds what is there");
    let mut clients = files(&at.join("keys"));
    for name in ["service/offer.cso", "request", "answer", "predictions.csv"] {
        clients.push((at.join(name), read(name)));
    }
    for (path, bytes) in &clients {
        let found = sought.iter().position(|part| holds(bytes, part));
        assert_eq!(found, None, "a row of weights in {}", path.display());
        let planted = [bytes.as_slice(), &sought[0]].concat();
        assert!(sought.iter().any(|part| holds(&planted, part)), "planted, it is found");
    }
    let seed = Seed::from_number(77).derive("client", 0);
    let mut parts = parts.to_vec();
    for seed in [&seed, &seed.derive("secret key", 0), &seed.derive("evaluation keys", 0)] {
        let bytes = seed.to_bytes();
        parts.extend([bytes[..16].to_vec(), bytes[16..].to_vec()]);
    }
    assert!(parts.iter().any(|part| holds(&read("keys/secret.key"), part)), "what is there");
    for name in
        ["service/offer.cso", "service/program.csp", "keys/evaluation.keys", "request", "answer"]
    {
        let bytes = read(name);
        assert!(parts.iter().all(|part| !holds(&bytes, part)), "a part of the secret in {name}");
        let planted = [bytes.as_slice(), &parts[0]].concat();
        assert!(parts.iter().any(|part| holds(&planted, part)), "planted, it is found");
    }
}

#[test]
fn no_weight_reaches_the_client_and_no_secret_the_server() {
    let mut ternary = vec![0i64; 512];
    let seed = Seed::from_number(77).derive("client", 0).derive("secret key", 0);
    seed.derive("ckks secret", 0).stream(0).ternary(&mut ternary);
    let mut parts = Vec::new();
    for sixteen in ternary.chunks_exact(16).take(8) {
        parts.push(sixteen.iter().map(|c| *c as i8 as u8).collect::<Vec<u8>>());
        parts.push(sixteen.iter().flat_map(|c| (*c as i32).to_le_bytes()).collect());
        parts.push(sixteen.iter().flat_map(|c| c.to_le_bytes()).collect());
    }
    nothing_leaks(LEVELLED, 5, &parts);
}

#[cfg(feature = "tfhe")]
#[test]
fn no_weight_and_no_secret_of_tables_goes_over_either() {
    nothing_leaks(BOOTSTRAPPED, 1, &[]);
}

/// Keys made anew: what comes back is not to be trusted.
fn other_keys_are_seen(at: &Path) {
    right(at, &format!("{KEYGEN} --force"));
    let (status, out, _) = typed(&words(at, &format!("{DECRYPT} --force")));
    assert_eq!(status, 1, "{out}");
    assert!(out.contains("WRONG: "), "{out}");
}

/// All but the last of the five commands on two samples.
fn four(at: &Path, below: &str, scenario: &str) {
    let here = |line: &str| line.replace("{}", &format!("{{}}{below}"));
    right(at, &here(&format!("publish {scenario} --images 2 --out {{}}/service")));
    right(at, &here(KEYGEN));
    right(at, &here(&format!("{ENCRYPT} --images 2")));
    right(at, &here(EVALUATE));
}

#[test]
fn files_of_sequences_that_are_not_what_they_should_be_are_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    let at = dir.path();
    four(at, "", LEVELLED);
    right(at, DECRYPT);
    let other = LEVELLED.replace("steps=3", "steps=2");
    four(at, "/other", &other);
    damage_is_refused(at, "other", 2);
    other_keys_are_seen(at);
}

#[cfg(feature = "tfhe")]
#[test]
fn damaged_files_of_tables_are_refused_too() {
    let dir = tempfile::tempdir().expect("a folder");
    let at = dir.path();
    four(at, "", BOOTSTRAPPED);
    right(at, DECRYPT);
    four(at, "/other", "hospital --set activation.kind=lookup");
    damage_is_refused(at, "other", 2);
    other_keys_are_seen(at);
}

#[test]
fn strategies_of_many_rounds_name_one_that_is_served() {
    let dir = tempfile::tempdir().expect("a folder");
    for (scenario, served) in [
        ("cryptornn", "sequence.strategy=levelled"),
        ("cryptornn --set sequence.strategy=client_aided", "sequence.strategy=levelled"),
        ("cryptornn --set model=cryptornn-gru", "sequence.steps="),
    ] {
        let told = refused(dir.path(), &format!("publish {scenario} --out {{}}/service"));
        assert!(told.contains("not served by files") && told.contains(served), "{told}");
        assert!(!dir.path().join("service/offer.cso").exists());
    }
    // A chain too long for its primes is refused by its plan.
    let long = "publish cryptornn --set sequence.strategy=levelled --out {}/service";
    assert!(refused(dir.path(), long).contains("the longest is"));
}

#[test]
fn shorter_sequences_of_a_client_are_told_where_none_may_be() {
    let dir = tempfile::tempdir().expect("a folder");
    let at = dir.path();
    right(at, &format!("publish {LEVELLED} --images 2 --out {{}}/service"));
    right(at, KEYGEN);
    let series = |steps: usize| {
        let values = vec!["0.5"; steps].join(",");
        let head = "@problemName own\n@univariate true\n@classLabel true sine square sawtooth pulse\n@data\n";
        let classes = ["sine", "square", "sawtooth", "pulse"];
        let rows: String = (0..8).map(|k| format!("{values}:{}\n", classes[k % 4])).collect();
        std::fs::write(at.join("own.ts"), format!("{head}{rows}")).expect("written");
    };
    let own = "encrypt {}/service/offer.cso --keys {}/keys {}/own.ts --out {}/request --force";
    series(2);
    let told = refused(at, own);
    assert!(told.contains("3 steps"), "{told}");
    // Of longer ones the last steps are taken.
    series(5);
    right(at, own);
    right(at, EVALUATE);
    right(at, DECRYPT);
}
