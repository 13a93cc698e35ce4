//! Model files: written, read back, and whatever is wrong with them.

use cryptoscope::activation::{Activation, Polynomial};
use cryptoscope::data::Shape;
use cryptoscope::network::{
    self, InputQuantiser, Layer, ModelCard, Network, Normalisation, Op, Padding, Provenance,
    Quantisation, Role, Twin, WeightQuantiser,
};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_damage_to_a_file_is_more_than_an_error(
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<Option<prop::sample::Index>>(),
    ) {
        let mut bytes = small().to_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Err(error) = Network::from_bytes(&bytes, "odd.safetensors") {
            let text = error.to_string();
            prop_assert!(text.contains("odd.safetensors") && !text.contains('\n'), "{}", text);
        }
    }
}

/// A network with one of each thing a file can hold.
fn small() -> Network {
    let conv = Op::Conv2d {
        in_channels: 1,
        out_channels: 2,
        kernel: (2, 2),
        stride: (1, 2),
        padding: Padding { top: 1, ..Padding::default() },
        weight: vec![0.5; 8],
        bias: vec![0.1, -0.1],
    };
    let third = Polynomial::new(vec![1.0 / 3.0, 0.1, -2.0e-300]);
    let dense = Op::Dense { inputs: 16, outputs: 2, weight: vec![0.25; 32], bias: Vec::new() };
    let layer = |name: &str, op| Layer { name: name.into(), op };
    Network::new(
        "small",
        Shape::Image { channels: 1, height: 4, width: 4 },
        Normalisation { offset: vec![0.1], scale: vec![255.0] },
        vec![
            layer("conv", conv),
            layer("polynomial", Op::Activation(Activation::Polynomial(third))),
            layer("flatten", Op::Flatten),
            layer("dense", dense),
        ],
        Some(Quantisation {
            input: InputQuantiser { step: 1.0 / 3.0, min: 0, max: 3 },
            weights: vec![
                WeightQuantiser { step: 0.1, max: 7 },
                WeightQuantiser { step: 0.2, max: 127 },
            ],
            tables: Vec::new(),
        }),
        Provenance {
            dataset: "none".into(),
            command: "by hand".into(),
            seed: u64::MAX,
            test_accuracy: Some(0.1),
            original: Some("cryptodl-relu".into()),
        },
    )
    .expect("fits")
}

/// The header of a model file as text, and the bytes behind it.
fn split(bytes: &[u8]) -> (String, Vec<u8>) {
    let len = u64::from_le_bytes(bytes[..8].try_into().expect("8 bytes")) as usize;
    (String::from_utf8(bytes[8..8 + len].to_vec()).expect("text"), bytes[8 + len..].to_vec())
}

