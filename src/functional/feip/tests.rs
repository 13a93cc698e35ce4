use super::*;
use crate::group::{DlogTable, MAX_WEIGHT};
use progress::Cancel;
use proptest::prelude::*;
use ring::{Kernel, Seed};

/// Never set.
fn go() -> Cancel {
    Cancel::default()
}

fn direct(vectors: &[Vec<i32>], rows: &[Vec<i32>]) -> Vec<i64> {
    let product = |x: &[i32], y: &[i32]| -> i64 {
        x.iter().zip(y).map(|(x, y)| i64::from(*x) * i64::from(*y)).sum()
    };
    vectors.iter().flat_map(|x| rows.iter().map(move |y| product(x, y))).collect()
}

struct Case {
    master: MasterKey,
    public: PublicKey,
    ciphertexts: Ciphertexts,
}

fn case(kernel: Kernel, seed: u64, vectors: &[Vec<i32>], max: i32) -> Case {
    let seed = Seed::from_number(seed);
    let (master, public) = MasterKey::generate(&seed, vectors[0].len()).unwrap();
    let encryptor = Encryptor::new(kernel, &public, max).unwrap();
    let ciphertexts = encryptor.encrypt(vectors, &seed.derive("data", 0), &go()).unwrap();
    Case { master, public, ciphertexts }
}

fn table() -> &'static DlogTable {
    static TABLE: std::sync::OnceLock<DlogTable> = std::sync::OnceLock::new();
    TABLE.get_or_init(|| DlogTable::new(Kernel::best(), 14))
}

fn vectors(
    len: std::ops::Range<usize>,
    values: i32,
    weights: i32,
) -> impl Strategy<Value = (Vec<Vec<i32>>, Vec<Vec<i32>>)> {
    len.prop_flat_map(move |len| {
        let of = move |max: i32| prop::collection::vec(-max..=max, len);
        (prop::collection::vec(of(values), 1..12), prop::collection::vec(of(weights), 1..6))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn products_are_those_of_direct_computation((x, y) in vectors(1..20, 100, 300), seed: u64) {
        let case = case(Kernel::best(), seed, &x, 100);
        let keys = case.master.derive(&y).unwrap();
        let set = case.ciphertexts.decode(Kernel::best(), &go()).unwrap();
        let bound = 20 * 100 * 300;
        let got = set.products(&y, &keys, &go()).unwrap().decrypt(table(), bound, &go()).unwrap();
        prop_assert_eq!(got, direct(&x, &y));
    }

    #[test]
    fn the_largest_weights_and_values_are_exact(
        v in -2000..=1999, d in 0..=1, w in -MAX_WEIGHT..=MAX_WEIGHT, seed: u64
    ) {
        let (x, y) = (vec![vec![v, v + d]], vec![vec![w, -w]]);
        let case = case(Kernel::best(), seed, &x, 2000);
        let keys = case.master.derive(&y).unwrap();
        let set = case.ciphertexts.decode(Kernel::best(), &go()).unwrap();
        let got = set.products(&y, &keys, &go()).unwrap().decrypt(table(), 1 << 24, &go()).unwrap();
        prop_assert_eq!(got, direct(&x, &y));
    }
}

fn small() -> (Vec<Vec<i32>>, Vec<Vec<i32>>) {
    let x = (0..11).map(|i| (0..9).map(|j| (i * 17 + j * 29) % 201 - 100).collect()).collect();
    let y = (0..4).map(|i| (0..9).map(|j| (i * 31 + j * 13) % 41 - 20).collect()).collect();
    (x, y)
}

#[test]
fn kernels_and_threads_give_the_same_bytes_and_values() {
    let (x, y) = small();
    let on = |kernel: Kernel, threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let case = case(kernel, 7, &x, 100);
            let keys = case.master.derive(&y).unwrap();
            let set = case.ciphertexts.decode(kernel, &go()).unwrap();
            let table = DlogTable::new(kernel, 12);
            let values =
                set.products(&y, &keys, &go()).unwrap().decrypt(&table, 1 << 17, &go()).unwrap();
            (case.ciphertexts.to_bytes(), values)
        })
    };
    let first = on(Kernel::best(), 1);
    assert_eq!(first.1, direct(&x, &y));
    assert_eq!(on(Kernel::best(), 2), first);
    assert_eq!(on(Kernel::Portable, 1), first);
}

