//! The cells of ONNX: `RNN`, `GRU`, `LSTM`.

use activation::Activation;
use network::recurrent::{Cell, Gate, RecurrentLayer};
use onnx::{Node, Tensor};

/// The layer of a node with the weights `w` of its input, `r` of its state, and its biases.
///
/// # Errors
/// When it is a cell that does not run here, or its weights do not fit.
pub fn layer(
    node: &Node,
    w: &Tensor,
    r: &Tensor,
    biases: Option<&Tensor>,
) -> Result<RecurrentLayer, String> {
    let a = &node.attributes;
    match a.text("direction") {
        "" | "forward" => {}
        other => return Err(format!("goes {other}; cells that go forward are read")),
    }
    if a.has("clip") {
        return Err("clips what goes into its functions, which is not read".into());
    }
    let gates = match node.op.as_str() {
        "RNN" => 1,
        "GRU" if a.int("linear_before_reset", 0) == 0 => {
            return Err("resets before the product; export it with linear_before_reset=1, as PyTorch and Keras (reset_after=True) do".into());
        }
        "GRU" => 3,
        "LSTM" if a.int("input_forget", 0) != 0 => {
            return Err("couples input and forget gate, which is not read".into());
        }
        _ => 4,
    };
    let ([1, rows, inputs], [1, state_rows, hidden]) = (&w.dims[..], &r.dims[..]) else {
        return Err("has weights of other axes than directions, gates x units, inputs".into());
    };
    let (inputs, hidden) = (*inputs, *hidden);
    let units = gates * hidden;
    let biases = biases.map(Tensor::floats).unwrap_or(vec![0.0; 2 * units]);
    if *rows != units || *state_rows != units || biases.len() != 2 * units || hidden == 0 {
        return Err(format!(
            "has {rows} and {state_rows} rows and {} biases for {gates} gates of {hidden} units",
            biases.len()
        ));
    }
    let functions = functions(node, gates)?;
    let (w, r) = (w.floats(), r.floats());
    let (of_input, of_state) = biases.split_at(units);
    let part = |values: &[f32], gate: usize, each: usize| {
        values.get(gate * each..(gate + 1) * each).unwrap_or_default().to_vec()
    };
    // Biases of input and state are added, but in the candidate of a GRU.
    let gate = |at: usize, function: &Activation, together: bool| {
        let mut bias = part(of_input, at, hidden);
        if together {
            bias.iter_mut().zip(part(of_state, at, hidden)).for_each(|(b, more)| *b += more);
        }
        Gate {
            input: part(&w, at, hidden * inputs),
            recurrent: part(&r, at, hidden * hidden),
            bias,
            activation: function.clone(),
        }
    };
    let cell = match &functions[..] {
        [state] => Cell::Elman(gate(0, state, true)),
        // In the order of the format: update, reset, hidden.
        [squash, candidate] => Cell::Gru {
            update: gate(0, squash, true),
            reset: gate(1, squash, true),
            candidate: gate(2, candidate, false),
            candidate_shift: part(of_state, 2, hidden),
        },
        // In the order of the format: input, output, forget, cell.
        [squash, candidate, state] => Cell::Lstm {
            input: gate(0, squash, true),
            output: gate(1, squash, true),
            forget: gate(2, squash, true),
            candidate: gate(3, candidate, true),
            state: state.clone(),
        },
        _ => return Err("has no functions".into()),
    };
    Ok(RecurrentLayer { inputs, hidden, cell })
}

/// The functions of a cell: of an Elman cell one, else those of its gates and of its candidate, and of an
/// LSTM that of its state.
fn functions(node: &Node, gates: usize) -> Result<Vec<Activation>, String> {
    let usual: &[&str] = match gates {
        1 => &["Tanh"],
        3 => &["Sigmoid", "Tanh"],
        _ => &["Sigmoid", "Tanh", "Tanh"],
    };
    let named: Vec<String> = match node.attributes.texts("activations") {
        Some(names) if !names.is_empty() => names.to_vec(),
        _ => usual.iter().map(|name| (*name).to_owned()).collect(),
    };
    if named.len() != usual.len() {
        return Err(format!("has {} functions; {} are needed", named.len(), usual.len()));
    }
    let function = |name: &String| match name.to_ascii_lowercase().as_str() {
        "tanh" => Ok(Activation::Tanh),
        "sigmoid" => Ok(Activation::Sigmoid),
        "relu" => Ok(Activation::Relu),
        "softplus" => Ok(Activation::Softplus),
        _ => Err(format!(
            "has the function {}; tanh, sigmoid, relu and softplus are read",
            format::excerpt(name)
        )),
    };
    named.iter().map(function).collect()
}
