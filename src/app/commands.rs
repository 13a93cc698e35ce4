//! Everything that can be done with a key, a menu or the palette, found in the tables.

use super::command::Command;
use super::command_table::{Group, MENUS, Row};
use super::exports;
use super::ready::{Ready, when};
use super::state::State;
use super::tab::TABS;
use super::words::Words;
use egui::Modifiers;

impl Group {
    /// What stands in it.
    pub fn commands(&self) -> Vec<Command> {
        match self {
            Self::Rows(rows) => rows.iter().map(|row| row.command).collect(),
            Self::Tabs => TABS.iter().map(|spec| Command::Show(spec.tab)).collect(),
            Self::Exports => exports::all().map(|export| export.command()).collect(),
        }
    }

    fn rows(&self) -> &'static [Row] {
        match self {
            Self::Rows(rows) => rows,
            Self::Tabs | Self::Exports => &[],
        }
    }
}

/// All commands, those of the setup first.
pub fn all() -> impl Iterator<Item = Command> {
    let (setup, others): (Vec<_>, Vec<_>) = MENUS.iter().partition(|menu| menu.name == "Setup");
    setup.into_iter().chain(others).flat_map(|menu| menu.groups).flat_map(Group::commands)
}

impl Command {
    /// The row of a command that is neither a tab nor an export.
    pub fn row(self) -> &'static Row {
        let mut rows = MENUS.iter().flat_map(|menu| menu.groups).flat_map(Group::rows);
        // Every command is in the table; a test holds that.
        rows.find(|row| row.command == self).unwrap_or(&MENUS[3].groups[0].rows()[0])
    }

    /// How it is shown and reached.
    pub fn words(self) -> Words {
        match self {
            Self::Show(tab) => tab.spec().words,
            Self::Export(id) => exports::find(id).words,
            other => other.row().words,
        }
    }

    /// What lessons call it; `None` for what they never take away.
    pub fn control(self) -> Option<&'static str> {
        match self {
            Self::Show(tab) => Some(tab.spec().name),
            Self::Export(_) => None,
            other => Some(other.row().words.label).filter(|_| !other.is_always_there()),
        }
    }

    /// Whether it serves the window and not the setup, the results or what is looked at.
    fn is_always_there(self) -> bool {
        matches!(
            self,
            Self::Stop
                | Self::StopTask
                | Self::Quit
                | Self::Preferences
                | Self::ToggleTheme
                | Self::ZoomIn
                | Self::ZoomOut
                | Self::ZoomReset
                | Self::FoldSetup
                | Self::Present
                | Self::EnlargePlot
                | Self::NextPlot
                | Self::PreviousPlot
                | Self::Palette
                | Self::ShowLog
                | Self::Glossary
                | Self::About
                | Self::OpenLesson
                | Self::NextStep
                | Self::PreviousStep
                | Self::DoStep
                | Self::LeaveLesson
        )
    }

    /// Whether it makes sense now, or why not.
    pub fn ready(self, state: &State) -> Ready {
        let allowed = self.control().is_none_or(|control| state.allows(control));
        when(allowed, "not in this step of the lesson")?;
        self.ready_outside(state)
    }

    /// The same, whatever a lesson allows.
    pub fn ready_outside(self, state: &State) -> Ready {
        match self {
            Self::Show(tab) => match tab.spec().refusal {
                Some(reason) => when((tab.spec().is_about)(&state.scenario), reason),
                None => Ok(()),
            },
            Self::Export(id) => (exports::find(id).ready)(state),
            other => (other.row().ready)(state),
        }
    }

    /// Whether it makes sense now.
    pub fn is_enabled(self, state: &State) -> bool {
        self.ready(state).is_ok()
    }

    /// Shortcut and tooltip in one text, for hovering.
    pub fn hover_text(self, ctx: &egui::Context) -> String {
        let words = self.words();
        format!("{} ({})", words.tooltip, ctx.format_shortcut(&words.keys))
    }
}

/// Commands whose shortcut was pressed. While something modal is open only Esc-like keys of that
/// thing count, and while text is edited its own keys (undo, word moves) stay with the text.
pub fn pressed(ctx: &egui::Context, state: &State) -> Vec<Command> {
    if state.is_modal() {
        return Vec::new();
    }
    let typing = ctx.text_edit_focused();
    let open = egui::Popup::is_any_open(ctx)
        || state.shown_layer().is_some()
        || state.shows_plot_alone()
        || state.leaves_replay();
    let mut order: Vec<_> = all().map(|command| (command, command.words().keys)).collect();
    // Longest modifiers first: Ctrl+Shift+O and Ctrl+Alt+O must not be taken for Ctrl+O.
    let more = |m: Modifiers| u8::from(m.shift) + u8::from(m.alt);
    order.sort_by_key(|(_, keys)| std::cmp::Reverse(more(keys.modifiers)));
    ctx.input_mut(|input| {
        order.retain(|(command, keys)| {
            let texts_own = matches!(
                command,
                Command::Undo | Command::Redo | Command::NextSample | Command::PreviousSample
            );
            let kept_back = (typing && texts_own) || (open && *command == Command::Stop);
            !kept_back && input.consume_shortcut(keys)
        });
    });
    order.into_iter().map(|(command, _)| command).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_two_shortcuts_clash() {
        for os_is_mac in [false, true] {
            let mut seen = HashSet::new();
            for command in all() {
                let name = command.words().keys.format(&egui::ModifierNames::NAMES, os_is_mac);
                assert!(seen.insert(name.clone()), "{name} is used twice");
            }
        }
    }

    #[test]
    fn every_command_is_in_the_table_once_with_words() {
        let commands: HashSet<_> = all().collect();
        assert_eq!(commands.len(), all().count());
        let labels: HashSet<_> = all().map(|command| command.words().label).collect();
        assert_eq!(labels.len(), commands.len());
        for words in all().map(Command::words) {
            assert!(!words.tooltip.is_empty() && !words.label.ends_with(['.', ':']));
        }
    }

    #[test]
    fn what_opens_a_dialog_says_so() {
        for label in all().map(|command| command.words().label) {
            let asks = ["Open", "Save", "Export"].iter().any(|verb| label.starts_with(verb));
            assert!(!asks || label.ends_with('…'), "{label}");
        }
    }
}
