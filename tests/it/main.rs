//! Flows that cross rooms. One binary, so that the program is linked once.

mod data;
mod encrypted;
mod fetch;
mod layering;
mod sample;
