//! A network of sequences from an ONNX file: cells one above the other, and a dense layer on the last state.

use super::cells;
use super::metadata;
use super::nodes::{across_classes, at};
use super::run::{Axis, Run};
use network::recurrent::{Head, RecurrentLayer, RecurrentModel, RecurrentParts};
use network::{ModelCard, Normalisation, Provenance};
use onnx::{Folding, Model, Node, Tensor};
use std::collections::HashMap;

/// Nodes that are cells.
const CELLS: [&str; 3] = ["RNN", "GRU", "LSTM"];

/// Whether a graph has cells.
pub fn has_cells(model: &Model) -> bool {
    model.nodes.iter().any(|node| CELLS.contains(&node.op.as_str()))
}

/// A value of the graph.
#[derive(Clone)]
enum Value {
    Known(Tensor),
    /// Values of steps, or a state.
    Run(Run),
    /// Last states of several layers, lowest first.
    States(Vec<Run>),
    /// A score for each class: `weight x + bias` of the last state.
    Scores(Head),
    /// What was made of the scores: nothing that changes which is the largest.
    Decided,
}

/// The network that `model` is; `name` is what it will be called.
///
/// # Errors
/// When the graph is no such network; the text names the node.
pub fn import(model: Model, name: &str, origin: String) -> Result<RecurrentModel, String> {
    let [input] = &model.inputs[..] else {
        return Err(format!("has {} inputs; networks with one are read", model.inputs.len()));
    };
    let (channels, axes) = match input.dims[..] {
        [_, _, Some(channels)] => (channels, vec![Axis::Batch, Axis::Steps, Axis::Values]),
        _ => {
            return Err(format!(
                "input {} has {} axes; sequences have 3: samples, steps, and values of a known number (words are looked up before: train such networks here)",
                format::excerpt(&input.name),
                input.dims.len()
            ));
        }
    };
    // Sizes that are computed in the graph: of one sample, which is as good as any.
    let sizes = [1, input.dims[1].unwrap_or(1), channels].map(|d| d as i64);
    let folding = Folding::of(model.weights.values());
    let mut reading = Reading {
        folding,
        values: model.weights.into_iter().map(|(name, t)| (name, Value::Known(t))).collect(),
        sizes,
        layers: Vec::new(),
        scores: None,
        notes: Vec::new(),
    };
    // Which of the first two axes is that of steps, the first cell says.
    reading.values.insert(input.name.clone(), Value::Run(Run::new(0, axes)));
    for node in &model.nodes {
        reading.take(node).map_err(|reason| at(node, &reason))?;
    }
    let Reading { layers, mut notes, scores, .. } = reading;
    let mut head = scores.ok_or("has no dense layer on the last state of its last cell")?;
    if let [bias] = head.bias[..] {
        let negative: Vec<f32> = head.weight.iter().map(|w| -w).collect();
        head = Head { weight: [negative, head.weight].concat(), bias: vec![-bias, bias] };
        notes.push(
            "one output is read as two classes: the second where it is above 0 (a probability above one half)".into(),
        );
    }
    let given = metadata::read(&model.metadata, channels)?;
    let normalisation = match given.normalisation {
        Some((offset, scale)) => Normalisation { offset, scale },
        None => {
            notes.push("values are taken as they are; write offset and scale into the metadata of the file where the network was trained on others".into());
            Normalisation { offset: vec![0.0], scale: vec![1.0] }
        }
    };
    RecurrentModel::new(RecurrentParts {
        name: name.to_owned(),
        channels,
        embedding: None,
        normalisation,
        layers,
        head,
        provenance: Provenance { command: origin, ..Provenance::default() },
        card: ModelCard { notes, ..given.card },
    })
    .map_err(|e| e.to_string())
}

struct Reading {
    values: HashMap<String, Value>,
    folding: Folding,
    /// Lengths of the axes of the input, of one sample.
    sizes: [i64; 3],
    layers: Vec<RecurrentLayer>,
    /// The latest scores.
    scores: Option<Head>,
    notes: Vec<String>,
}

