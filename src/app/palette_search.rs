//! The command palette: find any command by typing.

use super::command::Command;
use super::commands::all;
use super::palette::Palette;
use super::state::State;

impl Palette {
    /// Commands that can be used now and hold every word typed.
    pub fn matches(&self, state: &State) -> Vec<Command> {
        let typed: Vec<String> = self.filter.split_whitespace().map(str::to_lowercase).collect();
        let fits = |command: &Command| {
            let words = command.words();
            let text = format!("{} {}", words.label, words.tooltip).to_lowercase();
            command.is_enabled(state) && typed.iter().all(|word| text.contains(word))
        };
        all().filter(fits).collect()
    }

    /// Moves the choice, staying within the list.
    pub fn step(&mut self, by: isize, state: &State) {
        let last = self.matches(state).len().saturating_sub(1);
        self.choice = self.choice.saturating_add_signed(by).min(last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export_id::ExportId;
    use scenario::Scenario;

    #[test]
    fn words_in_any_order_find_a_command() {
        let state = State::new(Scenario::open("digits").unwrap());
        let palette = Palette { filter: "DARK theme".into(), choice: 0 };
        assert_eq!(palette.matches(&state), [Command::ToggleTheme]);
    }

    #[test]
    fn what_makes_no_sense_now_is_not_offered() {
        let state = State::new(Scenario::open("digits").unwrap());
        let all = Palette::default().matches(&state);
        assert_eq!(all.first(), Some(&Command::Run));
        assert!(!all.contains(&Command::Stop));
        assert!(!all.contains(&Command::Export(ExportId("-report.json"))));
    }
}
