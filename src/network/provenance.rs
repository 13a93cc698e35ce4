//! Where a model comes from.

use serde::{Deserialize, Serialize};

/// Longest name and longest other text in a model file, bytes.
pub(super) const MAX_NAME_BYTES: usize = 200;

pub(super) const MAX_TEXT_BYTES: usize = 1 << 13;

/// Where a model comes from: enough to make it again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Provenance {
    /// Name of the dataset it was trained on.
    pub dataset: String,
    /// Command that reproduces it.
    pub command: String,
    /// Seed of the training.
    pub seed: u64,
    /// Accuracy of the float network on the test split when it was saved, 0 to 1.
    pub test_accuracy: Option<f64>,
    /// Name of the model with the exact activations that this one was fine-tuned from. Its digest is
    /// in the [`ModelCard`](crate::ModelCard); by the name alone nothing is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<String>,
}

impl Provenance {
    /// Holds the texts of a model file, its name too, and the accuracy to what is allowed.
    pub(super) fn check(&self, name: &str) -> Result<(), String> {
        let original = self.original.as_deref().unwrap_or("");
        for (what, text, most) in [
            ("a name", name, MAX_NAME_BYTES),
            ("a name", original, MAX_NAME_BYTES),
            ("the dataset", &self.dataset, MAX_TEXT_BYTES),
            ("the command", &self.command, MAX_TEXT_BYTES),
        ] {
            if text.len() > most || text.contains(char::is_control) {
                return Err(format!(
                    "{what} is longer than {most} bytes or holds control characters"
                ));
            }
        }
        if self.test_accuracy.is_some_and(|a| !(0.0..=1.0).contains(&a)) {
            return Err("test_accuracy must be between 0 and 1".into());
        }
        Ok(())
    }
}