impl Reading {
    fn take(&mut self, node: &Node) -> Result<(), String> {
        let inputs: Vec<Option<Value>> = node
            .inputs
            .iter()
            .map(|name| match name.as_str() {
                "" => Ok(None),
                name => match self.values.get(name) {
                    Some(value) => Ok(Some(value.clone())),
                    None => Err(format!("takes {}, which nothing gives", format::excerpt(name))),
                },
            })
            .collect::<Result<_, _>>()?;
        if CELLS.contains(&node.op.as_str()) {
            return self.cell(node, &inputs);
        }
        let known: Vec<Option<&Tensor>> = inputs
            .iter()
            .map(|value| match value {
                Some(Value::Known(tensor)) => Some(tensor),
                _ => None,
            })
            .collect();
        let unknown: Vec<&Value> =
            inputs.iter().flatten().filter(|value| !matches!(value, Value::Known(_))).collect();
        let given = match unknown[..] {
            [] => Value::Known(self.folding.constant(node, &known)?),
            [Value::Run(run)] => self.on_run(node, run, &known)?,
            [Value::Scores(head)] => self.on_scores(node, head, &known)?,
            [Value::Decided] => Value::Decided,
            [Value::States(states)] => self.on_states(node, states, &known)?,
            _ if node.op == "Concat" => states(&unknown)?,
            _ => {
                return Err("joins several values; cells one above the other and a dense layer on the last state are read".into());
            }
        };
        if let Value::Scores(head) = &given {
            self.scores = Some(head.clone());
        }
        if let Some(name) = node.outputs.first().filter(|name| !name.is_empty()) {
            self.values.insert(name.clone(), given);
        }
        Ok(())
    }

    fn cell(&mut self, node: &Node, inputs: &[Option<Value>]) -> Result<(), String> {
        let Some(Some(Value::Run(run))) = inputs.first() else {
            return Err("takes something else than the steps of the input or of a cell".into());
        };
        if run.layer != self.layers.len() {
            return Err(
                "does not follow the cell before it; cells one above the other are read".into()
            );
        }
        let first = match node.attributes.int("layout", 0) {
            0 => [Axis::Steps, Axis::Batch, Axis::Values],
            _ => [Axis::Batch, Axis::Steps, Axis::Values],
        };
        // A graph whose first cell takes the input as it is has the steps first.
        let as_is = run.layer == 0 && run.axes == [Axis::Batch, Axis::Steps, Axis::Values];
        if run.axes != first && !as_is {
            return Err("takes its axes in another order than steps, samples, values".into());
        }
        let known = |at: usize| match inputs.get(at) {
            Some(Some(Value::Known(tensor))) => Ok(Some(tensor)),
            Some(Some(_)) => Err("has weights or states that depend on the input".to_owned()),
            _ => Ok(None),
        };
        let zero =
            |tensor: Option<&Tensor>| tensor.is_none_or(|t| t.floats().iter().all(|v| *v == 0.0));
        if known(4)?.is_some() {
            return Err("has lengths of sequences; sequences are padded at the front here, and their lengths come with the data".into());
        }
        if known(7)?.is_some() {
            return Err("has peepholes, which are not read".into());
        }
        if !zero(known(5)?) || !zero(known(6)?) {
            return Err("begins with a state that is not zero".into());
        }
        let (Some(w), Some(r)) = (known(1)?, known(2)?) else {
            return Err("has no weights".into());
        };
        let layer = cells::layer(node, w, r, known(3)?)?;
        self.layers.push(layer);
        let layer = self.layers.len();
        let mut all = vec![Axis::Steps, Axis::Directions, Axis::Batch, Axis::Values];
        let mut last = vec![Axis::Directions, Axis::Batch, Axis::Values];
        if node.attributes.int("layout", 0) != 0 {
            all = vec![Axis::Batch, Axis::Steps, Axis::Directions, Axis::Values];
            last = vec![Axis::Batch, Axis::Directions, Axis::Values];
        }
        for (name, axes) in node.outputs.iter().zip([all, last]) {
            if !name.is_empty() {
                self.values.insert(name.clone(), Value::Run(Run::new(layer, axes)));
            }
        }
        Ok(())
    }

