//! The network that was given is the network that runs, on data that mean what it was trained on.

use cryptoscope::activation::Activation;
use cryptoscope::circuit::MATCHING;
use cryptoscope::data::{self, Dataset, Split};
use cryptoscope::inference::Session;
use cryptoscope::network::recurrent::{self, RecurrentModel, Sequences};
use cryptoscope::network::{self, Layer, Network, Op, accuracy, argmax};
use cryptoscope::progress::{Cancel, Watch};
use cryptoscope::recurrent::SequenceSession;
use cryptoscope::report::RunReport;
use cryptoscope::scenario::{Scenario, Sources};
use cryptoscope::worker::{Engine, SessionEngine};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Runs the program: its exit status, what it says, what it complains of.
fn typed(words: &[&str]) -> (i32, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let words = std::iter::once("cryptoscope").chain(words.iter().copied());
    let status = cryptoscope::cli::run(words, &mut out, &mut err);
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (status, text(out), text(err))
}

/// The report of a run, which ends well unless values that were cut off changed an answer, as those of
/// one sample of a table may: then, and only then, the status is 1.
fn report(dir: &Path, words: &[&str]) -> RunReport {
    let file = dir.join("report.json");
    let more = ["--seed", "3", "--report", file.to_str().expect("text")];
    let words: Vec<&str> = ["run"].iter().chain(words).copied().chain(more).collect();
    let (status, _, err) = typed(&words);
    assert!(status < 2, "{err}");
    let bytes = std::fs::read(file).expect("written");
    let report: RunReport = serde_json::from_slice(&bytes).expect("a report");
    let changed = report.warnings.iter().any(|w| w.kind == "clipped_answers");
    assert_eq!((status, report.encrypted.wrong_outputs), (i32::from(changed), 0), "{err}");
    report
}

/// A table of a dataset's samples, `row` writing one; those of the test part last.
fn table(
    dir: &Path,
    name: &str,
    header: &str,
    dataset: &Dataset,
    row: impl Fn(&[f32], u16) -> Option<String>,
) -> PathBuf {
    let mut text = header.to_owned();
    for Split { inputs, labels, .. } in [dataset.train(), dataset.test()] {
        for (values, label) in inputs.chunks(dataset.shape().len()).zip(labels) {
            text.extend(row(values, *label));
        }
    }
    let path = dir.join(name);
    std::fs::write(&path, text).expect("written");
    path
}

/// Values of a row with a comma behind each.
fn cells<'a>(values: impl Iterator<Item = &'a f32>) -> String {
    values.fold(String::new(), |mut text, v| {
        write!(text, "{v},").expect("memory");
        text
    })
}

fn set(key: &str, path: &Path) -> String {
    format!("{key}={}", path.display())
}

/// The built-in network with the outputs of its two classes exchanged.
fn turned(name: &str) -> Network {
    let network = network::open(name).expect("built in");
    let mut layers: Vec<Layer> = network.layers().to_vec();
    let Some(Layer { op: Op::Dense { weight, bias, .. }, .. }) = layers.last_mut() else {
        panic!("ends in a dense layer");
    };
    weight.iter_mut().chain(bias).for_each(|w| *w = -*w);
    network.with_layers(layers, network.quantisation().cloned()).expect("fits")
}

