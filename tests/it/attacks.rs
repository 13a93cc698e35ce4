//! Ways to a wrong number with exit status 0 that people found who looked for them.

use cryptoscope::inference::Session;
use cryptoscope::progress::Cancel;
use cryptoscope::report::RunReport;
use cryptoscope::scenario::{Scenario, Sources};
use cryptoscope::{data, network};
use std::path::Path;

/// Runs the program: its exit status, what it says, what it complains of.
fn typed(words: &[&str]) -> (i32, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let words = std::iter::once("cryptoscope").chain(words.iter().copied());
    let status = cryptoscope::cli::run(words, &mut out, &mut err);
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (status, text(out), text(err))
}

/// The exit status and the report of a run.
fn run(dir: &Path, words: &[&str]) -> (i32, RunReport) {
    let file = dir.join("report.json");
    let more = ["--seed", "3", "--report", file.to_str().expect("text")];
    let words: Vec<&str> = ["run"].iter().chain(words).copied().chain(more).collect();
    let (status, _, err) = typed(&words);
    assert!(status < 2, "{err}");
    let bytes = std::fs::read(file).expect("written");
    (status, serde_json::from_slice(&bytes).expect("a report"))
}

fn told(report: &RunReport, part: &str) -> bool {
    report.warnings.iter().any(|w| w.message.contains(part))
}

/// Rows of a table of the tumours, each changed by `change` given its number: all samples, the test part
/// last. `?split` is by seed, so rows are not told apart by their place.
fn tumours(path: &Path, change: impl Fn(usize, &mut Vec<f32>)) -> String {
    let cancer = data::open("breast_cancer", None).expect("built in");
    let mut text = format!("{},class\n", cancer.features().join(","));
    let parts = [cancer.train(), cancer.test()];
    let rows = parts.iter().flat_map(|part| part.inputs.chunks(30).zip(&part.labels));
    for (at, (row, label)) in rows.enumerate() {
        let mut row = row.to_vec();
        change(at, &mut row);
        let cells: Vec<String> = row.iter().map(f32::to_string).collect();
        text += &format!("{},{}\n", cells.join(","), cancer.classes()[usize::from(*label)]);
    }
    std::fs::write(path, text).expect("written");
    format!("dataset={}", path.display())
}

#[test]
fn outliers_of_ones_own_table_do_not_excuse_what_is_cut_off() {
    let dir = tempfile::tempdir().expect("a folder");
    // Every fifth row has two columns three times as large, training rows among them.
    let wide = tumours(&dir.path().join("wide.csv"), |at, row| {
        if at % 5 == 0 {
            row[20] *= 3.0;
            row[22] *= 3.0;
        }
    });
    let (status, report) = run(dir.path(), &["hospital", "--set", &wide]);
    assert!(report.clipping.iter().all(|c| !c.in_training), "{:?}", report.clipping);
    assert_eq!(status, i32::from(report.encrypted.clipped_answers > 0));
    assert!(report.warnings.iter().any(|w| w.kind == "input_clipped"));
    // What the training of the model cut off is part of it, as before.
    let (status, report) = run(dir.path(), &["hospital"]);
    assert!(report.clipping.iter().all(|c| c.in_training) && status == 0);
}

#[test]
fn a_number_that_was_said_to_be_missing_is_none() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("coded.csv");
    let coded = tumours(&path, |at, row| {
        if at % 7 == 0 {
            row[2] = -999.0;
        }
    });
    let samples = |setting: &str| {
        let opened = data::open(setting.strip_prefix("dataset=").expect("a path"), None);
        opened.map(|d| d.train().len() + d.test().len())
    };
    assert_eq!(samples(&format!("{coded}?missing=-999&incomplete=skip")).expect("opens"), 569 - 82);
    let refused = samples(&format!("{coded}?missing=-999.0")).expect_err("is refused").to_string();
    assert!(refused.contains("the value is missing"), "{refused}");
    assert_eq!(samples(&coded).expect("opens"), 569);
}

#[test]
fn names_that_differ_in_capitals_do_not_cross_classes() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("capitals.csv");
    tumours(&path, |_, _| ());
    let text = std::fs::read_to_string(&path).expect("written");
    let text = text.replace(",benign\n", ",Benign\n").replace(",malignant\n", ",Malignant\n");
    std::fs::write(&path, text).expect("written");
    let crossed = format!("dataset={}?classes=malignant,benign", path.display());
    let (status, _, err) = typed(&["run", "hospital", "--set", &crossed]);
    assert!(status == 2 && err.contains("is the name of class"), "{err}");
    // Said one by one, they are right.
    let named = format!("dataset={}?classes=Benign:benign,Malignant:malignant", path.display());
    let (status, report) = run(dir.path(), &["hospital", "--set", &named]);
    assert!(status == 0 && report.encrypted.accuracy > 0.95, "{}", report.encrypted.accuracy);
}

