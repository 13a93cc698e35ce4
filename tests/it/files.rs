//! Nothing of the user's is lost, nothing hangs, and nothing that a file holds reaches the terminal raw.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

struct Told {
    status: i32,
    out: String,
    err: String,
}

fn process(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cryptoscope"));
    command.args(args).env_remove("CRYPTOSCOPE_DATA").stdin(Stdio::null());
    command
}

fn told(mut command: Command) -> Told {
    let output = command.output().unwrap();
    Told {
        status: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn cryptoscope(args: &[&str]) -> Told {
    told(process(args))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A folder with a table, a scenario on it, and a model.
struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { dir: tempfile::tempdir().unwrap() };
        let rows = (0..40).map(|i| format!("{},{},{}\n", i % 7, i % 5, i % 2));
        let table = format!("a,b,class\n{}", rows.collect::<String>());
        std::fs::write(place.at("t.csv"), table).unwrap();
        let model = cryptoscope::network::open("hospital").unwrap();
        model.save(place.at("m.safetensors")).unwrap();
        let scenario = r#"{"name": "own", "model": "m.safetensors", "dataset": "breast_cancer"}"#;
        std::fs::write(place.at("s.json"), scenario).unwrap();
        place
    }

    fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Names and contents of all files.
    fn all(&self) -> Vec<(String, Vec<u8>)> {
        let mut all: Vec<_> = std::fs::read_dir(self.dir.path())
            .unwrap()
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.path().is_file())
            .map(|e| (e.file_name().into_string().unwrap(), std::fs::read(e.path()).unwrap()))
            .collect();
        all.sort();
        all
    }
}

#[test]
fn a_result_never_replaces_what_it_is_made_from() {
    let place = Place::new();
    let (table, model, scenario) =
        (place.at("t.csv"), place.at("m.safetensors"), place.at("s.json"));
    let set = |key: &str, path: &Path| format!("{key}={}", text(path));
    let (of_table, of_model) = (set("dataset", &table), set("model", &model));
    let before = place.all();
    let refused = |args: &[&str], both: [&str; 2]| {
        let told = cryptoscope(args);
        assert_eq!(told.status, 2, "{args:?}: {}{}", told.out, told.err);
        assert!(both.iter().all(|part| told.err.contains(part)), "{args:?}: {}", told.err);
        assert_eq!(told.err.lines().count(), 1, "nothing is begun: {}", told.err);
        assert!(place.all() == before, "{args:?}");
    };
    let (table, model, scenario) = (text(&table), text(&model), text(&scenario));
    for command in ["run", "compare", "sweep"] {
        let args = [command, "hospital", "--set", &of_table, "--report", table];
        refused(&args, ["--report", "the dataset"]);
    }
    refused(&["run", "hospital", "--set", &of_model, "--report", model], ["--report", "the model"]);
    refused(&["run", scenario, "--report", scenario], ["--report", "the scenario"]);
    refused(&["run", scenario, "--report", model], ["--report", "the model"]);
    refused(&["train", scenario, "--out", model], ["--out", "the model"]);
    refused(&["train", scenario, "--out", scenario], ["--out", "the scenario"]);
    refused(&["train", "hospital", "--set", &of_table, "--out", table], ["--out", "the dataset"]);
    let encrypted = ["train", "cryptonn-hospital", "--epochs", "1"];
    let with = |more: &[&str], both| refused(&[&encrypted[..], more].concat(), both);
    let (new, other) = (place.at("new"), place.at("sub/../new"));
    std::fs::create_dir(place.at("sub")).unwrap();
    let (new, other) = (text(&new), text(&other));
    with(&["--out", new, "--report", other], ["--report", "--out"]);
    with(&["--out", new, "--checkpoint", other], ["--checkpoint", "--out"]);
    with(&["--set", &of_table, "--checkpoint", table], ["--checkpoint", "the dataset"]);
}

