//! Data that people bring from elsewhere: arrays that NumPy wrote, pictures that Pillow wrote, records of
//! CIFAR. `generate.py` wrote the files, and what they hold into `expected.json`.

use cryptoscope::data::{Dataset, Shape, Split, inspect, open};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/brought")
}

fn expected() -> BTreeMap<String, Value> {
    serde_json::from_str(&std::fs::read_to_string(here().join("expected.json")).unwrap()).unwrap()
}

fn opened(name: &str) -> Dataset {
    try_open(name).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn try_open(name: &str) -> Result<Dataset, String> {
    open(&here().join(name).to_string_lossy(), None).map_err(|e| e.to_string())
}

fn numbers(value: &Value) -> Vec<f32> {
    serde_json::from_value(value.clone()).unwrap()
}

fn sample(part: &Split, shape: Shape, at: usize) -> &[f32] {
    &part.inputs[at * shape.len()..(at + 1) * shape.len()]
}

const fn image(channels: usize, height: usize, width: usize) -> Shape {
    Shape::Image { channels, height, width }
}

#[test]
fn arrays_of_numpy_are_read_as_they_were_written() {
    let expected = expected();
    for (name, path, shape, parts, classes) in [
        ("keras.npz", "arrays/keras.npz", image(1, 4, 5), (20, 6), &["0", "1", "2"][..]),
        ("medmnist.npz", "arrays/medmnist.npz", image(3, 4, 5), (23, 6), &["0", "1", "2"]),
        (
            "parts",
            "parts?axes=sequence",
            Shape::Sequence { steps: 7, channels: 2 },
            (20, 6),
            &["0", "1"],
        ),
        (
            "parts",
            "parts/x_train.npy?axes=sequence",
            Shape::Sequence { steps: 7, channels: 2 },
            (16, 4),
            &["0", "1"],
        ),
    ] {
        let data = opened(path);
        assert_eq!(data.shape(), shape, "{path}");
        assert_eq!((data.train().len(), data.test().len()), parts, "{path}");
        assert_eq!(data.classes(), classes, "{path}");
        // One part alone is shuffled and split; both are as they lie.
        let both = parts.0 >= 20;
        for (at, first) in expected[name]["first"].as_array().unwrap().iter().enumerate() {
            let first = numbers(first);
            let found = (0..parts.0).any(|s| sample(data.train(), shape, s) == first)
                || (0..parts.1).any(|s| sample(data.test(), shape, s) == first);
            assert!(found, "{path}, sample {at}");
            assert!(!both || sample(data.train(), shape, at) == first, "{path}, sample {at}");
            assert!(!both || usize::from(data.train().labels[at]) == at, "{path}");
        }
    }
}

#[test]
fn types_orders_and_forms_of_labels_give_the_same_samples() {
    // 20 rows of 6: ((k * 37) mod 251) / 8 - 3, stored in half, single, double precision, in both orders.
    let value = |k: usize| ((k * 37) % 251) as f32 / 8.0 - 3.0;
    let rows: Vec<Vec<f32>> = (0..20).map(|s| (0..6).map(|c| value(s * 6 + c)).collect()).collect();
    for (path, classes, modulus) in [
        ("arrays/onehot.npz", &["0", "1", "2"][..], 3),
        ("arrays/unnamed.npz", &["0", "1"], 2),
        ("arrays/texts.npz", &["no", "yes"], 2),
        ("arrays/names.npz", &["plain", "odd"], 2),
    ] {
        let data = opened(path);
        assert_eq!(data.shape(), Shape::Flat { len: 6 }, "{path}");
        assert_eq!(data.classes(), classes, "{path}");
        let mut seen = 0;
        for part in [data.train(), data.test()] {
            for at in 0..part.len() {
                let row = sample(part, data.shape(), at);
                let of = rows.iter().position(|r| r == row);
                let of = of.unwrap_or_else(|| panic!("{path}: {row:?} is no row"));
                assert_eq!(usize::from(part.labels[at]), of % modulus, "{path}, row {of}");
                seen += 1;
            }
        }
        assert_eq!(seen, 20, "{path}");
    }
}

/// Largest difference of two samples.
fn apart(a: &[f32], b: &[f32]) -> f32 {
    if a.len() != b.len() {
        return f32::INFINITY;
    }
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn pictures_in_folders_of_classes_are_read() {
    let data = opened("pictures");
    assert_eq!(
        (data.shape(), data.classes()),
        (image(3, 12, 10), &["cat".to_owned(), "dog".into()][..])
    );
    assert_eq!((data.train().len(), data.test().len()), (8, 2));
    for (name, values) in expected()["pictures"].as_object().unwrap() {
        // Decoders of JPEG may round differently.
        let tolerance = if name.ends_with("jpg") { 3.0 } else { 0.0 };
        let label = u16::from(name.starts_with("dog"));
        let values = numbers(values);
        let found = [data.train(), data.test()].iter().any(|part| {
            (0..part.len()).any(|at| {
                part.labels[at] == label
                    && apart(sample(part, data.shape(), at), &values) <= tolerance
            })
        });
        assert!(found, "{name}");
    }
    let told: Vec<String> = data.guesses().iter().map(ToString::to_string).collect();
    assert!(told.iter().any(|g| g.contains("1 files are no pictures")), "{told:?}");
    assert!(told.iter().any(|g| g.contains("in colour") && g.contains("?colour=grey")), "{told:?}");
}

#[test]
fn pictures_are_turned_laid_on_white_and_brought_to_one_size() {
    let data = opened("mixed?size=12x16");
    assert_eq!(data.shape(), image(1, 12, 16));
    assert_eq!((data.train().len(), data.test().len()), (8, 4));
    let mut names: Vec<String> = expected()["mixed"].as_object().unwrap().keys().cloned().collect();
    names.sort_by_key(|name| (name.starts_with("test"), name.clone()));
    for (at, name) in names.iter().enumerate() {
        let (part, at) = if at < 8 { (data.train(), at) } else { (data.test(), at - 8) };
        let values = numbers(&expected()["mixed"][name]);
        // Both filters are triangles; they round at other places.
        let apart = apart(sample(part, data.shape(), at), &values);
        assert!(apart <= 3.0, "{name}: {apart}");
        assert_eq!(part.labels[at], u16::from(name.contains("/dog/")), "{name}");
    }
    let usual = opened("mixed");
    assert_eq!(usual.shape(), image(1, 32, 32));
    assert!(usual.guesses().iter().any(|g| g.text.contains("3 sizes") || g.text.contains("sizes")));
    assert_eq!(opened("mixed?size=8&colour=rgb").shape(), image(3, 8, 8));
}

#[test]
fn records_of_cifar_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    // 3072 pixels of record n: n, n + 1, ... modulo 256.
    let record = |label: &[u8], n: usize| -> Vec<u8> {
        label.iter().copied().chain((0..3072).map(|k| (n + k) as u8)).collect()
    };
    for batch in 1..=5 {
        let records: Vec<u8> =
            (0..4).flat_map(|n| record(&[(n * 3) as u8], batch * 10 + n)).collect();
        std::fs::write(at(&format!("data_batch_{batch}.bin")), records).unwrap();
    }
    std::fs::write(at("test_batch.bin"), record(&[9], 3)).unwrap();
    let data = open(&folder.path().to_string_lossy(), None).unwrap();
    assert_eq!((data.train().len(), data.test().len()), (20, 1));
    assert_eq!(data.classes()[9], "truck");
    assert_eq!(data.train().labels[4..8], [0, 3, 6, 9]);
    assert_eq!(sample(data.train(), data.shape(), 5)[..3], [21.0, 22.0, 23.0]);
    let hundred = folder.path().join("hundred");
    std::fs::create_dir(&hundred).unwrap();
    let records: Vec<u8> = (0..8).flat_map(|n| record(&[n % 2, n + 90], usize::from(n))).collect();
    std::fs::write(hundred.join("train.bin"), &records).unwrap();
    std::fs::write(hundred.join("test.bin"), record(&[1, 99], 0)).unwrap();
    let text = hundred.to_string_lossy().into_owned();
    assert_eq!(open(&text, None).unwrap().train().labels[7], 97);
    let coarse = open(&format!("{text}?coarse=yes"), None).unwrap();
    assert_eq!((coarse.classes().len(), coarse.train().labels[7]), (20, 1));
    for (bytes, said) in [
        (&records[..3000], "3000 bytes are no whole records"),
        (&[10; 3073][..], "record 0 has label 10; labels go from 0 to 9"),
        (&[], "0 bytes are no whole records"),
    ] {
        std::fs::write(at("x.bin"), bytes).unwrap();
        let told = open(&at("x.bin").to_string_lossy(), None).unwrap_err().to_string();
        assert!(told.contains(said), "{told}");
    }
}

#[test]
fn what_cannot_be_read_is_refused_in_one_line() {
    for (name, said) in [
        ("arrays/objects.npz", "an array of Python objects"),
        ("arrays/short.npz", "19 labels in y for 20 samples in x"),
        ("arrays", "no data in it; a folder for each class"),
        ("arrays/keras.npz?axes=circle", "image, sequence or table is needed"),
        ("arrays/keras.npz?class=1", "option class is not used for NumPy arrays"),
        ("pictures?axes=image", "option axes is not used for folders of pictures"),
        ("pictures/cat", "5 pictures outside of folders of classes"),
        ("pictures/cat/0.png", "a PNG picture; open a folder"),
    ] {
        let told = try_open(name).expect_err(name);
        assert!(told.contains(said) && !told.contains('\n'), "{name}: {told}");
    }
}

#[test]
fn damaged_arrays_and_pictures_are_read_or_refused_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["arrays/keras.npz", "arrays/names.npz"] {
        let bytes = std::fs::read(here().join(name)).unwrap();
        let path = folder.path().join("damaged.npz");
        for at in (0..bytes.len()).step_by(7) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x55;
            std::fs::write(&path, &damaged).unwrap();
            if let Err(told) = open(&path.to_string_lossy(), None) {
                assert!(!told.to_string().contains('\n'), "{name} at {at}: {told}");
            }
        }
    }
    for kind in ["0.png", "1.bmp", "2.webp", "3.jpg"] {
        let bytes = std::fs::read(here().join("pictures/cat").join(kind)).unwrap();
        for class in ["a", "b"] {
            std::fs::create_dir_all(folder.path().join("set").join(class)).unwrap();
            let whole = folder.path().join("set").join(class).join(format!("good{kind}"));
            std::fs::write(whole, &bytes).unwrap();
        }
        let path = folder.path().join("set/a").join(format!("damaged{kind}"));
        for at in (0..bytes.len()).step_by(3) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x55;
            std::fs::write(&path, &damaged).unwrap();
            if let Err(told) = open(&folder.path().join("set").to_string_lossy(), None) {
                assert!(!told.to_string().contains('\n'), "{kind} at {at}: {told}");
            }
        }
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn a_picture_that_would_fill_the_memory_is_refused_before_it_is_decoded() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("a")).unwrap();
    std::fs::create_dir_all(folder.path().join("b")).unwrap();
    // A BMP whose header says 16000 x 16000 pixels.
    let mut bmp = std::fs::read(here().join("pictures/cat/1.bmp")).unwrap();
    std::fs::write(folder.path().join("b/1.bmp"), &bmp).unwrap();
    bmp[18..22].copy_from_slice(&16000_u32.to_le_bytes());
    bmp[22..26].copy_from_slice(&16000_u32.to_le_bytes());
    std::fs::write(folder.path().join("a/1.bmp"), bmp).unwrap();
    let told = open(&folder.path().to_string_lossy(), None).unwrap_err().to_string();
    assert!(told.contains("16000x16000 pixels") && told.contains("make it smaller"), "{told}");
}

