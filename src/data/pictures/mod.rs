//! Folders of pictures: a folder for each class, in a folder for each part where there are two; or
//! pictures without classes.

mod decoding;
mod listing;

pub(super) use decoding::Colour;

use super::dataset::{Dataset, Shape, Split};
use super::error::DataError;
use super::guess::Guess;
use super::options::{NO_CLASSES, ReadOptions};
use super::parts::{Origin, Parts};
use decoding::{Format, decode, is_grey, measure};
use format::{excerpt, path as shown};
use listing::{Listing, Picture};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

/// Options that such data take.
pub(super) const KEYS: [&str; 4] = ["seed", "size", "colour", NO_CLASSES];

/// Most values of all samples together.
const MAX_VALUES: usize = 1 << 28;
/// Side of samples where pictures are of several sizes, or larger than [`LARGEST`].
const USUAL_SIDE: usize = 32;
/// Longest side that is left as it is when nothing is said.
const LARGEST: usize = 128;
/// Pictures that are looked at for colours.
const LOOKED_AT: usize = 64;

/// What is looked for in a folder.
const NO_DATA: &str = "no data in it; a folder for each class with pictures in it, NumPy arrays (x_train.npy, y_train.npy), CIFAR files (data_batch_1.bin, test_batch.bin) or IDX files (train-images…, train-labels…, t10k-images…, t10k-labels…) are looked for";

/// Opens a folder of pictures. Every sample has the size and colours of [`ReadOptions`]; where these
/// are not given, that of the pictures when all have the same and it is at most 128 pixels a side,
/// else 32x32; one channel when the pictures are grey. Values are 0 to 255, channel by channel.
///
/// # Errors
/// A picture that cannot be read, with its path; no classes; too many values.
pub(super) fn open(
    folder: &Path,
    origin: Origin,
    options: &ReadOptions,
) -> Result<Dataset, DataError> {
    let fail = |reason: String| DataError::Layout { path: shown(folder), reason };
    let unlabelled = options.csv.unlabelled;
    let listing = if unlabelled { Listing::unlabelled(folder)? } else { Listing::of(folder)? };
    let classes: Vec<String> = listing.classes.iter().cloned().collect();
    if listing.train.is_empty() && listing.test.is_empty() {
        let loose = if unlabelled { 0 } else { Listing::unlabelled(folder)?.train.len() };
        return Err(fail(match loose {
            0 => NO_DATA.into(),
            loose => format!(
                "{loose} pictures outside of folders of classes; sort them into a folder for each class, or read them without classes (?class=none)"
            ),
        }));
    }
    if !unlabelled && classes.len() < 2 || classes.len() > usize::from(u16::MAX) {
        let one = classes.first().map(|c| excerpt(c)).unwrap_or_default();
        return Err(fail(format!(
            "pictures of {} classes ({one}); a folder for each of at least 2 classes is needed, or ?class=none for pictures without classes",
            classes.len()
        )));
    }
    let all: Vec<&Picture> = listing.train.iter().chain(&listing.test).collect();
    let (format, mut guesses) = format(&all, options)?;
    if all.len().saturating_mul(format.len()) > MAX_VALUES {
        return Err(fail(format!(
            "{} pictures of {} values each are more than {MAX_VALUES} values; choose a smaller size with ?size=32x32, or grey with ?colour=grey",
            all.len(),
            format.len()
        )));
    }
    if listing.others > 0 {
        guesses.push(Guess::note(format!(
            "{} files are no pictures (PNG, JPEG, BMP, WebP) and are not read",
            listing.others
        )));
    }
    if listing.links > 0 {
        guesses.push(Guess::note(format!(
            "{} links are not followed; copy what they lead to",
            listing.links
        )));
    }
    let index: BTreeMap<&str, u16> = classes.iter().map(String::as_str).zip(0..).collect();
    let part = |pictures: &[Picture]| -> Result<Option<Split>, DataError> {
        if pictures.is_empty() {
            return Ok(None);
        }
        let samples: Result<Vec<Vec<f32>>, DataError> =
            pictures.par_iter().map(|picture| decode(&picture.path, format)).collect();
        let label = |picture: &Picture| index.get(picture.class.as_str()).copied().unwrap_or(0);
        let labels = pictures.iter().map(label).collect();
        Ok(Some(Split { inputs: samples?.concat(), labels, lengths: Vec::new() }))
    };
    let shape =
        Shape::Image { channels: format.channels(), height: format.height, width: format.width };
    let parts = Parts { shape, train: part(&listing.train)?, test: part(&listing.test)? };
    let made = match unlabelled {
        true => parts.unlabelled(origin)?,
        false => parts.dataset(origin, classes, options.csv.seed)?,
    };
    Ok(made.with_guesses(guesses))
}

/// The values of one picture as a sample of `shape`, 0 to 255, channel by channel: grey of one channel,
/// red, green and blue of three.
///
/// # Errors
/// When it cannot be read, or samples of this shape are no pictures.
pub fn picture(path: &Path, shape: Shape) -> Result<Vec<f32>, DataError> {
    let Shape::Image { channels: channels @ (1 | 3), height, width } = shape else {
        let reason = format!("a picture, where samples of {shape} are needed");
        return Err(DataError::Layout { path: shown(path), reason });
    };
    let colour = if channels == 1 { Colour::Grey } else { Colour::Rgb };
    decode(path, Format { height, width, colour })
}

/// What samples are to be, and what was decided for it.
fn format(all: &[&Picture], options: &ReadOptions) -> Result<(Format, Vec<Guess>), DataError> {
    let mut guesses = Vec::new();
    let (height, width) = match options.size {
        Some(size) => size,
        None => {
            let sizes: Result<Vec<(usize, usize)>, DataError> =
                all.par_iter().map(|picture| measure(&picture.path)).collect();
            let sizes = sizes?;
            let first = sizes.first().copied().unwrap_or((USUAL_SIDE, USUAL_SIDE));
            let (least, most) = sizes
                .iter()
                .fold((first, first), |(least, most), size| (least.min(*size), most.max(*size)));
            if least == most && first.0.max(first.1) <= LARGEST {
                first
            } else {
                let what = match least == most {
                    true => format!("pictures of {}x{}", first.0, first.1),
                    false => format!(
                        "pictures of {} sizes, {}x{} to {}x{},",
                        count(&sizes),
                        least.0,
                        least.1,
                        most.0,
                        most.1
                    ),
                };
                guesses.push(Guess::doubt(
                    format!("{what} are brought to {USUAL_SIDE}x{USUAL_SIDE} (height x width)"),
                    "size=64x64, HEIGHTxWIDTH",
                ));
                (USUAL_SIDE, USUAL_SIDE)
            }
        }
    };
    let colour = match options.colour {
        Some(colour) => colour,
        None => {
            let every = all.len().div_ceil(LOOKED_AT).max(1);
            let some: Vec<&&Picture> = all.iter().step_by(every).collect();
            let grey: Result<Vec<bool>, DataError> =
                some.par_iter().map(|picture| is_grey(&picture.path)).collect();
            let colour = if grey?.into_iter().all(|g| g) { Colour::Grey } else { Colour::Rgb };
            let (text, other) = match colour {
                Colour::Grey => ("pictures are read as grey, one channel", "colour=rgb"),
                Colour::Rgb => ("pictures are read in colour, three channels", "colour=grey"),
            };
            guesses.push(Guess::new(text, other));
            colour
        }
    };
    Ok((Format { height, width, colour }, guesses))
}

fn count(sizes: &[(usize, usize)]) -> usize {
    sizes.iter().collect::<std::collections::BTreeSet<_>>().len()
}
