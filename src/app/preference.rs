//! What a person prefers, and what of the window is kept.

use egui::ThemePreference;

/// Something that a person prefers, or no longer wants to be kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Preference {
    Theme(ThemePreference),
    /// Public datasets are looked for in the usual folder.
    UsualFolder,
    /// Runs are kept for so many days; as long as there is room without a number.
    KeepRuns(Option<u32>),
    /// Keys that were made are dropped.
    ForgetKeys,
    /// Models, files and lessons that were opened are no longer listed.
    ForgetLists,
}
