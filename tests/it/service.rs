//! Client and server as processes that share nothing but files.

use cryptoscope::inference::Session;
use cryptoscope::network;
use cryptoscope::progress::Cancel;
use cryptoscope::report::Event;
use cryptoscope::ring::Seed;
use cryptoscope::scenario::{Scenario, Sources};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Runs the program: its exit status, what it says, what it complains of.
fn typed(words: &[String]) -> (i32, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let words = std::iter::once("cryptoscope".to_owned()).chain(words.iter().cloned());
    let status = cryptoscope::cli::run(words, &mut out, &mut err);
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (status, text(out), text(err))
}

/// The words of a command; `{}` is the folder.
fn words(dir: &Path, line: &str) -> Vec<String> {
    line.split_whitespace().map(|w| w.replace("{}", dir.to_str().expect("text"))).collect()
}

fn right(dir: &Path, line: &str) -> String {
    let (status, out, err) = typed(&words(dir, line));
    assert_eq!(status, 0, "{line}: {out}{err}");
    out
}

/// Refused with one line, which is given.
fn refused(dir: &Path, line: &str) -> String {
    let (status, out, err) = typed(&words(dir, line));
    assert_eq!((status, out.as_str()), (2, ""), "{line}: {err}");
    let told: Vec<&str> = err.lines().filter(|l| l.starts_with("error: ")).collect();
    assert_eq!(told.len(), 1, "{line}: {err}");
    told[0].to_owned()
}

const KEYGEN: &str = "keygen {}/service/offer.cso --out {}/keys";
const ENCRYPT: &str = "encrypt {}/service/offer.cso --keys {}/keys --test-split --out {}/request";
const EVALUATE: &str =
    "evaluate {}/service --evaluation-keys {}/keys/evaluation.keys {}/request --out {}/answer";
const DECRYPT: &str =
    "decrypt {}/service/offer.cso --keys {}/keys {}/answer --out {}/predictions.csv";

/// All five commands on a scenario with settings, on `images` samples; the rows of the predictions.
fn five(dir: &Path, scenario: &str, images: usize) -> Vec<Vec<String>> {
    right(dir, &format!("publish {scenario} --images {images} --out {{}}/service"));
    right(dir, KEYGEN);
    right(dir, &format!("{ENCRYPT} --images {images}"));
    right(dir, EVALUATE);
    let said = right(dir, DECRYPT);
    assert!(said.contains("agreement") && said.contains("not known"), "{said}");
    assert!(said.contains("came back as the offer states"), "{said}");
    let text = std::fs::read_to_string(dir.join("predictions.csv")).expect("written");
    let rows: Vec<Vec<String>> =
        text.lines().map(|l| l.split(',').map(str::to_owned).collect()).collect();
    assert_eq!((rows[0][0].as_str(), rows[0][1].as_str()), ("sample", "class"));
    assert_eq!(rows[0].last().map(String::as_str), Some("known"));
    assert_eq!(rows.len(), images + 1);
    rows
}

/// What `run` predicts for the same samples: names of classes.
fn predicted(scenario: &str, images: usize) -> Vec<String> {
    let mut parts = scenario.split(" --set ");
    let start = Scenario::open(parts.next().expect("a name").trim()).expect("built in");
    let start = start.with_setting(&format!("images={images}")).expect("a setting");
    let scenario = parts.fold(start, |s, set| s.with_setting(set.trim()).expect("a setting"));
    let session = Session::open(&scenario, &Sources::default()).expect("opens");
    let found = Mutex::new(Vec::new());
    let follow = |event| {
        if let Event::Samples(samples) = event {
            found.lock().expect("one").extend(samples.into_iter().map(|s| (s.index, s.encrypted)));
        }
    };
    let report = session.run(&Cancel::default(), &follow).expect("runs");
    assert!(report.is_right());
    let mut found = found.into_inner().expect("one");
    found.sort_unstable();
    let name = |(_, class): (usize, u16)| report.class_names[usize::from(class)].clone();
    found.into_iter().map(name).collect()
}

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
        let classes: Vec<String> = rows[1..].iter().map(|row| row[1].clone()).collect();
        assert_eq!(classes, predicted(scenario, images), "{scenario}");
    }
}

