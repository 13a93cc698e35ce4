//! Why a file is no lesson.

/// Why a file is no lesson; the text is one line for a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LessonError {
    #[error("lesson of {bytes} bytes; at most {most} are allowed")]
    TooLarge { bytes: u64, most: u64 },
    #[error("lesson: {0}")]
    Parse(String),
    #[error("lesson of version {0}; 1 is read")]
    Version(u32),
    #[error("lesson: {0}")]
    Content(String),
    #[error("lesson, step {step}: {reason}")]
    Step { step: usize, reason: String },
}
