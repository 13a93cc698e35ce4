//! Datasets from files: good ones, broken ones and hostile ones.

use cryptoscope::data::{Column, CsvOptions, Dataset, Header, Shape, inspect, open, open_csv};
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use std::io::Write;
use std::path::{Path, PathBuf};

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn idx(kind: u8, dims: &[u32], values: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, kind, dims.len() as u8];
    for dim in dims {
        bytes.extend(dim.to_be_bytes());
    }
    bytes.extend(values);
    bytes
}

/// Ten 2x3 images of two classes.
fn images() -> Vec<u8> {
    idx(8, &[10, 2, 3], &(0..60).collect::<Vec<u8>>())
}

fn labels() -> Vec<u8> {
    idx(8, &[10], &[0, 1, 0, 1, 0, 1, 0, 1, 0, 1])
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn with(files: &[(&str, &[u8])]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            std::fs::write(dir.path().join(name), bytes).unwrap();
        }
        Self(dir)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn open(&self, name: &str) -> Result<Dataset, String> {
        // A `?` starts options; the folder's own name has none.
        let error = match open(&format!("{}/{name}", self.0.path().display()), None) {
            Ok(dataset) => return Ok(dataset),
            Err(error) => error.to_string(),
        };
        assert!(!error.contains('\n'), "one line: {error}");
        Err(error)
    }
}

/// The text of the error that opening `name` among `files` gives.
fn refused(files: &[(&str, &[u8])], name: &str) -> String {
    Folder::with(files).open(name).expect_err("refused")
}

fn csv_refused(text: &str) -> String {
    refused(&[("t.csv", text.as_bytes())], "t.csv")
}

fn csv_opened(text: &str, options: &str) -> Dataset {
    Folder::with(&[("t.csv", text.as_bytes())]).open(&format!("t.csv{options}")).unwrap()
}

fn samples(dataset: &Dataset) -> usize {
    dataset.train().len() + dataset.test().len()
}

#[test]
fn a_folder_of_idx_files_plain_or_packed_is_read() {
    for packed in [false, true] {
        let name = if packed { ".gz" } else { "" };
        let pack = |bytes: Vec<u8>| if packed { gz(&bytes) } else { bytes };
        let (images, labels) = (pack(images()), pack(labels()));
        let folder = Folder::with(&[
            (&format!("train-images-idx3-ubyte{name}"), &images),
            (&format!("train-labels-idx1-ubyte{name}"), &labels),
            (&format!("t10k-images-idx3-ubyte{name}"), &images),
            (&format!("t10k-labels-idx1-ubyte{name}"), &labels),
        ]);
        let d = folder.open("").unwrap();
        assert_eq!(d.shape(), Shape::Image { channels: 1, height: 2, width: 3 });
        assert_eq!((d.train().len(), d.test().len()), (10, 10));
        assert_eq!(d.test().inputs[..3], [0.0, 1.0, 2.0]);
        assert_eq!(d.classes(), ["0", "1"]);
    }
}

#[test]
fn gzip_is_known_by_content_not_by_name() {
    let folder = Folder::with(&[("x-images", &gz(&images())), ("x-labels.gz", &labels())]);
    assert_eq!(samples(&folder.open("x-images").unwrap()), 10);
}

#[test]
fn an_images_file_finds_its_labels_and_is_split() {
    let folder = Folder::with(&[("a-images.idx3", &images()), ("a-labels.idx1", &labels())]);
    let d = folder.open("a-images.idx3").unwrap();
    assert_eq!((d.train().len(), d.test().len()), (8, 2));
    let alone = refused(&[("a-images.idx3", &images())], "a-images.idx3");
    assert!(alone.contains("no labels beside it; a-labels.idx1"), "{alone}");
}