#[test]
fn ciphertexts_are_those_of_the_definition() {
    // C_0 = r G, C_i = r s_i G + x_i G: with the key of row e_i, C_i - s_i C_0 = x_i G.
    use curve25519_dalek::ristretto::CompressedRistretto;
    use curve25519_dalek::{RistrettoPoint, Scalar};
    let x = vec![vec![3, -5, 0, 2000, -2000, 1, 119, 120, -136, -137]];
    let case = case(Kernel::best(), 3, &x, 2000);
    let points: Vec<RistrettoPoint> = case
        .ciphertexts
        .to_bytes()
        .as_chunks::<32>()
        .0
        .iter()
        .map(|bytes| CompressedRistretto(*bytes).decompress().unwrap())
        .collect();
    for (i, value) in x[0].iter().enumerate() {
        let row: Vec<i32> = (0..10).map(|j| i32::from(i == j)).collect();
        let key = case.master.derive(&[row]).unwrap()[0].to_bytes();
        let key = Scalar::from_canonical_bytes(key).unwrap();
        let plain = points[i + 1] - points[0] * key;
        assert_eq!(
            plain,
            RistrettoPoint::mul_base(&crate::group::signed_scalar(i64::from(*value)))
        );
    }
}

#[test]
fn keys_of_other_rows_and_other_authorities_open_nothing() {
    let (x, y) = small();
    let case = case(Kernel::best(), 1, &x, 100);
    let set = case.ciphertexts.decode(Kernel::best(), &go()).unwrap();
    let mut swapped = case.master.derive(&y).unwrap();
    swapped.swap(0, 1);
    let error =
        set.products(&y, &swapped, &go()).unwrap().decrypt(table(), 1 << 20, &go()).unwrap_err();
    assert!(matches!(error, FeipError::OutOfBound(_)), "{error}");
    let (stranger, _) = MasterKey::generate(&Seed::from_number(2), 9).unwrap();
    let foreign = stranger.derive(&y).unwrap();
    assert!(set.products(&y, &foreign, &go()).unwrap().decrypt(table(), 1 << 20, &go()).is_err());
}

#[test]
fn values_outside_of_the_bound_are_told_not_guessed() {
    let (x, y) = small();
    let case = case(Kernel::best(), 1, &x, 100);
    let keys = case.master.derive(&y).unwrap();
    let set = case.ciphertexts.decode(Kernel::best(), &go()).unwrap();
    let products = set.products(&y, &keys, &go()).unwrap();
    let largest = direct(&x, &y).iter().map(|v| v.unsigned_abs()).max().unwrap();
    assert!(products.decrypt(table(), largest, &go()).is_ok());
    let text = products.decrypt(table(), largest - 1, &go()).unwrap_err().to_string();
    assert!(text.contains(&format!("outside of -{0}..={0}", largest - 1)), "{text}");
}

#[test]
fn what_does_not_fit_is_refused() {
    let (x, y) = small();
    let case = case(Kernel::best(), 1, &x, 100);
    let short = vec![vec![1; 8]];
    assert!(matches!(
        case.master.derive(&short),
        Err(FeipError::Length { found: 8, wanted: 9, .. })
    ));
    let heavy = vec![vec![MAX_WEIGHT + 1; 9]];
    assert!(matches!(case.master.derive(&heavy), Err(FeipError::Weight { row: 0, at: 0, .. })));
    let encryptor = Encryptor::new(Kernel::best(), &case.public, 100).unwrap();
    let large = vec![vec![101; 9]];
    let error = encryptor.encrypt(&large, &Seed::from_number(1), &go()).unwrap_err();
    assert!(matches!(error, FeipError::Value { value: 101, max: 100, .. }));
    let set = case.ciphertexts.decode(Kernel::best(), &go()).unwrap();
    let keys = case.master.derive(&y[..1]).unwrap();
    assert_eq!(set.products(&y, &keys, &go()).unwrap_err(), FeipError::Keys { keys: 1, rows: 4 });
    assert!(MasterKey::generate(&Seed::from_number(1), 0).is_err());
}

