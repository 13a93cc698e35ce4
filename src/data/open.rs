//! Any dataset, by name or path.

use super::csv_options::CsvOptions;
use super::dataset::Dataset;
use super::error::DataError;
use super::images::{Pair, open_folder, open_pair};
use super::source::Source;
use super::{built_in, class_names, csv, idx, mnist, sequences};
use crate::format::{excerpt, path as shown};
use std::path::{Path, PathBuf};

/// Opens a dataset:
///
/// - a name of [`super::NAMED`]; `mnist` is read from `data_dir/mnist` or `data_dir`;
/// - images of one channel read row by row, as `mnist-rows`: their name or path, and `-rows`;
/// - a folder with MNIST-style IDX files;
/// - a `.ts` file of time series, with the other of `…_TRAIN.ts` and `…_TEST.ts` beside it;
/// - a text file of sentences, each with a tab and its class;
/// - an IDX images file with its labels beside it, or a CSV file, plain or gzip, told apart by
///   content. Options for CSV may follow the path, as in `table.csv?class=Outcome`
///   (see [`CsvOptions::parse`]).
///
/// Behind any of them `?classes=NAME,NAME,..` names the classes in the order in which they are listed.
///
/// Data without a split of their own are split 4:1, stratified, the same way every time.
pub fn open(name_or_path: &str, data_dir: Option<&Path>) -> Result<Dataset, DataError> {
    if let Some((rest, names)) = class_names::option(name_or_path) {
        return open(&rest, data_dir)?.with_class_names(names);
    }
    if let Some(opened) = built_in::open(name_or_path) {
        return opened;
    }
    if name_or_path == "mnist" {
        return mnist::open(data_dir);
    }
    if let Some(opened) = sequences::open_named(name_or_path, data_dir) {
        return opened;
    }
    if let Some(images) = name_or_path.strip_suffix("-rows")
        && !Path::new(name_or_path).exists()
    {
        return sequences::rows_of(&open(images, data_dir)?, name_or_path);
    }
    let (path, options) = locate(name_or_path)?;
    let name = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let origin = shown(&path);
    if path.is_dir() {
        return open_folder(&path, &name, &origin);
    }
    if sequences::is_ts(&path) {
        return sequences::open_ts(&path, &name, &origin, options.seed);
    }
    let mut source = Source::open(&path)?;
    let start = source.peek()?;
    if idx::is_idx(start) {
        open_pair(&Pair::beside(&path)?, &name, &origin)
    } else if sequences::is_labelled_text(start) {
        sequences::open_text(vec![source], &name, &origin, options.seed)
    } else {
        csv::open(&mut source, &name, &origin, &options)
    }
}

/// Opens a CSV file with options.
pub fn open_csv(path: &Path, options: &CsvOptions) -> Result<Dataset, DataError> {
    let name = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    csv::open(&mut Source::open(path)?, &name, &shown(path), options)
}

/// The path in `text`, and the options behind its last `?` unless a file of that whole name exists.
pub(super) fn locate(text: &str) -> Result<(PathBuf, CsvOptions), DataError> {
    let whole = PathBuf::from(text);
    if whole.exists() {
        return Ok((whole, CsvOptions::default()));
    }
    if let Some((path, options)) = text.rsplit_once('?') {
        let path = PathBuf::from(path);
        let options = CsvOptions::parse(options)
            .map_err(|reason| DataError::Options { path: shown(&path), reason })?;
        return Ok((path, options));
    }
    let looks_like_a_path =
        text.contains(['/', '\\', '.']) || whole.parent().is_some_and(|p| p != Path::new(""));
    if looks_like_a_path {
        return Ok((whole, CsvOptions::default()));
    }
    let names: Vec<_> = built_in::NAMED.iter().filter(|n| n.embedded).map(|n| n.name).collect();
    Err(DataError::Unknown { name: excerpt(text), built_in: names.join(", ") })
}
