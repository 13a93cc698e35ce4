//! The nodes of a graph, one after the other: what is constant is computed, what depends on the input
//! becomes layers.

use super::expression::{Expression, Function};
use super::flow::Flow;
use super::layers::{Layers, shown};
use onnx::{Folding, Model, Node, Tensor, Values};
use std::collections::HashMap;

/// Nodes that decide from the scores: they end the network, and what comes after them is not run
/// encrypted.
const DECISIONS: [&str; 12] = [
    "Softmax",
    "LogSoftmax",
    "Hardmax",
    "ArgMax",
    "TopK",
    "Concat",
    "Greater",
    "Less",
    "Equal",
    "ml.ZipMap",
    "ml.ArrayFeatureExtractor",
    "ml.Normalizer",
];

/// Most values of a sample in all nodes together.
const MAX_PLACED: usize = 1 << 24;

/// What a name in the graph stands for.
#[derive(Clone)]
pub(super) enum Value {
    Known(Tensor),
    Flow(Flow),
    /// What was decided from the scores.
    Decided,
}

/// A graph in the course of becoming layers.
pub struct Reading {
    pub layers: Layers,
    values: HashMap<String, Value>,
    /// How many nodes take which value, those that ask for its shape left out.
    uses: HashMap<String, usize>,
    /// Values of a sample in all nodes so far, those that only have other axes left out.
    placed: usize,
    folding: Folding,
    /// The length of the first axis of the input: 1 where the file leaves it open.
    batch: usize,
    /// What the first decision was made from, and by which node.
    pub scores: Option<(Flow, String)>,
    pub notes: Vec<String>,
}

/// What a node gives, or why not.
pub(super) type Given = Result<Value, String>;

impl Reading {
    /// Before the first node of `model`; `flow` is its input `input`.
    pub fn new(layers: Layers, input: &str, flow: Flow, batch: usize, model: &mut Model) -> Self {
        let mut uses = HashMap::new();
        let taken = model.nodes.iter().filter(|n| n.op != "Shape").flat_map(|n| &n.inputs);
        for name in taken.chain(&model.outputs) {
            *uses.entry(name.clone()).or_default() += 1;
        }
        let folding = Folding::of(model.weights.values());
        let weights = std::mem::take(&mut model.weights).into_iter();
        let values = weights.map(|(name, tensor)| (name, Value::Known(tensor)));
        // Names of classes come after a decision only.
        let texts = model.texts.keys().map(|name| (name.clone(), Value::Decided));
        let values = values.chain(texts).collect();
        let (scores, notes) = (None, Vec::new());
        let mut reading = Self { layers, values, uses, placed: 0, folding, batch, scores, notes };
        reading.keep(input, Value::Flow(flow));
        reading
    }

    fn keep(&mut self, name: &str, value: Value) {
        if let Value::Flow(flow) = &value
            && self.uses.get(name).is_some_and(|uses| *uses > 1)
        {
            self.layers.share(flow);
        }
        self.values.insert(name.to_owned(), value);
    }

    /// The flow called `name`.
    pub fn flow(&self, name: &str) -> Option<&Flow> {
        match self.values.get(name)? {
            Value::Flow(flow) => Some(flow),
            _ => None,
        }
    }

