//! Files of a set that are offered together, in a ZIP archive.

use super::download::Fetched;
use super::error::FetchError;
use super::file::set_aside;
use super::patience::Patience;
use super::remote::RemoteFile;
use super::transfer::{Broken, Transfer};
use progress::Watch;
use sha2::{Digest as _, Sha256};
use std::io::{Cursor, Read as _};
use std::path::Path;
use zip::ZipArchive;

/// Largest archive, bytes: it is kept in memory.
const MAX_BYTES: usize = 32 << 20;
/// Most files in an archive.
const MAX_FILES: usize = 1000;

/// Takes the files `wanted` out of the first ZIP archive that has them all with the right checksums, and
/// puts them into `dest`, each whole or not at all.
///
/// # Errors
/// When no archive has them, or the disk refuses.
pub fn archived(
    dest: &Path,
    wanted: &[RemoteFile],
    addresses: &[String],
    patience: Patience,
    watch: &Watch,
) -> Result<Fetched, FetchError> {
    let mut reasons = Vec::new();
    for address in addresses {
        let bytes = match receive(address, patience, watch) {
            Ok(bytes) => bytes,
            Err(Broken::Stop(error)) => return Err(error),
            Err(Broken::Network(reason)) => {
                reasons.push(format!("{address}: {reason}"));
                continue;
            }
        };
        let found = match unpack(&bytes, wanted) {
            Ok(found) => found,
            Err(reason) => {
                reasons.push(format!("{address}: {reason}"));
                continue;
            }
        };
        let mut done = Fetched { bytes: bytes.len() as u64, ..Fetched::default() };
        for (file, content) in wanted.iter().zip(found) {
            watch.check()?;
            let place = dest.join(&file.name);
            done.replaced.extend(set_aside(dest, &place)?);
            ::file::write_whole(&place, &content).map_err(|e| {
                FetchError::disk(&place, "write it", std::io::Error::other(e.to_string()))
            })?;
            done.downloaded.push(file.name.clone());
        }
        return Ok(done);
    }
    let names: Vec<&str> = wanted.iter().map(|f| f.name.as_str()).collect();
    Err(FetchError::NoMirror { file: names.join(", "), reasons: reasons.join("; ") })
}

fn receive(address: &str, patience: Patience, watch: &Watch) -> Result<Vec<u8>, Broken> {
    let transfer = Transfer::begin(address, 0, patience)?;
    let head = transfer.head(watch)?;
    if head.status != 200 {
        return Err(Broken::Network(format!("HTTP {}", head.status)));
    }
    let name = address.rsplit('/').next().unwrap_or(address);
    let mut all = Vec::new();
    while let Some(bytes) = transfer.bytes(watch)? {
        all.extend(bytes);
        if all.len() > MAX_BYTES {
            return Err(Broken::Network(format!("sends more than {MAX_BYTES} bytes")));
        }
        let done = all.len() as u64;
        watch
            .step(&format!("download {name}"), done, 0)
            .map_err(|cancelled| Broken::Stop(cancelled.into()))?;
    }
    Ok(all)
}

/// The content of each file, wherever in the archive it lies; lengths are known before they are
/// unpacked.
fn unpack(bytes: &[u8], wanted: &[RemoteFile]) -> Result<Vec<Vec<u8>>, String> {
    let mut zip =
        ZipArchive::new(Cursor::new(bytes)).map_err(|e| format!("no ZIP archive: {e}"))?;
    if zip.len() > MAX_FILES {
        return Err(format!("an archive of {} files; at most {MAX_FILES} are read", zip.len()));
    }
    let names: Vec<String> =
        zip.file_names().filter_map(|name| name.ok().map(|name| name.into_owned())).collect();
    let mut one = |file: &RemoteFile| -> Result<Vec<u8>, String> {
        let is_it = |name: &&String| name.rsplit('/').next() == Some(&file.name);
        // Some archives hold copies that the system of the packer made.
        let mut all = names.iter().filter(is_it).filter(|n| !n.starts_with("__MACOSX"));
        let name = all.next().ok_or_else(|| format!("the archive has no {}", file.name))?;
        let broken = |e: &dyn std::fmt::Display| format!("{}: {e}", file.name);
        let entry = zip.by_name(name).map_err(|e| broken(&e))?;
        let mut content = Vec::new();
        entry.take(file.bytes + 1).read_to_end(&mut content).map_err(|e| broken(&e))?;
        let sum: String = Sha256::digest(&content).iter().map(|b| format!("{b:02x}")).collect();
        if sum == file.sha256 { Ok(content) } else { Err(broken(&"the checksum is wrong")) }
    };
    wanted.iter().map(&mut one).collect()
}
