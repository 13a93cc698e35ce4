//! Datasets in arrays of NumPy: `.npz`, `.npy` with another of labels beside it, folders of `.npy`.

mod archive;
mod array;
mod arrays;
mod header;
mod labels;
mod reading;
mod role;
mod shaping;
mod value_type;

pub(super) use array::MAGIC;
pub(super) use shaping::{Axes, Channels};

use super::dataset::Dataset;
use super::error::DataError;
use super::foreign::{model_by_name, model_of_python};
use super::options::{NO_CLASSES, ReadOptions};
use super::parts::Origin;
use super::regular::open_regular;
use archive::Archive;
use array::{Array, Values};
use arrays::Arrays;
use format::path as shown;
use reading::Found;
use role::{What, role};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Options that such data take.
pub(super) const KEYS: [&str; 4] = ["seed", "axes", "channels", NO_CLASSES];
/// First bytes of an `.npz`, as of every ZIP archive.
pub(super) const ARCHIVE_MAGIC: &[u8] = b"PK\x03\x04";

/// An array of numbers: its axes and its values.
///
/// # Errors
/// In one line, without the file's name.
pub(super) fn numbers(from: &mut dyn Read) -> Result<(Vec<usize>, Vec<f32>), String> {
    let Array { dims, values } = Array::read(from)?;
    match values {
        Values::Numbers(values) => Ok((dims, values)),
        Values::Texts(_) => Err("an array of texts; numbers are needed".into()),
    }
}

/// Whether a folder has arrays in it.
pub(super) fn is_in(folder: &Path) -> bool {
    arrays_of(folder).is_ok_and(|files| !files.is_empty())
}

/// The `.npy` files of a folder, by their names without it.
fn arrays_of(folder: &Path) -> std::io::Result<BTreeMap<String, PathBuf>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let is_array = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("npy"));
        if is_array
            && path.is_file()
            && let Some(name) = path.file_stem()
        {
            found.insert(name.to_string_lossy().into_owned(), path);
        }
    }
    Ok(found)
}

/// Opens an archive, a file with labels beside it, or a folder; with its format in words.
///
/// # Errors
/// What is missing or wrong, with the names of the arrays that are there.
pub(super) fn open(
    path: &Path,
    origin: Origin,
    options: &ReadOptions,
) -> Result<(Dataset, String), DataError> {
    let fail = |reason: String| DataError::Layout { path: shown(path), reason };
    let (mut arrays, names, format) = if path.is_dir() {
        let files = arrays_of(path).map_err(|e| fail(format!("cannot list: {e}")))?;
        (Arrays::Files(files.clone()), files.into_keys().collect(), "folder of NumPy arrays")
    } else if begins_as_array(path) {
        let files = with_labels(path, options.csv.unlabelled).map_err(fail)?;
        (Arrays::Files(files.clone()), files.into_keys().collect(), "NumPy arrays (.npy)")
    } else {
        if let Some(what) = model_of_python(&start_of(path)) {
            return Err(fail(format!("this is {what}")));
        }
        let archive = Archive::open(path).map_err(|reason| {
            let python = model_by_name(path);
            fail(python.map_or(reason, |what| format!("damaged, and by its name {what}")))
        })?;
        let names = archive.names();
        if names.is_empty() {
            return Err(fail(
                "a ZIP archive or spreadsheet without NumPy arrays (.npy) in it; unpack it, or export a spreadsheet as CSV".into(),
            ));
        }
        (Arrays::Archive(Box::new(archive)), names, "NumPy arrays (.npz)")
    };
    let Found { mut parts, unlabelled, classes, guesses } =
        reading::read(&names, &mut arrays, options).map_err(fail)?;
    if unlabelled {
        return Ok((parts.unlabelled(origin)?.with_guesses(guesses), format.to_owned()));
    }
    let classes = match classes {
        Some(classes) => classes,
        None => parts.number_classes(path)?,
    };
    let made = parts.dataset(origin, classes, options.csv.seed)?;
    Ok((made.with_guesses(guesses), format.to_owned()))
}

fn begins_as_array(path: &Path) -> bool {
    start_of(path).starts_with(MAGIC)
}

/// The first bytes of a file; none where it cannot be read.
fn start_of(path: &Path) -> Vec<u8> {
    let mut start = Vec::new();
    let read = open_regular(path).map(|file| file.take(4096).read_to_end(&mut start));
    if read.is_ok_and(|read| read.is_ok()) { start } else { Vec::new() }
}

/// An array of inputs, and that of its labels beside it, unless it is read without.
fn with_labels(path: &Path, unlabelled: bool) -> Result<BTreeMap<String, PathBuf>, String> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    if unlabelled {
        return Ok([(stem, path.to_owned())].into());
    }
    let folder = path.parent().filter(|p| *p != Path::new("")).unwrap_or(Path::new("."));
    let all = arrays_of(folder).map_err(|e| format!("cannot list its folder: {e}"))?;
    let Some((What::Inputs, part)) = role(&stem) else {
        return Err(format!(
            "a NumPy array whose name, {stem}, tells neither samples nor labels; name it x.npy with its labels y.npy beside it, or x_train.npy, y_train.npy, x_test.npy, y_test.npy"
        ));
    };
    let of_part = |name: &String| {
        matches!(role(name), Some((What::Labels, p)) if p == part)
            || matches!(role(name), Some((What::Names, _)))
    };
    let mut found: BTreeMap<String, PathBuf> =
        all.into_iter().filter(|(name, _)| of_part(name)).collect();
    if !found.keys().any(|name| matches!(role(name), Some((What::Labels, _)))) {
        return Err(format!(
            "no labels beside it; {}.npy is looked for, or ?labels=none reads it without classes",
            label_name(&stem)
        ));
    }
    found.insert(stem, path.to_owned());
    Ok(found)
}

/// The name that labels of `inputs` would have.
fn label_name(inputs: &str) -> String {
    for (samples, labels) in [("images", "labels"), ("data", "labels"), ("x", "y"), ("X", "Y")] {
        if inputs.contains(samples) {
            return inputs.replacen(samples, labels, 1);
        }
    }
    format!("{inputs}_labels")
}
