//! CIFAR-10 and CIFAR-100 in their binary form: <https://www.cs.toronto.edu/~kriz/cifar.html>.
//!
//! Records of a label (of CIFAR-100 two, of 20 and of 100 classes) and 3072 bytes: 32x32 pixels, all red
//! ones row by row, then green, then blue.

use super::dataset::{Dataset, Shape, Split};
use super::error::DataError;
use super::parts::{Origin, Parts};
use super::public;
use super::source::{MAX_FILE_BYTES, Source};
use super::split::SPLIT_SEED;
use format::path as shown;
use std::collections::BTreeMap;
use std::io::Read;
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
    /// What is in them, where they came out of one archive; the paths are then names in it.
    unpacked: BTreeMap<PathBuf, Vec<u8>>,
}

impl Files {
    fn bytes(&self, path: &Path) -> Result<Vec<u8>, DataError> {
        match self.unpacked.get(path) {
            Some(bytes) => Ok(bytes.clone()),
            None => Source::open(path)?.read_all(MAX_FILE_BYTES),
        }
    }
}

/// Opens CIFAR-10 from its folder in `data_dir`, as it is downloaded or unpacked; `None` for another
/// name.
pub(super) fn open_named(
    name: &str,
    data_dir: Option<&Path>,
) -> Option<Result<Dataset, DataError>> {
    const NAME: &str = "cifar10";
    let source = "CIFAR-10, A. Krizhevsky 2009";
    (name == NAME).then(|| {
        let folder = public::folder(NAME, data_dir)?;
        let within = ["cifar-10-binary.tar.gz", "cifar-10-batches-bin"].map(|n| folder.join(n));
        let there = within.into_iter().chain([folder.clone()]);
        let mut there = there.filter(|p| if p.is_dir() { is_in(p) } else { p.is_file() });
        let path = there.next().ok_or_else(|| {
            public::missing(NAME, &format!("nothing of it in {}", shown(&folder)))
        })?;
        open(&path, Origin { name: NAME, source }, SPLIT_SEED, false)
    })
}

/// Whether a folder has such files.
pub(super) fn is_in(folder: &Path) -> bool {
    folder_files(folder).is_some()
}

/// Whether a file's name is that of one: `….bin`, packed or not.
pub(super) fn is_named(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    name.strip_suffix(".gz").unwrap_or(&name).ends_with(".bin") || is_archive(path)
}

/// Whether a file's name is that of the archive in which such files are offered.
fn is_archive(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    name.contains("cifar") && (name.ends_with(".tar.gz") || name.ends_with(".tgz"))
}

/// Opens an archive (`cifar-10-binary.tar.gz`), a folder with `data_batch_1.bin` to `_5` and `test_batch.bin`, or `train.bin` and `test.bin`; or
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
        false if is_archive(path) => unpacked(path)?,
        false => beside(path),
    };
    let part = |paths: &[PathBuf]| -> Result<Option<(Kind, Split)>, DataError> {
        let mut all: Option<(Kind, Split)> = None;
        for file in paths {
            let (kind, split) = read(file, &files.bytes(file)?, coarse)?;
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
    let classes = class_names(&files, kind, coarse)?;
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
    (!train.is_empty() || !test.is_empty()).then_some(Files {
        train,
        test,
        folder,
        ..Files::default()
    })
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
        return Files { train, test: own, folder, ..Files::default() };
    }
    let test = other("train", "test").into_iter().collect();
    Files { train: own, test, folder, ..Files::default() }
}

