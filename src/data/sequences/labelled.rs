//! Lines of a sentence and a class with a tab between them, or tables of these two columns.

use super::super::csv::{Column, CsvOptions, Header};
use super::super::decode::decode;
use super::super::error::DataError;
use super::super::guess::Guess;
use format::excerpt;
use std::collections::HashMap;

/// Longest class, bytes.
const MAX_CLASS_BYTES: usize = 40;
/// Lines from whose look the format is told.
const SAMPLE_LINES: usize = 64;
/// Lines from which on a class that only the first one has is suspicious.
const ENOUGH_LINES: usize = 5;
/// Words that stand above classes rather than being one.
const HEADINGS: [&str; 10] = [
    "label",
    "class",
    "target",
    "sentiment",
    "category",
    "score",
    "rating",
    "polarity",
    "y",
    "labels",
];

/// A sentence with its class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Labelled {
    pub text: String,
    pub class: String,
    /// Line in the file, from 1.
    pub line: u64,
}

/// The side of the tab on which the class is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    First,
    Last,
}

/// What stands between a sentence and its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Tab,
    /// A comma or semicolon, with quotes around what has one in it.
    Delimiter(u8),
}

/// Whether bytes look like the beginning of labelled sentences: lines or rows of two parts, words on one
/// side and a single word on the other.
pub(crate) fn is_labelled_text(start: &[u8]) -> bool {
    let text = match start {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        _ => String::from_utf8_lossy(start).into_owned(),
    };
    let whole = text.rfind('\n').map_or(text.as_str(), |end| &text[..end]);
    look(whole.trim_start_matches('\u{feff}')).is_some()
}

fn wide(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|p| unit(*p)).collect();
    String::from_utf16_lossy(&units)
}

/// Where the class is, and behind or before what; `None` where the text does not look like labelled
/// sentences.
fn look(text: &str) -> Option<(Mark, Side)> {
    let lines: Vec<&str> =
        text.lines().filter(|l| !l.trim().is_empty()).take(SAMPLE_LINES).collect();
    let pairs = lines.iter().filter(|l| l.matches('\t').count() == 1);
    let pairs: Vec<(&str, &str)> =
        pairs.filter_map(|l| l.trim_end_matches('\r').split_once('\t')).collect();
    if !pairs.is_empty() && pairs.len() * 10 >= lines.len() * 9 {
        return side(&pairs, is_sentence).map(|side| (Mark::Tab, side));
    }
    [b',', b';'].into_iter().find_map(|delimiter| {
        let rows: Vec<csv::StringRecord> =
            table(text, delimiter).into_records().take(SAMPLE_LINES).flatten().collect();
        let pairs = rows.iter().filter(|row| row.len() == 2);
        let pairs: Vec<(&str, &str)> = pairs.filter_map(|r| Some((r.get(0)?, r.get(1)?))).collect();
        // Names and the like beside a number are no sentences with classes.
        let is_long = |text: &str| is_sentence(text) && text.split_whitespace().count() > 2;
        let side =
            side(&pairs, is_long).filter(|_| pairs.len() == rows.len() && pairs.len() > 1)?;
        let class =
            |pair: &(&str, &str)| if side == Side::Last { pair.1 } else { pair.0 }.to_owned();
        let classes: std::collections::HashSet<String> = pairs.iter().map(class).collect();
        (classes.len() * 2 <= pairs.len() + 2).then_some((Mark::Delimiter(delimiter), side))
    })
}

fn table(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    let mut builder = csv::ReaderBuilder::new();
    builder.has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes())
}

/// The side of pairs on which single words are where the other has sentences.
fn side(pairs: &[(&str, &str)], is_sentence: impl Fn(&str) -> bool) -> Option<Side> {
    let share = |is: &dyn Fn(&(&str, &str)) -> bool| {
        pairs.iter().filter(|p| is(p)).count() as f64 / pairs.len() as f64
    };
    if share(&|p| is_sentence(p.0)) >= 0.5 && share(&|p| is_class(p.1)) >= 0.8 {
        Some(Side::Last)
    } else if share(&|p| is_sentence(p.1)) >= 0.5 && share(&|p| is_class(p.0)) >= 0.8 {
        Some(Side::First)
    } else {
        None
    }
}

/// Two words with letters (`5 kg` is none), or a few letters of a script without spaces.
fn is_sentence(text: &str) -> bool {
    let words = text.split_whitespace().filter(|w| w.chars().any(char::is_alphabetic)).count();
    words > 1 || text.chars().filter(|c| super::words::stands_alone(*c)).count() > 3
}

fn is_class(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && text.len() <= MAX_CLASS_BYTES && text.split_whitespace().count() == 1
}

