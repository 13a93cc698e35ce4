//! Data without classes are answered sample by sample, and nobody claims to know how many answers are
//! right.

use cryptoscope::data::{self, Dataset, Shape};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Runs the program: its exit status, what it says, what it complains of.
fn typed(words: &[&str]) -> (i32, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let words = std::iter::once("cryptoscope").chain(words.iter().copied());
    let status = cryptoscope::cli::run(words, &mut out, &mut err);
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (status, text(out), text(err))
}

fn opened(path: &str) -> Dataset {
    data::open(path, None).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn brought(name: &str) -> String {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/brought");
    here.join(name).to_string_lossy().into_owned()
}

/// So many test samples of breast_cancer as a table, with their classes or without.
fn table(dir: &Path, name: &str, samples: usize, classes: bool) -> PathBuf {
    let cancer = opened("breast_cancer");
    let test = cancer.test();
    let mut text = cancer.features().join(",") + if classes { ",class\n" } else { "\n" };
    for (row, label) in test.inputs.chunks(30).zip(&test.labels).take(samples) {
        text += &row.iter().map(f32::to_string).collect::<Vec<_>>().join(",");
        if classes {
            text += &format!(",{}", cancer.classes()[usize::from(*label)]);
        }
        text.push('\n');
    }
    let path = dir.join(name);
    std::fs::write(&path, text).expect("written");
    path
}

fn csv(path: &Path) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(path).expect("written");
    text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

#[test]
fn tables_arrays_and_pictures_open_without_classes_in_their_order() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("t.csv");
    std::fs::write(&path, "long,wide\n3,4.5\n1,2\n5,-1\n").expect("written");
    let path = path.to_string_lossy();
    for option in ["class=none", "labels=none"] {
        let read = opened(&format!("{path}?{option}"));
        assert_eq!(read.test().inputs, [3.0, 4.5, 1.0, 2.0, 5.0, -1.0]);
        assert_eq!(read.features(), ["long", "wide"]);
        assert!(!read.has_classes() && read.classes().is_empty() && read.train().is_empty());
        assert!(read.test_labels().is_empty());
    }
    // What one row is answered depends on no other row.
    let gaps = dir.path().join("gaps.csv");
    std::fs::write(&gaps, "a,b\n1,\n2,5\n3,7\n").expect("written");
    let filled = data::open(&format!("{}?class=none&missing=mean", gaps.display()), None);
    let told = filled.expect_err("gaps").to_string();
    assert!(told.contains("1 values are missing in rows that are to be answered"), "{told}");
    let read = opened(&format!("{}?class=none&missing=drop", gaps.display()));
    assert_eq!(read.test().inputs, [2.0, 5.0, 3.0, 7.0]);

    let expected: Value =
        serde_json::from_str(&std::fs::read_to_string(brought("expected.json")).expect("there"))
            .expect("JSON");
    let alone: Vec<f32> = serde_json::from_value(expected["alone"]["all"].clone()).expect("values");
    for name in
        ["arrays/alone.npz", "arrays/alone.npz?labels=none", "alone/measured.npy?class=none"]
    {
        let read = opened(&brought(name));
        assert_eq!((read.shape(), read.has_classes()), (Shape::Flat { len: 3 }, false), "{name}");
        assert_eq!(read.test().inputs, alone, "{name}");
    }
    // Labels that are there are left alone, and parts stay parts.
    for name in ["arrays/keras.npz", "parts"] {
        let (with, without) =
            (opened(&brought(name)), opened(&brought(&format!("{name}?labels=none"))));
        assert_eq!(with.test().inputs, without.test().inputs, "{name}");
        assert_eq!(with.train().inputs, without.train().inputs, "{name}");
        assert!(!without.has_classes() && with.digest() != without.digest(), "{name}");
    }

    let idx = dir.path().join("new-images-idx3-ubyte");
    std::fs::write(
        &idx,
        [&[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2][..], &[1, 2, 3, 4]].concat(),
    )
    .expect("written");
    let read = opened(&format!("{}?class=none", idx.display()));
    assert_eq!(read.test().inputs, [1.0, 2.0, 3.0, 4.0]);
    assert!(!read.has_classes() && read.test().len() == 2);

    let (with, without) = (opened(&brought("pictures")), opened(&brought("pictures?class=none")));
    assert_eq!((without.shape(), without.train().len()), (with.shape(), 0));
    let sorted = |sets: [&data::Split; 2]| {
        let len = with.shape().len();
        let mut all: Vec<Vec<u32>> = Vec::new();
        for set in sets {
            all.extend(set.inputs.chunks(len).map(|p| p.iter().map(|v| v.to_bits()).collect()));
        }
        all.sort();
        all
    };
    assert_eq!(
        sorted([with.train(), with.test()]),
        sorted([without.train(), without.test()]),
        "the same pictures"
    );
}