#[test]
fn inspect_tells_what_was_brought() {
    let described = inspect(&here().join("pictures").to_string_lossy(), None).unwrap();
    assert_eq!((described.format.as_str(), described.samples), ("folder of pictures", 10));
    let described = inspect(&here().join("arrays/medmnist.npz").to_string_lossy(), None).unwrap();
    assert_eq!(described.format, "NumPy arrays (.npz)");
    assert!(described.guesses.iter().any(|g| g.text.contains("channels last")));
}

#[test]
fn tables_with_gaps_and_words_become_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("patients.csv");
    // Ten rows; age is missing in one, the ward in another.
    let mut text = String::from("age,ward,smoker,outcome\n");
    for (at, (age, ward)) in [
        ("40", "north"),
        ("", "south"),
        ("50", "west"),
        ("61", "north"),
        ("33", ""),
        ("45", "south"),
        ("70", "west"),
        ("52", "north"),
        ("48", "south"),
        ("39", "west"),
    ]
    .iter()
    .enumerate()
    {
        let (smoker, outcome) = (["true", "false"][at % 2], ["ill", "well"][at % 2]);
        text.push_str(&format!("{age},{ward},{smoker},{outcome}\n"));
    }
    std::fs::write(&path, text).unwrap();
    let of = |options: &str| {
        open(&format!("{}{options}", path.display()), None).map_err(|e| e.to_string())
    };
    let told = of("").unwrap_err();
    assert!(told.contains("north is not a number") && told.contains("?onehot=2"), "{told}");
    let told = of("?onehot=ward").unwrap_err();
    assert!(told.contains("?missing=mean") && told.contains("line 3"), "{told}");
    let data = of("?missing=mean&onehot=ward").unwrap();
    assert_eq!(data.features(), ["age", "ward=north", "ward=south", "ward=west", "smoker"]);
    assert_eq!((data.train().len(), data.test().len()), (8, 2));
    let rows = || data.train().inputs.chunks(5).chain(data.test().inputs.chunks(5));
    assert!(rows().all(|row| row[1..4].iter().all(|v| *v == 0.0 || *v == 1.0)));
    assert_eq!(rows().filter(|row| row[1..4].iter().sum::<f32>() == 1.0).count(), 9);
    let ages: Vec<f32> = rows().map(|row| row[0]).collect();
    // The mean of the seven or eight known ages of the training part.
    let known: Vec<f32> = [40.0, 50.0, 61.0, 33.0, 45.0, 70.0, 52.0, 48.0, 39.0].into();
    let filled: Vec<&f32> = ages.iter().filter(|a| !known.contains(a)).collect();
    let tests: Vec<f32> = data.test().inputs.chunks(5).map(|row| row[0]).collect();
    let train: Vec<f32> = known.iter().copied().filter(|a| !tests.contains(a)).collect();
    let mean = train.iter().sum::<f32>() / train.len() as f32;
    assert!(filled.len() == 1 && (filled[0] - mean).abs() < 1e-4, "{filled:?}, {mean}");
    assert_eq!(of("?missing=drop&onehot=all").unwrap().features().len(), 5);
    let dropped = of("?missing=drop&drop=ward").unwrap();
    assert_eq!(dropped.train().len() + dropped.test().len(), 9);
    for (options, said) in [
        ("?onehot=outcome", "this column is the class"),
        ("?onehot=none of them", "no column none of them"),
        ("?incomplete=guess", "skip, mean, median or refuse"),
    ] {
        let told = of(options).unwrap_err();
        assert!(told.contains(said) && !told.contains('\n'), "{told}");
    }
}
