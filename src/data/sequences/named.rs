//! Sets of sequences that have a name.

use super::super::dataset::{Dataset, Shape};
use super::super::error::DataError;
use super::super::mnist;
use super::super::public::{folder, recognised};
use super::super::source::Source;
use super::super::split::SPLIT_SEED;
use super::{text, ts, waves};
use format::path as shown;
use std::path::{Path, PathBuf};

/// A set of the UCR and UEA archives, and who made it.
const ARCHIVES: [(&str, &str); 3] = [
    ("ItalyPowerDemand", "ItalyPowerDemand, UCR archive (Dau et al. 2019), E. Keogh et al."),
    ("ECG200", "ECG200, UCR archive (Dau et al. 2019), R. Olszewski 2001"),
    ("JapaneseVowels", "Japanese Vowels, UCI and UEA archive, M. Kudo et al. 1999, CC BY 4.0"),
];

/// Opens a set of sequences by its name; `None` when there is none of that name.
pub(crate) fn open(name: &str, data_dir: Option<&Path>) -> Option<Result<Dataset, DataError>> {
    if name == "waves" {
        return Some(waves::open(name, SPLIT_SEED));
    }
    if let Some(seed) = name.strip_prefix("waves?seed=").and_then(|s| s.parse().ok()) {
        return Some(waves::open("waves", seed));
    }
    if name == "mnist-rows" {
        let images = mnist::open_named("mnist", data_dir)?;
        return Some(images.and_then(|d| rows_of(&d, name)));
    }
    if name == "sentiment" {
        let opened = folder(name, data_dir)
            .and_then(|f| recognised(sentences(&f, name)?.settled(), name, &shown(&f)));
        return Some(opened);
    }
    if let Some((whole, frame)) = name.split_once("?frame=") {
        let opened = open(whole, data_dir)?;
        let frame = frame.parse().unwrap_or(0);
        return Some(opened.and_then(|d| framed(&d, name, frame)));
    }
    let (name, source) = ARCHIVES.iter().find(|(n, _)| *n == name)?;
    let opened = folder(name, data_dir).and_then(|f| {
        let path = f.join(format!("{name}_TRAIN.ts"));
        recognised(ts::open(&path, name, source, SPLIT_SEED)?, name, &shown(&f))
    });
    Some(opened)
}

/// All `.txt` files of a folder with a tab in them, in the order of their names.
fn sentences(folder: &Path, name: &str) -> Result<Dataset, DataError> {
    let read = |cause| DataError::Io { path: shown(folder), action: "read", cause };
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .map_err(read)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.file_name().is_some_and(|n| n.to_string_lossy().ends_with("_labelled.txt"))
        })
        .collect();
    files.sort();
    if files.is_empty() {
        let reason = "no file …_labelled.txt in it".to_owned();
        return Err(DataError::Layout { path: shown(folder), reason });
    }
    let sources: Result<Vec<Source>, DataError> = files.iter().map(|f| Source::open(f)).collect();
    let origin = "Sentiment Labelled Sentences, D. Kotzias et al. 2015, UCI, CC BY 4.0";
    text::open(sources?, name, origin, SPLIT_SEED)
}

/// The same sequences with so many steps read as one step of as many more channels.
///
/// # Errors
/// When the samples are no sequences of one length, or it is no multiple of `frame`.
pub(crate) fn framed(whole: &Dataset, name: &str, frame: usize) -> Result<Dataset, DataError> {
    let refuse = |reason: String| DataError::Options { path: name.to_owned(), reason };
    let Shape::Sequence { steps, channels } = whole.shape() else {
        return Err(refuse(format!("samples of {} have no steps", whole.shape())));
    };
    let padded = !whole.train().lengths.is_empty() || !whole.test().lengths.is_empty();
    if frame == 0 || !steps.is_multiple_of(frame) || padded {
        return Err(refuse(format!(
            "frame must divide the {steps} steps of sequences that all have the same length"
        )));
    }
    let source = format!("{}, {frame} steps read as one", whole.source());
    let shape = Shape::Sequence { steps: steps / frame, channels: channels * frame };
    Ok(whole.clone().reshaped(name, source, shape)?)
}

/// Images of one channel, read row by row: each row a step, each column a channel.
pub(crate) fn rows_of(images: &Dataset, name: &str) -> Result<Dataset, DataError> {
    let Shape::Image { channels: 1, height, width } = images.shape() else {
        return Err(DataError::Layout {
            path: format!("dataset {}", images.name()),
            reason: format!(
                "samples of {}; only images of one channel are read row by row",
                images.shape()
            ),
        });
    };
    let source = format!("{}, row by row", images.source());
    let shape = Shape::Sequence { steps: height, channels: width };
    Ok(images.clone().reshaped(name, source, shape)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_read_together() {
        let whole = open("waves", None).expect("known").expect("made");
        let framed = open("waves?frame=4", None).expect("known").expect("opens");
        assert_eq!(framed.shape(), Shape::Sequence { steps: 6, channels: 4 });
        assert_eq!(framed.test().inputs, whole.test().inputs);
        for wrong in ["waves?frame=5", "waves?frame=0", "waves?frame=x"] {
            let text = open(wrong, None).expect("known").unwrap_err().to_string();
            assert!(text.contains("frame must divide the 24 steps"), "{text}");
        }
    }

    #[test]
    fn a_missing_folder_is_named() {
        for name in ["ECG200", "sentiment"] {
            let text = open(name, None).expect("known").unwrap_err().to_string();
            assert!(text.contains("no data folder is set"), "{text}");
            let text =
                open(name, Some(Path::new("/no/such"))).expect("known").unwrap_err().to_string();
            assert!(text.contains("cryptoscope fetch"), "{text}");
        }
        assert!(open("digits", None).is_none());
    }

    #[test]
    fn images_are_read_row_by_row() {
        let digits = crate::open("digits", None).expect("built in");
        let rows = crate::open("digits-rows", None).expect("opens");
        assert_eq!(rows.shape(), Shape::Sequence { steps: 8, channels: 8 });
        assert_eq!(rows.test().inputs, digits.test().inputs);
        assert!(crate::open("iris-rows", None).is_err());
    }
}