#[test]
fn what_cannot_be_read_without_classes_says_so() {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::copy(brought("alone/measured.npy"), dir.path().join("x.npy")).expect("copied");
    let loose = dir.path().join("loose");
    std::fs::create_dir(&loose).expect("made");
    std::fs::copy(brought("pictures/cat/0.png"), loose.join("one.png")).expect("copied");
    let table = dir.path().join("t.csv");
    std::fs::write(&table, "a,b\n3,4\n1,2\n").expect("written");
    // A million million samples of nothing.
    let head = "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000, 0), }";
    let head = format!("{head:<117}\n");
    let bytes = [b"\x93NUMPY\x01\x00", &(head.len() as u16).to_le_bytes()[..], head.as_bytes()];
    std::fs::write(dir.path().join("nothing.npy"), bytes.concat()).expect("written");
    let nothing = dir.path().join("nothing.npy?labels=none").display().to_string();
    let (array, loose, table) =
        (dir.path().join("x.npy").display().to_string(), loose.display(), table.display());
    for (path, said) in [
        (array.clone(), "?labels=none reads it without classes"),
        (loose.to_string(), "1 pictures outside of folders of classes"),
        (format!("{table}?class=none&seed=3"), "data without classes are not split"),
        (format!("{table}?class=none&labels=text"), "leave one of them out"),
        (
            format!("{table}?class=none&classes=a,b"),
            "has no classes, and option classes needs them",
        ),
        ("waves?class=none".to_owned(), "class"),
        (nothing, "shape 1000000000000 x 0: no values"),
        (brought("alone/measured.npy"), "tells neither samples nor labels"),
    ] {
        let told = data::open(&path, None).expect_err(&path).to_string();
        assert!(told.contains(said) && !told.contains('\n'), "{path}: {told}");
    }
    assert_eq!(opened(&format!("{loose}?class=none")).test().len(), 1);
    assert_eq!(opened(&format!("{array}?labels=none")).test().len(), 5);
}

#[test]
fn a_run_gives_the_same_answers_with_and_without_labels() {
    let dir = tempfile::tempdir().expect("a folder");
    let at = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
    let with = format!("{}?split=none", table(dir.path(), "with.csv", 40, true).display());
    let without = format!("{}?class=none", table(dir.path(), "without.csv", 40, false).display());
    let run = |dataset: &str, name: &str| {
        let (answers, report) = (at(&format!("{name}-answers.csv")), at(&format!("{name}.json")));
        let set = format!("dataset={dataset}");
        let words = [
            "run",
            "hospital",
            "--set",
            &set,
            "--seed",
            "5",
            "--answers",
            &answers,
            "--report",
            &report,
            "--confusion",
        ];
        let (status, out, err) = typed(&words);
        assert!(status < 2, "{err}");
        let report: Value =
            serde_json::from_slice(&std::fs::read(&report).expect("written")).expect("JSON");
        (csv(Path::new(&answers)), report, out)
    };
    let (labelled, known, _) = run(&with, "a");
    let (answers, unknown, out) = run(&without, "b");

    // Row by row the same classes and scores; only the column of labels is not there.
    assert_eq!((labelled.len(), answers.len()), (41, 41));
    assert_eq!(labelled[0][4], "label");
    for (a, b) in labelled.iter().zip(&answers) {
        let a: Vec<&String> = a[..4].iter().chain(&a[5..]).collect();
        assert_eq!(a, b.iter().collect::<Vec<_>>());
    }
    let cancer = opened("breast_cancer");
    for (row, label) in labelled[1..].iter().zip(&cancer.test().labels) {
        assert_eq!(row[4], cancer.classes()[usize::from(*label)]);
    }

    // Nowhere an accuracy; agreement as with labels.
    assert_eq!(unknown["encrypted"]["agreeing"], known["encrypted"]["agreeing"]);
    assert!(known["encrypted"]["accuracy"].as_f64().expect("a share") > 0.9);
    for (part, name) in
        [("plain", "accuracy"), ("plain", "integer_accuracy"), ("encrypted", "accuracy")]
    {
        assert_eq!(unknown[part].get(name), Some(&Value::Null), "{part} {name}");
    }
    for (part, name) in
        [("plain", "correct"), ("plain", "reference_correct"), ("encrypted", "correct")]
    {
        assert_eq!(unknown[part].get(name), None, "{part} {name}");
    }
    assert!(out.contains("not known: the data have no classes"), "{out}");
    assert!(!out.contains('%'), "{out}");
    assert_eq!(unknown["class_names"], known["class_names"]);

    // The matrices are what the rows give when they are counted one by one.
    assert_eq!(unknown.get("confusion"), None);
    for (column, network) in [(1, "original"), (2, "reference"), (3, "encrypted")] {
        let mut counted = vec![vec![0u64; 2]; 2];
        let class = |name: &str| cancer.classes().iter().position(|c| c == name).expect("a class");
        for row in &labelled[1..] {
            counted[class(&row[4])][class(&row[column])] += 1;
        }
        assert_eq!(known["confusion"][network], serde_json::json!(counted), "{network}");
    }
}