#[test]
fn a_column_is_not_taken_for_another_of_like_name() {
    let dir = tempfile::tempdir().expect("a folder");
    let model = dir.path().join("items.safetensors");
    let items: Vec<String> = (1..=30).map(|i| format!("1.{i}")).collect();
    let card =
        network::ModelCard { features: items, ..network::open("hospital").unwrap().card().clone() };
    network::open("hospital").unwrap().with_card(card).unwrap().save(&model).expect("written");
    let path = dir.path().join("new.csv");
    tumours(&path, |_, _| ());
    let text = std::fs::read_to_string(&path).expect("written");
    let (_, rows) = text.split_once('\n').expect("a header");
    let header: Vec<String> = (1..=30).filter(|i| i % 10 != 0).map(|i| format!("1.{i}")).collect();
    let rows: String = rows
        .lines()
        .map(|row| {
            let cells: Vec<&str> = row.split(',').collect();
            format!("{},{}\n", cells[..27].join(","), cells[30])
        })
        .collect();
    std::fs::write(&path, format!("{},class\n{rows}", header.join(","))).expect("written");
    let (model, data) =
        (format!("model={}", model.display()), format!("dataset={}?header=yes", path.display()));
    let (status, _, err) = typed(&["run", "hospital", "--set", &model, "--set", &data]);
    assert!(status == 2 && err.contains("1.10"), "{err}");
}

#[test]
fn pixels_of_another_scale_are_told_and_guessing_too() {
    let dir = tempfile::tempdir().expect("a folder");
    let digits = data::open("digits", None).expect("built in");
    let mut text = String::new();
    for (row, label) in digits.test().inputs.chunks(64).zip(&digits.test().labels) {
        let cells: Vec<String> = row.iter().map(|x| (x / 16.0).to_string()).collect();
        text += &format!("{},{label}\n", cells.join(","));
    }
    let path = dir.path().join("small.csv");
    std::fs::write(&path, text).expect("written");
    let (_, report) = run(dir.path(), &["digits", "--set", &format!("dataset={}", path.display())]);
    assert!(told(&report, "other units"), "{:?}", report.warnings);
    assert!(report.warnings.iter().any(|w| w.kind == "no_better_than_guessing"));
    let (_, report) = run(dir.path(), &["digits"]);
    assert!(report.warnings.iter().all(|w| w.kind != "no_better_than_guessing"));
}

#[test]
fn a_class_that_may_be_first_or_last_is_told_where_it_is_run() {
    let dir = tempfile::tempdir().expect("a folder");
    let digits = data::open("digits", None).expect("built in");
    let mut text = String::new();
    for (row, label) in digits.test().inputs.chunks(64).zip(&digits.test().labels) {
        let cells: Vec<String> = row.iter().map(|x| (x / 2.0).floor().to_string()).collect();
        text += &format!("{label},{}\n", cells.join(","));
    }
    let path = dir.path().join("first.csv");
    std::fs::write(&path, text).expect("written");
    let dataset = data::open(path.to_str().expect("text"), None).expect("opens");
    assert!(dataset.guesses().iter().any(|g| g.doubt && g.text.contains("the first could be it")));
}

#[test]
fn no_report_takes_the_place_of_the_original_of_a_model() {
    let dir = tempfile::tempdir().expect("a folder");
    let at = |name: &str| dir.path().join(name);
    // An own network, and one that says that it was trained from it.
    let own =
        network::open("cryptonn-hospital").expect("built in").with_name("own").expect("a name");
    let mut parts = own.card().clone();
    parts.twins.clear();
    let own = own.with_card(parts.clone()).expect("fits");
    own.save(at("own.safetensors")).expect("written");
    parts.twins.push(network::Twin {
        role: network::Role::Exact,
        name: "own".into(),
        digest: own.digest(),
    });
    own.with_card(parts).expect("fits").save(at("tuned.safetensors")).expect("written");
    let (model, report) =
        (format!("model={}", at("tuned.safetensors").display()), at("own.safetensors"));
    let words = ["run", "cryptonn-hospital", "--set", &model, "--set", "activation.method=square"];
    let more = ["--report", report.to_str().expect("text"), "--images", "5"];
    let (status, _, err) = typed(&[&words[..], &more].concat());
    assert!(status == 2 && err.contains("the original of the model"), "{err}");
}

