//! Lines around a table that are no part of it: titles, comments, Excel's `sep=`.

use super::delimiter::reader;
use super::in_place::emptied;
use super::options::Comments;
use crate::guess::Guess;

/// The text of a table alone.
pub(super) struct Body {
    /// Lines that are left out are empty ones here, so that numbers of lines stay those of the file.
    pub text: String,
    /// What the file says of itself.
    pub delimiter: Option<u8>,
    pub guesses: Vec<Guess>,
}

/// Leaves out the first `skip` lines, a line `sep=;` after them, and comments.
///
/// # Errors
/// When there are fewer lines than are to be skipped.
pub(super) fn strip(
    text: String,
    skip: usize,
    comments: &Comments,
    delimiter: Option<u8>,
) -> Result<Body, String> {
    let lines = text.split_inclusive('\n').count();
    if skip > 0 && lines < skip {
        return Err(format!("{skip} lines to skip but only {lines} are there"));
    }
    // Lines from the beginning that are left out.
    let mut at = skip;
    let mut guesses = Vec::new();
    let line = |number: usize| text.split_inclusive('\n').nth(number).map(str::trim);
    let said = line(at).and_then(separator);
    at += usize::from(said.is_some());
    let mark = match comments {
        Comments::None => None,
        Comments::Marked(mark) => Some(mark),
        Comments::Detect => {
            let marked = text.split_inclusive('\n').skip(at).take_while(|l| l.starts_with('#'));
            let marked = marked.count();
            let header = marked > 0
                && is_header(line(at + marked - 1), line(at + marked), delimiter.or(said));
            let left = marked - usize::from(header);
            if left > 0 {
                let which = match left {
                    1 => format!("line {} begins with # and is left out as a comment", at + 1),
                    _ => format!(
                        "lines {} to {} begin with # and are left out as comments",
                        at + 1,
                        at + left
                    ),
                };
                guesses.push(Guess::new(which, "comment=none"));
            }
            at += left;
            None
        }
    };
    let is_out =
        |number, line: &str| number < at || mark.is_some_and(|m| line.trim_start().starts_with(m));
    let any = at > 0 || mark.is_some_and(|mark| text.contains(mark.as_str()));
    let text = if any { emptied(text, is_out) } else { text };
    Ok(Body { text, delimiter: said, guesses })
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
        let text = super::delimiter::prepared(text.to_owned(), delimiter);
        reader(&text, delimiter).read_record(&mut record).map_or(0, |_| record.len())
    };
    columns(line) == columns(below) && columns(line) > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_no_rows_are_left_out() {
        let of = |text: &'static str, skip, comments: Comments| {
            let body = strip(text.to_owned(), skip, &comments, None).unwrap();
            (body.text, body.delimiter, body.guesses.len())
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
        assert!(strip("a\nb\n".to_owned(), 9, &Comments::Detect, None).is_err());
    }
}
