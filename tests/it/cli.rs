//! The command line: through the library, and a few times as a process.

use cryptoscope::activation::Activation;
use std::io::Read;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};

struct Told {
    status: i32,
    out: String,
    err: String,
}

impl Told {
    /// Could not run, and says why in one line.
    fn assert_refused(&self, reason: &str) {
        assert_eq!(self.status, 2, "{}{}", self.out, self.err);
        let lines: Vec<_> = self.err.lines().filter(|l| l.starts_with("error: ")).collect();
        assert_eq!(lines.len(), 1, "{}", self.err);
        assert_eq!(self.err.lines().last(), Some(lines[0]), "the error is the last line");
        assert!(lines[0].contains(reason), "{}", self.err);
        assert!(self.out.is_empty());
    }

    fn assert_ran(&self) {
        assert_eq!(self.status, 0, "{}", self.err);
        let wide = self.out.lines().find(|l| l.chars().count() > 100 && !l.contains('/'));
        assert!(wide.is_none(), "too wide: {wide:?}");
    }
}

fn cryptoscope(args: &[&str]) -> Told {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let args = std::iter::once("cryptoscope").chain(args.iter().copied());
    let status = cryptoscope::cli::run(args, &mut out, &mut err);
    Told { status, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
}

fn process(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cryptoscope"));
    command.args(args).env_remove("CRYPTOSCOPE_DATA").stdin(Stdio::null());
    command
}

fn told(output: Output) -> Told {
    Told {
        status: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn scenarios_and_datasets_are_listed() {
    let told = cryptoscope(&["scenarios"]);
    told.assert_ran();
    for name in ["digits", "hospital", "cryptonets", "breast_cancer", "mnist"] {
        assert!(told.out.contains(&format!("\n{name} ")), "{}", told.out);
    }
}

#[test]
fn help_and_version_are_results() {
    let help = cryptoscope(&["--help"]);
    help.assert_ran();
    assert!(help.out.contains("Exit status: 0 ran"));
    assert!(cryptoscope(&["--version"]).out.starts_with("cryptoscope "));
}

#[test]
fn what_cannot_be_understood_is_one_line() {
    cryptoscope(&["rnu"]).assert_refused("unrecognized subcommand 'rnu'");
    cryptoscope(&["run"]).assert_refused("<SCENARIO>");
    cryptoscope(&["run", "digits", "--images", "0"]).assert_refused("--images");
    cryptoscope(&["run", "digits", "--threads", "many"]).assert_refused("--threads");
    cryptoscope(&["--scenario", "digits", "scenarios"]).assert_refused("are for the window");
    cryptoscope(&["fetch", "imagenet"]).assert_refused("possible values: mnist");
    cryptoscope(&[]).assert_refused("name a command");
}

#[test]
fn a_scenario_that_is_not_there_is_named_with_those_that_are() {
    for command in ["plan", "run", "train"] {
        let told = cryptoscope(&[command, "digit"]);
        told.assert_refused("built in are digits, digits-relu, hospital, cryptonets");
    }
}

#[test]
fn an_unknown_setting_is_refused() {
    for setting in ["scheme.colour=red", "activation.degree=many", "nothing", "a.b.c=1"] {
        for command in ["plan", "run", "train"] {
            let told = cryptoscope(&[command, "digits", "--set", setting]);
            told.assert_refused(&format!("setting {setting}: "));
        }
    }
}

#[test]
fn a_report_that_cannot_be_written_is_told_before_the_run() {
    let dir = tempfile::tempdir().unwrap();
    let nowhere = dir.path().join("no/such/r.json");
    let told = cryptoscope(&["run", "digits", "--report", text(&nowhere)]);
    told.assert_refused("r.json: cannot be written");
    cryptoscope(&["run", "digits", "--report", text(dir.path())]).assert_refused("is a folder");
}

#[test]
fn a_run_that_fails_leaves_the_old_report() {
    let dir = tempfile::tempdir().unwrap();
    let report = dir.path().join("r.json");
    std::fs::write(&report, "old").unwrap();
    let empty = dir.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let args = ["run", "cryptonets", "--data", text(&empty), "--report", text(&report)];
    cryptoscope(&args).assert_refused("error: ");
    assert_eq!(std::fs::read(&report).unwrap(), b"old");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2, "nothing else is left");
}

#[test]
fn models_and_datasets_are_inspected() {
    let both = cryptoscope(&["inspect", "digits"]);
    both.assert_ran();
    assert!(both.out.contains("network     digits"), "{}", both.out);
    assert!(both.out.contains("1797 (1438 training, 359 test)"), "{}", both.out);
    let table = cryptoscope(&["inspect", "breast_cancer"]);
    assert!(table.out.contains("malignant (212), benign (357)"), "{}", table.out);
    assert!(table.out.contains("and 18 more"), "{}", table.out);
    let dir = tempfile::tempdir().unwrap();
    let csv = dir.path().join("t.csv");
    std::fs::write(&csv, "a;class\n1;x\n2;y\n3;y\n").unwrap();
    assert!(cryptoscope(&["inspect", text(&csv)]).out.contains("CSV, semicolons"));
    std::fs::write(&csv, "a;class\n1;x\nb;y\n3;y\n").unwrap();
    cryptoscope(&["inspect", text(&csv)]).assert_refused("line 3, column 1: b is not a number");
    let model = dir.path().join("m.safetensors");
    std::fs::write(&model, b"\x02\0\0\0\0\0\0\0{}").unwrap();
    cryptoscope(&["inspect", text(&model)]).assert_refused("m.safetensors");
    cryptoscope(&["inspect", "no/such/file"]).assert_refused("no/such/file: cannot open");
}

#[test]
fn training_writes_the_model_it_reports() {
    let dir = tempfile::tempdir().unwrap();
    let model = dir.path().join("m.safetensors");
    let args = ["train", "hospital", "--seed", "7", "--out", text(&model)];
    let told = cryptoscope(&args);
    told.assert_ran();
    assert!(told.out.contains("saved to") && told.out.contains("on integers"), "{}", told.out);
    let network = cryptoscope::network::Network::load(&model).unwrap();
    assert_eq!(network.provenance().seed, 7);
    assert!(network.provenance().test_accuracy.unwrap() > 0.9);
    let first = std::fs::read(&model).unwrap();
    cryptoscope(&args).assert_ran();
    assert_eq!(std::fs::read(&model).unwrap(), first, "the same seed gives the same model");
}

#[test]
fn only_known_models_are_trained() {
    let told = cryptoscope(&["train", "digits", "--set", "model=other"]);
    told.assert_refused("no recipe for model other");
    let told = cryptoscope(&["train", "digits", "--set", "dataset=iris"]);
    told.assert_refused("dataset iris has samples of 4 and 3 classes");
}

#[test]
fn a_polynomial_is_trained_with() {
    let dir = tempfile::tempdir().unwrap();
    let (exact, model) = (dir.path().join("exact.safetensors"), dir.path().join("m.safetensors"));
    let digits = cryptoscope::network::open("digits").unwrap();
    digits.with_function(&Activation::Relu).unwrap().save(&exact).unwrap();
    let set = format!("model={}", text(&exact));
    let train = ["train", "digits", "--set", &set, "--set", "activation.method=least_squares"];
    let more = ["--set", "activation.interval=4", "--epochs", "3", "--out", text(&model)];
    let args: Vec<&str> = train.into_iter().chain(more).collect();
    let told = cryptoscope(&args);
    told.assert_ran();
    assert!(told.out.contains("inside interval"), "{}", told.out);
    let network = cryptoscope::network::Network::load(&model).unwrap();
    assert!(network.layers().iter().all(|l| l.op.is_polynomial()));
    assert!(network.provenance().test_accuracy.unwrap() > 0.95);
    assert!(network.provenance().command.contains("--set activation.method=least_squares"));
    let none: Vec<&str> = args.iter().map(|a| if *a == "3" { "0" } else { a }).collect();
    cryptoscope(&none).assert_refused("epochs is 0; 1 to 1000 are possible");
    cryptoscope(&["train", "digits", "--set", "activation.method=minimax"])
        .assert_refused("every activation of model digits is a polynomial already");
}

#[test]
fn a_sweep_is_a_table_and_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let (csv, json) = (dir.path().join("s.csv"), dir.path().join("s.json"));
    let sweep = ["sweep", "digits", "--function", "relu", "--methods", "minimax,square"];
    let more = ["--degrees", "2..4", "--intervals", "measured", "--report"];
    let args: Vec<&str> = sweep.into_iter().chain(more).collect();
    let told = cryptoscope(&[&args[..], &[text(&csv)]].concat());
    told.assert_ran();
    assert!(told.out.contains("original accuracy") && told.out.contains("Minimax"), "{}", told.out);
    assert_eq!(std::fs::read_to_string(&csv).unwrap().lines().count(), 5);
    cryptoscope(&[&args[..], &[text(&json)]].concat()).assert_ran();
    assert!(std::fs::read_to_string(&json).unwrap().contains("\"exact_accuracy\""));
    cryptoscope(&[&args[..], &["s.txt"]].concat()).assert_refused("name a .csv or a .json file");
    cryptoscope(&["sweep", "digits", "--degrees", "9..2"]).assert_refused("--degrees 9..2");
    cryptoscope(&["sweep", "digits", "--methods", "best"]).assert_refused("--methods");
    cryptoscope(&["sweep", "digits"]).assert_refused("is a polynomial already");
}

#[test]
fn a_missing_dataset_says_how_to_get_it() {
    let empty = tempfile::tempdir().unwrap();
    for command in ["inspect mnist", "train cryptonets"] {
        let mut args: Vec<&str> = command.split(' ').collect();
        args.extend(["--data", text(empty.path())]);
        let told = told(process(&args).output().unwrap());
        told.assert_refused("`cryptoscope fetch mnist`");
        assert!(told.err.contains("train-images-idx3-ubyte.gz"), "{}", told.err);
    }
    // The variable names the folder too.
    let by_variable = process(&["inspect", "mnist"]).env("CRYPTOSCOPE_DATA", empty.path()).output();
    told(by_variable.unwrap()).assert_refused(text(empty.path()));
}

#[test]
fn a_mirror_that_is_not_there_is_told() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let mirror = format!("http://{free}/");
    let args = ["fetch", "mnist", "--mirror", &mirror, "--data", text(dir.path())];
    cryptoscope(&args).assert_refused("train-images-idx3-ubyte.gz: no mirror gave it");
}

