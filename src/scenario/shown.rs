//! What the window shows of itself: all of it, or what a teacher chose.

/// Rows of the setup and tabs that can be shown or left out. What opens a scenario and what runs it, the
/// tabs Run and Lessons, are always there.
pub const PARTS: [&str; 21] = [
    "model",
    "dataset",
    "strategy",
    "activation",
    "degree",
    "scheme",
    "parameters",
    "samples",
    "seed",
    "my models",
    "plan",
    "replay",
    "tab Samples",
    "tab Data",
    "tab Model",
    "tab Activation",
    "tab Sweep",
    "tab Training",
    "tab What the server learns",
    "tab Compare",
    "tab Sequence",
];

/// What a simple window shows.
pub const SIMPLE: [&str; 6] =
    ["activation", "degree", "parameters", "plan", "tab Samples", "tab Activation"];

/// Whether all of `show` are parts of the window.
///
/// # Errors
/// The first that is none, in words.
pub(crate) fn check(show: &[String]) -> Result<(), String> {
    match show.iter().find(|part| !PARTS.contains(&part.as_str())) {
        None => Ok(()),
        Some(part) => Err(format!(
            "show has {}; parts of the window are {}",
            format::excerpt(part),
            PARTS.join(", ")
        )),
    }
}