    /// Takes the next node.
    ///
    /// # Errors
    /// When it is nothing that a network here can do; the text is to follow the name of the node.
    pub fn take(&mut self, node: &Node) -> Result<(), String> {
        let value = |name: &String| {
            if name.is_empty() { None } else { self.values.get(name).cloned() }
        };
        let inputs: Vec<Option<Value>> = node.inputs.iter().map(value).collect();
        let known: Vec<Option<&Tensor>> = inputs
            .iter()
            .map(|v| match v {
                Some(Value::Known(tensor)) => Some(tensor),
                _ => None,
            })
            .collect();
        let flows: Vec<&Flow> = inputs
            .iter()
            .filter_map(|v| match v {
                Some(Value::Flow(flow)) => Some(flow),
                _ => None,
            })
            .collect();
        let given = if inputs.iter().any(|v| matches!(v, Some(Value::Decided))) {
            self.after_the_scores(node)?
        } else if flows.is_empty() {
            Value::Known(self.folding.constant(node, &known)?)
        } else {
            let flows: Vec<Flow> = flows.into_iter().cloned().collect();
            let known: Vec<Option<Tensor>> = known.into_iter().map(|t| t.cloned()).collect();
            self.on_flows(node, &flows, &known)?
        };
        if let Value::Flow(flow) = &given {
            self.placed += flow.held();
            if self.placed > MAX_PLACED {
                return Err(format!(
                    "is one of too many nodes for values as large: {MAX_PLACED} values in all of them together are read"
                ));
            }
        }
        // Further outputs are masks, indices and the like, which decide nothing here.
        for (at, name) in node.outputs.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
            let value = if at == 0 { given.clone() } else { Value::Decided };
            self.keep(name, value);
        }
        Ok(())
    }

    /// Nothing but more decisions may come after the scores.
    fn after_the_scores(&self, node: &Node) -> Given {
        if ["Gemm", "MatMul", "Conv", "RNN", "GRU", "LSTM"].contains(&node.op.as_str()) {
            return Err(format!(
                "{} comes after a decision ({}); only the end of a network may be one",
                node.op,
                self.scores.as_ref().map_or("", |(_, by)| by)
            ));
        }
        Ok(Value::Decided)
    }

    pub(super) fn decided(&mut self, node: &Node, flow: &Flow) -> Given {
        if self.scores.is_none() {
            self.scores = Some((flow.clone(), node.op.clone()));
        }
        Ok(Value::Decided)
    }

    /// A node with an input that depends on the sample. `known` has its inputs, `None` in the places of
    /// `flows`.
    fn on_flows(&mut self, node: &Node, flows: &[Flow], known: &[Option<Tensor>]) -> Given {
        let a = &node.attributes;
        let Some(flow) = flows.first() else { return Err("has no input".into()) };
        let tensor = |at: usize| known.get(at).and_then(Option::as_ref);
        let first = tensor(0).is_none();
        let under = |function| {
            let expression = flow.expression.clone().under(function);
            expression.map(|e| Value::Flow(flow.with(e))).ok_or_else(too_long)
        };
        match node.op.as_str() {
            "Identity" | "Dropout" => Ok(Value::Flow(flow.clone())),
            "Cast" if [1, 10, 11, 16].contains(&a.int("to", 1)) => Ok(Value::Flow(flow.clone())),
            "Cast" => self.decided(node, flow),
            "Shape" => {
                let dims = flow.dims.iter().skip(1).map(|d| *d as i64);
                Ok(Value::Known(Tensor::ints(
                    std::iter::once(self.batch as i64).chain(dims).collect(),
                )))
            }
            "Reshape" => self.reshaped(flow, tensor(1).and_then(Tensor::whole)),
            "Flatten" => {
                let shaped = (a.int("axis", 1) == 1).then(|| flow.shaped(vec![1, flow.len()]));
                shaped.flatten().map(Value::Flow).ok_or("flattens from another axis than 1".into())
            }
            "Squeeze" | "Unsqueeze" => squeezed(node, flow, tensor(1)),
            "Transpose" => {
                let last = flow.dims.len() as i64;
                let reversed: Vec<i64> = (0..last).rev().collect();
                let order = a.ints("perm").unwrap_or(&reversed).iter();
                let order: Option<Vec<usize>> = order.map(|i| usize::try_from(*i).ok()).collect();
                let turned = order.and_then(|order| flow.transposed(&order));
                turned.map(Value::Flow).ok_or("puts another axis before that of samples; cells that are written out step by step are not read: export them as RNN, GRU or LSTM nodes (torch.onnx.export with dynamo=False)".into())
            }
            "Relu" => under(Function::Relu),
            "LeakyRelu" => under(Function::LeakyRelu(a.float("alpha", 0.01).into())),
            "PRelu" => {
                let slope = tensor(1).and_then(uniform);
                under(Function::LeakyRelu(
                    slope.ok_or("has a slope for each channel; one for all is read")?,
                ))
            }
            "Sigmoid" => under(Function::Sigmoid),
            "Tanh" => under(Function::Tanh),
            "Softplus" => under(Function::Softplus),
            "Gelu" => under(Function::Gelu),
            "Erf" => under(Function::Erf),
            "Exp" => under(Function::Exp),
            "Log" => under(Function::Log),
            "Sqrt" => under(Function::Sqrt),
            "Abs" => under(Function::Abs),
            "Sign" => under(Function::Sign),
            "Neg" => self.scaled(flow, -1.0),
            "Clip" => {
                let end = |at: usize, name: &str, open: f32| match tensor(at) {
                    Some(t) => t.single(),
                    None => Some(a.float(name, open).into()),
                };
                let low = end(1, "min", f32::NEG_INFINITY);
                let high = end(2, "max", f32::INFINITY);
                let (low, high) = low.zip(high).ok_or("has an end for each value")?;
                if low > high {
                    return Err(format!(
                        "cuts off at {low} from below and {high} from above; the first must not be larger"
                    ));
                }
                under(Function::Clip(low, high))
            }
            "HardSigmoid" => {
                let (alpha, beta) = (a.float("alpha", 0.2), a.float("beta", 0.5));
                let line = flow.expression.clone().times(Expression::Number(alpha.into()));
                let line = line.and_then(|l| l.plus(Expression::Number(beta.into())));
                let cut = line.and_then(|l| l.under(Function::Clip(0.0, 1.0)));
                cut.map(|e| Value::Flow(flow.with(e))).ok_or_else(too_long)
            }
            "Add" | "Sub" | "Mul" | "Div" | "Pow" => self.binary(node, flows, known),
            "Gemm" if first => self.gemm(flow, a, tensor(1), tensor(2)),
            "MatMul" if first => {
                let (weight, inputs, outputs) = matrix(tensor(1), false)?;
                self.product(flow, weight, inputs, outputs, Vec::new())
            }
            "Conv" if first => self.conv(flow, a, tensor(1), tensor(2)),
            "AveragePool" | "MaxPool" => self.pool(flow, a, node.op == "MaxPool"),
            "GlobalAveragePool" | "GlobalMaxPool" => {
                let size = self.layers.image(flow)?;
                Ok(Value::Flow(self.whole_pool(size, node.op == "GlobalMaxPool")?))
            }
            "Pad" => self.padded(flow, a, known),
            "Slice" if first => self.sliced(flow, a, known),
            "ReduceMean" => self.mean(flow, a, tensor(1)),
            "BatchNormalization" => self.batch_norm(flow, a, known),
            "ml.Scaler" => {
                let floats = |name| a.floats(name).map(<[f32]>::to_vec).unwrap_or_default();
                let (offset, scale) = (floats("offset"), floats("scale"));
                let scale = if scale.is_empty() { vec![1.0] } else { scale };
                let offset = if offset.is_empty() { vec![0.0] } else { offset };
                let by = Tensor { dims: vec![scale.len()], values: Values::Floats(scale) };
                let off = Tensor {
                    dims: vec![offset.len()],
                    values: Values::Floats(offset.iter().map(|o| -o).collect()),
                };
                let moved = self.with_constant("Add", flow, &off)?;
                let Value::Flow(moved) = moved else { return Ok(moved) };
                self.with_constant("Mul", &moved, &by)
            }
            "ml.LinearClassifier" => self.linear_classifier(node, flow),
            // The probabilities of no and yes, made of one number.
            "Concat" if flows.len() == 2 && flows.iter().all(|f| f.len() == 1) => {
                self.decided(node, &flows[1])
            }
            "Concat" => self.joined(node, flows),
            op if DECISIONS.contains(&op) => {
                across_classes(node, flow.dims.len())?;
                self.decided(node, flow)
            }
            op => Err(format!(
                "is {}, for which there is no layer here; cryptoscope reads dense and convolution layers, average pooling, batch normalisation, and functions of single values",
                format::excerpt(op)
            )),
        }
    }

    fn reshaped(&self, flow: &Flow, target: Option<&[i64]>) -> Given {
        let target = target.ok_or("takes its shape from the data")?;
        let lengths = || target.iter().map(i64::to_string).collect::<Vec<_>>().join(" x ");
        if target.iter().any(|length| *length < -1)
            || target.iter().filter(|l| **l == -1).count() > 1
        {
            return Err(format!(
                "puts values in the shape {}; a length is above 0, 0 (as before) or, once, -1 (what is left): export the model again",
                lengths()
            ));
        }
        let mut dims = Vec::with_capacity(target.len());
        let mut open = None;
        for (at, length) in target.iter().enumerate() {
            dims.push(match length {
                0 => flow.dims.get(at).copied().unwrap_or(0),
                -1 => {
                    open = Some(at);
                    1
                }
                length if at == 0 && usize::try_from(*length) == Ok(self.batch) => 1,
                length => usize::try_from(*length).unwrap_or(0),
            });
        }
        let product: usize = dims.iter().fold(1, |p: usize, d| p.saturating_mul(*d));
        if let Some(at) = open.filter(|_| product > 0) {
            dims[at] = flow.len() / product;
        }
        let shaped = flow.shaped(dims.clone());
        shaped.map(Value::Flow).ok_or_else(|| {
            format!("puts {} values of a sample in the shape {}", flow.len(), shown(&dims))
        })
    }
}

