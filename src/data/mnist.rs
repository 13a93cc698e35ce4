//! MNIST: which files it is made of and where they are looked for.

use super::dataset::{Dataset, Shape};
use super::error::DataError;
use super::images::open_folder;
use super::parts::Origin;
use super::public::recognised;
use super::split::SPLIT_SEED;
use format::path as shown;
use std::path::Path;

/// One file of a public dataset, as it is offered for download.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteFile {
    pub name: String,
    /// Exact length.
    pub bytes: u64,
    /// SHA-256, lower-case hexadecimal.
    pub sha256: String,
}

/// The four files of MNIST.
pub fn mnist_files() -> Vec<RemoteFile> {
    [
        (
            "train-images-idx3-ubyte.gz",
            9_912_422,
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        ),
        (
            "train-labels-idx1-ubyte.gz",
            28_881,
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        ),
        (
            "t10k-images-idx3-ubyte.gz",
            1_648_877,
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        ),
        (
            "t10k-labels-idx1-ubyte.gz",
            4542,
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        ),
    ]
    .map(|(name, bytes, sha256)| RemoteFile { name: name.into(), bytes, sha256: sha256.into() })
    .into()
}

/// Opens MNIST from `data_dir/mnist` or `data_dir` itself: 60000 + 10000 images of 28x28, 10 classes.
pub(super) fn open(data_dir: Option<&Path>) -> Result<Dataset, DataError> {
    let files = mnist_files();
    let Some(data_dir) = data_dir else {
        let missing = "its files, and no data folder is set (--data or CRYPTOSCOPE_DATA)".into();
        return Err(missing_files(missing, String::new(), &files));
    };
    let inside = data_dir.join("mnist");
    let dir = if inside.is_dir() { inside.as_path() } else { data_dir };
    let there = |file: &RemoteFile| {
        let plain = file.name.strip_suffix(".gz").unwrap_or(&file.name);
        dir.join(plain).is_file()
            || dir.join(&file.name).is_file()
            || dir.join(plain.replace("-idx", ".idx")).is_file()
    };
    let missing: Vec<_> = files.iter().filter(|f| !there(f)).cloned().collect();
    if !missing.is_empty() {
        let names: Vec<_> = missing.iter().map(|f| f.name.as_str()).collect();
        let place = format!(" in {}", shown(dir));
        return Err(missing_files(names.join(", "), place, &missing));
    }
    let source = "MNIST, Y. LeCun, C. Cortes, C. J. C. Burges, CC BY-SA 3.0";
    let dataset = open_folder(dir, Origin { name: "mnist", source }, SPLIT_SEED)?;
    let expected = (Shape::Image { channels: 1, height: 28, width: 28 }, 60_000, 10_000, 10);
    let found =
        (dataset.shape(), dataset.train().len(), dataset.test().len(), dataset.classes().len());
    if found != expected {
        return Err(DataError::Layout {
            path: shown(dir),
            reason: format!(
                "{} + {} images of {} in {} classes; MNIST has 60000 + 10000 of 1x28x28 in 10 (open the folder by its path to use it as it is)",
                found.1, found.2, found.0, found.3
            ),
        });
    }
    recognised(dataset, "mnist", &shown(dir))
}

fn missing_files(missing: String, place: String, files: &[RemoteFile]) -> DataError {
    let files: Vec<_> = files.iter().map(|f| format!("{} (sha256 {})", f.name, f.sha256)).collect();
    DataError::MissingMnist { missing, place, files: files.join(", ") }
}
