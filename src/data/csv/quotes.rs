//! Quotes in a table: each that opens a cell must close it.

/// The line of the first cell whose quotes are wrong, and what is wrong there.
///
/// A quote at the beginning of a cell opens it, a pair of quotes inside stands for one, and a single
/// one closes it: a delimiter, spaces or the end of the line must follow. A quote inside of a cell
/// that does not begin with one is a letter like others.
pub(super) fn check(text: &str, delimiter: u8) -> Result<(), (u64, String)> {
    let bytes = text.as_bytes();
    let (mut at, mut line, mut begins) = (0, 1, true);
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        if byte == b'\n' {
            line += 1;
        }
        if !(begins && byte == b'"') {
            begins = byte == delimiter || byte == b'\n' || byte == b'\r';
            continue;
        }
        let opened = line;
        loop {
            match (bytes.get(at), bytes.get(at + 1)) {
                (None, _) => {
                    let reason =
                        "a quote opens a cell here and is never closed; close or remove it";
                    return Err((opened, reason.to_owned()));
                }
                (Some(b'"'), Some(b'"')) => at += 2,
                (Some(b'"'), _) => break,
                (Some(b'\n'), _) => {
                    line += 1;
                    at += 1;
                }
                _ => at += 1,
            }
        }
        at += 1;
        while bytes.get(at) == Some(&b' ') && delimiter != b' ' {
            at += 1;
        }
        if !matches!(bytes.get(at), None | Some(b'\n' | b'\r')) && bytes.get(at) != Some(&delimiter)
        {
            let closed =
                if line == opened { String::new() } else { format!(" and closes on line {line}") };
            return Err((
                opened,
                format!(
                    "a quote opens a cell here{closed}, but more text follows it; is a quote missing or too many? (one inside a quoted cell is written twice)"
                ),
            ));
        }
        begins = false;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_that_do_not_close_are_found_with_their_line() {
        for good in [
            "a,\"b, c\"\n",
            "5\",6\"\n",
            "\"say \"\"hi\"\"\" ,2\r\n",
            "\"two\nlines\",3",
            "",
            "\"\"",
        ] {
            assert_eq!(check(good, b','), Ok(()), "{good:?}");
        }
        let line = |text| check(text, b',').unwrap_err().0;
        assert_eq!(line("1,2,a\n3,4,\"b\n5,6,c\n"), 2);
        assert_eq!(line("1,2,a\n3,4,\"b\n5,6,c\n7,8,\"d\n"), 2);
        assert_eq!(line("1,\"x\"y,a\n"), 1);
    }
}
