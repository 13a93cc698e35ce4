//! Options written behind the path of a dataset.

use super::csv::CsvOptions;
use super::error::DataError;
use super::numpy::{Axes, Channels};
use super::pictures::Colour;
use format::excerpt;

/// A format that a file can be said to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    /// Time series.
    Ts,
    /// Sentences, one a line.
    Text,
    Idx,
    /// Arrays, `.npy` or `.npz`.
    NumPy,
    /// Binary files of CIFAR-10 and CIFAR-100.
    Cifar,
}

/// Options written behind a path, as in `wdbc.data?skip=1&header=no&class=2&drop=1`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ReadOptions {
    pub csv: CsvOptions,
    /// The format, where it is not to be told by content.
    pub format: Option<Format>,
    /// Steps of a sequence that are read as one.
    pub frame: Option<usize>,
    /// What the axes of an array are behind that of samples.
    pub axes: Option<Axes>,
    /// Where the channels of an array of images are.
    pub channels: Option<Channels>,
    /// Height and width to which pictures are brought.
    pub size: Option<(usize, usize)>,
    /// Channels to which pictures are brought.
    pub colour: Option<Colour>,
    /// Whether the 20 classes of CIFAR-100 are read in the place of its 100.
    pub coarse: bool,
    /// Keys that were given.
    given: Vec<String>,
}

/// What is used by formats that can be read without classes, where no class is asked for.
pub(super) const NO_CLASSES: &str = "class=none";

impl ReadOptions {
    /// Reads `key=value` pairs with `&` between them; an error says what is wrong. Keys: those of
    /// [`CsvOptions`] (`delimiter`, `skip`, `comment`, `header`, `class`, `drop`, `decimal`,
    /// `thousands`, `strip`, `missing`, `incomplete`, `labels`, `shape`, `seed`, `split`), `format` (`csv`,
    /// `ts`, `text`, `idx`, `numpy`, `cifar`), `frame` (a number of steps), `axes` (`image`, `sequence`,
    /// `table`), `channels` (`first`, `last`), `size` (`HEIGHTxWIDTH`), `colour` (`grey`, `rgb`) and
    /// `coarse` (`yes`, `no`).
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut options = Self::default();
        for pair in text.split('&').filter(|p| !p.is_empty()) {
            let (key, value) = pair
                .split_once('=')
                .ok_or_else(|| format!("option {}: write key=value", excerpt(pair)))?;
            let wrong = |allowed: String| format!("option {key}={}: {allowed}", excerpt(value));
            match key {
                "format" => {
                    options.format = Some(match value {
                        "csv" => Format::Csv,
                        "ts" => Format::Ts,
                        "text" => Format::Text,
                        "idx" => Format::Idx,
                        "numpy" => Format::NumPy,
                        "cifar" => Format::Cifar,
                        _ => {
                            return Err(wrong(
                                "csv, ts, text, idx, numpy or cifar is needed".into(),
                            ));
                        }
                    });
                }
                "axes" => {
                    options.axes = Some(match value {
                        "image" => Axes::Image,
                        "sequence" => Axes::Sequence,
                        "table" => Axes::Table,
                        _ => return Err(wrong("image, sequence or table is needed".into())),
                    });
                }
                "channels" => {
                    options.channels = Some(match value {
                        "first" => Channels::First,
                        "last" => Channels::Last,
                        _ => return Err(wrong("first or last is needed".into())),
                    });
                }
                "size" => {
                    let needed = || wrong(format!("HEIGHTxWIDTH of 1 to {MAX_SIDE} is needed"));
                    options.size = Some(size(value).ok_or_else(needed)?);
                }
                "colour" | "color" => {
                    options.colour = Some(match value {
                        "grey" | "gray" => Colour::Grey,
                        "rgb" => Colour::Rgb,
                        _ => return Err(wrong("grey or rgb is needed".into())),
                    });
                }
                "coarse" => {
                    options.coarse = match value {
                        "yes" => true,
                        "no" => false,
                        _ => return Err(wrong("yes or no is needed".into())),
                    };
                }
                "frame" => {
                    let steps = value.parse().ok().filter(|n| *n > 0);
                    let needed = || wrong("a whole number of steps is needed".into());
                    options.frame = Some(steps.ok_or_else(needed)?);
                }
                _ => match options.csv.set(key, value) {
                    Some(set) => set.map_err(wrong)?,
                    None => {
                        let known = CsvOptions::KEYS.join(", ");
                        return Err(format!(
                            "no option {}; known are {known}, classes, format, frame, axes, channels, size, colour, coarse",
                            excerpt(key)
                        ));
                    }
                },
            }
            let key = match (key, value) {
                ("color", _) => "colour",
                ("class" | "labels", "none") => NO_CLASSES,
                _ => key,
            };
            let many = ["drop", "onehot"].contains(&key);
            if !many && options.given.iter().any(|given| given == key) {
                return Err(format!("option {key} is given twice; leave one of them out"));
            }
            options.given.push(key.to_owned());
        }
        options.csv.check()?;
        let split = options.given.iter().find(|key| match key.as_str() {
            "split" => !options.csv.unsplit,
            key => key == "seed",
        });
        if let (true, Some(key)) = (options.csv.unlabelled, split) {
            return Err(format!(
                "option {key}: data without classes are not split; leave it out, or {NO_CLASSES}"
            ));
        }
        Ok(options)
    }

    /// Refuses options that a format, named `what`, has no use for; `format` itself always has.
    pub fn allow(&self, path: &str, what: &str, used: &[&str]) -> Result<(), DataError> {
        let unused = self.given.iter().find(|k| *k != "format" && !used.contains(&k.as_str()));
        let Some(key) = unused else { return Ok(()) };
        let used = if used.is_empty() { "none is".to_owned() } else { used.join(", ") };
        Err(DataError::Options {
            path: path.to_owned(),
            reason: format!("option {key} is not used for {what} (used: {used}); leave it out"),
        })
    }
}

