//! Messages there and back, and what is no message.

use super::*;
use proptest::prelude::*;

fn setting() -> Setting {
    Setting::new(toy(&[45, 37, 40], &[41, 20], 2), 40, &[3, 1, -2])
}

#[test]
fn messages_survive_a_round_trip_and_have_the_stated_length() {
    let x = setting();
    let p = &x.parameters;
    let batch = x.encrypt(&vectors(3, N, 1));
    let bytes = batch.to_bytes(p);
    assert_eq!(bytes.len() as u64, FreshBatch::byte_len(p, 3, 3, &x.scale));
    assert_eq!(FreshBatch::from_bytes(p, &bytes).unwrap(), batch);
    let bytes = x.keys.to_bytes(p);
    assert_eq!(bytes.len() as u64, EvaluationKeys::byte_len(p, 3));
    assert_eq!(EvaluationKeys::from_bytes(p, &bytes).unwrap(), x.keys);
    let square = vec![p.square(&x.ciphertexts(&vectors(1, N, 1))[0]).unwrap(); 2];
    let low = p.rescale(square, 1, &Watch::silent(), "").unwrap();
    let bytes = Ciphertext::many_to_bytes(p, &low);
    assert_eq!(bytes.len() as u64, Ciphertext::byte_len(p, 2, 3, 2, low[0].scale()));
    assert_eq!(Ciphertext::many_from_bytes(p, &bytes).unwrap(), low);
    assert!(Ciphertext::many_from_bytes(p, &Ciphertext::many_to_bytes(p, &[])).unwrap().is_empty());
}

#[test]
fn messages_for_others_are_refused() {
    let x = setting();
    let batch = x.encrypt(&vectors(1, N, 1));
    let bytes = batch.to_bytes(&x.parameters);
    let other = toy(&[45, 37, 40], &[41, 20], 1);
    let error = FreshBatch::from_bytes(&other, &bytes).unwrap_err().to_string();
    assert_eq!(error, "encrypted inputs: made for other parameters; make it again with these");
    let error = EvaluationKeys::from_bytes(&x.parameters, &bytes).unwrap_err().to_string();
    assert_eq!(error, "evaluation keys: message kind 1 where 2 is expected");
    let error = FreshBatch::from_bytes(&x.parameters, b"CSB1 and more").unwrap_err().to_string();
    assert!(error.contains("CSC2"));
    // A scale of 2^-2000: exponent of two is at 27.
    let mut far = bytes;
    far[27..31].copy_from_slice(&(-2000i32).to_le_bytes());
    let error = FreshBatch::from_bytes(&x.parameters, &far).unwrap_err().to_string();
    assert!(error.contains("scale"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn damaged_messages_are_refused_or_read_as_something_else(cut in 0usize..9000, at: usize, bit in 0u8..8) {
        let x = setting();
        let p = &x.parameters;
        let keys = x.keys.to_bytes(p);
        let batch = x.encrypt(&vectors(1, N, 1)).to_bytes(p);
        for bytes in [&keys, &batch] {
            if cut < bytes.len() {
                prop_assert!(FreshBatch::from_bytes(p, &bytes[..cut]).is_err());
                prop_assert!(Ciphertext::many_from_bytes(p, &bytes[..cut]).is_err());
                prop_assert!(EvaluationKeys::from_bytes(p, &bytes[..cut]).is_err());
            }
            let mut flipped = bytes.clone();
            let at = at % bytes.len();
            flipped[at] ^= 1 << bit;
            if let Ok(read) = FreshBatch::from_bytes(p, &flipped) {
                prop_assert!(at >= 25, "magic, kind, fingerprint and count are checked");
                prop_assert_eq!(read.to_bytes(p), flipped.clone());
            }
            if let Ok(read) = EvaluationKeys::from_bytes(p, &flipped) {
                prop_assert!(at >= 32);
                prop_assert_eq!(read.to_bytes(p), flipped);
            }
        }
    }
}
