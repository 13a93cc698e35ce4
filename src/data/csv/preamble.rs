//! Lines around a table that are no part of it: titles, comments, Excel's `sep=`.

use super::delimiter::reader;
use super::options::Comments;
use crate::guess::Guess;
use std::borrow::Cow;

/// The text of a table alone.
pub(super) struct Body<'a> {
    /// Lines that are left out are empty ones here, so that numbers of lines stay those of the file.
    pub text: Cow<'a, str>,
    /// What the file says of itself.
    pub delimiter: Option<u8>,
    pub guesses: Vec<Guess>,
}

/// Leaves out the first `skip` lines, a line `sep=;` after them, and comments.
///
/// # Errors
/// When there are fewer lines than are to be skipped.
pub(super) fn strip<'a>(
    text: &'a str,
    skip: usize,
    comments: &Comments,
    delimiter: Option<u8>,
) -> Result<Body<'a>, String> {
    let mut out = Vec::new();
    let lines = text.split_inclusive('\n').count();
    if skip > 0 && lines < skip {
        return Err(format!("{skip} lines to skip but only {lines} are there"));
    }
    let mut at = skip;
    out.extend(0..skip);
    let mut body = Body { text: Cow::Borrowed(text), delimiter: None, guesses: Vec::new() };
    let line = |number: usize| text.split_inclusive('\n').nth(number).map(str::trim);
    if let Some(found) = line(at).and_then(separator) {
        body.delimiter = Some(found);
        out.push(at);
        at += 1;
    }
    match comments {
        Comments::None => {}
        Comments::Marked(mark) => {
            let marked = text.split_inclusive('\n').enumerate().skip(at);
            out.extend(marked.filter(|(_, l)| l.trim_start().starts_with(mark)).map(|(n, _)| n));
        }
        Comments::Detect => {
            let marked = text.split_inclusive('\n').skip(at).take_while(|l| l.starts_with('#'));
            let marked = marked.count();
            let header = marked > 0
                && is_header(
                    line(at + marked - 1),
                    line(at + marked),
                    delimiter.or(body.delimiter),
                );
            let left = marked - usize::from(header);
            out.extend(at..at + left);
            if left > 0 {
                let which = match left {
                    1 => format!("line {} begins with # and is left out as a comment", at + 1),
                    _ => format!(
                        "lines {} to {} begin with # and are left out as comments",
                        at + 1,
                        at + left
                    ),
                };
                body.guesses.push(Guess::new(which, "comment=none"));
            }
        }
    }
    if !out.is_empty() {
        body.text = Cow::Owned(without(text, &out));
    }
    Ok(body)
}

/// The delimiter in a line `sep=;`.
fn separator(line: &str) -> Option<u8> {
    let line = line.trim_matches('"');
    let (key, value) = line.split_at_checked(4)?;
    let known = matches!(value, "," | ";" | "|" | "\t");
    (key.eq_ignore_ascii_case("sep=") && known).then(|| value.as_bytes()[0])
}

/// Whether a line that begins with `#` has the columns of the line below it.
fn is_header(line: Option<&str>, below: Option<&str>, delimiter: Option<u8>) -> bool {
    let (Some(line), Some(below)) = (line, below) else { return false };
    let delimiter = delimiter.unwrap_or_else(|| super::delimiter::detect(below));
    let columns = |text: &str| {
        let mut record = csv::StringRecord::new();
        let text = super::delimiter::prepared(text, delimiter);
        reader(&text, delimiter).read_record(&mut record).map_or(0, |_| record.len())
    };
    columns(line) == columns(below) && columns(line) > 1
}

/// The text with some lines, in order, emptied.
fn without(text: &str, lines: &[usize]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut left = lines.iter().peekable();
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if left.next_if(|l| **l == number).is_some() {
            out.push('\n');
        } else {
            out.push_str(line);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_no_rows_are_left_out() {
        let of = |text: &'static str, skip, comments: Comments| {
            let body = strip(text, skip, &comments, None).unwrap();
            (body.text.into_owned(), body.delimiter, body.guesses.len())
        };
        assert_eq!(of("sep=;\na,b\n", 0, Comments::Detect), ("\na,b\n".into(), Some(b';'), 0));
        assert_eq!(
            of("title\n# made by hand\na,b\n1,2\n", 1, Comments::Detect),
            ("\n\na,b\n1,2\n".into(), None, 1)
        );
        assert_eq!(
            of("# one\n#a,b\n1,2\n", 0, Comments::Detect),
            ("\n#a,b\n1,2\n".into(), None, 1)
        );
        assert_eq!(of("#a,b\n1,2\n", 0, Comments::Detect), ("#a,b\n1,2\n".into(), None, 0));
        assert_eq!(of("#x\n1,2\n", 0, Comments::None).0, "#x\n1,2\n");
        assert_eq!(of("1,2\n// no\n3,4\n", 0, Comments::Marked("//".into())).0, "1,2\n\n3,4\n");
        assert!(strip("a\nb\n", 9, &Comments::Detect, None).is_err());
    }
}
