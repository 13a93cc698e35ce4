//! The command palette: find any command by typing.

use super::command_table::{Spec, TABLE};
use super::palette::Palette;
use super::state::State;

impl Palette {
    /// Commands that can be used now and hold every word typed.
    pub fn matches(&self, state: &State) -> Vec<&'static Spec> {
        let words: Vec<String> = self.filter.split_whitespace().map(str::to_lowercase).collect();
        TABLE
            .iter()
            .filter(|spec| {
                let text = format!("{} {}", spec.label, spec.tooltip).to_lowercase();
                spec.command.is_enabled(state) && words.iter().all(|w| text.contains(w))
            })
            .collect()
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
    use crate::command::Command;
    use scenario::Scenario;

    #[test]
    fn words_in_any_order_find_a_command() {
        let state = State::new(Scenario::open("digits").unwrap());
        let palette = Palette { filter: "DARK theme".into(), choice: 0 };
        let found: Vec<_> = palette.matches(&state).iter().map(|s| s.command).collect();
        assert_eq!(found, [Command::ToggleTheme]);
    }

    #[test]
    fn what_makes_no_sense_now_is_not_offered() {
        let state = State::new(Scenario::open("digits").unwrap());
        let all = Palette::default().matches(&state);
        assert!(
            all.iter().all(|s| s.command != Command::Stop && s.command != Command::ExportReport)
        );
    }
}
