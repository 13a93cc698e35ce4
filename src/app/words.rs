//! How what a person can ask for is shown and reached.

use egui::{Key, KeyboardShortcut, Modifiers};

pub const CTRL: Modifiers = Modifiers::COMMAND;
pub const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);
pub const CTRL_ALT: Modifiers = Modifiers::COMMAND.plus(Modifiers::ALT);

/// Name, explanation and key of a command, a tab or an export.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    pub label: &'static str,
    pub tooltip: &'static str,
    pub keys: KeyboardShortcut,
}

impl Words {
    pub const fn new(
        label: &'static str,
        tooltip: &'static str,
        modifiers: Modifiers,
        key: Key,
    ) -> Self {
        Self { label, tooltip, keys: KeyboardShortcut::new(modifiers, key) }
    }
}
