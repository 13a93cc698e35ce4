//! What stands over the window until it is closed.

/// A page over the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sheet {
    /// The words of the field.
    Glossary,
    /// What the program is, and what is private in it.
    About,
    /// All messages since the start.
    Log,
    /// The last runs, also of earlier windows.
    KeptRuns,
    /// Whether a run that takes long shall begin.
    LongRun,
    /// Whether the window shall close while something is on.
    Leave,
    /// What a person prefers, and what is kept.
    Preferences,
}