#[test]
fn every_number_type_of_idx_is_read() {
    let kinds: [(u8, Vec<u8>); 5] = [
        (9, vec![0xff; 4]),
        (11, (-1i16).to_be_bytes().repeat(4)),
        (12, (-1i32).to_be_bytes().repeat(4)),
        (13, (-1f32).to_be_bytes().repeat(4)),
        (14, (-1f64).to_be_bytes().repeat(4)),
    ];
    for (kind, values) in kinds {
        let images = idx(kind, &[4, 1], &values);
        let labels = idx(8, &[4], &[0, 1, 0, 1]);
        let d = Folder::with(&[("images", &images), ("labels", &labels)]).open("images").unwrap();
        assert!(d.train().inputs.iter().all(|&v| v == -1.0), "type {kind}");
    }
    let not_a_number = idx(13, &[4, 1], &f32::NAN.to_be_bytes().repeat(4));
    let labels = idx(8, &[4], &[0, 1, 0, 1]);
    let text = refused(&[("images", &not_a_number), ("labels", &labels)], "images");
    assert!(text.contains("not a finite number"), "{text}");
}

#[test]
fn hostile_idx_files_are_refused_with_a_reason() {
    let with = |images: &[u8], labels: &[u8]| {
        let refused = refused(&[("images", images), ("labels", labels)], "images");
        refused.split_once(": ").unwrap().1.to_owned()
    };
    let trailing = [images(), vec![0]].concat();
    assert!(with(&trailing, &labels()).contains("more follow"));
    let huge = idx(8, &[u32::MAX, u32::MAX, u32::MAX], &[]);
    assert!(with(&huge, &labels()).contains("more values than the limit"));
    let product = idx(8, &[1 << 16, 1 << 16, 1 << 16, 1 << 16], &[]);
    assert!(with(&product, &labels()).contains("more values than the limit"));
    assert!(with(&idx(8, &[10, 0, 3], &[]), &labels()).contains("each must be at least 1"));
    assert!(with(&idx(8, &[10], &[0; 10]), &labels()).contains("1 dimension"));
    let nine = idx(8, &[9], &[0; 9]);
    assert!(with(&images(), &nine).contains("9 labels for 10 images"));
    assert!(with(&images(), &images()).contains("not a list of class labels"));
    assert!(with(&images(), &idx(8, &[10], &[0; 10])).contains("at least 2 classes must occur"));
    assert!(with(&images(), b"\x00\x00\x07\x01").contains("not an IDX file"));
    let negative = idx(9, &[10], &[0xff; 10]);
    assert!(with(&images(), &negative).contains("not a list of class labels"));
}

#[test]
fn a_header_that_promises_more_than_is_there_costs_no_memory() {
    let promise = idx(8, &[1 << 20, 16, 16], &[1, 2, 3]);
    let text = refused(&[("images", &promise), ("labels", &labels())], "images");
    assert!(text.contains("need 268435456 bytes of values but only 3"), "{text}");
}

#[test]
fn a_gzip_bomb_is_stopped_at_what_the_header_promises() {
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    bomb.write_all(&images()).unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..64 {
        bomb.write_all(&zeros).unwrap();
    }
    let bomb = bomb.finish().unwrap();
    assert!(bomb.len() < 1 << 17);
    let text = refused(&[("images", &bomb), ("labels", &labels())], "images");
    assert!(text.contains("more follow"), "{text}");
    // As text: nothing promises a size, and what becomes so much more than it is is no table.
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    let ones = [b'1'; 1 << 20];
    for _ in 0..300 {
        bomb.write_all(&ones).unwrap();
    }
    let text = refused(&[("t.csv", &bomb.finish().unwrap())], "t.csv");
    assert!(text.contains("more than 100 times its size"), "{text}");
}

#[test]
fn junk_after_gzip_is_refused() {
    let mut packed = gz(&images());
    packed.extend(b"junk");
    let text = refused(&[("images", &packed), ("labels", &labels())], "images");
    assert!(text.contains("cannot read"), "{text}");
}

#[test]
fn folders_that_lack_or_double_a_part_say_which() {
    assert!(refused(&[], "").contains("no data in it"));
    assert!(refused(&[("train-images", &images())], "").contains("its other half is not"));
    let double = [
        ("a-train-images", &images()[..]),
        ("b-train-images", &images()[..]),
        ("a-train-labels", &labels()[..]),
    ];
    assert!(refused(&double, "").contains("both a-train-images and b-train-images"));
    let small = idx(8, &[10, 1, 3], &[0; 30]);
    let shapes = [
        ("train-images", &images()[..]),
        ("train-labels", &labels()[..]),
        ("test-images", &small[..]),
        ("test-labels", &labels()[..]),
    ];
    assert!(refused(&shapes, "").contains("training images are 1x2x3 but test images 1x1x3"));
    // A file and its packed twin are one.
    let twin = gz(&images());
    let twins =
        [("train-images", &images()[..]), ("train-images.gz", &twin), ("train-labels", &labels())];
    assert_eq!(samples(&Folder::with(&twins).open("").unwrap()), 10);
}

