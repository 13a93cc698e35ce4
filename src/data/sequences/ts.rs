//! The text format of sktime and aeon for time series: `@` lines, then one series a line, channels
//! separated by `:`, values by `,`, the class last.

use super::super::dataset::Dataset;
use super::super::error::DataError;
use super::super::source::Source;
use super::super::split::shuffled_test_part;
use super::series::{About, Series, dataset};
use crate::format::{excerpt, path as shown};
use std::path::{Path, PathBuf};

/// Largest text that is read, bytes.
const MAX_TEXT_BYTES: u64 = 1 << 28;
/// Most steps of a series.
const MAX_STEPS: usize = 65_535;
/// Most channels.
const MAX_CHANNELS: usize = 4096;
/// Most classes.
const MAX_CLASSES: usize = 1000;

/// What the `@` lines say.
#[derive(Clone, Debug, Default, PartialEq)]
struct Header {
    classes: Vec<String>,
}

/// A file, read.
struct File {
    header: Header,
    channels: usize,
    series: Series,
}

/// Whether a path is named like a file of this format.
pub(in crate::data) fn is_ts(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    name.ends_with(".ts") || name.ends_with(".ts.gz")
}

/// Opens `NAME_TRAIN.ts` with `NAME_TEST.ts` beside it, by either of them; any other file is split
/// 4:1, the same way every time.
pub(in crate::data) fn open(
    path: &Path,
    name: &str,
    origin: &str,
    seed: u64,
) -> Result<Dataset, DataError> {
    let text = path.to_string_lossy();
    let pair = [("_TRAIN.ts", "_TEST.ts"), ("_TEST.ts", "_TRAIN.ts")]
        .into_iter()
        .find(|(own, _)| text.ends_with(own))
        .map(|(own, other)| PathBuf::from(format!("{}{other}", text.trim_end_matches(own))))
        .filter(|other| other.is_file());
    let Some(other) = pair else {
        let file = read(path)?;
        let (train, test) = halves(&file.series, seed);
        let path = shown(path);
        let about = About { name, source: origin, path: &path, classes: file.header.classes };
        return dataset(about, file.channels, &train, &test);
    };
    let own_trains = text.ends_with("_TRAIN.ts");
    let (train, test) = if own_trains { (path, &*other) } else { (&*other, path) };
    let (train, test) = (read(train)?, read(test)?);
    if (train.channels, &train.header) != (test.channels, &test.header) {
        return Err(DataError::Layout {
            path: shown(path),
            reason: format!(
                "{} channels and {} classes to train on, {} and {} to test on; both parts need the same",
                train.channels,
                train.header.classes.len(),
                test.channels,
                test.header.classes.len()
            ),
        });
    }
    let name = name.trim_end_matches("_TRAIN").trim_end_matches("_TEST");
    let path = shown(path);
    let about = About { name, source: origin, path: &path, classes: train.header.classes };
    dataset(about, train.channels, &train.series, &test.series)
}

/// Training and test part of one file.
fn halves(all: &Series, seed: u64) -> (Series, Series) {
    let mut parts = (Series::default(), Series::default());
    for (sample, tests) in shuffled_test_part(&all.labels, seed) {
        let part = if tests { &mut parts.1 } else { &mut parts.0 };
        if let (Some(values), Some(label)) = (all.values.get(sample), all.labels.get(sample)) {
            part.push(values.clone(), *label);
        }
    }
    parts
}

fn read(path: &Path) -> Result<File, DataError> {
    let mut source = Source::open(path)?;
    let bytes = source.read_all(MAX_TEXT_BYTES)?;
    parse(&source.path, &bytes)
}

fn parse(path: &str, bytes: &[u8]) -> Result<File, DataError> {
    let fail = |line: usize, reason: String| DataError::Csv {
        path: path.to_owned(),
        line: line as u64,
        column: 0,
        reason,
    };
    let mut header = Header::default();
    let (mut in_data, mut channels, mut series) = (false, 0, Series::default());
    for (at, line) in bytes.split(|b| *b == b'\n').enumerate() {
        let at = at + 1;
        let line = String::from_utf8_lossy(line);
        let line = line.trim_start_matches('\u{feff}').trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if in_data {
            let (values, width, label) =
                row(line, &header.classes).map_err(|reason| fail(at, reason))?;
            if channels != 0 && channels != width {
                return Err(fail(
                    at,
                    format!(
                        "{width} channels where the first series has {channels}; every series needs the same number"
                    ),
                ));
            }
            channels = width;
            series.push(values, label);
        } else if line.eq_ignore_ascii_case("@data") {
            if header.classes.len() < 2 {
                return Err(fail(
                    at,
                    "no @classLabel line with at least 2 classes before @data".into(),
                ));
            }
            in_data = true;
        } else {
            header.line(line).map_err(|reason| fail(at, reason))?;
        }
    }
    if series.len() == 0 {
        let reason = if in_data { "no series after @data" } else { "no @data line" };
        return Err(fail(0, format!("{reason}; is this a .ts file of sktime or aeon?")));
    }
    Ok(File { header, channels, series })
}

