//! What a person does with the list of kept runs.

/// Each run by what it is known by.
#[derive(Clone, Copy, Debug)]
pub enum KeptAct {
    /// Opens one for a replay.
    Show(u64),
    /// Pins one, or takes its pin off.
    Pin(u64, bool),
    Export(u64),
    Forget(u64),
    ForgetAll,
}
