//! What the window knows of runs, studies and trainings: their events gathered into what is drawn, with
//! the setup they were made with. Nothing here draws.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod anatomy;
mod compare;
mod compared;
mod cryptonn;
pub mod cryptonn_export;
mod download;
mod folding;
mod history;
mod kept;
pub mod lab;
mod leak;
mod mitigation;
mod moment;
mod new_network;
mod origin;
mod pins;
mod reading;
mod replay;
mod run;
mod sequence;
mod stages;
mod sweep;
mod task;
mod three;
mod time_left;
mod training;
mod words;

pub use compare::{CompareView, Compared};
pub use compared::{OtherSetting, PinnedFigure, compared, compared_csv, other_settings};
pub use cryptonn::CryptonnView;
pub use download::Download;
pub use folding::{Folding, Place};
pub use history::{History, MyModel, file_name};
pub use kept::{KeptRuns, kept_date};
pub use leak::{Attack, LeakChoice, LeakView};
pub use mitigation::MitigationView;
pub use moment::Moment;
pub use new_network::{Blueprint, NewNetwork, RowEdit, scheme_of};
pub use origin::{Origin, Results};
pub use pins::{Pin, Pins};
pub use reading::{options_in, with_option};
pub use replay::{Pace, Replay, ReplayAct};
pub use run::{Progress, RunView, Status};
pub use sequence::{Comparing, SequenceView};
pub use stages::{Group, Stages};
pub use sweep::{SweepAxis, SweepChoice, SweepView, SweptRow, measured_column};
pub use task::TaskStatus;
pub use three::{Difference, Three};
pub use training::TrainingView;
pub use words::{
    compare_words, data_words, lab_words, model_words, run_words, sample_words, sequence_words,
    sweep_words, training_words,
};
