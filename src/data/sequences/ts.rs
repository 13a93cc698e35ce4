//! The text format of sktime and aeon for time series: `@` lines, then one series a line, channels
//! separated by `:`, values by `,`, the class last.

use super::super::dataset::Dataset;
use super::super::decode::decode;
use super::super::error::DataError;
use super::super::guess::Guess;
use super::super::parts::one_sided;
use super::super::source::Source;
use super::super::split::{shuffled_test_part, split_guess};
use super::series::{About, Series, dataset};
use super::ts_header::TsHeader;
use super::ts_row::row;
use format::{excerpt, path as shown};
use std::path::{Path, PathBuf};

/// Largest text that is read, bytes.
const MAX_TEXT_BYTES: u64 = 1 << 28;

/// A file, read.
struct File {
    classes: Vec<String>,
    channels: usize,
    series: Series,
    guesses: Vec<Guess>,
}

/// Whether a path is named like a file of this format.
pub(crate) fn is_ts(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    name.ends_with(".ts") || name.ends_with(".ts.gz")
}

/// Whether bytes begin as a file of this format does, whatever its name is.
pub(crate) fn begins_as_ts(start: &[u8]) -> bool {
    let text = String::from_utf8_lossy(start);
    let mut lines = text.lines().map(|l| l.trim_start_matches('\u{feff}').trim());
    let first = lines.find(|l| !l.is_empty() && !l.starts_with('#')).unwrap_or_default();
    let first = first.to_ascii_lowercase();
    ["@problemname", "@timestamps", "@univariate", "@classlabel"]
        .iter()
        .any(|k| first.starts_with(k))
}

/// Opens `NAME_TRAIN.ts` with `NAME_TEST.ts` beside it, by either of them; any other file is split
/// 4:1, the same way every time.
pub(crate) fn open(path: &Path, name: &str, origin: &str, seed: u64) -> Result<Dataset, DataError> {
    let text = path.to_string_lossy();
    let other = [("_TRAIN.ts", "_TEST.ts"), ("_TEST.ts", "_TRAIN.ts")]
        .into_iter()
        .find(|(own, _)| text.ends_with(own))
        .map(|(own, other)| PathBuf::from(format!("{}{other}", text.trim_end_matches(own))));
    let mut file = read(path, true)?;
    if file.classes.is_empty() {
        return unlabelled(path, name, origin, file);
    }
    let Some(other) = other.clone().filter(|other| other.is_file()) else {
        check_classes(path, &file.classes, &[&file.series])?;
        if let Some(other) = other {
            let other = shown(Path::new(other.file_name().unwrap_or_default()));
            file.guesses.push(Guess::note(format!("{other} is not beside it")));
        }
        file.guesses.extend(split_guess(&file.series.labels, &file.classes, seed));
        let (train, test) = halves(&file.series, seed);
        let path = shown(path);
        let about = About { name, source: origin, path: &path, classes: file.classes };
        return Ok(dataset(about, file.channels, &train, &test)?.with_guesses(file.guesses));
    };
    let own_trains = text.ends_with("_TRAIN.ts");
    let other = read(&other, true)?;
    let (train, mut test) = if own_trains { (file, other) } else { (other, file) };
    if train.channels != test.channels {
        return Err(DataError::Layout {
            path: shown(path),
            reason: format!(
                "series of {} channels to train on and of {} to test on; both parts need the same",
                train.channels, test.channels
            ),
        });
    }
    let mut guesses = train.guesses;
    guesses.extend(test.guesses);
    let classes = union(&train.classes, &test.classes, &mut test.series, &mut guesses);
    check_classes(path, &classes, &[&train.series, &test.series])?;
    guesses.extend(one_sided(&classes, &train.series.labels, &test.series.labels));
    let name = name.trim_end_matches("_TRAIN").trim_end_matches("_TEST");
    let path = shown(path);
    let about = About { name, source: origin, path: &path, classes };
    Ok(dataset(about, train.channels, &train.series, &test.series)?.with_guesses(guesses))
}