fn join(header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

/// The error for the small network's file after its header was changed.
fn error_after(change: impl Fn(&str) -> String) -> String {
    let (header, data) = split(&small().to_bytes());
    let changed = change(&header);
    assert_ne!(changed, header, "the change changes something");
    let error = Network::from_bytes(&join(&changed, &data), "odd.safetensors");
    let text = error.expect_err("is refused").to_string();
    assert!(text.contains("odd.safetensors") && !text.contains('\n'), "{text}");
    text
}

#[test]
fn a_file_that_is_cut_anywhere_is_refused() {
    let bytes = small().to_bytes();
    for len in 0..bytes.len() {
        assert!(Network::from_bytes(&bytes[..len], "cut").is_err(), "{len} bytes");
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert!(Network::from_bytes(&longer, "long").is_err());
}

#[test]
fn headers_that_lie_are_refused() {
    let text = error_after(|h| h.replace(r#""version":"2""#, r#""version":"3""#));
    assert!(text.contains("version 3"), "{text}");
    let text = error_after(|h| h.replace(r#""version":"2""#, r#""version":"1""#));
    assert!(text.contains("does not know"), "{text}");
    let text = error_after(|h| h.replace(r#""format":"cryptoscope""#, r#""format":"other""#));
    assert!(text.contains("not saved by CryptoScope"), "{text}");
    let text = error_after(|h| h.replace(r#""version":"2""#, r#""version":"2","extra":"x""#));
    assert!(text.contains("does not know"), "{text}");
    let text = error_after(|h| h.replace(r#"\"seed\":"#, r#"\"sead\":"#));
    assert!(text.contains("unknown field"), "{text}");
    let text = error_after(|h| h.replacen("F32", "I32", 1));
    assert!(text.contains("only F32"), "{text}");
    let text = error_after(|h| h.replace(r#""dense.weight""#, r#""dense.waight""#));
    assert!(text.contains("dense.weight is missing"), "{text}");
    let text = error_after(|h| h.replace("[2,16]", "[16,2]"));
    assert!(text.contains("[2, 16] is needed"), "{text}");
    let text = error_after(|h| h.replace(r#"\"bias\":true"#, r#"\"bias\":false"#));
    assert!(text.contains("belongs to no layer"), "{text}");
    error_after(|h| h.replace("[8,40]", "[4,36]"));
    error_after(|h| h.replace("[8,40]", "[8,44]"));
    error_after(|h| h.replace("[8,40]", "[8,18446744073709551615]"));
    error_after(|h| h.replace(r#"\"kernel\":[2,2]"#, r#"\"kernel\":[18446744073709551615,2]"#));
    error_after(|h| h.replace(r#"\"stride\":[1,2]"#, r#"\"stride\":[0,2]"#));
    error_after(|h| h.replace(r#"\"top\":1"#, r#"\"top\":18446744073709551615"#));
    error_after(|h| h.replace(r#"\"height\":4"#, r#"\"height\":4000000000000"#));
    error_after(|h| h.replace(r#"\"0.1\""#, r#"\"NaN\""#));
    error_after(|h| h.replace(r#"\"test_accuracy\":0.1"#, r#"\"test_accuracy\":7"#));
}

#[test]
fn a_damaged_bit_is_refused_wherever_it_is() {
    let card = ModelCard {
        classes: vec!["yes".into(), "no".into()],
        twins: vec![Twin { role: Role::Exact, name: "x".into(), digest: small().digest() }],
        ..ModelCard::default()
    };
    let network = small().with_card(card).expect("fits");
    let bytes = network.to_bytes();
    for at in 0..bytes.len() {
        for bit in [0, 3, 6] {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << bit;
            if let Ok(read) = Network::from_bytes(&damaged, "damaged") {
                assert_eq!(read, network, "bit {bit} of byte {at}");
            }
        }
    }
    // A weight with another last bit is still a fine number: only the digest tells.
    let mut damaged = bytes.clone();
    damaged[bytes.len() - 4] ^= 1;
    let text = Network::from_bytes(&damaged, "damaged").expect_err("is refused").to_string();
    assert!(text.contains("damaged: its tensors"), "{text}");
    let text = error_after(|h| h.replace("by hand", "by foot"));
    assert!(text.contains("the checksum differs"), "{text}");
}

#[test]
fn files_of_the_first_version_still_open() {
    let (header, data) = split(&small().to_bytes());
    let mut header: serde_json::Value = serde_json::from_str(&header).expect("JSON");
    let metadata = header["__metadata__"].as_object_mut().expect("an object");
    metadata.retain(|key, _| ["format", "version", "network"].contains(&key.as_str()));
    metadata["version"] = "1".into();
    let old = join(&header.to_string(), &data);
    let read = Network::from_bytes(&old, "old").expect("opens");
    assert_eq!(read, small());
    assert_eq!(read.card(), &ModelCard::default());
}

#[test]
fn the_digest_is_of_what_a_network_computes() {
    let network = small();
    let card = ModelCard { classes: vec!["a".into(), "b".into()], ..ModelCard::default() };
    for same in [network.with_name("other"), network.clone().with_card(card)] {
        assert_eq!(same.expect("fits").digest(), network.digest());
    }
    let mut layers = network.layers().to_vec();
    layers[1].op = Op::Activation(Activation::Square);
    let other = network.with_layers(layers, network.quantisation().cloned()).expect("fits");
    assert_ne!(other.digest(), network.digest());
    let wrong = ModelCard { classes: vec!["a".into()], ..ModelCard::default() };
    let text = network.with_card(wrong).expect_err("is refused").to_string();
    assert!(text.contains("1 class names where 2 are needed"), "{text}");
}

#[test]
fn a_value_that_is_not_finite_is_refused() {
    let (header, mut data) = split(&small().to_bytes());
    data[8..12].copy_from_slice(&f32::NAN.to_le_bytes());
    let error = Network::from_bytes(&join(&header, &data), "odd").expect_err("is refused");
    assert!(error.to_string().contains("not a finite number"), "{error}");
}

#[test]
fn headers_of_any_length_are_refused_without_being_read() {
    for len in [1 << 20, (1 << 20) + 1, 1 << 40, u64::MAX] {
        let mut bytes = len.to_le_bytes().to_vec();
        bytes.extend(b"{}");
        assert!(Network::from_bytes(&bytes, "long").is_err());
    }
    let error = Network::from_bytes(b"PK\x03\x04 a zip archive", "a.zip").expect_err("no model");
    assert!(error.to_string().starts_with("model a.zip: this is a ZIP archive"), "{error}");
}

#[test]
fn files_are_written_whole_or_not_at_all() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("net.safetensors");
    small().save(&path).expect("writes");
    small().save(&path).expect("writes over");
    assert_eq!(Network::load(&path).expect("reads"), small());
    assert_eq!(network::open(&path.to_string_lossy()).expect("reads"), small());
    let names: Vec<_> = std::fs::read_dir(dir.path()).expect("lists").collect();
    assert_eq!(names.len(), 1, "no temporary file is left");

    let error = small().save(dir.path().join("none/net.safetensors")).expect_err("no folder");
    assert!(error.to_string().contains("none/net.safetensors"), "{error}");
    let folder = small().save(dir.path()).expect_err("a folder stands there");
    assert!(!folder.to_string().contains('\n'));
    let error = Network::load(dir.path().join("missing.safetensors")).expect_err("missing");
    assert!(error.to_string().contains("missing.safetensors"), "{error}");
}

#[test]
fn the_safetensors_crate_reads_what_is_written() {
    let bytes = small().to_bytes();
    let file = safetensors::SafeTensors::deserialize(&bytes).expect("a valid file");
    assert_eq!(file.len(), 5);
    assert_eq!(file.tensor("conv.weight").expect("there").shape(), [2, 1, 2, 2]);
}
