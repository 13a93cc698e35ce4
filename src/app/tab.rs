//! The tabs.

/// What is in the centre.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    #[default]
    Run,
    Samples,
    Activation,
    Sweep,
    Training,
    Leak,
    Compare,
    Sequence,
}