/// The lines of a file as sentences without a class, after the first `skip`.
///
/// # Errors
/// When it is no text, or an empty one.
pub(super) fn unlabelled(
    path: &str,
    bytes: Vec<u8>,
    skip: usize,
) -> Result<(Vec<Labelled>, Vec<Guess>), DataError> {
    let decoded = decode(path, bytes)?;
    let lines = decoded.text.lines().zip(1..).skip(skip);
    let lines = lines.filter(|(line, _)| !line.trim().is_empty());
    let sentence =
        |(text, line): (&str, u64)| Labelled { text: text.to_owned(), class: String::new(), line };
    let found: Vec<Labelled> = lines.map(sentence).collect();
    if found.is_empty() {
        return Err(DataError::Layout { path: path.to_owned(), reason: "no sentences".into() });
    }
    Ok((found, decoded.guesses))
}

/// The sentences of a file.
///
/// # Errors
/// The first line that is wrong.
pub(super) fn parse(
    path: &str,
    bytes: Vec<u8>,
    options: &CsvOptions,
) -> Result<(Vec<Labelled>, Vec<Guess>), DataError> {
    let decoded = decode(path, bytes)?;
    let fail = |line: u64, reason: String| DataError::Csv {
        path: path.to_owned(),
        line,
        column: 0,
        reason,
    };
    let mut guesses = decoded.guesses;
    let (mark, seen) = look(&decoded.text).unwrap_or((Mark::Tab, Side::Last));
    let mark = match options.delimiter {
        Some(b'\t') => Mark::Tab,
        Some(delimiter) => Mark::Delimiter(delimiter),
        None => mark,
    };
    let between = match mark {
        Mark::Tab => "a tab",
        Mark::Delimiter(b',') => "a comma",
        Mark::Delimiter(_) => "a delimiter",
    };
    let side = match &options.class {
        None => {
            let (text, option) = match seen {
                Side::Last => (format!("a sentence, {between} and its class"), "class=first"),
                Side::First => (format!("a class, {between} and its sentence"), "class=last"),
            };
            let text = format!("lines are read as {text}");
            guesses.push(Guess::new(text, &format!("{option}, or ?format=csv")));
            seen
        }
        Some(Column::Number(1)) => Side::First,
        Some(Column::Number(2)) => Side::Last,
        Some(Column::Name(name)) if name == "first" => Side::First,
        Some(Column::Name(name)) if name == "last" => Side::Last,
        Some(other) => {
            let reason = format!(
                "no column {}; the class of a sentence is first or last",
                excerpt(&other.to_string())
            );
            return Err(fail(0, reason));
        }
    };
    let skip = options.skip_lines;
    let pairs = match mark {
        Mark::Tab => by_tabs(&decoded.text, side, skip),
        // Lines are counted by their last character.
        Mark::Delimiter(delimiter) => {
            by_rows(&decoded.text.replace("\r\n", "\n"), delimiter, side, skip)
        }
    };
    let mut found = pairs.map_err(|(line, reason)| fail(line, reason))?;
    for Labelled { class, line, .. } in &mut found {
        *class = class.trim().to_owned();
        if class.is_empty() || class.len() > MAX_CLASS_BYTES || class.contains(char::is_control) {
            let place = match (side, mark) {
                (Side::Last, Mark::Tab) => "behind the last tab",
                (Side::First, Mark::Tab) => "before the first tab",
                (Side::Last, _) => "in the last column",
                (Side::First, _) => "in the first column",
            };
            return Err(fail(
                *line,
                format!(
                    "class {}; 1 to {MAX_CLASS_BYTES} bytes {place} are needed",
                    excerpt(class)
                ),
            ));
        }
    }
    let (has_header, guess) =
        header(&found, options.header).map_err(|(line, reason)| fail(line, reason))?;
    guesses.extend(guess);
    if has_header {
        found.remove(0);
    }
    if found.is_empty() {
        return Err(DataError::Layout { path: path.to_owned(), reason: "no sentences".into() });
    }
    Ok((found, guesses))
}

/// Sentences and classes as they are written, or the line that is wrong and why.
type Pairs = Result<Vec<Labelled>, (u64, String)>;

fn by_tabs(text: &str, side: Side, skip: usize) -> Pairs {
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate().skip(skip) {
        let number = at as u64 + 1;
        if line.trim().is_empty() {
            continue;
        }
        let (text, class) = match side {
            Side::Last => {
                line.rsplit_once('\t').ok_or((number, "no tab before the class".into()))?
            }
            Side::First => {
                let parts = line.split_once('\t').map(|(class, text)| (text, class));
                parts.ok_or((number, "no tab behind the class".to_owned()))?
            }
        };
        found.push(Labelled { text: text.to_owned(), class: class.to_owned(), line: number });
    }
    Ok(found)
}

fn by_rows(text: &str, delimiter: u8, side: Side, skip: usize) -> Pairs {
    let mut found = Vec::new();
    for row in table(text, delimiter).into_records() {
        let row = row.map_err(|e| (e.position().map_or(0, csv::Position::line), e.to_string()))?;
        let line = row.position().map_or(0, csv::Position::line);
        if line <= skip as u64 || row.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let (Some(first), Some(last), 2) = (row.get(0), row.get(1), row.len()) else {
            let reason = "2 are needed, a sentence and its class (in quotes where a sentence has a delimiter in it)";
            return Err((line, format!("{} columns; {reason}", row.len())));
        };
        let (text, class) = if side == Side::Last { (first, last) } else { (last, first) };
        found.push(Labelled { text: text.to_owned(), class: class.to_owned(), line });
    }
    Ok(found)
}