    /// A node on steps or a state.
    fn on_run(&self, node: &Node, run: &Run, known: &[Option<&Tensor>]) -> Result<Value, String> {
        let a = &node.attributes;
        let tensor = |at: usize| known.get(at).copied().flatten();
        let axis = |axis: i64| run.axis(axis).ok_or("has an axis that is not there".to_owned());
        match node.op.as_str() {
            "Identity" | "Dropout" => Ok(Value::Run(run.clone())),
            "Cast" if [1, 10, 11, 16].contains(&a.int("to", 1)) => Ok(Value::Run(run.clone())),
            "Shape" if run.layer == 0 => {
                let [batch, steps, values] = self.sizes;
                let length = |axis: &Axis| match axis {
                    Axis::Batch => batch,
                    Axis::Steps => steps,
                    Axis::Values => values,
                    Axis::LastStep | Axis::Directions => 1,
                };
                Ok(Value::Known(Tensor::ints(run.axes.iter().map(length).collect())))
            }
            "Transpose" => {
                let turned = a.ints("perm").and_then(|perm| run.transposed(perm));
                turned.map(Value::Run).ok_or("puts its axes in no order".into())
            }
            "Squeeze" => {
                let axes = tensor(1).and_then(Tensor::whole).or(a.ints("axes"));
                let mut axes: Vec<usize> =
                    axes.unwrap_or_default().iter().map(|at| axis(*at)).collect::<Result<_, _>>()?;
                axes.sort_unstable();
                let mut left = run.clone();
                for at in axes.into_iter().rev() {
                    left = left.without(at).ok_or("takes an axis away that has more than one place")?;
                }
                Ok(Value::Run(left))
            }
            "Reshape" | "Flatten" => {
                let lengths = tensor(1).and_then(Tensor::whole).map_or(2, <[i64]>::len);
                run.flattened(lengths).map(Value::Run).ok_or("puts steps or states into another form".into())
            }
            "Gather" => {
                let index = tensor(1).and_then(Tensor::single).ok_or("takes several places of an axis")?;
                self.picked(run, axis(a.int("axis", 0))?, index as i64)
            }
            "Slice" => {
                let list = |at: usize, name: &str| {
                    let given = tensor(at).and_then(Tensor::whole).or(a.ints(name));
                    given.map(<[i64]>::to_vec).unwrap_or_default()
                };
                let (starts, axes) = (list(1, "starts"), list(3, "axes"));
                let at = axis(axes.first().copied().unwrap_or(0))?;
                match (starts.as_slice(), run.axes.get(at)) {
                    ([start], Some(Axis::Steps)) if self.is_last(*start) => Ok(Value::Run(run.at_last(at))),
                    _ => Err("takes a part of the steps; the last state is read".into()),
                }
            }
            "Gemm" | "MatMul" => self.dense(node, run, known),
            "Add" | "Sub" | "Mul" | "Div" if run.layer == 0 => Err(
                "changes the input before the first cell; write offset and scale into the metadata of the file instead".into(),
            ),
            op => Err(format!(
                "{op} on steps or states is not read; a network of sequences is cells one above the other and one dense layer on the last state"
            )),
        }
    }

    /// Whether a place on the axis of steps is the last.
    fn is_last(&self, at: i64) -> bool {
        at == -1 || self.sizes[1] > 1 && at == self.sizes[1] - 1
    }

    fn picked(&self, run: &Run, at: usize, index: i64) -> Result<Value, String> {
        match run.axes.get(at) {
            Some(Axis::Steps) if self.is_last(index) => {
                run.at_last(at).without(at).map(Value::Run).ok_or("takes no step".into())
            }
            Some(Axis::Steps) => {
                Err("takes another step than the last; many-to-one networks are read".into())
            }
            Some(Axis::Directions) if index == 0 || index == -1 => {
                run.without(at).map(Value::Run).ok_or("takes no direction".into())
            }
            _ => Err("takes a part of samples or values".into()),
        }
    }