/// The files in an archive. Those that are read are there once, and are kept in memory.
fn unpacked(path: &Path) -> Result<Files, DataError> {
    let broken = |e: std::io::Error| fail(path, format!("an archive that cannot be read: {e}"));
    // Pictures hardly shrink when they are packed: what grows more is something else.
    let packed = std::fs::metadata(path).map_or(0, |m| m.len());
    let most = packed.saturating_mul(3).saturating_add(16 << 20).min(MAX_FILE_BYTES);
    let bytes = Source::open(path)?.read_all(most)?;
    let mut files = Files::default();
    for entry in tar::Archive::new(bytes.as_slice()).entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let whole = entry.path().map_err(broken)?.into_owned();
        let name = PathBuf::from(whole.file_name().unwrap_or_default());
        let text = name.to_string_lossy().to_lowercase();
        if !text.ends_with(".bin") && !text.ends_with(".txt") {
            continue;
        }
        // No more than the archive has: its length is checked already.
        let mut content = Vec::new();
        entry.read_to_end(&mut content).map_err(broken)?;
        if text.ends_with(".bin") {
            let part = if text.contains("test") { &mut files.test } else { &mut files.train };
            part.push(name.clone());
        }
        files.unpacked.insert(name, content);
    }
    files.train.sort();
    if files.train.is_empty() && files.test.is_empty() {
        return Err(fail(path, "no .bin files in it".into()));
    }
    Ok(files)
}

fn read(path: &Path, bytes: &[u8], coarse: bool) -> Result<(Kind, Split), DataError> {
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
fn class_names(files: &Files, kind: Kind, coarse: bool) -> Result<Vec<String>, DataError> {
    let (file, classes) = match (kind, coarse) {
        (Kind::Ten, _) => ("batches.meta.txt", NAMES.len()),
        (Kind::Hundred, true) => ("coarse_label_names.txt", 20),
        (Kind::Hundred, false) => ("fine_label_names.txt", 100),
    };
    let path = files.folder.join(file);
    if files.unpacked.contains_key(&path) || files.unpacked.is_empty() && path.is_file() {
        let bytes = files.bytes(&path)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn archive(path: &Path, members: &[(&str, Vec<u8>)]) {
        let mut tar = tar::Builder::new(Vec::new());
        for (name, content) in members {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_cksum();
            tar.append_data(&mut header, name, content.as_slice()).unwrap();
        }
        let file = std::fs::File::create(path).unwrap();
        let mut packed = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        packed.write_all(&tar.into_inner().unwrap()).unwrap();
        packed.finish().unwrap();
    }

    fn record(label: u8) -> Vec<u8> {
        std::iter::once(label).chain((0..PIXELS).map(|i| (i % 251) as u8)).collect()
    }

    #[test]
    fn the_archive_is_read_as_it_is_downloaded() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("cifar10")).unwrap();
        let path = folder.path().join("cifar10/cifar-10-binary.tar.gz");
        let names = "plane\ncar\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n";
        archive(
            &path,
            &[
                ("cifar-10-batches-bin/readme.html", b"<p>".to_vec()),
                ("cifar-10-batches-bin/batches.meta.txt", names.into()),
                ("cifar-10-batches-bin/test_batch.bin", [record(3), record(9)].concat()),
                // The order of the batches is that of their names.
                ("cifar-10-batches-bin/data_batch_2.bin", record(1)),
                ("cifar-10-batches-bin/data_batch_1.bin", record(0)),
            ],
        );
        let by_name = crate::open("cifar10", Some(folder.path())).unwrap();
        let by_path = crate::open(path.to_str().unwrap(), None).unwrap();
        assert_eq!(by_name.digest(), by_path.digest());
        assert_eq!(by_name.train().labels, [0, 1]);
        assert_eq!(by_name.test().labels, [3, 9]);
        assert_eq!(by_name.classes()[3], "cat");
        assert_eq!(by_name.test().inputs[..3], [0.0, 1.0, 2.0]);
        archive(&path, &[("readme.html", b"<p>".to_vec())]);
        let told = crate::open("cifar10", Some(folder.path())).unwrap_err().to_string();
        assert!(told.ends_with("no .bin files in it"), "{told}");
        std::fs::remove_file(&path).unwrap();
        let told = crate::open("cifar10", Some(folder.path())).unwrap_err().to_string();
        assert!(told.contains("cryptoscope fetch cifar10"), "{told}");
        // What grows far more than pictures do is not unpacked.
        archive(&path, &[("data_batch_1.bin", vec![0; 64 << 20])]);
        assert!(crate::open(path.to_str().unwrap(), None).is_err());
    }
}
