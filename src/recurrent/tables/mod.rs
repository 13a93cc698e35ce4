//! The strategy that needs no client: a lookup table for every unit and step, by bootstrapping.

mod client;
mod forecast;
mod observer;
mod planned;
mod run;
mod server;
#[cfg(test)]
mod tests;

pub(crate) use forecast::{expectations, forecast_tables};
pub(crate) use planned::planned_tables;
pub(crate) use run::run;
