//! Sequences: readers, and the set that the program makes itself.

mod named;
mod series;
mod text;
mod ts;
mod waves;

pub(super) use named::{open as open_named, rows_of};
pub(super) use text::{is_labelled_text, open as open_text};
pub(super) use ts::{is_ts, open as open_ts};