#[test]
fn a_stop_is_told_as_one_and_not_as_a_value_out_of_bound() {
    let (x, y) = small();
    let case = case(Kernel::best(), 1, &x, 100);
    let stop = Cancel::default();
    stop.cancel();
    let stopped = |error: FeipError| matches!(error, FeipError::Cancelled(_));
    let encryptor = Encryptor::new(Kernel::best(), &case.public, 100).unwrap();
    assert!(stopped(encryptor.encrypt(&x, &Seed::from_number(1), &stop).unwrap_err()));
    assert!(stopped(case.ciphertexts.decode(Kernel::best(), &stop).unwrap_err()));
    let set = case.ciphertexts.decode(Kernel::best(), &go()).unwrap();
    let keys = case.master.derive(&y).unwrap();
    assert!(stopped(set.products(&y, &keys, &stop).unwrap_err()));
    let products = set.products(&y, &keys, &go()).unwrap();
    assert!(stopped(products.decrypt(table(), 1 << 20, &stop).unwrap_err()));
}

#[test]
fn bytes_survive_the_way_and_malformed_points_do_not() {
    let (x, _) = small();
    let case = case(Kernel::best(), 5, &x, 100);
    let bytes = case.ciphertexts.to_bytes();
    assert_eq!(bytes.len(), case.ciphertexts.byte_len());
    assert_eq!(Ciphertexts::from_bytes(9, &bytes).unwrap(), case.ciphertexts);
    assert!(Ciphertexts::from_bytes(9, &bytes[1..]).is_err());
    assert!(Ciphertexts::from_bytes(8, &bytes).is_err());
    assert_eq!(PublicKey::from_bytes(&case.public.to_bytes()).unwrap(), case.public);
    // p itself, an odd number, one that is no point, and a set top bit.
    let mut p = [255; 32];
    (p[0], p[31]) = (0xed, 0x7f);
    let mut odd = [0; 32];
    odd[0] = 1;
    let mut no_point = [0; 32];
    no_point[0] = 2;
    let top = [0x80; 32];
    for bad in [p, odd, no_point, top] {
        use curve25519_dalek::ristretto::CompressedRistretto;
        assert!(CompressedRistretto(bad).decompress().is_none());
        for element in [0, 10, 57, 109] {
            let mut bytes = bytes.clone();
            bytes[element * 32..][..32].copy_from_slice(&bad);
            let ciphertexts = Ciphertexts::from_bytes(9, &bytes).unwrap();
            let text = ciphertexts.decode(Kernel::best(), &go()).unwrap_err().to_string();
            assert!(
                text.starts_with(&format!("ciphertexts: element {element} of 110 is no")),
                "{text}"
            );
        }
        let mut bytes = case.public.to_bytes();
        bytes[64..96].copy_from_slice(&bad);
        assert!(PublicKey::from_bytes(&bytes).is_err());
    }
    // The identity is an element, but no public key: it would hide nothing.
    let mut bytes = case.public.to_bytes();
    bytes[64..96].fill(0);
    assert_eq!(PublicKey::from_bytes(&bytes), Err(FeipError::Identity { at: 2, of: 9 }));
    // The order of the group is no key.
    let order: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    assert_eq!(FunctionKey::from_bytes(order), Err(FeipError::Scalar));
}

#[test]
fn two_messages_under_one_seed_share_no_randomness() {
    let (x, _) = small();
    let mut other = x.clone();
    other[10][8] += 1;
    let of = |vectors: &[Vec<i32>]| case(Kernel::best(), 7, vectors, 200).ciphertexts.to_bytes();
    assert_eq!(of(&x), of(&x));
    let (a, b) = (of(&x), of(&other));
    let elements = |bytes: &[u8]| -> std::collections::BTreeSet<Vec<u8>> {
        bytes.chunks(32).map(<[u8]>::to_vec).collect()
    };
    assert!(elements(&a).is_disjoint(&elements(&b)));
}