#[test]
fn what_is_not_a_file_is_refused_without_reading_it() {
    for device in ["/dev/zero", "/dev/null"] {
        if Path::new(device).exists() {
            let text = open(device, None).unwrap_err().to_string();
            assert!(text.contains("not a plain file"), "{text}");
        }
    }
    let text = open("no/such/file.csv", None).unwrap_err().to_string();
    assert!(text.starts_with("no/such/file.csv: cannot open"), "{text}");
    let text = open("digit", None).unwrap_err().to_string();
    assert!(text.contains("built in are digits, breast_cancer, iris"), "{text}");
    assert!(csv_refused("").contains("no rows"));
    assert!(csv_refused("x").contains("none of them values"));
}

#[test]
fn a_table_with_a_header_and_text_classes_is_read() {
    let d = csv_opened("width,height,Species\n1,2,cat\n3,4,ant\n5,6,cat\n7,8,ant\n", "");
    assert_eq!(d.classes(), ["ant", "cat"]);
    assert_eq!(d.features(), ["width", "height"]);
    assert_eq!((d.shape(), samples(&d)), (Shape::Flat { len: 2 }, 4));
}

#[test]
fn the_class_column_is_found_by_its_name_anywhere() {
    let d = csv_opened("label,a,b\n10,1,2\n9,3,4\n10,5,6\n9,0,0\n", "");
    assert_eq!(d.classes(), ["9", "10"], "numbers are in order of size");
    assert_eq!(d.features(), ["a", "b"]);
}

#[test]
fn delimiters_quotes_byte_order_marks_and_line_ends_are_understood() {
    for text in [
        "\u{feff}a;b;class\r\n1;2;x\r\n3;4;y\r\n5;6;y\r\n",
        "a\tb\tclass\n1\t2\tx\n\n3\t4\ty\n5\t6\ty",
        "\"a\",\"b\",\"class\"\n\"1\", 2 ,\"x\"\n3,4,\"y\"\n5,6,y\n",
    ] {
        let d = csv_opened(text, "");
        assert_eq!(d.features(), ["a", "b"], "{text}");
        assert_eq!((d.classes(), samples(&d)), (&["x".into(), "y".into()][..], 3), "{text}");
    }
    let d = csv_opened("1,5;2;x\n2,5;3;y\n2,5;3;y\n", "?decimal=comma");
    assert_eq!(samples(&d), 3);
    assert!(d.train().inputs.iter().chain(&d.test().inputs).any(|&v| v == 2.5));
}

#[test]
fn options_choose_columns_and_shape() {
    let text = "id,kind,a,b\n1,x,1,2\n2,y,3,4\n3,x,5,6\n4,y,7,8\n";
    let d = csv_opened(text, "?class=kind&drop=id");
    assert_eq!((d.features().len(), d.classes().len()), (2, 2));
    let d = csv_opened(text, "?class=2&drop=1&shape=1x2");
    assert_eq!(d.shape(), Shape::Image { channels: 1, height: 1, width: 2 });
    for (options, reason) in [
        ("?class=colour", "no column colour; the header has id, kind, a, b"),
        ("?class=9", "numbered 1 to 4"),
        ("?class=kind&drop=kind", "cannot be dropped"),
        ("?class=kind&drop=id&shape=2x2", "shape 1x2x2 has 4 values but a row has 2"),
        ("?shade=red", "no option shade"),
        ("?delimiter=,&decimal=comma", "need another delimiter"),
        ("?skip=9", "only 5 are there"),
    ] {
        let folder = Folder::with(&[("t.csv", text.as_bytes())]);
        let error = folder.open(&format!("t.csv{options}")).unwrap_err();
        assert!(error.contains(reason), "{options}: {error}");
    }
}

