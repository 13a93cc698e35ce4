//! Paths that are no text, as text: scenarios and settings hold text.

use std::ffi::OsStr;
use std::path::PathBuf;

/// Letters of private use that stand for the bytes 0x80 to 0xff, in this order, where they are no
/// UTF-8.
const FIRST: u32 = 0x10_ff80;

/// A path as text; [`as_path`] gives the path back.
pub fn as_text(path: &OsStr) -> String {
    let mut text = String::new();
    for chunk in path.as_encoded_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        let letters =
            chunk.invalid().iter().filter_map(|b| char::from_u32(FIRST + u32::from(b - 0x80)));
        text.extend(letters);
    }
    text
}

/// The path that a text stands for.
#[cfg(unix)]
pub fn as_path(text: &str) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    let stands_for = |c: char| {
        let byte = u32::from(c).checked_sub(FIRST).and_then(|n| u8::try_from(n).ok());
        byte.filter(|b| *b < 0x80).map(|b| b + 0x80)
    };
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        match stands_for(c) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend(c.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
    std::ffi::OsString::from_vec(bytes).into()
}

/// The path that a text stands for.
#[cfg(not(unix))]
pub fn as_path(text: &str) -> PathBuf {
    text.into()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn every_path_comes_back() {
        for bytes in [&b"plain/t.csv"[..], b"caf\xe9/t.csv", b"\xff\x80", "é/中".as_bytes(), b""]
        {
            let path = OsStr::from_bytes(bytes);
            assert_eq!(as_path(&as_text(path)).as_os_str(), path);
        }
        assert_eq!(as_text(OsStr::from_bytes("é".as_bytes())), "é");
    }
}
