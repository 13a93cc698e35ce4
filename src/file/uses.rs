//! The files that one command reads and writes: what it writes must be none of the others.

use super::output::{OutputError, OutputFile, target};
use std::fs::{File, Metadata};
use std::path::{Path, PathBuf};

/// A file in use.
#[derive(Debug)]
struct Use {
    /// What it is to the command, with its path: `the dataset t.csv`.
    what: String,
    /// No link, in a folder that is written out.
    place: PathBuf,
    identity: Option<Identity>,
}

/// Device and number of a file: the same under all its names.
type Identity = (u64, u64);

/// The files of one command.
#[derive(Debug, Default)]
pub struct Uses {
    all: Vec<Use>,
}

impl Uses {
    /// None yet but the streams of the process, where they are redirected to files.
    pub fn of_process() -> Self {
        let mut uses = Self::default();
        for (what, identity) in streams() {
            uses.all.push(Use { what, place: PathBuf::new(), identity: Some(identity) });
        }
        uses
    }

    /// Notes that `path` is read as `what`. One that is not there is no file that could be lost.
    pub fn reads(&mut self, what: &str, path: &Path) {
        let Ok(place) = std::fs::canonicalize(path) else { return };
        let identity = std::fs::metadata(path).ok().as_ref().and_then(identity);
        let what = format!("the {what} {}", format::path(path));
        self.all.push(Use { what, place, identity });
    }

    /// Opens `path` for the result that `role` (an option) names.
    ///
    /// # Errors
    /// When it cannot be written, or is a file that the command reads, or writes as another result.
    pub fn writes(&mut self, role: &str, path: &Path) -> Result<OutputFile, OutputError> {
        let (target, old) = target(path)?;
        let identity = old.as_ref().and_then(identity);
        self.free(role, path, &target.place, identity)?;
        let what = format!("the file of {role} {}", format::path(path));
        self.all.push(Use { what, place: target.place.clone(), identity });
        OutputFile::beside(target, old)
    }

    /// Whether a result may be written to `path`; `role` is what the result is.
    ///
    /// # Errors
    /// As [`Uses::writes`], but that nothing is opened.
    pub fn check(&self, role: &str, path: &Path) -> Result<(), OutputError> {
        let (place, old) = target(path)?;
        self.free(role, path, &place.place, old.as_ref().and_then(identity))
    }

    fn free(
        &self,
        role: &str,
        path: &Path,
        place: &Path,
        identity: Option<Identity>,
    ) -> Result<(), OutputError> {
        let same =
            |used: &&Use| used.place == place || identity.is_some() && used.identity == identity;
        if let Some(used) = self.all.iter().find(same) {
            return Err(OutputError::InUse {
                role: role.to_owned(),
                path: format::path(path),
                other: used.what.clone(),
            });
        }
        Ok(())
    }
}

#[cfg(unix)]
fn identity(meta: &Metadata) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    Some((meta.dev(), meta.ino()))
}

#[cfg(not(unix))]
fn identity(_meta: &Metadata) -> Option<Identity> {
    None
}

/// Streams that are regular files.
#[cfg(unix)]
fn streams() -> Vec<(String, Identity)> {
    use std::os::fd::AsFd;
    let (input, output, error) = (std::io::stdin(), std::io::stdout(), std::io::stderr());
    let all = [
        ("what standard input is read from", input.as_fd()),
        ("what standard output is written to", output.as_fd()),
        ("what standard error is written to", error.as_fd()),
    ];
    let file = |(what, fd): (&str, std::os::fd::BorrowedFd)| {
        let meta = File::from(fd.try_clone_to_owned().ok()?).metadata().ok()?;
        Some((what.to_owned(), identity(&meta).filter(|_| meta.is_file())?))
    };
    all.into_iter().filter_map(file).collect()
}

#[cfg(not(unix))]
fn streams() -> Vec<(String, Identity)> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_no_input_and_no_other_result() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::write(at("in"), "data").unwrap();
        std::fs::create_dir(at("sub")).unwrap();
        let mut uses = Uses::default();
        uses.reads("dataset", &at("in"));
        uses.reads("model", &at("nothing"));
        let mut refused = vec![at("in"), at("sub/../in")];
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("in", at("link")).unwrap();
            std::fs::hard_link(at("in"), at("hard")).unwrap();
            refused.extend([at("link"), at("hard")]);
        }
        for path in refused {
            let told = uses.writes("--report", &path).unwrap_err().to_string();
            let both = [format!("--report {}", path.display()), at("in").display().to_string()];
            assert!(both.iter().all(|part| told.contains(part)), "{told}");
        }
        let kept = uses.writes("--report", &at("out")).unwrap();
        let told = uses.writes("--out", &at("sub/../out")).unwrap_err().to_string();
        assert!(told.contains("the file of --report"), "{told}");
        assert!(uses.check("the figure", &at("in")).is_err());
        assert!(uses.check("the figure", &at("free")).is_ok() && !at("free").exists());
        let other = uses.writes("--out", &at("other")).unwrap();
        kept.finish(b"1").unwrap();
        other.finish(b"2").unwrap();
        assert_eq!(std::fs::read(at("in")).unwrap(), b"data");
    }
}
