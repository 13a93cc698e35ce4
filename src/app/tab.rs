//! The tabs: in the order of the bar, with the words that they are found by. What a tab draws is named
//! in `panels`.

use super::words::{CTRL, Words};
use egui::{Key, Modifiers};
use scenario::Scenario;

/// What is in the centre.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tab {
    #[default]
    Run,
    Samples,
    Data,
    Model,
    Activation,
    Sweep,
    Training,
    Leak,
    Compare,
    Sequence,
    Lessons,
    Welcome,
}

/// A tab in the bar, and the command that shows it.
pub struct TabSpec {
    pub tab: Tab,
    /// In the bar.
    pub name: &'static str,
    pub words: Words,
    /// Which setups it is about: in the bar it stands for these, and while it is looked at.
    pub is_about: fn(&Scenario) -> bool,
    /// Why it is not shown for other setups; `None` where it can be.
    pub refusal: Option<&'static str>,
}

/// All tabs.
#[rustfmt::skip]
pub static TABS: &[TabSpec] = &[
    every(Tab::Run, "Run", "Show run", "Plots and stage table", Key::Num1),
    every(Tab::Samples, "Samples", "Show samples",
        "Inputs with their plaintext and encrypted answers", Key::Num2),
    every(Tab::Data, "Data", "Show data", "Twenty samples, the balance of classes, ranges of values",
        Key::Num8),
    every(Tab::Model, "Model", "Show model",
        "Layers with their sizes, and what becomes of each under encryption", Key::B),
    every(Tab::Activation, "Activation", "Show activation laboratory",
        "Approximations of the activation function, and what they cost", Key::Num3),
    every(Tab::Sweep, "Sweep", "Show sweep", "Many polynomials compared: table and plots",
        Key::Num4),
    every(Tab::Training, "Training", "Show training",
        "Train the model with a polynomial as its activation", Key::Num5),
    TabSpec {
        is_about: |scenario| scenario.training.is_some(),
        refusal: Some("for scenarios that train on encrypted data"),
        ..every(Tab::Leak, "What the server learns", "Show what the server learns",
            "Training samples beside what the server of an encrypted training makes of them",
            Key::Num9)
    },
    every(Tab::Compare, "Compare", "Show comparison",
        "BGV, CKKS and TFHE side by side on this model", Key::Num7),
    TabSpec {
        is_about: |scenario| scenario.sequence.is_some(),
        ..every(Tab::Sequence, "Sequence", "Show sequence",
            "A recurrent network over time, and the strategies for its noise", Key::Num6)
    },
    every(Tab::Lessons, "Lessons", "Show lessons",
        "Lessons step by step, to go through alone or in a class", Key::H),
    TabSpec {
        words: Words::new("Show welcome", "The scenarios as questions, and where to begin",
            Modifiers::NONE, Key::F2),
        ..every(Tab::Welcome, "Welcome", "", "", Key::F2)
    },
];

/// A tab about every setup.
const fn every(
    tab: Tab,
    name: &'static str,
    label: &'static str,
    tooltip: &'static str,
    key: Key,
) -> TabSpec {
    let words = Words::new(label, tooltip, CTRL, key);
    TabSpec { tab, name, words, is_about: |_| true, refusal: None }
}

impl Tab {
    pub fn spec(self) -> &'static TabSpec {
        // Every tab is in the table; a test holds that.
        TABS.get(self as usize).unwrap_or(&TABS[0])
    }
}

/// The tab of that name.
pub fn tab_named(name: &str) -> Option<Tab> {
    TABS.iter().find(|spec| spec.name == name).map(|spec| spec.tab)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tab_stands_at_its_place() {
        for (at, spec) in TABS.iter().enumerate() {
            assert_eq!(spec.tab as usize, at);
            assert_eq!(spec.tab.spec().name, spec.name);
        }
    }
}
