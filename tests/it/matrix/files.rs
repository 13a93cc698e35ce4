//! Files that are damaged, strange or in the way: models, data, results.

use super::case::Case;
use super::shared;
use std::path::Path;

/// The networks that the table is run through, as settings.
const SCHEMES: [&str; 4] = [
    "hospital --set model={shared}/larger.safetensors --set scheme.kind=bgv",
    "hospital --set model={shared}/larger.safetensors --set scheme.kind=bfv",
    "hospital --set model={shared}/larger.safetensors --set scheme.kind=ckks",
    "hospital --set model={shared}/relu.safetensors --set activation.kind=lookup",
];

/// The parts of a model file: its header, and what is behind it.
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

/// A way to damage a model file.
type Damage = (&'static str, fn(&[u8]) -> Vec<u8>);

fn cut(bytes: &[u8], share: usize) -> Vec<u8> {
    bytes[..bytes.len() * share / 100].to_vec()
}

fn header(bytes: &[u8], change: impl Fn(&str) -> String) -> Vec<u8> {
    let (header, data) = split(bytes);
    let changed = change(&header);
    assert_ne!(changed, header, "the change changes something");
    join(&changed, &data)
}

const DAMAGES: [Damage; 18] = [
    ("empty", |_| Vec::new()),
    ("seven bytes", |b| b[..7].to_vec()),
    ("its header alone", |b| b[..8 + split(b).0.len()].to_vec()),
    ("cut at 10 %", |b| cut(b, 10)),
    ("cut at 50 %", |b| cut(b, 50)),
    ("cut at 99 %", |b| cut(b, 99)),
    ("longer", |b| [b, &[0][..]].concat()),
    ("a header of 2^62 bytes", |b| [&(1u64 << 62).to_le_bytes()[..], &b[8..]].concat()),
    ("a header of no bytes", |b| [&[0; 8][..], &b[8..]].concat()),
    ("an HTML page", |_| b"<!DOCTYPE html><html><body>Not found</body></html>".to_vec()),
    ("a pointer to large files", |_| {
        b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n".to_vec()
    }),
    ("another version", |b| header(b, |h| h.replace(r#""version":""#, r#""version":"9"#))),
    ("another program", |b| {
        header(b, |h| h.replacen(r#""format":"cryptoscope""#, r#""format":"other""#, 1))
    }),
    ("another type", |b| header(b, |h| h.replacen(r#""dtype":"F32""#, r#""dtype":"I32""#, 1))),
    ("no architecture", |b| {
        header(b, |h| {
            h.replacen("\"network\":", "\"other\":", 1).replacen("\"recurrent\":", "\"other\":", 1)
        })
    }),
    ("offsets that meet", |b| {
        header(b, |h| h.replacen("\"data_offsets\":[0,", "\"data_offsets\":[4,", 1))
    }),
    ("no number among the weights", |b| {
        let (header, mut data) = split(b);
        let at = data.len() - 4;
        data[at..].copy_from_slice(&f32::NAN.to_le_bytes());
        join(&header, &data)
    }),
    ("infinity among the weights", |b| {
        let (header, mut data) = split(b);
        let at = data.len() - 4;
        data[at..].copy_from_slice(&f32::INFINITY.to_le_bytes());
        join(&header, &data)
    }),
];

fn models(all: &mut Vec<Case>) {
    let feed_forward = cryptoscope::network::open("hospital").expect("built in").to_bytes();
    let tables = cryptoscope::network::open("hospital-table").expect("built in").to_bytes();
    let steps = cryptoscope::network::recurrent::open("cryptornn").expect("built in").to_bytes();
    for (what, bytes, command) in [
        ("BGV", &feed_forward, "plan hospital --set scheme.kind=bgv"),
        ("CKKS", &feed_forward, "run hospital --set scheme.kind=ckks"),
        ("TFHE", &tables, "run hospital --set activation.kind=lookup"),
        ("steps", &steps, "plan cryptornn"),
    ] {
        for (damage, change) in DAMAGES {
            let case =
                Case::refused(command, &["m.safetensors"]).file("m.safetensors", change(bytes));
            all.push(
                case.with(&["--set", "model={dir}/m.safetensors"])
                    .named(&format!("{what}, {damage}")),
            );
        }
    }
    // Of the other kind, and of another shape.
    for (command, model, text) in [
        ("plan hospital", "{shared}/steps.safetensors", "steps.safetensors"),
        ("plan cryptornn", "{shared}/hospital.safetensors", "hospital.safetensors"),
        ("plan hospital", "{shared}/digits.safetensors", "breast_cancer"),
        ("plan digits", "{shared}/hospital.safetensors", "digits"),
        ("plan hospital", "{shared}", "folder"),
    ] {
        all.push(Case::refused(command, &[text]).with(&["--set", &format!("model={model}")]));
    }
}

/// Tables that cannot be run through the network made by hand, and what is said of them.
fn data(all: &mut Vec<Case>) {
    let good = shared::table(1);
    let lines: Vec<&str> = good.lines().collect();
    let with = |row: &str| format!("{good}{row}\n");
    let tables: [(&str, Vec<u8>); 14] = [
        ("empty", Vec::new()),
        ("a header alone", lines[0].into()),
        ("one row", lines[..2].join("\n").into()),
        ("text in a column", with("1,two,0").into()),
        ("no number", with("nan,2,0").into()),
        ("infinity", with("1,inf,0").into()),
        ("too large", with("1,1e999,0").into()),
        ("a cell too many", with("1,2,3,0").into()),
        ("a cell too few", with("1,0").into()),
        ("one column more", good.lines().map(|l| format!("7,{l}\n")).collect::<String>().into()),
        (
            "a class that the network lacks",
            with("1,2,5").replace("\n1,2,5\n", &"\n1,2,5".repeat(12)).into(),
        ),
        ("bytes that are no text", [good.as_bytes(), b"\xff\xfe,1,0\n"].concat()),
        ("an HTML page", "<!DOCTYPE html>\n<html><body>Not found</body></html>\n".into()),
        ("damaged gzip", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03damaged".to_vec()),
    ];
    for scenario in SCHEMES {
        for (what, bytes) in &tables {
            let command = if all.len().is_multiple_of(2) { "plan" } else { "run" };
            let case = Case::refused(&format!("{command} {scenario}"), &["t"])
                .file("t.csv", bytes.clone());
            all.push(case.with(&["--set", "dataset={dir}/t.csv"]).named(what));
        }
        let command = format!("run {scenario} --set dataset={{dir}}");
        all.push(Case::refused(&command, &["IDX"]).named("a folder of nothing"));
    }
    let steps = [
        ("no series", "@problemname x\n@data\n"),
        ("no number", "@classLabel true a b\n@data\n1,2,x:a\n"),
        ("a class that is not listed", "@classLabel true a b\n@data\n1,2,3:c\n"),
        ("one series", "@classLabel true a b\n@data\n1,2,3:a\n"),
    ];
    for (what, text) in steps {
        let case = Case::refused("plan cryptornn --set dataset={dir}/s.ts", &["s"]);
        all.push(case.file("s.ts", text).named(what));
    }
}

/// Results that would be put over what they are made from, over each other, or where nothing can be.
fn results(all: &mut Vec<Case>) {
    let table = |case: Case| case.file("t.csv", shared::table(1)).file("s.json", SCENARIO);
    let refused = |command: &str, texts: &[&str]| table(Case::refused(command, texts));
    for scenario in SCHEMES {
        let own = format!("run {scenario} --set dataset={{dir}}/t.csv");
        all.push(refused(&format!("{own} --report {{dir}}/t.csv"), &["--report", "the dataset"]));
        all.push(refused(&format!("{own} --report {{dir}}/no/r.json"), &["no folder"]));
    }
    for (command, texts) in [
        ("run {dir}/s.json --report {dir}/s.json", &["--report", "the scenario"][..]),
        ("run {dir}/s.json --report {dir}/../case/s.json", &["--report", "the scenario"]),
        ("run {dir}/s.json --report {dir}", &["is a folder"]),
        ("run {dir}/s.json --report {dir}/new/", &["is a folder"]),
        ("run {dir}/s.json --report /dev/null", &["a device or a pipe"]),
        (
            "run hospital --set model={shared}/hospital.safetensors --report {shared}/hospital.safetensors",
            &["the model"],
        ),
        ("compare {dir}/s.json --report {dir}/s.json", &["the scenario"]),
        ("compare {dir}/s.json --report {dir}/r.txt", &["a .csv or a .json file"]),
        ("compare {dir}/s.json --report {dir}/no/r.csv", &["no folder"]),
        (
            "compare cryptornn --set model={shared}/steps.safetensors --report {shared}/steps.json/r.csv",
            &["r.csv"],
        ),
        (
            "compare cryptonn-hospital --set dataset={dir}/t.csv --report {dir}/t.csv",
            &["the dataset"],
        ),
        ("sweep {dir}/s.json --function relu --report {dir}/s.json", &["the scenario"]),
        ("sweep {dir}/s.json --function relu --report {dir}/r", &["a .csv or a .json file"]),
        ("train {dir}/s.json --out {dir}/s.json", &["--out", "the scenario"]),
        ("train hospital --set dataset={dir}/t.csv --out {dir}/t.csv", &["--out", "the dataset"]),
        ("train hospital --out {dir}", &["is a folder"]),
        (
            "train cryptornn --set model={shared}/steps.safetensors --out {shared}/steps.safetensors",
            &["the model"],
        ),
        ("train cryptonn-hospital --out {dir}/x --report {dir}/x", &["--report", "--out"]),
        ("train cryptonn-hospital --out {dir}/x --checkpoint {dir}/x", &["--checkpoint", "--out"]),
        (
            "train cryptonn-hospital --report {dir}/x --checkpoint {dir}/../case/x",
            &["--checkpoint", "--report"],
        ),
        (
            "train cryptonn-hospital --resume {shared}/half.ckpt --checkpoint {shared}/half.ckpt",
            &["--checkpoint", "--resume"],
        ),
        (
            "train cryptonn-hospital --resume {shared}/half.ckpt --out {shared}/half.ckpt",
            &["--out", "--resume"],
        ),
        ("train hospital --report {dir}/r.json", &["encrypted data"]),
        ("train hospital --checkpoint {dir}/c", &["encrypted data"]),
    ] {
        all.push(refused(command, texts));
    }
    #[cfg(unix)]
    special(all);
}

const SCENARIO: &str = r#"{"name": "own", "model": "digits", "dataset": "digits", "images": 4}"#;

/// Pipes that nobody writes to, links, and files that may not be written.
#[cfg(unix)]
fn special(all: &mut Vec<Case>) {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let pipe = |dir: &Path| {
        let made = std::process::Command::new("mkfifo").arg(dir.join("pipe")).status();
        assert!(made.expect("mkfifo").success());
    };
    for (command, text) in [
        ("plan {dir}/pipe", "pipe"),
        ("train {dir}/pipe", "pipe"),
        ("inspect {dir}/pipe", "pipe"),
        ("plan digits --set model={dir}/pipe", "pipe"),
        ("run digits --set dataset={dir}/pipe", "pipe"),
        ("plan cryptornn --set model={dir}/pipe", "pipe"),
        ("plan cryptornn --set dataset={dir}/pipe", "pipe"),
        ("train cryptonn-hospital --resume {dir}/pipe", "pipe"),
        ("train cryptonn-hospital --checkpoint {dir}/pipe", "a device or a pipe"),
        ("plan digits --set model=/dev/zero", "device"),
        ("plan digits --set dataset=/dev/zero", "device"),
        ("plan /dev/zero", "device"),
    ] {
        all.push(Case::refused(command, &[text]).prepared(pipe).named("special"));
    }
    let links = |dir: &Path| {
        std::fs::write(dir.join("s.json"), SCENARIO).expect("written");
        symlink("s.json", dir.join("soft.json")).expect("linked");
        std::fs::hard_link(dir.join("s.json"), dir.join("hard.json")).expect("linked");
        symlink("loop.json", dir.join("loop.json")).expect("linked");
        std::fs::write(dir.join("kept.json"), "kept").expect("written");
        let locked = std::fs::Permissions::from_mode(0o444);
        std::fs::set_permissions(dir.join("kept.json"), locked).expect("set");
    };
    for (name, text) in [
        ("soft.json", "the scenario"),
        ("hard.json", "the scenario"),
        ("loop.json", "loop.json"),
        ("kept.json", "write-protected"),
    ] {
        let command = format!("run {{dir}}/s.json --report {{dir}}/{name}");
        all.push(Case::refused(&command, &[text]).prepared(links));
    }
}

pub fn all() -> Vec<Case> {
    let mut all = Vec::new();
    models(&mut all);
    data(&mut all);
    results(&mut all);
    all
}
