//! Bytes of a text file as UTF-8.

use super::error::DataError;
use super::foreign::foreign;
use super::guess::Guess;

/// Text of a file, one line for each that a person counts.
pub(super) struct Decoded {
    /// Without a byte order mark; lines end with `\n` or `\r\n`.
    pub text: String,
    pub guesses: Vec<Guess>,
}

/// The text in `bytes`: UTF-8, which takes no memory besides, or UTF-16 that begins with its byte order
/// mark. What a file of another kind is, is named.
///
/// # Errors
/// With the line of the first byte that is no UTF-8.
pub(super) fn decode(path: &str, mut bytes: Vec<u8>) -> Result<Decoded, DataError> {
    let fail = |line: u64, reason: String| DataError::Csv {
        path: path.to_owned(),
        line,
        column: 0,
        reason,
    };
    if let Some(what) = foreign(&bytes) {
        return Err(fail(0, format!("this is {what}; tables, .ts and IDX files are read")));
    }
    let mut guesses = Vec::new();
    let text = if let Some(units) = utf16(&bytes) {
        guesses.push(Guess::note("the text is UTF-16"));
        char::decode_utf16(units)
            .collect::<Result<String, _>>()
            .map_err(|_| fail(0, "broken UTF-16 text; save it as UTF-8".into()))?
    } else {
        if bytes.starts_with(b"\xef\xbb\xbf") {
            bytes.drain(..3);
        }
        // Old line ends, of lines that are not counted otherwise.
        if bytes.contains(&b'\r') && !bytes.contains(&b'\n') {
            bytes.iter_mut().filter(|b| **b == b'\r').for_each(|b| *b = b'\n');
        }
        String::from_utf8(bytes).map_err(|error| {
            let good = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
            if good.contains(&0) {
                return fail(0, NO_TEXT.into());
            }
            let line = good.iter().filter(|b| **b == b'\n').count() as u64 + 1;
            fail(line, "not UTF-8 text; save the file as UTF-8".into())
        })?
    };
    if text.contains('\0') {
        return Err(fail(0, NO_TEXT.into()));
    }
    // The same of UTF-16.
    let old_ends = text.contains('\r') && !text.contains('\n');
    let text = if old_ends { text.replace('\r', "\n") } else { text };
    Ok(Decoded { text, guesses })
}

const NO_TEXT: &str = "not a text file; CSV, .ts, IDX and gzip of them are read (UTF-16 text needs its byte order mark)";

/// The units behind a byte order mark of UTF-16.
fn utf16(bytes: &[u8]) -> Option<impl Iterator<Item = u16>> {
    let unit: fn([u8; 2]) -> u16 = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return None,
    };
    let (pairs, rest) = bytes.get(2..)?.as_chunks::<2>();
    // An odd byte at the end is a broken unit.
    let odd = (!rest.is_empty()).then_some(0xd800);
    Some(pairs.iter().map(move |p| unit(*p)).chain(odd))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> Result<String, String> {
        decode("f", bytes.to_vec()).map(|d| d.text).map_err(|e| e.to_string())
    }

    #[test]
    fn encodings_are_recognised_by_their_marks() {
        assert_eq!(text(b"\xef\xbb\xbfa\r\nb").unwrap(), "a\r\nb");
        assert_eq!(text(b"\xff\xfea\0\n\0\x2d\x4e").unwrap(), "a\n中");
        assert_eq!(text(b"\xfe\xff\0a\x4e\x2d").unwrap(), "a中");
        assert_eq!(text(b"a\rb\r").unwrap(), "a\nb\n");
        assert!(text(b"\xff\xfea").unwrap_err().contains("broken UTF-16"));
        assert!(text(b"a\0b\0").unwrap_err().contains("byte order mark"));
        assert_eq!(
            text(b"a\nb\ncaf\xe9\n").unwrap_err(),
            "f, line 3: not UTF-8 text; save the file as UTF-8"
        );
    }
}
