//! The five commands of client and server, and what is looked for in their files.

use cryptoscope::inference::Session;
use cryptoscope::progress::Cancel;
use cryptoscope::recurrent::SequenceSession;
use cryptoscope::report::Event;
use cryptoscope::scenario::{Scenario, Sources};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Runs the program: its exit status, what it says, what it complains of.
pub fn typed(words: &[String]) -> (i32, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let words = std::iter::once("cryptoscope".to_owned()).chain(words.iter().cloned());
    let status = cryptoscope::cli::run(words, &mut out, &mut err);
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (status, text(out), text(err))
}

/// The words of a command; `{}` is the folder.
pub fn words(dir: &Path, line: &str) -> Vec<String> {
    line.split_whitespace().map(|w| w.replace("{}", dir.to_str().expect("text"))).collect()
}

pub fn right(dir: &Path, line: &str) -> String {
    let (status, out, err) = typed(&words(dir, line));
    assert_eq!(status, 0, "{line}: {out}{err}");
    out
}

/// Refused with one line, which is given.
pub fn refused(dir: &Path, line: &str) -> String {
    let (status, out, err) = typed(&words(dir, line));
    assert_eq!((status, out.as_str()), (2, ""), "{line}: {err}");
    let told: Vec<&str> = err.lines().filter(|l| l.starts_with("error: ")).collect();
    assert_eq!(told.len(), 1, "{line}: {err}");
    told[0].to_owned()
}

pub const KEYGEN: &str = "keygen {}/service/offer.cso --out {}/keys";
pub const ENCRYPT: &str =
    "encrypt {}/service/offer.cso --keys {}/keys --test-split --out {}/request";
pub const EVALUATE: &str =
    "evaluate {}/service --evaluation-keys {}/keys/evaluation.keys {}/request --out {}/answer";
pub const DECRYPT: &str =
    "decrypt {}/service/offer.cso --keys {}/keys {}/answer --out {}/predictions.csv";

/// All five commands on a scenario with settings, on `images` samples; the rows of the predictions.
pub fn five(dir: &Path, scenario: &str, images: usize) -> Vec<Vec<String>> {
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

/// Names of the classes in rows of predictions.
pub fn classes(rows: &[Vec<String>]) -> Vec<String> {
    rows[1..].iter().map(|row| row[1].clone()).collect()
}

/// What `run` predicts.
pub struct Predicted {
    /// Names of classes.
    pub classes: Vec<String>,
    /// Outputs of each sample.
    pub outputs: Vec<Vec<f32>>,
    /// How far decrypted outputs may lie from the reference.
    pub bound: f64,
}

/// Where the program that is called in this process looks for data too.
pub fn sources() -> Sources {
    Sources { data_dir: std::env::var_os("CRYPTOSCOPE_DATA").map(Into::into) }
}

/// A built-in scenario with settings behind its name.
pub fn opened(scenario: &str, images: usize) -> Scenario {
    let mut parts = scenario.split(" --set ");
    let start = Scenario::open(parts.next().expect("a name").trim()).expect("built in");
    let start = start.with_setting(&format!("images={images}")).expect("a setting");
    parts.fold(start, |s, set| s.with_setting(set.trim()).expect("a setting"))
}

/// What `run` predicts for the same samples.
pub fn predicted(scenario: &str, images: usize) -> Predicted {
    let (scenario, sources, cancel) = (opened(scenario, images), sources(), Cancel::default());
    let found = Mutex::new(Vec::new());
    let follow = |event| {
        if let Event::Samples(samples) = event {
            found.lock().expect("one").extend(samples);
        }
    };
    let report = match scenario.sequence {
        Some(_) => SequenceSession::open(&scenario, &sources).expect("opens").run(&cancel, &follow),
        None => Session::open(&scenario, &sources).expect("opens").run(&cancel, &follow),
    };
    let report = report.expect("runs");
    assert!(report.is_right());
    let mut found = found.into_inner().expect("one");
    found.sort_unstable_by_key(|sample| sample.index);
    let name = |class: u16| report.class_names[usize::from(class)].clone();
    Predicted {
        classes: found.iter().map(|sample| name(sample.encrypted)).collect(),
        outputs: found.into_iter().map(|sample| sample.encrypted_logits).collect(),
        bound: report.encrypted.error_bound.unwrap_or(0.0),
    }
}

/// A file with a byte changed, cut, or twice.
fn damaged(whole: &[u8]) -> Vec<Vec<u8>> {
    let changed = [0, 4, 20, 50, 60, 80, whole.len() / 2, whole.len() - 1];
    let changed = changed.iter().map(|place| {
        let mut bytes = whole.to_vec();
        bytes[*place] ^= 1;
        bytes
    });
    let cut = [0, 10, 95, whole.len() / 2, whole.len() - 1];
    let cut = cut.iter().map(|len| whole[..*len].to_vec());
    changed.chain(cut).chain([[whole, whole].concat()]).collect()
}

/// Every damaged file, and every file of the offer in the folder `other`, ends in one line; a request is
/// of so many samples.
pub fn damage_is_refused(at: &Path, other: &str, images: usize) {
    let evaluate = format!("{EVALUATE} --force");
    let decrypt = format!("{DECRYPT} --force");
    let encrypt = format!("{ENCRYPT} --images {images} --force");
    let cases: [(&str, &[&str]); 6] = [
        ("service/offer.cso", &[&encrypt, &evaluate, &decrypt]),
        ("service/program.csp", &[&evaluate]),
        ("keys/secret.key", &[&encrypt, &decrypt]),
        ("keys/evaluation.keys", &[&evaluate]),
        ("request", &[&evaluate]),
        ("answer", &[&decrypt]),
    ];
    for (file, commands) in cases {
        let path = at.join(file);
        let whole = std::fs::read(&path).expect("a file");
        let swapped = std::fs::read(at.join(other).join(file)).expect("a file");
        for bytes in damaged(&whole).into_iter().chain([swapped]) {
            std::fs::write(&path, &bytes).expect("written");
            for command in commands {
                refused(at, command);
            }
        }
        std::fs::write(&path, &whole).expect("written");
    }
    // All is well again.
    right(at, &evaluate);
    right(at, &decrypt);
}

/// All files below a folder.
pub fn files(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
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

pub fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Eight weights in a row in every encoding that a file could have them in.
pub fn encodings(weights: &[f32], step: f32) -> Vec<Vec<u8>> {
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
pub fn postcard_like(integers: &[i32]) -> Vec<u8> {
    integers.iter().map(|w| (w << 1 ^ w >> 31) as u8).collect()
}