#[test]
fn the_seed_of_the_split_is_an_option() {
    let text: String = (0..40).map(|i| format!("{i},{}\n", i % 2)).collect();
    assert_eq!(csv_opened(&text, "").test(), csv_opened(&text, "").test());
    assert_ne!(csv_opened(&text, "").test(), csv_opened(&text, "?seed=2").test());
}

#[test]
fn what_is_wrong_in_a_table_is_told_with_line_and_column() {
    for (text, place) in [
        ("a,b,class\n1,2,x\n1,x\n", "line 3: 2 columns where the first row has 3"),
        ("a,b,class\n1,2,x\n1,NaN,y\n", "line 3, column 2: the value is missing"),
        ("a,b,class\n1,,x\n", "line 2, column 2: the value is missing"),
        ("a,b,class\n1,inf,x\n", "line 2, column 2: inf is not a finite number"),
        ("a,b,class\n1,1e999,x\n", "line 2, column 2: 1e999 is not a finite number"),
        ("a;b;class\n1;2,5;x\n", "line 2, column 2: 2,5 has a decimal comma"),
        ("a,b,class\n1,two,x\n", "line 2, column 2: two is not a number"),
        ("a,b,class\n1,2,\n", "line 2, column 3: the class is missing"),
        ("a,b,class\n1,2,x\n3,4,x\n", "1 class"),
        ("a,b,class\n", "no rows of data"),
    ] {
        let error = csv_refused(text);
        assert!(error.contains(place), "{text:?}: {error}");
    }
    assert!(refused(&[("t.csv", b"a,class\n\xff,x\n")], "t.csv").contains("line 2: not UTF-8"));
    assert!(refused(&[("t.csv", b"\xff\xfea")], "t.csv").contains("broken UTF-16"));
    assert!(refused(&[("t.csv", b"PK\x03\x04\x00\x00")], "t.csv").contains("a ZIP archive"));
    assert!(refused(&[("t.csv", b"a,b\n1,\x00\n")], "t.csv").contains("not a text file"));
    let control = csv_refused("a,class\n\u{1b}[31mred\u{202e},x\n");
    assert!(control.contains("\\u{1b}") && !control.contains('\u{1b}'), "{control}");
}

#[test]
fn a_million_columns_and_a_thousand_classes_are_refused() {
    let wide = "1,".repeat(1_000_000) + "1\n";
    assert!(csv_refused(&wide).contains("1000001 columns; at most 65536"));
    let many: String = (0..1500).map(|i| format!("1,{i}.5\n")).collect();
    assert!(csv_refused(&many).contains("line 1001, column 2: more than 1000 different values"));
}

#[test]
fn inspection_tells_what_is_there() {
    let d = inspect("digits", None).unwrap();
    assert_eq!((d.samples, d.split, d.range), (1797, Some((1438, 359)), Some((0.0, 16.0))));
    assert_eq!(d.classes.iter().map(|c| c.samples).sum::<usize>(), 1797);
    let folder = Folder::with(&[
        ("a-images", &gz(&images())),
        ("b-labels", &labels()),
        ("t.csv", b"a;class\n1;x\n2;y\n3;y\n"),
    ]);
    let look = |name: &str| inspect(&folder.path(name).to_string_lossy(), None).unwrap();
    let d = look("a-images");
    assert_eq!(
        (d.format.as_str(), d.samples, d.range),
        ("IDX images, gzip", 10, Some((0.0, 59.0)))
    );
    assert!(d.classes.is_empty() && d.notes[0].contains("no labels beside it"));
    let d = look("b-labels");
    assert_eq!((d.format.as_str(), d.classes.len(), d.classes[1].samples), ("IDX labels", 2, 5));
    let d = look("t.csv");
    assert_eq!((d.format.as_str(), d.samples, d.features.len()), ("CSV, semicolons", 3, 1));
}

