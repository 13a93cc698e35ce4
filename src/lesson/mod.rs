//! What teaches: lessons step by step, with facts of the window to wait for, to guess and to be told of.
//!
//! A [`Lesson`] is a file; a [`Session`] is somebody in it. What is known of runs comes through [`Facts`]:
//! nothing here knows a window, and nothing here draws.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod condition;
mod deed;
mod error;
mod fact;
mod glossary;
mod guess;
mod reader;
mod session;
mod shipped;
mod step;
mod told;
mod unit;
mod value;

pub use condition::Condition;
pub use deed::Deed;
pub use error::LessonError;
pub use fact::{FACTS, FactSpec, Facts, fact_spec};
pub use glossary::{Term, term_of, terms};
pub use guess::{Guess, Guessed, NEAR};
pub use reader::{MAX_FILE_BYTES, read};
pub use session::Session;
pub use shipped::shipped;
pub use step::{Kind, Lesson, Prediction, Question, Setting, Step};
pub use told::filled;
pub use unit::Unit;
pub use value::Value;
