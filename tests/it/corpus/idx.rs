//! Arrays in IDX files.

use super::{Case, Reader};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

fn idx(kind: u8, dims: &[u32], values: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, kind, dims.len() as u8];
    bytes.extend(dims.iter().flat_map(|d| d.to_be_bytes()));
    bytes.extend(values);
    bytes
}

/// Ten 1x2 images 0 to 19; the values add up to 190.
fn images() -> Vec<u8> {
    idx(8, &[10, 1, 2], &(0..20).collect::<Vec<u8>>())
}

fn labels(values: &[u8]) -> Vec<u8> {
    idx(8, &[values.len() as u32], values)
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("in memory");
    encoder.finish().expect("in memory")
}

const TWO: [u8; 10] = [0, 1, 0, 1, 0, 1, 0, 1, 0, 1];

fn pair(what: &str, images: impl AsRef<[u8]>, labels: impl AsRef<[u8]>) -> Case {
    Case::new(what, Reader::Data, "x-images", images).with("x-labels", labels)
}

fn folder(what: &str, files: &[(&str, &[u8])]) -> Case {
    let mut case = Case::new(what, Reader::Data, files[0].0, files[0].1);
    for (name, bytes) in &files[1..] {
        case = case.with(name, bytes);
    }
    case.opening("")
}

pub fn cases() -> Vec<Case> {
    let (pictures, two) = (images(), labels(&TWO));
    let junk = [gz(&pictures), b"junk".to_vec()].concat();
    let whole = [
        ("train-images", &pictures[..]),
        ("train-labels", &two),
        ("t10k-images", &pictures),
        ("t10k-labels", &two),
    ];
    let from_one: Vec<u8> = (0..10).map(|i| i + 1).collect::<Vec<u8>>().repeat(2);
    vec![
        pair("a pair", &pictures, &two).read(10, 2, &["0", "1"]).sum(190.0),
        pair("packed", gz(&pictures), gz(&two)).read(10, 2, &["0", "1"]).sum(190.0),
        pair("packed in several members", [gz(&pictures[..9]), gz(&pictures[9..])].concat(), &two)
            .read(10, 2, &["0", "1"])
            .sum(190.0),
        pair("labels from 1 to 10", idx(8, &[20, 1, 1], &[7; 20]), labels(&from_one)).read(
            20,
            1,
            &["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"],
        ),
        pair("labels with gaps", &pictures, labels(&[1, 2, 7, 1, 2, 7, 1, 2, 7, 1])).read(
            10,
            2,
            &["1", "2", "7"],
        ),
        pair("a stray label", &pictures, labels(&[0, 1, 0, 1, 0, 1, 0, 1, 0, 255]))
            .read(10, 2, &["0", "1", "255"])
            .told(&["the class 255 has one sample"]),
        pair("one class of four", &pictures, labels(&[3; 10]))
            .refused(&["all samples have the label 3", "at least 2"]),
        pair("negative numbers", idx(9, &[10, 1], &[0xff; 10]), &two)
            .read(10, 1, &["0", "1"])
            .sum(-10.0),
        pair("doubles", idx(14, &[10, 1], &1.5f64.to_be_bytes().repeat(10)), &two)
            .read(10, 1, &["0", "1"])
            .sum(15.0),
        pair("NaN", idx(13, &[10, 1], &f32::NAN.to_be_bytes().repeat(10)), &two)
            .refused(&["not a finite number"]),
        pair("a double of 1e300", idx(14, &[10, 1], &1e300f64.to_be_bytes().repeat(10)), &two)
            .refused(&["not a finite number"]),
        pair("one label too few", &pictures, labels(&TWO[1..]))
            .refused(&["9 labels for 10 images"]),
        pair("labels of two dimensions", &pictures, idx(12, &[10, 2], &[0; 80]))
            .refused(&["one dimension of whole numbers"]),
        pair("a byte too many", [&pictures[..], &[0]].concat(), &two).refused(&["more follow"]),
        pair("cut off", &pictures[..20], &two).refused(&["but only 4 are there"]),
        pair("cut off in the header", &pictures[..9], &two)
            .refused(&["ends inside the list of dimensions"]),
        pair("more than memory", idx(8, &[u32::MAX, u32::MAX, u32::MAX], &[]), &two)
            .refused(&["more values than the limit"]),
        pair("no samples", idx(8, &[0, 1, 2], &[]), &two).refused(&["each must be at least 1"]),
        pair("packed and cut off", &gz(&pictures)[..20], &two).refused(&["cannot read"]),
        pair("packed twice", gz(&gz(&pictures)), &two).refused(&["not UTF-8", "line 1"]),
        pair("junk behind gzip", junk, &two).refused(&["cannot read"]),
        pair("an option of tables", &pictures, &two)
            .options("class=2")
            .refused(&["option class is not used for IDX files"]),
        Case::new("images alone", Reader::Data, "x-images", &pictures)
            .refused(&["no labels beside it", "x-labels"]),
        Case::new("labels alone", Reader::Data, "x-labels", &two)
            .refused(&["these are labels; open the images"]),
        Case::new("a name that says nothing", Reader::Data, "x", &pictures)
            .refused(&["name it …images…"]),
        folder("a folder", &whole).read(20, 2, &["0", "1"]).sum(380.0).untold(&["a fifth"]),
        folder("a folder with an option", &whole)
            .opening("?shape=1x2")
            .refused(&["option shape is not used for a folder"]),
        folder("half a folder", &whole[..2])
            .read(10, 2, &["0", "1"])
            .told(&["no test images are in the folder", "a fifth"]),
        folder("half a pair", &whole[..3])
            .refused(&["t10k-images is there but its other half is not"]),
        folder("one pair of two", &whole)
            .opening("train-images")
            .read(10, 2, &["0", "1"])
            .told(&["t10k-images beside it is not read; open the folder"]),
        folder("nothing of use", &[("notes.md", b"hello")]).refused(&["no data in it"]),
    ]
}
