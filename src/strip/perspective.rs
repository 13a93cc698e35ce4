//! Whose eyes a run is looked at with.

/// Whose eyes a run is looked at with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Perspective {
    /// Everything that this program knows, as nobody in the field does.
    #[default]
    Both,
    /// Who has the key: samples and answers, and of the network its name.
    Client,
    /// Who computes: layers, bytes and times, and not one value.
    Server,
}

impl Perspective {
    /// All of them, as they are offered.
    pub const ALL: [Self; 3] = [Self::Both, Self::Client, Self::Server];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Both => "Both",
            Self::Client => "Client",
            Self::Server => "Server",
        }
    }

    /// What is shown then, for hovering.
    pub fn about(self) -> &'static str {
        match self {
            Self::Both => {
                "Everything: this program plays both sides. Nobody in the field sees all of it"
            }
            Self::Client => {
                "As the client: it has the key, its samples and the answers; the layers are the server's"
            }
            Self::Server => {
                "As the server: layers, bytes and times. Without the key there are no samples, no answers and no noise to be seen"
            }
        }
    }

    /// Whether values that only the key opens are seen: samples, answers, noise.
    pub fn has_key(self) -> bool {
        self != Self::Server
    }

    /// Whether the layers of the network are seen.
    pub fn has_layers(self) -> bool {
        self != Self::Client
    }
}
