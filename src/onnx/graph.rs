//! A model file as a graph of nodes.

use crate::attributes::Attributes;
use crate::error::OnnxError;
use crate::external::Folder;
use crate::messages::{ModelProto, NodeProto, ValueInfoProto};
use crate::scan;
use crate::tensor::Tensor;
use prost::Message as _;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Largest file, bytes.
const MAX_FILE_BYTES: u64 = 512 << 20;
/// Most nodes of a graph.
const MAX_NODES: usize = 100_000;
/// Operator sets of the domain `ai.onnx` that are read.
const OPSETS: std::ops::RangeInclusive<i64> = 7..=26;
/// `data_type` of texts.
const TEXTS: i32 = 8;
/// Domain of classical machine learning, as skl2onnx writes it.
const ML: &str = "ai.onnx.ml";

/// An input of a graph that is no weight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    pub name: String,
    /// Lengths of its axes; `None` where the file leaves one open.
    pub dims: Vec<Option<usize>>,
}

/// One operation.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its own name, or its operation with the name of what it gives: what errors call it.
    pub name: String,
    /// The operation; those of `ai.onnx.ml` begin with `ml.`.
    pub op: String,
    /// Names of values; empty where an optional one is left out.
    pub inputs: Vec<String>,
    pub outputs: Vec<String>,
    pub attributes: Attributes,
}

/// A model file.
#[derive(Clone, Debug)]
pub struct Model {
    /// Program and version that wrote it.
    pub producer: String,
    /// Version of the operators of the domain `ai.onnx`.
    pub opset: i64,
    /// What the exporter noted: class names, normalisation.
    pub metadata: HashMap<String, String>,
    pub inputs: Vec<Input>,
    /// Names of the values that are the result.
    pub outputs: Vec<String>,
    /// In an order in which each comes after those it depends on.
    pub nodes: Vec<Node>,
    pub weights: HashMap<String, Tensor>,
    /// Lists of texts, by their names: what classes are called.
    pub texts: HashMap<String, Vec<String>>,
}

/// Whether bytes begin as an ONNX file does, which has no mark of its own: with the version of the
/// format, then a field of `ModelProto`.
pub fn looks_like(bytes: &[u8]) -> bool {
    let Some(start) = bytes.first_chunk::<8>() else { return false };
    let [tag, version, next, ..] = *start;
    let fields = [0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42, 0x72];
    tag == 0x08 && (1..=20).contains(&version) && fields.contains(&next) && start[5..] != [0; 3]
}

/// Reads the model file at `path`; weights may lie beside it, in its folder.
///
/// # Errors
/// When it cannot be read, is no ONNX file of a known version, is cut short or inconsistent.
pub fn read(path: &Path) -> Result<Model, OnnxError> {
    decode(bytes_of(path)?, &Folder::of(path))
}

/// The files beside the model at `path` that hold weights of it; none where it cannot be read.
pub fn beside(path: &Path) -> Vec<PathBuf> {
    let model = bytes_of(path).ok().and_then(|bytes| parse(&bytes).ok());
    let graph = model.and_then(|model| model.graph);
    let weights = graph.iter().flat_map(|graph| &graph.initializer);
    let entries = weights.flat_map(|tensor| &tensor.external_data);
    let names = entries.filter(|e| e.key == "location").map(|e| e.value.as_str());
    // Of a large network each weight names the same file.
    let names: BTreeSet<&str> = names.collect();
    let folder = Folder::of(path);
    names.into_iter().filter_map(|name| folder.inside(name).ok()).collect()
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, OnnxError> {
    let fail = |e: std::io::Error| OnnxError(format!("{e}{}", file::advice(&e)));
    let file = data::open_regular(path).map_err(fail)?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(fail)?;
    Ok(bytes)
}

fn parse(bytes: &[u8]) -> Result<ModelProto, OnnxError> {
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(OnnxError(format!("more than {MAX_FILE_BYTES} bytes, the most that is read")));
    }
    scan::check(bytes)?;
    ModelProto::decode(bytes)
        .map_err(|e| OnnxError(format!("not an ONNX file: {}", format::excerpt(&e.to_string()))))
}

