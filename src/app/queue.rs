//! What the panels ask for, in the order in which they ask.

use super::action::Action;

/// What the panels ask for, until `logic` applies it.
#[derive(Default)]
pub struct Queue(Vec<Action>);

impl Queue {
    /// Asks for `action`.
    pub fn push(&mut self, action: impl Into<Action>) {
        self.0.push(action.into());
    }

    /// What was asked for since the last time.
    pub fn take(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.0)
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
