//! CIFAR-10 and CIFAR-100 in their binary form: <https://www.cs.toronto.edu/~kriz/cifar.html>.
//!
//! Records of a label (of CIFAR-100 two, of 20 and of 100 classes) and 3072 bytes: 32x32 pixels, all red
//! ones row by row, then green, then blue.

use super::dataset::{Dataset, Shape, Split};
use super::error::DataError;
use super::parts::{Origin, Parts};
use super::source::{MAX_FILE_BYTES, Source};
use format::path as shown;
use std::path::{Path, PathBuf};

/// Options that such data take.
pub(super) const KEYS: [&str; 2] = ["seed", "coarse"];

/// Values of an image.
const PIXELS: usize = 3072;
const SHAPE: Shape = Shape::Image { channels: 3, height: 32, width: 32 };

/// The classes of CIFAR-10, as in its `batches.meta.txt`.
const NAMES: [&str; 10] =
    ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

/// Which of the two sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Ten,
    Hundred,
}

/// The files of a set.
#[derive(Debug, Default)]
struct Files {
    train: Vec<PathBuf>,
    test: Vec<PathBuf>,
    /// The folder in which names of classes may be.
    folder: PathBuf,
}

/// Whether a folder has such files.
pub(super) fn is_in(folder: &Path) -> bool {
    folder_files(folder).is_some()
}

/// Whether a file's name is that of one: `….bin`, packed or not.
pub(super) fn is_named(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    name.strip_suffix(".gz").unwrap_or(&name).ends_with(".bin")
}

/// Opens a folder with `data_batch_1.bin` to `_5` and `test_batch.bin`, or `train.bin` and `test.bin`; or
/// one file, with the other of `…train….bin` and `…test….bin` beside it.
///
/// # Errors
/// When a file is not made of whole records, or a label is none of the set.
pub(super) fn open(
    path: &Path,
    origin: Origin,
    seed: u64,
    coarse: bool,
) -> Result<Dataset, DataError> {
    let files = match path.is_dir() {
        true => folder_files(path).unwrap_or_default(),
        false => beside(path),
    };
    let part = |files: &[PathBuf]| -> Result<Option<(Kind, Split)>, DataError> {
        let mut all: Option<(Kind, Split)> = None;
        for file in files {
            let (kind, split) = read(file, coarse)?;
            match &mut all {
                None => all = Some((kind, split)),
                Some((known, _)) if *known != kind => {
                    return Err(fail(file, "records of another size than those before it".into()));
                }
                Some((_, known)) => {
                    known.inputs.extend(split.inputs);
                    known.labels.extend(split.labels);
                }
            }
        }
        Ok(all)
    };
    let (train, test) = (part(&files.train)?, part(&files.test)?);
    let kinds: Vec<Kind> = [&train, &test].into_iter().flatten().map(|(kind, _)| *kind).collect();
    let kind = match kinds[..] {
        [kind] => kind,
        [one, other] if one == other => one,
        _ => return Err(fail(path, "parts with records of two sizes".into())),
    };
    let split = |part: Option<(Kind, Split)>| part.map(|(_, split)| split);
    let parts = Parts { shape: SHAPE, train: split(train), test: split(test) };
    let classes = class_names(&files.folder, kind, coarse)?;
    parts.dataset(origin, classes, seed)
}

fn fail(path: &Path, reason: String) -> DataError {
    DataError::Layout { path: shown(path), reason }
}

/// A file of that name, plain or packed.
fn there(folder: &Path, name: &str) -> Option<PathBuf> {
    [folder.join(name), folder.join(format!("{name}.gz"))].into_iter().find(|path| path.is_file())
}

