//! The window, clicked through without a display.

mod activation;
mod clicks;
mod costs;
mod cryptonn;
mod drive;
mod layout;
mod lessons;
mod made_up;
mod new_network;
mod own;
mod own_sample;
mod parameters;
mod person;
mod scripted;
mod sequence;
mod share;
mod shots;
mod stale;
mod strip;
mod sweep;
mod tables;
mod tasks;
mod terms;
mod three;
mod worker;