/// Longest side to which pictures are brought, pixels.
const MAX_SIDE: usize = 1024;

/// `28x28` or, for squares, `28`.
fn size(text: &str) -> Option<(usize, usize)> {
    let side = |t: &str| t.parse().ok().filter(|n| (1..=MAX_SIDE).contains(n));
    match text.split_once('x') {
        Some((height, width)) => Some((side(height)?, side(width)?)),
        None => side(text).map(|n| (n, n)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csv::{Column, Comments, Header, Missing};
    use crate::dataset::Shape;

    #[test]
    fn options_behind_a_path_are_read() {
        let o =
            ReadOptions::parse("skip=1&header=no&class=2&drop=1&drop=id&shape=2x3").unwrap().csv;
        assert_eq!(o.skip_lines, 1);
        assert_eq!(o.header, Header::No);
        assert_eq!(o.class, Some(Column::Number(2)));
        assert_eq!(o.drop, [Column::Number(1), Column::Name("id".into())]);
        assert_eq!(o.shape, Some(Shape::Image { channels: 1, height: 2, width: 3 }));
        let o = ReadOptions::parse(
            "format=csv&missing=NA,-&comment=//&strip=%,$&thousands=point&decimal=comma",
        );
        let o = o.unwrap();
        assert_eq!(o.format, Some(Format::Csv));
        assert_eq!(o.csv.missing, Missing::These(vec!["NA".into(), "-".into()]));
        assert_eq!(o.csv.comments, Comments::Marked("//".into()));
        assert_eq!((o.csv.strip.len(), o.csv.thousands), (2, Some('.')));
    }

    #[test]
    fn wrong_options_are_named() {
        for bad in [
            "colour=red",
            "shade=red",
            "size=0x3",
            "size=2000",
            "axes=space",
            "channels=2",
            "coarse=1",
            "skip=x",
            "header=perhaps",
            "shape=0x3",
            "class",
            "class=",
            "decimal=dot",
            "frame=0",
            "format=arff",
            "delimiter=x",
            "thousands=point",
            "thousands=comma&decimal=comma",
            "incomplete=fill",
        ] {
            let told = ReadOptions::parse(bad).unwrap_err();
            assert!(told.contains("option") || told.contains("told apart"), "{bad}: {told}");
        }
    }

    #[test]
    fn options_that_are_not_used_are_refused() {
        let options = ReadOptions::parse("seed=2&class=3").unwrap();
        assert!(options.allow("x.ts", "time series", &["seed", "class"]).is_ok());
        let told = options.allow("x.ts", "time series", &["seed"]).unwrap_err().to_string();
        assert!(told.contains("option class is not used for time series"), "{told}");
    }
}