#[test]
fn sequences_without_labels_have_answers_too() {
    let dir = tempfile::tempdir().expect("a folder");
    let answers = dir.path().join("answers.csv");
    let waves = opened("waves");
    let mut npy = b"\x93NUMPY\x01\x00".to_vec();
    let head = "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 24), }";
    let head = format!("{head:<117}\n");
    npy.extend((head.len() as u16).to_le_bytes());
    npy.extend(head.as_bytes());
    npy.extend(waves.test().inputs[..4 * 24].iter().flat_map(|v| v.to_le_bytes()));
    let path = dir.path().join("x.npy");
    std::fs::write(&path, npy).expect("written");
    let set = format!("dataset={}?labels=none&axes=sequence", path.display());
    let series = dir.path().join("x.ts");
    let rows = waves.test().inputs[..4 * 24].chunks(24);
    let rows = rows.map(|row| row.iter().map(f32::to_string).collect::<Vec<_>>().join(",") + "\n");
    let text =
        "@univariate true\n@classLabel false\n@data\n".to_owned() + &rows.collect::<String>();
    std::fs::write(&series, text).expect("written");
    let series = format!("dataset={}", series.display());
    let run = |data: &[&str]| {
        let fixed =
            ["run", "cryptornn", "--seed", "2", "--answers", answers.to_str().expect("text")];
        let words: Vec<&str> = fixed.into_iter().chain(data.iter().copied()).collect();
        let (status, out, err) = typed(&words);
        assert!(status < 2, "{err}");
        (csv(&answers), out)
    };
    let (with, _) = run(&["--images", "4"]);
    for set in [&set, &series] {
        let (rows, out) = run(&["--set", set]);
        assert!(out.contains("not known: the data have no classes"), "{out}");
        assert_eq!((rows.len(), with.len(), with[0][4].as_str()), (5, 5, "label"));
        for (with, without) in with.iter().zip(&rows) {
            assert_eq!(with[..4], without[..4], "{set}");
        }
    }
}