/// Whether the first line is a header.
fn header(found: &[Labelled], asked: Header) -> Result<(bool, Option<Guess>), (u64, String)> {
    let Some((first, rest)) = found.split_first() else { return Ok((false, None)) };
    match asked {
        Header::Yes => return Ok((true, None)),
        Header::No => return Ok((false, None)),
        Header::Detect => {}
    }
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for line in rest {
        *counts.entry(&line.class).or_default() += 1;
    }
    if counts.contains_key(first.class.as_str()) {
        return Ok((false, None));
    }
    if !rest.is_empty() && HEADINGS.contains(&first.class.to_lowercase().as_str()) {
        let text =
            format!("line {} is a header: its class is {}", first.line, excerpt(&first.class));
        return Ok((true, Some(Guess::new(text, "header=no"))));
    }
    if found.len() >= ENOUGH_LINES && counts.values().all(|n| *n > 1) {
        return Err((
            first.line,
            format!(
                "no other line has the class {}: a header, or a class with one sentence; say which with ?header=yes or ?header=no",
                excerpt(&first.class)
            ),
        ));
    }
    Ok((false, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labelled_sentences_are_recognised() {
        for text in [
            &b"Good case, Excellent value.\t1\nmore"[..],
            b"Great\t1\nnot so good\t0\nquite good\t1\nall bad\t0\n",
            b"ham\tGo until jurong point\nspam\tFree entry now\n",
            "这部电影很好看\t1\n不好看的电影\t0\n".as_bytes(),
            b"text,label\n\"Good, and cheap too\",1\nall of it bad,0\nnot so good,0\nnice and warm,1\n",
            b"1;a good day it was\n0;bad to the end\n1;\"so; good it is\"\n0;never again for me\n",
            b"\xff\xfea\0 \0b\0\t\x001\0\n\0",
        ] {
            assert!(is_labelled_text(text), "{text:?}");
        }
        for other in [
            &b"1.5\t2.5\t0\n"[..],
            b"a,b,c\n1,2,3",
            b"",
            b"2 \t1",
            b"1 234\t0\n2 345\t1\n",
            b"x\ty\n1\t2\n",
            b"John Smith,34\nAnn Lee Brown,29\nJoe Doe,31\n",
            b"no of rooms,price\n3,4\n5,6\n",
        ] {
            assert!(!is_labelled_text(other), "{other:?}");
        }
    }

    #[test]
    fn headers_and_sides_are_told_or_asked_for() {
        let of =
            |text: &str, options: &CsvOptions| parse("s.txt", text.as_bytes().to_vec(), options);
        let plain = CsvOptions::default();
        let body = "a b\t1\nc d\t0\ne f\t1\ng h\t0\n";
        let (found, guesses) = of(&format!("review text\tlabel\n{body}"), &plain).unwrap();
        assert_eq!((found.len(), found[0].line, found[0].class.as_str()), (4, 2, "1"));
        assert!(guesses.iter().any(|g| g.option == "?header=no"));
        let unsure = format!("review text\tstars\n{body}");
        let told = of(&unsure, &plain).unwrap_err().to_string();
        assert!(told.contains("line 1") && told.contains("?header=yes or ?header=no"), "{told}");
        let yes = CsvOptions { header: Header::Yes, ..plain.clone() };
        assert_eq!(of(&unsure, &yes).unwrap().0.len(), 4);
        let (found, _) = of(
            "ham\tsee you\tsoon\nspam\tbuy it now\n",
            &CsvOptions { class: Some(Column::Number(1)), ..plain.clone() },
        )
        .unwrap();
        assert_eq!((found[0].text.as_str(), found[1].class.as_str()), ("see you\tsoon", "spam"));
        let rows = "text,label\n\"good, and\ncheap too\",1\nall of it bad,0\nno good day,0\nwarm and nice,1\n";
        let (found, guesses) = of(rows, &plain).unwrap();
        assert_eq!(
            (found.len(), found[1].line, found[0].text.as_str()),
            (4, 4, "good, and\ncheap too")
        );
        assert!(guesses[0].text.contains("a sentence, a comma and its class"), "{guesses:?}");
        let wrong = of(
            &format!("{rows}one, two or three,1\n"),
            &CsvOptions { delimiter: Some(b','), ..plain.clone() },
        );
        assert!(wrong.unwrap_err().to_string().contains("line 7: 3 columns; 2 are needed"));
        assert!(of("caf\u{e9}", &plain).is_err());
        assert!(
            parse("s.txt", b"caf\xe9 au lait\t1\n".to_vec(), &plain)
                .unwrap_err()
                .to_string()
                .contains("line 1: not UTF-8")
        );
    }
}
