//! Which files a dataset is read from, so that nothing is written over them.

use super::built_in::NAMED;
use file::as_path;
use std::path::{Path, PathBuf};

/// Whether `text` names a dataset, with or without options behind a `?`, and not a path.
pub fn is_named(text: &str) -> bool {
    let bare = text.split_once('?').map_or(text, |(name, _)| name);
    let bare = bare.strip_suffix("-rows").unwrap_or(bare);
    NAMED.iter().any(|named| named.name == bare || named.name == text)
}

/// The file or folder that `text` leads to, its options left out; `None` when there is none.
pub fn path_of(text: &str) -> Option<PathBuf> {
    let before_options = text.match_indices('?').map(|(at, _)| &text[..at]);
    let mut all = std::iter::once(text).chain(before_options).flat_map(|path| {
        let images = path.strip_suffix("-rows").unwrap_or(path);
        [path, images].map(as_path)
    });
    all.find(|path| path.exists())
}

/// The files that [`super::open`] reads for `name_or_path`, and those beside them that belong to
/// them by their names; none for what is built in or not there.
pub fn files(name_or_path: &str, data_dir: Option<&Path>) -> Vec<PathBuf> {
    if is_named(name_or_path) {
        let bare = name_or_path.split_once('?').map_or(name_or_path, |(name, _)| name);
        let embedded = NAMED.iter().any(|named| named.embedded && bare.starts_with(named.name));
        return match data_dir {
            Some(folder) if !embedded => parts_in(folder, 2),
            _ => Vec::new(),
        };
    }
    let Some(path) = path_of(name_or_path) else { return Vec::new() };
    if path.is_dir() {
        return parts_in(&path, 0);
    }
    let mut all = match path.parent() {
        Some(folder) if is_part(&path) => parts_in(folder, 0),
        _ => Vec::new(),
    };
    all.push(path);
    all
}

/// Whether a file is named as one of several that make up a dataset.
fn is_part(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    let text = name.ends_with(".ts") || name.ends_with("_labelled.txt");
    text || name.contains("images") || name.contains("labels")
}

/// The parts of datasets in a folder, and in its folders so many floors down.
fn parts_in(folder: &Path, floors: usize) -> Vec<PathBuf> {
    // A path of one name lies where one stands.
    let folder = if folder == Path::new("") { Path::new(".") } else { folder };
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut all = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            if floors > 0 {
                all.extend(parts_in(&path, floors - 1));
            }
        } else if is_part(&path) {
            all.push(path);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_files_of_a_dataset_are_known() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str| {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, "").unwrap();
            path
        };
        let table = write("t.csv");
        let (images, labels) = (write("i/t-images-idx3-ubyte"), write("i/t-labels-idx1-ubyte.gz"));
        let (train, test) = (write("s/A_TRAIN.ts"), write("s/A_TEST.ts"));
        let of = |text: String| {
            let mut all = files(&text, Some(dir.path()));
            all.sort();
            all.dedup();
            all
        };
        let text = |path: &Path| path.display().to_string();
        assert_eq!(of(text(&table)), vec![table.clone()]);
        assert_eq!(of(format!("{}?class=x", text(&table))), [table]);
        let pair = [images.clone(), labels];
        assert_eq!(of(text(&images)), pair);
        assert_eq!(of(text(&dir.path().join("i"))), pair);
        assert_eq!(of(format!("{}-rows", text(&dir.path().join("i")))), pair);
        assert_eq!(of(text(&train)), [test, train]);
        assert_eq!(of("mnist".into()).len(), 4, "anything of the data folder");
        for built_in in ["digits", "waves?frame=4", "digits-rows", "nowhere.csv"] {
            assert!(of(built_in.into()).is_empty(), "{built_in}");
        }
    }
}