/// Reads a model from the bytes of its file, which must hold all weights.
///
/// # Errors
/// As [`read`].
pub fn read_bytes(bytes: Vec<u8>) -> Result<Model, OnnxError> {
    decode(bytes, &Folder::none())
}

fn decode(bytes: Vec<u8>, folder: &Folder) -> Result<Model, OnnxError> {
    let fail = |reason: String| Err(OnnxError(reason));
    let model = parse(&bytes)?;
    drop(bytes);
    let Some(graph) = model.graph else {
        return fail("no graph in it: not an ONNX model; export it again".into());
    };
    let version = |domain: &str| {
        let same = |d: &str| d == domain || domain.is_empty() && d == "ai.onnx";
        model.opset_import.iter().find(|o| same(&o.domain)).map(|o| o.version)
    };
    let opset = match version("").or(version(ML)) {
        None => return fail("no operator set is named; export it again".into()),
        // Of classical models the file may name no other set.
        Some(_) if version("").is_none() => *OPSETS.end(),
        Some(opset) => opset,
    };
    if !OPSETS.contains(&opset) {
        return fail(format!(
            "operator set {opset}; {} to {} are read: export with opset_version=17",
            OPSETS.start(),
            OPSETS.end()
        ));
    }
    if !graph.sparse_initializer.is_empty() {
        return fail("has sparse weights; export dense ones".into());
    }
    if graph.node.len() > MAX_NODES {
        return fail(format!("{} nodes; at most {MAX_NODES} are read", graph.node.len()));
    }
    let one = |text: &str| text.replace(char::is_control, " ");
    let mut weights = HashMap::with_capacity(graph.initializer.len());
    let mut texts = HashMap::new();
    for tensor in graph.initializer {
        let name = tensor.name.clone();
        if tensor.data_type == TEXTS {
            let list = tensor.string_data.iter();
            let list = list.map(|text| one(&String::from_utf8_lossy(text))).collect();
            texts.insert(name, list);
        } else {
            weights.insert(name, Tensor::read(tensor, folder)?);
        }
    }
    let inputs: Vec<Input> = graph.input.into_iter().map(input).collect();
    let inputs: Vec<Input> = inputs
        .into_iter()
        .filter(|i| !weights.contains_key(&i.name) && !texts.contains_key(&i.name))
        .collect();
    let nodes: Result<Vec<Node>, OnnxError> =
        graph.node.into_iter().map(|n| node(n, folder)).collect();
    let known = inputs.iter().map(|i| i.name.clone());
    let known = known.chain(weights.keys().cloned()).chain(texts.keys().cloned());
    let nodes = ordered(nodes?, known.collect())?;
    Ok(Model {
        producer: one(format!("{} {}", model.producer_name, model.producer_version).trim()),
        opset,
        metadata: model.metadata_props.into_iter().map(|e| (e.key, e.value)).collect(),
        inputs,
        outputs: graph.output.into_iter().map(|o| o.name).collect(),
        nodes,
        weights,
        texts,
    })
}

fn input(from: ValueInfoProto) -> Input {
    let shape = from.r#type.and_then(|t| t.tensor_type).and_then(|t| t.shape);
    let dims = shape.map(|s| s.dim).unwrap_or_default().into_iter();
    let length = |d: Option<i64>| d.and_then(|d| usize::try_from(d).ok()).filter(|d| *d > 0);
    Input { name: from.name, dims: dims.map(|d| length(d.dim_value)).collect() }
}

fn node(from: NodeProto, folder: &Folder) -> Result<Node, OnnxError> {
    let op = match from.domain.as_str() {
        "" | "ai.onnx" => from.op_type,
        ML => format!("ml.{}", from.op_type),
        other => format!("{other}.{}", from.op_type),
    };
    let name = match from.name.as_str() {
        "" => format!("{op} of {}", from.output.first().map_or("nothing", String::as_str)),
        name => name.to_owned(),
    };
    let named = |e: OnnxError| OnnxError(format!("node {}: {e}", format::excerpt(&name)));
    let attributes = Attributes::read(from.attribute, folder).map_err(named)?;
    Ok(Node { name, op, inputs: from.input, outputs: from.output, attributes })
}

