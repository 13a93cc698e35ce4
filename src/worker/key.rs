//! What background jobs are for, and which of them can go on together.

/// What a job is for. Of jobs that wait for one another the first of this list goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// A run, or all noise strategies one after the other.
    Run,
    Plan,
    /// Keys that are dropped.
    Forget,
    /// What the networks say to a sample of a person's own.
    Answer,
    /// A value under encryption.
    Look,
    /// The values after a layer.
    Layer,
    /// What polynomials do to the answers of the plaintext network.
    Check,
    /// What setups that are explored would cost.
    Costs,
    /// What the network of the setup does in the clear.
    Glance,
    /// A sweep, training or comparison.
    Task,
    /// Samples reconstructed from what a server saw.
    Attack,
    /// The desktop's dialog for paths.
    Dialog,
    /// A small file that is read or written.
    File,
    /// The runs that are kept.
    Kept,
}

/// What becomes of a job when another of its key is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// The newer one replaces it.
    Replaced,
    /// It goes on, and the newer one is refused.
    GoesOn,
    /// Both are done.
    Both,
}

/// Jobs of one lane are done one after the other.
pub(super) type Lane = (Key, u64);

impl Key {
    pub(super) fn rule(self) -> Rule {
        match self {
            Self::Plan
            | Self::Forget
            | Self::Answer
            | Self::Look
            | Self::Layer
            | Self::Check
            | Self::Costs
            | Self::Glance
            | Self::Attack
            | Self::Dialog => Rule::Replaced,
            Self::Run | Self::Task => Rule::GoesOn,
            Self::File | Self::Kept => Rule::Both,
        }
    }

    /// The lane of the job with a number: what needs the engine shares one, a file or dialog has one
    /// of its own.
    pub(super) fn lane(self, job: u64) -> Lane {
        match self {
            Self::Run
            | Self::Plan
            | Self::Forget
            | Self::Answer
            | Self::Look
            | Self::Layer
            | Self::Check => (Self::Run, 0),
            Self::Costs | Self::Glance | Self::Task | Self::Attack | Self::Kept => (self, 0),
            Self::Dialog | Self::File => (self, job),
        }
    }
}