#[cfg(feature = "tfhe")]
#[test]
fn lookup_tables_are_served_too() {
    let dir = tempfile::tempdir().expect("a folder");
    let scenario = "hospital --set activation.kind=lookup";
    let rows = five(dir.path(), scenario, 3);
    let classes: Vec<String> = rows[1..].iter().map(|row| row[1].clone()).collect();
    assert_eq!(classes, predicted(scenario, 3));
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
}

/// All files below a folder.
fn files(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.clone(), std::fs::read(&path).expect("a file")));
        }
    }
    found
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Eight weights in a row in every encoding that a file could have them in.
fn encodings(weights: &[f32], step: f32) -> Vec<Vec<u8>> {
    let integers: Vec<i32> = weights.iter().map(|w| (w / step).round() as i32).collect();
    let packed = |bits: u32| {
        let mut out = vec![0u8; (8 * bits as usize).div_ceil(8)];
        for (at, w) in integers.iter().enumerate() {
            for bit in 0..bits as usize {
                let place = at * bits as usize + bit;
                out[place / 8] |= ((*w >> bit & 1) as u8) << (place % 8);
            }
        }
        out
    };
    vec![
        weights.iter().flat_map(|w| w.to_le_bytes()).collect(),
        weights.iter().flat_map(|w| f64::from(*w).to_le_bytes()).collect(),
        integers.iter().flat_map(|w| w.to_le_bytes()).collect(),
        integers.iter().flat_map(|w| (*w as i16).to_le_bytes()).collect(),
        integers.iter().map(|w| *w as i8 as u8).collect(),
        packed(4),
        packed(5),
        postcard_like(&integers),
        weights.iter().map(f32::to_string).collect::<Vec<_>>().join(",").into_bytes(),
        integers.iter().map(i32::to_string).collect::<Vec<_>>().join(",").into_bytes(),
    ]
}

/// Zigzag numbers of one byte, as programs have them.
fn postcard_like(integers: &[i32]) -> Vec<u8> {
    integers.iter().map(|w| (w << 1 ^ w >> 31) as u8).collect()
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

    let evaluate = format!("{EVALUATE} --force");
    let decrypt = format!("{DECRYPT} --force");
    let encrypt = format!("{ENCRYPT} --images 20 --force");
    let cases: [(&str, &[&str]); 6] = [
        ("service/offer.cso", &[&encrypt, &evaluate, &decrypt]),
        ("service/program.csp", &[&evaluate]),
        ("keys/secret.key", &[&encrypt, &decrypt]),
        ("keys/evaluation.keys", &[&evaluate]),
        ("request", &[&evaluate]),
        ("answer", &[&decrypt]),
    ];
    // Of another offer: another model.
    right(at, "publish hospital --set scheme.kind=ckks --images 20 --out {}/other/service");
    right(at, &KEYGEN.replace("{}", "{}/other"));
    right(at, &format!("{} --images 20", ENCRYPT.replace("{}", "{}/other")));
    right(at, &EVALUATE.replace("{}", "{}/other"));
    for (file, commands) in cases {
        let path = at.join(file);
        let whole = std::fs::read(&path).expect("a file");
        let swapped = std::fs::read(at.join("other").join(file)).expect("a file");
        let mut broken: Vec<Vec<u8>> = [0, 4, 20, 50, 60, 80, whole.len() / 2, whole.len() - 1]
            .iter()
            .map(|place| {
                let mut bytes = whole.clone();
                bytes[*place] ^= 1;
                bytes
            })
            .collect();
        for len in [0, 10, 95, whole.len() / 2, whole.len() - 1] {
            broken.push(whole[..len].to_vec());
        }
        broken.push([&whole[..], &whole[..]].concat());
        broken.push(swapped);
        for bytes in broken {
            std::fs::write(&path, &bytes).expect("written");
            for command in commands {
                // Another offer with its own service is no fault of a file.
                refused(at, command);
            }
        }
        std::fs::write(&path, &whole).expect("written");
    }
    // All is well again.
    right(at, &evaluate);
    right(at, &decrypt);
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
    assert!(refused(at, "publish cryptornn --out {}/s").contains("recurrent"));
}