#[test]
fn missing_mnist_is_told_in_one_line_with_its_files() {
    let empty = tempfile::tempdir().unwrap();
    let text = open("mnist", Some(empty.path())).unwrap_err().to_string();
    assert!(!text.contains('\n'));
    for part in ["cryptoscope fetch mnist", "t10k-labels-idx1-ubyte.gz"] {
        assert!(text.contains(part), "{text}");
    }
    assert!(open("mnist", None).unwrap_err().to_string().contains("no data folder is set"));
    // Whatever is there but is not MNIST is refused under its name.
    let folder = Folder::with(&[
        ("train-images-idx3-ubyte", &images()),
        ("train-labels-idx1-ubyte", &labels()),
        ("t10k-images-idx3-ubyte", &images()),
        ("t10k-labels-idx1-ubyte", &labels()),
    ]);
    let text = open("mnist", Some(folder.0.path())).unwrap_err().to_string();
    assert!(text.contains("mnist has 60000 + 10000"), "{text}");
}

#[test]
#[ignore = "needs the public sets: CRYPTOSCOPE_DATA"]
fn mnist_is_read() {
    let dir = crate::public_sets::folder();
    let d = open("mnist", Some(&dir)).unwrap();
    assert_eq!((d.train().len(), d.test().len(), d.classes().len()), (60_000, 10_000, 10));
    assert_eq!(d.test().labels[..5], [7, 2, 1, 0, 4]);
}

#[test]
#[ignore = "needs the public sets: CRYPTOSCOPE_DATA"]
fn wdbc_is_read_with_options_and_equals_the_built_in_set() {
    let dir = crate::public_sets::folder();
    let options = CsvOptions {
        skip_lines: 1,
        header: Header::No,
        class: Some(Column::Number(2)),
        drop: vec![Column::Number(1)],
        ..CsvOptions::default()
    };
    let path = dir.join("medical/wdbc.data");
    let d = open_csv(&path, &options).unwrap();
    assert_eq!((d.shape(), samples(&d)), (Shape::Flat { len: 30 }, 569));
    assert_eq!(d.classes(), ["B", "M"]);
    let typed = format!("{}?skip=1&header=no&class=2&drop=1", path.display());
    assert_eq!(open(&typed, None).unwrap().train(), d.train());
    // scikit-learn names the classes the other way round; the rows are the same, and so is the split.
    let built_in = open("breast_cancer", None).unwrap();
    assert_eq!(built_in.test().inputs, d.test().inputs);
}

fn idx_pair_opens(images: &[u8], labels: &[u8]) -> Result<Dataset, String> {
    Folder::with(&[("images", images), ("labels", labels)]).open("images")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn truncated_idx_is_an_error(cut in 0..72usize) {
        let whole = images();
        prop_assume!(cut < whole.len());
        prop_assert!(idx_pair_opens(&whole[..cut], &labels()).is_err());
    }

    #[test]
    fn truncated_gzip_is_an_error(share in 0.0..1.0f64) {
        let whole = gz(&images());
        let cut = (whole.len() as f64 * share) as usize;
        prop_assert!(idx_pair_opens(&whole[..cut], &labels()).is_err());
    }

    #[test]
    fn flipped_gzip_is_an_error_or_the_same(at in any::<prop::sample::Index>(), bit in 0..8u32) {
        let mut bytes = gz(&images());
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        if let Ok(d) = idx_pair_opens(&bytes, &labels()) {
            prop_assert_eq!(samples(&d), 10);
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        Folder::with(&[("any.csv", &bytes)]).open("any.csv").ok();
    }

    #[test]
    fn any_idx_header_is_read_without_a_panic(head in prop::collection::vec(any::<u8>(), 0..24)) {
        let bytes = [&[0, 0, 8, 3][..], &head].concat();
        idx_pair_opens(&bytes, &labels()).ok();
    }

    #[test]
    fn a_table_survives_a_round_trip(rows in prop::collection::vec((-1e6f32..1e6, -1e6f32..1e6), 10..40)) {
        let text: String = rows.iter().enumerate().map(|(i, (a, b))| format!("{a};{b};{}\n", i % 2)).collect();
        let d = csv_opened(&text, "");
        let mut got: Vec<f32> = d.train().inputs.iter().chain(&d.test().inputs).copied().collect();
        let mut put: Vec<f32> = rows.iter().flat_map(|&(a, b)| [a, b]).collect();
        got.sort_by(f32::total_cmp);
        put.sort_by(f32::total_cmp);
        prop_assert_eq!(got, put);
    }
}