/// Opens the series of one file without their classes, where it has any.
pub(crate) fn open_unlabelled(path: &Path, name: &str, origin: &str) -> Result<Dataset, DataError> {
    unlabelled(path, name, origin, read(path, false)?)
}

fn unlabelled(path: &Path, name: &str, origin: &str, file: File) -> Result<Dataset, DataError> {
    let path = shown(path);
    let about = About { name, source: origin, path: &path, classes: Vec::new() };
    let made = dataset(about, file.channels, &Series::default(), &file.series)?;
    Ok(made.with_guesses(file.guesses))
}

/// The classes of both parts: those of the training part, then what the test part has beside them.
/// They are names: the labels of the test part are moved to where their names are.
fn union(
    train: &[String],
    test: &[String],
    series: &mut Series,
    guesses: &mut Vec<Guess>,
) -> Vec<String> {
    let mut all = train.to_vec();
    if train == test {
        return all;
    }
    let mut places = Vec::new();
    for class in test {
        let at = all.iter().position(|c| c == class).unwrap_or_else(|| {
            all.push(class.clone());
            all.len() - 1
        });
        places.push(at as u16);
    }
    for label in &mut series.labels {
        *label = places.get(usize::from(*label)).copied().unwrap_or(*label);
    }
    let same = all.len() == train.len() && all.len() == test.len();
    guesses.push(Guess::note(match same {
        true => {
            "both parts list the same classes in another order; they are matched by name".to_owned()
        }
        false => format!(
            "the parts list {} and {} classes, {} in all, matched by name",
            train.len(),
            test.len(),
            all.len()
        ),
    }));
    all
}

