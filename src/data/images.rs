//! Labelled images in IDX files: pairs of an images and a labels file, and folders of them.

use super::dataset::{Dataset, Shape, Split};
use super::error::DataError;
use super::guess::Guess;
use super::idx;
use super::parts::{Origin, Parts};
use super::source::Source;
use format::path as shown;
use std::path::{Path, PathBuf};

/// An images file with its labels file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    pub images: PathBuf,
    pub labels: PathBuf,
}

/// What a folder holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Folder {
    pub train: Option<Pair>,
    pub test: Option<Pair>,
}

/// Opens the images in the file at `path` alone: nobody knows their classes.
pub(super) fn open_unlabelled(path: &Path, origin: Origin) -> Result<Dataset, DataError> {
    let images = Images::read(path)?;
    let labels = vec![0; images.samples];
    let split = Split { inputs: images.values, labels, lengths: Vec::new() };
    Parts { shape: images.shape, train: None, test: Some(split) }.unlabelled(origin)
}

/// The images of a file.
struct Images {
    samples: usize,
    shape: Shape,
    values: Vec<f32>,
}

impl Images {
    fn read(path: &Path) -> Result<Self, DataError> {
        let images = idx::read(&mut Source::open(path)?)?;
        let dims = images.dims.len();
        let Some((samples, shape)) = images.samples() else {
            return Err(DataError::Idx {
                path: shown(path),
                reason: format!("{dims} dimension; images have 2, 3 or 4 (samples first)"),
            });
        };
        Ok(Self { samples, shape, values: images.values })
    }
}

/// A pair in memory.
pub(super) struct Labelled {
    pub shape: Shape,
    pub split: Split,
}

impl Pair {
    /// Reads both files; they must hold the same number of samples.
    pub fn read(&self) -> Result<Labelled, DataError> {
        let Images { samples, shape, values } = Images::read(&self.images)?;
        let fail = |path: &Path, reason: String| DataError::Idx { path: shown(path), reason };
        let labels = idx::read(&mut Source::open(&self.labels)?)?;
        let Some(labels) = labels.labels() else {
            return Err(fail(
                &self.labels,
                "not a list of class labels: one dimension of whole numbers from 0 to 65534 is needed".into(),
            ));
        };
        if labels.len() != samples {
            return Err(fail(
                &self.labels,
                format!(
                    "{} labels for {samples} images in {}; there must be one per image",
                    labels.len(),
                    shown(&self.images)
                ),
            ));
        }
        Ok(Labelled { shape, split: Split { inputs: values, labels, lengths: Vec::new() } })
    }

    /// Tells that the other part of a set lies beside this one and is not read.
    fn unread(&self) -> Option<Guess> {
        let folder = Folder::find(self.images.parent()?).ok()?;
        let (train, test) = (folder.train?, folder.test?);
        let other = if train.images == self.images {
            test
        } else if test.images == self.images {
            train
        } else {
            return None;
        };
        let text =
            format!("{} beside it is not read; open the folder for both", name(&other.images));
        Some(Guess::note(text))
    }

    /// The pair that an images file belongs to: its labels lie beside it, under the same name with
    /// `labels` for `images` and `idx1` for `idx3`, plain or as `.gz`.
    pub fn beside(images: &Path) -> Result<Self, DataError> {
        let name = images.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let fail = |reason| DataError::Layout { path: shown(images), reason };
        if name.contains("labels") {
            return Err(fail(
                "these are labels; open the images file beside them, or the folder".into(),
            ));
        }
        if !name.contains("images") {
            return Err(fail(
                "an IDX file whose labels cannot be found: name it …images…, with its labels in …labels… beside it".into(),
            ));
        }
        let labels = name.replace("images", "labels");
        let labels = ["idx2", "idx3", "idx4"].iter().fold(labels, |n, idx| n.replace(idx, "idx1"));
        let plain = labels.strip_suffix(".gz").unwrap_or(&labels).to_owned();
        let packed = format!("{plain}.gz");
        for candidate in [&labels, &plain, &packed] {
            let path = images.with_file_name(candidate);
            if path.is_file() {
                return Ok(Self { images: images.to_owned(), labels: path });
            }
        }
        Err(fail(format!("no labels beside it; {plain} or {packed} is needed")))
    }
}

