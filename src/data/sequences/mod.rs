//! Sequences: readers, and the set that the program makes itself.

mod labelled;
mod named;
mod series;
mod text;
mod ts;
mod ts_header;
mod ts_row;
mod waves;
mod words;

pub(super) use labelled::is_labelled_text;
pub(super) use named::{framed, open as open_named, rows_of};
pub(super) use text::open_with as open_text;
pub(super) use ts::{begins_as_ts, is_ts, open as open_ts, open_unlabelled as open_unlabelled_ts};