/// What is wrong with a node, and which it is.
pub(super) fn at(node: &Node, reason: &str) -> String {
    format!("node {} ({}): {reason}", format::excerpt(&node.name), format::excerpt(&node.op))
}

/// Refuses a softmax or the like that goes over another axis than the last, that of classes.
pub(super) fn across_classes(node: &Node, axes: usize) -> Result<(), String> {
    let otherwise = match node.op.as_str() {
        "ArgMax" => 0,
        "Softmax" | "LogSoftmax" | "Hardmax" => -1,
        _ => return Ok(()),
    };
    let axis = node.attributes.int("axis", otherwise);
    let last = axes as i64 - 1;
    if axis == last || axis == -1 {
        return Ok(());
    }
    Err(format!(
        "goes over axis {axis}, where the classes are axis {last}: export it with that axis"
    ))
}

/// Axes of length 1 taken away or put in.
fn squeezed(node: &Node, flow: &Flow, axes: Option<&Tensor>) -> Given {
    let given = axes.and_then(Tensor::whole).or(node.attributes.ints("axes"));
    let removes = node.op == "Squeeze";
    let count = flow.dims.len() + if removes { 0 } else { given.map_or(0, <[i64]>::len) };
    let place = |a: &i64| usize::try_from(if *a < 0 { a + count as i64 } else { *a }).ok();
    let axes: Option<Vec<usize>> = match given {
        Some(axes) => axes.iter().map(place).collect(),
        None => Some((1..count).filter(|i| flow.dims.get(*i) == Some(&1)).collect()),
    };
    let axes = axes.filter(|a| a.iter().all(|a| (1..count).contains(a)));
    let axes = axes.ok_or("moves the axis of samples")?;
    let dims: Vec<usize> = if removes {
        (0..count).filter(|i| !axes.contains(i)).map(|i| flow.dims[i]).collect()
    } else {
        let mut old = flow.dims.iter();
        (0..count)
            .map(|i| if axes.contains(&i) { 1 } else { old.next().copied().unwrap_or(0) })
            .collect()
    };
    let shaped = flow.shaped(dims);
    shaped.map(Value::Flow).ok_or_else(|| "takes away an axis that is longer than 1".into())
}

pub(super) fn too_long() -> String {
    "is part of an expression of too many operations".into()
}

/// A matrix as `[outputs][inputs]`, with these numbers. As stored it is `[inputs][outputs]`, or the other way
/// round when it is `turned`.
pub(super) fn matrix(
    tensor: Option<&Tensor>,
    turned: bool,
) -> Result<(Vec<f32>, usize, usize), String> {
    let tensor = tensor.ok_or("multiplies two values that depend on the sample")?;
    let [rows, columns] = tensor.dims[..] else {
        return Err(format!("has a matrix with the axes {}; two are needed", shown(&tensor.dims)));
    };
    let values = tensor.floats();
    if turned {
        return Ok((values, columns, rows));
    }
    let weight = (0..columns).flat_map(|c| values.iter().skip(c).step_by(columns.max(1)).copied());
    Ok((weight.collect(), rows, columns))
}

/// The number that all values of a tensor are.
pub(super) fn uniform(tensor: &Tensor) -> Option<f64> {
    let values = tensor.floats();
    let first = *values.first()?;
    values.iter().all(|v| *v == first).then_some(f64::from(first))
}