#[cfg(feature = "tfhe")]
#[test]
fn tables_are_made_of_the_given_network_and_not_of_one_of_its_name() {
    let own = turned("hospital");
    assert_eq!(own.name(), "hospital");
    let scenario = Scenario::open("hospital").expect("built in");
    let scenario = scenario.with_setting("activation.kind=lookup").expect("a setting");
    let dataset = Arc::new(data::open("breast_cancer", None).expect("built in"));
    let session =
        |network| Session::with(&scenario, Arc::clone(&dataset), Arc::new(network)).expect("fits");
    let judged = |session: &Session| {
        let tables = session.table_network(&Cancel::default()).expect("made");
        let test = dataset.test();
        let answers = tables.evaluate(&test.inputs, &Watch::silent()).expect("runs");
        answers.accuracy(2, &test.labels)
    };
    let (mine, known) = (session(own.clone()), session(network::open("hospital").expect("there")));
    let wrong = judged(&mine);
    assert!(wrong < 0.1, "a network that answers the opposite is right in {wrong}");
    assert!(judged(&known) > 0.95);
    let networks = |session: &Session| {
        let compiled = session.compiled(&Cancel::default()).expect("planned");
        session.networks(&compiled).expect("known")
    };
    let found = networks(&mine);
    assert_eq!(
        (found.reference.name.as_str(), found.reference.digest),
        ("hospital", own.digest().to_string())
    );
    assert_eq!(networks(&known).reference.name, "hospital-table");
    let table = network::open("hospital-table").expect("built in");
    assert_eq!(networks(&known).encrypted.digest, table.digest().to_string());

    // A file that names the digest of another network than the one that is there has no twin.
    let mut card = network::open("hospital").expect("built in").card().clone();
    card.twins[0].digest = own.digest();
    let liar = network::open("hospital").expect("built in").with_card(card).expect("fits");
    assert_eq!(networks(&session(liar)).reference.name, "hospital");
}

#[test]
fn an_original_is_used_only_by_its_digest() {
    let known = network::open("cryptodl").expect("built in");
    let relu = network::open("cryptodl-relu").expect("built in");
    assert_eq!(known.original().expect("there").digest(), relu.digest());
    let mut card = known.card().clone();
    card.twins[0].digest = known.digest();
    assert_eq!(known.with_card(card).expect("fits").original(), None);

    let model = recurrent::open("cryptornn").expect("built in");
    let mut parts = model.parts().clone();
    parts.head.bias[0] += 100.0;
    // An old file names its original without a digest.
    parts.card.twins.clear();
    let old = RecurrentModel::new(parts).expect("fits");
    assert_eq!(old.original(), None);
    let scenario = Scenario::open("cryptornn").expect("built in");
    let dataset = Arc::new(data::open("waves", None).expect("made"));
    let session = SequenceSession::with(&scenario, dataset, Arc::new(old.clone())).expect("fits");
    assert_eq!(session.original.digest(), old.digest());
    assert!(
        session.notes[0].contains("cryptornn-tanh as its original but not its digest"),
        "{:?}",
        session.notes
    );
}

