//! What the window writes to a file.

use crate::command::Command;
use crate::export_id::ExportId;
use crate::ready::Ready;
use crate::state::State;
use crate::words::Words;
use egui::{Key, Modifiers};

/// Something that is saved: a command, a dialog and a file.
pub struct Export {
    /// The end of the name of its file, which begins with that of the scenario.
    pub id: ExportId,
    pub words: Words,
    pub ready: fn(&State) -> Ready,
    pub content: Content,
}

/// What is in the file.
pub enum Content {
    Bytes(fn(&State) -> Result<Vec<u8>, String>),
    /// An image of the window.
    Window,
}

impl Export {
    /// An export of bytes that are there once it is ready.
    pub const fn new(
        id: &'static str,
        label: &'static str,
        tooltip: &'static str,
        modifiers: Modifiers,
        key: Key,
        ready: fn(&State) -> Ready,
        bytes: fn(&State) -> Result<Vec<u8>, String>,
    ) -> Self {
        let words = Words::new(label, tooltip, modifiers, key);
        Self { id: ExportId(id), words, ready, content: Content::Bytes(bytes) }
    }

    /// The command that saves it.
    pub fn command(&self) -> Command {
        Command::Export(self.id)
    }
}
