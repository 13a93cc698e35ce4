//! The command palette while it is open.

/// What is typed and chosen in it.
#[derive(Clone, Debug, Default)]
pub struct Palette {
    pub filter: String,
    /// Position in the list of matches.
    pub choice: usize,
}
