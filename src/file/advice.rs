//! What to do when a file cannot be opened.

use std::io::{Error, ErrorKind};

/// What a person can do about `cause`, to be put behind it; nothing where nothing is known.
pub fn advice(cause: &Error) -> &'static str {
    match cause.kind() {
        ErrorKind::NotFound => "; check the path",
        ErrorKind::PermissionDenied => "; check who may read it",
        // As readers of packed files say it.
        ErrorKind::UnexpectedEof | ErrorKind::InvalidData | ErrorKind::InvalidInput => {
            "; it is damaged or was cut short: copy it again"
        }
        _ => "",
    }
}