#[cfg(feature = "tfhe")]
#[test]
fn keys_are_no_part_of_the_work_on_sequences() {
    let dir = tempfile::tempdir().expect("a folder");
    for strategy in ["sequence.strategy=bootstrap", "sequence.strategy=client_aided"] {
        let words = ["cryptornn", "--images", "2", "--set", strategy, "--set", "sequence.steps=2"];
        let (status, report) = run(dir.path(), &words);
        assert_eq!(status, 0);
        let (encrypted, sequence) = (&report.encrypted, report.sequence.expect("a sequence"));
        let close = |a: f64, b: f64| (a - b).abs() < 1e-9 * a.max(1.0);
        let keys = sequence.client_key_secs + sequence.server_key_secs;
        assert!(keys > 0.0 && encrypted.keygen_secs >= keys, "{strategy}");
        let work = sequence.client_secs + sequence.server_secs - keys;
        assert!(close(encrypted.total_secs, work), "{strategy}");
        assert!(close(encrypted.encrypt_secs + encrypted.evaluate_secs, work), "{strategy}");
        assert!(close(sequence.sequences_per_sec * work, 2.0), "{strategy}");
    }
}

fn session(name: &str, settings: &[&str]) -> Session {
    let start = Scenario::open(name).expect("built in");
    let scenario =
        settings.iter().fold(start, |s, setting| s.with_setting(setting).expect("a setting"));
    Session::open(&scenario, &Sources::default()).expect("opens")
}

#[test]
fn integers_take_the_place_of_real_numbers_only_where_they_answer_alike() {
    let base = ["activation.method=chebyshev", "activation.interval=1000", "scheme.kind=auto"];
    for bits in ["scheme.precision_bits=20", "scheme.precision_bits=26"] {
        let planned = session("cryptonn", &[&base[..], &[bits]].concat()).plan();
        // BGV gives another network here: right in a fifth of the samples.
        let is_real = planned.as_ref().map_or(true, |plan| plan.scheme.name() == "CKKS");
        assert!(is_real, "{bits}: {:?}", planned.map(|p| p.scheme));
    }
}

#[test]
fn looser_precision_fits_and_advice_is_true() {
    let base = [
        "scheme.kind=ckks",
        "activation.method=least_squares",
        "activation.degree=7",
        "activation.interval=12",
        "images=20",
    ];
    let fits = |bits: u32| {
        let bits = format!("scheme.precision_bits={bits}");
        let session = session("cryptonn-hospital", &[&base[..], &[&bits]].concat());
        session.compiled(&Cancel::default()).map(|_| ()).map_err(|e| e.to_string())
    };
    let all: Vec<Result<(), String>> = (0..=12).map(fits).collect();
    let last = all.iter().rposition(Result::is_ok);
    for (bits, found) in all.iter().enumerate() {
        match found {
            Ok(()) => assert!(Some(bits) <= last),
            Err(error) => {
                assert!(Some(bits) > last, "{bits} is refused where {last:?} fits: {error}");
                let advised = error.split("scheme.precision_bits=").nth(1);
                let advised = advised.and_then(|t| t.split(' ').next()?.parse::<usize>().ok());
                if let Some(advised) = advised {
                    assert!(advised < bits && all[advised].is_ok(), "{error}");
                }
            }
        }
    }
}

#[test]
fn recurrent_plans_that_fit_a_stricter_bound_fit_a_looser_one() {
    let plan = |settings: &[&str]| {
        let start = Scenario::open("cryptornn").expect("built in");
        let scenario =
            settings.iter().fold(start, |s, setting| s.with_setting(setting).expect("a setting"));
        let sources = Sources::default();
        let session = cryptoscope::recurrent::SequenceSession::open(&scenario, &sources);
        session.expect("opens").circuit(&Cancel::default()).map(|_| ()).map_err(|e| e.to_string())
    };
    for steps in ["sequence.steps=8", "sequence.steps=16"] {
        let fits: Vec<bool> = ["5", "7", "9"]
            .map(|bits| plan(&[steps, &format!("scheme.precision_bits={bits}")]).is_ok())
            .to_vec();
        assert!(fits.windows(2).all(|pair| pair[0] || !pair[1]), "{steps}: {fits:?}");
    }
    // What the gaps of eight steps allow is looser than nine bits.
    assert_eq!(plan(&["sequence.steps=8"]), Ok(()));
}
