//! Telling what a file is that is none of ours, by its first bytes.

/// First bytes of formats that are often mistaken for data or a model, and what to say of them.
const MARKS: [(&[u8], &str); 14] = [
    (b"PK\x03\x04", "a ZIP archive or spreadsheet (.zip, .xlsx, .npz); export it as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old office file (.xls); export it as CSV"),
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"\x93NUMPY", "a NumPy array (.npy); export it as CSV"),
    (b"\x89HDF", "an HDF5 file (.h5)"),
    (b"PAR1", "a Parquet file; export it as CSV"),
    (b"ARROW1", "an Arrow file; export it as CSV"),
    (b"SQLite format 3", "an SQLite database; export it as CSV"),
    (b"\xfd7zXZ", "packed with xz; unpack it, or pack it with gzip"),
    (b"BZh", "packed with bzip2; unpack it, or pack it with gzip"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd; unpack it, or pack it with gzip"),
];

/// Bytes that are looked at.
const LOOKED_AT: usize = 4096;

/// What a file with these first bytes is, where it is neither a table nor a model: a web page in the
/// place of a download, a pointer of Git LFS, and the like. `None` where nothing is recognised.
pub fn foreign(start: &[u8]) -> Option<&'static str> {
    if let Some((_, what)) = MARKS.iter().find(|(mark, _)| start.starts_with(mark)) {
        return Some(what);
    }
    let text = String::from_utf8_lossy(start.get(..LOOKED_AT).unwrap_or(start));
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let lower = text.get(..text.len().min(200)).unwrap_or(text).to_ascii_lowercase();
    if lower.starts_with("version https://git-lfs.github.com/") {
        return Some("a pointer of Git LFS, not the file itself; get it with git lfs pull");
    }
    if ["<!doctype html", "<html", "<head", "<body"].iter().any(|t| lower.starts_with(t)) {
        return Some("an HTML page (of a download that did not work?)");
    }
    if lower.starts_with("<?xml") || lower.starts_with("<svg") {
        return Some("an XML document");
    }
    if is_json(text) {
        return Some("JSON");
    }
    if is_arff(text) {
        return Some("an ARFF file of Weka; export it as CSV");
    }
    is_libsvm(text).then_some("a file of LIBSVM (label index:value ...); export it as CSV")
}

/// `{"`, `{}`, `[{`, `["` and `[` with a number, spaces aside: no first cell of a table looks so.
fn is_json(text: &str) -> bool {
    let mut inside = text.chars().filter(|c| !c.is_whitespace());
    match (inside.next(), inside.next()) {
        (Some('{'), Some(c)) => matches!(c, '"' | '}'),
        (Some('['), Some(c)) => matches!(c, '{' | '[' | '"' | '-' | ']') || c.is_ascii_digit(),
        _ => false,
    }
}

/// The first line that is no comment (`%`) is `@relation`.
fn is_arff(text: &str) -> bool {
    let mut lines = text.lines().filter(|l| !l.trim().is_empty() && !l.starts_with('%'));
    lines.next().is_some_and(|l| l.to_ascii_lowercase().starts_with("@relation"))
}

/// The first line is a number and then `index:value` pairs.
fn is_libsvm(text: &str) -> bool {
    let mut words = text.lines().next().unwrap_or_default().split_ascii_whitespace();
    let label = words.next().is_some_and(|w| w.parse::<f64>().is_ok());
    let mut pairs = words.peekable();
    let pair = |w: &str| {
        w.split_once(':').is_some_and(|(i, v)| i.parse::<u64>().is_ok() && v.parse::<f64>().is_ok())
    };
    label && pairs.peek().is_some() && pairs.all(pair)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_formats_are_named() {
        for (start, expected) in [
            (&b"\n<!DOCTYPE html>\n<html>"[..], "HTML"),
            (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "Git LFS"),
            (b"[{\"a\": 1}]", "JSON"),
            (b"{\n  \"a\": [1]}", "JSON"),
            (b"% comment\n@RELATION iris\n", "ARFF"),
            (b"+1 1:0.5 7:2\n-1 2:1\n", "LIBSVM"),
            (b"PK\x03\x04\x14", "ZIP"),
            (b"\x93NUMPY\x01", "NumPy"),
        ] {
            assert!(foreign(start).is_some_and(|f| f.contains(expected)), "{expected}");
        }
        for ours in
            [&b"1,2,a\n"[..], b"a b\t1\n", b"{a},b\n1,x\n", b"1 2 3\n", b"", b"[a],b\n", b"1\n"]
        {
            assert_eq!(foreign(ours), None);
        }
    }
}
