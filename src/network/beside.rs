//! A model file by its content, in the folder of another.

use super::card::Role;
use super::file::stated_digest;
use super::model::Network;
use data::Digest;
use std::path::{Path, PathBuf};

/// Files of a folder that are looked into.
const MOST_FILES: usize = 256;

/// The file that the exact original of the model at `path` would be read from, where it is none of the
/// built-in ones: no result may be written there.
pub fn original_file(path: &Path) -> Option<PathBuf> {
    let model = Network::load(path).ok()?;
    if model.original().is_some() {
        return None;
    }
    holding(path, &model.card().twin(Role::Exact)?.digest)
}

impl Network {
    /// The network with the exact activations that this one was fine-tuned from: built in, or in the
    /// folder of `path`, the file of this one, whatever it is called there. Its digest must hold.
    pub fn original_near(&self, path: &Path) -> Option<Self> {
        self.original().or_else(|| {
            let twin = self.card().twin(Role::Exact)?;
            let found = Self::load(holding(path, &twin.digest)?).ok()?;
            let fits = found.input() == self.input() && found.classes() == self.classes();
            (fits && found.digest() == twin.digest).then_some(found)
        })
    }
}

/// A file in the folder of `model` that says that it holds the model with this digest.
fn holding(model: &Path, digest: &Digest) -> Option<PathBuf> {
    let folder = match model.parent()? {
        here if here.as_os_str().is_empty() => Path::new("."),
        folder => folder,
    };
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "safetensors"))
        .take(MOST_FILES)
        .collect();
    files.sort();
    files.into_iter().find(|path| stated_digest(path).as_ref() == Some(digest))
}