#[test]
fn a_network_that_was_fine_tuned_from_an_own_one_shows_no_built_in_as_its_original() {
    let dir = tempfile::tempdir().expect("a folder");
    let at = |name: &str| dir.path().join(name);
    let digits = network::open("digits").expect("built in");
    let exact = digits.with_function(&Activation::Relu).and_then(|n| n.with_name("cryptodl-relu"));
    let exact = exact.expect("fits");
    exact.save(at("own.safetensors")).expect("saved");
    let (model, out) = (set("model", &at("own.safetensors")), at("tuned.safetensors"));
    let out = out.to_str().expect("text");
    let train = ["train", "digits", "--set", &model, "--set", "activation.method=least_squares"];
    let words: Vec<&str> = train.into_iter().chain(["--epochs", "1", "--out", out]).collect();
    let (status, _, err) = typed(&words);
    assert_eq!(status, 0, "{err}");
    let tuned = Network::load(out).expect("reads");
    let card = tuned.card();
    assert_eq!(card.parent.as_ref().map(|p| p.digest), Some(exact.digest()));
    assert_eq!(card.twins[0].digest, exact.digest());
    assert_eq!(tuned.original(), None, "the built-in network of that name is another");
    let expected = format!(
        "cryptoscope train digits --set {model} --set activation.method=least_squares --epochs 1 --seed 1 --out {out}"
    );
    assert_eq!(tuned.provenance().command, expected);
    let plan = || {
        let (_, told, _) = typed(&["plan", "digits", "--set", &set("model", Path::new(out))]);
        told.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    // What it was tuned from lies beside it, and is known by its content.
    let told = plan();
    assert!(told.contains("reference cryptodl-relu-polynomial ("), "{told}");
    let original = format!("original cryptodl-relu ({}), exact", exact.digest().short());
    assert!(told.contains(&original), "{told}");
    // Without it, or with another in its place, the model is its own original, and that is said.
    for other in [None, Some(&digits)] {
        std::fs::remove_file(at("own.safetensors")).expect("removed");
        if let Some(other) = other {
            other.save(at("own.safetensors")).expect("saved");
        }
        let told = plan();
        assert!(told.contains("original cryptodl-relu-polynomial ("), "{told}");
        assert!(told.contains("which is neither built in nor beside its file"), "{told}");
        digits.save(at("own.safetensors")).expect("saved");
    }
}

#[test]
fn a_table_with_its_columns_and_classes_in_another_order_gives_the_same_answers() {
    let dir = tempfile::tempdir().expect("a folder");
    let cancer = data::open("breast_cancer", None).expect("built in");
    let names = cancer.features();
    let order: Vec<usize> = (0..30).map(|c| (11 * c + 5) % 30).collect();
    let header = |order: &[usize]| {
        let names: Vec<&str> = order.iter().map(|c| names[*c].as_str()).collect();
        format!("{},class\n", names.join(","))
    };
    let class = |label: u16| cancer.classes()[usize::from(label)].clone();
    let straight: Vec<usize> = (0..30).collect();
    let plain = table(dir.path(), "plain.csv", &header(&straight), &cancer, |row, label| {
        Some(format!("{}{}\n", cells(row.iter()), class(label)))
    });
    let mixed = table(dir.path(), "mixed.csv", &header(&order), &cancer, |row, label| {
        Some(format!("{}{}\n", cells(order.iter().map(|c| &row[*c])), class(label)))
    });
    let run = |path: &Path| report(dir.path(), &["hospital", "--set", &set("dataset", path)]);
    let (one, other) = (run(&plain), run(&mixed));
    assert_eq!(one.images, 113);
    assert!(one.encrypted.accuracy > 0.95, "{}", one.encrypted.accuracy);
    assert_eq!(one.encrypted.accuracy, other.encrypted.accuracy);
    assert_eq!(one.plain.accuracy, other.plain.accuracy);
    // Reports name classes as the model does, and say what was done.
    assert_eq!(other.class_names, ["malignant", "benign"]);
    let said: Vec<&str> =
        other.warnings.iter().filter(|w| w.kind == MATCHING).map(|w| w.message.as_str()).collect();
    assert_eq!(said.len(), 3, "{said:?}");
    assert!(said[0].contains("columns of mixed are matched by name"), "{said:?}");
    assert!(said[1].contains("benign, malignant there, malignant, benign in model"), "{said:?}");

    // The table has another test part than the data that it was made of.
    assert!(said[2].contains("was trained on test samples of mixed"), "{said:?}");

    // Letters or numbers for the names: refused, and right once they are named.
    for (letters, named) in [(["M", "B"], "benign,malignant"), (["0", "1"], "malignant,benign")] {
        let path = table(dir.path(), "other.csv", &header(&straight), &cancer, |row, label| {
            Some(format!("{}{}\n", cells(row.iter()), letters[usize::from(label)]))
        });
        let dataset = set("dataset", &path);
        let (status, _, err) = typed(&["run", "hospital", "--set", &dataset]);
        assert_eq!(status, 2);
        assert!(
            err.contains("it tells malignant, benign apart") && !err.trim().contains('\n'),
            "{err}"
        );
        let named = format!("{dataset}?classes={named}");
        let found = report(dir.path(), &["hospital", "--set", &named]);
        assert_eq!(found.encrypted.accuracy, one.encrypted.accuracy);
    }
}

/// What is said of model and data in a report.
fn said(report: &RunReport) -> String {
    let notes = report.warnings.iter().filter(|w| w.kind == MATCHING);
    notes.map(|w| w.message.clone() + "\n").collect()
}

#[test]
fn samples_of_the_training_are_not_taken_for_new_ones() {
    let dir = tempfile::tempdir().expect("a folder");
    let cancer = data::open("breast_cancer", None).expect("built in");
    let header = format!("{},class\n", cancer.features().join(","));
    let own = table(dir.path(), "own.csv", &header, &cancer, |row, label| {
        Some(format!("{}{}\n", cells(row.iter()), cancer.classes()[usize::from(label)]))
    });
    let own = set("dataset", &own);
    let run = |dataset: &str| said(&report(dir.path(), &["hospital", "--set", dataset]));
    assert_eq!(run("dataset=breast_cancer"), "");
    // Another split of the 569 samples: four of five in its test part were trained on.
    let other = run(&format!("{own}?seed=7"));
    let share: f64 = other
        .split("so some ")
        .nth(1)
        .and_then(|rest| rest.split([' ', '%', '\u{a0}', '\u{202f}']).next())
        .and_then(|number| number.parse().ok())
        .unwrap_or_else(|| panic!("{other}"));
    assert!((65.0..95.0).contains(&share), "{other}");
}

#[test]
fn other_units_are_told_whatever_the_scheme() {
    let dir = tempfile::tempdir().expect("a folder");
    let cancer = data::open("breast_cancer", None).expect("built in");
    let header = format!("{},class\n", cancer.features().join(","));
    let class = |label: u16| cancer.classes()[usize::from(label)].clone();
    let inches = table(dir.path(), "inches.csv", &header, &cancer, |row, label| {
        let mut row = row.to_vec();
        row[0] /= 25.4;
        Some(format!("{}{}\n", cells(row.iter()), class(label)))
    });
    let dataset = set("dataset", &inches);
    for scheme in ["scheme.kind=bgv", "scheme.kind=ckks"] {
        let words = ["hospital", "--set", &dataset, "--set", scheme];
        let told = said(&report(dir.path(), &words));
        let column = format!("column {} of inches", cancer.features()[0]);
        assert!(told.contains(&column) && told.contains("other units"), "{scheme}: {told}");
    }
}

#[test]
fn data_that_a_model_does_not_know_can_be_looked_at_but_not_run() {
    let dir = tempfile::tempdir().expect("a folder");
    let cancer = data::open("breast_cancer", None).expect("built in");
    let path = table(dir.path(), "own.csv", "", &cancer, |row, label| {
        Some(format!("{}{}\n", cells(row.iter()), ["M", "B"][usize::from(label)]))
    });
    let scenario = Scenario::open("hospital").expect("built in");
    let other = scenario.with_setting(&set("dataset", &path)).expect("a setting");
    let mut engine = SessionEngine::new(Sources::default());
    let opened = engine.open(&other).expect("opens");
    assert_eq!(engine.loaded(&opened).expect("there").dataset.classes(), ["B", "M"]);
    let refused = engine.plan(&opened, &Cancel::default()).expect_err("is refused").to_string();
    assert!(refused.contains("does not know class B of dataset own"), "{refused}");
    // Where not even the number of values fits there is nothing to look at.
    let iris = scenario.with_setting("dataset=iris").expect("a setting");
    assert!(engine.open(&iris).is_err());
}

#[test]
fn digits_of_some_classes_only_are_scored_by_their_value() {
    let dir = tempfile::tempdir().expect("a folder");
    let digits = data::open("digits", None).expect("built in");
    for kept in [vec![1, 2, 7], vec![0, 1, 2, 3, 4, 5, 6, 8, 9]] {
        let path = table(dir.path(), "some.csv", "", &digits, |row, label| {
            kept.contains(&label).then(|| format!("{}{label}\n", cells(row.iter())))
        });
        let dataset = format!("{}?shape=8x8", set("dataset", &path));
        let found = report(dir.path(), &["digits", "--set", &dataset]);
        assert!(found.encrypted.accuracy > 0.98, "{kept:?}: {}", found.encrypted.accuracy);
        assert_eq!((found.encrypted.agreement, found.classes), (1.0, 10));
    }
    let path = table(dir.path(), "more.csv", "", &digits, |row, label| {
        Some(format!("{}{}\n", cells(row.iter()), if label == 9 { 10 } else { label }))
    });
    let dataset = format!("{}?shape=8x8", set("dataset", &path));
    let (status, _, err) = typed(&["run", "digits", "--set", &dataset]);
    assert_eq!(status, 2);
    assert!(err.contains("does not know class 10 of dataset more"), "{err}");
}

#[test]
fn words_are_those_of_the_model() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("own.txt");
    let mut text = String::new();
    for (good, bad) in [("great", "terrible"), ("excellent", "awful"), ("love", "worst")] {
        for thing in ["phone", "food", "movie", "place"] {
            writeln!(text, "The {thing} is {good}, really {good}!\t1").expect("memory");
            writeln!(text, "The {thing} is {bad}, a {bad} disappointment.\t0").expect("memory");
        }
    }
    std::fs::write(&path, text).expect("written");
    let scenario = Scenario::open("cryptornn-sentiment").expect("built in");
    let scenario = scenario.with_setting(&set("dataset", &path)).expect("a setting");
    let session = SequenceSession::open(&scenario, &Sources::default()).expect("opens");
    let model = &session.model;
    assert_eq!(session.dataset.vocabulary(), model.card().vocabulary);
    assert!(session.notes[0].contains("in the vocabulary of model cryptornn-sentiment"));
    let mut right = 0;
    for Split { inputs, labels, lengths } in [session.dataset.train(), session.dataset.test()] {
        let steps = session.all_steps();
        let prepared = model.prepare(Sequences { inputs, lengths, steps }).expect("fits");
        let outputs = model.forward(&prepared, &Watch::silent()).expect("runs");
        let rows = outputs.chunks(2).zip(labels);
        right += rows.filter(|(y, l)| argmax(y) == usize::from(**l)).count();
    }
    // Anybody can tell these 24 apart; numbers of the file's own vocabulary are other words.
    assert!(right >= 22, "{right} of 24");

    let dataset = set("dataset", &path);
    for command in ["run", "plan", "train"] {
        let (status, _, err) = typed(&[command, "cryptornn", "--set", &dataset]);
        assert_eq!(status, 2, "{command}");
        assert!(err.contains("takes numbers but dataset own has words"), "{command}: {err}");
    }
    let (status, _, err) = typed(&["run", "cryptornn-sentiment", "--set", "dataset=waves"]);
    assert_eq!(status, 2);
    assert!(err.contains("takes words but dataset waves has numbers"), "{err}");
}

