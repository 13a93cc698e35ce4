//! Opening a file that a user names: regular files only, nothing is ever waited for.

use std::fs::{File, FileType, Metadata, OpenOptions};
use std::io::{Error, ErrorKind};
use std::path::Path;

/// Opens a regular file for reading, by itself or through a link. Everything that takes a file from
/// a user (data, models, scenarios, checkpoints) opens it here.
///
/// # Errors
/// What the system says; and for a folder, a named pipe, a socket or a device what it is: none of
/// them is read, because opening or reading it can wait for ever or have effects of its own.
pub fn open_regular(path: &Path) -> std::io::Result<File> {
    check(&std::fs::metadata(path)?)?;
    let mut options = OpenOptions::new();
    options.read(true);
    // Should a pipe take the file's place at this moment, it is not waited for either.
    #[cfg(target_os = "linux")]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK);
    let file = options.open(path)?;
    check(&file.metadata()?)?;
    Ok(file)
}

fn check(found: &Metadata) -> std::io::Result<()> {
    if found.is_file() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InvalidInput,
        format!("{}, not a plain file", kind(found.file_type())),
    ))
}

/// What a path leads to, in words.
fn kind(found: FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if found.is_fifo() {
            return "it is a pipe";
        } else if found.is_socket() {
            return "it is a socket";
        } else if found.is_char_device() || found.is_block_device() {
            return "it is a device";
        }
    }
    if found.is_dir() { "it is a folder" } else { "it is something special" }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn only_regular_files_are_opened() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("file"), "text").unwrap();
        std::os::unix::fs::symlink(at("file"), at("link")).unwrap();
        let made = std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap();
        assert!(made.success());
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        for name in ["file", "link"] {
            let mut text = String::new();
            open_regular(&at(name)).unwrap().read_to_string(&mut text).unwrap();
            assert_eq!(text, "text");
        }
        // A pipe that nobody writes to would be waited for without end.
        for (path, expected) in [
            (at("pipe"), "it is a pipe, not a plain file"),
            (at("socket"), "it is a socket, not a plain file"),
            (at("."), "it is a folder, not a plain file"),
            ("/dev/zero".into(), "it is a device, not a plain file"),
        ] {
            let error = open_regular(&path).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
        assert_eq!(open_regular(&at("none")).unwrap_err().kind(), ErrorKind::NotFound);
    }
}
