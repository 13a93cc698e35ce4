//! Client and server as processes that share nothing but files.

use crate::five::{
    DECRYPT, ENCRYPT, EVALUATE, KEYGEN, classes, damage_is_refused, encodings, files, five, holds,
    predicted, refused, right, typed, words,
};
use cryptoscope::network;
use cryptoscope::ring::Seed;

#[test]
fn five_processes_predict_what_a_run_predicts() {
    for (scenario, images) in [
        ("digits", 359),
        ("hospital", 113),
        ("hospital --set scheme.kind=bfv", 20),
        ("hospital --set scheme.kind=ckks", 113),
        ("digits --set scheme.plaintext_bits=20", 30),
    ] {
        let dir = tempfile::tempdir().expect("a folder");
        let rows = five(dir.path(), scenario, images);
        assert_eq!(classes(&rows), predicted(scenario, images).classes, "{scenario}");
    }
}

#[cfg(feature = "tfhe")]
#[test]
fn lookup_tables_are_served_too() {
    let dir = tempfile::tempdir().expect("a folder");
    let scenario = "hospital --set activation.kind=lookup";
    let rows = five(dir.path(), scenario, 3);
    assert_eq!(classes(&rows), predicted(scenario, 3).classes);
}

#[test]
fn own_rows_are_answered_in_their_order() {
    let dir = tempfile::tempdir().expect("a folder");
    let rows = five(dir.path(), "hospital", 30);
    // The same samples as a table of their own, in the opposite order, columns exchanged.
    let cancer = cryptoscope::data::open("breast_cancer", None).expect("built in");
    let (names, test) = (cancer.features(), cancer.test());
    let mut text = format!("{},{},class\n", names[29..].join(","), names[..29].join(","));
    for sample in (0..30).rev() {
        let row: Vec<String> =
            test.inputs[sample * 30..(sample + 1) * 30].iter().map(f32::to_string).collect();
        let class = &cancer.classes()[usize::from(test.labels[sample])];
        text += &format!("{},{},{class}\n", row[29..].join(","), row[..29].join(","));
    }
    std::fs::write(dir.path().join("own.csv"), text).expect("written");
    let own = "encrypt {}/service/offer.cso --keys {}/keys {}/own.csv --out {}/request --force";
    let said = right(dir.path(), own);
    assert!(said.contains("matched by name"), "{said}");
    right(dir.path(), &format!("{EVALUATE} --force"));
    right(dir.path(), &format!("{DECRYPT} --force"));
    let text = std::fs::read_to_string(dir.path().join("predictions.csv")).expect("written");
    let again: Vec<&str> =
        text.lines().skip(1).map(|l| l.split(',').nth(1).expect("a class")).collect();
    let before: Vec<&str> = rows[1..].iter().rev().map(|row| row[1].as_str()).collect();
    assert_eq!(again, before);

    // Rows of which nobody knows the class.
    let text = std::fs::read_to_string(dir.path().join("own.csv")).expect("written");
    let bare: Vec<&str> = text.lines().filter_map(|l| Some(l.rsplit_once(',')?.0)).collect();
    std::fs::write(dir.path().join("bare.csv"), bare.join("\n")).expect("written");
    right(dir.path(), &own.replace("own.csv", "bare.csv?class=none"));
    right(dir.path(), &format!("{EVALUATE} --force"));
    let said = right(dir.path(), &format!("{DECRYPT} --force"));
    assert!(!said.contains("as known"), "{said}");
    let text = std::fs::read_to_string(dir.path().join("predictions.csv")).expect("written");
    assert!(!text.lines().next().expect("a head").contains("known"), "{text}");
    let bare: Vec<&str> =
        text.lines().skip(1).map(|l| l.split(',').nth(1).expect("a class")).collect();
    assert_eq!(bare, before);
}

