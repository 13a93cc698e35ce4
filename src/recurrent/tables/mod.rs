//! The strategy that needs no client: a lookup table for every unit and step, by bootstrapping.

mod client;
mod execute;
mod forecast;
mod server;
#[cfg(test)]
mod tests;

pub(crate) use execute::{execute_tables, planned_tables};
pub(crate) use forecast::{expectations, forecast_tables};
