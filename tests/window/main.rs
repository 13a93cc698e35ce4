//! The window, clicked through without a display.

mod drive;
mod scripted;
mod shots;
