//! What is asked of a lesson.

use lesson::{Guess, Lesson};
use std::sync::Arc;

/// What is asked of a lesson.
#[derive(Clone, Debug)]
pub enum LessonAct {
    Begin(Arc<Lesson>),
    Leave,
    Next,
    Back,
    MoveGuess(Guess),
    /// The guess stands.
    Commit,
    /// A choice, counted from 1.
    Answer(usize),
    DoIt,
}
