//! Texts that become shorter in their own memory: tables may be as large as half of what there is.

/// The text with some lines emptied, in its own memory.
pub(super) fn emptied(text: String, is_out: impl Fn(usize, &str) -> bool) -> String {
    let mut bytes = text.into_bytes();
    let (mut from, mut to) = (0, 0);
    for number in 0.. {
        let Some(rest) = bytes.get(from..).filter(|rest| !rest.is_empty()) else { break };
        let length = rest.iter().position(|b| *b == b'\n').map_or(rest.len(), |at| at + 1);
        let line = std::str::from_utf8(&rest[..length]).unwrap_or_default();
        if is_out(number, line) {
            bytes[to] = b'\n';
            to += 1;
        } else {
            bytes.copy_within(from..from + length, to);
            to += length;
        }
        from += length;
    }
    bytes.truncate(to);
    whole(bytes)
}

/// Bytes that were text and of which whole characters were left out.
fn whole(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_default()
}

/// The text with `\n` in the place of `\r\n`, in its own memory.
pub(super) fn unix_lines(text: String) -> String {
    if !text.contains("\r\n") {
        return text;
    }
    let mut bytes = text.into_bytes();
    let mut to = 0;
    for from in 0..bytes.len() {
        if bytes[from] != b'\r' || bytes.get(from + 1) != Some(&b'\n') {
            bytes[to] = bytes[from];
            to += 1;
        }
    }
    bytes.truncate(to);
    whole(bytes)
}

/// The text with one space in the place of several, none at the ends of lines, and all as they are inside
/// of quotes; in its own memory.
pub(super) fn one_space(text: String) -> String {
    let mut bytes = text.into_bytes();
    let (mut to, mut quoted, mut space) = (0, false, false);
    for from in 0..bytes.len() {
        let byte = bytes[from];
        quoted ^= byte == b'"';
        if !quoted && (byte == b' ' || byte == b'\t') {
            space = true;
            continue;
        }
        let ends_line = byte == b'\n' || byte == b'\r';
        if space && !ends_line && to > 0 && bytes[to - 1] != b'\n' {
            bytes[to] = b' ';
            to += 1;
        }
        space = false;
        bytes[to] = byte;
        to += 1;
    }
    bytes.truncate(to);
    whole(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_goes_and_nothing_else() {
        let text = |text: &str| text.to_owned();
        assert_eq!(unix_lines(text("a\r\n\r\r\nb\r")), "a\n\r\nb\r");
        assert_eq!(one_space(text(" é  2 \n\" a\" \t b")), "é 2\n\" a\" b");
        assert_eq!(emptied(text("é\n1\nz"), |at, line| at == 0 || line == "z"), "\n1\n\n");
        assert_eq!(emptied(text("a\nb"), |_, _| false), "a\nb");
    }
}
