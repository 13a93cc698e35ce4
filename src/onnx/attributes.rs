//! What a node says beside its inputs.

use crate::error::OnnxError;
use crate::external::Folder;
use crate::messages::AttributeProto;
use crate::tensor::Tensor;
use std::collections::HashMap;

/// One value.
#[derive(Clone, Debug)]
struct Attribute {
    float: f32,
    int: i64,
    text: String,
    tensor: Option<Tensor>,
    floats: Vec<f32>,
    ints: Vec<i64>,
    texts: Vec<String>,
}

/// The attributes of a node, by name.
#[derive(Clone, Debug, Default)]
pub struct Attributes(HashMap<String, Attribute>);

impl Attributes {
    pub(crate) fn read(from: Vec<AttributeProto>, folder: &Folder) -> Result<Self, OnnxError> {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let mut all = HashMap::with_capacity(from.len());
        for a in from {
            if a.g.is_some() {
                return Err(OnnxError(format!(
                    "attribute {} is a graph of its own (If, Loop, Scan); export the model without control flow",
                    format::excerpt(&a.name)
                )));
            }
            let attribute = Attribute {
                float: a.f,
                int: a.i,
                text: text(a.s),
                tensor: a.t.map(|t| Tensor::read(t, folder)).transpose()?,
                floats: a.floats,
                ints: a.ints,
                texts: a.strings.into_iter().map(text).collect(),
            };
            all.insert(a.name, attribute);
        }
        Ok(Self(all))
    }

    /// A number, or `otherwise` where it is not given.
    pub fn float(&self, name: &str, otherwise: f32) -> f32 {
        self.0.get(name).map_or(otherwise, |a| a.float)
    }

    /// A whole number, or `otherwise`.
    pub fn int(&self, name: &str, otherwise: i64) -> i64 {
        self.0.get(name).map_or(otherwise, |a| a.int)
    }

    /// A text; empty where it is not given.
    pub fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |a| &a.text)
    }

    /// A tensor.
    pub fn tensor(&self, name: &str) -> Option<&Tensor> {
        self.0.get(name)?.tensor.as_ref()
    }

    /// A list of numbers.
    pub fn floats(&self, name: &str) -> Option<&[f32]> {
        self.0.get(name).map(|a| a.floats.as_slice())
    }

    /// A list of whole numbers.
    pub fn ints(&self, name: &str) -> Option<&[i64]> {
        self.0.get(name).map(|a| a.ints.as_slice())
    }

    /// A list of texts.
    pub fn texts(&self, name: &str) -> Option<&[String]> {
        self.0.get(name).map(|a| a.texts.as_slice())
    }

    /// Whether it is given.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}
