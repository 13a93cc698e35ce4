//! A function as text inside of what is not text: some leave fields out, which only text can bear.

use activation::Activation;
use serde::{Deserialize, Deserializer, Serializer, de, ser};

pub(super) fn serialize<S: Serializer>(function: &Activation, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&serde_json::to_string(function).map_err(ser::Error::custom)?)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Activation, D::Error> {
    serde_json::from_str(&String::deserialize(from)?).map_err(de::Error::custom)
}
