//! What can be done about noise that grows from step to step.

use serde::{Deserialize, Serialize};

/// A strategy. Its names of earlier versions are still understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoiseStrategy {
    /// A modulus chain deep enough for all steps.
    #[serde(alias = "one_chain")]
    Levelled,
    /// The client decrypts the hidden state every few steps and encrypts it anew.
    #[default]
    Refresh,
    /// The client applies the exact functions to the decrypted pre-activations of every step.
    #[serde(alias = "client")]
    ClientAided,
    /// Programmable bootstrapping on the server in every step.
    Bootstrap,
}

impl NoiseStrategy {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Levelled, Self::Refresh, Self::ClientAided, Self::Bootstrap];

    /// The name it is asked for by.
    pub fn id(self) -> &'static str {
        match self {
            Self::Levelled => "levelled",
            Self::Refresh => "refresh",
            Self::ClientAided => "client_aided",
            Self::Bootstrap => "bootstrap",
        }
    }

    /// The name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Levelled => "levelled",
            Self::Refresh => "refresh",
            Self::ClientAided => "client-aided activation",
            Self::Bootstrap => "bootstrap",
        }
    }

    /// Who learns what beyond the answer.
    pub fn reveals(self) -> &'static str {
        match self {
            Self::Levelled => {
                "nothing but the outputs to the client; the server sees the number of steps"
            }
            Self::Refresh => {
                "the states of every refresh to the client: its own data as the model sees them; the server sees the number of steps"
            }
            Self::ClientAided => {
                "every pre-activation to the client: with enough sequences it can solve for the weights of the model; the server sees the number of steps"
            }
            Self::Bootstrap => {
                "nothing but the outputs to the client; the server sees the number of steps of each sequence"
            }
        }
    }

    /// Whether the client takes part between the first message and the answer.
    pub fn is_interactive(self) -> bool {
        matches!(self, Self::Refresh | Self::ClientAided)
    }
}
