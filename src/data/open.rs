//! Any dataset, by name or path.

use super::csv::CsvOptions;
use super::dataset::Dataset;
use super::error::DataError;
use super::images::{Pair, open_pair};
use super::options::{Format, NO_CLASSES, ReadOptions};
use super::parts::Origin;
use super::source::Source;
use super::{built_in, cifar, class_names, csv, idx, images, mnist, numpy, pictures, sequences};
use file::as_path;
use format::{excerpt, path as shown};
use std::path::{Path, PathBuf};

/// Opens a dataset:
///
/// - a name of [`super::NAMED`]; `mnist` is read from `data_dir/mnist` or `data_dir`;
/// - images of one channel read row by row, as `mnist-rows`: their name or path, and `-rows`;
/// - a folder with MNIST-style IDX files, with a folder of pictures for each class, with `.npy` arrays of
///   samples and labels, or with the binary files of CIFAR;
/// - an `.npz` archive, an `.npy` array with its labels beside it, a `.bin` file of CIFAR;
/// - a `.ts` file of time series, with the other of `…_TRAIN.ts` and `…_TEST.ts` beside it;
/// - a text file of sentences, each with a tab and its class;
/// - an IDX images file with its labels beside it, or a CSV file, plain or gzip, told apart by
///   content;
/// - `-`: a CSV file or sentences from standard input.
///
/// Options may follow a path, as in `table.csv?class=Outcome&header=no`: those of [`CsvOptions`] for
/// tables, some of them for other formats, `format` (`csv`, `ts`, `text`, `idx`) for what is not to be
/// told by content, and `frame` for sequences. One that a format does not use is refused. Behind any
/// name or path `?classes=NAME,NAME,..` names the classes in the order in which they are listed.
///
/// Data without a split of their own are split 4:1, stratified, the same way every time; those without
/// classes (`class=none`, or `labels=none`: tables, arrays, pictures) are all in the test part. What was
/// guessed is in [`Dataset::guesses`].
pub fn open(name_or_path: &str, data_dir: Option<&Path>) -> Result<Dataset, DataError> {
    if let Some((rest, names)) = class_names::option(name_or_path) {
        return open(&rest, data_dir)?.with_class_names(names);
    }
    open_described(name_or_path, data_dir).map(|(dataset, _)| dataset)
}

/// Opens data to be answered: every row of a table in its order, of other data their test part.
///
/// # Errors
/// As [`open`].
pub fn open_whole(name_or_path: &str, data_dir: Option<&Path>) -> Result<Dataset, DataError> {
    let mark = if name_or_path.contains('?') { '&' } else { '?' };
    match open(&format!("{name_or_path}{mark}split=none"), data_dir) {
        // Not a table: it has parts of its own, or no rows.
        Err(DataError::Options { .. }) => open(name_or_path, data_dir),
        other => other,
    }
}

/// The same, with its format in words.
pub(super) fn open_described(
    name_or_path: &str,
    data_dir: Option<&Path>,
) -> Result<(Dataset, String), DataError> {
    if let Some(opened) = built_in::open(name_or_path) {
        return Ok((opened?, "built in".into()));
    }
    if let Some(opened) = mnist::open_named(name_or_path, data_dir) {
        return Ok((opened?, "IDX files".into()));
    }
    if let Some(opened) = cifar::open_named(name_or_path, data_dir) {
        return Ok((opened?, "CIFAR files (.bin)".into()));
    }
    if let Some(opened) = sequences::open_named(name_or_path, data_dir) {
        let format = match name_or_path {
            "mnist-rows" => "IDX files",
            "sentiment" => "sentences, one a line",
            "waves" => "built in",
            _ => "time series (.ts)",
        };
        return Ok((opened?, format.into()));
    }
    if let Some(images) = name_or_path.strip_suffix("-rows")
        && !as_path(name_or_path).exists()
    {
        let images = open(images, data_dir)?;
        return Ok((sequences::rows_of(&images, name_or_path)?, "images, row by row".into()));
    }
    let (path, options) = locate(name_or_path)?;
    let name = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let origin = shown(&path);
    let seed = options.csv.seed;
    let of = Origin { name: &name, source: &origin };
    if path.is_dir() {
        return open_folder(&path, of, &options);
    }
    let series = || -> Result<(Dataset, String), DataError> {
        options.allow(&origin, "time series", &["seed", "frame", NO_CLASSES])?;
        let opened = match options.csv.unlabelled {
            true => sequences::open_unlabelled_ts(&path, &name, &origin)?,
            false => sequences::open_ts(&path, &name, &origin, seed)?,
        };
        let opened = match options.frame {
            Some(frame) => sequences::framed(&opened, &name, frame)?,
            None => opened,
        };
        Ok((opened, "time series (.ts)".to_owned()))
    };
    if options.format.is_none() && sequences::is_ts(&path) {
        return series();
    }
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    if options.format.is_none() && ["onnx", "safetensors"].contains(&ending.as_str()) {
        return Err(DataError::Layout {
            path: origin,
            reason: "this is a model, not data; give it as the model (--set model=FILE)".into(),
        });
    }
    if options.format.is_none_or(|f| f == Format::Cifar) && cifar::is_named(&path) {
        return open_cifar(&path, of, &options);
    }
    let stdin = name_or_path.split('?').next() == Some("-");
    let mut source = if stdin { Source::stdin()? } else { Source::open(&path)? };
    let packed = if source.packed { ", gzip" } else { "" };
    let format = match options.format {
        Some(format) => format,
        None => detect(source.peek()?),
    };
    let (dataset, format) = match format {
        Format::Ts => return series(),
        Format::Cifar => return open_cifar(&path, of, &options),
        Format::NumPy => {
            options.allow(&origin, "NumPy arrays", &numpy::KEYS)?;
            return numpy::open(&path, of, &options);
        }
        Format::Idx => {
            options.allow(&origin, "IDX files", &["seed", NO_CLASSES])?;
            let opened = match options.csv.unlabelled {
                true => images::open_unlabelled(&path, of)?,
                false => open_pair(&Pair::beside(&path)?, of, seed)?,
            };
            (opened, "IDX images".to_owned())
        }
        Format::Text => {
            let used = ["class", "header", "skip", "seed", "delimiter", NO_CLASSES];
            options.allow(&origin, "sentences", &used)?;
            let opened = sequences::open_text(vec![source], &name, &origin, &options.csv)?;
            (opened, "sentences, one a line".to_owned())
        }
        Format::Csv => {
            let used = [&CsvOptions::KEYS[..], &[NO_CLASSES]].concat();
            options.allow(&origin, "tables", &used)?;
            csv::open(&mut source, &name, &origin, &options.csv)?
        }
    };
    Ok((dataset, format + packed))
}