#[test]
fn a_model_trained_on_own_data_knows_them() {
    let dir = tempfile::tempdir().expect("a folder");
    let cancer = data::open("breast_cancer", None).expect("built in");
    let header: String = (0..30).map(|c| format!("measure{c},")).collect::<String>() + "class\n";
    let path = table(dir.path(), "own.csv", &header, &cancer, |row, label| {
        Some(format!("{}{}\n", cells(row.iter()), ["sick", "well"][usize::from(label)]))
    });
    let (dataset, out) = (set("dataset", &path), dir.path().join("own.safetensors"));
    let out = out.to_str().expect("text");
    let (status, _, err) = typed(&["train", "hospital", "--set", &dataset, "--out", out]);
    assert_eq!(status, 0, "{err}");
    let model = Network::load(out).expect("reads");
    let opened = data::open(&path.to_string_lossy(), None).expect("opens");
    assert_eq!(model.card().classes, ["sick", "well"]);
    assert_eq!(model.card().features[29], "measure29");
    assert_eq!(model.card().dataset.as_ref().expect("told").digest, opened.digest());
    let outputs = model.forward_batch(&opened.test().inputs, &Watch::silent()).expect("runs");
    assert!(accuracy(&outputs, 2, &opened.test().labels) > 0.9);
    let (_, told, _) = typed(&["inspect", out]);
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    let command =
        format!("made by cryptoscope train hospital --set {dataset} --seed 1 --out {out}");
    for part in [command.as_str(), "classes sick, well", "measure0"] {
        assert!(told.contains(part), "{told}");
    }
    let model = set("model", Path::new(out));
    let found = report(dir.path(), &["hospital", "--set", &dataset, "--set", &model]);
    assert_eq!(found.class_names, ["sick", "well"]);
    assert!(found.warnings.iter().all(|w| w.kind != MATCHING), "{:?}", found.warnings);
    let (status, _, err) = typed(&["run", "hospital", "--set", &model]);
    assert_eq!(status, 2);
    assert!(
        err.contains("takes a column measure0 that dataset breast_cancer does not have"),
        "{err}"
    );
}

