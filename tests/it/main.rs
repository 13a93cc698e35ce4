//! Flows that cross rooms. One binary, so that the program is linked once.

mod activation;
mod approximate;
mod attacks;
mod bench;
mod cli;
mod corpus;
mod cryptonn;
mod data;
mod encrypted;
mod fetch;
mod files;
mod five;
mod imports;
mod kernels;
mod layering;
mod margins;
mod matching;
mod matrix;
mod model_file;
mod network;
mod old_files;
mod public_sets;
mod sample;
mod second_opinion;
mod sequences;
mod served_sequences;
mod service;
mod settings;
mod shipped_models;
mod sweep;
#[cfg(feature = "tfhe")]
mod tables;
mod units;
mod values;
mod wire;