#[test]
fn no_weight_reaches_the_client_and_no_secret_the_server() {
    let dir = tempfile::tempdir().expect("a folder");
    let at = dir.path();
    right(at, "publish hospital --out {}/service");
    right(at, &format!("{KEYGEN} --seed 77"));
    right(at, ENCRYPT);
    right(at, EVALUATE);
    right(at, DECRYPT);

    let network = network::open("hospital").expect("built in");
    let grids = network.quantisation().expect("trained on integers").weights.clone();
    let dense = network.layers().iter().filter_map(|layer| match &layer.op {
        network::Op::Dense { weight, inputs, .. } => Some((weight, *inputs)),
        _ => None,
    });
    let mut sought = Vec::new();
    for ((weight, inputs), grid) in dense.zip(&grids) {
        for row in weight.chunks(inputs) {
            for eight in row.chunks_exact(8) {
                // Weights that are all small are in every file.
                let integers = eight.iter().map(|w| (w / grid.step).round() as i32);
                let distinct: std::collections::BTreeSet<i32> = integers.collect();
                if distinct.len() > 4 {
                    sought.extend(encodings(eight, grid.step));
                }
            }
        }
    }
    assert!(sought.len() > 100, "{}", sought.len());
    let program = std::fs::read(at.join("service/program.csp")).expect("a file");
    assert!(sought.iter().any(|part| holds(&program, part)), "the search finds what is there");
    let mut clients = files(&at.join("keys"));
    for name in ["service/offer.cso", "request", "answer", "predictions.csv"] {
        clients.push((at.join(name), std::fs::read(at.join(name)).expect("a file")));
    }
    for (path, bytes) in &clients {
        let found = sought.iter().position(|part| holds(bytes, part));
        assert_eq!(found, None, "a row of weights in {}", path.display());
        // Planted, it is found.
        let mut planted = bytes.clone();
        planted.extend_from_slice(&sought[3]);
        assert!(holds(&planted, &sought[3]));
    }

    let seed = Seed::from_number(77).derive("client", 0);
    let mut ternary = vec![0i64; 2048];
    let of_branch = seed.derive("secret key", 0).derive("bgv secret", 0);
    of_branch.stream(0).ternary(&mut ternary);
    let secret = std::fs::read(at.join("keys/secret.key")).expect("a file");
    let mut parts: Vec<Vec<u8>> = Vec::new();
    for seed in [&seed, &seed.derive("secret key", 0), &of_branch] {
        let bytes = seed.to_bytes();
        parts.extend([bytes[..16].to_vec(), bytes[16..].to_vec()]);
    }
    for sixteen in ternary.chunks_exact(16).take(32) {
        parts.push(sixteen.iter().map(|c| *c as i8 as u8).collect());
        parts.push(sixteen.iter().flat_map(|c| (*c as i32).to_le_bytes()).collect());
        parts.push(sixteen.iter().flat_map(|c| c.to_le_bytes()).collect());
    }
    assert!(holds(&secret, &parts[0]), "the search finds what is there");
    for name in
        ["service/offer.cso", "service/program.csp", "keys/evaluation.keys", "request", "answer"]
    {
        let bytes = std::fs::read(at.join(name)).expect("a file");
        assert!(parts.iter().all(|part| !holds(&bytes, part)), "a part of the secret in {name}");
    }
}

#[test]
fn files_that_are_not_what_they_should_be_are_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    let at = dir.path();
    right(at, "publish hospital --images 20 --out {}/service");
    right(at, KEYGEN);
    right(at, &format!("{ENCRYPT} --images 20"));
    right(at, EVALUATE);
    right(at, DECRYPT);
    // What is there stays unless asked.
    let said = refused(at, DECRYPT);
    assert!(said.contains("--force"), "{said}");
    assert!(refused(at, KEYGEN).contains("--force"));

    // Of another offer: another model.
    right(at, "publish hospital --set scheme.kind=ckks --images 20 --out {}/other/service");
    right(at, &KEYGEN.replace("{}", "{}/other"));
    right(at, &format!("{} --images 20", ENCRYPT.replace("{}", "{}/other")));
    right(at, &EVALUATE.replace("{}", "{}/other"));
    damage_is_refused(at, "other", 20);
    let decrypt = format!("{DECRYPT} --force");
    // Keys made anew: the old request can be answered, and what comes back is not to be trusted.
    let keys = std::fs::read(at.join("keys/evaluation.keys")).expect("a file");
    right(at, &format!("{KEYGEN} --force"));
    let (status, out, _) = typed(&words(at, &decrypt));
    assert_eq!(status, 1, "{out}");
    let told = out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("WRONG: ") && told.contains("are not to be trusted"), "{out}");
    std::fs::write(at.join("keys/evaluation.keys"), keys).expect("written");
    // Without the record nobody knows what was asked.
    std::fs::remove_dir_all(at.join("keys/requests")).expect("there");
    assert!(refused(at, &decrypt).contains("requests"));
    // What is an input is no output.
    let over = EVALUATE.replace("--out {}/answer", "--out {}/request --force");
    assert!(refused(at, &over).contains("in use"));
}