/// A model file as the first version of the format had it: without card and digests.
fn old_file(dir: &Path, bytes: &[u8]) -> PathBuf {
    let len = u64::from_le_bytes(bytes[..8].try_into().expect("8 bytes")) as usize;
    let mut header: serde_json::Value =
        serde_json::from_slice(&bytes[8..8 + len]).expect("a header");
    let metadata = header["__metadata__"].as_object_mut().expect("an object");
    for key in ["card", "digest", "checksum"] {
        metadata.remove(key).expect("is there");
    }
    metadata["version"] = "1".into();
    let header = header.to_string();
    let mut old = (header.len() as u64).to_le_bytes().to_vec();
    old.extend(header.as_bytes());
    old.extend(&bytes[8 + len..]);
    let path = dir.join("old.safetensors");
    std::fs::write(&path, old).expect("written");
    path
}

#[test]
fn old_files_run_and_say_once_what_they_lack() {
    let dir = tempfile::tempdir().expect("a folder");
    for (name, lacks) in [("digits", 1), ("hospital", 2)] {
        let new = report(dir.path(), &[name]);
        let bytes = network::open(name).expect("built in").to_bytes();
        let model = set("model", &old_file(dir.path(), &bytes));
        let old = report(dir.path(), &[name, "--set", &model]);
        assert_eq!(old.encrypted.accuracy, new.encrypted.accuracy);
        assert_eq!(old.networks, new.networks, "the same network by its digest");
        let said = old.warnings.iter().filter(|w| w.kind == MATCHING).count();
        assert_eq!(said, lacks, "{:?}", old.warnings);
        assert!(new.warnings.iter().all(|w| w.kind != MATCHING));
    }
    let bytes = recurrent::open("cryptornn").expect("built in").to_bytes();
    let model = set("model", &old_file(dir.path(), &bytes));
    let (status, told, err) = typed(&["plan", "cryptornn", "--set", &model]);
    assert_eq!(status, 0, "{err}");
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(told.matches("names no classes").count(), 1, "{told}");
    assert_eq!(told.matches("(an old file)").count(), 1, "{told}");
}

