//! Telling what a file is that is none of ours, by its first bytes.

use std::path::Path;

/// First bytes of formats that are often mistaken for data or a model, and what to say of them.
const MARKS: [(&[u8], &str); 14] = [
    (b"PK\x03\x04", "a ZIP archive or spreadsheet (.zip, .xlsx); export it as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old office file (.xls); export it as CSV"),
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG", "a PNG picture; open a folder that has a folder of pictures for each class"),
    (b"\xff\xd8\xff", "a JPEG picture; open a folder that has a folder of pictures for each class"),
    (
        b"RIFF",
        "a WebP picture or a sound; open a folder that has a folder of pictures for each class",
    ),
    (b"GIF8", "a GIF picture"),
    (b"\x93NUMPY", "a NumPy array (.npy)"),
    (b"PAR1", "a Parquet file; export it as CSV"),
    (b"ARROW1", "an Arrow file; export it as CSV"),
    (b"SQLite format 3", "an SQLite database; export it as CSV"),
    (b"\xfd7zXZ", "packed with xz; unpack it, or pack it with gzip"),
    (b"BZh", "packed with bzip2; unpack it, or pack it with gzip"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd; unpack it, or pack it with gzip"),
];

const TORCH: &str = "a file of PyTorch (.pt, .pth), which only Python can read; export it there: torch.onnx.export(model.eval(), example_input, \"net.onnx\", dynamo=False, opset_version=17)";
const PICKLE: &str = "a pickle of Python (.pkl, .joblib), which only Python can read; export it there, of scikit-learn: from skl2onnx import to_onnx; open(\"net.onnx\", \"wb\").write(to_onnx(model, X[:1].astype(\"float32\"), options={\"zipmap\": False}).SerializeToString())";
const KERAS: &str = "a model of Keras (.keras, .h5), which only Python can read; export it there: model.export(\"net.onnx\", format=\"onnx\"), or python -m tf2onnx.convert --keras FILE --output net.onnx";

/// A model as a library of Python saves it, with the lines that export it.
pub(super) fn model_of_python(start: &[u8]) -> Option<&'static str> {
    let start = start.get(..LOOKED_AT.min(start.len())).unwrap_or(start);
    let has = |name: &[u8]| start.windows(name.len()).any(|w| w == name);
    match start {
        // A .safetensors file: the length of its header, then that.
        [_, _, _, _, 0, 0, 0, 0, b'{', ..] => None,
        [b'P', b'K', 3, 4, ..] if has(b"data.pkl") => Some(TORCH),
        [b'P', b'K', 3, 4, ..] if has(b"config.json") || has(b"metadata.json") => Some(KERAS),
        [0x89, b'H', b'D', b'F', ..] => Some(KERAS),
        // PyTorch before 1.6 wrote its own number first.
        [0x80, 2..=5, rest @ ..] if rest.starts_with(b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19") => {
            Some(TORCH)
        }
        [0x80, 2..=5, ..] => Some(PICKLE),
        _ => None,
    }
}

/// The same by the name of a file that is too damaged to be told by its bytes.
pub(super) fn model_by_name(path: &Path) -> Option<&'static str> {
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    match ending.as_str() {
        "pt" | "pth" => Some(TORCH),
        "pkl" | "joblib" => Some(PICKLE),
        "keras" | "h5" => Some(KERAS),
        _ => None,
    }
}

/// Bytes that are looked at.
const LOOKED_AT: usize = 4096;

/// What a file with these first bytes is, where it is neither a table nor a model: a web page in the
/// place of a download, a pointer of Git LFS, and the like. `None` where nothing is recognised.
pub fn foreign(start: &[u8]) -> Option<&'static str> {
    if let Some(what) = model_of_python(start) {
        return Some(what);
    }
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
            (b"PK\x03\x04\0\0\x08\x08net/data.pklFB", "torch.onnx.export"),
            (b"PK\x03\x04\0\0\x08\x08metadata.json{", "model.export"),
            (b"\x89HDF\r\n", "tf2onnx"),
            (b"\x80\x04\x95\x10sklearn", "to_onnx"),
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
