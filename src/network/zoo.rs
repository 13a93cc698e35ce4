//! The models that come with the program.

use super::card::{ModelCard, Role};
use super::file::ModelError;
use super::model::Network;

const BUILT_IN: &[(&str, &[u8])] = &[
    ("digits", include_bytes!("../../models/digits.safetensors")),
    ("digits-relu", include_bytes!("../../models/digits-relu.safetensors")),
    ("hospital", include_bytes!("../../models/hospital.safetensors")),
    ("cryptonets", include_bytes!("../../models/cryptonets.safetensors")),
    ("cryptodl", include_bytes!("../../models/cryptodl.safetensors")),
    ("cryptodl-relu", include_bytes!("../../models/cryptodl-relu.safetensors")),
    ("digits-table", include_bytes!("../../models/digits-table.safetensors")),
    ("hospital-table", include_bytes!("../../models/hospital-table.safetensors")),
    ("mnist-mlp", include_bytes!("../../models/mnist-mlp.safetensors")),
    ("deep", include_bytes!("../../models/deep.safetensors")),
    ("cryptonn", include_bytes!("../../models/cryptonn.safetensors")),
    ("cryptonn-hospital", include_bytes!("../../models/cryptonn-hospital.safetensors")),
    ("cryptonn-mnist", include_bytes!("../../models/cryptonn-mnist.safetensors")),
];

impl Network {
    /// The network that the card of this one names in `role`: a built-in one, and only where its digest
    /// is the one that the card gives. Files are not looked for.
    pub fn twin(&self, role: Role) -> Option<Self> {
        let twin = self.card().twin(role)?;
        let (name, bytes) = BUILT_IN.iter().find(|(built_in, _)| *built_in == twin.name)?;
        let found = Self::from_bytes(bytes, name).ok()?;
        let fits = found.input() == self.input() && found.classes() == self.classes();
        (fits && found.digest() == twin.digest).then_some(found)
    }

    /// The network with the exact activations that this one was fine-tuned from, where it is at hand.
    pub fn original(&self) -> Option<Self> {
        self.twin(Role::Exact)
    }

    /// The card of the built-in network of this name, where that computes the very same.
    pub(super) fn built_in_card(&self) -> Option<ModelCard> {
        let (name, bytes) = BUILT_IN.iter().find(|(name, _)| *name == self.name())?;
        let known = Self::from_bytes(bytes, name).ok()?;
        (known.digest() == self.digest()).then(|| known.card().clone())
    }
}

/// Names of the models that come with the program.
pub fn built_in_names() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(name, _)| *name)
}

/// Whether a model of this name, recurrent or not, comes with the program.
pub fn is_named(name: &str) -> bool {
    built_in_names().chain(super::recurrent::built_in_names()).any(|known| known == name)
}

/// A built-in model by its name, or a model from the file at the path `name_or_path`.
///
/// # Errors
/// When there is neither, or the file is not a model (see [`Network::load`]).
pub fn open(name_or_path: &str) -> Result<Network, ModelError> {
    if let Some((name, bytes)) = BUILT_IN.iter().find(|(name, _)| *name == name_or_path) {
        return Network::from_bytes(bytes, name);
    }
    let path = file::as_path(name_or_path);
    let looks_like_path = path.extension().is_some() || path.components().count() > 1;
    if !looks_like_path && !path.exists() {
        let known: Vec<_> = built_in_names().collect();
        return Err(ModelError::Unknown { name: name_or_path.to_owned(), known: known.join(", ") });
    }
    Network::load(path)
}
