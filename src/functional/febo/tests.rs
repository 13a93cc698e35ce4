use super::*;
use crate::group::{DlogTable, Encoded};
use proptest::prelude::*;
use ring::{Kernel, Seed};

fn table() -> &'static DlogTable {
    static TABLE: std::sync::OnceLock<DlogTable> = std::sync::OnceLock::new();
    TABLE.get_or_init(|| DlogTable::new(Kernel::best(), 16))
}

fn commitments(ciphertexts: &[Ciphertext]) -> Vec<Encoded> {
    ciphertexts.iter().map(|c| c.commitment).collect()
}

fn run(operation: Operation, x: &[i32], y: &[i64], seed: u64) -> Result<Vec<i64>, FeboError> {
    let seed = Seed::from_number(seed);
    let (master, public) = MasterKey::generate(&seed);
    let ciphertexts = Encryptor::new(&public).encrypt(x, &seed.derive("data", 0));
    let keys = master.derive(operation, &commitments(&ciphertexts), y)?;
    decrypt(operation, &ciphertexts, y, &keys, table(), 1 << 22)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn operations_are_those_of_direct_computation(
        pairs in prop::collection::vec((-2000..=2000_i32, -2000..=2000_i64), 1..12), seed: u64
    ) {
        let (x, y): (Vec<i32>, Vec<i64>) = pairs.into_iter().unzip();
        let each = |f: fn(i64, i64) -> i64| -> Vec<i64> {
            x.iter().zip(&y).map(|(x, y)| f(i64::from(*x), *y)).collect()
        };
        prop_assert_eq!(run(Operation::Add, &x, &y, seed).unwrap(), each(|x, y| x + y));
        prop_assert_eq!(run(Operation::Subtract, &x, &y, seed).unwrap(), each(|x, y| x - y));
        prop_assert_eq!(run(Operation::Multiply, &x, &y, seed).unwrap(), each(|x, y| x * y));
    }

    #[test]
    fn division_is_exact_where_it_divides(
        pairs in prop::collection::vec((-300..=300_i32, 1..=300_i64, any::<bool>()), 1..12), seed: u64
    ) {
        let y: Vec<i64> = pairs.iter().map(|(_, y, negative)| if *negative { -y } else { *y }).collect();
        let x: Vec<i32> = pairs.iter().zip(&y).map(|((q, ..), y)| q * *y as i32).collect();
        let quotients: Vec<i64> = pairs.iter().map(|(q, ..)| i64::from(*q)).collect();
        prop_assert_eq!(run(Operation::Divide, &x, &y, seed).unwrap(), quotients);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn sums_and_differences_reach_over_the_full_signed_range(
        x in any::<i32>(), near in -(1 << 20)..=(1_i64 << 20), seed: u64
    ) {
        // The operand is near x, so that the result is small while both may be as large as they can.
        let limit = i64::from(i32::MAX);
        let minus = (i64::from(x) - near).clamp(-limit, limit);
        let difference = i64::from(x) - minus;
        prop_assert_eq!(run(Operation::Subtract, &[x], &[minus], seed).unwrap(), [difference]);
        let sum = i64::from(x) - minus;
        prop_assert_eq!(run(Operation::Add, &[x], &[-minus], seed).unwrap(), [sum]);
    }
}

#[test]
fn operands_and_results_out_of_range_are_told() {
    let large = i64::from(i32::MAX) + 1;
    let error = run(Operation::Subtract, &[0], &[large], 1).unwrap_err();
    assert!(matches!(error, FeboError::Operand { value, at: 0, .. } if value == large));
    // Either sign, for sums and differences, to the last value that an operand can have.
    for operation in [Operation::Add, Operation::Subtract] {
        for value in [large, -large, i64::MAX, i64::MIN] {
            let error = run(operation, &[0], &[value], 1).unwrap_err();
            assert_eq!(error, FeboError::Operand { value, at: 0, max: large - 1 });
        }
    }
    let most = i32::MAX;
    assert_eq!(run(Operation::Add, &[most], &[-i64::from(most)], 1).unwrap(), [0]);
    assert_eq!(run(Operation::Subtract, &[-most], &[-i64::from(most)], 1).unwrap(), [0]);
    assert_eq!(run(Operation::Multiply, &[0], &[i64::MIN], 1).unwrap(), [0]);
    assert!(matches!(run(Operation::Add, &[1 << 22], &[1], 1), Err(FeboError::OutOfBound(_))));
    assert_eq!(run(Operation::Add, &[1 << 22], &[0], 1).unwrap(), [1 << 22]);
    assert!(matches!(
        run(Operation::Multiply, &[-2049], &[2048], 1),
        Err(FeboError::OutOfBound(_))
    ));
    assert_eq!(run(Operation::Multiply, &[-2048], &[2048], 1).unwrap(), [-(1 << 22)]);
}

#[test]
fn a_quotient_that_is_no_integer_is_not_found() {
    assert!(matches!(run(Operation::Divide, &[7], &[2], 1), Err(FeboError::OutOfBound(_))));
    assert!(matches!(
        run(Operation::Divide, &[7], &[0], 1),
        Err(FeboError::DivisionByZero { at: 0 })
    ));
}

#[test]
fn keys_of_other_ciphertexts_operations_and_operands_are_refused() {
    let seed = Seed::from_number(4);
    let (master, public) = MasterKey::generate(&seed);
    let ciphertexts = Encryptor::new(&public).encrypt(&[10, 20], &seed);
    let of = commitments(&ciphertexts);
    let mut keys = master.derive(Operation::Subtract, &of, &[1, 1]).unwrap();
    let minus = |keys: &[FunctionKey]| {
        decrypt(Operation::Subtract, &ciphertexts, &[1, 1], keys, table(), 1 << 20)
    };
    assert_eq!(minus(&keys).unwrap(), [9, 19]);
    let error = decrypt(Operation::Add, &ciphertexts, &[1, 1], &keys, table(), 1 << 20);
    assert!(matches!(error, Err(FeboError::Operation { at: 0, .. })));
    keys.swap(0, 1);
    assert!(matches!(minus(&keys), Err(FeboError::OutOfBound(_))));
    let error = minus(&keys[..1]).unwrap_err().to_string();
    assert_eq!(error, "1 keys for 2 ciphertexts; each needs its own");
}

#[test]
fn one_key_reveals_its_input_as_documented() {
    // Whoever holds the key of x - y also has s R, and with it the key of the product with anything.
    use curve25519_dalek::RistrettoPoint;
    use curve25519_dalek::ristretto::CompressedRistretto;
    let seed = Seed::from_number(9);
    let (master, public) = MasterKey::generate(&seed);
    let ciphertexts = Encryptor::new(&public).encrypt(&[42], &seed);
    let key = &master.derive(Operation::Subtract, &commitments(&ciphertexts), &[5]).unwrap()[0];
    let point = |e: &Encoded| CompressedRistretto(*e).decompress().unwrap();
    let base = |v: i64| RistrettoPoint::mul_base(&crate::group::signed_scalar(v));
    let secret = point(&key.element) - base(5);
    assert_eq!(point(&ciphertexts[0].body) - secret, base(42));
}

#[test]
fn malformed_elements_are_refused() {
    let seed = Seed::from_number(4);
    let (master, public) = MasterKey::generate(&seed);
    assert_eq!(PublicKey::from_bytes(&public.to_bytes()).unwrap(), public);
    assert!(PublicKey::from_bytes(&[255; 32]).is_err());
    assert_eq!(PublicKey::from_bytes(&[0; 32]), Err(FeboError::Identity));
    let mut ciphertexts = Encryptor::new(&public).encrypt(&[10, 20], &seed);
    let keys = master.derive(Operation::Add, &commitments(&ciphertexts), &[0, 0]).unwrap();
    ciphertexts[1].body[0] |= 1;
    let error = decrypt(Operation::Add, &ciphertexts, &[0, 0], &keys, table(), 100).unwrap_err();
    assert_eq!(
        error.to_string(),
        "ciphertexts: element 1 of 2 is no encoding of a ristretto255 element"
    );
    ciphertexts[0].commitment = [255; 32];
    assert!(master.derive(Operation::Add, &commitments(&ciphertexts), &[0, 0]).is_err());
}

#[test]
fn two_messages_under_one_seed_share_no_randomness() {
    let seed = Seed::from_number(4);
    let (_, public) = MasterKey::generate(&seed);
    let encryptor = Encryptor::new(&public);
    let of = |values: &[i32]| encryptor.encrypt(values, &seed);
    assert_eq!(of(&[0, 1, 0]), of(&[0, 1, 0]));
    let (a, b) = (of(&[0, 1, 0]), of(&[0, 0, 1]));
    assert!(a.iter().all(|a| b.iter().all(|b| a.commitment != b.commitment && a.body != b.body)));
}
