//! Groups of named fields, read from nothing else: derived readers take lists of values for them, too.

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::marker::PhantomData;

/// A value that is written as a group of fields.
struct Fields<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Fields<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Group<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Group<T> {
            type Value = Fields<T>;

            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Fields)
            }
        }

        from.deserialize_map(Group(PhantomData))
    }
}

/// Reads a group of fields: `#[serde(deserialize_with = "file::fields")]`.
///
/// # Errors
/// When it is anything else, or its fields are not right.
pub fn fields<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Fields::deserialize(from).map(|Fields(read)| read)
}

/// The same, where there may be nothing.
///
/// # Errors
/// As [`fields`].
pub fn fields_or_none<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    Ok(Option::<Fields<T>>::deserialize(from)?.map(|Fields(read)| read))
}