impl Folder {
    /// Whether `dir` has files whose names are those of such sets.
    pub fn is_in(dir: &Path) -> bool {
        // What is wrong with them is told when they are read.
        Self::find(dir).map_or(true, |found| found != Self::default())
    }

    /// Looks for `train-images…`, `train-labels…`, `t10k-images…` (or `test-images…`), `…-labels…`;
    /// a plain file goes before its `.gz`.
    pub fn find(dir: &Path) -> Result<Self, DataError> {
        let io = |cause| DataError::Io { path: shown(dir), action: "list", cause };
        let mut names = Vec::new();
        for entry in std::fs::read_dir(dir).map_err(io)? {
            let path = entry.map_err(io)?.path();
            if path.is_file() && path.extension().is_none_or(|e| e != "part") {
                names.push(path);
            }
        }
        names.sort();
        let find = |parts: &[&str], what: &str| -> Result<Option<PathBuf>, DataError> {
            let mut found: Vec<&PathBuf> = names
                .iter()
                .filter(|path| {
                    let name = path.file_name().unwrap_or_default().to_string_lossy();
                    parts.iter().any(|part| name.contains(&format!("{part}-{what}")))
                })
                .collect();
            found.dedup_by(|packed, plain| {
                packed.extension().is_some_and(|e| e == "gz")
                    && packed.with_extension("") == **plain
            });
            match found.as_slice() {
                [] => Ok(None),
                [one] => Ok(Some((*one).clone())),
                [a, b, ..] => Err(DataError::Layout {
                    path: shown(dir),
                    reason: format!(
                        "both {} and {} look like {what} of the same part; keep one",
                        name(a),
                        name(b)
                    ),
                }),
            }
        };
        let pair = |parts: &[&str]| -> Result<Option<Pair>, DataError> {
            match (find(parts, "images")?, find(parts, "labels")?) {
                (Some(images), Some(labels)) => Ok(Some(Pair { images, labels })),
                (None, None) => Ok(None),
                (Some(there), None) | (None, Some(there)) => Err(DataError::Layout {
                    path: shown(dir),
                    reason: format!(
                        "{} is there but its other half is not; images and labels are needed",
                        name(&there)
                    ),
                }),
            }
        };
        Ok(Self { train: pair(&["train"])?, test: pair(&["t10k", "test"])? })
    }
}

fn name(path: &Path) -> String {
    shown(Path::new(path.file_name().unwrap_or_default()))
}

/// Reads the pairs of a folder, both at the same time, and checks that their shapes agree.
/// A folder with only one pair is split 4:1.
pub(super) fn open_folder(dir: &Path, origin: Origin, seed: u64) -> Result<Dataset, DataError> {
    let folder = Folder::find(dir)?;
    match (&folder.train, &folder.test) {
        (Some(train), Some(test)) => {
            let (train, test) = rayon::join(|| train.read(), || test.read());
            let (train, test) = (train?, test?);
            if train.shape != test.shape {
                return Err(DataError::Layout {
                    path: shown(dir),
                    reason: format!(
                        "training images are {} but test images {}; they must be the same",
                        train.shape, test.shape
                    ),
                });
            }
            let (shape, train, test) = (train.shape, Some(train.split), Some(test.split));
            let mut parts = Parts { shape, train, test };
            let classes = parts.number_classes(dir)?;
            parts.dataset(origin, classes, seed)
        }
        (Some(pair), None) | (None, Some(pair)) => {
            let part = if folder.train.is_some() { "test" } else { "training" };
            let alone = Guess::note(format!("no {part} images are in the folder"));
            Ok(open_pair(pair, origin, seed)?.with_guesses(vec![alone]))
        }
        (None, None) => Err(DataError::Layout {
            path: shown(dir),
            reason: "no IDX files; train-images…, train-labels…, t10k-images… and t10k-labels… are looked for".into(),
        }),
    }
}

/// Reads one pair and splits it 4:1.
pub(super) fn open_pair(pair: &Pair, origin: Origin, seed: u64) -> Result<Dataset, DataError> {
    let Labelled { shape, split } = pair.read()?;
    let mut parts = Parts { shape, train: Some(split), test: None };
    let classes = parts.number_classes(&pair.labels)?;
    let unread = pair.unread().into_iter().collect();
    Ok(parts.dataset(origin, classes, seed)?.with_guesses(unread))
}