#[cfg(unix)]
#[test]
fn links_and_special_files_are_seen_through() {
    use std::os::unix::fs::symlink;
    let place = Place::new();
    symlink("t.csv", place.at("link.csv")).unwrap();
    std::fs::hard_link(place.at("t.csv"), place.at("hard.csv")).unwrap();
    let set = format!("dataset={}", text(&place.at("t.csv")));
    let before = place.all();
    for name in ["link.csv", "hard.csv"] {
        let told =
            cryptoscope(&["run", "hospital", "--set", &set, "--report", text(&place.at(name))]);
        assert_eq!(told.status, 2, "{}", told.err);
        assert!(told.err.contains("the dataset") && told.err.contains(name), "{}", told.err);
    }
    assert!(place.all() == before);
    let device = cryptoscope(&["run", "digits", "--report", "/dev/null"]);
    assert_eq!(device.status, 2);
    assert!(device.err.contains("a device or a pipe"), "{}", device.err);
    // Standard output that is a file is no place for another result.
    let log = place.at("log");
    let mut command = process(&["run", "digits", "--images", "4", "--report", text(&log)]);
    command.stdout(std::fs::File::create(&log).unwrap());
    let told = told(command);
    assert_eq!(told.status, 2);
    assert!(told.err.contains("what standard output is written to"), "{}", told.err);
    // A link to nothing yet: what it leads to is made.
    symlink("made.json", place.at("later.json")).unwrap();
    let report = place.at("later.json");
    let told = cryptoscope(&["run", "digits", "--images", "4", "--report", text(&report)]);
    assert_eq!(told.status, 0, "{}", told.err);
    assert!(std::fs::symlink_metadata(&report).unwrap().is_symlink());
    assert!(place.at("made.json").is_file());
}

/// Waits for the end of a process, no longer than a minute.
fn end(mut child: Child) -> Option<i32> {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(60) {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status.code().unwrap_or(-1));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().ok();
    child.wait().ok();
    None
}

