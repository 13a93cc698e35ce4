//! How the strip is looked at.

use crate::perspective::Perspective;

/// How the strip is looked at.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    pub eyes: Perspective,
    /// Stage under the pointer, in plots or table.
    pub hovered: Option<usize>,
    /// The layer whose card is open.
    pub opened: Option<&'a str>,
    /// How strongly it is drawn: what is of another setup stands back.
    pub opacity: f32,
}