impl Header {
    fn line(&mut self, line: &str) -> Result<(), String> {
        let mut words = line.split_whitespace();
        let key = words.next().unwrap_or_default().to_ascii_lowercase();
        if !key.starts_with('@') {
            return Err(format!("{}: lines before @data start with @ or #", excerpt(line)));
        }
        let value = words.next().unwrap_or_default().to_ascii_lowercase();
        match (key.as_str(), value.as_str()) {
            ("@timestamps", "true") => {
                Err("series with time stamps; only evenly sampled series are read".into())
            }
            ("@missing", "true") => Err("series with missing values; fill them in first".into()),
            ("@targetlabel", "true") => {
                Err("series with numbers to predict; only classes are read".into())
            }
            ("@classlabel", "true") => {
                self.classes = words.map(excerpt).collect();
                let found = self.classes.len();
                let mut seen = std::collections::HashSet::new();
                if !(2..=MAX_CLASSES).contains(&found) {
                    return Err(format!("{found} classes; 2 to {MAX_CLASSES} are possible"));
                }
                match self.classes.iter().find(|c| !seen.insert(c.as_str())) {
                    Some(twice) => Err(format!("class {twice} is named twice")),
                    None => Ok(()),
                }
            }
            ("@classlabel", _) => {
                Err("no classes; @classLabel true and their names are needed".into())
            }
            _ => Ok(()),
        }
    }
}