/// Opens a folder as what its files are.
fn open_folder(
    path: &Path,
    of: Origin,
    options: &ReadOptions,
) -> Result<(Dataset, String), DataError> {
    if images::Folder::is_in(path) {
        options.allow(of.source, "a folder of IDX files", &["seed"])?;
        let opened = images::open_folder(path, of, options.csv.seed)?;
        Ok((opened, "folder of IDX files".into()))
    } else if numpy::is_in(path) {
        options.allow(of.source, "NumPy arrays", &numpy::KEYS)?;
        numpy::open(path, of, options)
    } else if cifar::is_in(path) {
        open_cifar(path, of, options)
    } else {
        options.allow(of.source, "folders of pictures", &pictures::KEYS)?;
        Ok((pictures::open(path, of, options)?, "folder of pictures".into()))
    }
}

fn open_cifar(
    path: &Path,
    of: Origin,
    options: &ReadOptions,
) -> Result<(Dataset, String), DataError> {
    options.allow(of.source, "CIFAR files", &cifar::KEYS)?;
    let opened = cifar::open(path, of, options.csv.seed, options.coarse)?;
    Ok((opened, "CIFAR files (.bin)".to_owned()))
}

/// The format of a file by its first bytes.
fn detect(start: &[u8]) -> Format {
    if start.starts_with(numpy::MAGIC) || start.starts_with(numpy::ARCHIVE_MAGIC) {
        Format::NumPy
    } else if idx::is_idx(start) {
        Format::Idx
    } else if sequences::begins_as_ts(start) {
        Format::Ts
    } else if sequences::is_labelled_text(start) {
        Format::Text
    } else {
        Format::Csv
    }
}

/// Opens a CSV file with options.
pub fn open_csv(path: &Path, options: &CsvOptions) -> Result<Dataset, DataError> {
    let name = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    options.check().map_err(|reason| DataError::Options { path: shown(path), reason })?;
    csv::open(&mut Source::open(path)?, &name, &shown(path), options).map(|(dataset, _)| dataset)
}

/// The path in `text`, and the options behind its `?` unless a file of that whole name exists.
pub(super) fn locate(text: &str) -> Result<(PathBuf, ReadOptions), DataError> {
    let whole = as_path(text);
    if whole.exists() {
        return Ok((whole, ReadOptions::default()));
    }
    if let Some((path, options)) = behind_path(text) {
        if built_in::NAMED.iter().any(|n| n.name == path) {
            return Err(DataError::Options {
                path: path.to_owned(),
                reason: format!(
                    "option {} is not used for this set; leave it out",
                    excerpt(options.split('=').next().unwrap_or_default())
                ),
            });
        }
        let path = as_path(path);
        let options = ReadOptions::parse(options)
            .map_err(|reason| DataError::Options { path: shown(&path), reason })?;
        return Ok((path, options));
    }
    let looks_like_a_path = text == "-"
        || text.contains(['/', '\\', '.'])
        || whole.parent().is_some_and(|p| p != Path::new(""));
    if looks_like_a_path {
        return Ok((whole, ReadOptions::default()));
    }
    let names: Vec<_> = built_in::NAMED.iter().filter(|n| n.embedded).map(|n| n.name).collect();
    Err(DataError::Unknown { name: excerpt(text), built_in: names.join(", ") })
}

/// The path and the options of a text with a `?`: the first one behind which a file lies before it,
/// so that options may hold a `?` too; the last one where there is no such file.
fn behind_path(text: &str) -> Option<(&str, &str)> {
    let mut marks = text.match_indices('?').map(|(at, _)| (&text[..at], &text[at + 1..]));
    marks.find(|(path, _)| as_path(path).exists()).or_else(|| text.rsplit_once('?'))
}
