//! What windows are made of: colours and fonts, small widgets, charts, and charts as SVG.
//!
//! Nothing here knows the state of the application: what is drawn is handed over, and what a person does
//! with it is told back.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod beside;
mod cells;
mod chart;
mod copy;
mod fields;
mod frame;
pub mod highlight;
mod horizontal;
pub mod pixels;
mod place_names;
mod svg;
mod term;
pub mod theme;
mod ticks;
mod values;
mod widgets;

pub use beside::Beside;
pub use cells::{aligned, sort_title};
pub use chart::{Chart, Curve, Mark, Pen};
pub use copy::copied;
pub use fields::{PAIR_FIRST, ROOM_FOR_TWO, number_or, pair, read_field, slider_or};
pub use frame::{Shown, in_two, inside_width, marker};
pub use horizontal::Horizontal;
pub use place_names::PlaceNames;
pub use svg::{Figure, escaped};
pub use term::{dotted, explain, explained, question_mark, wanted_tab};
pub use ticks::{Tick, Unit, logarithmic, number_text, number_ticks};
pub use widgets::{
    badge, caption, caption_about, field, fixed_label, heading, named, optional, progress, row,
};
