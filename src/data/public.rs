//! Public sets, known by their content: where their files lie and what they are called says nothing.

use super::dataset::Dataset;
use super::error::DataError;
use super::fetch::PublicSet;
use std::path::{Path, PathBuf};

/// The folder of the public set `name`: its own in the data folder, or the data folder itself.
///
/// # Errors
/// When no data folder is known, or nothing of the set is there.
pub(super) fn folder(name: &str, data_dir: Option<&Path>) -> Result<PathBuf, DataError> {
    let Some(data_dir) = data_dir else {
        return Err(missing(name, "no data folder is set (--data or CRYPTOSCOPE_DATA)"));
    };
    let own = PublicSet::named(name).map_or(name, |set| set.folder);
    let last = own.rsplit('/').next().unwrap_or(own);
    let found = [own, last].map(|folder| data_dir.join(folder)).into_iter().find(|f| f.is_dir());
    match found {
        Some(folder) => Ok(folder),
        None if own.contains('/') => {
            Err(missing(name, &format!("no folder {own} in {}", format::path(data_dir))))
        }
        None => Ok(data_dir.to_owned()),
    }
}

/// Why the public set `name` cannot be opened, and how it is got.
pub(super) fn missing(name: &str, why: &str) -> DataError {
    let set = PublicSet::named(name);
    let files = set.map(PublicSet::files).unwrap_or_default();
    let files: Vec<_> = files.iter().map(|f| f.name.as_str()).collect();
    DataError::MissingSet {
        name: name.to_owned(),
        why: why.to_owned(),
        set: set.map_or(name, |set| set.name).to_owned(),
        files: files.join(", "),
    }
}

/// Names and [`Dataset::digest`] of sets that are looked for in the data folder.
const KNOWN: [(&str, &str); 5] = [
    ("mnist", "a2408e46729c0e08a4e0fe7ebcd534ccc1e2d1f727dd81c9f75662f69c94b9d5"),
    ("ItalyPowerDemand", "a43b501193313f7a1bdbafbb0a68e917ab9971129b5acb69a81e8f2ffdd93b86"),
    ("ECG200", "03f4be790cf8381b117d09beb3a2b1074d4c14ba6e0468c2beaf36f2fda254ff"),
    ("JapaneseVowels", "63e0676a5da252d6c075a79b371b986d6ac0333fc1fc77a3221753cb6ceb051a"),
    ("sentiment", "ca0befd0fa9ecb26155fdd1a44ea463651d9b4bb4da9bb939ed9404c637b3790"),
];

/// The set `name` as it was read at `place`, where it is that.
///
/// # Errors
/// When files of other content lie in its place.
pub(super) fn recognised(dataset: Dataset, name: &str, place: &str) -> Result<Dataset, DataError> {
    let Some((_, expected)) = KNOWN.iter().find(|(known, _)| *known == name) else {
        return Ok(dataset);
    };
    let found = dataset.digest().to_string();
    if found == *expected {
        return Ok(dataset);
    }
    let other = KNOWN.iter().find(|(_, digest)| *digest == found);
    let what = match other {
        Some((other, _)) => format!("these are the files of {other}, not of {name}"),
        None => format!("these are not the files of {name}: their content is another"),
    };
    Err(DataError::Layout {
        path: place.to_owned(),
        reason: format!(
            "{what}; put those of {name} there, or name these by their path to use them as they are"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Shape, Split};

    #[test]
    fn other_content_under_a_known_name_is_refused() {
        let split = || Split { inputs: vec![0.0, 1.0], labels: vec![0, 1], lengths: vec![] };
        let classes = vec!["a".to_owned(), "b".to_owned()];
        let shape = Shape::Flat { len: 1 };
        let made = || Dataset::new("x", "s", shape, classes.clone(), vec![], split(), split());
        let text = recognised(made().unwrap(), "mnist", "/there").unwrap_err().to_string();
        assert!(text.starts_with("/there: these are not the files of mnist"), "{text}");
        assert!(recognised(made().unwrap(), "waves", "/there").is_ok());
    }
}
