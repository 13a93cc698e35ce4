//! MNIST, and sets made like it.

use super::dataset::{Dataset, Shape};
use super::error::DataError;
use super::fetch::{PublicSet, RemoteFile};
use super::images::open_folder;
use super::parts::Origin;
use super::public::{self, recognised};
use super::split::SPLIT_SEED;
use format::path as shown;
use std::path::Path;

/// A set of 60000 + 10000 images of 28x28 in 10 classes.
struct Images {
    name: &'static str,
    source: &'static str,
    /// None where labels are their own names.
    classes: Option<[&'static str; 10]>,
}

const SETS: [Images; 2] = [
    Images {
        name: "mnist",
        source: "MNIST, Y. LeCun, C. Cortes, C. J. C. Burges, CC BY-SA 3.0",
        classes: None,
    },
    Images {
        name: "fashion-mnist",
        source: "Fashion-MNIST, H. Xiao, K. Rasul, R. Vollgraf 2017, MIT",
        classes: Some([
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ]),
    },
];

/// Opens MNIST or Fashion-MNIST from its folder in `data_dir`, or from `data_dir` itself: 60000 + 10000
/// images of 28x28, 10 classes. `None` for another name.
pub(super) fn open_named(
    name: &str,
    data_dir: Option<&Path>,
) -> Option<Result<Dataset, DataError>> {
    SETS.iter().find(|set| set.name == name).map(|set| open(set, data_dir))
}

fn open(set: &Images, data_dir: Option<&Path>) -> Result<Dataset, DataError> {
    let name = set.name;
    let dir = public::folder(name, data_dir)?;
    let dir = dir.as_path();
    let there = |file: &RemoteFile| {
        let plain = file.name.strip_suffix(".gz").unwrap_or(&file.name);
        dir.join(plain).is_file()
            || dir.join(&file.name).is_file()
            || dir.join(plain.replace("-idx", ".idx")).is_file()
    };
    let files = PublicSet::named(name).map(PublicSet::files).unwrap_or_default();
    if let Some(absent) = files.iter().find(|f| !there(f)) {
        return Err(public::missing(name, &format!("no {} in {}", absent.name, shown(dir))));
    }
    let dataset = open_folder(dir, Origin { name, source: set.source }, SPLIT_SEED)?;
    let expected = (Shape::Image { channels: 1, height: 28, width: 28 }, 60_000, 10_000, 10);
    let found =
        (dataset.shape(), dataset.train().len(), dataset.test().len(), dataset.classes().len());
    if found != expected {
        return Err(DataError::Layout {
            path: shown(dir),
            reason: format!(
                "{} + {} images of {} in {} classes; {name} has 60000 + 10000 of 1x28x28 in 10 (open the folder by its path to use it as it is)",
                found.1, found.2, found.0, found.3
            ),
        });
    }
    let dataset = recognised(dataset, name, &shown(dir))?;
    match set.classes {
        Some(names) => dataset.with_class_names(names.map(str::to_owned).to_vec()),
        None => Ok(dataset),
    }
}
