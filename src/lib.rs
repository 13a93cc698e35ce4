//! CryptoScope: see what encryption does to a neural network.
//!
//! A workspace of rooms, each a crate, floors from the ground up; a room uses only rooms below it (held
//! by the compiler and `tests/it/layering.rs`). This package names them all. `docs/architecture.md` has the map in full, walks through the code, and
//! what to touch to add a thing.
//!
//! | room | what it is |
//! |---|---|
//! | `cli`, `app` | the command line, and the window (feature `gui`) |
//! | `plots` | what the window plots (feature `gui`) |
//! | `cards` | cards of figures and samples of the window (feature `gui`) |
//! | `page` | a run on a page of HTML |
//! | `look` | a sample drawn by hand, answered, and seen as a ciphertext (feature `gui`) |
//! | `strip` | who sees what of a run, layer by layer (feature `gui`) |
//! | `kit`, `view` | what windows are made of; what the window knows of runs and studies (feature `gui`) |
//! | `worker` | background work for the window |
//! | `service` | client and server apart: offers, keys, requests and answers in files |
//! | `study`, `bench` | runs side by side, as rows of one table; measurements |
//! | `experiment` | one face: opened, planned, run |
//! | `inference`, `recurrent`, `training` | batch inference; CryptoRNN; CryptoNN |
//! | `report` | what is told: events, tallies, findings, the report |
//! | `scenario` | what is asked: settings, model and data matched |
//! | `attack` | what the server of an encrypted training learns |
//! | `engine` | client and server of one round, in bytes; schemes behind one trait; the offer |
//! | `circuit` | network and request become an encrypted program, with predicted noise and cost |
//! | `scheme` | BGV, CKKS, BFV, TFHE (feature `tfhe`); the security table |
//! | `functional` | functional encryption on ristretto255 |
//! | `ring` | residues, transforms, sampling, and the kernels: the only place with `unsafe` |
//! | `import`, `export` | networks out of files, those of other programs too; networks as ONNX files |
//! | `network` | layers, inference in the clear, training, model files |
//! | `activation` | activation functions and the polynomials in their place |
//! | `onnx` | ONNX files read and written: messages, tensors, constants folded |
//! | `data` | datasets and their readers |
//! | `lesson` | lessons step by step, and what they can ask about |
//! | `file`, `wire` | output files and paths; envelopes of messages |
//! | `format`, `progress` | numbers and texts for people; cancellation and progress |
//!
//! Where to begin: `scenario::Scenario` is everything that a run needs to be repeated,
//! `experiment::Experiment` opens, plans and runs it, `report::RunReport` is what comes out.
//! `circuit::plan` makes a plan, `inference::execute_integers` and `execute_reals` go from raw samples
//! to the report.

#![deny(unsafe_code)]

pub use ::{
    activation, attack, bench, circuit, cli, data, engine, experiment, export, file, format,
    functional, import, inference, lesson, network, onnx, page, progress, recurrent, report, ring,
    scenario, scheme, service, study, training, wire, worker,
};

#[cfg(feature = "gui")]
pub use ::{app, cards, kit, look, plots, strip, view};
