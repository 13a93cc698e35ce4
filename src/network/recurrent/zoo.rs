//! The recurrent models that come with the program.

use super::model::RecurrentModel;
use crate::{ModelError, Role};

const BUILT_IN: &[(&str, &[u8])] = &[
    ("cryptornn", include_bytes!("../../../models/cryptornn.safetensors")),
    ("cryptornn-tanh", include_bytes!("../../../models/cryptornn-tanh.safetensors")),
    ("cryptornn-gru", include_bytes!("../../../models/cryptornn-gru.safetensors")),
    ("cryptornn-gru-tanh", include_bytes!("../../../models/cryptornn-gru-tanh.safetensors")),
    ("cryptornn-lstm", include_bytes!("../../../models/cryptornn-lstm.safetensors")),
    ("cryptornn-lstm-tanh", include_bytes!("../../../models/cryptornn-lstm-tanh.safetensors")),
    ("cryptornn-power", include_bytes!("../../../models/cryptornn-power.safetensors")),
    ("cryptornn-power-tanh", include_bytes!("../../../models/cryptornn-power-tanh.safetensors")),
    ("cryptornn-ecg", include_bytes!("../../../models/cryptornn-ecg.safetensors")),
    ("cryptornn-ecg-tanh", include_bytes!("../../../models/cryptornn-ecg-tanh.safetensors")),
    ("cryptornn-vowels", include_bytes!("../../../models/cryptornn-vowels.safetensors")),
    ("cryptornn-vowels-tanh", include_bytes!("../../../models/cryptornn-vowels-tanh.safetensors")),
    ("cryptornn-sentiment", include_bytes!("../../../models/cryptornn-sentiment.safetensors")),
    (
        "cryptornn-sentiment-tanh",
        include_bytes!("../../../models/cryptornn-sentiment-tanh.safetensors"),
    ),
    ("cryptornn-mnist-rows", include_bytes!("../../../models/cryptornn-mnist-rows.safetensors")),
    (
        "cryptornn-mnist-rows-tanh",
        include_bytes!("../../../models/cryptornn-mnist-rows-tanh.safetensors"),
    ),
];

impl RecurrentModel {
    /// The model with the exact functions that this one was trained from: a built-in one, and only where
    /// its digest is the one that the card of this one gives.
    pub fn original(&self) -> Option<Self> {
        let twin = self.card().twin(Role::Exact)?;
        let (name, bytes) = BUILT_IN.iter().find(|(name, _)| *name == twin.name)?;
        let found = Self::from_bytes(bytes, name).ok()?;
        let of = |m: &Self| (m.channels(), m.classes(), m.digest());
        (of(&found) == (self.channels(), self.classes(), twin.digest)).then_some(found)
    }
}

/// Names of the recurrent models that come with the program.
pub fn built_in_names() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(name, _)| *name)
}

/// A built-in recurrent model by its name, or one from the file at the path `name_or_path`.
///
/// # Errors
/// When there is neither, or the file is no such model (see [`RecurrentModel::load`]).
pub fn open(name_or_path: &str) -> Result<RecurrentModel, ModelError> {
    if let Some((name, bytes)) = BUILT_IN.iter().find(|(name, _)| *name == name_or_path) {
        return RecurrentModel::from_bytes(bytes, name);
    }
    let path = file::as_path(name_or_path);
    let looks_like_path = path.extension().is_some() || path.components().count() > 1;
    if !looks_like_path && !path.exists() {
        let known: Vec<_> = built_in_names().collect();
        return Err(ModelError::Unknown { name: name_or_path.to_owned(), known: known.join(", ") });
    }
    RecurrentModel::load(path)
}
