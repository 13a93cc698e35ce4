//! Flows that cross rooms. One binary, so that the program is linked once.

mod activation;
mod bench;
mod activation;