#[test]
fn sentences_are_answered_as_with_their_classes() {
    let dir = tempfile::tempdir().expect("a folder");
    let sentences = [
        ("a wonderful phone , works great and I love it", "1"),
        ("terrible quality , it broke after two days", "0"),
        ("the food was awful and the service was slow", "0"),
        ("best movie I have seen , excellent acting", "1"),
    ];
    // Enough of each that both classes are in the test part, whose order is asked for.
    let both: String = sentences.iter().map(|(s, class)| format!("{s}\t{class}\n")).collect();
    let alone: String = sentences.iter().map(|(s, _)| format!("{s}\n")).collect();
    std::fs::write(dir.path().join("both.txt"), both.repeat(5)).expect("written");
    std::fs::write(dir.path().join("alone.txt"), &alone).expect("written");
    let answers = dir.path().join("answers.csv");
    let run = |dataset: String| {
        let set = format!("dataset={dataset}");
        let fixed = ["run", "cryptornn-sentiment", "--seed", "2", "--set", &set];
        let more = ["--set", "sequence.strategy=client_aided", "--answers"];
        let words: Vec<&str> =
            fixed.into_iter().chain(more).chain([answers.to_str().expect("text")]).collect();
        let (status, _, err) = typed(&words);
        assert!(status < 2, "{err}");
        csv(&answers)
    };
    let path = |name: &str| dir.path().join(name).display().to_string();
    let rows = run(format!("{}?format=text&class=none", path("alone.txt")));
    assert_eq!(rows.len(), 5);
    let read = opened(&format!("{}?format=text&class=none", path("alone.txt")));
    assert!(!read.has_classes() && read.test().len() == 4);
    let good = |row: &Vec<String>| row[3].clone();
    assert_eq!(good(&rows[1]), good(&rows[4]), "{rows:?}");
    assert_eq!(good(&rows[2]), good(&rows[3]), "{rows:?}");
    assert_ne!(good(&rows[1]), good(&rows[2]), "{rows:?}");
    // With their classes the same sentences have the same answers.
    let with = run(path("both.txt"));
    for row in &with[1..] {
        let class = if row[4] == "1" { good(&rows[1]) } else { good(&rows[2]) };
        assert_eq!(row[3], class, "{row:?}");
    }
}

#[test]
fn what_needs_classes_refuses_data_without_them_in_one_line() {
    let dir = tempfile::tempdir().expect("a folder");
    let table = table(dir.path(), "t.csv", 40, false);
    let dataset = format!("{}?class=none", table.display());
    let set = format!("dataset={dataset}");
    let out = dir.path().join("m.safetensors").display().to_string();
    for words in [
        vec!["train", "hospital", "--set", &set, "--out", &out],
        vec!["train", "--dataset", &dataset, "--layers", "small", "--for", "bgv", "--out", &out],
        vec!["train", "cryptonn-hospital", "--set", &set],
        vec!["sweep", "hospital", "--set", &set, "--degrees", "2", "--fine-tune", "1"],
    ] {
        let (status, _, err) = typed(&words);
        assert_eq!(status, 2, "{words:?}: {err}");
        let last = err.trim().lines().last().unwrap_or_default();
        assert!(last.contains("has no classes") && last.contains("needs them"), "{words:?}: {err}");
        assert!(!Path::new(&out).exists());
    }
}

#[test]
fn tables_of_studies_know_no_accuracy_without_classes() {
    let dir = tempfile::tempdir().expect("a folder");
    let table = table(dir.path(), "t.csv", 20, false);
    let set = format!("dataset={}?class=none", table.display());
    let file = |name: &str| dir.path().join(name).display().to_string();
    let (schemes, swept) = (file("schemes.json"), file("sweep.csv"));
    let words = ["compare", "hospital", "--set", &set, "--schemes", "bgv", "--report", &schemes];
    let (status, out, err) = typed(&words);
    assert!(status < 2, "{err}");
    assert!(out.contains("original accuracy not known"), "{out}");
    let report: Value =
        serde_json::from_slice(&std::fs::read(&schemes).expect("written")).expect("JSON");
    let row = &report["rows"][0];
    for name in ["accuracy", "plain_accuracy", "reference_accuracy"] {
        assert_eq!(row.get(name), Some(&Value::Null), "{name}");
    }
    assert!(row["agreement"].as_f64().expect("a share") > 0.9);

    let sets = ["--set", &set, "--degrees", "2", "--methods", "least_squares"];
    let words: Vec<&str> = ["sweep", "hospital", "--function", "relu", "--report", &swept]
        .into_iter()
        .chain(sets)
        .collect();
    let (status, out, err) = typed(&words);
    assert!(status < 2, "{err}");
    assert!(out.contains("not known"), "{out}");
    let rows = csv(Path::new(&swept));
    let at = rows[0].iter().position(|name| name == "accuracy").expect("a column");
    assert_eq!(rows[1][at], "");
    let at = rows[0].iter().position(|name| name == "agreement").expect("a column");
    assert!(rows[1][at].parse::<f64>().is_ok(), "{rows:?}");
}
