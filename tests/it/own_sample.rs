//! A sample of a person's own is answered as the same sample of a dataset is, and a value under encryption
//! is what was encrypted, under every scheme.

use cryptoscope::inference::Session;
use cryptoscope::progress::Cancel;
use cryptoscope::report::{Event, Sample};
use cryptoscope::scenario::{Scenario, Sources};
use std::sync::{Arc, Mutex};

fn session(scheme: &str) -> Session {
    let scenario = Scenario::open("digits").unwrap();
    let scenario = scenario.with_setting(&format!("scheme.kind={scheme}")).unwrap();
    let scenario = scenario.with_setting("images=5").unwrap();
    Session::open(&scenario, &Sources::default()).unwrap()
}

fn samples(session: &Session) -> Vec<Sample> {
    let all = Mutex::new(Vec::new());
    let on_event = |event| {
        if let Event::Samples(more) = event {
            all.lock().unwrap().extend(more);
        }
    };
    session.run(&Cancel::default(), &on_event).unwrap();
    all.into_inner().unwrap()
}

#[test]
fn an_own_sample_is_answered_as_that_of_the_dataset_is() {
    let cancel = Cancel::default();
    for scheme in ["bgv", "bfv", "ckks"] {
        let session = session(scheme);
        let of_run = samples(&session);
        let own = session.own_samples(&cancel).unwrap();
        for at in [3, 1] {
            let raw: Arc<[f32]> = session.dataset.test().inputs[at * 64..(at + 1) * 64].into();
            let answer = own.answer(&raw, &cancel).unwrap();
            assert!(!answer.wrong && answer.secs > 0.0);
            let (expected, found) = (&of_run[at], &answer.sample);
            assert_eq!(found.label, None);
            assert_eq!(found.encrypted, expected.encrypted);
            assert_eq!(found.plain_logits, expected.plain_logits);
            let far = found.encrypted_logits.iter().zip(&expected.encrypted_logits);
            let far = far.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            let bound = if scheme == "ckks" { 0.05 } else { 0.0 };
            assert!(far <= bound, "{scheme}: {far}");
        }
        // Values that are none are refused.
        assert!(own.answer(&[0.0; 63].into(), &cancel).is_err());
        assert!(own.answer(&[f32::NAN; 64].into(), &cancel).is_err());
        let layer = own.look_layer(&session.dataset.test().inputs[..64].into(), "none", &cancel);
        assert!(layer.unwrap_err().to_string().contains("no stage"));
    }
}

#[test]
fn a_value_decrypts_to_itself_and_to_something_else_with_a_bit_flipped() {
    let cancel = Cancel::default();
    for scheme in ["bgv", "bfv", "ckks", "tfhe"] {
        let session = session(scheme);
        let raw = &session.dataset.test().inputs;
        for (sample, value) in [(0, 3), (4, 20)] {
            let seen = session.look(sample, value, &cancel).unwrap();
            assert_eq!(seen.scheme.to_lowercase(), scheme);
            assert_eq!(seen.raw, raw[sample * 64 + value]);
            let bound = if scheme == "ckks" { 0.01 } else { 0.0 };
            assert!((seen.decrypted - seen.encoded).abs() <= bound, "{scheme} {}", seen.decrypted);
            assert!((seen.garbage - seen.encoded).abs() > 0.9, "{scheme} {}", seen.garbage);
            // What is sent is at least as long as its bits say, and the samples share it but under TFHE.
            assert!(seen.looked.bytes as usize * 8 > seen.looked.flipped.bits);
            assert_eq!(seen.samples, if scheme == "tfhe" { 1 } else { 5 });
        }
        assert!(session.look(5, 0, &cancel).is_err() && session.look(0, 64, &cancel).is_err());
    }
}