/// The nodes so that each comes after what it needs; exporters write them so, but need not.
fn ordered(nodes: Vec<Node>, mut known: HashSet<String>) -> Result<Vec<Node>, OnnxError> {
    let mut given = HashSet::new();
    for output in nodes.iter().flat_map(|n| &n.outputs).filter(|o| !o.is_empty()) {
        if known.contains(output) || !given.insert(output.clone()) {
            let output = format::excerpt(output);
            return Err(OnnxError(format!("two things are called {output}; export it again")));
        }
    }
    let mut done = Vec::with_capacity(nodes.len());
    let mut left = nodes;
    while !left.is_empty() {
        let before = done.len();
        let mut waiting = Vec::new();
        for node in left {
            if node.inputs.iter().all(|i| i.is_empty() || known.contains(i)) {
                known.extend(node.outputs.iter().cloned());
                done.push(node);
            } else {
                waiting.push(node);
            }
        }
        if done.len() == before {
            let first = waiting.first().map(|n| {
                let missing = n.inputs.iter().find(|i| !i.is_empty() && !known.contains(*i));
                (n.name.clone(), missing.cloned().unwrap_or_default())
            });
            let (node, missing) = first.unwrap_or_default();
            return Err(OnnxError(format!(
                "node {} needs {}, which nothing gives, or only what comes after it",
                format::excerpt(&node),
                format::excerpt(&missing)
            )));
        }
        left = waiting;
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::{GraphProto, OperatorSetIdProto};

    fn node_of(op: &str, input: &str, output: &str) -> NodeProto {
        NodeProto {
            op_type: op.into(),
            input: vec![input.into()],
            output: vec![output.into()],
            ..Default::default()
        }
    }

    fn model(opset: i64, node: Vec<NodeProto>) -> ModelProto {
        let input = vec![ValueInfoProto { name: "x".into(), ..Default::default() }];
        ModelProto {
            producer_name: "test".into(),
            opset_import: vec![OperatorSetIdProto { version: opset, ..Default::default() }],
            graph: Some(GraphProto { node, input, ..Default::default() }),
            ..Default::default()
        }
    }

    fn read(model: &ModelProto) -> Result<Model, OnnxError> {
        read_bytes(model.encode_to_vec())
    }

    #[test]
    fn nodes_are_put_in_order() {
        let model = model(17, vec![node_of("Relu", "y", "z"), node_of("Tanh", "x", "y")]);
        let ops: Vec<String> = read(&model).unwrap().nodes.into_iter().map(|n| n.op).collect();
        assert_eq!(ops, ["Tanh", "Relu"]);
    }

    #[test]
    fn what_cannot_be_a_graph_is_refused_in_one_line() {
        let relu = || node_of("Relu", "x", "y");
        for (model, reason) in [
            (model(5, vec![relu()]), "operator set 5; 7 to"),
            (model(99, vec![relu()]), "operator set 99"),
            (model(17, vec![node_of("Relu", "w", "y")]), "needs w, which nothing gives"),
            (model(17, vec![relu(), relu()]), "two things are called y"),
            (model(17, vec![node_of("A", "b", "a"), node_of("B", "a", "b")]), "nothing gives"),
            (ModelProto::default(), "no graph"),
        ] {
            let told = read(&model).unwrap_err().to_string();
            assert!(told.contains(reason) && !told.contains('\n'), "{told}");
        }
    }

    #[test]
    fn bytes_cut_anywhere_changed_anywhere_never_panic() {
        let bytes = model(17, vec![node_of("Relu", "x", "y")]).encode_to_vec();
        for len in 0..bytes.len() {
            let _ = read_bytes(bytes[..len].to_vec());
        }
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                let _ = read_bytes(changed);
            }
        }
    }

    #[test]
    fn small_files_that_grow_large_in_memory_are_refused() {
        // Two million empty nodes: four megabytes of file, half a gigabyte of structures.
        let node = vec![NodeProto::default(); 2_000_000];
        let told = read(&model(17, node)).unwrap_err().to_string();
        assert!(told.contains("far more than"), "{told}");
    }
}