fn folder_files(folder: &Path) -> Option<Files> {
    let inner = ["cifar-10-batches-bin", "cifar-100-binary"].map(|name| folder.join(name));
    let folder = inner.into_iter().find(|path| path.is_dir()).unwrap_or(folder.to_owned());
    let batches = (1..=5).filter_map(|n| there(&folder, &format!("data_batch_{n}.bin")));
    let mut train: Vec<PathBuf> = batches.collect();
    train.extend(there(&folder, "train.bin"));
    let test = ["test_batch.bin", "test.bin"];
    let test: Vec<PathBuf> = test.iter().filter_map(|name| there(&folder, name)).collect();
    (!train.is_empty() || !test.is_empty()).then_some(Files { train, test, folder })
}

/// A file and the other part beside it.
fn beside(path: &Path) -> Files {
    let folder = path.parent().map(Path::to_owned).unwrap_or_default();
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let own = vec![path.to_owned()];
    let other = |from: &str, to: &str| {
        let renamed = name.replacen(from, to, 1);
        let path = path.with_file_name(&renamed);
        (renamed != name && path.is_file()).then_some(path)
    };
    if name.contains("test") {
        let train = other("test", "train").into_iter().collect();
        return Files { train, test: own, folder };
    }
    let test = other("train", "test").into_iter().collect();
    Files { train: own, test, folder }
}

fn read(path: &Path, coarse: bool) -> Result<(Kind, Split), DataError> {
    let bytes = Source::open(path)?.read_all(MAX_FILE_BYTES)?;
    let whole = |labels: usize| !bytes.is_empty() && bytes.len().is_multiple_of(labels + PIXELS);
    let kind = match (whole(1), whole(2)) {
        (true, false) => Kind::Ten,
        (false, true) => Kind::Hundred,
        // As many bytes as both would take: labels tell.
        (true, true) if bytes.iter().step_by(1 + PIXELS).all(|l| usize::from(*l) < NAMES.len()) => {
            Kind::Ten
        }
        (true, true) => Kind::Hundred,
        (false, false) => {
            return Err(fail(
                path,
                format!(
                    "{} bytes are no whole records of CIFAR-10 (3073 bytes each) or CIFAR-100 (3074)",
                    bytes.len()
                ),
            ));
        }
    };
    let (labels, place, classes) = match (kind, coarse) {
        (Kind::Ten, false) => (1, 0, NAMES.len()),
        (Kind::Hundred, true) => (2, 0, 20),
        (Kind::Hundred, false) => (2, 1, 100),
        (Kind::Ten, true) => {
            return Err(DataError::Options {
                path: shown(path),
                reason: "option coarse=yes: only CIFAR-100 has coarse classes; leave it out".into(),
            });
        }
    };
    let mut split = Split::default();
    for (at, record) in bytes.chunks_exact(labels + PIXELS).enumerate() {
        let label = record.get(place).copied().unwrap_or(u8::MAX);
        if usize::from(label) >= classes {
            return Err(fail(
                path,
                format!("record {at} has label {label}; labels go from 0 to {}", classes - 1),
            ));
        }
        split.labels.push(u16::from(label));
        split.inputs.extend(record.iter().skip(labels).map(|v| f32::from(*v)));
    }
    Ok((kind, split))
}

/// Names of the classes: those of the set's own list, where it lies beside the records.
fn class_names(folder: &Path, kind: Kind, coarse: bool) -> Result<Vec<String>, DataError> {
    let (file, classes) = match (kind, coarse) {
        (Kind::Ten, _) => ("batches.meta.txt", NAMES.len()),
        (Kind::Hundred, true) => ("coarse_label_names.txt", 20),
        (Kind::Hundred, false) => ("fine_label_names.txt", 100),
    };
    let path = folder.join(file);
    if path.is_file() {
        let bytes = Source::open(&path)?.read_all(1 << 16)?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let names: Vec<String> =
            text.lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect();
        if names.len() != classes {
            return Err(fail(&path, format!("{} names for {classes} classes", names.len())));
        }
        return Ok(names);
    }
    Ok(match kind {
        Kind::Ten => NAMES.map(str::to_owned).to_vec(),
        Kind::Hundred => (0..classes).map(|n| n.to_string()).collect(),
    })
}