/// At least two classes must occur.
fn check_classes(path: &Path, classes: &[String], parts: &[&Series]) -> Result<(), DataError> {
    let labels = || parts.iter().flat_map(|p| &p.labels);
    let first = labels().next().copied().unwrap_or(0);
    if labels().any(|l| *l != first) {
        return Ok(());
    }
    let name = classes.get(usize::from(first)).map(|c| excerpt(c)).unwrap_or_default();
    Err(DataError::Layout {
        path: shown(path),
        reason: format!("all series have the class {name}; at least 2 classes must occur"),
    })
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

/// Reads a file; `classes`: with them, where it has any.
fn read(path: &Path, classes: bool) -> Result<File, DataError> {
    let mut source = Source::open(path)?;
    let bytes = source.read_all(MAX_TEXT_BYTES)?;
    parse(&source.path, bytes, classes)
}

fn parse(path: &str, bytes: Vec<u8>, classes: bool) -> Result<File, DataError> {
    let fail = |line: usize, reason: String| DataError::Csv {
        path: path.to_owned(),
        line: line as u64,
        column: 0,
        reason,
    };
    let decoded = decode(path, bytes)?;
    let mut guesses = decoded.guesses;
    let mut header = TsHeader::default();
    let (mut in_data, mut channels, mut series) = (false, 0, Series::default());
    let mut respelled = None;
    for (at, line) in decoded.text.split('\n').enumerate() {
        let at = at + 1;
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if in_data {
            let known = classes.then_some(header.classes.as_slice());
            let row = row(line, header.labelled, known).map_err(|reason| fail(at, reason))?;
            let told = header.dimensions.or(header.univariate.then_some(1));
            if let Some(told) = told.filter(|told| *told != row.channels) {
                let key = if header.dimensions.is_some() { "@dimensions" } else { "@univariate" };
                return Err(fail(
                    at,
                    format!(
                        "{} channels where {key} says {told}; correct one of them",
                        row.channels
                    ),
                ));
            }
            if channels != 0 && channels != row.channels {
                return Err(fail(
                    at,
                    format!(
                        "{} channels where the first series has {channels}; every series needs the same number",
                        row.channels
                    ),
                ));
            }
            channels = row.channels;
            respelled = respelled.or(row.respelled);
            series.push(row.values, row.class);
        } else if line.eq_ignore_ascii_case("@data") {
            if header.labelled && header.classes.len() < 2 {
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
    guesses.extend(respelled.map(|(written, class): (String, String)| {
        Guess::note(format!(
            "the class {} of a series is read as {}, the same number in @classLabel",
            excerpt(&written),
            excerpt(&class)
        ))
    }));
    let classes = if classes { header.classes } else { Vec::new() };
    Ok(File { classes, channels, series, guesses })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "# a comment\n@problemName X\n@timeStamps false\n@missing false\n@univariate false\n@classLabel true a b\n@data\n";

    fn parsed(body: &str) -> Result<File, String> {
        parse("x.ts", format!("{HEAD}{body}").into_bytes(), true).map_err(|e| e.to_string())
    }

    #[test]
    fn channels_come_step_by_step() {
        let file = parsed("1,2,3:4,5,6:a\r\n\n7:8:b\n").expect("reads");
        assert_eq!(file.channels, 2);
        assert_eq!(file.series.values, [vec![1.0, 4.0, 2.0, 5.0, 3.0, 6.0], vec![7.0, 8.0]]);
        assert_eq!(file.series.labels, [0, 1]);
    }

    #[test]
    fn series_without_classes_are_all_to_be_answered() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.ts");
        let shown = path.to_str().unwrap();
        for (head, body, option) in [
            (HEAD, "1,2:3,4:a\n5,6:7,8:?\n", "?class=none"),
            ("@univariate false\n@classLabel false\n@data\n", "1,2:3,4\n5,6:7,8\n", ""),
        ] {
            std::fs::write(&path, format!("{head}{body}")).unwrap();
            let data = crate::open(&format!("{shown}{option}"), None).unwrap();
            assert!(!data.has_classes() && data.train().is_empty(), "{option}");
            assert_eq!(data.test().inputs, [1.0, 3.0, 2.0, 4.0, 5.0, 7.0, 6.0, 8.0]);
        }
        std::fs::write(&path, format!("{HEAD}1:?\n")).unwrap();
        let told = crate::open(shown, None).unwrap_err().to_string();
        assert!(told.contains("class ? is not among"), "{told}");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (body, expected) in [
            ("1,2:c\n", "x.ts, line 8: class c is not among those of @classLabel (a, b)"),
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
            (
                "@classLabel perhaps\n",
                "line 1: @classLabel is true with the names of the classes, or false",
            ),
            ("@dimensions 0\n", "line 1: @dimensions 0: a whole number from 1 is needed"),
            ("@classLabel true \"a b\n", "a quote is never closed"),
            (
                "@dimensions 2\n@classLabel true a b\n@data\n1:a\n",
                "line 4: 1 channels where @dimensions says 2",
            ),
            (
                "@univariate true\n@classLabel true a b\n@data\n1:2:a\n",
                "line 4: 2 channels where @univariate says 1",
            ),
            ("@classLabel true a b\n@data\n1,2::a\n", "line 3: channel 2 is empty"),
            ("@classLabel true a b\n@data\n1,2,:a\n", "line 3: channel 1, value 3 is empty"),
            ("", "no @data line"),
            ("\u{0}\u{1}\u{ff}", "not a text file"),
        ] {
            let found = parse("x.ts", text.as_bytes().to_vec(), true).err().map(|e| e.to_string());
            assert!(found.as_deref().is_some_and(|f| f.contains(expected)), "{found:?}");
        }
        let spelled = "@missing true\n@classLabel true \"Standing still\" 2 'x y'\n@data\n1:Standing still\n2:\"Standing still\"\n3:2.0\n4:x y\n";
        let found = parse("x.ts", spelled.as_bytes().to_vec(), true).expect("reads");
        assert_eq!((found.classes.len(), found.series.labels), (3, vec![0, 0, 1, 2]));
        assert!(found.guesses[0].text.contains("class 2.0 of a series is read as 2"));
        // Bytes that are no text at all.
        assert!(parse("x.ts", vec![0xff, 0xfe, 0x0a, 0x80], true).is_err());
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
            assert_eq!(found.shape(), crate::Shape::Sequence { steps: 3, channels: 2 });
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