#[test]
fn a_process_has_the_exit_status_it_states() {
    told(process(&["scenarios"]).output().unwrap()).assert_ran();
    told(process(&["run", "nothing"]).output().unwrap()).assert_refused("no scenario nothing");
    let told = told(process(&["plan", "digits", "--set", "x=1"]).output().unwrap());
    told.assert_refused("setting x=1");
    assert!(!told.err.contains("panicked") && !told.err.contains("backtrace"));
}

#[test]
fn a_reader_who_goes_away_is_no_error() {
    let mut child =
        process(&["scenarios"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(0), ""));
}

#[cfg(unix)]
#[test]
fn an_interrupt_stops_with_130() {
    // A mirror that accepts and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mirror = format!("http://{}/", silent.local_addr().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let args = ["fetch", "mnist", "--mirror", &mirror, "--data", text(dir.path())];
    let mut child = process(&args).stderr(Stdio::piped()).spawn().unwrap();
    let (_held, _) = silent.accept().unwrap();
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    // The forced stop says nothing.
    assert_eq!(err, "error: stopped\n");
}

#[test]
fn a_plan_is_a_table_or_json() {
    let told = cryptoscope(&["plan", "digits", "--images", "100", "--threads", "1"]);
    told.assert_ran();
    for part in ["security", "least noise margin", "ciphertexts", "upload"] {
        assert!(told.out.contains(part), "{}", told.out);
    }
    let json = cryptoscope(&["plan", "digits", "--images", "100", "--json"]);
    let plan: cryptoscope::circuit::Plan = serde_json::from_str(&json.out).unwrap();
    assert_eq!(plan.images, 100);
    assert!(plan.security_bits >= 128);
}

#[test]
fn a_run_prints_tables_and_writes_its_report() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("r.json");
    let args = ["run", "hospital", "--images", "20", "--seed", "3", "--report", text(&path)];
    let told = cryptoscope(&args);
    told.assert_ran();
    assert!(told.out.contains("encrypted accuracy"), "{}", told.out);
    assert!(told.err.contains("encrypt"), "progress in lines: {}", told.err);
    let report: cryptoscope::report::RunReport =
        serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!((report.images, report.seed, report.encrypted.wrong_outputs), (20, 3, 0));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn a_run_past_its_budget_is_told_and_exits_with_1() {
    let args = ["run", "digits", "--images", "20", "--seed", "3"];
    let changes = ["--set", "scheme.prime_count=1", "--set", "scheme.past_budget=true"];
    let told = told(process(&args).args(changes).output().unwrap());
    assert_eq!(told.status, 1, "{}{}", told.out, told.err);
    assert!(told.out.contains("WRONG: some values decrypted wrongly"), "{}", told.out);
}
