//! What is not to be seen yet: somebody is about to guess it.

/// What is not to be seen yet: somebody is about to guess it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hidden {
    /// What is predicted and not measured.
    pub predictions: bool,
    /// Sizes, measured or not.
    pub bytes: bool,
}