#[test]
fn other_files_in_the_place_of_mnist_are_not_mnist() {
    let dir = tempfile::tempdir().expect("a folder");
    let folder = dir.path().join("mnist");
    std::fs::create_dir(&folder).expect("made");
    let write = |name: &str, dims: &[u32], values: Vec<u8>| {
        let mut bytes = vec![0, 0, 8, dims.len() as u8];
        bytes.extend(dims.iter().flat_map(|d| d.to_be_bytes()));
        bytes.extend(values);
        std::fs::write(folder.join(name), bytes).expect("written");
    };
    for (part, samples) in [("train", 60_000u32), ("t10k", 10_000)] {
        write(
            &format!("{part}-images-idx3-ubyte"),
            &[samples, 28, 28],
            vec![7; samples as usize * 784],
        );
        let labels = (0..samples).map(|s| (s % 10) as u8).collect();
        write(&format!("{part}-labels-idx1-ubyte"), &[samples], labels);
    }
    for name in ["mnist", "mnist-rows"] {
        let text = data::open(name, Some(dir.path())).expect_err("is refused").to_string();
        assert!(text.contains("these are not the files of mnist"), "{text}");
    }
    // By their path they are what they are.
    let own = data::open(&folder.to_string_lossy(), None).expect("opens");
    assert_eq!((own.train().len(), own.test().len()), (60_000, 10_000));
}

#[test]
fn options_that_a_training_would_not_look_at_are_refused() {
    for (words, said) in [
        (
            &["hospital", "--epochs", "3"][..],
            "--epochs: model hospital is made again as its recipe says (60 + 30 epochs)",
        ),
        (&["hospital", "--learning-rate", "0.1"], "--learning-rate: model hospital"),
        (&["hospital", "--range-penalty", "2"], "--range-penalty: model hospital"),
        (&["hospital", "--from-scratch"], "--from-scratch: model hospital"),
        (&["cryptonn-hospital", "--range-penalty", "nan"], "--range-penalty: not used"),
        (&["cryptornn", "--from-scratch"], "--from-scratch: a recurrent network"),
        (&["cryptornn", "--report", "r.json"], "--report is for trainings on encrypted data"),
    ] {
        let words: Vec<&str> = ["train"].iter().chain(words).copied().collect();
        let (status, _, err) = typed(&words);
        assert_eq!(status, 2, "{words:?}");
        assert!(err.contains(said), "{err}");
    }
}
