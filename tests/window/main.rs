//! The window, clicked through without a display.

mod activation;
mod clicks;
mod cryptonn;
mod drive;
mod scripted;
mod shots;
mod tables;
mod tasks;
mod worker;
