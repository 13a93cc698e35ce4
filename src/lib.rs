//! CryptoScope: see what encryption does to a neural network.
//!
//! One library in rooms, floors from the ground up; a room uses only rooms below it (held by
//! `tests/it/layering.rs`). `docs/architecture.md` has the map in full, walks through the code, and
//! what to touch to add a thing.
//!
//! | room | what it is |
//! |---|---|
//! | `cli`, `app` | the command line, and the window (feature `gui`) |
//! | `kit`, `view` | what windows are made of; what the window knows of runs and studies (feature `gui`) |
//! | `worker` | background work for the window |
//! | `service` | client and server apart: offers, keys, requests and answers in files |
//! | `run` | runs, recurrent protocols, encrypted training and the attack on it, studies, reports |
//! | `engine` | client and server of one round, in bytes; schemes behind one trait; the offer |
//! | `circuit` | network and request become an encrypted program, with predicted noise and cost |
//! | `scheme` | BGV, CKKS, BFV, TFHE (feature `tfhe`); functional encryption; the security table |
//! | `ring` | residues, transforms, sampling, and the kernels: the only place with `unsafe` |
//! | `network` | layers, inference in the clear, training, model files |
//! | `activation` | activation functions and the polynomials in their place |
//! | `data` | datasets and their readers |
//! | `file`, `wire` | output files and paths; envelopes of messages |
//! | `format`, `progress` | numbers and texts for people; cancellation and progress |
//!
//! Where to begin: `run::Scenario` is everything that a run needs to be repeated, `run::Session`
//! opens, plans and runs it, `run::RunReport` is what comes out. `circuit::plan` makes a plan,
//! `run::execute_integers` and `run::execute_reals` go from raw samples to the report.

#![deny(unsafe_code)]

pub use ::{
    activation, attack, bench, circuit, cli, data, engine, experiment, file, format, functional,
    inference, network, progress, recurrent, report, ring, scenario, scheme, service, study,
    training, wire, worker,
};

#[cfg(feature = "gui")]
pub use ::{app, kit, view};
