//! What *Do it for me* does.

use serde::{Deserialize, Serialize};

/// One thing that is done; in a file `press Run`, `show Samples`, `see Server`, `open conv`,
/// `set scheme.prime_count=2`, `degree 4`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Deed {
    /// A command by its label.
    Press(String),
    /// A tab by its name.
    Show(String),
    /// Whose eyes the run is looked at with.
    See(String),
    /// The card of a layer by its name.
    Open(String),
    /// A setting, `KEY=VALUE`.
    Set(String),
    /// The degree in the activation laboratory.
    Degree(usize),
}

impl Deed {
    /// How somebody is asked to do it.
    pub fn asked(&self) -> String {
        match self {
            Self::Press(what) => format!("now press {what}"),
            Self::Show(what) => format!("now open the tab {what}"),
            Self::See(what) => format!("now look as {what}"),
            Self::Open(what) => format!("now click the layer {what}"),
            Self::Set(what) => format!("now set {what}"),
            Self::Degree(degree) => format!("now take degree {degree}"),
        }
    }
}

impl TryFrom<String> for Deed {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (verb, what) = text.split_once(' ').unwrap_or((&text, ""));
        let what = what.trim().to_owned();
        let deed = match verb {
            _ if what.is_empty() => None,
            "press" => Some(Self::Press(what)),
            "show" => Some(Self::Show(what)),
            "see" => Some(Self::See(what)),
            "open" => Some(Self::Open(what)),
            "set" => Some(Self::Set(what)),
            "degree" => what.parse().ok().map(Self::Degree),
            _ => None,
        };
        deed.ok_or_else(|| {
            format!(
                "'{text}' is nothing that can be done; write press COMMAND, show TAB, see Both, Client or Server, open LAYER, set KEY=VALUE or degree NUMBER"
            )
        })
    }
}

impl From<Deed> for String {
    fn from(deed: Deed) -> Self {
        match deed {
            Deed::Press(what) => format!("press {what}"),
            Deed::Show(what) => format!("show {what}"),
            Deed::See(what) => format!("see {what}"),
            Deed::Open(what) => format!("open {what}"),
            Deed::Set(what) => format!("set {what}"),
            Deed::Degree(degree) => format!("degree {degree}"),
        }
    }
}
