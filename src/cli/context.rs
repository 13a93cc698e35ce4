//! The surroundings of a command, and its answer.

use super::args::ScenarioArgs;
use file::Uses;
use progress::Cancel;
use scenario::{Scenario, Sources};
use std::io::Write;

/// The surroundings of a command.
pub(super) struct Context<'a> {
    pub(super) sources: Sources,
    pub(super) cancel: Cancel,
    pub(super) err: &'a mut (dyn Write + Send),
    /// Whether `err` is a terminal.
    pub(super) terminal: bool,
}

impl Context<'_> {
    /// The files that a command on `scenario` reads, which it must not write.
    pub(super) fn uses(&self, args: &ScenarioArgs, scenario: &Scenario) -> Uses {
        let mut uses = Uses::of_process();
        if let Some(path) = Scenario::file_of(&args.scenario) {
            uses.reads("scenario", &path);
        }
        let files = scenario.files(self.sources.data_dir.as_deref());
        for (what, path) in import::with_parts(files) {
            uses.reads(what, &path);
        }
        uses
    }
}

/// What a command has to say on standard output, and its exit status.
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) status: i32,
}

impl From<String> for Answer {
    fn from(text: String) -> Self {
        Self { text, status: 0 }
    }
}
