//! Which pictures a folder has, of which class and part.

use crate::error::DataError;
use format::path as shown;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Most files that are looked at.
const MAX_FILES: usize = 1 << 20;
/// Folders below that of a class are looked into so many floors down.
const MAX_FLOORS: usize = 4;
/// Names that folders of parts have.
const TRAIN: [&str; 3] = ["train", "training", "seg_train"];
const VALIDATION: [&str; 4] = ["val", "valid", "validation", "dev"];
const TEST: [&str; 3] = ["test", "testing", "seg_test"];

/// A picture and the name of its class.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Picture {
    pub class: String,
    pub path: PathBuf,
}

/// The pictures of a set, in the order of classes and names.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Listing {
    pub classes: BTreeSet<String>,
    /// Those for validation are behind the others.
    pub train: Vec<Picture>,
    pub test: Vec<Picture>,
    /// Files that are no pictures.
    pub others: usize,
    /// Links, which are not followed: one may lead out of the folder, or back into it.
    pub links: usize,
}

impl Listing {
    /// Looks through `folder`: `CLASS/PICTURE`, or `train/CLASS/PICTURE` and `test/CLASS/PICTURE`; where
    /// there is no test part, that for validation is the test part.
    ///
    /// # Errors
    /// When a folder cannot be listed, or has too many pictures.
    pub fn of(folder: &Path) -> Result<Self, DataError> {
        let mut listing = Self::default();
        let inner = listing.folders(folder)?;
        let part = |names: &[&str]| {
            inner.iter().find(|path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
                names.contains(&name.as_str())
            })
        };
        let (train, validation, test) = (part(&TRAIN), part(&VALIDATION), part(&TEST));
        match (train, test.or(validation)) {
            (Some(train), Some(test)) => {
                listing.train = listing.part(train)?;
                listing.test = listing.part(test)?;
                if let Some(validation) = validation.filter(|path| *path != test) {
                    let more = listing.part(validation)?;
                    listing.train.extend(more);
                }
            }
            (Some(alone), None) => listing.train = listing.part(alone)?,
            _ => {
                // Its own links are counted with those of its parts.
                listing.links = 0;
                listing.train = listing.part(folder)?;
            }
        }
        let all = listing.train.iter().chain(&listing.test);
        listing.classes = all.map(|picture| picture.class.clone()).collect();
        Ok(listing)
    }

    /// All pictures in and below `folder`, in the order of their paths, without classes.
    ///
    /// # Errors
    /// As [`Listing::of`].
    pub fn unlabelled(folder: &Path) -> Result<Self, DataError> {
        let mut listing = Self::default();
        let mut pictures = Vec::new();
        listing.below(folder, "", MAX_FLOORS, &mut pictures)?;
        pictures.sort();
        listing.train = pictures;
        Ok(listing)
    }

    /// The pictures in the folders of classes in `folder`.
    fn part(&mut self, folder: &Path) -> Result<Vec<Picture>, DataError> {
        let mut pictures = Vec::new();
        for class in self.folders(folder)? {
            let name = class.file_name().unwrap_or_default().to_string_lossy().into_owned();
            self.below(&class, &name, MAX_FLOORS, &mut pictures)?;
        }
        pictures.sort();
        Ok(pictures)
    }

    fn below(
        &mut self,
        folder: &Path,
        class: &str,
        floors: usize,
        pictures: &mut Vec<Picture>,
    ) -> Result<(), DataError> {
        for path in self.entries(folder)? {
            if path.is_dir() {
                if floors > 0 {
                    self.below(&path, class, floors - 1, pictures)?;
                }
            } else if is_picture(&path) {
                pictures.push(Picture { class: class.to_owned(), path });
            } else {
                self.others += 1;
            }
            if self.others + pictures.len() > MAX_FILES {
                return Err(DataError::Layout {
                    path: shown(folder),
                    reason: format!("more than {MAX_FILES} files; at most so many are looked at"),
                });
            }
        }
        Ok(())
    }

    fn folders(&mut self, folder: &Path) -> Result<Vec<PathBuf>, DataError> {
        Ok(self.entries(folder)?.into_iter().filter(|path| path.is_dir()).collect())
    }

    /// What lies in a folder, without what is hidden or a link, in the order of names.
    fn entries(&mut self, folder: &Path) -> Result<Vec<PathBuf>, DataError> {
        let io = |cause| DataError::Io { path: shown(folder), action: "list", cause };
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(io)? {
            let entry = entry.map_err(io)?;
            let hidden = ["Thumbs.db", "desktop.ini", "__MACOSX"];
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type().map_err(io)?.is_symlink() {
                self.links += 1;
            } else if !name.starts_with('.') && !hidden.contains(&name.as_str()) {
                found.push(entry.path());
            }
        }
        found.sort();
        Ok(found)
    }
}

fn is_picture(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    ["png", "jpg", "jpeg", "jpe", "jfif", "bmp", "webp"].contains(&extension.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn links_are_counted_and_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        for class in ["a", "b"] {
            std::fs::create_dir(folder.path().join(class)).unwrap();
            std::fs::write(folder.path().join(class).join("x.png"), "").unwrap();
        }
        let link = |to: &str, name: &str| {
            std::os::unix::fs::symlink(folder.path().join(to), folder.path().join(name)).unwrap();
        };
        link("a/x.png", "a/again.png");
        link("b", "c");
        let listing = Listing::of(folder.path()).unwrap();
        assert_eq!((listing.train.len(), listing.links, listing.others), (2, 2, 0));
        let listing = Listing::unlabelled(folder.path()).unwrap();
        assert_eq!((listing.train.len(), listing.links), (2, 2));
    }
}