#[cfg(unix)]
#[test]
fn pipes_that_nobody_writes_to_are_not_waited_for() {
    let place = Place::new();
    let pipe = place.at("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let pipe = text(&pipe);
    let (model, dataset) = (format!("model={pipe}"), format!("dataset={pipe}"));
    let cases: [&[&str]; 9] = [
        &["plan", pipe],
        &["train", pipe],
        &["inspect", pipe],
        &["plan", "digits", "--set", &model],
        &["plan", "digits", "--set", &dataset],
        &["plan", "cryptornn", "--set", &model],
        &["plan", "cryptornn", "--set", &dataset],
        &["train", "cryptonn-hospital", "--resume", pipe],
        &["run", "digits", "--report", pipe],
    ];
    for args in cases {
        let child = process(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        assert_eq!(end(child), Some(2), "{args:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn no_signal_leaves_unfinished_files() {
    for signal in ["INT", "TERM", "HUP"] {
        let place = Place::new();
        let before = place.all();
        let (out, report) = (place.at("o.safetensors"), place.at("r.json"));
        let args = ["train", "cryptonn", "--out", text(&out), "--report", text(&report)];
        let child = process(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let start = Instant::now();
        while place.all().len() < before.len() + 2 && start.elapsed() < Duration::from_secs(30) {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(place.all().len(), before.len() + 2, "both are being written");
        let pid = child.id().to_string();
        let sent = Command::new("kill").args([&format!("-{signal}"), &pid]).status().unwrap();
        assert!(sent.success());
        assert_eq!(end(child), Some(130), "{signal}");
        assert!(place.all() == before, "{signal} leaves litter");
    }
}

#[test]
fn scenario_files_are_found_and_read_as_people_write_them() {
    let place = Place::new();
    let plain = std::fs::read_to_string(place.at("s.json")).unwrap();
    for name in ["s.json", "S.JSON", "own", "bom.json"] {
        let mark = if name == "bom.json" { "\u{feff}" } else { "" };
        std::fs::write(place.at(name), format!("{mark}{plain}")).unwrap();
        // The model lies in the folder of the scenario, and not where this runs.
        let told = cryptoscope(&["plan", text(&place.at(name)), "--images", "4"]);
        assert_eq!(told.status, 0, "{name}: {}", told.err);
        assert!(told.out.starts_with("Plan of own\n"), "{}", told.out);
    }
    let mut command = process(&["plan", "-", "--images", "4", "--set", "model=hospital"]);
    command.stdin(std::fs::File::open(place.at("s.json")).unwrap());
    assert!(told(command).out.starts_with("Plan of own\n"));
    for (bad, reason) in [
        ("\"seed\": \"x\"", "seed must be a whole number, 0 or more, and is x, line 1, column"),
        ("\"activation\": {\"interval\": NaN}", "activation.interval is NaN, which is no number"),
        ("\"seed\": -1", "seed must be a whole number, 0 or more, and is -1"),
        ("\"colour\": 1", "there is no field colour"),
        (
            "\"scheme\": {\"kind\": \"rsa\"}",
            "scheme.kind is rsa; auto, bgv, bfv, ckks, tfhe are possible",
        ),
    ] {
        std::fs::write(place.at("s.json"), plain.replace('}', &format!(", {bad}}}"))).unwrap();
        let told = cryptoscope(&["plan", text(&place.at("s.json"))]);
        assert_eq!(told.status, 2, "{}", told.out);
        assert!(told.err.contains(reason), "{bad}: {}", told.err);
    }
}

#[cfg(unix)]
#[test]
fn paths_may_be_no_text() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let place = Place::new();
    let folder = place.dir.path().join(OsStr::from_bytes(b"caf\xe9"));
    std::fs::create_dir(&folder).unwrap();
    for name in ["t.csv", "m.safetensors", "s.json"] {
        std::fs::copy(place.at(name), folder.join(name)).unwrap();
    }
    let run = |words: &[&str], path: &str, more: &[&str]| {
        let mut command = process(words);
        command.arg(folder.join(path)).args(more);
        told(command)
    };
    let table = run(&["inspect"], "t.csv", &[]);
    assert!(table.status == 0 && table.out.contains("40 ("), "{}{}", table.out, table.err);
    assert_eq!(run(&["inspect"], "m.safetensors", &[]).status, 0);
    // The model is beside the scenario, in the folder of that name.
    let plan = run(&["plan"], "s.json", &["--images", "4"]);
    assert_eq!(plan.status, 0, "{}", plan.err);
    let mut setting = std::ffi::OsString::from("model=");
    setting.push(folder.join("m.safetensors"));
    let mut command = process(&["run", "hospital", "--images", "4", "--set"]);
    command.arg(setting).arg("--report").arg(folder.join("r.json"));
    let ran = told(command);
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert!(folder.join("r.json").is_file());
    let none = run(&["inspect"], "none.csv", &[]);
    assert!(none.status == 2 && none.err.contains("none.csv"), "{}", none.err);
}

#[test]
fn messages_are_short_and_tell_their_cause_once() {
    let gone = "No such file or directory";
    let cases: [&[&str]; 6] = [
        &["inspect", "no/such.csv"],
        &["plan", "no/such.json"],
        &["plan", "digits", "--set", "model=no/such.safetensors"],
        &["plan", "cryptornn", "--set", "model=no/such.safetensors"],
        &["plan", "digits", "--set", "dataset=no/such.csv"],
        &["train", "cryptonn-hospital", "--resume", "no/such.ckpt"],
    ];
    for args in cases {
        let told = cryptoscope(args);
        assert_eq!((told.status, told.err.matches(gone).count()), (2, 1), "{}", told.err);
    }
    for (args, reason) in [
        (&["train", "cryptonn-hospital", "--learning-rate", "-1"][..], "learning_rate is -1"),
        (&["run", "digits", "--seed", "-1"], "it must be a whole number, 0 or more"),
        (&["run", "digits", "--images", "-3"], "-3 is not in 1..=4294967295"),
        (&["sweep", "digits", "--function", "relu", "--intervals", "-3"], "half-widths above 0"),
        (&["sweep", "digits", "--degrees", "-3"], "--degrees -3"),
        (&["compare", "cryptornn", "--row-secs", "-1"], "--row-secs is -1"),
    ] {
        let told = cryptoscope(args);
        assert_eq!((told.status, told.out.as_str()), (2, ""), "{}", told.err);
        assert!(told.err.contains(reason), "{args:?}: {}", told.err);
    }
    for command in ["compare", "run", "sweep"] {
        let more: &[&str] = if command == "sweep" { &["--function", "relu"] } else { &[] };
        let told = cryptoscope(&[&[command, "digits", "--images", "500"], more].concat());
        assert_eq!((told.status, told.out.as_str()), (2, ""), "no table before the error");
        assert!(told.err.contains("1 to 359 are possible"), "{command}: {}", told.err);
    }
}

#[test]
fn nothing_from_a_file_reaches_the_terminal_raw() {
    let evil = "\u{1b}]0;owned\u{7}\u{1b}[2J\nWRONG\u{202e}\r";
    let place = Place::new();
    let name = serde_json::to_string(&format!("{evil}{}", "x".repeat(5000))).unwrap();
    let write = |file: &str, model: &str, dataset: &str, more: &str| {
        let text =
            format!("{{\"name\": {name}, \"model\": {model}, \"dataset\": {dataset}{more}}}");
        std::fs::write(place.at(file), text).unwrap();
        text_of(&place.at(file))
    };
    let ckks = ", \"scheme\": {\"kind\": \"ckks\"}";
    let plain = write("evil.json", "\"hospital\"", "\"breast_cancer\"", "");
    let relu = write("relu.json", "\"cryptonn-hospital\"", "\"breast_cancer\"", ckks);
    let steps = write(
        "steps.json",
        "\"cryptornn\"",
        "\"waves\"",
        ", \"sequence\": {\"steps\": 2}, \"activation\": {\"degree\": 3, \"interval\": 2.5}, \"scheme\": {\"kind\": \"ckks\"}",
    );
    let training = write(
        "training.json",
        "\"cryptonn-hospital\"",
        "\"breast_cancer\"",
        ", \"training\": {\"epochs\": 1, \"samples\": 60}",
    );
    let lost = write("lost.json", &name, "\"digits\"", "");
    let gone = write("gone.json", "\"digits\"", &name, "");
    let model = text_of(&place.at("m.safetensors"));
    let cases: [(&[&str], i32); 13] = [
        (&["plan", &plain, "--images", "4"], 0),
        (&["plan", &steps, "--images", "4"], 0),
        (&["run", &plain, "--images", "4", "--seed", "1"], 0),
        (&["run", &steps, "--images", "4", "--seed", "1"], 0),
        (&["compare", &plain, "--images", "4", "--seed", "1", "--schemes", "bgv"], 0),
        (
            &[
                "sweep",
                &relu,
                "--images",
                "4",
                "--degrees",
                "2",
                "--methods",
                "minimax",
                "--intervals",
                "8",
            ],
            0,
        ),
        (&["train", &training, "--seed", "1"], 0),
        (&["plan", &lost], 2),
        (&["plan", &gone], 2),
        (&["inspect", evil], 2),
        (&["plan", evil], 2),
        (&["run", &plain, "--set", evil], 2),
        (&["train", "hospital", "--out", &model, "--set", &format!("model={evil}")], 2),
    ];
    for (args, status) in cases {
        let told = cryptoscope(args);
        assert_eq!(told.status, status, "{args:?}: {}{}", told.out, told.err);
        let raw = |text: &str| {
            let lines = text.replace('\n', "");
            lines.contains(|c: char| c.is_control() || c == '\u{202e}')
        };
        assert!(!raw(&told.out) && !raw(&told.err), "{args:?}: {:?} {:?}", told.out, told.err);
        let all = format!("{}{}", told.out, told.err);
        assert!(!all.lines().any(|line| line.starts_with("WRONG")), "no line of its own: {all}");
        assert!(all.lines().all(|line| line.chars().count() < 4100), "{args:?}");
        if status == 0 {
            assert!(!all.contains(&"x".repeat(100)), "names are cut: {all}");
        }
    }
}

fn text_of(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}
