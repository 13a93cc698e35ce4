//! What a file holds, as text and as JSON.

use serde::Serialize;
use serde_json::{Value, json};

/// What something holds, for people and for programs.
pub(super) struct Told {
    /// Lines of a name and a value.
    pub text: String,
    /// An object whose `kind` says what it is of.
    pub json: Value,
}

/// `value` as an object, with what it is of before its own fields.
pub(super) fn tagged(kind: &str, value: &impl Serialize) -> Value {
    let mut object = json!({ "kind": kind });
    if let (Some(object), Ok(Value::Object(fields))) =
        (object.as_object_mut(), serde_json::to_value(value))
    {
        object.extend(fields);
    }
    object
}