/// One series: its values `[steps][channels]`, its channels and its class.
fn row(line: &str, classes: &[String]) -> Result<(Vec<f32>, usize, u16), String> {
    let (body, label) =
        line.rsplit_once(':').ok_or("no : before the class; is the line cut off?".to_owned())?;
    let label = excerpt(label.trim());
    let class = classes.iter().position(|c| *c == label).ok_or_else(|| {
        format!("class {label} is not among those of @classLabel ({})", excerpt(&classes.join(" ")))
    })?;
    let mut channels: Vec<Vec<f32>> = Vec::new();
    for (index, text) in body.split(':').enumerate() {
        if index == MAX_CHANNELS {
            return Err(format!("more than {MAX_CHANNELS} channels"));
        }
        let mut values = Vec::new();
        for (step, cell) in text.split(',').enumerate() {
            let place = || format!("channel {}, value {}", index + 1, step + 1);
            if step == MAX_STEPS {
                return Err(format!("channel {} has more than {MAX_STEPS} values", index + 1));
            }
            let cell = cell.trim();
            let value: f32 = cell.parse().map_err(|_| match cell {
                "?" => format!("{} is missing; fill missing values in first", place()),
                _ => format!("{} is {}, which is no number", place(), excerpt(cell)),
            })?;
            if !value.is_finite() {
                return Err(format!("{} is {}, which is not finite", place(), excerpt(cell)));
            }
            values.push(value);
        }
        if let Some(first) = channels.first()
            && first.len() != values.len()
        {
            return Err(format!(
                "channel {} has {} values where the first has {}; channels of a series need the same number",
                index + 1,
                values.len(),
                first.len()
            ));
        }
        channels.push(values);
    }
    let steps = channels.first().map_or(0, Vec::len);
    let at = |step: usize| channels.iter().filter_map(move |c| c.get(step).copied());
    let values = (0..steps).flat_map(at).collect();
    Ok((values, channels.len(), class as u16))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "# a comment\n@problemName X\n@timeStamps false\n@missing false\n@univariate false\n@classLabel true a b\n@data\n";

    fn parsed(body: &str) -> Result<File, String> {
        parse("x.ts", format!("{HEAD}{body}").as_bytes()).map_err(|e| e.to_string())
    }

    #[test]
    fn channels_come_step_by_step() {
        let file = parsed("1,2,3:4,5,6:a\r\n\n7:8:b\n").expect("reads");
        assert_eq!(file.channels, 2);
        assert_eq!(file.series.values, [vec![1.0, 4.0, 2.0, 5.0, 3.0, 6.0], vec![7.0, 8.0]]);
        assert_eq!(file.series.labels, [0, 1]);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (body, expected) in [
            ("1,2:c\n", "x.ts, line 8: class c is not among those of @classLabel (a b)"),
            ("1,2:a\n1,x:b\n", "x.ts, line 9: channel 1, value 2 is x, which is no number"),
            (
                "1,?:a\n",
                "x.ts, line 8: channel 1, value 2 is missing; fill missing values in first",
            ),
            ("1,inf:a\n", "x.ts, line 8: channel 1, value 2 is inf, which is not finite"),
            ("1,1e99:a\n", "x.ts, line 8: channel 1, value 2 is 1e99, which is not finite"),
            (
                "1,2:3:a\n",
                "x.ts, line 8: channel 2 has 1 values where the first has 2; channels of a series need the same number",
            ),
            (
                "1:a\n1:2:a\n",
                "x.ts, line 9: 2 channels where the first series has 1; every series needs the same number",
            ),
            ("1,2,3\n", "x.ts, line 8: no : before the class; is the line cut off?"),
            ("", "x.ts: no series after @data; is this a .ts file of sktime or aeon?"),
        ] {
            assert_eq!(parsed(body).err().as_deref(), Some(expected));
        }
        for (text, expected) in [
            ("1,2:a", "line 1: 1,2:a: lines before @data start with @ or #"),
            ("@data\n1:a", "line 1: no @classLabel line"),
            ("@timeStamps true\n", "line 1: series with time stamps"),
            ("@classLabel true a a\n", "line 1: class a is named twice"),
            ("@classLabel false\n", "line 1: no classes"),
            ("@missing true\n", "line 1: series with missing values"),
            ("", "no @data line"),
            ("\u{0}\u{1}\u{ff}", "line 1:"),
        ] {
            let found = parse("x.ts", text.as_bytes()).err().map(|e| e.to_string());
            assert!(found.as_deref().is_some_and(|f| f.contains(expected)), "{found:?}");
        }
        // Bytes that are no text at all.
        assert!(parse("x.ts", &[0xff, 0xfe, 0x0a, 0x80]).is_err());
    }

    #[test]
    fn a_pair_is_padded_at_the_front() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, body: &str| {
            std::fs::write(folder.path().join(name), format!("{HEAD}{body}")).expect("written");
        };
        write("X_TRAIN.ts", "1,2:3,4:a\n5:6:b\n");
        write("X_TEST.ts", "1,2,3:4,5,6:b\n");
        for name in ["X_TRAIN.ts", "X_TEST.ts"] {
            let found = open(&folder.path().join(name), "X_TRAIN", "o", 1).expect("opens");
            assert_eq!(found.name(), "X");
            assert_eq!(found.shape(), crate::data::Shape::Sequence { steps: 3, channels: 2 });
            assert_eq!(found.train().lengths, [2, 1]);
            assert!(found.test().lengths.is_empty());
            let padded = [0.0, 0.0, 1.0, 3.0, 2.0, 4.0, 0.0, 0.0, 0.0, 0.0, 5.0, 6.0];
            assert_eq!(found.train().inputs, padded);
        }
        // A huge sequence beside many small ones is no reason to take all memory.
        let long = vec!["0"; 60_000].join(",");
        let many = "0:0:a\n".repeat(3000);
        write("Y_TRAIN.ts", &many);
        write("Y_TEST.ts", &format!("{long}:{long}:b\n"));
        let refused = open(&folder.path().join("Y_TRAIN.ts"), "Y", "o", 1).unwrap_err().to_string();
        assert!(refused.contains("at most"), "{refused}");
        let missing = open(&folder.path().join("Z_TRAIN.ts"), "Z", "o", 1).unwrap_err();
        assert!(missing.to_string().contains("cannot open"));
    }

    #[test]
    fn one_file_alone_is_split_the_same_way_every_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("alone.ts");
        let body: String = (0..20).map(|i| format!("{i},{i}:{}\n", ["a", "b"][i % 2])).collect();
        let text = format!("{HEAD}{body}").replace("@univariate false", "@univariate true");
        std::fs::write(&path, text).expect("written");
        let first = open(&path, "alone", "o", 1).expect("opens");
        assert_eq!((first.train().len(), first.test().len()), (16, 4));
        assert_eq!(open(&path, "alone", "o", 1).expect("opens"), first);
    }
}
