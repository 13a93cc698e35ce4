//! A graph written as an ONNX file, node by node.

use crate::messages::{
    AttributeProto, DimensionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto,
    StringStringEntryProto, TensorProto, TensorShapeProto, TensorTypeProto, TypeProto,
    ValueInfoProto,
};
use prost::Message as _;

/// Version of the operators that are written, and of the format that came with it.
const OPSET: i64 = 17;
const IR_VERSION: i64 = 8;
/// Codes of the types of tensors.
const FLOAT: i32 = 1;
const INT64: i32 = 7;

/// An attribute of a node.
#[derive(Clone, Debug)]
pub enum Setting {
    Int(i64),
    Ints(Vec<i64>),
    Float(f32),
    Text(&'static str),
    Texts(Vec<&'static str>),
}

/// A graph with one input and one output, whose first axes are that of samples.
#[derive(Debug, Default)]
pub struct Graph {
    name: String,
    input: Vec<Option<usize>>,
    nodes: Vec<NodeProto>,
    weights: Vec<TensorProto>,
}

impl Graph {
    /// What the input is called.
    pub const INPUT: &str = "input";

    /// A graph without nodes; `input` has the lengths of the axes behind that of samples, `None` where any
    /// will do.
    pub fn new(name: &str, input: &[Option<usize>]) -> Self {
        Self { name: name.to_owned(), input: input.to_vec(), ..Self::default() }
    }

    /// Adds a tensor, the last axis fastest; gives its name.
    pub fn weight(&mut self, name: &str, dims: &[usize], values: &[f32]) -> String {
        let raw = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.tensor(name, FLOAT, dims, raw)
    }

    /// Adds a list of integers; gives its name.
    pub fn integers(&mut self, name: &str, values: &[i64]) -> String {
        let raw = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.tensor(name, INT64, &[values.len()], raw)
    }

    fn tensor(&mut self, name: &str, data_type: i32, dims: &[usize], raw_data: Vec<u8>) -> String {
        let dims = dims.iter().map(|d| *d as i64).collect();
        let name = name.to_owned();
        self.weights.push(TensorProto {
            name: name.clone(),
            data_type,
            dims,
            raw_data,
            ..TensorProto::default()
        });
        name
    }

    /// Adds a node that gives one value, called `name` as the node is; gives that name.
    pub fn node(
        &mut self,
        name: &str,
        op: &str,
        inputs: &[&str],
        settings: &[(&str, Setting)],
    ) -> String {
        self.node_with(name, op, inputs, settings, vec![name.to_owned()]);
        name.to_owned()
    }

    /// Adds a node that gives the values `outputs`; one that is not wanted has no name.
    pub fn node_with(
        &mut self,
        name: &str,
        op: &str,
        inputs: &[&str],
        settings: &[(&str, Setting)],
        outputs: Vec<String>,
    ) {
        self.nodes.push(NodeProto {
            name: name.to_owned(),
            op_type: op.to_owned(),
            input: inputs.iter().map(|i| (*i).to_owned()).collect(),
            output: outputs,
            attribute: settings.iter().map(|(name, value)| attribute(name, value)).collect(),
            domain: String::new(),
        });
    }

    /// The bytes of the file, whose result is `output` with `classes` values for each sample; `metadata`
    /// are keys and texts.
    pub fn finish(self, output: &str, classes: usize, metadata: Vec<(&str, String)>) -> Vec<u8> {
        let entry =
            |(key, value): (&str, String)| StringStringEntryProto { key: key.to_owned(), value };
        let graph = GraphProto {
            name: self.name,
            node: self.nodes,
            initializer: self.weights,
            input: vec![described(Self::INPUT, &self.input)],
            output: vec![described(output, &[Some(classes)])],
            sparse_initializer: Vec::new(),
        };
        let model = ModelProto {
            ir_version: IR_VERSION,
            producer_name: "CryptoScope".to_owned(),
            producer_version: env!("CARGO_PKG_VERSION").to_owned(),
            graph: Some(graph),
            opset_import: vec![OperatorSetIdProto { domain: String::new(), version: OPSET }],
            metadata_props: metadata.into_iter().map(entry).collect(),
        };
        model.encode_to_vec()
    }
}

fn attribute(name: &str, value: &Setting) -> AttributeProto {
    let named = AttributeProto { name: name.to_owned(), ..AttributeProto::default() };
    let bytes = |text: &&str| text.as_bytes().to_vec();
    match value {
        Setting::Float(f) => AttributeProto { f: *f, r#type: 1, ..named },
        Setting::Int(i) => AttributeProto { i: *i, r#type: 2, ..named },
        Setting::Text(text) => AttributeProto { s: bytes(text), r#type: 3, ..named },
        Setting::Ints(ints) => AttributeProto { ints: ints.clone(), r#type: 7, ..named },
        Setting::Texts(texts) => {
            AttributeProto { strings: texts.iter().map(bytes).collect(), r#type: 8, ..named }
        }
    }
}

/// A value with an open number of samples and these axes behind it.
fn described(name: &str, dims: &[Option<usize>]) -> ValueInfoProto {
    let open = |name: &str| DimensionProto { dim_value: None, dim_param: Some(name.to_owned()) };
    let samples = open("batch");
    let axis = |d: &Option<usize>| match d {
        Some(length) => DimensionProto { dim_value: Some(*length as i64), dim_param: None },
        None => open("steps"),
    };
    let dim = std::iter::once(samples).chain(dims.iter().map(axis)).collect();
    let tensor = TensorTypeProto { elem_type: FLOAT, shape: Some(TensorShapeProto { dim }) };
    ValueInfoProto { name: name.to_owned(), r#type: Some(TypeProto { tensor_type: Some(tensor) }) }
}
