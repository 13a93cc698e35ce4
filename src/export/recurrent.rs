//! A network of sequences as an ONNX file.

use super::{ExportError, metadata};
use activation::Activation;
use network::recurrent::{Cell, Gate, RecurrentLayer, RecurrentModel};
use onnx::{Graph, Setting};

/// The bytes of an ONNX file (operator set 17) with `RNN` and `GRU` nodes. Its input are normalised steps,
/// all of them: `[batch, steps, channels]`; of words their numbers, `[batch, steps, 1]`.
///
/// # Errors
/// When a gate has a function that such nodes do not have (a polynomial).
pub fn recurrent(model: &RecurrentModel) -> Result<Vec<u8>, ExportError> {
    let mut graph = Graph::new(model.name(), &[None, Some(model.channels())]);
    let mut value = Graph::INPUT.to_owned();
    if let Some(embedding) = model.embedding() {
        let axes = graph.integers("channel", &[2]);
        let ids = graph.node("ids", "Squeeze", &[&value, &axes], &[]);
        let ids = graph.node("tokens", "Cast", &[&ids], &[("to", Setting::Int(7))]);
        let tokens = embedding.table.len() / embedding.width.max(1);
        let table = graph.weight("embedding.table", &[tokens, embedding.width], &embedding.table);
        value = graph.node("embedding", "Gather", &[&table, &ids], &[("axis", Setting::Int(0))]);
    }
    let perm = Setting::Ints(vec![1, 0, 2]);
    value = graph.node("steps_first", "Transpose", &[&value], &[("perm", perm)]);
    let layers = model.layers();
    for (at, layer) in layers.iter().enumerate() {
        let last = at + 1 == layers.len();
        value = add(&mut graph, at, layer, &value, last)
            .map_err(|reason| ExportError { model: model.name().to_owned(), reason })?;
    }
    let (head, hidden) = (model.head(), layers.last().map_or(0, |l| l.hidden));
    let weight = graph.weight("head.weight", &[model.classes(), hidden], &head.weight);
    let bias = graph.weight("head.bias", &[head.bias.len()], &head.bias);
    let transposed = [("transB", Setting::Int(1))];
    let scores = graph.node("scores", "Gemm", &[&value, &weight, &bias], &transposed);
    let said = metadata::of(model.card(), model.normalisation(), model.provenance());
    Ok(graph.finish(&scores, model.classes(), said))
}

/// Adds a layer; gives the name of its last state, or of its states at all steps.
fn add(
    graph: &mut Graph,
    at: usize,
    layer: &RecurrentLayer,
    x: &str,
    last: bool,
) -> Result<String, String> {
    let name = format!("layer{at}");
    let (op, gates, shift): (_, Vec<&Gate>, Option<&[f32]>) = match &layer.cell {
        Cell::Elman(gate) => ("RNN", vec![gate], None),
        // In the order of the format: update, reset, hidden.
        Cell::Gru { reset, update, candidate, candidate_shift } => {
            ("GRU", vec![update, reset, candidate], Some(candidate_shift))
        }
        // Input, output, forget, cell.
        Cell::Lstm { input, forget, output, candidate, .. } => {
            ("LSTM", vec![input, output, forget, candidate], None)
        }
    };
    let mut settings = vec![("hidden_size", Setting::Int(layer.hidden as i64))];
    if op == "GRU" {
        settings.push(("linear_before_reset", Setting::Int(1)));
    }
    let functions = match op {
        "LSTM" => {
            let squash = &gates[0].activation;
            if gates[1..3].iter().any(|gate| gate.activation != *squash) {
                return Err(
                    "its gates have different functions, which an LSTM of ONNX has not".into()
                );
            }
            let Cell::Lstm { state, .. } = &layer.cell else { return Err("no LSTM".into()) };
            vec![function(squash)?, function(&gates[3].activation)?, function(state)?]
        }
        "GRU" => {
            let [gate, candidate] =
                [function(&gates[0].activation)?, function(&gates[2].activation)?];
            if gates[0].activation != gates[1].activation {
                return Err(
                    "its gates have different functions, which a GRU of ONNX has not".into()
                );
            }
            vec![gate, candidate]
        }
        _ => vec![function(&gates[0].activation)?],
    };
    settings.push(("activations", Setting::Texts(functions)));
    let count = gates.len();
    let joined = |of: fn(&Gate) -> &[f32]| -> Vec<f32> {
        gates.iter().flat_map(|gate| of(gate).iter().copied()).collect()
    };
    let (units, inputs) = (layer.hidden, layer.inputs);
    let w = joined(|gate| &gate.input);
    let w = graph.weight(&format!("{name}.W"), &[1, count * units, inputs], &w);
    let r = joined(|gate| &gate.recurrent);
    let r = graph.weight(&format!("{name}.R"), &[1, count * units, units], &r);
    // Biases of the input, then those of the state: of a GRU that of its candidate stands behind the gate.
    let mut b = joined(|gate| &gate.bias);
    b.resize(2 * count * units, 0.0);
    if let Some(shift) = shift {
        b.truncate(2 * count * units - units);
        b.extend(shift);
    }
    let b = graph.weight(&format!("{name}.B"), &[1, 2 * count * units], &b);
    let (all, state) = (format!("{name}/states"), format!("{name}/state"));
    let outputs = if last { vec![String::new(), state.clone()] } else { vec![all.clone()] };
    graph.node_with(&name, op, &[x, &w, &r, &b], &settings, outputs);
    let (axis, of) = if last { (0, &state) } else { (1, &all) };
    let axes = graph.integers(&format!("{name}/direction"), &[axis]);
    Ok(graph.node(&format!("{name}/out"), "Squeeze", &[of, &axes], &[]))
}

/// The name that a function has in nodes of cells.
fn function(of: &Activation) -> Result<&'static str, String> {
    match of {
        Activation::Tanh => Ok("Tanh"),
        Activation::Sigmoid => Ok("Sigmoid"),
        Activation::Relu => Ok("Relu"),
        Activation::Softplus => Ok("Softplus"),
        other => Err(format!(
            "a gate has {}; cells of ONNX have tanh, sigmoid, ReLU and softplus: export the network with the exact functions that this one comes from",
            other.name()
        )),
    }
}