    /// Last states of layers, one of which is taken.
    fn on_states(
        &self,
        node: &Node,
        states: &[Run],
        known: &[Option<&Tensor>],
    ) -> Result<Value, String> {
        let a = &node.attributes;
        let index = known.get(1).copied().flatten().and_then(Tensor::single);
        match (node.op.as_str(), index) {
            ("Identity", _) => Ok(Value::States(states.to_vec())),
            ("Gather", Some(index)) if a.int("axis", 0) == 0 => {
                let place =
                    if index < 0.0 { states.len() as i64 + index as i64 } else { index as i64 };
                let run = usize::try_from(place).ok().and_then(|place| states.get(place));
                let run =
                    run.and_then(|run| run.without(0)).ok_or("takes a layer that is not there")?;
                Ok(Value::Run(run))
            }
            _ => Err("does something else with last states than take one of them".into()),
        }
    }

    fn dense(&self, node: &Node, run: &Run, known: &[Option<&Tensor>]) -> Result<Value, String> {
        if run.layer != self.layers.len() || run.layer == 0 || !run.is_last_state() {
            return Err("is not on the last state of the last cell".into());
        }
        let hidden = self.layers.last().map_or(0, |l| l.hidden);
        let tensor = |at: usize| known.get(at).copied().flatten();
        let weight = tensor(1).ok_or("has no weights on its right")?;
        let bias = tensor(2).map(Tensor::floats);
        let transposed = node.op == "Gemm" && node.attributes.int("transB", 0) != 0;
        let factor = |name: &str| node.op != "Gemm" || node.attributes.float(name, 1.0) == 1.0;
        if !factor("alpha") || !factor("beta") || node.attributes.int("transA", 0) != 0 {
            return Err("has factors or a turned input".into());
        }
        let (outputs, rows) = match (weight.dims.as_slice(), transposed) {
            ([outputs, inputs], true) if *inputs == hidden => (*outputs, weight.floats()),
            ([inputs, outputs], false) if *inputs == hidden => {
                let values = weight.floats();
                let row = |o: usize| values.iter().skip(o).step_by(*outputs).copied();
                (*outputs, (0..*outputs).flat_map(row).collect())
            }
            _ => {
                return Err(format!(
                    "has weights of other axes than {hidden} units and the classes"
                ));
            }
        };
        let bias = match bias {
            Some(bias) if bias.len() == outputs => bias,
            Some(one) if one.len() == 1 => vec![one[0]; outputs],
            Some(other) => return Err(format!("has {} biases for {outputs} outputs", other.len())),
            None => vec![0.0; outputs],
        };
        Ok(Value::Scores(Head { weight: rows, bias }))
    }

    /// A node behind the scores.
    fn on_scores(
        &mut self,
        node: &Node,
        head: &Head,
        known: &[Option<&Tensor>],
    ) -> Result<Value, String> {
        let same = Value::Scores(head.clone());
        match node.op.as_str() {
            "Identity" | "Dropout" | "Flatten" | "Reshape" | "Squeeze" => Ok(same),
            "Cast" if [1, 10, 11, 16].contains(&node.attributes.int("to", 1)) => Ok(same),
            "Add" => {
                let bias = known.iter().flatten().next().map(|t| t.floats()).unwrap_or_default();
                if bias.len() != head.bias.len() && bias.len() != 1 {
                    return Err(format!(
                        "adds {} values to {} scores",
                        bias.len(),
                        head.bias.len()
                    ));
                }
                let term = |at: usize| bias.get(at).or(bias.first()).copied().unwrap_or(0.0);
                let sum = head.bias.iter().enumerate().map(|(at, b)| b + term(at)).collect();
                Ok(Value::Scores(Head { bias: sum, ..head.clone() }))
            }
            "Softmax" | "LogSoftmax" | "ArgMax" | "Sigmoid" | "Cast" => {
                across_classes(node, 2)?;
                self.notes.push(format!(
                    "{} at the end is left out: it does not change which class has the largest score",
                    node.op
                ));
                Ok(Value::Decided)
            }
            op => Err(format!(
                "{op} after the dense layer is not read; a network of sequences ends with one dense layer"
            )),
        }
    }
}

/// Last states of several layers, joined.
fn states(values: &[&Value]) -> Result<Value, String> {
    let state = |value: &&Value| match value {
        Value::Run(run) if run.axes.first() == Some(&Axis::Directions) => Some(run.clone()),
        _ => None,
    };
    let all: Option<Vec<Run>> = values.iter().map(state).collect();
    all.map(Value::States).ok_or("joins something else than last states of cells".into())
}
