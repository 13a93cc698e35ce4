//! What a lesson keeps hidden: whatever answers a guess that is still to be made, in its step or before.

use super::state::State;
use lesson::Session;

/// Facts about sizes.
const BYTES: &[&str] = &["run.times_more_bytes", "run.upload", "run.upload_per_sample"];

/// Whether a plan answers such a fact.
fn is_planned(fact: &str) -> bool {
    ["run.", "plan.", "compare."].iter().any(|group| fact.starts_with(group))
}

impl State {
    fn awaits(&self, group: &str) -> bool {
        self.lesson.as_ref().is_some_and(|session| session.awaits(|fact| fact.starts_with(group)))
    }

    fn awaits_of_run(&self, is_such: impl Fn(&str) -> bool) -> bool {
        self.lesson.as_ref().is_some_and(|session| session.awaits_here(is_such))
    }

    /// Whether what is predicted is hidden.
    pub fn hides_predictions(&self) -> bool {
        let session = self.lesson.as_ref();
        session.is_some_and(|s| s.waits_for_guess() || s.awaits(is_planned))
    }

    /// Why, in words.
    pub fn hidden_text(&self) -> &'static str {
        match self.lesson.as_ref().is_some_and(Session::waits_for_guess) {
            true => "What is predicted is hidden until your guess stands",
            false => "What is predicted is hidden: you will guess it in a later step",
        }
    }

    /// Whether the run is older than the lesson that is on.
    pub(super) fn has_older_run(&self) -> bool {
        self.run.as_ref().is_some_and(|run| !self.is_of_lesson(&run.origin))
    }

    /// Whether the run is hidden: it is older than the lesson, or what it measured is to be guessed.
    pub fn hides_run(&self) -> bool {
        self.has_older_run()
            || self.awaits_of_run(|fact| fact.starts_with("run.") && !BYTES.contains(&fact))
    }

    /// Whether sizes are hidden.
    pub fn hides_bytes(&self) -> bool {
        self.awaits_of_run(|fact| BYTES.contains(&fact))
    }

    /// Whether accuracies in the activation laboratory are hidden.
    pub fn hides_lab(&self) -> bool {
        self.awaits("lab.")
    }

    /// Whether what a sweep found is hidden.
    pub fn hides_sweep(&self) -> bool {
        self.awaits("sweep.")
    }

    /// Whether what is made of the samples of an encrypted training is hidden.
    pub fn hides_leak(&self) -> bool {
        self.awaits("leak.")
    }
}
